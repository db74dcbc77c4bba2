import { ACTIVATIONS } from '../../kernels/activations.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import { type PackedMatrix, Products } from '../../kernels/products.ts';
import type { StoredParameter } from './parameters.ts';
import { type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** Blocks of the packed kernel in TensorFlow 1. */
const I = 0;
const J = 1;
const F = 2;
const O = 3;

/**
 * One LSTM layer over a sequence. All steps of a forward pass stay in memory: `z [T, B, 4U]` holds the gates i, j, f, o
 * (activated), which the backward pass turns into the gradient of the pre-activations in place; `c` and `h` are
 * `[T+1, B, U]`, the state before the first step in front.
 */
export class LstmLayer implements Part {
  readonly units: number;
  readonly scratch: number;
  /** h at every step. */
  readonly outputs: Tensor;
  readonly finalC: Tensor;
  readonly finalH: Tensor;
  readonly #kernels: Kernels;
  readonly #products: Products;
  readonly #input: Tensor;
  readonly #kernel: StoredParameter;
  readonly #bias: StoredParameter;
  readonly #forgetBias: number;
  readonly #forwardWeights: PackedMatrix;
  /** Whether a gradient goes back into the input, too: decided when memory is planned. */
  #inputSlopes = false;
  #backwardWeights: PackedMatrix | undefined;
  #z = 0;
  #c = 0;
  /** act(c) `[T, B, U]`. */
  #shown = 0;
  #h = 0;
  #dc = 0;
  /** Gradient of [x, h before] at every step, or of h before alone, whose two last steps are enough. */
  #dxh = 0;

  constructor(
    plan: MemoryPlan,
    products: Products,
    input: Tensor,
    units: number,
    kernel: StoredParameter,
    bias: StoredParameter,
    forgetBias: number,
  ) {
    this.units = units;
    this.#kernels = products.kernels;
    this.#products = products;
    this.#input = input;
    this.#kernel = kernel;
    this.#bias = bias;
    this.#forgetBias = forgetBias;
    const depth = input.width + units;
    this.scratch = Math.max(
      Products.rowScratch(depth),
      Products.rowScratch(4 * units),
      Products.sumScratch(Math.max(input.width, units), 4 * units),
    );
    this.#forwardWeights = products.planPacked(plan, depth, 4 * units);
    this.outputs = new Tensor(units, true, ({ batch }) => this.#h + batch * units * 4);
    this.finalH = new Tensor(units, false, ({ batch, steps }) => this.#h + steps * batch * units * 4);
    this.finalC = new Tensor(units, false, ({ batch, steps }) => this.#c + steps * batch * units * 4);
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    const { batch, steps } = shape;
    const { units } = this;
    const input = this.#input;
    this.#inputSlopes = input.needsSlopes;
    const width = this.#inputSlopes ? input.width + units : units;
    this.#z = plan.floats(steps * batch * 4 * units);
    this.#c = plan.floats((steps + 1) * batch * units);
    this.#shown = plan.floats(steps * batch * units);
    this.#h = plan.floats((steps + 1) * batch * units);
    this.#dc = plan.floats(batch * units);
    this.#dxh = plan.floats((this.#inputSlopes ? steps : 2) * batch * width);
    this.#backwardWeights = this.#products.planPacked(plan, 4 * units, width);
    if (this.#inputSlopes) {
      input.slopes = this.#dxh;
      input.slopeStride = width * 4;
    }
  }

  pack(): void {
    const { units } = this;
    const stride = 4 * units * 4;
    this.#products.packWeights(this.#forwardWeights, this.#kernel.weight, stride);
    const skipped = this.#inputSlopes ? 0 : this.#input.width;
    if (this.#backwardWeights)
      this.#products.packTransposed(this.#backwardWeights, this.#kernel.weight + skipped * stride, stride);
  }

  forward(shape: Shape, { first, rows, scratch }: Slice): void {
    const { batch, steps } = shape;
    const { units } = this;
    const input = this.#input;
    const x = input.at(shape);
    const row = units * 4;
    const step = batch * row;
    this.#kernels.fill(this.#c + first * row, 0, rows * units);
    this.#kernels.fill(this.#h + first * row, 0, rows * units);
    for (let t = 0; t < steps; t++) {
      const z = this.#z + (t * batch + first) * row * 4;
      const before = t * step + first * row;
      const after = before + step;
      // The state before the first step is zero and leaves its part of the product out.
      this.#products.rowsTimesWeights(
        x + (t * batch + first) * input.width * 4, input.width * 4, input.width, this.#h + before, row, t > 0 ? units : 0,
        this.#forwardWeights, z, row * 4, rows, false, scratch,
      ); // prettier-ignore
      this.#kernels.lstmForward(
        rows, units, z, this.#bias.weight, this.#forgetBias, I, J, F, O, 0, 0, ACTIVATIONS.tanh!, ACTIVATIONS.sigmoid!,
        this.#c + before, this.#c + after, this.#shown + before, this.#h + after,
      ); // prettier-ignore
    }
  }

  backward(shape: Shape, { first, rows, scratch }: Slice): void {
    const { batch, steps } = shape;
    const { units, outputs, finalC, finalH } = this;
    const row = units * 4;
    const step = batch * row;
    const width = (this.#inputSlopes ? this.#input.width + units : units) * 4;
    const hPart = width - row;
    const kernels = this.#kernels;
    const dc = this.#dc + first * row;
    kernels.fill(dc, 0, rows * units);
    if (finalC.slopes !== 0)
      kernels.addRows(dc, row, finalC.slopes + first * finalC.slopeStride, finalC.slopeStride, rows, units);
    for (let t = steps - 1; t >= 0; t--) {
      const z = this.#z + (t * batch + first) * row * 4;
      const before = t * step + first * row;
      const dh = outputs.slopes !== 0 ? outputs.slopes + (t * batch + first) * outputs.slopeStride : 0;
      const last = t === steps - 1;
      const dhTime = last
        ? (finalH.slopes !== 0 ? finalH.slopes + first * finalH.slopeStride : 0)
        : this.#slopesAt(t + 1, batch, width) + first * width + hPart; // prettier-ignore
      kernels.lstmBackward(
        rows, units, z, I, J, F, O, 0, 0, ACTIVATIONS.tanh!, ACTIVATIONS.sigmoid!,
        this.#c + before, this.#c + before + step, this.#shown + before, dh, outputs.slopeStride, dhTime, last ? finalH.slopeStride : width, dc, 0,
      ); // prettier-ignore
      // Before the first step there is nothing that learns.
      if (t === 0 && !this.#inputSlopes) break;
      this.#products.rowsTimesWeights(
        z, row * 4, 4 * units, 0, 0, 0, this.#backwardWeights!,
        this.#slopesAt(t, batch, width) + first * width, width, rows, false, scratch,
      ); // prettier-ignore
    }
  }

  sumGradients(shape: Shape, { index, of, scratch }: Share): void {
    const { units } = this;
    const columns = 4 * units;
    const input = this.#input;
    const [first, end] = [Math.floor((columns * index) / of), Math.floor((columns * (index + 1)) / of)];
    this.#products.sumOfOuterProducts(
      input.at(shape), input.width * 4, input.width, this.#h, units * 4, units, shape.batch,
      this.#z, columns * 4, shape.steps * shape.batch, this.#kernel.gradient, columns * 4, this.#bias.gradient, first, end, false, scratch,
    ); // prettier-ignore
  }

  /** Addresses of what the last pass computed: gates `[T, B, 4U]` in the blocks i, j, f, o, and states `[T, B, U]`. */
  places(shape: Shape): { gates: number; c: number; h: number } {
    const step = shape.batch * this.units * 4;
    return { gates: this.#z, c: this.#c + step, h: this.#h + step };
  }

  #slopesAt(t: number, batch: number, width: number): number {
    return this.#dxh + (this.#inputSlopes ? t : t % 2) * batch * width;
  }
}
