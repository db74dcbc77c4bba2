/** What driving cells over a sequence gives, in every framework: the node, its outputs and its states. */
import { phrase, type Phrase } from '../model/phrase.ts';
import type { RecurrentNode, TensorRef } from '../model/spec.ts';
import type { Call } from './calls.ts';
import { BATCH, type Graph, isBatch, stepsAxis, unitsAxis } from './graph.ts';
import { add, type Dimension, symbol } from './sizes.ts';
import {
  type Abstract,
  type CellObject,
  type Cells,
  type Sequence,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
} from './values.ts';

type Direction = 'forward' | 'backward';

/** A tensor of a recurrent node in words: `h of layer 3 at the last step`, of the forward direction. */
function meaning(what: Phrase, direction: Direction | null): Phrase {
  if (direction === null) return what;
  return direction === 'forward'
    ? { ...what, text: `${what.text}, forward direction` }
    : { ...what, text: `${what.text}, backward direction` };
}

/** Which end of the sequence a state belongs to. */
function stateText(name: 'c' | 'h', layers: number, layer: number, lengths: boolean): Phrase {
  if (layers > 1) {
    return lengths
      ? phrase('{0} of layer {1} at the last step of each row', name, layer + 1)
      : phrase('{0} of layer {1} at the last step', name, layer + 1);
  }
  return lengths ? phrase('{0} at the last step of each row', name) : phrase('{0} at the last step', name);
}

export interface StateOptions {
  readonly direction: Direction | null;
  readonly lengths: boolean;
  readonly batch: TensorAxis;
  readonly dtype: string;
  /** Makes one tensor of states side by side (`state_is_tuple=False`). */
  readonly join?: (states: readonly TensorRef[]) => TensorRef;
}

/** States of layers as one tensor: c and h of the first, then of the next. */
function joinedStates(
  id: string,
  cells: readonly CellObject[],
  of: readonly number[],
  options: StateOptions,
  text: Phrase,
): Tensor {
  const { direction, batch, dtype, join } = options;
  const refs = of.flatMap(layer =>
    cells[layer]!.states.map(({ name }): TensorRef => stateRef(id, layer, name, direction)),
  );
  const axes = [batch, unitsAxis(totalWidth(of.map(layer => cells[layer]!)))];
  const known = join === undefined ? { lost: true as const } : { ref: join(refs) };
  return tensor(dtype, axes, { ...known, meaning: meaning(text, direction) });
}

function stateRef(id: string, layer: number, state: 'c' | 'h', direction: Direction | null): TensorRef {
  return { from: id, part: { take: 'state', layer, state, ...(direction === null ? {} : { direction }) } };
}

/** The state of one layer: `(c, h)`, or h alone. */
export function layerState(id: string, cells: readonly CellObject[], layer: number, options: StateOptions): Abstract {
  const { direction, lengths, batch, dtype } = options;
  if (cells[layer]!.joined === true)
    return joinedStates(id, cells, [layer], options, phrase('c and h side by side, at the last step'));
  const parts = cells[layer]!.states.map(({ name, width }): Tensor => {
    const ref = stateRef(id, layer, name, direction);
    const text = meaning(stateText(name, cells.length, layer, lengths), direction);
    return tensor(dtype, [batch, unitsAxis(width)], { ref, meaning: text });
  });
  if (parts.length === 1) return parts[0]!;
  const fields = cells[layer]!.states.map(({ name }) => name);
  if (cells.length === 1) return tuple(parts, { fields });
  return tuple(parts, {
    fields,
    meaning: meaning(phrase('state of layer {0} after the last step', layer + 1), direction),
  });
}

/** The widths of all states of some layers together. */
function totalWidth(cells: readonly CellObject[]): Dimension | null {
  return cells
    .flatMap(cell => cell.states)
    .reduce<Dimension | null>((total, { width }) => (total === null ? null : add(total, width)), 0);
}

/** The state of cells before they have read anything: zeros, in the form of their states. */
export function zeroStates({ cells, stacked, joined }: Cells, batch: TensorAxis, dtype: string): Abstract {
  const zeros = (width: Dimension | null): Tensor =>
    tensor(dtype, [batch, unitsAxis(width)], { derivation: { op: 'zeros' }, meaning: phrase('initial state, zeros') });
  if (joined === true) return zeros(totalWidth(cells));
  const layers = cells.map((cell): Abstract => {
    if (cell.joined === true) return zeros(totalWidth([cell]));
    const parts = cell.states.map(({ width }) => zeros(width));
    return parts.length === 1 ? parts[0]! : tuple(parts, { fields: cell.states.map(({ name }) => name) });
  });
  return stacked ? tuple(layers) : layers[0]!;
}

/** States of which only the shapes are known. */
export function withoutZeros(state: Abstract): Abstract {
  if (state.kind === 'sequence') return { ...state, items: state.items.map(withoutZeros) };
  return state.kind === 'tensor' ? tensor(state.dtype, state.axes, { lost: true }) : state;
}

/** What `outputs` is; for a stack, of the top layer. */
export function outputsMeaning(layers: number, direction: Direction | null): Phrase {
  return meaning(layers > 1 ? phrase('h of the top layer at every step') : phrase('h at every step'), direction);
}

/** Said where notes and frameworks differ on what a stacked network puts out. */
export const STACK_OUTPUTS: Phrase = phrase(
  'One tensor, not one per layer: only the top layer is put out at every step. c is never part of it; the lower layers and c are in the states, after the last step.',
);
export const STACK_STATES: Phrase = phrase(
  'A tuple over layers, the bottom layer first; the last item is the top layer.',
);

/** The specs of cells, with `[cell] * n` told apart from n cells. */
export function cellSpecs(cells: readonly CellObject[]): RecurrentNode['cells'] {
  return cells.map((cell, position) => {
    const first = cells.findIndex(other => other.identity === cell.identity);
    return first < position ? { ...cell.spec, sharesWeightsWith: first } : cell.spec;
  });
}

/** A batch-major sequence as a driver must see it, with the tensor that stands for it in the graph. */
export interface SequenceInput {
  readonly ref: TensorRef;
  readonly dtype: string;
  readonly batch: TensorAxis;
  readonly steps: TensorAxis;
  readonly open: readonly Phrase[];
}

/** The sequence that a call is given; an input of its own where the reader cannot follow where it comes from. */
export function sequenceInput(
  call: Call,
  value: Abstract | undefined,
  timeMajor: boolean,
  features?: Dimension,
): SequenceInput {
  const { graph } = call.reader;
  const source = value?.kind === 'tensor' && value.ref !== undefined ? graph.plainSource(value.ref) : null;
  if (value?.kind === 'tensor' && value.axes?.length === 2 && source?.guessed === true) {
    // What was taken for rows are the steps of a sequence: `self.rnn(self.embed(x))`.
    const features = source.axes.at(-1)!;
    source.known = false;
    graph.shape(source, timeMajor, features.size ?? undefined);
    source.guessed = false;
    const [, width] = value.axes;
    const [steps] = source.axes;
    return sequenceInput(call, { ...value, axes: timeMajor ? [steps!, BATCH, width!] : [BATCH, steps!, width!] }, timeMajor); // prettier-ignore
  }
  const argument = graph.inputOf(value);
  if (argument !== null && value?.kind === 'tensor' && value.axes === null) {
    graph.shape(argument, timeMajor, features);
    return sequenceInput(call, graph.tensorOf(argument), timeMajor);
  }
  if (
    value?.kind === 'tensor' &&
    value.ref !== undefined &&
    value.displaced === undefined &&
    value.axes?.length === 3
  ) {
    if (timeMajor && isBatch(value.axes[0]) && source?.made?.rows != null && !source.timeMajor) {
      // Of what the program makes itself the first axis was taken for the rows.
      const { made, axes } = source;
      [source.timeMajor, source.axes] = [true, [stepsAxis(made.rows), ...axes.slice(1)]];
      return sequenceInput(call, { ...value, axes: [source.axes[0]!, BATCH, value.axes[2]!] }, timeMajor);
    }
    const [first, second] = value.axes;
    const [batch, steps] = timeMajor ? [second!, first!] : [first!, second!];
    const input = graph.inputOf(value);
    const open: Phrase[] = [];
    let ref = value.ref;
    if (batch.name === 'steps' || steps.name === 'batch') {
      if (input !== null && !input.timeMajor && input.axes[0] === steps) {
        // Another guess of which axis is which was made where the placeholder was defined.
        input.timeMajor = timeMajor;
      } else {
        ref = { from: graph.add('swapped', { op: 'swap_batch_and_steps', input: value.ref }, { range: call.range }) };
      }
    }
    graph.use(value, 'sequence');
    return { ref, dtype: value.dtype, batch: { ...batch, name: 'batch' }, steps: { ...steps, name: 'steps' }, open };
  }
  const text = value === undefined ? '' : value.kind === 'unknown' ? (value.name ?? value.text) : 'input';
  const known = value?.kind === 'tensor' && value.axes?.length === 3 ? value.axes : null;
  const [batch, steps] = timeMajor ? [known?.[1], known?.[0]] : [known?.[0], known?.[1]];
  const stepsSize: Dimension = steps?.size ?? symbol('steps');
  const width: Dimension = known?.[2]?.size ?? features ?? symbol('features');
  const data = value?.kind === 'tensor' && value.derivation?.op === 'data' ? value.derivation.source : null;
  const from = value?.kind === 'unknown' ? value.text : text;
  const input = graph.input(/^\w+$/.test(text) && text !== '' ? text : 'input', {
    role: 'sequence',
    dtype: value?.kind === 'tensor' ? value.dtype : 'float32',
    axes: [stepsAxis(stepsSize), { name: 'features', size: width }],
    range: call.range,
    data: data ?? { kind: 'unknown', source: from === '' ? 'input' : from },
  });
  const open: Phrase[] = [];
  if (known === null && data === null)
    open.push(phrase('the shape of the input is not known: {0}', from === '' ? 'input' : from));
  else if (value?.kind === 'tensor' && (value.lost === true || (data === null && isFed(graph))))
    open.push(phrase('what stands between the data and this layer cannot be run'));
  return {
    ref: { from: input.id },
    dtype: 'float32',
    batch: { ...(batch ?? BATCH), name: 'batch' },
    steps: stepsAxis(stepsSize),
    open,
  };
}

/** Whether the module that is being run has been given its data: what else is in it, it has computed. */
function isFed({ inputs, root }: Graph): boolean {
  return root !== null && [...inputs.values()].some(({ made }) => made?.by === root);
}

/** The states of all layers: a tuple over layers for a stack, the one state otherwise. */
export function allStates(id: string, of: Cells, options: StateOptions): Abstract {
  const { cells, stacked, joined } = of;
  if (joined === true) {
    const text = phrase('the states of all layers side by side, at the last step');
    return joinedStates(id, cells, cells.map((_, layer) => layer), options, text); // prettier-ignore
  }
  if (!stacked) return layerState(id, cells, 0, options);
  const items = cells.map((_, layer) => layerState(id, cells, layer, options));
  return cells.length > 1 ? tuple(items, { note: STACK_STATES }) : tuple(items);
}

export function isSequence(value: Abstract | undefined): value is Sequence {
  return value?.kind === 'sequence';
}
