/**
 * A network's way through a batch: its parts and where everything lies. Every thread builds the same one from the same
 * spec over the same memory, and does its share of each piece of work.
 */
import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { MemoryPlan } from '../../kernels/memory.ts';
import { Products } from '../../kernels/products.ts';
import { phrase } from '../../model/phrase.ts';
import type { InputSpec, ModelSpec } from '../../model/spec.ts';
import { buildGraph, type Graph } from './graph.ts';
import { ParameterStore } from './parameters.ts';
import { type Shape, type Slice, Tensor } from './part.ts';

/** What can be asked of a pass, to be added up; the sums need all rows to have gone back before. */
export const WORK = { forward: 1, loss: 2, slopes: 4, backward: 8, sums: 16 } as const;

/** What memory is planned for; addresses follow from it. */
export interface Planned extends Shape {
  /** Whether the gradient of what is fed is wanted, too. */
  readonly inputSlopes: boolean;
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

/** What is fed as numbers: the sequence and first states. */
interface FedInput {
  readonly id: string;
  readonly tensor: Tensor;
  /** Sizes of the axes after the batch, for a state. */
  readonly sizes: readonly number[];
  at: number;
}

export class Pass {
  readonly kernels: Kernels;
  readonly store: ParameterStore;
  readonly graph: Graph;
  readonly sequence: FedInput;
  readonly states: readonly FedInput[];
  /** Which steps count is told by lengths, or by the values that are fed. */
  readonly lengths: boolean;
  readonly masking: { readonly value: number } | undefined;
  /** Where the memory of the weights ends and that of a pass begins. */
  readonly #weightsEnd: number;
  readonly #scratch: number;
  planned: Planned = { batch: 0, steps: 0, inputSlopes: false };
  /** The sequence as it is fed, `[B, T, D]`. */
  fed = 0;
  /** A byte for every row of every step, 0 where it does not count. */
  alive = 0;

  /** @param thread which of the threads this one is. */
  constructor(spec: ModelSpec, kernels: Kernels, { tile, slots, threads }: Place, thread = 0) {
    this.kernels = kernels;
    kernels.beThread(thread);
    const plan = new MemoryPlan(kernels.reservedBytes());
    this.store = new ParameterStore(plan, slots);
    const inputs = spec.inputs
      .filter(({ role }) => role === 'sequence' || role === 'state')
      .map(input => this.#fedInput(input));
    this.sequence = inputs.find(({ tensor }) => tensor.sequence)!;
    this.states = inputs.filter(input => input !== this.sequence);
    this.lengths = spec.inputs.some(({ role }) => role === 'lengths');
    this.masking = maskingOf(spec);
    this.graph = buildGraph(spec, plan, new Products(kernels, tile), this.store, {
      tensors: new Map(inputs.map(({ id, tensor }) => [id, tensor])),
      alive: () => this.alive,
    });
    const scratch = Math.max(...this.graph.parts.map(part => part.scratch));
    const scratches = Array.from({ length: threads }, () => plan.floats(scratch));
    this.#scratch = scratches[thread]!;
    this.#weightsEnd = plan.end;
  }

  /** Decides where everything of a pass over at most that many rows and steps lies. @returns bytes of memory it needs. */
  plan(planned: Planned): number {
    this.planned = planned;
    const { parts, tensors, loss } = this.graph;
    const plan = new MemoryPlan(this.#weightsEnd);
    const sequence = planned.batch * planned.steps * this.sequence.tensor.width;
    this.fed = plan.floats(sequence);
    this.sequence.at = plan.floats(sequence);
    for (const state of this.states) state.at = plan.floats(planned.batch * state.tensor.width);
    if (this.lengths || this.masking) this.alive = plan.reserve(planned.batch * planned.steps);
    for (const tensor of tensors) tensor.planSlopes(plan, planned);
    for (const part of parts) part.plan(plan, planned);
    loss.plan(plan, planned);
    return plan.end;
  }

  /** Does a share of the work: some rows of the batch from end to end, or some columns of the sums over all rows. */
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
    if (work & WORK.sums) for (const part of this.graph.parts) part.sumGradients(shape, { index, of, scratch });
  }

  #forward(shape: Shape, slice: Slice): void {
    for (const part of this.graph.parts) part.forward(shape, slice);
  }

  #backward(shape: Shape, slice: Slice): void {
    const { parts, tensors } = this.graph;
    for (const tensor of tensors) tensor.clearSlopes(this.kernels, shape, slice);
    for (let k = parts.length - 1; k >= 0; k--) parts[k]!.backward(shape, slice);
  }

  #fedInput({ id, role, axes }: InputSpec): FedInput {
    // Tokens have no axis of features: each is one number.
    const own = role === 'state' ? axes : axes.slice(1);
    const sizes = own.map(({ size }) => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of the input {1} is not known.', size, id));
    });
    const width = sizes.reduce((product, size) => product * size, 1);
    const fed: FedInput = { id, sizes, at: 0, tensor: new Tensor(width, role === 'sequence', () => fed.at, () => this.planned.inputSlopes) }; // prettier-ignore
    return fed;
  }
}

/** The value that masks steps of the sequence, by a masking layer or an embedding. */
function maskingOf({ nodes }: ModelSpec): { value: number } | undefined {
  for (const node of nodes) {
    if (node.op === 'masking') return { value: node.value };
    if (node.op === 'embedding' && node.maskZero) return { value: 0 };
  }
  return undefined;
}
