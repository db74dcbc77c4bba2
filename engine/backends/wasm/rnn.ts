import type { MemoryPlan } from '../../kernels/memory.ts';
import type { PackedMatrix } from '../../kernels/products.ts';
import { Products } from '../../kernels/products.ts';
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

export interface RnnWeights {
  /** `[D + U, U]` */
  readonly kernel: Block;
  /** `[U]` */
  readonly bias: Bias;
}

/** The simple recurrent cell: h = act([x; h] W + b). */
export class RnnLayer extends RecurrentLayer {
  readonly packed: readonly Packed[];
  readonly #activation: number;
  readonly #weights: RnnWeights;
  readonly #forwardWeights: PackedMatrix;
  readonly #backwardWeights: PackedMatrix;
  /** Gradient of the pre-activations `[T, B, U]`. */
  #dz = 0;

  constructor(common: RecurrentOptions, units: number, activation: number, weights: RnnWeights) {
    super(common, [{ name: 'h', width: units }]);
    this.#activation = activation;
    this.#weights = weights;
    const kernel = columnsFrom(weights.kernel, 0, units * 4);
    this.#forwardWeights = this.packedForward(kernel, units);
    this.#backwardWeights = this.packedBackward(kernel, units);
    this.packed = [this.#forwardWeights, this.#backwardWeights, ...weights.bias.packed];
  }

  scratch(rows: number): number {
    const { width, input } = this;
    return Math.max(
      Products.rowScratch(rows, input.width + width),
      Products.sumScratch(rows, Math.max(input.width, width), width),
    );
  }

  sumGradients(shape: Shape, share: Share): void {
    const { width, input } = this;
    const { kernel, bias } = this.#weights;
    const h = this.hBefore(shape);
    const [first, end] = columnsOf(share, width);
    if (first === end) return;
    this.products.sumOfOuterProducts(
      input.at(shape), input.width * 4, input.width, h.at, width * 4, width, h.skip,
      this.#dz, width * 4, shape.steps * shape.batch, kernel.gradient, width * 4, bias.gradient, first, end, false, share.scratch,
    ); // prettier-ignore
    bias.spread(first, end);
  }

  *places(shape: Shape): Iterable<StepPlace> {
    yield { id: 'h', at: this.stateOverTime('h', this.width, shape), stride: this.width * 4, width: this.width };
  }

  protected *cellSlopePlaces(): Iterable<StepPlace> {
    yield { id: 'z_h', at: this.#dz, stride: this.width * 4, width: this.width };
  }

  protected planCell(plan: MemoryPlan, { batch, steps }: Shape): void {
    this.#dz = plan.floats(steps * batch * this.width);
  }

  protected stepForward({ rows, x, before, made, fromZero, scratch }: StepForward): void {
    const { width, input } = this;
    const h = this.stateAt('h');
    this.products.rowsTimesWeights(
      x, input.width * 4, input.width, h + before * width * 4, width * 4, fromZero ? 0 : width,
      this.#forwardWeights, made, width * 4, rows, false, scratch,
    ); // prettier-ignore
    this.kernels.biasActivate(this.#activation, made, this.#weights.bias.weight, rows, width);
  }

  protected stepBackward({
    row,
    rows,
    made,
    scratch,
    dh,
    dhStride,
    dhTime,
    dhTimeStride,
    target,
    alive,
  }: StepBackward): void {
    const { width } = this;
    const dz = this.#dz + row * width * 4;
    this.kernels.activationSlopes(
      this.#activation,
      made,
      dh,
      dhStride,
      dhTime,
      dhTimeStride,
      dz,
      width * 4,
      rows,
      width,
      alive,
    );
    if (target !== 0)
      this.products.rowsTimesWeights(
        dz,
        width * 4,
        width,
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
