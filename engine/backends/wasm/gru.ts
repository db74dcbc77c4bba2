import type { MemoryPlan } from '../../kernels/memory.ts';
import { type PackedMatrix, Products } from '../../kernels/products.ts';
import type { Matrix, Weight } from './parameters.ts';
import { columnsOf, type Packed, type Shape, type Share } from './part.ts';
import {
  RecurrentLayer,
  type RecurrentOptions,
  type StepBackward,
  type StepForward,
  type StepPlace,
} from './recurrent.ts';

export interface GruOptions {
  readonly units: number;
  /** Places of the gates among the two blocks. */
  readonly order: { readonly r: number; readonly u: number };
  /** Numbers of the kernels' activations. */
  readonly activation: number;
  readonly gate: number;
}

export interface GruWeights {
  /** `[D + U, 2U]` and `[2U]` */
  readonly gates: Matrix;
  readonly gatesBias: Weight;
  /** `[D + U, U]` and `[U]` */
  readonly candidate: Matrix;
  readonly candidateBias: Weight;
}

/** GRU whose reset gate comes before the product: n = act([x; r * h] V + d), h = u * h + (1 - u) * n. */
export class GruLayer extends RecurrentLayer {
  readonly packed: readonly Packed[];
  readonly #options: GruOptions;
  readonly #weights: GruWeights;
  readonly #gatesForward: PackedMatrix;
  readonly #candidateForward: PackedMatrix;
  readonly #gatesBackward: PackedMatrix;
  readonly #candidateBackward: PackedMatrix;
  /** r and u `[T, B, 2U]`, n and r * h `[T, B, U]`; the way back turns the first two into gradients of pre-activations. */
  #z = 0;
  #n = 0;
  #rh = 0;
  /** What reaches h before the step directly, for one step. */
  #direct = 0;
  /** Gradient of [x, r * h] where nobody wants that of the step, for one step. */
  #spare = 0;
  /** Where they are kept: gradients by r, u and n, `[T, B, 3U]`. */
  #slopesOfParts = 0;

  constructor(common: RecurrentOptions, options: GruOptions, weights: GruWeights) {
    const { units } = options;
    super(common, [{ name: 'h', width: units }]);
    this.#options = options;
    this.#weights = weights;
    this.#gatesForward = this.packedForward(weights.gates, 2 * units);
    this.#candidateForward = this.packedForward(weights.candidate, units);
    this.#gatesBackward = this.packedBackward(weights.gates, 2 * units);
    this.#candidateBackward = this.packedBackward(weights.candidate, units);
    this.packed = [this.#gatesForward, this.#candidateForward, this.#gatesBackward, this.#candidateBackward];
  }

  scratch(rows: number): number {
    const { units } = this.#options;
    return Math.max(
      Products.rowScratch(rows, this.input.width + units),
      Products.rowScratch(rows, 2 * units),
      Products.sumScratch(rows, Math.max(this.input.width, units), 2 * units),
    );
  }

  sumGradients(shape: Shape, share: Share): void {
    const { units } = this.#options;
    const { gates, gatesBias, candidate, candidateBias } = this.#weights;
    const { products, input } = this;
    const rows = shape.steps * shape.batch;
    const x = input.at(shape);
    const h = this.hBefore(shape);
    const [first, end] = columnsOf(share, 2 * units);
    products.sumOfOuterProducts(
      x, input.width * 4, input.width, h.at, units * 4, units, h.skip,
      this.#z, units * 8, rows, gates.gradient, gates.stride, gatesBias.gradient, first, end, false, share.scratch,
    ); // prettier-ignore
    const [from, to] = columnsOf(share, units);
    if (from === to) return;
    products.sumOfOuterProducts(
      x, input.width * 4, input.width, this.#rh, units * 4, units, h.skip,
      this.#n, units * 4, rows, candidate.gradient, candidate.stride, candidateBias.gradient, from, to, false, share.scratch,
    ); // prettier-ignore
  }

  *places(shape: Shape): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const id of ['r', 'u'] as const)
      yield { id, at: this.#z + order[id] * units * 4, stride: units * 8, width: units };
    yield { id: 'n', at: this.#n, stride: units * 4, width: units };
    yield { id: 'h', at: this.stateOverTime('h', units, shape), stride: units * 4, width: units };
  }

  protected *cellSlopePlaces(): Iterable<StepPlace> {
    const { units, order } = this.#options;
    for (const id of ['r', 'u'] as const)
      yield { id: `z_${id}`, at: this.#z + order[id] * units * 4, stride: units * 8, width: units };
    yield { id: 'z_n', at: this.#n, stride: units * 4, width: units };
    for (const [place, id] of ['r', 'u', 'n'].entries())
      yield { id, at: this.#slopesOfParts + place * units * 4, stride: units * 12, width: units };
  }

  protected planCell(plan: MemoryPlan, { batch, steps }: Shape): void {
    const { units } = this.#options;
    if (this.keepsStepSlopes) this.#slopesOfParts = plan.floats(steps * batch * 3 * units);
    this.#z = plan.floats(steps * batch * 2 * units);
    this.#n = plan.floats(steps * batch * units);
    this.#rh = plan.floats(steps * batch * units);
    this.#direct = plan.floats(batch * units);
    this.#spare = plan.floats(batch * this.slopeWidth);
  }

  protected stepForward({ row, rows, x, before, made, fromZero, scratch }: StepForward): void {
    const { units, order, activation, gate } = this.#options;
    const { gatesBias, candidateBias } = this.#weights;
    const { width: D } = this.input;
    const h = this.stateAt('h') + before * units * 4;
    const [z, n, rh] = [this.#z + row * units * 8, this.#n + row * units * 4, this.#rh + row * units * 4];
    const depth = fromZero ? 0 : units;
    this.products.rowsTimesWeights(
      x,
      D * 4,
      D,
      h,
      units * 4,
      depth,
      this.#gatesForward,
      z,
      units * 8,
      rows,
      false,
      scratch,
    );
    this.kernels.gruGates(rows, units, z, gatesBias.weight, order.r, gate, h, rh);
    this.products.rowsTimesWeights(
      x,
      D * 4,
      D,
      rh,
      units * 4,
      depth,
      this.#candidateForward,
      n,
      units * 4,
      rows,
      false,
      scratch,
    );
    this.kernels.gruState(rows, units, z, order.u, n, candidateBias.weight, activation, h, made);
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
    const h = this.stateAt('h') + before * units * 4;
    const [z, n] = [this.#z + row * units * 8, this.#n + row * units * 4];
    const direct = this.#direct + first * units * 4;
    const stride = this.slopeWidth * 4;
    const to = target !== 0 ? target : this.#spare + first * stride;
    const parts = this.#slopesOfParts + row * units * 12;
    if (wholeSlopes !== 0)
      this.kernels.gruStepSlopes(
        rows, units, z + order.u * units * 4, units * 8, n, units * 4, h, wholeSlopes, parts + units * 4, parts + units * 8, units * 12,
      ); // prettier-ignore
    this.kernels.gruStateBackward(
      rows,
      units,
      z,
      order.u,
      n,
      activation,
      gate,
      h,
      dh,
      dhStride,
      dhTime,
      dhTimeStride,
      direct,
      alive,
    );
    this.products.rowsTimesWeights(
      n,
      units * 4,
      units,
      0,
      0,
      0,
      this.#candidateBackward,
      to,
      stride,
      rows,
      false,
      scratch,
    );
    if (wholeSlopes !== 0)
      this.kernels.multiplyRows(parts, units * 12, to + stride - units * 4, stride, h, units * 4, rows, units);
    this.kernels.gruGatesBackward(rows, units, z, order.r, gate, h, to + stride - units * 4, stride, direct);
    if (target !== 0)
      this.products.rowsTimesWeights(
        z,
        units * 8,
        2 * units,
        0,
        0,
        0,
        this.#gatesBackward,
        to,
        stride,
        rows,
        true,
        scratch,
      );
  }
}
