/** What is fixed over samples, so that pictures of different samples compare: the order of units and the scale of c. */
import type { Network } from '../backends/backend.ts';
import { CELLS } from '../cells/table.ts';
import type { Dataset } from '../data/source.ts';
import { BatchReader, rowsBetween } from '../training/batches.ts';
import type { TrainingState } from '../training/trainer.ts';
import { alignOrder, similarityOrder } from './ordering.ts';

/** Test samples over which units are compared; seeded weights, which a person looks at first, take fewer. */
const SAMPLES = 200;
const SEEDED_SAMPLES = 24;
/** Samples whose states are looked at for their scale; a trace of one sample costs more than its share of a batch. */
const TRACED_SAMPLES = 20;
const SEEDED_TRACED_SAMPLES = 6;
/** Part of the values that the scale covers; the rest is drawn in its outermost colour. */
const COVERED = 0.999;
/** Multiplications that comparing the units may take: some 100 ms. */
const MOST_WORK = 1.5e8;
/** In the first epoch weights change most: a survey lasts until the steps are this many times as many. */
const FIRST_EPOCH_GROWTH = 4;
const FIRST_EPOCH_STEPS = 25;

interface Dated<T> {
  readonly state: TrainingState;
  readonly value: T;
}

export class Survey {
  readonly #network: Network;
  readonly #dataset: Dataset;
  readonly #orders = new Map<number, Dated<readonly number[]>>();
  /** Magnitudes of every state of every layer, sorted when they are asked for. */
  #magnitudes: Dated<readonly ReadonlyMap<string, Magnitudes>[]> | undefined;

  constructor(network: Network, dataset: Dataset) {
    this.#network = network;
    this.#dataset = dataset;
  }

  /** Units of a layer by the similarity of their h; it stays as it is until the end of an epoch. */
  similarityOrder(layer: number, units: number, state: TrainingState): readonly number[] {
    const known = this.#orders.get(layer);
    if (known && lasts(known.state, state)) return known.value;
    const order = similarityOrder(this.#hiddenStates(layer, units, state), units);
    const value = known ? alignOrder(order, known.value) : order;
    this.#orders.set(layer, { state, value });
    return value;
  }

  /**
   * The scale of a state: a round number that covers nearly all magnitudes, 1 for other tensors; and whether any value
   * was below 0.
   */
  scale(layer: number, tensor: string, state: TrainingState): { readonly size: number; readonly negative: boolean } {
    if (!this.#magnitudes || !lasts(this.#magnitudes.state, state))
      this.#magnitudes = { state, value: this.#measure(state) };
    const magnitudes = this.#magnitudes.value[layer]?.get(tensor);
    if (!magnitudes) return { size: 1, negative: true };
    return { size: (magnitudes.covering ??= covering(magnitudes.samples)), negative: magnitudes.negative };
  }

  /** h of one layer over many samples, unit by unit `[U, n]`. */
  #hiddenStates(layer: number, units: number, state: TrainingState): Float32Array {
    const { steps, test } = this.#dataset;
    const size = Math.min(state.step === 0 ? SEEDED_SAMPLES : SAMPLES, test.count);
    const batch = new BatchReader(this.#dataset, test, size).read(rowsBetween(0, size));
    const h = this.#network.hiddenStates(batch, layer);
    const moments = size * steps;
    const stride = Math.max(1, Math.ceil((moments * units * units) / 2 / MOST_WORK));
    const kept = Math.ceil(moments / stride);
    const rows = new Float32Array(units * kept);
    for (let moment = 0, place = 0; moment < moments; moment += stride, place++)
      for (let unit = 0; unit < units; unit++) rows[unit * kept + place] = h[moment * units + unit]!;
    return rows;
  }

  #measure(state: TrainingState): ReadonlyMap<string, Magnitudes>[] {
    const { test } = this.#dataset;
    const samples = Math.min(state.step === 0 ? SEEDED_TRACED_SAMPLES : TRACED_SAMPLES, test.count);
    const found: Map<string, Magnitudes>[] = [];
    const reader = new BatchReader(this.#dataset, test, 1);
    for (let sample = 0; sample < samples; sample++) {
      const { layers } = this.#network.trace(reader.read([sample]));
      for (const [index, { cell, tensors }] of layers.entries()) {
        const ofLayer = (found[index] ??= new Map<string, Magnitudes>());
        for (const id of CELLS[cell.cell].states) {
          const traced = tensors.get(id)!;
          const ofTensor = ofLayer.get(id) ?? { samples: [], covering: undefined, negative: false };
          ofTensor.negative ||= traced.some(value => value < 0);
          ofTensor.samples.push(traced.map(Math.abs));
          ofLayer.set(id, ofTensor);
        }
      }
    }
    return found;
  }
}

interface Magnitudes {
  /** One array a sample: samples may differ in length. */
  readonly samples: Float32Array[];
  covering: number | undefined;
  negative: boolean;
}

function lasts(then: TrainingState, now: TrainingState): boolean {
  if (then.epoch !== now.epoch || now.step < then.step) return false;
  return now.epoch > 0 || now.step < FIRST_EPOCH_GROWTH * Math.max(then.step, FIRST_EPOCH_STEPS);
}

/** The least round number that nearly all of the values do not pass. */
function covering(samples: readonly Float32Array[]): number {
  const sorted = new Float32Array(samples.reduce((length, sample) => length + sample.length, 0));
  let start = 0;
  for (const sample of samples) {
    sorted.set(sample, start);
    start += sample.length;
  }
  sorted.sort();
  const most = sorted[Math.min(sorted.length - 1, Math.floor(COVERED * sorted.length))] ?? 0;
  if (!(most > 0) || !Number.isFinite(most)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const round = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(factor => factor * power >= most) ?? 10;
  return Number((round * power).toPrecision(2));
}
