import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Block } from './parameters.ts';
import { columnsOf, eachRun, type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** Every row brought to mean 0 and variance 1, then times a gain and shifted (layer normalization, Ba et al. 2016). */
export class Normalized implements Part {
  readonly packed = [];
  readonly axis: number;
  readonly output: Tensor;
  readonly #kernels: Kernels;
  readonly #input: Tensor;
  readonly #gain: Block;
  readonly #shift: Block;
  readonly #epsilon: number;
  #at = 0;
  /** Rows before gain and shift, and one over their deviation. */
  #normed = 0;
  #inverse = 0;

  constructor(kernels: Kernels, input: Tensor, epsilon: number, gain: Block, shift: Block) {
    this.#kernels = kernels;
    this.#input = input;
    this.#epsilon = epsilon;
    this.#gain = gain;
    this.#shift = shift;
    this.axis = input.axis;
    this.output = new Tensor(input.width, input.sequence, input.axis, () => this.#at);
    input.readBy('whole', this.output);
  }

  get made(): readonly Tensor[] {
    return [this.output];
  }

  scratch(): number {
    return 0;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    const rows = this.output.rows(shape);
    this.#at = plan.floats(rows * this.output.width);
    this.#normed = plan.floats(rows * this.output.width);
    this.#inverse = plan.floats(rows);
  }

  forward(shape: Shape, slice: Slice): void {
    const { width, sequence } = this.output;
    eachRun(sequence, shape, slice, (first, rows) => {
      const from = first * width * 4;
      this.#kernels.normRows(this.#input.at(shape) + from, this.#gain.weight, this.#shift.weight, this.#epsilon, this.#normed + from, this.#inverse + first * 4, this.#at + from, rows, width); // prettier-ignore
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, width, sequence } = this.output;
    const input = this.#input;
    if (slopes === 0 || input.slopes === 0) return;
    eachRun(sequence, shape, slice, (first, rows) => {
      // The rows of a gradient may lie apart.
      for (let row = first; row < first + rows; row++)
        this.#kernels.normSlopes(slopes + row * slopeStride, this.#gain.weight, this.#normed + row * width * 4, this.#inverse + row * 4, input.slopes + row * input.slopeStride, 1, width, input.shared ? 1 : 0); // prettier-ignore
    });
  }

  sumGradients(shape: Shape, share: Share): void {
    const { slopes, slopeStride, width } = this.output;
    const [first, end] = columnsOf(share, width);
    if (first === end || slopes === 0) return;
    const [rows, columns, from] = [this.output.rows(shape), end - first, first * 4];
    this.#kernels.productSums(slopes + from, slopeStride, this.#normed + from, width * 4, rows, columns, this.#gain.gradient + from, 0); // prettier-ignore
    this.#kernels.columnSums(slopes + from, slopeStride, rows, columns, this.#shift.gradient + from, 0);
  }
}
