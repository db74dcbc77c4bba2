import type { MemoryPlan } from '../../kernels/memory.ts';
import { PackedMatrix, Products } from '../../kernels/products.ts';
import type { Bias } from './bias.ts';
import { type Block, columnsFrom } from './parameters.ts';
import { columnsOf, type Packed, type Shape, type Share } from './part.ts';
import {
  RecurrentLayer,
  type RecurrentOptions,
  type StepBackward,
  type StepForward,
  type StepPlace,
} from './recurrent.ts';

/** Places of the gates among the four blocks of the kernel. */
export interface LstmOrder {
  readonly i: number;
  readonly j: number;
  readonly f: number;
  readonly o: number;
}

export interface LstmOptions {
  readonly units: number;
  readonly order: LstmOrder;
  /** Added to the forget gate at every step. */
  readonly forgetBias: number;
  /** Numbers of the kernels' activations. */
  readonly activation: number;
  readonly gate: number;
  /** Bound of c; 0: none. */
  readonly cellClip: number;
  readonly projection: { readonly units: number; readonly clip: number } | undefined;
}

export interface LstmWeights {
  /** `[D + H, 4U]` */
  readonly kernel: Block;
  /** `[4U]` */
  readonly bias: Bias;
  /** `[3U]`: w_i, w_f, w_o. */
  readonly peepholes: Block | undefined;
  /** `[U, P]` */
  readonly projection: Block | undefined;
}

/**
 * LSTM. All steps of a forward pass stay in memory: `z [T, B, 4U]` holds the gates (activated), which the backward pass
 * turns into the gradient of the pre-activations in place.
 */
export class LstmLayer extends RecurrentLayer {
  readonly packed: readonly Packed[];
  readonly #options: LstmOptions;
  readonly #weights: LstmWeights;
  readonly #forwardWeights: PackedMatrix;
  readonly #projectForward: PackedMatrix | undefined;
  readonly #projectBackward: PackedMatrix | undefined;
  readonly #backwardWeights: PackedMatrix;
  #z = 0;
  /** act(c) `[T, B, U]`. */
  #shown = 0;
  #dc = 0;
  /** With a projection: o * act(c) `[T, B, U]`, its gradient for one step, and the gradient of h `[T, B, P]`. */
  #raw = 0;
  #draw = 0;
  #dh = 0;
  /** Where they are kept: gradients by i, j, f, o, c and act(c), `[T, B, 6U]`. */
  #slopesOfParts = 0;

  constructor(common: RecurrentOptions, options: LstmOptions, weights: LstmWeights) {
    const { units, projection } = options;
    super(common, [
      { name: 'h', width: projection?.units ?? units },
      { name: 'c', width: units },
    ]);
    this.#options = options;
    this.#weights = weights;
    const kernel = columnsFrom(weights.kernel, 0, units * 16);
    this.#forwardWeights = this.packedForward(kernel, 4 * units);
    this.#backwardWeights = this.packedBackward(kernel, 4 * units);
    const packed: Packed[] = [this.#forwardWeights, this.#backwardWeights, ...weights.bias.packed];
    if (projection) {
      const place = {
        at: weights.projection!.weight,
        stride: projection.units * 4,
        rows: units,
        columns: projection.units,
      };
      this.#projectForward = new PackedMatrix(this.products, 'forward', () => place);
      this.#projectBackward = new PackedMatrix(this.products, 'backward', () => place);
      packed.push(this.#projectForward, this.#projectBackward);
    }
    this.packed = packed;
  }

  scratch(rows: number): number {
    const { units } = this.#options;
    return Math.max(
      Products.rowScratch(rows, this.input.width + this.width),
      Products.rowScratch(rows, 4 * units),
      Products.sumScratch(rows, Math.max(this.input.width, this.width, units), 4 * units),
    );
  }

  sumGradients(shape: Shape, share: Share): void {
    const { units } = this.#options;
    const { kernel, bias, peepholes, projection } = this.#weights;
    const { products, input, width } = this;
    const rows = shape.steps * shape.batch;
    const stride = 4 * units * 4;
    const h = this.hBefore(shape);
    const [first, end] = columnsOf(share, 4 * units);
    const beside = peepholes && this.#peepholeSums(shape, peepholes.gradient, first, end);
    products.sumOfOuterProducts(
      input.at(shape), input.width * 4, input.width, h.at, width * 4, width, h.skip,
      this.#z, stride, rows, kernel.gradient, stride, bias.gradient, first, end, false, share.scratch, beside,
    ); // prettier-ignore
    bias.spread(first, end);
    if (projection) {
      const [from, to] = columnsOf(share, width);
      if (from < to)
        products.sumOfOuterProducts(
          this.#raw,
          units * 4,
          units,
          0,
          0,
          0,
          0,
          this.#dh,
          width * 4,
          rows,
          projection.gradient,
          width * 4,
          0,
          from,
          to,
          false,
          share.scratch,
        );
    }
  }

  *places(shape: Shape): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const id of ['i', 'j', 'f', 'o'] as const)
      yield { id, at: this.#z + order[id] * units * 4, stride: 16 * units, width: units };
    yield { id: 'c', at: this.stateOverTime('c', units, shape), stride: 4 * units, width: units };
    yield { id: 'h', at: this.stateOverTime('h', this.width, shape), stride: 4 * this.width, width: this.width };
  }

  override hiddenPlaces(): StepPlace[] {
    const { units } = this.#options;
    return [{ id: 'tanh_c', at: this.#shown, stride: 4 * units, width: units }];
  }

  protected *cellSlopePlaces(): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const id of ['i', 'j', 'f', 'o'] as const)
      yield { id: `z_${id}`, at: this.#z + order[id] * units * 4, stride: 16 * units, width: units };
    for (const [place, id] of ['i', 'j', 'f', 'o', 'c', 'tanh_c'].entries())
      yield { id, at: this.#slopesOfParts + place * units * 4, stride: 24 * units, width: units };
  }

  protected planCell(plan: MemoryPlan, { batch, steps }: Shape): void {
    const { units, projection } = this.#options;
    if (this.keepsStepSlopes) this.#slopesOfParts = plan.floats(steps * batch * 6 * units);
    this.#z = plan.floats(steps * batch * 4 * units);
    this.#shown = plan.floats(steps * batch * units);
    this.#dc = plan.floats(batch * units);
    if (projection) {
      this.#raw = plan.floats(steps * batch * units);
      this.#draw = plan.floats(batch * units);
      this.#dh = plan.floats(steps * batch * projection.units);
    }
  }

  protected stepForward({ row, rows, x, before, after, made, fromZero, scratch }: StepForward): void {
    const { units, order, forgetBias, activation, gate, cellClip, projection } = this.#options;
    const { bias, peepholes } = this.#weights;
    const { width, input } = this;
    const [h, c] = [this.stateAt('h'), this.stateAt('c')];
    const z = this.#z + row * units * 16;
    // A state that is zero leaves its part of the product out.
    this.products.rowsTimesWeights(
      x, input.width * 4, input.width, h + before * width * 4, width * 4, fromZero ? 0 : width,
      this.#forwardWeights, z, units * 16, rows, false, scratch,
    ); // prettier-ignore
    const shown = projection ? this.#raw + row * units * 4 : made;
    this.kernels.lstmForward(
      rows, units, z, bias.weight, forgetBias, order.i, order.j, order.f, order.o, peepholes?.weight ?? 0, cellClip, activation, gate,
      c + before * units * 4, c + after * units * 4, this.#shown + row * units * 4, shown,
    ); // prettier-ignore
    if (projection) {
      this.products.rowsTimesWeights(
        shown,
        units * 4,
        units,
        0,
        0,
        0,
        this.#projectForward!,
        made,
        width * 4,
        rows,
        false,
        scratch,
      );
      if (projection.clip > 0) this.kernels.clip(made, rows * width, projection.clip);
    }
  }

  /** The gradient of the peepholes whose gates lie among the columns from `first` up to `end` of z. */
  #peepholeSums(
    shape: Shape,
    gradient: number,
    first: number,
    end: number,
  ): (row: number, rows: number, onto: 0 | 1) => void {
    const { units, order } = this.#options;
    const step = this.reversed ? 0 : shape.batch * units * 4;
    const c = this.stateAt('c') + step;
    const cBefore = this.stateAt('c') + shape.batch * units * 4 - step;
    const sums = ([[order.i, cBefore], [order.f, cBefore], [order.o, c]] as const).map(([block, seen], place) => {
      const from = Math.max(first, block * units);
      const unit = from - block * units;
      const z = this.#z + from * 4;
      return { z, seen: seen + unit * 4, width: Math.min(end, (block + 1) * units) - from, to: gradient + (place * units + unit) * 4 };
    }); // prettier-ignore
    return (row, rows, onto) => {
      for (const { z, seen, width, to } of sums)
        if (width > 0)
          this.kernels.productSums(z + row * units * 16, units * 16, seen + row * units * 4, units * 4, rows, width, to, onto);
    }; // prettier-ignore
  }

  protected override startBackward(first: number, rows: number): void {
    const { units } = this.#options;
    const final = this.finals.get('c')!;
    const dc = this.#dc + first * units * 4;
    if (final.slopes === 0) this.kernels.fill(dc, 0, rows * units);
    else this.kernels.copyRows(dc, units * 4, final.slopes + first * final.slopeStride, final.slopeStride, rows, units);
  }

  protected override cutBackward(first: number, rows: number): void {
    const { units } = this.#options;
    this.kernels.fill(this.#dc + first * units * 4, 0, rows * units);
  }

  protected override endBackward(first: number, rows: number): void {
    const initial = this.initialOf('c');
    if (initial && initial.slopes !== 0)
      this.sendBack(initial, this.#dc + first * initial.width * 4, initial.width * 4, first, rows);
  }

  protected stepBackward({
    first,
    row,
    rows,
    before,
    after,
    made,
    scratch,
    dh,
    dhStride,
    dhTime,
    dhTimeStride,
    target,
    alive,
    wholeSlopes,
  }: StepBackward): void {
    const { units, order, activation, gate, cellClip, projection } = this.#options;
    const { peepholes } = this.#weights;
    const { width } = this;
    const z = this.#z + row * units * 16;
    const c = this.stateAt('c');
    const dc = this.#dc + first * units * 4;
    let [above, aboveStride, time] = [dh, dhStride, dhTime];
    if (projection) {
      // The gradient of h goes through the clip and the projection first.
      const all = this.#dh + row * width * 4;
      const draw = this.#draw + first * units * 4;
      this.kernels.activationSlopes(0, all, dh, dhStride, dhTime, dhTimeStride, all, width * 4, rows, width, alive);
      if (projection.clip > 0) this.kernels.clipBackward(made, all, rows * width, projection.clip);
      this.products.rowsTimesWeights(
        all,
        width * 4,
        width,
        0,
        0,
        0,
        this.#projectBackward!,
        draw,
        units * 4,
        rows,
        false,
        scratch,
      );
      [above, aboveStride, time] = [draw, units * 4, 0];
    }
    if (wholeSlopes !== 0)
      this.kernels.lstmStepSlopes(
        rows, units, z, order.i, order.j, order.f, order.o, peepholes?.weight ?? 0, cellClip, activation, gate,
        c + before * units * 4, c + after * units * 4, this.#shown + row * units * 4, projection ? above : wholeSlopes, dc, alive,
        this.#slopesOfParts + row * units * 24,
      ); // prettier-ignore
    this.kernels.lstmBackward(
      rows, units, z, order.i, order.j, order.f, order.o, peepholes?.weight ?? 0, cellClip, activation, gate,
      c + before * units * 4, c + after * units * 4, this.#shown + row * units * 4, above, aboveStride, time, dhTimeStride, dc, alive,
    ); // prettier-ignore
    if (target !== 0) {
      this.products.rowsTimesWeights(
        z,
        units * 16,
        4 * units,
        0,
        0,
        0,
        this.#backwardWeights,
        target,
        this.slopeWidth * 4,
        rows,
        false,
        scratch,
      );
    }
  }
}
