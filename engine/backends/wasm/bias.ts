import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Block } from './parameters.ts';

/** The bias of a packed product: one weight, the sum of two (PyTorch), or none, which is zeros that nobody learns. */
export class Bias {
  /** Address of what is added. */
  readonly weight: number;
  /** Address of its gradient. */
  readonly gradient: number;
  readonly #size: number;
  readonly #terms: readonly Block[];

  constructor(plan: MemoryPlan, size: number, terms: readonly Block[]) {
    this.#size = size;
    this.#terms = terms;
    this.weight = terms.length === 1 ? terms[0]!.weight : plan.floats(size);
    this.gradient = terms[0]?.gradient ?? plan.floats(size);
  }

  /** Sums the terms after they have changed. */
  pack(kernels: Kernels): void {
    const [first, second] = this.#terms;
    if (!first || !second) return;
    kernels.copyRows(this.weight, 0, first.weight, 0, 1, this.#size);
    kernels.addRows(this.weight, 0, second.weight, 0, 1, this.#size);
  }

  /** Both terms have the same gradient; copies columns of the first to the second. */
  spread(kernels: Kernels, first: number, end: number): void {
    const second = this.#terms[1];
    if (second) kernels.copyRows(second.gradient + first * 4, 0, this.gradient + first * 4, 0, 1, end - first);
  }
}
