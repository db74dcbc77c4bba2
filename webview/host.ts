/** The page's end of the path to the host: requests and events, and the little that the page itself remembers. */
import { Channel, type Side } from '../engine/protocol/channel.ts';
import type { PageSide } from '../engine/protocol/pages.ts';

interface VsCodeApi {
  postMessage(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  getState(): unknown;
  setState(state: unknown): void;
}
declare function acquireVsCodeApi(): VsCodeApi;

const api = acquireVsCodeApi();

/** Opens the channel; faults that nobody caught are reported to the host's log. */
export function connect<Host extends Side>(): Channel<PageSide, Host> {
  const channel = new Channel<PageSide, Host>(
    {
      post: (message, transfer) => {
        api.postMessage(message, transfer);
      },
      listen: listener => {
        const receive = (event: MessageEvent): void => {
          listener(event.data);
        };
        window.addEventListener('message', receive);
        return () => {
          window.removeEventListener('message', receive);
        };
      },
    },
    {},
  );
  const report = (fault: unknown): void => {
    const error = fault instanceof Error ? fault : new Error(String(fault));
    channel.emit('error', { message: error.message, stack: error.stack ?? '' });
  };
  window.addEventListener('error', event => {
    report(event.error ?? event.message);
  });
  window.addEventListener('unhandledrejection', event => {
    report(event.reason);
  });
  return channel;
}

/** Calls the listener now and whenever the page becomes visible again: messages sent in between were lost. */
export function onVisible(listener: () => void): void {
  document.addEventListener('visibilitychange', () => {
    if (document.visibilityState === 'visible') listener();
  });
  listener();
}

/** Where the person is in this page: kept over reloads of the page. Numbers and texts only, checked against `start`. */
export class Navigation<T extends Readonly<Record<string, string | number | boolean>>> {
  #state: T;
  constructor(start: T) {
    const kept = api.getState();
    const known: Record<string, unknown> = typeof kept === 'object' && kept !== null ? { ...kept } : {};
    this.#state = Object.fromEntries(
      Object.entries(start).map(([key, value]) => [key, typeof known[key] === typeof value ? known[key] : value]),
    ) as T;
  }
  get state(): T {
    return this.#state;
  }
  /** Goes somewhere; says whether that is elsewhere than before. */
  go(change: Partial<T>): boolean {
    const moved = Object.entries(change).some(([key, value]) => this.#state[key] !== value);
    if (moved) {
      this.#state = { ...this.#state, ...change };
      api.setState(this.#state);
    }
    return moved;
  }
}
