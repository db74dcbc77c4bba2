/** Turns what the interpreter knows into what hovers show. */
import { notationOf } from '../cells/notation.ts';
import { phrase, type Phrase } from '../model/phrase.ts';
import type { CellSpec, Framework } from '../model/spec.ts';
import type { Graph, Input } from './graph.ts';
import type { Axis, LayerValue, TensorValue, TupleValue, Value } from './reading.ts';
import { toSize } from './sizes.ts';
import type { Abstract, Cells, Layer, Sequence, Tensor, TensorAxis } from './values.ts';

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

/** Cells, or a layer that holds them; the weights are added where the model is known that it is part of. */
function layerValue({ framework, className, cells }: Cells | Layer): LayerValue | null {
  if (cells.length === 0 && !(className in PRODUCTS)) return null;
  const notations = cells.map(cell => notationOf(cell.spec, framework));
  const equations = [...new Set(notations.map(one => one.equations.join('\n')))].map(lines => lines.split('\n'));
  const orders = [...new Set(notations.map(one => one.gates.join()))];
  const note = assumption(cells.map(cell => cell.spec), framework);
  return {
    kind: 'layer',
    framework,
    className,
    ...(cells.length === 0 ? {} : { cells: cells.map(cell => cell.spec) }),
    equations: cells.length === 0 ? [PRODUCTS[className]!] : equations.flatMap((lines, at) => (at === 0 ? lines : ['', ...lines])),
    ...(orders.length === 1 && orders[0] !== '' ? { gates: notations[0]!.gates } : {}),
    ...(note === null ? {} : { note }),
  };
} // prettier-ignore

/** Layers without states that have weights. */
const PRODUCTS: Readonly<Record<string, string>> = {
  Dense: 'y = x W + b',
  Linear: 'y = W x + b',
  Embedding: 'y = row x of W',
};

const KERAS_NAMES: Readonly<Partial<Record<Framework, string>>> = { keras2: 'Keras 2', keras3: 'Keras 3' };

/** Said where the versions of Keras do not compute the same. */
function assumption(cells: readonly CellSpec[], framework: Framework): Phrase | null {
  const name = KERAS_NAMES[framework];
  const hard = cells.some(({ activation = '', recurrentActivation = '' }) => /^hard_sigmoid/.test(activation) || /^hard_sigmoid/.test(recurrentActivation));
  if (name === undefined || !hard) return null;
  return phrase('hard_sigmoid is relu6(x + 3) / 6 in Keras 3 and clip(0.2 x + 0.5, 0, 1) in Keras 2; this is read as {0}', name);
} // prettier-ignore

/** A value as hovers show it; null for what is no tensor, cell or tuple of them. */
export function valueOf(value: Abstract, graph: Graph, depth = 0): Value | null {
  if (depth > MAX_NESTING) return null;
  switch (value.kind) {
    case 'tensor':
      return tensorValue(value, graph);
    case 'sequence':
      return tupleValue(value, graph, depth);
    case 'cells':
    case 'layer':
      return layerValue(value);
    default:
      return null;
  }
}
