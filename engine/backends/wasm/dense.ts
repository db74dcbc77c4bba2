import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import { PackedMatrix, Products } from '../../kernels/products.ts';
import type { Block } from './parameters.ts';
import { columnsOf, eachRun, type Packed, type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** y = act(x · kernel + bias) on every row of its input. */
export class DenseLayer implements Part {
  readonly axis: number;
  readonly output: Tensor;
  readonly packed: readonly Packed[];
  readonly #kernels: Kernels;
  readonly #products: Products;
  readonly #input: Tensor;
  readonly #kernel: Block;
  readonly #bias: Block | undefined;
  readonly #activation: number;
  readonly #forwardWeights: PackedMatrix;
  readonly #backwardWeights: PackedMatrix;
  #y = 0;

  constructor(
    products: Products,
    input: Tensor,
    units: number,
    activation: number,
    kernel: Block,
    bias: Block | undefined,
  ) {
    this.#kernels = products.kernels;
    this.#products = products;
    this.#input = input;
    this.#kernel = kernel;
    this.#bias = bias;
    this.#activation = activation;
    const place = { at: kernel.weight, stride: units * 4, rows: input.width, columns: units };
    this.#forwardWeights = new PackedMatrix(products, 'forward', () => place);
    this.#backwardWeights = new PackedMatrix(products, 'backward', () => place);
    this.packed = [this.#forwardWeights, this.#backwardWeights];
    this.axis = input.axis;
    this.output = new Tensor(units, input.sequence, input.axis, () => this.#y);
    input.readBy('whole', this.output);
  }

  get made(): readonly Tensor[] {
    return [this.output];
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.#y = plan.floats(this.output.rows(shape) * this.output.width);
  }

  forward(shape: Shape, slice: Slice): void {
    const { width } = this.output;
    const input = this.#input;
    const x = input.at(shape);
    eachRun(input.sequence, shape, slice, (first, rows) => {
      const y = this.#y + first * width * 4;
      this.#products.rowsTimesWeights(
        x + first * input.width * 4,
        input.width * 4,
        input.width,
        0,
        0,
        0,
        this.#forwardWeights,
        y,
        width * 4,
        rows,
        false,
        slice.scratch,
      );
      this.#kernels.biasActivate(this.#activation, y, this.#bias?.weight ?? 0, rows, width);
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const input = this.#input;
    const { width, slopes, slopeStride } = this.output;
    if (slopes === 0) return;
    eachRun(input.sequence, shape, slice, (first, rows) => {
      const from = slopes + first * slopeStride;
      this.#kernels.activationSlopes(
        this.#activation,
        this.#y + first * width * 4,
        from,
        slopeStride,
        0,
        0,
        from,
        slopeStride,
        rows,
        width,
        0,
      );
      if (input.slopes === 0) return;
      const to = input.slopes + first * input.slopeStride;
      this.#products.rowsTimesWeights(
        from,
        slopeStride,
        width,
        0,
        0,
        0,
        this.#backwardWeights,
        to,
        input.slopeStride,
        rows,
        input.shared,
        slice.scratch,
      );
    });
  }

  scratch(rows: number): number {
    const { width } = this.output;
    return Math.max(
      Products.rowScratch(rows, this.#input.width),
      Products.rowScratch(rows, width),
      Products.sumScratch(rows, this.#input.width, width),
    );
  }

  sumGradients(shape: Shape, share: Share): void {
    const { width, slopes, slopeStride } = this.output;
    const [first, end] = columnsOf(share, width);
    if (first === end) return;
    const { at, width: depth } = this.#input;
    if (slopes === 0) {
      // Nothing reads it: the output projection of a cell of which only the state is used.
      this.#kernels.fill(this.#kernel.gradient, 0, share.index === 0 ? depth * width : 0);
      if (this.#bias && share.index === 0) this.#kernels.fill(this.#bias.gradient, 0, width);
      return;
    }
    const rows = this.output.rows(shape);
    this.#products.sumOfOuterProducts(
      at(shape),
      depth * 4,
      depth,
      0,
      0,
      0,
      0,
      slopes,
      slopeStride,
      rows,
      this.#kernel.gradient,
      width * 4,
      this.#bias?.gradient ?? 0,
      first,
      end,
      false,
      share.scratch,
    );
  }
}
