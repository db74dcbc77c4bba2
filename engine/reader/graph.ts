/** The graph that grows while a program is read: inputs, nodes, and what the program does with them. */
import { phrase, type Phrase } from '../model/phrase.ts';
import type {
  AveragingSpec,
  ClippingSpec,
  ConstraintSpec,
  DenseNode,
  Framework,
  GraphNode,
  InputSpec,
  OptimizerSpec,
  RecurrentNode,
  TensorRef,
  TrainingSpec,
} from '../model/spec.ts';
import type { TextRange } from './reading.ts';
import { type Dimension, equal, symbol, toSize } from './sizes.ts';
import {
  type Abstract,
  type CellObject,
  type DataSource,
  type Instance,
  tensor,
  type Tensor,
  type TensorAxis,
} from './values.ts';

export interface Input {
  id: string;
  role: InputSpec['role'] | null;
  dtype: string;
  /** Axes after the batch, batch-major. */
  axes: readonly TensorAxis[];
  timeMajor: boolean;
  readonly range: TextRange;
  data: DataSource | null;
  /** False while not even the number of its axes is known. */
  known: boolean;
  /** Sizes of the axes in which it is fed, where the program gives it another shape. */
  fed?: readonly (Dimension | null)[];
  /** Its axes are what the first operation on it fits; a layer that reads it may know better. */
  guessed?: boolean;
  /** The program makes it itself, with so many rows, until a layer reads it with steps first; and the module that is given it. */
  readonly made?: { readonly rows: Dimension | null; readonly by: Instance | null };
  /** Rows of a batch, where the program says the shape: null for any number. */
  readonly rows?: Dimension | null;
}

/** What a program asks of a weight besides its values: it is part of the loss, kept within bounds, or not trained. */
export interface WeightRule {
  /** Name of the weight inside its layer: `kernel`; all of them where it is left out. */
  readonly weight?: string;
  /** Of a recurrent node. */
  readonly layer?: number;
  readonly direction?: 'forward' | 'backward';
  readonly penalty?: { readonly l1?: number; readonly l2?: number };
  readonly constraint?: Constraint;
  readonly frozen?: true;
}

/** A constraint without the weight that it is for. */
export type Constraint = ConstraintSpec extends infer C
  ? C extends ConstraintSpec
    ? Omit<C, 'weight'>
    : never
  : never;

export interface NodeRecord {
  readonly node: GraphNode;
  readonly range: TextRange;
  /** Where the text that is open makes it: its range, or the statement that has called into another file. */
  readonly place: TextRange | null;
  readonly framework: Framework;
  readonly frame: number;
  /** The outermost module whose forward pass makes it (PyTorch). */
  readonly root: Instance | null;
  /** The cells of a recurrent node as objects of the program. */
  readonly cells: readonly CellObject[];
  /** The variable that holds the cells. */
  readonly name: string | null;
  /** What of it the description cannot say. */
  readonly open: readonly Phrase[];
  readonly rules: readonly WeightRule[];
}

/** All weights of a module: those whose names begin so, of one outermost module or, without it, of all. */
export interface WeightPlace {
  readonly root: Instance | null;
  /** `encoder.rnn`; empty for all. */
  readonly path: string;
}

/** Weights that an optimizer is given (null: all), with options of their own. */
export interface TrainedPart {
  readonly places: readonly WeightPlace[] | null;
  readonly options: Partial<OptimizerSpec>;
}

/** One training operation. */
export interface TrainingRecord {
  readonly loss: Tensor;
  readonly optimizer: OptimizerSpec | null;
  /** In the order in which they are done. */
  readonly clipping: readonly ClippingSpec[];
  readonly range: TextRange;
  decay?: TrainingSpec['learningRateDecay'];
  /** Whether the step that the decay counts by is left to the program. */
  readonly uncounted?: boolean;
  readonly averaging?: AveragingSpec;
  /** What the names of the variables begin with that it trains, where it does not train all. */
  readonly scope?: string;
  /** What it trains, where that is not everything alike. */
  readonly parts?: TrainedPart[];
  /** What the program has said of weights being trained, in its order. */
  readonly frozen?: readonly { readonly place: WeightPlace; readonly trained: boolean }[];
  accumulation?: TrainingSpec['accumulation'];
  /** What is added to the loss for the size of weights. */
  readonly penalties?: readonly { readonly place: WeightPlace; readonly l1: number; readonly l2: number }[];
  /** Where further optimizers take steps for the same loss. */
  readonly also?: number[];
  /** What of it the description cannot say. */
  open?: readonly Phrase[];
  readonly metrics?: TrainingSpec['metrics'];
  /** In how many loops it stands where it is prepared (Keras' `compile`). */
  readonly loops?: number;
  /** In how many loops its rounds have been counted. */
  counted?: number;
  /** Filled in when the program runs it. */
  epochs: number | null;
  iterations: number | null;
  batchSize: number | null;
}

/** What has been done with gradients since they were cleared (PyTorch). */
export interface Backward {
  readonly loss: Tensor;
  /** The call of the backward pass. */
  readonly range: TextRange;
  /** How many passes the gradients are of. */
  readonly passes: number;
  readonly clipping: ClippingSpec[];
  /** The weights whose gradients are clipped. */
  readonly clipped: Abstract[];
  readonly open: Phrase[];
}

/** A tuple of a network's states that a program takes apart under names of its own. */
export interface Unpacking {
  readonly targets: readonly { readonly text: string; readonly range: TextRange }[];
  readonly items: readonly Abstract[];
  /** What the source says. */
  readonly text: (range: TextRange) => string;
}

/** A node without its id; distributes over the kinds of nodes. */
export type NodeDraft = GraphNode extends infer N ? (N extends GraphNode ? Omit<N, 'id'> : never) : never;

type Operations = ReadonlySet<GraphNode['op']>;
/** Operations that leave every step as wide as it was. */
const KEEP_WIDTH: Operations = new Set<GraphNode['op']>(['reverse_steps', 'dropout', 'scale']);
/** Operations that do not mind how many axes there are. */
const PLAIN: Operations = new Set<GraphNode['op']>([...KEEP_WIDTH, 'dense', 'activation']);

export class Graph {
  readonly inputs = new Map<string, Input>();
  readonly nodes = new Map<string, NodeRecord>();
  readonly trainings: TrainingRecord[] = [];
  readonly losses: { readonly loss: Tensor; readonly range: TextRange }[] = [];
  /** Tensors that no layer has computed: what the program feeds its models with. */
  readonly data = new Set<Tensor>();
  /** Layers, by name, of which the program has said whether they are trained (`layer.trainable = False`). */
  readonly trainable = new Map<string, boolean>();
  /** Where a program goes on with tensors of the graph in a way that no node describes, and why nothing can be trained there. */
  readonly stops: { readonly from: string; readonly reason: Phrase }[] = [];
  /** Whether the program itself changes variables (`tf.assign_add(step, 1)`). */
  assigns = false;
  /** Names of variables that hold the rate of an optimizer (TensorFlow 1). */
  readonly rates = new Set<string>();
  /** Losses that the framework collects by itself (`tf.losses`). */
  readonly collected: { readonly loss: Tensor; readonly range: TextRange }[] = [];
  readonly metrics: { readonly of: TensorRef; readonly metric: NonNullable<TrainingSpec['metrics']>[number] }[] = [];
  readonly names = new Map<string, TensorRef>();
  /** What Keras' layers have given, by their names. */
  readonly layerOutputs = new Map<string, Abstract>();
  /** The same of states inside tuples: `states[0].c`. */
  readonly parts = new Map<string, TensorRef>();
  /** Nodes whose values a loss puts through a softmax. */
  readonly scores = new Set<string>();
  /** The statement of the text that is open which is being run; null while a module is imported. */
  place: TextRange | null = null;
  /** Length of that text: ranges behind it are of other files. */
  end = Infinity;
  /** What is still to be built when the program has been read: models whose inputs no call has shown. */
  readonly atEnd: (() => void)[] = [];
  /** Where a program takes the last row of a batch of outputs. */
  readonly rowPicks: { readonly of: TensorRef; readonly range: TextRange }[] = [];
  /** Where a program takes states apart. */
  readonly unpackings: Unpacking[] = [];
  /** The outermost module whose forward pass is being run. */
  root: Instance | null = null;
  /** Name of the Sequential by itself, without a module around it, that is being run. */
  alone: string | null = null;
  /** Where the layers are made that have the weight of another one. */
  readonly tied = new Set<number>();
  /** Layers, modules and weights of which the program says whether they are trained (PyTorch). */
  readonly frozen: { readonly of: Abstract; readonly weight: string | null; readonly trained: boolean }[] = [];
  /** The loss of the last backward pass, and how its gradients have been clipped since (PyTorch). */
  backward: Backward | null = null;
  /** In how many loops gradients are cleared in every round. */
  cleared = 0;
  /** How many steps have been taken since gradients were cleared. */
  stepsSinceCleared = 0;
  readonly #taken = new Map<string, number>();
  readonly #layers = new Map<string, number>();

  /** Counts the layers of a kind, from 1. */
  number(kind: string): number {
    const count = (this.#layers.get(kind) ?? 0) + 1;
    this.#layers.set(kind, count);
    return count;
  }

  /** `dense`, `dense_1`, `dense_2`: how frameworks name layers that have no name of their own. */
  layerName(base: string): string {
    const count = this.number(base);
    return count === 1 ? base : `${base}_${count - 1}`;
  }

  unique(base: string): string {
    const count = this.#taken.get(base) ?? 0;
    this.#taken.set(base, count + 1);
    if (count === 0) return base;
    const name = `${base}_${count}`;
    return this.#taken.has(name) ? this.unique(base) : (this.#taken.set(name, 1), name);
  }

  input(name: string, input: Omit<Input, 'id' | 'data' | 'role' | 'timeMajor' | 'known'> & Partial<Input>): Input {
    const record: Input = { role: null, timeMajor: false, data: null, known: true, ...input, id: this.unique(name) };
    this.inputs.set(record.id, record);
    return record;
  }

  add(
    base: string,
    draft: NodeDraft,
    more: {
      readonly range: TextRange;
      readonly frame?: number;
      readonly framework?: Framework;
      readonly cells?: readonly CellObject[];
      readonly name?: string | null;
      readonly open?: readonly Phrase[];
      readonly rules?: readonly WeightRule[];
    },
  ): string {
    const id = this.unique(base);
    const node: GraphNode = { ...draft, id };
    this.nodes.set(id, {
      node,
      range: more.range,
      place: more.range.start < this.end ? more.range : this.place,
      framework: more.framework ?? 'tensorflow1',
      frame: more.frame ?? 0,
      root: this.root,
      cells: more.cells ?? [],
      name: more.name ?? null,
      open: more.open ?? [],
      rules: more.rules ?? [],
    });
    return id;
  }

  /** Builds something that is no part of the program, looks at it, and forgets it. */
  apart<T>(look: () => T): T {
    const maps = [this.nodes, this.names, this.parts, this.#taken, this.#layers] as Map<string, unknown>[];
    const before = maps.map(map => [...map]);
    const found = look();
    maps.forEach((map, at) => {
      map.clear();
      for (const [key, value] of before[at]!) map.set(key, value);
    });
    return found;
  }

  /** The same for what a program may do besides: it also forgets inputs, losses and trainings. */
  aside<T>(look: () => T): T {
    const lists: unknown[][] = [this.trainings, this.losses, this.collected, this.metrics, this.atEnd, this.rowPicks, this.unpackings]; // prettier-ignore
    const lengths = lists.map(list => list.length);
    const [inputs, scores] = [new Set(this.inputs.keys()), new Set(this.scores)];
    const { assigns, backward, place } = this;
    const found = this.apart(look);
    lists.forEach((list, at) => list.splice(lengths[at]!));
    for (const id of this.inputs.keys()) if (!inputs.has(id)) this.inputs.delete(id);
    for (const id of this.scores) if (!scores.has(id)) this.scores.delete(id);
    Object.assign(this, { assigns, backward, place });
    return found;
  }

  /** Builds something when the program has been read, as if it stood where it stands now. */
  later(build: () => void): void {
    const { place } = this;
    this.atEnd.push(() => {
      this.place = place;
      build();
    });
  }

  /** The input that a tensor is, if it is one. */
  inputOf(value: Abstract | undefined): Input | null {
    if (value?.kind !== 'tensor' || value.ref === undefined || value.ref.part !== undefined) return null;
    return this.inputs.get(value.ref.from) ?? null;
  }

  /** A tensor as it is known now: the shape of an input may have been told since. */
  fresh(of: Tensor): Tensor {
    const input = of.axes === null ? this.inputOf(of) : null;
    return input?.known === true ? { ...of, ...this.tensorOf(input) } : of;
  }

  /** Gives an input of which nothing is known the shape of a sequence. */
  shape(input: Input, timeMajor: boolean, features: Dimension = symbol('features')): void {
    if (input.known) return;
    input.known = true;
    input.timeMajor = timeMajor;
    input.role ??= 'sequence';
    input.axes = [stepsAxis(symbol('steps')), { name: 'features', size: features }];
  }

  /** Takes the width of an input from the layer that reads it, where nothing else has told it. */
  widen(ref: TensorRef, features: Dimension | null): void {
    const input = this.inputBehind(ref, KEEP_WIDTH);
    if (input === null || features === null) return;
    const open = (size: Dimension | null): boolean =>
      size !== null && typeof size !== 'number' && size.terms.has('features');
    input.axes = input.axes.map(axis =>
      axis.name === 'features' && open(axis.size) ? { ...axis, size: features } : axis,
    );
  }

  /** An input as the program holds it. */
  tensorOf(input: Input): Tensor {
    const [steps, ...rest] = input.axes;
    const axes = input.timeMajor && steps !== undefined ? [steps, BATCH, ...rest] : [BATCH, ...input.axes];
    return tensor(input.dtype, input.known ? axes : null, { ref: { from: input.id } });
  }

  /** The number of steps of the outputs of a recurrent node. */
  stepsOf(ref: TensorRef): Dimension | null {
    const source = this.recurrentOf(ref)?.input;
    return source === undefined ? null : (this.inputs.get(source.from)?.axes[0]?.size ?? null);
  }

  /** Says what an input is for; the first use decides. */
  use(value: Abstract | undefined, role: InputSpec['role']): void {
    const input = this.inputOf(value);
    if (input !== null) input.role ??= role;
  }

  /** The input that a tensor is computed of by such operations alone, each of one tensor. */
  inputBehind(ref: TensorRef, through: Operations): Input | null {
    const node = this.nodeOf(ref);
    if (node === null) return this.inputs.get(ref.from) ?? null;
    return through.has(node.op) && 'input' in node ? this.inputBehind(node.input, through) : null;
  }

  /** The input that a tensor is computed of step by step, by operations that do not mind how many axes there are. */
  plainSource(ref: TensorRef): Input | null {
    return this.inputBehind(ref, PLAIN);
  }

  /** Says that an input holds the lengths of rows. */
  useLengths({ from }: TensorRef): void {
    const input = this.inputs.get(from);
    if (input === undefined) return;
    input.role = 'lengths';
    if (input.known) return;
    input.known = true;
    input.dtype = 'int64';
    input.axes = [];
  }

  nodeOf(ref: TensorRef | undefined): GraphNode | null {
    return ref === undefined ? null : (this.nodes.get(ref.from)?.node ?? null);
  }

  recurrentOf(ref: TensorRef | undefined): RecurrentNode | null {
    const node = this.nodeOf(ref);
    return node?.op === 'recurrent' ? node : null;
  }

  denseOf(ref: TensorRef | undefined): DenseNode | null {
    const node = this.nodeOf(ref);
    return node?.op === 'dense' ? node : null;
  }

  /** Puts another node in the place of one, under its id. */
  replace(id: string, node: GraphNode): void {
    const record = this.nodes.get(id);
    if (record !== undefined) this.nodes.set(id, { ...record, node });
  }

  /** The tensors that a node reads. */
  static sources(node: GraphNode): TensorRef[] {
    switch (node.op) {
      case 'concatenate':
      case 'combine':
        return node.inputs;
      case 'recurrent':
        return [
          node.input,
          ...(node.sequenceLength === undefined ? [] : [node.sequenceLength]),
          ...(node.mask === undefined ? [] : [node.mask]),
          ...(node.initialState?.kind === 'given' ? node.initialState.tensors : []),
        ];
      case 'reduce_steps':
        return [node.input, ...(node.mask === undefined ? [] : [node.mask])];
      case 'reverse_steps':
        return [node.input, ...(node.sequenceLength === undefined ? [] : [node.sequenceLength])];
      default:
        return [node.input];
    }
  }
}

export const BATCH: TensorAxis = { name: 'batch', size: null };

export function stepsAxis(size: Dimension | null): TensorAxis {
  return { name: 'steps', size };
}

export function unitsAxis(size: Dimension | null): TensorAxis {
  return { name: 'units', size };
}

export function isBatch(axis: TensorAxis | undefined): boolean {
  return axis?.name === 'batch';
}

/** The axis of the steps, or -1. */
export function stepsAt(axes: readonly TensorAxis[]): number {
  return axes.findIndex(axis => axis.name === 'steps');
}

export function sameAxis(a: TensorAxis, b: TensorAxis): boolean {
  if (a.size === null || b.size === null) return a.size === b.size && a.name === b.name;
  return equal(a.size, b.size);
}

/** A dense layer on the last axis, whatever stands before it. */
export function denseNode(
  graph: Graph,
  input: Tensor,
  options: Omit<DenseNode, 'op' | 'id' | 'input' | 'units'> & {
    /** Name of the node, if it is not that of the scope. */
    readonly id?: string;
    readonly units: Dimension;
    readonly range: TextRange;
    readonly meaning?: Phrase;
    /** What of it the description cannot say. */
    readonly open?: readonly Phrase[];
    readonly rules?: readonly WeightRule[];
  },
): Tensor {
  const { units, range, meaning, open = [], rules = [], id: name = options.scope, ...rest } = options;
  const axes = input.axes === null ? null : [...input.axes.slice(0, -1), unitsAxis(units)];
  const text = meaning ?? phrase('output of the dense layer {0}', rest.scope);
  if (input.ref === undefined || input.displaced !== undefined)
    return tensor(input.dtype, axes, { meaning: text, lost: true });
  const id = graph.add(name, { op: 'dense', input: input.ref, units: toSize(units), ...rest }, { range, open, rules });
  return tensor(input.dtype, axes, { ref: { from: id }, meaning: text });
}
