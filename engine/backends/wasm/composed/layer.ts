/**
 * A recurrent layer whose cell is made of single operations. It is slower than the fused ones and can be any cell: one that
 * normalizes its gates, drops part of what each gate sees, or has activations whose slope needs more than their result.
 */
import type { MemoryPlan } from '../../../kernels/memory.ts';
import type { Framework } from '../../../model/spec.ts';
import type { Packed, Shape, Share } from '../part.ts';
import {
  RecurrentLayer,
  type RecurrentOptions,
  type StepBackward,
  type StepForward,
  type StepPlace,
} from '../recurrent.ts';
import { Composer } from './composer.ts';
import type { Operation } from './operations.ts';
import { Value } from './value.ts';

/** What a cell has made. */
export interface Composed {
  /** The states after the step, by name. */
  readonly states: Readonly<Record<string, Value>>;
  /** Gates and candidate by the ids of the cell table, in its order. */
  readonly gates: Readonly<Record<string, Value>>;
  /** What activations are applied to, `z_i` for i. */
  readonly preActivations: Readonly<Record<string, Value>>;
  /** What else it keeps and the cell table does not name. */
  readonly hidden?: Readonly<Record<string, Value>>;
  /** What must follow a change of the weights, besides its matrices. */
  readonly packed: readonly Packed[];
}

interface State {
  readonly name: string;
  readonly width: number;
}

export class ComposedLayer extends RecurrentLayer {
  readonly packed: readonly Packed[];
  readonly #states: readonly State[];
  readonly #x: Value;
  readonly #before: Readonly<Record<string, Value>>;
  readonly #operations: readonly Operation[];
  readonly #composed: Composed;
  /** States before the step that no operation reads. */
  readonly #unreached: readonly Value[];
  /** Gradient of each state but h after the step at hand, `[B, width]`. */
  readonly #arriving = new Map<string, number>();

  /** @param states h first. */
  constructor(common: RecurrentOptions, framework: Framework, states: readonly State[], compose: (composer: Composer) => Composed) {
    super(common, states);
    this.#states = states;
    const { input } = common;
    this.#x = new Value(input.width, { at: ({ x }) => x, over: shape => input.at(shape) }, () => this.inputSlopes);
    this.#before = Object.fromEntries(
      states.map(({ name, width }) => [
        name,
        new Value(width, {
          at: ({ before }) => this.stateAt(name) + before * width * 4,
          over: ({ batch }) => this.stateAt(name) + (this.reversed ? batch * width * 4 : 0),
        }),
      ]),
    );
    const composer = new Composer(this.products, framework, this.#x, this.#before);
    this.#composed = compose(composer);
    this.#operations = composer.operations;
    for (const { name, width } of states)
      this.#composed.states[name]!.standAt({
        at: ({ made, after }) => (name === 'h' ? made : this.stateAt(name) + after * width * 4),
        over: shape => this.stateOverTime(name, width, shape),
      });
    const written = new Set(Object.values(this.#composed.states));
    for (const operation of [...this.#operations].reverse()) operation.connect(written);
    this.#unreached = states.map(({ name }) => this.#before[name]!).filter(value => !written.has(value));
    this.packed = [...this.#operations.flatMap(operation => operation.packed), ...this.#composed.packed];
  } // prettier-ignore

  scratch(rows: number): number {
    return Math.max(...this.#operations.map(operation => operation.scratch(rows)));
  }

  sumGradients(shape: Shape, share: Share): void {
    for (const operation of this.#operations) operation.sumGradients(shape, share);
  }

  *places(shape: Shape): Iterable<StepPlace> {
    for (const [id, value] of Object.entries(this.#composed.gates)) yield { id, at: value.over(shape), stride: value.width * 4, width: value.width };
    for (const { name, width } of [...this.#states].reverse()) yield { id: name, at: this.stateOverTime(name, width, shape), stride: width * 4, width };
  } // prettier-ignore

  override hiddenPlaces(): StepPlace[] {
    return Object.entries(this.#composed.hidden ?? {}).map(([id, value]) => ({ id, at: value.own, stride: value.width * 4, width: value.width }));
  } // prettier-ignore

  protected *cellSlopePlaces(): Iterable<StepPlace> {
    const { preActivations, gates, hidden, states } = this.#composed;
    for (const [id, value] of Object.entries({ ...preActivations, ...gates, ...hidden, ...states }))
      if (id !== 'h') yield { id, at: value.slopesOver(), stride: value.width * 4, width: value.width };
  }

  protected planCell(plan: MemoryPlan, shape: Shape): void {
    for (const value of [this.#x, ...Object.values(this.#before)]) value.plan(plan, shape, false);
    for (const operation of this.#operations) {
      operation.made.plan(plan, shape, this.keepsStepSlopes);
      operation.plan(plan, shape);
    }
    for (const { name, width } of this.#states) if (name !== 'h') this.#arriving.set(name, plan.floats(shape.batch * width)); // prettier-ignore
  }

  protected stepForward(step: StepForward): void {
    for (const operation of this.#operations) operation.forward(step);
  }

  protected override startBackward(first: number, rows: number): void {
    for (const [name, at] of this.#arriving) {
      const final = this.finals.get(name)!;
      const to = at + first * final.width * 4;
      if (final.slopes === 0) this.kernels.fill(to, 0, rows * final.width);
      else
        this.kernels.copyRows(to, final.width * 4, final.slopes + first * final.slopeStride, final.slopeStride, rows, final.width); // prettier-ignore
    }
  }

  protected override cutBackward(first: number, rows: number): void {
    for (const { name, width } of this.#states) {
      const arriving = this.#arriving.get(name);
      if (arriving !== undefined) this.kernels.fill(arriving + first * width * 4, 0, rows * width);
    }
  }

  protected override endBackward(first: number, rows: number): void {
    for (const [name, at] of this.#arriving) {
      const initial = this.initialOf(name);
      if (initial && initial.slopes !== 0)
        this.sendBack(initial, at + first * initial.width * 4, initial.width * 4, first, rows);
    }
  }

  protected stepBackward(step: StepBackward): void {
    const { kernels, width, input } = this;
    const { first, rows, dh, dhStride, dhTime, dhTimeStride, target, alive, made } = step;
    const { states } = this.#composed;
    // Rows that do not count send zeros through the cell; their states' gradients pass it by.
    kernels.activationSlopes(0, made, dh, dhStride, dhTime, dhTimeStride, states['h']!.slopes(step), width * 4, rows, width, alive); // prettier-ignore
    for (const [name, arriving] of this.#arriving) {
      const state = states[name]!;
      const from = arriving + first * state.width * 4;
      if (alive !== 0) kernels.maskRows(state.slopes(step), from, alive, rows, state.width);
      else kernels.copyRows(state.slopes(step), state.width * 4, from, state.width * 4, rows, state.width);
    }
    for (const value of this.#unreached) value.clearSlopes(kernels, step);
    for (let k = this.#operations.length - 1; k >= 0; k--) {
      const operation = this.#operations[k]!;
      if (!operation.unread) operation.backward(step);
    }
    for (const [name, arriving] of this.#arriving) {
      const value = this.#before[name]!;
      const [to, from] = [arriving + first * value.width * 4, value.slopes(step)];
      if (alive !== 0) kernels.carryRows(from, to, alive, rows, value.width);
      kernels.copyRows(to, value.width * 4, from, value.width * 4, rows, value.width);
    }
    if (target === 0) return;
    const stride = this.slopeWidth * 4;
    if (this.inputSlopes) kernels.copyRows(target, stride, this.#x.slopes(step), input.width * 4, rows, input.width);
    kernels.copyRows(target + stride - width * 4, stride, this.#before['h']!.slopes(step), width * 4, rows, width);
  }
}
