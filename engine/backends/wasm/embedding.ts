import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Block } from './parameters.ts';
import { columnsOf, eachRun, type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** Rows of a table `[vocabulary, W]` by the numbers of tokens. */
export class Embedding implements Part {
  readonly packed = [];
  readonly axis: number;
  readonly output: Tensor;
  readonly #kernels: Kernels;
  /** `[T, B, 1]`, token numbers kept as floats. */
  readonly #tokens: Tensor;
  readonly #table: Block;
  /** Row that does not learn (PyTorch `padding_idx`). */
  readonly #padding: number | undefined;
  #at = 0;

  constructor(kernels: Kernels, tokens: Tensor, width: number, table: Block, padding: number | undefined) {
    this.#kernels = kernels;
    this.#tokens = tokens;
    this.#table = table;
    this.#padding = padding;
    this.axis = tokens.axis;
    this.output = new Tensor(width, tokens.sequence, tokens.axis, () => this.#at);
  }

  get made(): readonly Tensor[] {
    return [this.output];
  }

  scratch(): number {
    return 0;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.#at = plan.floats(this.output.rows(shape) * this.output.width);
  }

  forward(shape: Shape, slice: Slice): void {
    const { width, sequence } = this.output;
    const ids = this.#tokens.at(shape);
    eachRun(sequence, shape, slice, (first, rows) => {
      this.#kernels.gatherRows(ids + first * 4, this.#table.weight, this.#at + first * width * 4, rows, width);
    });
  }

  backward(): void {
    // Tokens have no gradient.
  }

  sumGradients(shape: Shape, share: Share): void {
    const { width, slopes, slopeStride } = this.output;
    const { gradient, size } = this.#table;
    const [first, end] = columnsOf(share, width);
    for (let row = 0; row < size / width; row++)
      this.#kernels.fill(gradient + (row * width + first) * 4, 0, end - first);
    if (slopes === 0) return;
    this.#kernels.scatterRows(
      this.#tokens.at(shape),
      slopes,
      slopeStride,
      gradient,
      this.output.rows(shape),
      width,
      first,
      end,
    );
    if (this.#padding !== undefined) this.#kernels.fill(gradient + (this.#padding * width + first) * 4, 0, end - first);
  }
}
