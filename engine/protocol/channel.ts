/**
 * Requests, replies, cancellation and events over any message path: host ↔ worker and host ↔ page use the same class.
 * A request never hangs: it ends with a result, an error reply, a time-out, its own cancellation, or the channel's end.
 */
import { EngineError, type ErrorReply, fromErrorReply, toErrorReply } from '../errors.ts';

/** A message path; `post` may throw when the other end is gone. */
export interface Port {
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** @returns a function that stops listening. */
  listen(listener: (message: unknown) => void): () => void;
}

/** What one side answers and what it sends unasked, by name. */
export interface Side {
  readonly requests: Readonly<Record<string, { readonly params: unknown; readonly result: unknown }>>;
  readonly events: Readonly<Record<string, unknown>>;
}

type Name<T> = keyof T & string;
type Result<S extends Side, N extends Name<S['requests']>> = S['requests'][N]['result'];
type Params<S extends Side, N extends Name<S['requests']>> = S['requests'][N]['params'];

/** A result whose buffers are moved to the other side, not copied. */
export class Transferred<T> {
  readonly value: T;
  readonly buffers: readonly ArrayBuffer[];
  constructor(value: T, buffers: readonly ArrayBuffer[]) {
    this.value = value;
    this.buffers = buffers;
  }
}

/** Answers to the other side's requests. Params come from outside: check them before use. */
export type Handlers<S extends Side> = {
  readonly [N in Name<S['requests']>]: (
    params: Params<S, N>,
    signal: AbortSignal,
  ) => Result<S, N> | Transferred<Result<S, N>> | Promise<Result<S, N> | Transferred<Result<S, N>>>;
};

export interface RequestOptions {
  readonly signal?: AbortSignal;
  /** Milliseconds; `Infinity` for work that has no bound (a whole training run) and is cancelled by other means. */
  readonly timeout?: number;
  readonly transfer?: readonly ArrayBuffer[];
}

type Wire =
  | { readonly type: 'request'; readonly id: number; readonly name: string; readonly params: unknown }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'result'; readonly id: number; readonly result: unknown }
  | { readonly type: 'error'; readonly id: number; readonly error: ErrorReply }
  | { readonly type: 'event'; readonly name: string; readonly event: unknown };

interface Pending {
  resolve(result: unknown): void;
  reject(error: EngineError): void;
}

const DEFAULT_TIMEOUT = 30_000;

function isWire(message: unknown): message is Wire {
  if (typeof message !== 'object' || message === null || !('type' in message)) return false;
  switch (message.type) {
    case 'request':
      return 'id' in message && typeof message.id === 'number' && 'name' in message && typeof message.name === 'string';
    case 'cancel':
    case 'result':
    case 'error':
      return 'id' in message && typeof message.id === 'number';
    case 'event':
      return 'name' in message && typeof message.name === 'string';
    default:
      return false;
  }
}

export class Channel<Ours extends Side, Theirs extends Side> {
  readonly #port: Port;
  readonly #handlers: Handlers<Ours>;
  readonly #pending = new Map<number, Pending>();
  readonly #serving = new Map<number, AbortController>();
  readonly #listeners = new Map<string, Set<(event: never) => void>>();
  readonly #stop: () => void;
  /** Begins anywhere, so that a page that was reloaded does not take the answers to its predecessor for its own. */
  #nextId = Math.floor(Math.random() * 2 ** 40);
  #closed: EngineError | undefined;

  constructor(port: Port, handlers: Handlers<Ours>) {
    this.#port = port;
    this.#handlers = handlers;
    this.#stop = port.listen(message => {
      this.#receive(message);
    });
  }

  /** Asks the other side. @throws EngineError: its own error reply, `timeout`, `cancelled` or `closed`. */
  request<N extends Name<Theirs['requests']>>(
    name: N,
    params: Params<Theirs, N>,
    { signal, timeout = DEFAULT_TIMEOUT, transfer }: RequestOptions = {},
  ): Promise<Result<Theirs, N>> {
    if (this.#closed) return Promise.reject(this.#closed);
    if (signal?.aborted) return Promise.reject(cancelled(name));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      const timer = Number.isFinite(timeout)
        ? setTimeout(() => {
            settle();
            this.#send({ type: 'cancel', id });
            reject(
              new EngineError('timeout', { text: 'No answer to "{0}" within {1} s', args: [name, timeout / 1000] }),
            );
          }, timeout)
        : undefined;
      const abort = (): void => {
        settle();
        this.#send({ type: 'cancel', id });
        reject(cancelled(name));
      };
      const settle = (): void => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        this.#pending.delete(id);
      };
      signal?.addEventListener('abort', abort);
      this.#pending.set(id, {
        resolve: result => {
          settle();
          resolve(result);
        },
        reject: error => {
          settle();
          reject(error);
        },
      });
      try {
        this.#port.post({ type: 'request', id, name, params } satisfies Wire, transfer);
      } catch (error) {
        this.#pending.get(id)?.reject(fromErrorReply(toErrorReply(error)));
      }
    });
  }

  /** Sends an event; it may be lost when the other side is hidden or gone, so streams carry sequence numbers. */
  emit<N extends Name<Ours['events']>>(name: N, event: Ours['events'][N], transfer?: readonly ArrayBuffer[]): void {
    this.#send({ type: 'event', name, event }, transfer);
  }

  /** Listens to an event of the other side. @returns a function that stops listening. */
  on<N extends Name<Theirs['events']>>(name: N, listener: (event: Theirs['events'][N]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** Ends the channel: everything pending is rejected with the reason, everything being served is cancelled. */
  dispose(reason = new EngineError('closed', { text: 'The connection was closed' })): void {
    if (this.#closed) return;
    this.#closed = reason;
    this.#stop();
    for (const pending of [...this.#pending.values()]) pending.reject(reason);
    for (const controller of this.#serving.values()) controller.abort();
    this.#serving.clear();
    this.#listeners.clear();
  }

  #send(message: Wire, transfer?: readonly ArrayBuffer[]): void {
    if (this.#closed) return;
    try {
      this.#port.post(message, transfer);
    } catch (error) {
      this.dispose(fromErrorReply(toErrorReply(error)));
    }
  }

  #receive(message: unknown): void {
    if (!isWire(message)) return; // other users of the same path (VS Code's own messages) are none of ours
    switch (message.type) {
      case 'request':
        void this.#serve(message.id, message.name, message.params);
        break;
      case 'cancel':
        this.#serving.get(message.id)?.abort();
        break;
      case 'result':
        this.#pending.get(message.id)?.resolve(message.result);
        break;
      case 'error':
        this.#pending.get(message.id)?.reject(fromErrorReply(message.error));
        break;
      case 'event':
        for (const listener of this.#listeners.get(message.name) ?? []) listener(message.event as never);
        break;
    }
  }

  async #serve(id: number, name: string, params: unknown): Promise<void> {
    const controller = new AbortController();
    this.#serving.set(id, controller);
    try {
      const handler = Object.hasOwn(this.#handlers, name) ? this.#handlers[name] : undefined;
      if (!handler) throw new EngineError('invalid-message', { text: 'Nobody answers "{0}"', args: [name] });
      const answer = await handler(params, controller.signal);
      if (controller.signal.aborted) return;
      if (answer instanceof Transferred) this.#send({ type: 'result', id, result: answer.value }, answer.buffers);
      else this.#send({ type: 'result', id, result: answer });
    } catch (error) {
      if (!controller.signal.aborted) this.#send({ type: 'error', id, error: toErrorReply(error) });
    } finally {
      this.#serving.delete(id);
    }
  }
}

function cancelled(name: string): EngineError {
  return new EngineError('cancelled', { text: '"{0}" was cancelled', args: [name] });
}
