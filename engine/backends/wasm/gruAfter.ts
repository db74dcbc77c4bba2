import type { MemoryPlan } from '../../kernels/memory.ts';
import { PackedMatrix, Products } from '../../kernels/products.ts';
import type { GruOptions } from './gru.ts';
import type { Weight } from './parameters.ts';
import { columnsOf, type Packed, type Shape, type Share } from './part.ts';
import {
  RecurrentLayer,
  type RecurrentOptions,
  type StepBackward,
  type StepForward,
  type StepPlace,
} from './recurrent.ts';

export interface GruAfterWeights {
  /** `[D, 3U]` and `[U, 3U]`; the candidate is the last block. */
  readonly input: Weight;
  readonly recurrent: Weight;
  /** `[3U]` each; absent: none. */
  readonly biases: { readonly input: Weight; readonly recurrent: Weight } | undefined;
}

/** GRU whose reset gate comes after the product: n = act(x W + b + r * (h U + d)), h = u * h + (1 - u) * n. */
export class GruAfterLayer extends RecurrentLayer {
  readonly packed: readonly Packed[];
  readonly #options: GruOptions;
  readonly #weights: GruAfterWeights;
  readonly #inputForward: PackedMatrix;
  readonly #inputBackward: PackedMatrix;
  readonly #recurrentForward: PackedMatrix;
  readonly #recurrentBackward: PackedMatrix;
  /** The two products `[T, B, 3U]`: gates and candidate, and h U + d; the way back turns them into their gradients. */
  #x = 0;
  #hh = 0;
  /** Gradient of h before the step, where nobody wants it, for one step. */
  #spare = 0;
  /** Where they are kept: gradients by r, u and n, `[T, B, 3U]`. */
  #slopesOfParts = 0;

  constructor(common: RecurrentOptions, options: GruOptions, weights: GruAfterWeights) {
    const { units } = options;
    super(common, [{ name: 'h', width: units }]);
    this.#options = options;
    this.#weights = weights;
    const { products, input } = this;
    const shape = { stride: units * 12, columns: 3 * units };
    const ofInput = () => ({ at: weights.input.weight, rows: input.width, ...shape });
    const ofState = () => ({ at: weights.recurrent.weight, rows: units, ...shape });
    this.#inputForward = new PackedMatrix(products, 'forward', ofInput);
    this.#inputBackward = new PackedMatrix(products, 'backward', ofInput);
    this.#recurrentForward = new PackedMatrix(products, 'forward', ofState);
    this.#recurrentBackward = new PackedMatrix(products, 'backward', ofState);
    this.packed = [this.#inputForward, this.#inputBackward, this.#recurrentForward, this.#recurrentBackward];
  }

  scratch(rows: number): number {
    const { units } = this.#options;
    const depth = Math.max(this.input.width, units);
    return Math.max(
      Products.rowScratch(rows, depth),
      Products.rowScratch(rows, 3 * units),
      Products.sumScratch(rows, depth, 3 * units),
    );
  }

  sumGradients(shape: Shape, share: Share): void {
    const { units } = this.#options;
    const { input: kernel, recurrent, biases } = this.#weights;
    const { products, input } = this;
    const rows = shape.steps * shape.batch;
    const stride = 12 * units;
    const h = this.hBefore(shape);
    const [first, end] = columnsOf(share, 3 * units);
    products.sumOfOuterProducts(
      input.at(shape), input.width * 4, input.width, 0, 0, 0, 0,
      this.#x, stride, rows, kernel.gradient, stride, biases?.input.gradient ?? 0, first, end, false, share.scratch,
    ); // prettier-ignore
    products.sumOfOuterProducts(
      0, 0, 0, h.at, units * 4, units, h.skip,
      this.#hh, stride, rows, recurrent.gradient, stride, biases?.recurrent.gradient ?? 0, first, end, false, share.scratch,
    ); // prettier-ignore
  }

  *places(shape: Shape): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const id of ['r', 'u'] as const)
      yield { id, at: this.#x + order[id] * units * 4, stride: units * 12, width: units };
    yield { id: 'n', at: this.#x + units * 8, stride: units * 12, width: units };
    yield { id: 'h', at: this.stateOverTime('h', units, shape), stride: units * 4, width: units };
  }

  protected *cellSlopePlaces(): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const [id, block] of [['r', order.r], ['u', order.u], ['n', 2]] as const)
      yield { id: `z_${id}`, at: this.#x + block * units * 4, stride: units * 12, width: units };
    for (const [place, id] of ['r', 'u', 'n'].entries())
      yield { id, at: this.#slopesOfParts + place * units * 4, stride: units * 12, width: units };
  } // prettier-ignore

  protected planCell(plan: MemoryPlan, { batch, steps }: Shape): void {
    const { units } = this.#options;
    if (this.keepsStepSlopes) this.#slopesOfParts = plan.floats(steps * batch * 3 * units);
    this.#x = plan.floats(steps * batch * 3 * units);
    this.#hh = plan.floats(steps * batch * 3 * units);
    this.#spare = plan.floats(batch * units);
  }

  protected stepForward({ row, rows, x, before, made, fromZero, scratch }: StepForward): void {
    const { units, order, activation, gate } = this.#options;
    const { biases } = this.#weights;
    const { width: D } = this.input;
    const [zx, zh] = [this.#x + row * units * 12, this.#hh + row * units * 12];
    const h = this.stateAt('h') + before * units * 4;
    this.products.rowsTimesWeights(x, D * 4, D, 0, 0, 0, this.#inputForward, zx, units * 12, rows, false, scratch);
    if (fromZero) this.kernels.fill(zh, 0, rows * 3 * units);
    else
      this.products.rowsTimesWeights(
        h,
        units * 4,
        units,
        0,
        0,
        0,
        this.#recurrentForward,
        zh,
        units * 12,
        rows,
        false,
        scratch,
      );
    this.kernels.gruAfterForward(
      rows, units, zx, biases?.input.weight ?? 0, zh, biases?.recurrent.weight ?? 0, order.r, order.u, activation, gate,
      h, made,
    ); // prettier-ignore
  }

  protected stepBackward({
    first,
    row,
    rows,
    before,
    scratch,
    dh,
    dhStride,
    dhTime,
    dhTimeStride,
    target,
    alive,
    wholeSlopes,
  }: StepBackward): void {
    const { units, order, activation, gate } = this.#options;
    const [zx, zh] = [this.#x + row * units * 12, this.#hh + row * units * 12];
    const stride = this.slopeWidth * 4;
    const direct = target === 0 ? this.#spare + first * units * 4 : target + stride - units * 4;
    const h = this.stateAt('h') + before * units * 4;
    const parts = this.#slopesOfParts + row * units * 12;
    if (wholeSlopes !== 0) {
      this.kernels.gruStepSlopes(
        rows, units, zx + order.u * units * 4, units * 12, zx + units * 8, units * 12, h, wholeSlopes,
        parts + units * 4, parts + units * 8, units * 12,
      ); // prettier-ignore
      // What r is multiplied by; the gradient of the pre-activation of n follows below.
      this.kernels.copyRows(parts, units * 12, zh + units * 8, units * 12, rows, units);
    }
    this.kernels.gruAfterBackward(
      rows, units, zx, zh, order.r, order.u, activation, gate, h,
      dh, dhStride, dhTime, dhTimeStride, direct, target === 0 ? units * 4 : stride, alive,
    ); // prettier-ignore
    if (wholeSlopes !== 0)
      this.kernels.multiplyRows(parts, units * 12, parts, units * 12, zx + units * 8, units * 12, rows, units);
    if (target === 0) return;
    this.products.rowsTimesWeights(
      zh,
      units * 12,
      3 * units,
      0,
      0,
      0,
      this.#recurrentBackward,
      direct,
      stride,
      rows,
      true,
      scratch,
    );
    if (this.inputSlopes)
      this.products.rowsTimesWeights(
        zx,
        units * 12,
        3 * units,
        0,
        0,
        0,
        this.#inputBackward,
        target,
        stride,
        rows,
        false,
        scratch,
      );
  }
}
