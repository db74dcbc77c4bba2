/** What an expression can be worth when nothing is run: numbers and texts, tensors of a graph, cells, unknowns. */
import type { ChosenActivation } from './activations.ts';
import type { Phrase } from '../model/phrase.ts';
import type {
  DecaySpec,
  CellSpec,
  ClippingSpec,
  Framework,
  Initializer,
  LossOptions,
  LossSpec,
  OptimizerSpec,
  TensorRef,
  TrainingSpec,
} from '../model/spec.ts';
import type { Call } from './calls.ts';
import type { WeightRule } from './graph.ts';
import type { FunctionSyntax } from './syntax.ts';
import type { TextRange } from './reading.ts';
import type { ReducedAxis } from './losses.ts';
import { type Dimension, sizeText, symbol, type Symbolic } from './sizes.ts';

/** An axis of a tensor; a size of null is known by its name only (`batch`). */
export interface TensorAxis {
  readonly name: string;
  readonly size: Dimension | null;
  /** The variable whose first axis it is as long as: `x` of `torch.zeros(1, x.size(0), 8)`. */
  readonly firstOf?: string;
  /** The axes that a reshape has merged into this one. */
  readonly merged?: readonly TensorAxis[];
}

/** How a scalar or a vector of the training graph came about, as far as losses and metrics need it. */
export type Derivation =
  | { readonly op: 'loss'; readonly kind: LossSpec['kind']; readonly prediction: Tensor; readonly target: Tensor; readonly fromLogits: boolean; /** The loss takes what went into the prediction's activation. */ readonly beforeActivation?: true; readonly reduction: LossSpec['reduction'] | 'none'; readonly options?: LossOptions; /** What the description cannot say. */ readonly open?: readonly Phrase[]; readonly factor?: number; readonly mask?: TensorRef; readonly ignoreLabel?: number; readonly classAxis?: number; readonly squeezed?: true; readonly flattened?: true; /** What is added for the size of weights. */ readonly penalties?: readonly LossPenalty[]; readonly reduced?: readonly ReducedAxis[]; /** Its last axis is still that of the classes. */ readonly classes?: true; /** Steps that do not count have been taken out. */ readonly selected?: true }
  | { readonly op: 'difference'; readonly left: Tensor; readonly right: Tensor; readonly factor?: number }
  | { readonly op: 'logarithm'; readonly logits: Tensor } // of the softmax of these
  | { readonly op: 'one_hot'; readonly of: Tensor; readonly depth: Dimension | null }
  | { readonly op: 'mask'; readonly of: TensorRef } // 1 for each step that counts, by lengths or the node that computes them
  | { readonly op: 'counted'; readonly of: TensorRef } // how many steps count
  | { readonly op: 'last_step'; readonly of: TensorRef } // index of the last step that counts of each row, by its length
  | { readonly op: 'places' } // 0, 1, 2, …
  | { readonly op: 'masked'; readonly of: Tensor; readonly mask: TensorRef } // zeros at the steps that do not count
  | { readonly op: 'right'; readonly of: Tensor; readonly topK: number } // whether the label is among the k largest
  | { readonly op: 'best'; readonly of: Tensor } // index of the largest
  | { readonly op: 'accuracy'; readonly of: Tensor; readonly topK: number }
  | { readonly op: 'gradient'; readonly loss: Tensor; readonly clipping?: readonly ClippingSpec[]; /** What the description cannot say. */ readonly open?: readonly Phrase[] }
  | { readonly op: 'variables'; /** What the names of all of them begin with. */ readonly scope?: string }
  | { readonly op: 'zeros' }
  | { readonly op: 'constants'; readonly values: readonly number[] } // numbers in a row that the program writes out
  | { readonly op: 'magnitude'; readonly of: Tensor } // its absolute values, or the largest of each step
  | { readonly op: 'used'; readonly of: Tensor } // 1 for each of its steps that holds anything, else 0
  | { readonly op: 'data'; readonly source: DataSource; readonly part: 'train' | 'test' | 'batch' }; // prettier-ignore

export interface DataSource {
  /** As in `DataSpec`. */
  readonly kind: string;
  readonly source: string;
}

export interface Tensor {
  readonly kind: 'tensor';
  readonly dtype: string;
  /** In the order that the program holds them; null where not even their number is known. */
  readonly axes: readonly TensorAxis[] | null;
  readonly meaning?: Phrase;
  readonly note?: Phrase;
  /** The graph's last axis, where the program has moved it away from the end. */
  readonly displaced?: TensorAxis;
  /** Its slices along an axis, where each is a tensor of its own (`h_n` of PyTorch). */
  readonly parts?: readonly Tensor[];
  /** Place of that axis; the first where it is left out. */
  readonly partsAt?: number;
  /** Rows of different lengths (PyTorch's packed sequences). */
  readonly packed?: { readonly lengths: TensorRef | null };
  /** One step of a sequence, whichever it is. */
  readonly stepOf?: TensorRef;
  /** A loop takes its steps from the last one on. */
  readonly backwards?: true;
  /** What a cell in a loop gives at each step: the outputs of this node. */
  readonly eachOf?: TensorRef;
  /** A learned parameter of that name. */
  readonly parameter?: string;
  /** The weight of a layer, which the program has asked for. */
  readonly weightOf?: { readonly layer: Layer; readonly name: string };
  /** How a variable begins, or what a variable would begin with. */
  readonly initial?: Initializer;
  /** A variable that no optimizer changes. */
  readonly fixed?: true;
  /** The node that masks its steps (Keras). */
  readonly mask?: TensorRef;
  /** The tensor of the model's graph that this is, or is a transposed or reshaped view of. */
  readonly ref?: TensorRef;
  readonly derivation?: Derivation;
  /** Computed from the model's tensors by something that the engine cannot run; only its shape is known. */
  readonly lost?: true;
}

export interface Sequence {
  readonly kind: 'sequence';
  readonly type: 'tuple' | 'list';
  readonly items: readonly Abstract[];
  readonly fields?: readonly string[];
  readonly meaning?: Phrase;
  readonly note?: Phrase;
}

/** A list, tuple or iterator of which only the typical item is known. */
export interface Many {
  readonly kind: 'many';
  readonly item: Abstract;
  readonly count: Abstract;
}

/** A recurrent cell, or several on top of each other. */
export interface Cells {
  readonly kind: 'cells';
  readonly framework: Framework;
  readonly className: string;
  /** From the bottom to the top. */
  readonly cells: readonly CellObject[];
  /** Whether the class is a stack (`MultiRNNCell`), even of one cell. */
  readonly stacked: boolean;
  /** Whether the states of all layers are one tensor (`state_is_tuple=False`). */
  readonly joined?: true;
  /** The first variable that holds it. */
  readonly name?: string;
}

export interface CellObject {
  /** The same number is the same object, so the same weights. */
  readonly identity: number;
  readonly spec: CellSpec;
  /** Widths of its states, in the order of the framework's state tuple. */
  readonly states: readonly { readonly name: 'c' | 'h'; readonly width: Dimension }[];
  /** Width of what it puts out. */
  readonly output: Dimension;
  /** Whether its state is one tensor, c and h side by side (`state_is_tuple=False`). */
  readonly joined?: true;
  /** What of it the description cannot say. */
  readonly open: readonly Phrase[];
  readonly rules?: readonly WeightRule[];
  /** The statement that creates it. */
  readonly range: TextRange;
  /** The call that creates it. */
  readonly call: TextRange;
  /** The call of a function in which it is created. */
  readonly frame: number;
}

/** The weights that an optimizer is given: all of some modules (null where one is not known), with options of their own. */
export type OptimizerParts = readonly {
  readonly modules: readonly (Abstract | null)[];
  readonly options: Partial<OptimizerSpec>;
}[];

/** `l1 · Σ|w| + l2 · Σw²` over all weights of a module (PyTorch). */
export interface LossPenalty {
  readonly module: Abstract;
  readonly l1: number;
  readonly l2: number;
}

/** A layer of Keras or PyTorch: what makes its outputs of its inputs. */
export interface Layer {
  readonly kind: 'layer';
  /** The same number is the same layer. */
  readonly identity?: number;
  readonly framework: Framework;
  readonly className: string;
  /** Its own name, which begins the names of its weights. */
  readonly name: string;
  /** The call that makes it. */
  readonly made?: TextRange;
  /** Shape of its weight, where the program may ask for it (PyTorch). */
  readonly weight?: readonly (Dimension | null)[];
  readonly cells: readonly CellObject[];
  /**
   * Shape and meaning of what it gives; adds its node to the graph.
   * @param wrapper name of the layer around it that stands for it in the graph (`TimeDistributed`).
   */
  readonly run: (call: Call, input: Abstract, wrapper?: string) => Abstract;
  /** Shape of its input without the batch, if the layer is told. */
  readonly inputShape?: readonly (Dimension | null)[];
  /** Rows of a batch, where its shape is told with them; null where it is told without. */
  readonly rows?: Dimension | null;
  /** The function that it computes, where it is nothing else. */
  readonly activation?: ChosenActivation | null;
  /** The cells that it runs over the steps, and what it gives of them. */
  readonly recurrent?: RecurrentOptions & { readonly cells: Cells };
}

/** What an optimizer does besides its steps, and what of it the description cannot say. */
export interface OptimizerOptions extends Pick<TrainingSpec, 'accumulation' | 'averaging'> {
  readonly open?: readonly Phrase[];
}

/** What a Keras layer gives of its steps. */
export interface RecurrentOptions {
  readonly sequences: boolean;
  readonly state: boolean;
  readonly backwards: boolean;
  readonly stateful: boolean;
  readonly zeroOutput: boolean;
}

/** A Keras model that is put together of layers. */
export interface Network {
  readonly kind: 'network';
  readonly framework: Framework;
  readonly className: string;
  readonly name: string;
  readonly layers: Layer[];
  /** What other branches of a condition that is not known add in the place of its layers from `at` on. */
  readonly alternatives: { readonly at: number; readonly layers: readonly Layer[] }[];
  /** The statement of the text that is open which makes it, or calls what does. */
  readonly place: TextRange | null;
  /** What it is fed with and gives, once it is built. */
  built: { readonly input: Tensor | null; readonly output: Abstract } | null;
  /** Its layers by their places, where they are not the program's own. */
  readonly parts?: Abstract;
  /** The inputs that the program says, one or several. */
  inputs?: Abstract | undefined;
  /** Whether it is a layer of another one, and so no model by itself. */
  nested?: true;
}

export interface FunctionValue {
  readonly kind: 'function';
  readonly name: string;
  readonly code: FunctionSyntax;
  readonly scope: Scope;
  readonly defaults: ReadonlyMap<string, Abstract>;
  readonly self?: Abstract;
  /** What a decorator makes of a method. */
  readonly role?: 'static' | 'class' | 'property';
}

export interface ClassValue {
  readonly kind: 'class';
  readonly name: string;
  readonly bases: readonly Abstract[];
  readonly members: Map<string, Abstract>;
  readonly range: TextRange;
}

export interface Instance {
  readonly kind: 'instance';
  readonly of: ClassValue;
  readonly attributes: Map<string, Abstract>;
  /** The attribute or variable that holds it. */
  name: string | null;
  /** Whether the program has run its forward pass. */
  called: boolean;
  /** What its calls with nothing of another network gave, by the shapes that they were given; the first made the network. */
  readonly results: Map<string, Abstract>;
}

export type Abstract =
  | { readonly kind: 'number'; readonly value: number; readonly integer: boolean }
  | { readonly kind: 'size'; readonly size: Symbolic }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'ellipsis' }
  | { readonly kind: 'slice'; readonly bounds: readonly [Abstract, Abstract, Abstract] }
  | Sequence
  | Many
  | { readonly kind: 'dict'; readonly entries: Map<string, Abstract>; readonly pairs: readonly (readonly [Abstract, Abstract])[]; /** Its entries are attributes, too. */ readonly byName?: true }
  | Tensor
  | Cells
  | Layer
  | Network
  /** A learning rate that falls from `start`. */
  | { readonly kind: 'schedule'; readonly start: number; readonly decay: DecaySpec }
  | { readonly kind: 'optimizer'; readonly spec: OptimizerSpec; readonly complete: boolean; readonly clipping?: readonly ClippingSpec[]; readonly decay?: TrainingSpec['learningRateDecay']; readonly options?: OptimizerOptions; readonly parts?: OptimizerParts; readonly open?: readonly Phrase[] }
  | { readonly kind: 'training'; readonly step: number }
  | { readonly kind: 'data'; readonly source: DataSource; readonly part: 'all' | 'train' | 'test' }
  | FunctionValue
  | ClassValue
  | Instance
  /** A name of an imported module: `tensorflow.nn.dynamic_rnn`. */
  | { readonly kind: 'path'; readonly path: string }
  /** A method of a value. */
  | { readonly kind: 'method'; readonly of: Abstract; readonly name: string }
  /** A variable scope, for `with`. */
  | { readonly kind: 'scope'; readonly name: string }
  | { readonly kind: 'penalty'; readonly penalty: LossPenalty }
  /** An object of a library that only its methods matter of: a session, a parser of arguments. */
  | { readonly kind: 'object'; readonly type: string; readonly attributes: Map<string, Abstract> }
  | { readonly kind: 'super'; readonly of: ClassValue; readonly instance: Instance }
  /** `text` is what the source says; `name` the first variable that holds it, which also names it as a size. */
  | { readonly kind: 'unknown'; readonly text: string; readonly name?: string; /** Counts down in a loop. */ readonly backwards?: true; /** Whether it counts as true, where a reading assumes that. */ readonly truthy?: boolean; /** A number, whichever. */ readonly number?: true }; // prettier-ignore

/** The names of a module, function, class body or comprehension. */
export interface Scope {
  readonly names: Map<string, Abstract>;
  readonly parent: Scope | null;
  /** Counts calls, so that two calls of one function can be told apart. */
  readonly frame: number;
}

export const NONE: Abstract = { kind: 'none' };

export function number(value: number, integer = Number.isInteger(value)): Abstract {
  return { kind: 'number', value, integer };
}

export function string(value: string): Abstract {
  return { kind: 'string', value };
}

export function boolean(value: boolean): Abstract {
  return { kind: 'boolean', value };
}

export function unknown(text: string): Abstract {
  return { kind: 'unknown', text };
}

/** Whether nothing of it is computed by the model: another call with such a thing gives what it gave. */
export function isOpen(value: Abstract): boolean {
  if (value.kind === 'sequence') return value.items.every(isOpen);
  return value.kind === 'unknown' || value.kind === 'none' || (value.kind === 'tensor' && value.ref === undefined);
}

export function tuple(
  items: readonly Abstract[],
  more: Omit<Partial<Sequence>, 'kind' | 'type' | 'items'> = {},
): Sequence {
  return { kind: 'sequence', type: 'tuple', items, ...more };
}

export function list(items: readonly Abstract[]): Sequence {
  return { kind: 'sequence', type: 'list', items };
}

export function tensor(
  dtype: string,
  axes: readonly TensorAxis[] | null,
  more: Omit<Partial<Tensor>, 'kind' | 'dtype' | 'axes'> = {},
): Tensor {
  return { kind: 'tensor', dtype, axes, ...more };
}

/** Calls that give one number, whatever they are given: `len(x)`, `labels.index(x)`, `loss.item()`. */
const GIVES_NUMBER = /^(?:len|int|float|ord|abs|round)\(|\.(?:index|find|count|item|argmax)\([^()]*\)$/;

/** Names of tables that have a number for each of their keys: `word2idx`, `tag_to_ix`, `vocab.stoi`. */
const NUMBERING = /(?:(?:2|to|_|\b)(?:ix|idx|idxs|ids?|ind|index|indice|indices|int|num)|stoi|vocab)\[[^[\]]*\]$/i;

/** Whether a value is one number, known or not. */
export function isScalar(value: Abstract | undefined): boolean {
  switch (value?.kind) {
    case 'number':
    case 'boolean':
    case 'size':
      return true;
    case 'unknown':
      return value.number === true || GIVES_NUMBER.test(value.text) || NUMBERING.test(value.name ?? value.text);
    default:
      return false;
  }
}

/** A value as a size: integers, symbols, and unknowns by their name. */
export function dimension(value: Abstract | undefined): Dimension | null {
  switch (value?.kind) {
    case 'number':
      return Number.isInteger(value.value) ? value.value : null;
    case 'size':
      return value.size;
    case 'unknown':
      return (value.name ?? value.text) === '' ? null : symbol(value.name ?? value.text);
    default:
      return null;
  }
}

/** A size as a value. */
export function fromDimension(size: Dimension | null): Abstract {
  if (size === null) return unknown('');
  return typeof size === 'number' ? number(size) : { kind: 'size', size };
}

/** Whether a value is known to be false. */
export function isFalse(value: Abstract | undefined): boolean {
  return value?.kind === 'boolean' && !value.value;
}

/** Whether a value is known to be true. */
export function isTrue(value: Abstract | undefined): boolean {
  return value?.kind === 'boolean' && value.value;
}

/** A short text for messages: what the source says, or what it is worth. */
export function shortText(value: Abstract): string {
  switch (value.kind) {
    case 'number':
      return String(value.value);
    case 'size':
      return sizeText(value.size);
    case 'string':
      return `'${value.value}'`;
    case 'boolean':
      return value.value ? 'True' : 'False';
    case 'none':
      return 'None';
    case 'unknown':
      return value.name ?? value.text;
    case 'path':
      return value.path;
    default:
      return value.kind;
  }
}

/** What a variable of that name holds when it is given a value: things without a name of their own get it. */
export function held(value: Abstract, name: string): Abstract {
  if (value.kind === 'instance') value.name ??= name;
  if (value.kind === 'cells' && value.name === undefined) return { ...value, name };
  // `argv[1]` is a worse name for a size than the variable that it is put into.
  if (value.kind === 'unknown' && !/^[A-Za-z_][\w.]*$/.test(value.name ?? value.text)) return { ...value, name };
  return value;
}
