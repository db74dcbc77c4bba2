import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import { type PackedMatrix, Products } from '../../kernels/products.ts';
import type { StoredParameter } from './parameters.ts';
import { type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** y = x · kernel + bias on every row of its input. */
export class DenseLayer implements Part {
  readonly scratch: number;
  readonly output: Tensor;
  readonly #kernels: Kernels;
  readonly #products: Products;
  readonly #input: Tensor;
  readonly #kernel: StoredParameter;
  readonly #bias: StoredParameter | undefined;
  readonly #forwardWeights: PackedMatrix;
  readonly #backwardWeights: PackedMatrix;
  #y = 0;

  constructor(
    plan: MemoryPlan,
    products: Products,
    input: Tensor,
    units: number,
    kernel: StoredParameter,
    bias: StoredParameter | undefined,
  ) {
    this.#kernels = products.kernels;
    this.#products = products;
    this.#input = input;
    this.#kernel = kernel;
    this.#bias = bias;
    this.#forwardWeights = products.planPacked(plan, input.width, units);
    this.#backwardWeights = products.planPacked(plan, units, input.width);
    this.scratch = Math.max(
      Products.rowScratch(input.width),
      Products.rowScratch(units),
      Products.sumScratch(input.width, units),
    );
    this.output = new Tensor(units, input.sequence, () => this.#y);
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.#y = plan.floats(this.output.rows(shape) * this.output.width);
    this.#input.planSlopes(plan, shape);
  }

  pack(): void {
    const stride = this.output.width * 4;
    this.#products.packWeights(this.#forwardWeights, this.#kernel.weight, stride);
    this.#products.packTransposed(this.#backwardWeights, this.#kernel.weight, stride);
  }

  forward(shape: Shape, slice: Slice): void {
    const [x, y] = [this.#input.width * 4, this.output.width * 4];
    this.#eachRun(shape, slice, (first, rows) => {
      this.#products.rowsTimesWeights(
        this.#input.at(shape) + first * x,
        x,
        this.#input.width,
        0,
        0,
        0,
        this.#forwardWeights,
        this.#y + first * y,
        y,
        rows,
        false,
        slice.scratch,
      );
      if (this.#bias) this.#kernels.addBias(this.#y + first * y, this.#bias.weight, rows, this.output.width);
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const input = this.#input;
    if (!input.needsSlopes) return;
    const dy = this.output;
    this.#eachRun(shape, slice, (first, rows) => {
      this.#products.rowsTimesWeights(
        dy.slopes + first * dy.slopeStride,
        dy.slopeStride,
        dy.width,
        0,
        0,
        0,
        this.#backwardWeights,
        input.slopes + first * input.slopeStride,
        input.slopeStride,
        rows,
        false,
        slice.scratch,
      );
    });
  }

  sumGradients(shape: Shape, { index, of, scratch }: Share): void {
    const { width, slopes, slopeStride } = this.output;
    const [first, end] = [Math.floor((width * index) / of), Math.floor((width * (index + 1)) / of)];
    if (first === end) return;
    const rows = this.output.rows(shape);
    this.#products.sumOfOuterProducts(
      this.#input.at(shape),
      this.#input.width * 4,
      this.#input.width,
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
      scratch,
    );
  }

  /** Runs of neighbouring rows that belong to the slice: one, or one a step when it has only some of the batch's rows. */
  #eachRun({ batch, steps }: Shape, { first, rows }: Slice, run: (first: number, rows: number) => void): void {
    if (!this.output.sequence) run(first, rows);
    else if (rows === batch) run(0, batch * steps);
    else for (let t = 0; t < steps; t++) run(t * batch + first, rows);
  }
}
