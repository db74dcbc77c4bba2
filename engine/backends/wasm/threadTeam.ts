/**
 * A team of worker threads over shared memory. A piece of work is told by a few words in memory that all see; whoever waits
 * looks again and again for a moment and then sleeps until it is woken, so that waiting costs neither time nor processor.
 * How threads are started is told by whoever knows the platform (`nodeThreads.ts`).
 */
import { EngineError } from '../../errors.ts';
import { linkKernels } from '../../kernels/kernels.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import { type Shape, shapeOf } from './part.ts';
import { Pass } from './pass.ts';
import { MOST_AXES } from '../../model/support.ts';
import type { Crew, SharedNetwork, Team } from './team.ts';

/** The words of the board, and behind them the number of the job that each thread has taken. */
const BOARD = {
  job: 0, pending: 1, failed: 2, network: 3, work: 4, batch: 5, plannedBatch: 6, slopes: 7, count: 8, axes: 16, plannedAxes: 16 + MOST_AXES, taken: 16 + 2 * MOST_AXES,
} as const; // prettier-ignore

/** What the loss is divided by, which need not be whole: two words of the board. */
const countOn = (board: Int32Array): Float64Array => new Float64Array(board.buffer, BOARD.count * 4, 1);

/** Looks before it sleeps: some 50 µs, about what waking up takes. */
const LOOKS = 10_000;
/** A thread that has not begun after so many seconds is dead; a computer that was asleep meanwhile counts as one. */
const PATIENCE = 5;

export interface ThreadData {
  readonly board: Int32Array;
  readonly kernels: WebAssembly.Module;
  /** From 1; 0 is the one that asks. */
  readonly index: number;
  readonly threads: number;
}

/** To a thread: a network that there is from now on, or (without one) is no more. */
export interface NetworkNews {
  readonly id: number;
  readonly network?: SharedNetwork;
}

/** A thread that runs a `Helper`. */
export interface Thread {
  tell(news: NetworkNews): void;
  end(): void;
}

/** @param died is called when the thread ends without having been ended. */
export type StartThread = (data: ThreadData, died: (reason: Phrase) => void) => Thread;

export class ThreadTeam implements Team {
  readonly threads: number;
  readonly kernels: WebAssembly.Module;
  readonly #board: Int32Array;
  readonly #helpers: readonly Thread[];
  #death: EngineError | undefined;
  #networks = 0;

  /**
   * @param kernels those for shared memory (`dist/kernelsShared.wasm`)
   * @param threads at least 2, together with this one
   */
  constructor(kernels: WebAssembly.Module, start: StartThread, threads: number) {
    this.kernels = kernels;
    this.threads = threads;
    this.#board = new Int32Array(new SharedArrayBuffer((BOARD.taken + threads) * 4));
    this.#helpers = Array.from({ length: threads - 1 }, (_, k) =>
      start({ board: this.#board, kernels, index: k + 1, threads }, reason => {
        this.#die(reason);
      }),
    );
  }

  /** Whether all threads live. */
  get whole(): boolean {
    return this.#death === undefined;
  }

  open(pass: Pass, network: SharedNetwork): Crew {
    const id = ++this.#networks;
    this.#tell({ id, network });
    const team = this; // eslint-disable-line @typescript-eslint/no-this-alias -- the crew is a view of it
    let failed = false;
    return {
      threads: this.threads,
      // The first work after a death fails; who goes on after it, goes on alone.
      get whole() {
        return team.whole || !failed;
      },
      run(work, shape) {
        try {
          team.#run(id, pass, work, shape);
        } catch (error) {
          failed = true;
          throw error;
        }
      },
      leave() {
        team.#tell({ id });
      },
    };
  }

  /** Ends the threads. */
  dispose(): void {
    for (const helper of this.#helpers) helper.end();
  }

  #run(network: number, pass: Pass, work: number, shape: Shape): void {
    if (this.#death) throw this.#death;
    const { planned, graph } = pass;
    const board = this.#board;
    board[BOARD.network] = network;
    board[BOARD.work] = work;
    board[BOARD.batch] = shape.batch;
    board.set(shape.axes, BOARD.axes);
    board[BOARD.plannedBatch] = planned.batch;
    board.set(planned.axes, BOARD.plannedAxes);
    board[BOARD.slopes] = planned.slopes;
    countOn(board)[0] = graph.loss.count;
    Atomics.store(board, BOARD.pending, this.threads - 1);
    Atomics.add(board, BOARD.job, 1);
    Atomics.notify(board, BOARD.job);
    pass.run(work, shape, { index: 0, of: this.threads });
    this.#await();
    if (Atomics.load(board, BOARD.failed)) throw this.#die(phrase('A thread of the engine has failed: {0}', 'see the log'));
  } // prettier-ignore

  /** Waits for the other threads. */
  #await(): void {
    const board = this.#board;
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(board, BOARD.pending) === 0) return;
    for (let seconds = 0; ;) {
      const left = Atomics.load(board, BOARD.pending);
      if (left === 0) return;
      if (Atomics.wait(board, BOARD.pending, left, 1000) !== 'timed-out') continue;
      const job = Atomics.load(board, BOARD.job);
      const begun = this.#helpers.every((_, k) => Atomics.load(board, BOARD.taken + k + 1) === job);
      seconds = begun ? 0 : seconds + 1;
      if (seconds === PATIENCE) throw this.#die(phrase('A thread of the engine has died.'));
    }
  }

  #tell(news: NetworkNews): void {
    if (this.whole) for (const helper of this.#helpers) helper.tell(news);
  }

  #die(reason: Phrase): EngineError {
    this.#death ??= new EngineError('closed', reason);
    this.dispose();
    return this.#death;
  }
}

/** Brings teams together, one for each number of threads, anew where one has died. */
export function teams(kernels: Uint8Array<ArrayBuffer>, start: StartThread): (threads: number) => Team {
  const module = new WebAssembly.Module(kernels);
  const known = new Map<number, ThreadTeam>();
  return threads => {
    let team = known.get(threads);
    if (!team?.whole) known.set(threads, (team = new ThreadTeam(module, start, threads)));
    return team;
  };
}

/** What a thread of a team does: hears of networks, waits for jobs and does its share of them. */
export class Helper {
  readonly #data: ThreadData;
  readonly #passes = new Map<number, Pass>();
  #job = 0;

  constructor(data: ThreadData) {
    this.#data = data;
  }

  hear({ id, network }: NetworkNews): void {
    const { kernels, index } = this.#data;
    if (!network) this.#passes.delete(id);
    else this.#passes.set(id, new Pass(network.spec, linkKernels(kernels, network.memory), network.place, index));
  }

  /** Looks for another job for a moment. */
  seesJob(): boolean {
    for (let look = 0; look < LOOKS; look++) if (Atomics.load(this.#data.board, BOARD.job) !== this.#job) return true;
    return false;
  }

  /** Where it is woken when there may be one: arguments of `Atomics.wait`. */
  get bed(): [board: Int32Array, place: number, last: number] {
    return [this.#data.board, BOARD.job, this.#job];
  }

  /** Does its share of the job. @param listen hears what has been told. @throws whatever made it fail; the team is told, too. */
  doJob(listen: () => void): void {
    const { board, index, threads } = this.#data;
    this.#job = Atomics.load(board, BOARD.job);
    Atomics.store(board, BOARD.taken + index, this.#job);
    try {
      listen();
      const pass = this.#passes.get(board[BOARD.network]!)!;
      const { batch, axes, slopes } = pass.planned;
      const stepsAt = (place: number): number[] => [...board.subarray(place, place + axes.length)];
      const planned = {
        batch: board[BOARD.plannedBatch]!,
        axes: stepsAt(BOARD.plannedAxes),
        slopes: board[BOARD.slopes]!,
      };
      const asPlanned = batch === planned.batch && slopes === planned.slopes;
      if (!asPlanned || axes.some((steps, axis) => steps !== planned.axes[axis])) pass.plan(planned);
      pass.graph.loss.count = countOn(board)[0]!;
      pass.run(board[BOARD.work]!, shapeOf(board[BOARD.batch]!, stepsAt(BOARD.axes)), { index, of: threads });
    } catch (error) {
      Atomics.store(board, BOARD.failed, 1);
      throw error;
    } finally {
      if (Atomics.sub(board, BOARD.pending, 1) === 1) Atomics.notify(board, BOARD.pending);
    }
  }

  /** Whether it has heard of the network that the job is about. */
  get knowsNetwork(): boolean {
    return this.#passes.has(this.#data.board[BOARD.network]!);
  }
}
