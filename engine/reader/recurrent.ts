/** What driving cells over a sequence gives, in every framework: the node, its outputs and its states. */
import { phrase, type Phrase } from '../model/phrase.ts';
import type { RecurrentNode, TensorRef } from '../model/spec.ts';
import type { Call } from './calls.ts';
import { BATCH, stepsAxis, unitsAxis } from './graph.ts';
import { type Dimension, symbol } from './sizes.ts';
import {
  type Abstract,
  type CellObject,
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
}

/** The state of one layer: `(c, h)`, or h alone. */
export function layerState(id: string, cells: readonly CellObject[], layer: number, options: StateOptions): Abstract {
  const { direction, lengths, batch, dtype } = options;
  const parts = cells[layer]!.states.map(({ name, width }): Tensor => {
    const ref: TensorRef = {
      from: id,
      part: { take: 'state', layer, state: name, ...(direction === null ? {} : { direction }) },
    };
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
  const open =
    known === null && data === null
      ? [phrase('the shape of the input is not known: {0}', from === '' ? 'input' : from)]
      : [];
  return { ref: { from: input.id }, dtype: 'float32', batch: batch ?? BATCH, steps: stepsAxis(stepsSize), open };
}

/** The states of all layers: a tuple over layers for a stack, the one state otherwise. */
export function allStates(id: string, cells: readonly CellObject[], stacked: boolean, options: StateOptions): Abstract {
  if (!stacked) return layerState(id, cells, 0, options);
  const items = cells.map((_, layer) => layerState(id, cells, layer, options));
  return cells.length > 1 ? tuple(items, { note: STACK_STATES }) : tuple(items);
}

export function isSequence(value: Abstract | undefined): value is Sequence {
  return value?.kind === 'sequence';
}
