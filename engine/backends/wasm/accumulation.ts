/** Gradients of several batches as those of one step. */
import type { TrainingSpec } from '../../model/spec.ts';
import type { Parameter } from '../backend.ts';

export class Accumulation {
  readonly #batches: number;
  readonly #factor: number;
  /** Sums of the gradients of all blocks; empty before the first batch of a step. */
  #sums: readonly Float32Array<ArrayBuffer>[] = [];
  #taken = 0;

  constructor({ batches, by }: NonNullable<TrainingSpec['accumulation']>) {
    this.#batches = batches;
    this.#factor = by === 'mean' ? 1 / batches : 1;
  }

  /** How many batches have gone into the step that is to come. */
  get taken(): number {
    return this.#taken;
  }

  /** What is to be kept to go on from here; nothing right after a step. */
  state(): Parameter[] {
    const taken = this.#taken === 0 ? [] : [{ name: 'accumulated', shape: [], values: Float32Array.of(this.#taken) }];
    const sums = this.#sums.map((values, block) => ({ name: `accumulated/${block}`, shape: [values.length], values }));
    return [...taken, ...sums];
  }

  /** Goes on from what `state` gave. @returns the rest of a state. */
  restore(state: readonly Parameter[]): readonly Parameter[] {
    const own = state.filter(({ name }) => /^accumulated(?:\/|$)/.test(name));
    this.#taken = own.find(({ name }) => name === 'accumulated')?.values[0] ?? 0;
    this.#sums = own.filter(({ name }) => name !== 'accumulated').map(({ values }) => values.slice());
    return state.filter(one => !own.includes(one));
  }

  /**
   * Takes the gradients of a batch, of every block in the same order.
   * @returns whether a step is due; the gradients are those of all its batches then.
   */
  add(gradients: readonly Float32Array[]): boolean {
    this.#taken++;
    gradients.forEach((gradient, block) => {
      const sum = this.#sums[block];
      if (sum) for (let k = 0; k < sum.length; k++) gradient[k]! += sum[k]!;
    });
    if (this.#taken < this.#batches) {
      this.#sums = gradients.map(gradient => gradient.slice());
      return false;
    }
    if (this.#factor !== 1) for (const gradient of gradients) gradient.forEach((value, k) => (gradient[k] = value * this.#factor)); // prettier-ignore
    this.#sums = [];
    this.#taken = 0;
    return true;
  }
}
