/** The training loop: epochs of shuffled batches over a network, as the notes' program runs them. */
import type { Batch, Network } from '../backends/backend.ts';
import type { Dataset } from '../data/source.ts';
import { EngineError } from '../errors.ts';
import { MEASURES, type Measure, type MeasureId } from '../model/measures.ts';
import { phrase } from '../model/phrase.ts';
import type { Progress, RunEnd } from '../protocol/engine.ts';
import type { MetricRow, RunSettings } from '../runs/format.ts';
import { BatchReader, epochOrder, rowsBetween } from './batches.ts';
import { Pace } from './pace.ts';

/** Where the weights stand. */
export interface TrainingState {
  /** Epochs that are complete. */
  readonly epoch: number;
  /** Training steps over the whole run. */
  readonly step: number;
  /** The last complete epoch has its test; false when the run was stopped before that. */
  readonly evaluated: boolean;
}

export const UNTRAINED: TrainingState = { epoch: 0, step: 0, evaluated: true };

/** What the loop tells while it runs. */
export interface TrainerEvents {
  row(row: MetricRow): void;
  /** After every step and at every pause. */
  progress(progress: Omit<Progress, 'run'>): void;
  /** At the end of every epoch and when the run ends before its time; the network's weights are those of this state. */
  checkpoint(state: TrainingState): void;
}

export interface TrainerOptions {
  readonly network: Network;
  readonly dataset: Dataset;
  readonly settings: RunSettings;
  readonly measure: MeasureId;
  readonly from: TrainingState;
  readonly events: TrainerEvents;
  /** Lets messages in: awaited after every step and every batch of an evaluation. */
  readonly breathe: () => Promise<void>;
  /** Milliseconds, for the pace. */
  readonly now: () => number;
}

/** Looks at the test rows during the first epoch, on at most this many rows. */
const LOOKS = 10;
const SLICE = 500;
/** A look takes a quarter as many rows as were trained on since the last one: about a tenth of the time. */
const SLICE_SHARE = 4;
/** Rows of one batch of an evaluation at most: a bound for how long a message waits. */
const EVALUATION_BATCH = 150;

/** Examples that are trained on: the first of the training split. */
export function exampleCount(dataset: Dataset, settings: RunSettings): number {
  return Math.min(settings.examples ?? Infinity, dataset.train.count);
}

/** Batches in an epoch, as `num_examples // batch_size` in the notes' program. */
export function stepsPerEpoch(dataset: Dataset, settings: RunSettings): number {
  return Math.floor(exampleCount(dataset, settings) / settings.batchSize);
}

export class Trainer {
  readonly #network: Network;
  readonly #dataset: Dataset;
  readonly #settings: RunSettings;
  readonly #measure: Measure;
  readonly #events: TrainerEvents;
  readonly #breathe: () => Promise<void>;
  readonly #now: () => number;
  readonly #stepsPerEpoch: number;
  readonly #training: BatchReader;
  readonly #testing: BatchReader;
  readonly #pace = new Pace();
  #state: TrainingState;
  #stopping = false;
  #nonFiniteLayer: number | undefined;
  #paused: { resume: () => void; over: Promise<void> } | undefined;
  /** Time that the current epoch has taken, without pauses, in milliseconds. */
  #spent = 0;
  #mark = 0;

  /** @throws EngineError `invalid-shape` when there are fewer examples than one batch holds, or `from` fits no epoch. */
  constructor({ network, dataset, settings, measure, from, events, breathe, now }: TrainerOptions) {
    this.#network = network;
    this.#dataset = dataset;
    this.#settings = settings;
    this.#measure = MEASURES[measure];
    this.#state = from;
    this.#events = events;
    this.#breathe = breathe;
    this.#now = now;
    this.#stepsPerEpoch = stepsPerEpoch(dataset, settings);
    if (this.#stepsPerEpoch === 0)
      throw new EngineError(
        'invalid-shape',
        phrase('A batch of {0} needs more than the {1} examples', settings.batchSize, exampleCount(dataset, settings)),
      );
    const rest = from.step - from.epoch * this.#stepsPerEpoch;
    if (rest < 0 || rest >= this.#stepsPerEpoch)
      throw new EngineError(
        'invalid-shape',
        phrase(
          'The checkpoint stands at epoch {0}, step {1}, which does not fit {2} steps an epoch: batch size, examples or data have changed',
          from.epoch,
          from.step,
          this.#stepsPerEpoch,
        ),
      );
    this.#training = new BatchReader(dataset, dataset.train, settings.batchSize);
    this.#testing = new BatchReader(dataset, dataset.test, Math.min(EVALUATION_BATCH, dataset.test.count));
  }

  /** Where the weights stand now. */
  get state(): TrainingState {
    return this.#state;
  }

  get paused(): boolean {
    return this.#paused !== undefined;
  }

  /** Takes effect after the step under way. */
  pause(): void {
    if (this.#paused || this.#stopping) return;
    let resume = (): void => undefined;
    const over = new Promise<void>(resolve => (resume = resolve));
    this.#paused = { resume, over };
    this.#report();
  }

  resume(): void {
    const paused = this.#paused;
    this.#paused = undefined;
    paused?.resume();
    if (paused) this.#report();
  }

  /** Takes effect after the step under way; also ends a pause. */
  stop(): void {
    this.#stopping = true;
    this.resume();
  }

  /** Trains to the end of the settings, from where the weights stand. */
  async run(): Promise<RunEnd> {
    this.#network.setLearningRate(this.#settings.learningRate);
    this.#mark = this.#now();
    if (!this.#state.evaluated && !(await this.#finishEpoch(this.#lastBatch()))) return this.#end('stopped');
    while (this.#state.epoch < this.#settings.epochs) {
      const status = await this.#epoch();
      if (status) return this.#end(status);
    }
    return this.#end('finished');
  }

  /** One epoch from where it stands. @returns how the run ended, if it did. */
  async #epoch(): Promise<'stopped' | 'diverged' | undefined> {
    const { batchSize } = this.#settings;
    const { epoch } = this.#state;
    const order = this.#orderOf(epoch);
    const between = epoch === 0 ? Math.max(1, Math.floor(this.#stepsPerEpoch / LOOKS)) : Infinity;
    let batch: Batch | undefined;
    this.#network.setEpoch(epoch);
    if (this.#state.step === epoch * this.#stepsPerEpoch) this.#network.resetStates();
    for (let index = this.#state.step - epoch * this.#stepsPerEpoch; index < this.#stepsPerEpoch; index++) {
      batch = this.#training.read(order.subarray(index * batchSize, (index + 1) * batchSize));
      const result = this.#network.trainStep(batch);
      // The step that diverged is not counted: the weights are still those before it.
      if (result.diverged) {
        this.#nonFiniteLayer = result.nonFiniteLayer;
        return 'diverged';
      }
      const step = this.#state.step + 1;
      this.#state = { ...this.#state, step };
      this.#events.row({ kind: 'step', epoch, step, loss: result.loss, value: this.#measure.of(result) });
      const goOn = await this.#pauseAfter(taken => {
        this.#pace.trained(batchSize, taken);
      });
      if (!goOn) {
        if (index + 1 < this.#stepsPerEpoch) return 'stopped';
        break; // The epoch is complete but for its test.
      }
      if ((index + 1) % between === 0 && index + 1 < this.#stepsPerEpoch && !(await this.#look(between)))
        return 'stopped';
    }
    this.#state = { epoch: epoch + 1, step: this.#state.step, evaluated: false };
    if (this.#stopping || !(await this.#finishEpoch(batch ?? this.#lastBatch()))) return 'stopped';
    return undefined;
  }

  /** The test on a slice, while the first epoch has none yet. @returns false when asked to stop. */
  async #look(stepsBetween: number): Promise<boolean> {
    const { count } = this.#dataset.test;
    const rows = Math.min(SLICE, count, Math.ceil((stepsBetween * this.#settings.batchSize) / SLICE_SHARE));
    const value = await this.#testScore(rows);
    if (value === undefined) return false;
    const slice = rows < count ? { slice: rows } : {};
    this.#events.row({ kind: 'test', epoch: this.#state.epoch, step: this.#state.step, value, ...slice });
    return true;
  }

  /** The measure on the last batch after its update and on all test rows, as the notes print it. */
  async #finishEpoch(last: Batch): Promise<boolean> {
    const train = this.#measure.of(this.#network.evaluate(last));
    const test = await this.#testScore(this.#dataset.test.count);
    if (test === undefined) return false;
    const { epoch, step } = this.#state;
    this.#events.row({ kind: 'epoch', epoch: epoch - 1, step, train, test, seconds: this.#spent / 1000 });
    this.#spent = 0;
    this.#state = { epoch, step, evaluated: true };
    this.#events.checkpoint(this.#state);
    return true;
  }

  /** Rows of an epoch, shuffled unless states go on from batch to batch. */
  #orderOf(epoch: number): Uint32Array {
    const count = exampleCount(this.#dataset, this.#settings);
    return epochOrder(count, this.#settings.seed, epoch, !this.#network.stateful);
  }

  /** The last batch of the epoch that is complete, when it is no longer at hand. */
  #lastBatch(): Batch {
    const { batchSize } = this.#settings;
    const order = this.#orderOf(this.#state.epoch - 1);
    return this.#training.read(order.subarray((this.#stepsPerEpoch - 1) * batchSize, this.#stepsPerEpoch * batchSize));
  }

  /** The measure on the first test rows; undefined when asked to stop. */
  async #testScore(count: number): Promise<number | undefined> {
    let [loss, correct, predictions]: [number, number | undefined, number] = [0, 0, 0];
    for (let first = 0; first < count; first += EVALUATION_BATCH) {
      const rows = Math.min(EVALUATION_BATCH, count - first);
      const result = this.#network.evaluate(this.#testing.read(rowsBetween(first, first + rows)));
      correct = result.correct === undefined ? undefined : (correct ?? 0) + result.correct;
      predictions += result.count;
      loss += result.loss * rows;
      const goOn = await this.#pauseAfter(taken => {
        this.#pace.evaluated(rows, taken);
      });
      if (!goOn) return undefined;
    }
    return this.#measure.of({ loss: loss / count, correct, count: predictions });
  }

  /** Reports the time since the last mark, lets messages in and waits out a pause. @returns false when asked to stop. */
  async #pauseAfter(measured: (milliseconds: number) => void): Promise<boolean> {
    const taken = this.#now() - this.#mark;
    measured(taken);
    this.#spent += taken;
    this.#mark = this.#now();
    this.#report();
    await this.#breathe();
    if (this.#paused) {
      const waiting = this.#now();
      await this.#paused.over;
      this.#mark += this.#now() - waiting;
    }
    return !this.#stopping;
  }

  #report(): void {
    const { epoch, step } = this.#state;
    const { epochs, batchSize } = this.#settings;
    const steps = epochs * this.#stepsPerEpoch;
    const evaluations = (epochs - epoch + (this.#state.evaluated ? 0 : 1)) * this.#dataset.test.count;
    this.#events.progress({
      epoch: Math.min(epoch, epochs - 1),
      epochs,
      step,
      steps,
      samplesPerSecond: this.#pace.samplesPerSecond,
      secondsLeft: this.#pace.secondsFor((steps - step) * batchSize, evaluations),
      paused: this.paused,
    });
  }

  #end(status: RunEnd['status']): RunEnd {
    if (status !== 'finished') this.#events.checkpoint(this.#state);
    const { epoch, step } = this.#state;
    if (status !== 'diverged') return { status, epoch, step };
    const layer = this.#nonFiniteLayer;
    return { status, epoch, step: step + 1, ...(layer !== undefined && { layer }) };
  }
}
