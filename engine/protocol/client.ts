/** The host's end of the engine: asks it, hears from it, and notices when it dies or hangs. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import { Channel, type RequestOptions } from './channel.ts';
import type { EngineClientSide, EngineSide } from './engine.ts';
import type { EngineRunner } from './engineRunner.ts';

type Requests = EngineSide['requests'];
type Events = EngineSide['events'];

const READY_TIMEOUT = 20_000;
const STOP_TIMEOUT = 5_000;

export class EngineClient {
  readonly #runner: EngineRunner;
  readonly #channel: Channel<EngineClientSide, EngineSide>;
  readonly #exitListeners = new Set<(reason: EngineError) => void>();
  readonly #exited: Promise<void>;
  /** Runs that go on, by model. */
  readonly #training = new Map<string, Promise<unknown>>();
  #ended: EngineError | undefined;
  /** When the last message came. */
  #heard = 0;
  #watching: NodeJS.Timeout | undefined;
  /**
   * What computes, as soon as the worker is able to work. Rejects when it fails to start; requests may be sent before.
   */
  readonly ready: Promise<Events['ready']>;

  constructor(runner: EngineRunner) {
    this.#runner = runner;
    this.#channel = new Channel(
      {
        post: (message, transfer = []) => {
          runner.post(message, transfer);
        },
        listen: listener =>
          runner.listen(message => {
            this.#heard = Date.now();
            listener(message);
          }),
      },
      {},
    );
    runner.onFailure(error => {
      const message = error instanceof Error ? error.message : String(error);
      this.#end(new EngineError('closed', phrase('The engine has failed: {0}', message), { cause: error }));
    });
    runner.onUnreadable(error => {
      this.#end(new EngineError('closed', phrase('The engine sent what cannot be read: {0}', error.message), { cause: error }));
      void runner.kill();
    }); // prettier-ignore
    this.#exited = new Promise(resolve => {
      runner.onExit(code => {
        this.#end(new EngineError('closed', phrase('The engine has ended (exit code {0})', code)));
        resolve();
      });
    });
    this.ready = new Promise((resolve, reject) => {
      const late = setTimeout(() => {
        reject(new EngineError('timeout', phrase('The engine did not start within {0} s', READY_TIMEOUT / 1000)));
      }, READY_TIMEOUT);
      this.#channel.on('ready', event => {
        clearTimeout(late);
        resolve(event);
      });
      this.onExit(reason => {
        clearTimeout(late);
        reject(reason);
      });
    });
    this.ready.catch(() => undefined); // those who wait for it are told
    this.ready.then(
      () => {
        this.#watch();
      },
      () => undefined,
    );
  }

  /** Asks the engine. @throws EngineError: its own, `timeout`, `cancelled`, or `closed` when it dies. */
  request<N extends keyof Requests>(
    name: N,
    params: Requests[N]['params'],
    options?: RequestOptions,
  ): Promise<Requests[N]['result']> {
    const answer = this.#channel.request(name, params, options);
    if (name === 'train') {
      const { model } = params as Requests['train']['params'];
      const over = answer.then(
        () => this.#training.delete(model),
        () => this.#training.delete(model),
      );
      this.#training.set(model, over);
    }
    return answer;
  }

  get isTraining(): boolean {
    return this.#training.size > 0;
  }

  /** Listens to an event of the engine. @returns a function that stops listening. */
  on<N extends keyof Events>(name: N, listener: (event: Events[N]) => void): () => void {
    return this.#channel.on(name, listener);
  }

  /** Told once, when the engine has ended, wanted or not. @returns a function that stops listening. */
  onExit(listener: (reason: EngineError) => void): () => void {
    if (this.#ended) listener(this.#ended);
    else this.#exitListeners.add(listener);
    return () => this.#exitListeners.delete(listener);
  }

  /** Ends the engine: runs stop after the step under way and hand over their last checkpoint, if they do so in time. */
  async stop(timeout = STOP_TIMEOUT): Promise<void> {
    if (!this.#ended && this.#training.size > 0) {
      const asked = [...this.#training].map(async ([model, over]) => {
        await this.request('stop', { model }, { timeout }).catch(() => undefined); // it is ended anyway
        await over;
      });
      let late: NodeJS.Timeout | undefined;
      await Promise.race([Promise.all(asked), new Promise(resolve => (late = setTimeout(resolve, timeout)))]);
      clearTimeout(late);
    }
    await this.kill();
  }

  /** Ends the engine at once. */
  async kill(): Promise<void> {
    await this.#runner.kill();
    await this.#exited;
  }

  /** Asks an engine that has been silent whether it is there, and ends one that is not. */
  #watch(): void {
    const { silence } = this.#runner;
    if (silence === undefined) return;
    this.#heard = Date.now();
    this.#watching = setInterval(() => {
      const silent = Date.now() - this.#heard;
      if (silent > silence) {
        this.#end(new EngineError('closed', phrase('The engine has not answered for {0} s and was ended', Math.round(silent / 1000)))); // prettier-ignore
        void this.#runner.kill();
      } else if (silent > silence / 4) void this.#channel.request('ping', null).catch(() => undefined); // silence tells
    }, silence / 8);
    this.#watching.unref();
  }

  #end(reason: EngineError): void {
    if (this.#ended) return;
    this.#ended = reason;
    clearInterval(this.#watching);
    this.#channel.dispose(reason);
    for (const listener of this.#exitListeners) listener(reason);
    this.#exitListeners.clear();
  }
}
