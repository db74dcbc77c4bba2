/** What is fixed over samples, so that pictures of different samples compare: the order of units and the scale of c. */
import type { Network } from '../backends/backend.ts';
import type { Dataset } from '../data/source.ts';
import { rowsBetween } from '../training/batches.ts';
import type { TrainingState } from '../training/trainer.ts';
import { alignOrder, similarityOrder } from './ordering.ts';

/** Test samples over which units are compared; seeded weights, which a person looks at first, take fewer. */
const SAMPLES = 200;
const SEEDED_SAMPLES = 48;
/** Samples whose every tensor is looked at for the scale of c. */
const TRACED_SAMPLES = 20;
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
  #scales: Dated<readonly ReadonlyMap<string, number>[]> | undefined;

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

  /** Half the width of the scale of an unbounded tensor: a round number that covers nearly all values. */
  scale(layer: number, tensor: string, state: TrainingState): number {
    if (!this.#scales || !lasts(this.#scales.state, state)) this.#scales = { state, value: this.#measureScales() };
    return this.#scales.value[layer]?.get(tensor) ?? 1;
  }

  /** h of one layer over many samples, unit by unit `[U, n]`. */
  #hiddenStates(layer: number, units: number, state: TrainingState): Float32Array {
    const { steps, features, test } = this.#dataset;
    const size = Math.min(state.step === 0 ? SEEDED_SAMPLES : SAMPLES, test.count);
    const inputs = new Float32Array(size * steps * features);
    test.readInputs(rowsBetween(0, size), inputs);
    const h = this.#network.hiddenStates({ size, steps, inputs }, layer);
    const moments = size * steps;
    const stride = Math.max(1, Math.ceil((moments * units * units) / 2 / MOST_WORK));
    const kept = Math.ceil(moments / stride);
    const rows = new Float32Array(units * kept);
    for (let moment = 0, place = 0; moment < moments; moment += stride, place++)
      for (let unit = 0; unit < units; unit++) rows[unit * kept + place] = h[moment * units + unit]!;
    return rows;
  }

  #measureScales(): ReadonlyMap<string, number>[] {
    const { steps, features, test } = this.#dataset;
    const sizes: Map<string, number[]>[] = [];
    const inputs = new Float32Array(steps * features);
    for (let sample = 0; sample < Math.min(TRACED_SAMPLES, test.count); sample++) {
      test.readInputs([sample], inputs);
      const { layers } = this.#network.trace({ size: 1, steps, inputs });
      for (const [index, { tensors }] of layers.entries()) {
        const ofLayer = (sizes[index] ??= new Map<string, number[]>());
        for (const [id, values] of tensors) {
          const ofTensor = ofLayer.get(id) ?? [];
          ofLayer.set(id, ofTensor);
          for (const value of values) ofTensor.push(Math.abs(value));
        }
      }
    }
    return sizes.map(ofLayer => new Map([...ofLayer].map(([id, values]) => [id, covering(values)])));
  }
}

function lasts(then: TrainingState, now: TrainingState): boolean {
  if (then.epoch !== now.epoch || now.step < then.step) return false;
  return now.epoch > 0 || now.step < FIRST_EPOCH_GROWTH * Math.max(then.step, FIRST_EPOCH_STEPS);
}

/** The least round number that nearly all of the values do not pass. */
function covering(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort();
  const most = sorted[Math.min(sorted.length - 1, Math.floor(COVERED * sorted.length))] ?? 0;
  if (!(most > 0) || !Number.isFinite(most)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  const round = [1, 1.5, 2, 3, 4, 5, 6, 8, 10].find(factor => factor * power >= most) ?? 10;
  return Number((round * power).toPrecision(2));
}
