import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Block } from './parameters.ts';
import { columnsOf, type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** A first state that is learned: a weight `[rows, 1, W]`, of which each layer and direction has a row for the whole batch. */
export class LearnedState implements Part {
  readonly packed = [];
  readonly axis = 0;
  /** `[B, W]` for each row of the weight. */
  readonly made: readonly Tensor[];
  readonly #kernels: Kernels;
  readonly #weight: Block;
  readonly #at: number[];

  constructor(kernels: Kernels, weight: Block, rows: number, width: number) {
    this.#kernels = kernels;
    this.#weight = weight;
    this.#at = new Array<number>(rows).fill(0);
    this.made = this.#at.map((_, row) => new Tensor(width, false, 0, () => this.#at[row]!));
  }

  scratch(): number {
    return 0;
  }

  plan(plan: MemoryPlan, { batch }: Shape): void {
    this.made.forEach(({ width }, row) => { this.#at[row] = plan.floats(batch * width); }); // prettier-ignore
  }

  forward(_shape: Shape, { first, rows }: Slice): void {
    this.made.forEach(({ width }, row) => {
      const stride = width * 4;
      this.#kernels.copyRows(
        this.#at[row]! + first * stride,
        stride,
        this.#weight.weight + row * stride,
        0,
        rows,
        width,
      );
    });
  }

  backward(): void {
    // Nothing lies before it.
  }

  sumGradients({ batch }: Shape, share: Share): void {
    this.made.forEach(({ width, slopes, slopeStride }, row) => {
      const [first, end] = columnsOf(share, width);
      const to = this.#weight.gradient + (row * width + first) * 4;
      this.#kernels.columnSums(slopes + first * 4, slopeStride, batch, end - first, to, 0);
    });
  }
}
