import * as vscode from 'vscode';
import type { EngineClient } from '../../engine/protocol/client.ts';
import type { RequestOptions } from '../../engine/protocol/channel.ts';
import type { EngineSide, Progress } from '../../engine/protocol/engine.ts';
import type { EngineError } from '../../engine/errors.ts';

type Requests = EngineSide['requests'];
type Events = EngineSide['events'];

/** The engine's worker: started by the first request, and started anew by the first request after its death. */
export class EngineSession implements vscode.Disposable {
  readonly #workerFile: string;
  readonly #dataDirectory: string;
  readonly #log: vscode.LogOutputChannel;
  readonly #progress = new vscode.EventEmitter<Progress>();
  readonly #metrics = new vscode.EventEmitter<Events['metrics']>();
  readonly #checkpoint = new vscode.EventEmitter<Events['checkpoint']>();
  readonly onProgress = this.#progress.event;
  readonly onMetrics = this.#metrics.event;
  readonly onCheckpoint = this.#checkpoint.event;
  #client: Promise<EngineClient> | undefined;
  #generation = 0;

  constructor(extensionUri: vscode.Uri, log: vscode.LogOutputChannel) {
    this.#workerFile = vscode.Uri.joinPath(extensionUri, 'dist', 'engineWorker.js').fsPath;
    this.#dataDirectory = vscode.Uri.joinPath(extensionUri, 'dist', 'data').fsPath;
    this.#log = log;
  }

  /** Changes when a worker dies: what was open in it is gone. */
  get generation(): number {
    return this.#generation;
  }

  /** @throws EngineError: the worker's own, `timeout`, `cancelled`, or `closed` when it dies */
  async request<N extends keyof Requests & string>(
    name: N,
    params: Requests[N]['params'],
    options?: RequestOptions,
  ): Promise<Requests[N]['result']> {
    const client = await (this.#client ??= this.#start());
    return client.request(name, params, options);
  }
}
