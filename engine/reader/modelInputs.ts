/** What a model is given when it is called: the inputs of its graph. */
import type { Graph } from './graph.ts';
import type { TextRange } from './reading.ts';
import { type Abstract, type Tensor } from './values.ts';

const MAX_INPUTS = 16;

/** What is known of an argument of a model's forward pass; an input of the model where nothing else is. */
export function argumentOf(graph: Graph, value: Abstract, name: string, range: TextRange): Abstract {
  if (value.kind === 'tensor' && value.ref === undefined && value.derivation?.op === 'data' && value.axes !== null) {
    const input = graph.input(name, {
      dtype: value.dtype,
      axes: value.axes.slice(1),
      range,
      data: value.derivation.source,
    });
    return { ...value, ref: { from: input.id } };
  }
  // Tokens, a sequence, or a vector of each row that the program makes itself.
  if (value.kind === 'tensor' && isMade(graph, value)) {
    const [rows, ...rest] = value.axes!;
    const names = rest.length === 2 ? ['steps', 'features'] : [value.dtype.startsWith('int') ? 'steps' : 'features'];
    const axes = rest.map((axis, at) => (axis.name === '' ? { ...axis, name: names[at] ?? '' } : axis));
    const data = { kind: 'unknown', source: name };
    const input = graph.input(name, {
      dtype: value.dtype,
      axes,
      range,
      data,
      made: { rows: rows!.size, by: graph.root },
    });
    graph.data.add(value);
    return { ...value, axes: [{ ...rows!, name: 'batch' }, ...axes], ref: { from: input.id } };
  }
  // Several inputs in one argument.
  if (value.kind === 'sequence' && value.items.length <= MAX_INPUTS) {
    const items = value.items.map((item, at) => (item.kind === 'tensor' ? argumentOf(graph, item, `${name}[${at}]`, range) : item)); // prettier-ignore
    return { ...value, items };
  }
  if (value.kind !== 'unknown') return value;
  const data = value.text === name || /^\w*$/.test(value.text) ? null : { kind: 'unknown', source: value.text };
  const input = graph.input(name, { dtype: 'float32', axes: [], range, known: false, data });
  return graph.tensorOf(input);
}

/** What no layer has computed: whole numbers, such as the lengths of rows or tokens, or whatever there is before any layer is called. */
function isMade(graph: Graph, value: Tensor): boolean {
  const { ref, lost, parts, derivation, parameter, axes, dtype } = value;
  if (ref !== undefined || lost === true || derivation !== undefined || axes === null || axes.length === 0)
    return false;
  if (axes.length < 3 && dtype.startsWith('int')) return true;
  const before = graph.nodes.size === 0 && parts === undefined && parameter === undefined;
  return axes.length > 1 && (graph.data.has(value) || before);
}
