/**
 * Runs in a web worker of a page that may share memory: trains with the build for threads, whose helpers are web workers
 * of the same script. A helper stays reachable for messages: it sleeps in `Atomics.waitAsync`.
 */
import { createWasmBackend } from '../../engine/backends/wasm.ts';
import { Helper, type NetworkNews, type StartThread, type ThreadData, teams } from '../../engine/backends/wasm/threadTeam.ts'; // prettier-ignore
import { KERNEL_BUILDS } from '../../engine/kernels/builds.ts';
import { trainedBits } from '../unit/backends/trainedBits.ts';

/** What the page asks for. */
export interface Order {
  /** The two builds of the kernels; `shared` 0 bytes: none. */
  readonly plain: Uint8Array<ArrayBuffer>;
  readonly shared: Uint8Array<ArrayBuffer>;
  readonly threads: readonly number[];
}

/** Hashes of all weights by network, for the plain build and for each number of threads. */
export type Answer = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** The part of the web's API that is used here; the tests' types are Node's. */
interface Port {
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  postMessage(message: unknown, transfer?: readonly Port[]): void;
}
interface WebWorker extends Port {
  terminate(): void;
}
declare const Worker: new (script: string) => WebWorker;
declare const MessageChannel: new () => { readonly port1: Port; readonly port2: Port };
declare const self: Port & { readonly location: { readonly href: string }; readonly crossOriginIsolated: boolean };
/** Not in Node's types yet. */
interface WaitsAsync {
  waitAsync(board: Int32Array, place: number, last: number): { readonly value: string | Promise<string> };
}

type Message = { readonly order: Order } | { readonly port: Port };
type HelperMessage = { readonly data: ThreadData } | { readonly news: NetworkNews };

interface Idle {
  readonly worker: WebWorker;
  readonly port: Port;
}

/**
 * Workers that have begun, each with a port: what is sent to a worker itself stays with the thread that made it until that
 * has time, and a thread that waits for its team has none.
 */
async function startWorkers(count: number): Promise<Idle[]> {
  return Promise.all(
    Array.from({ length: count }, () => {
      const worker = new Worker(self.location.href);
      const { port1: port, port2 } = new MessageChannel();
      return new Promise<Idle>(begun => {
        worker.onmessage = ({ data }) => {
          if (data === 'begun') worker.postMessage({ port: port2 }, [port2]);
          else begun({ worker, port });
        };
      });
    }),
  );
}

async function compute({ plain, shared, threads }: Order): Promise<Answer> {
  if (!self.crossOriginIsolated) throw new Error('this page may not share memory');
  const answer: Record<string, Record<string, string>> = { 'plain build': trainedBits(createWasmBackend(plain), 1) };
  const alone = createWasmBackend(shared, { build: KERNEL_BUILDS.shared });
  answer['build for threads, 1 thread'] = trainedBits(alone, 1);
  for (const count of threads) {
    const idle = await startWorkers(count - 1);
    const start: StartThread = data => {
      const { worker, port } = idle.pop()!;
      port.postMessage({ data });
      return {
        tell(news) {
          port.postMessage({ news });
        },
        end() {
          worker.terminate();
        },
      };
    };
    const team = teams(shared, start);
    answer[`build for threads, ${count} threads`] = trainedBits(createWasmBackend(plain, { gather: team }), count);
  }
  return answer;
}

/** Hears from a port who it is, and serves its team. */
function help(port: Port): void {
  let helper: Helper | undefined;
  let heard: () => void = () => undefined;
  port.onmessage = ({ data }) => {
    const message = data as HelperMessage;
    if ('data' in message) {
      helper = new Helper(message.data);
      void serve(helper);
    } else {
      helper!.hear(message.news);
      heard();
    }
  };
  const serve = async (own: Helper): Promise<never> => {
    for (;;) {
      while (!own.seesJob()) await (Atomics as unknown as WaitsAsync).waitAsync(...own.bed).value;
      while (!own.knowsNetwork) await new Promise<void>(done => (heard = done));
      own.doJob(() => undefined);
    }
  };
}

self.onmessage = ({ data }) => {
  const message = data as Message;
  if ('port' in message) {
    help(message.port);
    self.postMessage('listening');
  } else
    void compute(message.order).then(
      answer => { self.postMessage({ answer }); },
      (error: unknown) => { self.postMessage({ error: String(error) }); },
    ); // prettier-ignore
};
self.postMessage('begun');
