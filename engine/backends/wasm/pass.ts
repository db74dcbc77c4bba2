/**
 * A network's way through a batch: its parts and where everything lies. Every thread builds the same one from the same
 * spec over the same memory, and does its share of each piece of work.
 */
import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { MemoryPlan } from '../../kernels/memory.ts';
import { Products, type Way } from '../../kernels/products.ts';
import { phrase } from '../../model/phrase.ts';
import type { InputSpec, ModelSpec } from '../../model/spec.ts';
import { buildGraph, type Graph } from './graph.ts';
import { FedMarks, type MarkRule } from './marks.ts';
import { ParameterStore } from './parameters.ts';
import { type Packed, type Shape, shapeOf, type Slice, Tensor } from './part.ts';

/**
 * What can be asked of a pass, to be added up. Each way through the network needs the weights packed for it before; the
 * sums need all rows to have gone back, and leave no packed weights.
 */
export const WORK = {
  forward: 1,
  loss: 2,
  slopes: 4,
  backward: 8,
  sums: 16,
  packForward: 32,
  packBackward: 64,
} as const;

/** The gradients that a pass keeps for who asks, each with those before it; those of the weights it always has. */
export const KEPT = { weights: 0, inputs: 1, steps: 2 } as const;

/** What memory is planned for; addresses follow from it. */
export interface Planned {
  readonly batch: number;
  /** Steps of every time axis. */
  readonly axes: readonly number[];
  /** Of `KEPT`: gradients of what is fed, and of all that recurrent layers make at every step. */
  readonly slopes: number;
}

/** What addresses follow from, besides the spec. */
export interface Place {
  /** Index of the tile shape. */
  readonly tile: number;
  /** Values that the optimizer keeps for every weight. */
  readonly slots: number;
  /** Threads that have room to work in. */
  readonly threads: number;
}

/** What is fed as numbers: sequences and first states. */
interface FedInput {
  readonly id: string;
  readonly tensor: Tensor;
  /** Sizes of the axes after the batch (and after the steps, of a sequence). */
  readonly sizes: readonly number[];
  at: number;
  /** A sequence as it is fed, `[B, T, D]`. */
  fed: number;
}

/** A first state that the network feeds itself. */
interface KeptPlace {
  readonly tensor: Tensor;
  at: number;
}

export class Pass {
  readonly kernels: Kernels;
  readonly store: ParameterStore;
  readonly graph: Graph;
  /** What is fed over steps, each with a time axis of its own, counted as they stand in the spec. */
  readonly sequences: readonly FedInput[];
  readonly states: readonly FedInput[];
  readonly #kept: KeptPlace[] = [];
  /** Which steps count, as far as it is told by what is fed. */
  readonly marks: FedMarks[] = [];
  planned: Planned;
  /** Steps of the time axes that no sequence brings: those of repeated vectors. */
  readonly #ownAxes: number[] = [];
  /** Where the memory of the weights ends and that of a pass begins. */
  readonly #weightsEnd: number;
  readonly #thread: number;
  readonly #threads: number;
  /** Where this thread has room to work in. */
  #scratch = 0;
  readonly #packed: readonly Packed[];
  #gradients = { at: 0, bytes: 0 };

  /** @param thread which of the threads this one is. */
  constructor(spec: ModelSpec, kernels: Kernels, { tile, slots, threads }: Place, thread = 0) {
    this.kernels = kernels;
    kernels.beThread(thread);
    const plan = new MemoryPlan(kernels.reservedBytes());
    this.store = new ParameterStore(plan, slots);
    const of = (role: InputSpec['role']) => spec.inputs.filter(input => input.role === role);
    this.sequences = of('sequence').map((input, axis) => this.#fedInput(input, axis));
    this.states = of('state').map(input => this.#fedInput(input, 0));
    const inputs = [...this.sequences, ...this.states];
    this.graph = buildGraph(spec, plan, new Products(kernels, tile), this.store, {
      tensors: new Map(inputs.map(({ id, tensor }) => [id, tensor])),
      marks: (from, rule, axis) => this.#marksOf(from, rule, axis),
      keptState: width => this.#keptState(width),
      keepsStepSlopes: () => this.planned.slopes >= KEPT.steps,
      addAxis: steps => this.sequences.length + this.#ownAxes.push(steps) - 1,
    });
    this.planned = { batch: 0, axes: this.axesOf(this.sequences.map(() => 0)), slopes: KEPT.weights };
    this.#thread = thread;
    this.#threads = threads;
    this.#weightsEnd = plan.end;
    this.#packed = this.graph.parts.flatMap(part => part.packed);
  }

  /** Steps of every time axis. @param fed steps of each sequence. */
  axesOf(fed: readonly number[]): number[] {
    return [...fed, ...this.#ownAxes];
  }

  /** Decides where everything of a pass over at most that many rows and steps lies. @returns bytes of memory it needs. */
  plan(planned: Planned): number {
    this.planned = planned;
    const { parts, tensors, loss } = this.graph;
    const plan = new MemoryPlan(this.#weightsEnd);
    const shape = shapeOf(planned.batch, planned.axes);
    for (const sequence of this.sequences) {
      const floats = sequence.tensor.rows(shape) * sequence.tensor.width;
      sequence.fed = plan.floats(floats);
      sequence.at = plan.floats(floats);
    }
    for (const state of this.states) state.at = plan.floats(planned.batch * state.tensor.width);
    for (const kept of this.#kept) kept.at = plan.floats(planned.batch * kept.tensor.width);
    for (const marks of this.marks) marks.plan(plan, shape);
    for (const tensor of tensors) tensor.planSlopes(plan, shape);
    for (const part of parts) part.plan(plan, shape.along(part.axis));
    loss.plan(plan, shape);
    const scratch = Math.max(...parts.map(part => part.scratch(shape.batch * shape.along(part.axis).steps)));
    const scratches = Array.from({ length: this.#threads }, () => plan.floats(scratch));
    this.#scratch = scratches[this.#thread]!;
    return this.#planGradients(plan.end);
  }

  /** Gradients of weights are made when all rows have gone back; until then the weights lie in their place, packed for one way or the other. */
  #planGradients(start: number): number {
    const plans = { gradients: new MemoryPlan(start), forward: new MemoryPlan(start), backward: new MemoryPlan(start) };
    this.store.planGradients(plans.gradients);
    this.#gradients = { at: start, bytes: plans.gradients.end - start };
    for (const packed of this.#packed) packed.plan(plans[packed.way]);
    return Math.max(...Object.values(plans).map(({ end }) => end));
  }

  /** Does a share of the work: some rows of the batch from end to end, some columns of the sums over all rows, or some of the packed weights. */
  run(work: number, shape: Shape, { index, of }: { readonly index: number; readonly of: number }): void {
    const scratch = this.#scratch;
    // Slices are of nearly equal size, and none is empty.
    const slices = Math.min(of, shape.batch);
    if (index < slices) {
      const first = Math.floor((shape.batch * index) / slices);
      const slice = { first, rows: Math.floor((shape.batch * (index + 1)) / slices) - first, scratch };
      if (work & WORK.forward) this.#forward(shape, slice);
      if (work & WORK.loss) this.graph.loss.run(shape, slice, (work & WORK.slopes) !== 0);
      if (work & WORK.backward) this.#backward(shape, slice);
    }
    if (work & WORK.sums)
      for (const part of this.graph.parts) part.sumGradients(shape.along(part.axis), { index, of, scratch });
    if (work & WORK.packForward) this.#pack('forward', index, of);
    if (work & WORK.packBackward) this.#pack('backward', index, of);
  }

  /** Clears the gradients of weights: not all of them belong to a part that sums them. */
  clearGradients(): void {
    const { at, bytes } = this.#gradients;
    this.kernels.fill(at, 0, bytes / 4);
  }

  #pack(way: Way, index: number, of: number): void {
    const all = this.#packed.filter(packed => packed.way === way);
    for (let k = index; k < all.length; k += of) all[k]!.pack();
  }

  #forward(shape: Shape, slice: Slice): void {
    for (const part of this.graph.parts) part.forward(shape.along(part.axis), slice);
  }

  #backward(shape: Shape, slice: Slice): void {
    const { parts, tensors } = this.graph;
    for (const tensor of tensors) tensor.clearSlopes(this.kernels, shape, slice);
    for (let k = parts.length - 1; k >= 0; k--) parts[k]!.backward(shape.along(parts[k]!.axis), slice);
  }

  #fedInput({ id, role, axes }: InputSpec, axis: number): FedInput {
    // Tokens have no axis of features: each is one number.
    const own = role === 'state' ? axes : axes.slice(1);
    const sizes = own.map(({ size }) => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of the input {1} is not known.', size, id));
    });
    const width = sizes.reduce((product, size) => product * size, 1);
    const fed: FedInput = { id, sizes, at: 0, fed: 0, tensor: new Tensor(width, role === 'sequence', axis, () => fed.at, () => this.planned.slopes >= KEPT.inputs) }; // prettier-ignore
    return fed;
  }

  #keptState(width: number): Tensor {
    const kept: KeptPlace = { at: 0, tensor: new Tensor(width, false, 0, () => kept.at, () => false) }; // prettier-ignore
    this.#kept.push(kept);
    return kept.tensor;
  }

  /** The same bytes for all who ask for the same. */
  #marksOf(from: string, rule: MarkRule, axis: number): FedMarks {
    const same = (one: FedMarks) => one.from === from && one.axis === axis && JSON.stringify(one.rule) === JSON.stringify(rule);
    const known = this.marks.find(same);
    if (known) return known;
    const marks = new FedMarks(from, rule, axis);
    this.marks.push(marks);
    return marks;
  } // prettier-ignore
}
