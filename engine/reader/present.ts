/** Turns what the interpreter knows into what hovers show. */
import { CELLS } from '../cells/table.ts';
import { phrase, type Phrase } from '../model/phrase.ts';
import type { Graph, Input } from './graph.ts';
import type { Axis, LayerValue, TensorValue, TupleValue, Value } from './reading.ts';
import { toSize } from './sizes.ts';
import type { Abstract, Cells, Sequence, Tensor, TensorAxis } from './values.ts';

/** Longer lists are not shown item by item. */
const MAX_SHOWN = 256;
/** Nor deeper ones (`((out_fw, out_bw), …)` has three levels), among them lists that hold themselves. */
const MAX_NESTING = 5;

/** What an input is for, in words. */
function inputMeaning({ role, dtype, axes }: Input): Phrase | null {
  switch (role) {
    case 'sequence':
      return axes.length === 1 ? phrase('input sequences of tokens') : phrase('input sequences');
    case 'target':
      if (!/int/.test(dtype)) return phrase('target values');
      return axes.length === 0 ? phrase('class labels') : phrase('class labels of every step');
    case 'lengths':
      return phrase('number of valid steps of each row');
    case 'state':
      return phrase('initial state');
    case 'mask':
      return phrase('mask of the steps');
    case null:
      return null;
  }
}

const SCORES = phrase('scores of the classes, before softmax');

function axisOf({ name, size }: TensorAxis): Axis {
  return { name, size: size === null ? null : toSize(size) };
}

function tensorValue(given: Tensor, graph: Graph): TensorValue | null {
  const input = graph.inputOf(given);
  // What an argument is may have become known after the place where it stands.
  const of = given.axes === null && input?.known === true ? graph.tensorOf(input) : given;
  if (of.axes === null) return null;
  const scores = of.ref !== undefined && graph.scores.has(of.ref.from) ? SCORES : undefined;
  const meaning = scores ?? of.meaning ?? (input === null ? null : inputMeaning(input));
  const target = input?.role === 'target';
  return {
    kind: 'tensor',
    dtype: of.dtype,
    axes: of.axes.map(axis => axisOf(target && axis.name === 'features' ? { ...axis, name: 'values' } : axis)),
    ...(meaning === null ? {} : { meaning }),
    ...(of.note === undefined ? {} : { note: of.note }),
    ...(of.ref === undefined ? {} : { ref: of.ref }),
  };
}

function tupleValue(of: Sequence, graph: Graph, depth: number): TupleValue | null {
  if (of.items.length === 0 || of.items.length > MAX_SHOWN / 2 ** depth) return null;
  const items: Value[] = [];
  for (const item of of.items) {
    const shown = valueOf(item, graph, depth + 1);
    if (shown === null) return null;
    items.push(shown);
  }
  return {
    kind: 'tuple',
    items,
    ...(of.fields === undefined ? {} : { fields: of.fields }),
    ...(of.meaning === undefined ? {} : { meaning: of.meaning }),
    ...(of.note === undefined ? {} : { note: of.note }),
  };
}

function layerValue({ framework, className, cells }: Cells): LayerValue {
  const ids = [...new Set(cells.map(cell => cell.spec.cell))];
  return {
    kind: 'layer',
    framework,
    className,
    cells: cells.map(cell => cell.spec),
    equations: ids.flatMap(id => CELLS[id].equations),
  };
}

/** A value as hovers show it; null for what is no tensor, cell or tuple of them. */
export function valueOf(value: Abstract, graph: Graph, depth = 0): Value | null {
  if (depth > MAX_NESTING) return null;
  switch (value.kind) {
    case 'tensor':
      return tensorValue(value, graph);
    case 'sequence':
      return tupleValue(value, graph, depth);
    case 'cells':
      return layerValue(value);
    default:
      return null;
  }
}
