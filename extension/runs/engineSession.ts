import * as vscode from 'vscode';
import type { RequestOptions } from '../../engine/protocol/channel.ts';
import { EngineClient } from '../../engine/protocol/client.ts';
import type { EngineSide, Progress } from '../../engine/protocol/engine.ts';
import type { EngineRunner } from '../../engine/protocol/engineRunner.ts';

type Requests = EngineSide['requests'];
type Events = EngineSide['events'];

/** An engine that can be started. */
export interface EngineChoice {
  /** Tells engines apart. */
  readonly id: string;
  /** @throws EngineError when it cannot be had, with what to do */
  start(): EngineRunner;
}

/**
 * The engine: started by the first request, and anew by the first request after its death, or by the first model that is
 * opened after the person has chosen another.
 */
export class EngineSession implements vscode.Disposable {
  readonly #choose: () => EngineChoice;
  readonly #log: vscode.LogOutputChannel;
  readonly #progress = new vscode.EventEmitter<Progress>();
  readonly #loading = new vscode.EventEmitter<Events['loading']>();
  readonly #metrics = new vscode.EventEmitter<Events['metrics']>();
  readonly #checkpoint = new vscode.EventEmitter<Events['checkpoint']>();
  readonly onProgress = this.#progress.event;
  readonly onLoading = this.#loading.event;
  readonly onMetrics = this.#metrics.event;
  readonly onCheckpoint = this.#checkpoint.event;
  #client: EngineClient | undefined;
  #chosen = '';
  #generation = 0;

  /** @param choose the engine that the person wants now */
  constructor(choose: () => EngineChoice, log: vscode.LogOutputChannel) {
    this.#choose = choose;
    this.#log = log;
  }

  /** Changes when an engine ends: what was open in it is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** @throws EngineError: the worker's own, `timeout`, `cancelled`, or `closed` when it dies */
  request<N extends keyof Requests>(
    name: N,
    params: Requests[N]['params'],
    options?: RequestOptions,
  ): Promise<Requests[N]['result']> {
    try {
      if (name === 'open' && this.#client && !this.#client.isTraining && this.#chosen !== this.#choose().id) {
        const former = this.#client;
        this.#left(former);
        void former.kill();
      }
      return (this.#client ??= this.#start()).request(name, params, options);
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
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
    this.#loading.dispose();
    this.#metrics.dispose();
    this.#checkpoint.dispose();
  }

  #start(): EngineClient {
    const started = performance.now();
    const choice = this.#choose();
    const client = new EngineClient(choice.start());
    this.#chosen = choice.id;
    client.on('progress', event => {
      this.#progress.fire(event);
    });
    client.on('loading', event => {
      this.#loading.fire(event);
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
      this.#left(client);
    });
    client.ready.then(
      ({ engine }) => {
        this.#log.info(`Engine: ${engine}, ready after ${Math.round(performance.now() - started)} ms`);
      },
      () => undefined, // whoever asks it something is told
    );
    return client;
  }

  /** What was open in an engine is gone. */
  #left(client: EngineClient): void {
    if (this.#client !== client) return;
    this.#generation++;
    this.#client = undefined;
  }
}
