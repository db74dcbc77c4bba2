/** Where an engine runs: a thread of this process, or a process of its own. */
import { type ChildProcess, fork } from 'node:child_process';
import { type Transferable, Worker } from 'node:worker_threads';

/** The other end of the engine's messages, and its life. */
export interface EngineRunner {
  /** Milliseconds after which an engine that is silent counts as hung; undefined where it cannot hang unnoticed. */
  readonly silence?: number;
  post(message: unknown, transfer: readonly ArrayBuffer[]): void;
  /** @returns a function that stops listening. */
  listen(listener: (message: unknown) => void): () => void;
  onFailure(listener: (error: unknown) => void): void;
  onUnreadable(listener: (error: Error) => void): void;
  onExit(listener: (code: number | string) => void): void;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** What the worker is started with; it finds its files beside itself where nothing is said. */
export interface EngineStart {
  /** Folder of the compiled kernels. */
  readonly kernels?: string;
  /** The bundle of a thread that helps with batches. */
  readonly thread?: string;
  /** Folder of the shipped data. */
  readonly data?: string;
  /** Multiply-add with one rounding: faster, but not the same bits on every machine. */
  readonly relaxed?: boolean;
}

/** @param file path of the bundled worker (`dist/engineWorker.js`). */
export function engineThread(file: string, start: EngineStart = {}): EngineRunner {
  const worker = new Worker(file, { name: 'rnn-explorer-engine', workerData: start });
  return {
    post: (message, transfer) => {
      worker.postMessage(message, transfer as Transferable[]);
    },
    listen: listener => {
      worker.on('message', listener);
      return () => worker.off('message', listener);
    },
    onFailure: listener => void worker.once('error', listener),
    onUnreadable: listener => void worker.on('messageerror', listener),
    onExit: listener => void worker.once('exit', listener),
    kill: async () => {
      await worker.terminate();
    },
  };
}

/** A process that computes one step of a large network is silent for that long. */
const SILENCE_MS = 20_000;

/**
 * @param file path of the bundled process (`dist/tensorflowProcess.js`)
 * @param folder into which tfjs-node was installed
 * @param log what TensorFlow itself writes, by lines
 */
export function engineProcess(
  file: string,
  folder: string,
  log: (line: string) => void,
  silence = SILENCE_MS,
): EngineRunner & { readonly pid: number | undefined } {
  const child: ChildProcess = fork(file, [folder], {
    serialization: 'advanced',
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    execArgv: [],
    // In a desktop VS Code the executable is Electron's.
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', TF_CPP_MIN_LOG_LEVEL: '2' },
  });
  let lastWords = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      const text = chunk.toString().trimEnd();
      log(text);
      lastWords = text.split('\n').at(-1) ?? '';
    });
  const exited = new Promise<void>(resolve => {
    child.once('exit', () => {
      resolve();
    });
    child.once('error', () => {
      resolve();
    });
  });
  return {
    pid: child.pid,
    silence,
    post: message => {
      child.send(message as never);
    },
    listen: listener => {
      child.on('message', listener);
      return () => child.off('message', listener);
    },
    onFailure: listener => void child.once('error', listener),
    onUnreadable: () => undefined,
    onExit: listener => {
      // "close" comes when its last words have been heard, too.
      child.once('close', (code, signal) => {
        listener([code ?? signal ?? 'unknown', ...(code !== 0 && lastWords !== '' ? [lastWords] : [])].join(': '));
      });
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
