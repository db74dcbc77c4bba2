import * as vscode from 'vscode';
import type { RequestOptions } from '../../engine/protocol/channel.ts';
import { EngineClient } from '../../engine/protocol/client.ts';
import type { EngineSide, Progress } from '../../engine/protocol/engine.ts';

type Requests = EngineSide['requests'];
type Events = EngineSide['events'];

/** The engine's worker: started by the first request, and anew by the first request after its death. */
export class EngineSession implements vscode.Disposable {
  readonly #workerFile: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #progress = new vscode.EventEmitter<Progress>();
  readonly #metrics = new vscode.EventEmitter<Events['metrics']>();
  readonly #checkpoint = new vscode.EventEmitter<Events['checkpoint']>();
  readonly onProgress = this.#progress.event;
  readonly onMetrics = this.#metrics.event;
  readonly onCheckpoint = this.#checkpoint.event;
  #client: EngineClient | undefined;
  #generation = 0;

  /** @param workerFile path of the bundled worker; its kernels and data lie beside it */
  constructor(workerFile: string, log: vscode.LogOutputChannel) {
    this.#workerFile = workerFile;
    this.#log = log;
  }

  /** Changes when a worker dies: what was open in it is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** @throws EngineError: the worker's own, `timeout`, `cancelled`, or `closed` when it dies */
  request<N extends keyof Requests>(
    name: N,
    params: Requests[N]['params'],
    options?: RequestOptions,
  ): Promise<Requests[N]['result']> {
    return (this.#client ??= this.#start()).request(name, params, options);
  }

  /** Ends the worker at once; whatever it was asked is answered with the error `closed`. */
  async kill(): Promise<void> {
    await this.#client?.kill();
  }

  /** Ends the worker; runs stop after the step under way and hand over their last checkpoint, if they do so in time. */
  async close(timeout: number): Promise<void> {
    await this.#client?.stop(timeout);
  }

  dispose(): void {
    void this.kill();
    this.#progress.dispose();
    this.#metrics.dispose();
    this.#checkpoint.dispose();
  }

  #start(): EngineClient {
    const started = performance.now();
    const client = new EngineClient(this.#workerFile, {
      relaxed: vscode.workspace.getConfiguration('rnnExplorer').get('engine.relaxed', false),
    });
    client.on('progress', event => {
      this.#progress.fire(event);
    });
    client.on('metrics', event => {
      this.#metrics.fire(event);
    });
    client.on('checkpoint', event => {
      this.#checkpoint.fire(event);
    });
    client.on('log', ({ level, text, error }) => {
      this.#log[level](error ? `${text}\n${error.details}` : text);
    });
    client.onExit(reason => {
      this.#log.info(reason.message);
      this.#generation++;
      if (this.#client === client) this.#client = undefined;
    });
    client.ready.then(
      ({ engine }) => {
        this.#log.info(`Engine: ${engine}, ready after ${Math.round(performance.now() - started)} ms`);
      },
      () => undefined, // whoever asks it something is told
    );
    return client;
  }
}
