import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Block, Weight } from './parameters.ts';
import type { Packed } from './part.ts';

/** The bias of a packed product: one weight, the sum of two (PyTorch), or none, which is zeros that nobody learns. */
export class Bias implements Weight {
  /** Address of what is added. */
  readonly weight: number;
  /** The sum of two, which must be made anew. */
  readonly packed: readonly Packed[];
  readonly #kernels: Kernels;
  readonly #size: number;
  readonly #terms: readonly Block[];
  /** Where the gradient of zeros goes. */
  readonly #spare: number;

  constructor(kernels: Kernels, plan: MemoryPlan, size: number, terms: readonly Block[]) {
    this.#kernels = kernels;
    this.#size = size;
    this.#terms = terms;
    this.weight = terms.length === 1 ? terms[0]!.weight : plan.floats(size);
    this.#spare = terms.length === 0 ? plan.floats(size) : 0;
    this.packed =
      terms.length < 2
        ? []
        : [
            {
              way: 'forward',
              plan: () => undefined,
              pack: () => {
                this.#sum();
              },
            },
          ];
  }

  /** Address of its gradient. */
  get gradient(): number {
    return this.#terms[0]?.gradient ?? this.#spare;
  }

  /** Both terms have the same gradient; copies columns of the first to the second. */
  spread(first: number, end: number): void {
    const second = this.#terms[1];
    if (second) this.#kernels.copyRows(second.gradient + first * 4, 0, this.gradient + first * 4, 0, 1, end - first);
  }

  #sum(): void {
    const [first, second] = this.#terms;
    this.#kernels.copyRows(this.weight, 0, first!.weight, 0, 1, this.#size);
    this.#kernels.addRows(this.weight, 0, second!.weight, 0, 1, this.#size);
  }
}
