/**
 * Shape rules that all frameworks share: indexing, transposing, reshaping, joining. The graph holds every tensor
 * batch-major (`[B, T, H]`); a program's transposed or reshaped view of it refers to the same tensor of the graph.
 */
import { phrase, type Phrase } from '../model/phrase.ts';
import type { TensorRef } from '../model/spec.ts';
import { BATCH, type Graph, isBatch, sameAxis, stepsAt, stepsAxis } from './graph.ts';
import type { TextRange } from './reading.ts';
import { shaped } from './shapeRules.ts';
import { add, type Dimension, divide, equal, multiply, sizeText } from './sizes.ts';
import {
  type Abstract,
  dimension,
  list,
  type Many,
  NONE,
  type Sequence,
  tensor,
  type Tensor,
  type TensorAxis,
  unknown,
} from './values.ts';

/** The same tensor, seen otherwise. */
function view(of: Tensor, axes: readonly TensorAxis[] | null, keepsRef = true): Tensor {
  const { ref, parts, partsAt, ...other } = of;
  // In another shape the parts lie elsewhere.
  const kept = parts !== undefined && axes?.length === of.axes?.length;
  const rest = { ...other, ...(kept ? { parts, ...(partsAt === undefined ? {} : { partsAt }) } : {}) };
  return keepsRef && ref !== undefined ? { ...rest, ref, axes } : { ...rest, axes };
}

/** What `step` of a sequence is, in RNN terms. */
function stepMeaning(graph: Graph, of: Tensor, step: number): Phrase | null {
  const node = graph.recurrentOf(of.ref);
  if (node !== null) {
    const stacked = node.cells.length > 1;
    if (step === -1) return stacked ? phrase('h of the top layer at the last step') : phrase('h at the last step');
    return stacked ? phrase('h of the top layer at step {0}', step) : phrase('h at step {0}', step);
  }
  if (graph.inputOf(of) !== null)
    return step === -1 ? phrase('input at the last step') : phrase('input at step {0}', step);
  return null;
}

/** One step of a sequence, without its axis. */
export function selectStep(graph: Graph, of: Tensor, step: number, range: TextRange): Tensor {
  const axes = of.axes ?? [];
  const rest = axes.filter(axis => axis.name !== 'steps');
  const meaning = stepMeaning(graph, of, step);
  const more = meaning === null ? {} : { meaning };
  const ref = refOf(of);
  if (ref === undefined) return tensor(of.dtype, rest, more);
  // The same place in another round of a loop.
  const again = [...graph.nodes.values()].find(
    ({ node, range: place }) =>
      node.op === 'select_step' &&
      node.step === step &&
      place.start === range.start &&
      place.end === range.end &&
      range.end > 0 &&
      JSON.stringify(node.input) === JSON.stringify(ref),
  );
  const id = again?.node.id ?? graph.add('step', { op: 'select_step', input: ref, step }, { range });
  return tensor(of.dtype, rest, { ref: { from: id }, ...more });
}

/** How long a slice of an axis is. */
export function sliceSize(size: Dimension | null, bounds: readonly [Abstract, Abstract, Abstract]): Dimension | null {
  const [lower, upper, step] = bounds;
  if (step.kind !== 'none' && !(step.kind === 'number' && Math.abs(step.value) === 1)) return null;
  const reach = (bound: Abstract, otherwise: Dimension | null): Dimension | null => {
    if (bound.kind === 'none') return otherwise;
    const at = dimension(bound);
    if (at === null) return null;
    if (typeof at !== 'number') return at;
    if (at < 0) return size === null ? null : add(size, at);
    return typeof size === 'number' ? Math.min(at, size) : at;
  };
  // The last 30 of whoever knows how many.
  const [first, last] = [lower, upper].map(bound => (bound.kind === 'number' ? bound.value : bound.kind === 'none' ? 0 : NaN)); // prettier-ignore
  if (size === null && first! < 0 && last! <= 0 && (last! < 0 || upper.kind === 'none'))
    return Math.max(0, last! - first!);
  const from = reach(lower, 0);
  const to = reach(upper, size);
  return from === null || to === null ? null : add(to, from, -1);
}

function isFull(bounds: readonly [Abstract, Abstract, Abstract]): boolean {
  return bounds.every(bound => bound.kind === 'none');
}

/** `None`, `tf.newaxis`. */
function addsAxis(item: Abstract): boolean {
  return item.kind === 'none' || (item.kind === 'path' && item.path.endsWith('.newaxis'));
}

const FULL: Abstract = { kind: 'slice', bounds: [NONE, NONE, NONE] };
const isWhole = (item: Abstract): boolean => item.kind === 'slice' && isFull(item.bounds);

/** What is picked along each axis, where nothing is added and each axis is named; null elsewhere. */
function picks(of: Tensor, indices: readonly Abstract[]): Abstract[] | null {
  if (of.axes === null || indices.some(item => addsAxis(item) || item.kind === 'tensor')) return null;
  const dots = indices.findIndex(item => item.kind === 'ellipsis');
  const missing = of.axes.length - indices.length + (dots < 0 ? 0 : 1);
  if (missing < 0) return null;
  const full = Array.from({ length: missing }, () => FULL);
  return dots < 0 ? [...indices, ...full] : [...indices.slice(0, dots), ...full, ...indices.slice(dots + 1)];
}

/** A tensor put together of its slices along an axis. */
export function fromParts(parts: readonly Tensor[], at: number, axis: TensorAxis): Tensor {
  const [first] = parts;
  const axes = [...first!.axes!.slice(0, at), { ...axis, size: parts.length }, ...first!.axes!.slice(at)];
  return tensor(first!.dtype, axes, { parts, partsAt: at, ...(first!.meaning === undefined ? {} : { meaning: first!.meaning }) }); // prettier-ignore
}

/** What indices pick of a tensor that is put together of others. */
function indexParts(graph: Graph, of: Tensor, indices: readonly Abstract[], range: TextRange): Tensor | null {
  const all = of.parts === undefined ? null : picks(of, indices);
  if (all === null) return null;
  const at = of.partsAt ?? 0;
  const item = all[at]!;
  const rest = all.filter((_, place) => place !== at);
  const pick = (part: Tensor): Tensor => (rest.every(isWhole) ? part : index(graph, part, rest, range));
  if (item.kind === 'number') {
    const part = of.parts!.at(item.value);
    return part === undefined ? null : pick(part);
  }
  if (item.kind !== 'slice' || !rest.every(isWhole)) return null;
  const bounds = item.bounds.map(bound => (bound.kind === 'number' ? bound.value : bound.kind === 'none' ? undefined : null)); // prettier-ignore
  const [from, to, by] = bounds;
  if (from === null || to === null || (by ?? 1) !== 1) return null;
  const parts = of.parts!.slice(from, to);
  return parts.length === 0 ? null : fromParts(parts, at, of.axes![at]!);
}

/** Both directions of a bidirectional layer that lie side by side on the last axis of a tensor; null where they do not. */
export function directionsOf(graph: Graph, of: Tensor, range: TextRange): readonly [Tensor, Tensor] | null {
  const last = of.axes?.at(-1);
  if (of.ref === undefined || of.displaced !== undefined || last?.size == null) return null;
  const half = divide(last.size, 2);
  const node = graph.nodeOf(of.ref);
  if (half === null || node === null) return null;
  const axes = [...of.axes!.slice(0, -1), { ...last, size: half }];
  if (node.op === 'select_step') {
    const sequence = tensor(of.dtype, [BATCH, stepsAxis(null), last], { ref: node.input });
    const both = directionsOf(graph, sequence, range);
    if (both === null) return null;
    const { id: _id, ...step } = node;
    const chosen = both.map(({ ref }) => tensor(of.dtype, axes, { ref: { from: graph.add('step', { ...step, input: ref! }, { range }) } })); // prettier-ignore
    return [chosen[0]!, chosen[1]!];
  }
  if (node.op !== 'recurrent' || node.direction !== 'bidirectional' || (node.merge ?? 'concatenate') !== 'concatenate')
    return null;
  const { part } = of.ref;
  const width = graph.nodes.get(node.id)!.cells.at(-1)?.output;
  if (part?.take !== 'outputs' || part.direction !== undefined || width === undefined || !equal(width, half)) return null;
  const of1 = (direction: 'forward' | 'backward', meaning: Phrase): Tensor =>
    tensor(of.dtype, axes, { ref: { from: node.id, part: { take: 'outputs', direction } }, meaning });
  return [
    of1('forward', phrase('h at every step, forward direction')),
    of1('backward', phrase('h at every step, backward direction')),
  ];
} // prettier-ignore

/** The direction that a slice of the last axis takes of a bidirectional layer's outputs. */
function indexDirections(graph: Graph, of: Tensor, indices: readonly Abstract[], range: TextRange): Tensor | null {
  const all = picks(of, indices);
  const last = all?.at(-1);
  if (all === null || last?.kind !== 'slice' || isWhole(last)) return null;
  const width = of.axes!.at(-1)!.size;
  const half = width === null ? null : divide(width, 2);
  const [from, to, by] = last.bounds;
  if (half === null || !(by.kind === 'none' || (by.kind === 'number' && by.value === 1))) return null;
  const at = (bound: Abstract, otherwise: Dimension): Dimension | null => {
    const place = bound.kind === 'none' ? otherwise : dimension(bound);
    return typeof place === 'number' && place < 0 ? add(width!, place) : place;
  };
  const [first, end] = [at(from, 0), at(to, width!)];
  if (first === null || end === null) return null;
  const which = first === 0 && equal(end, half) ? 0 : equal(first, half) && equal(end, width!) ? 1 : null;
  const both = which === null ? null : directionsOf(graph, of, range);
  if (both === null) return null;
  const rest = [...all.slice(0, -1), FULL];
  return rest.every(isWhole) ? both[which!] : index(graph, both[which!], rest, range);
}

/** The last step that counts of each row, by lengths. */
export function selectLast(graph: Graph, of: Tensor, lengths: TensorRef, range: TextRange): Tensor {
  const rest = (of.axes ?? []).filter(axis => axis.name !== 'steps');
  const ref = refOf(of);
  if (ref === undefined) return tensor(of.dtype, rest);
  graph.useLengths(lengths);
  // In the other order of the steps that count, it is the first.
  const turned = graph.add('reversed', { op: 'reverse_steps', input: ref, sequenceLength: lengths }, { range });
  const id = graph.add('step', { op: 'select_step', input: { from: turned }, step: 0 }, { range });
  const node = graph.recurrentOf(ref);
  const meaning = node === null ? {} : { meaning: phrase('h at the last step of each row') };
  return tensor(of.dtype, rest, { ref: { from: id }, ...meaning });
}

/** `out[rows, lengths - 1]` */
function indexLast(graph: Graph, of: Tensor, indices: readonly Abstract[], range: TextRange): Tensor | null {
  const [rows, steps] = [0, 1].map(place => of.axes?.[place]?.name);
  const turned = rows === 'steps' && steps === 'batch';
  if (of.ref === undefined || indices.length < 2 || !(turned || (rows === 'batch' && steps === 'steps'))) return null;
  const [row, step] = turned ? [indices[1], indices[0]] : [indices[0], indices[1]];
  const all = row?.kind === 'many' || (row?.kind === 'tensor' && row.derivation?.op === 'places');
  if (!all || step?.kind !== 'tensor' || step.derivation?.op !== 'last_step') return null;
  return indices.slice(2).every(isWhole) ? selectLast(graph, of, step.derivation.of, range) : null;
}

/** Axes of one that are added to a tensor, of which all else is taken; null for other indices. */
function indexAdded(graph: Graph, of: Tensor, indices: readonly Abstract[]): Tensor | null {
  const added = indices.filter(addsAxis).length;
  if (added === 0 || !indices.every(item => addsAxis(item) || isWhole(item) || item.kind === 'ellipsis')) return null;
  const open = graph.inputOf(of);
  let seen = of;
  if (of.axes === null && open !== null && !open.known && !indices.some(item => item.kind === 'ellipsis')) {
    // lengths[:, None]
    if (indices.length - added !== 1) return null;
    open.known = true;
    open.axes = [];
    seen = graph.tensorOf(open);
  }
  if (seen.axes === null) return null;
  let place = 0;
  const skipped = seen.axes.length - (indices.length - added);
  const axes: TensorAxis[] = indices.flatMap(item => {
    if (addsAxis(item)) return [{ name: '', size: 1 }];
    const taken = item.kind === 'ellipsis' ? skipped + 1 : 1;
    return seen.axes!.slice(place, (place += taken));
  });
  return withAdded(seen, [...axes, ...seen.axes.slice(place)]);
}

/** The same tensor with axes of one between its own. */
export function withAdded(of: Tensor, axes: readonly TensorAxis[]): Tensor {
  const { parts: _parts, partsAt: _at, displaced = of.axes?.at(-1), ...rest } = of;
  const away = of.ref !== undefined && displaced !== undefined && !isBatch(displaced) && axes.at(-1) !== displaced;
  return { ...rest, ...(away ? { displaced } : {}), axes };
}

/** Whether a place counts down in a loop: `t` of `reversed(range(T))`, `T - 1 - t`. */
function countsDown(item: Abstract): boolean {
  if (item.kind === 'unknown') return item.backwards === true;
  return item.kind === 'size' && [...item.size.terms].some(([name, factor]) => name !== '' && factor < 0);
}

/** `tensor[indices]`, by NumPy's rules. */
export function index(graph: Graph, given: Tensor, indices: readonly Abstract[], range: TextRange): Tensor {
  const of = graph.fresh(given);
  const [first, ...further] = indices;
  const special =
    indexParts(graph, of, indices, range) ??
    indexDirections(graph, of, indices, range) ??
    indexLast(graph, of, indices, range) ??
    indexAdded(graph, of, indices);
  if (special !== null) return special;
  if (of.axes === null) {
    const open = graph.inputOf(of);
    if (open === null || open.known) return view(of, null, false);
    if (indices.length > 3 && indices.every(item => item.kind !== 'ellipsis' && item.kind !== 'none')) {
      open.known = true;
      open.axes = indices.slice(1).map(() => ({ name: '', size: null }));
      return index(graph, graph.tensorOf(open), indices, range);
    }
    // `x[0, :]` says that there are two axes.
    if (indices.length === 2 && first?.kind === 'number' && further[0]?.kind === 'slice' && isFull(further[0].bounds)) {
      open.known = true;
      open.axes = [{ name: '', size: null }];
      return index(graph, graph.tensorOf(open), indices, range);
    }
    // What only adds an axis does not tell how many there are.
    if (indices.every(item => addsAxis(item) || item.kind === 'ellipsis')) return view(of, null, false);
    // Rows in another order, whichever axes they have.
    if (indices.length === 1 && first?.kind === 'tensor') return of;
    // x[:, t] of an argument of which nothing is known yet takes a step of a batch-major sequence, x[t] of a time-major one.
    graph.shape(open, first?.kind !== 'slice');
    return index(graph, graph.tensorOf(open), indices, range);
  }
  const axes: TensorAxis[] = [];
  const picked: { readonly axis: TensorAxis; readonly at: number | null }[] = [];
  let whole = true;
  let position = 0;
  const used = indices.filter(item => item.kind !== 'ellipsis' && !addsAxis(item)).length;
  for (const item of indices) {
    if (item.kind === 'ellipsis') {
      for (let skip = of.axes.length - used; skip > 0; skip--) axes.push(of.axes[position++]!);
      continue;
    }
    if (addsAxis(item)) {
      axes.push({ name: '', size: 1 });
      whole = false;
      continue;
    }
    const axis = of.axes[position++];
    if (axis === undefined) return tensor(of.dtype, null);
    if (item.kind === 'slice') {
      const full = isFull(item.bounds);
      whole &&= full;
      axes.push(full ? axis : { name: axis.name, size: sliceSize(axis.size, item.bounds) });
    } else if (item.kind === 'tensor') {
      whole = false;
      axes.push(...(item.axes ?? [{ name: '', size: null }]));
    } else if (item.kind === 'sequence' || item.kind === 'many') {
      // A list of places.
      whole = false;
      axes.push({ name: '', size: item.kind === 'sequence' ? item.items.length : dimension(item.count) });
    } else {
      picked.push({ axis, at: item.kind === 'number' ? item.value : null });
    }
  }
  axes.push(...of.axes.slice(position));
  if (picked.length === 0) return whole ? view(of, axes) : shaped(of, axes);
  const [only] = picked;
  if (picked.length === 1 && whole && only?.axis.name === 'steps' && only.at !== null) {
    return selectStep(graph, of, only.at, range);
  }
  if (picked.length === 1 && whole && isBatch(only?.axis) && only?.at === -1 && of.ref !== undefined) {
    graph.rowPicks.push({ of: of.ref, range });
  }
  if (picked.length === 1 && whole && only?.axis.name === 'steps' && of.ref !== undefined) {
    const down = indices.some(countsDown);
    return { ...shaped(of, axes), stepOf: of.ref, ...(down ? { backwards: true } : {}) };
  }
  return shaped(of, axes);
}

/** @param order null reverses the axes. */
export function transpose(of: Tensor, order: readonly number[] | null): Tensor {
  if (of.axes === null) return of;
  const axes = of.axes;
  const places = order ?? axes.map((_, position) => axes.length - 1 - position);
  const moved = places.map(place => axes.at(place)).filter(axis => axis !== undefined);
  if (moved.length !== axes.length) return tensor(of.dtype, null);
  if (of.parts !== undefined) return transposeParts(of, places.map(place => (place < 0 ? place + axes.length : place))); // prettier-ignore
  const { displaced = axes.at(-1), ...rest } = of;
  const away = displaced === undefined || moved.at(-1) === displaced ? {} : { displaced };
  return { ...rest, ...away, axes: moved };
}

function transposeParts(of: Tensor, places: readonly number[]): Tensor {
  const at = of.partsAt ?? 0;
  const inside = places.filter(place => place !== at).map(place => (place > at ? place - 1 : place));
  const kept = inside.every((place, position) => place === position);
  return fromParts(kept ? of.parts! : of.parts!.map(part => transpose(part, inside)), places.indexOf(at), of.axes![at]!);
} // prettier-ignore

/** The tensor of the graph, if the program holds it with the same last axis. */
export function refOf({ ref, displaced }: Tensor): TensorRef | undefined {
  return displaced === undefined ? ref : undefined;
}

function product(axes: readonly TensorAxis[]): Dimension | null {
  return axes.reduce<Dimension | null>(
    (total, { size }) => (total === null || size === null ? null : multiply(total, size)),
    1,
  );
}

/** @param shape sizes; -1 or null takes what is left. */
export function reshape(graph: Graph, of: Tensor, shape: readonly (Dimension | null)[], range: TextRange): Tensor {
  const free = (size: Dimension | null): boolean => size === null || size === -1;
  const unnamed = (sizes: readonly (Dimension | null)[]): TensorAxis[] =>
    nameAxes(
      sizes.map(size => (free(size) ? null : size)),
      of.dtype,
    );
  if (of.axes === null) return view(of, unnamed(shape), false);
  const axes = of.axes;
  // The states of a single layer without the axis of the layers: h_n.view(-1, hidden_size).
  const [part] = of.parts ?? [];
  if (part?.axes != null && of.parts!.length === 1 && shape.length === part.axes.length)
    return reshape(graph, part, shape, range);
  const fits = (target: readonly (Dimension | null)[], source: readonly TensorAxis[]): boolean =>
    target.length === source.length &&
    target.every((size, at) => {
      const own = source[at]!;
      if (free(size)) return true;
      if (own.size === null) return isBatch(own);
      // A name for a size that has another name, as long as it is not the width.
      const named = at < source.length - 1 && typeof size !== 'number' && typeof own.size !== 'number';
      return named || equal(size!, own.size);
    });
  if (fits(shape, axes)) return view(of, axes);
  const parted = reshapeParts(graph, of, shape, range, fits) ?? splitDirections(graph, of, shape, range, fits);
  if (parted !== null) return parted;
  const last = axes.at(-1)!;
  // [B, T, H] → [B·T, H]
  const keepsRows = shape[0] === null && shape[1] === -1 && isBatch(axes[0]);
  if (shape.length === 2 && axes.length > 2 && lastFits(shape[1]!, last) && free(shape[0]!) && !keepsRows) {
    const merged = axes.slice(0, -1);
    return view(of, [{ name: merged.map(axis => axis.name).join(' × '), size: product(merged), merged }, last]);
  }
  // [B·T, H] → [B, T, H]
  const [first] = axes;
  if (first?.merged !== undefined && fits(shape, [...first.merged, ...axes.slice(1)])) {
    return view(of, [...first.merged, ...axes.slice(1)]);
  }
  // [B·T, 1] → [B, T]
  if (first?.merged !== undefined && last.size === 1 && fits(shape, first.merged)) return view(of, first.merged);
  // [B, T, 1] → [B, T] and the like
  const without = axes.filter(axis => axis.size !== 1);
  if (without.length < axes.length && fits(shape, without)) return view(of, without);
  const input = graph.inputOf(of);
  // Labels of all steps, one after the other: [B, T] → [B·T]
  const labels = input !== null && axes.length === 2 && isBatch(first) && of.dtype.startsWith('int');
  if (labels && shape.length === 1 && free(shape[0]!))
    return view(of, [{ name: axes.map(axis => axis.name).join(' × '), size: product(axes), merged: axes }]);
  if (input !== null && isBatch(first)) {
    const rest = free(shape[0]!) || shape[0] === null ? shape.slice(1) : null;
    const known = product(axes.slice(1));
    if (rest !== null && known !== null) {
      const sizes = fill(rest, known);
      if (sizes !== null) {
        // The input is described in the shape in which it is used.
        input.fed ??= axes.slice(1).map(({ size }) => size);
        input.axes = nameAxes([null, ...sizes], of.dtype).slice(1);
        return view(of, [BATCH, ...input.axes]);
      }
    }
  }
  // [B, T, H] → [B, T·H]
  if (shape.length === 2 && isBatch(first) && of.ref !== undefined && free(shape[0]!)) {
    const size = product(axes.slice(1));
    if (size !== null && (free(shape[1]!) || equal(shape[1]!, size))) {
      const id = graph.add('flatten', { op: 'flatten', input: of.ref }, { range });
      return tensor(of.dtype, [BATCH, { name: 'features', size }], { ref: { from: id } });
    }
  }
  if (isBatch(first) && shape[0] === null && first!.size === null) {
    const inner = product(axes.slice(1));
    const sizes = inner === null ? null : fill(shape.slice(1), inner);
    if (sizes !== null) return shaped(of, [first!, ...nameAxes([null, ...sizes], of.dtype).slice(1)]);
  }
  const total = product(axes);
  const filled = total === null ? null : fill(shape, total);
  const named = unnamed(filled ?? shape);
  // Rows of a data set stay rows.
  const [rows] = named;
  if (first !== undefined && rows?.size != null && first.size !== null && equal(rows.size, first.size))
    named[0] = first;
  // Steps that have gone into the rows: they are rows of the batch no more.
  const [own, wanted] = [product(axes.slice(1)), product(named.slice(1))];
  if (isBatch(named[0]) && named[0]!.size === null && own !== null && wanted !== null && !equal(own, wanted))
    named[0] = { name: '', size: null };
  return shaped(of, named);
}

type Fits = (target: readonly (Dimension | null)[], source: readonly TensorAxis[]) => boolean;
const isOpen = (size: Dimension | null | undefined): boolean => size == null || size === -1;

/** A tensor that is put together of others: its parts in groups (`[L·D, B, H]` → `[L, D, B, H]`), or side by side (`[B, L, H]` → `[B, L·H]`). */
function reshapeParts(graph: Graph, of: Tensor, shape: readonly (Dimension | null)[], range: TextRange, fits: Fits): Tensor | null {
  const { parts, axes } = of;
  if (parts === undefined || axes === null) return null;
  const at = of.partsAt ?? 0;
  const count = parts.length;
  if (at === 0 && shape.length === axes.length + 1 && fits(shape.slice(2), axes.slice(1))) {
    const [one, other] = shape;
    const outer = typeof one === 'number' && one > 0 ? one : typeof other === 'number' && other > 0 ? count / other : NaN;
    if (!Number.isInteger(outer) || outer < 1 || !(isOpen(other) || other === count / outer)) return null;
    const inner = count / outer;
    const groups = Array.from({ length: outer }, (_, group) => fromParts(parts.slice(group * inner, (group + 1) * inner), 0, axes[0]!));
    return fromParts(groups, 0, axes[0]!);
  }
  if (at !== axes.length - 2 || at < 1 || shape.length !== axes.length - 1 || !fits(shape.slice(0, -1), axes.slice(0, at))) return null;
  const width = product(axes.slice(-2));
  const wanted = shape.at(-1);
  if (!isOpen(wanted) && (width === null || !equal(wanted!, width))) return null;
  const joined = concatenate(graph, parts, -1, range);
  return joined.axes === null ? joined : { ...joined, axes: [...joined.axes.slice(0, -1), { name: 'features', size: width }] };
} // prettier-ignore

/** Outputs of both directions apart: `[B, T, 2·H]` → `[B, T, 2, H]`. */
function splitDirections(graph: Graph, of: Tensor, shape: readonly (Dimension | null)[], range: TextRange, fits: Fits): Tensor | null {
  const { axes } = of;
  if (axes === null || shape.length !== axes.length + 1 || shape.at(-2) !== 2) return null;
  if (!fits(shape.slice(0, -2), axes.slice(0, -1))) return null;
  const both = directionsOf(graph, of, range);
  const wanted = shape.at(-1);
  if (both === null || !(isOpen(wanted) || equal(wanted!, both[0].axes!.at(-1)!.size!))) return null;
  return fromParts(both, axes.length - 1, { name: 'directions', size: 2 });
} // prettier-ignore

function lastFits(size: Dimension | null, axis: TensorAxis): boolean {
  return size === null || size === -1 || axis.size === null || equal(size, axis.size);
}

/** Works out the one size that is left open. */
function fill(shape: readonly (Dimension | null)[], total: Dimension): Dimension[] | null {
  const open = shape.filter(size => size === null || size === -1).length;
  const known = shape.reduce<Dimension | null>(
    (all, size) => (all === null ? null : size === null || size === -1 ? all : multiply(all, size)),
    1,
  );
  if (known === null || open > 1) return null;
  if (open === 0) return equal(known, total) ? (shape as Dimension[]) : null;
  const rest = divide(total, known);
  return rest === null || sizeText(rest).includes('//')
    ? null
    : shape.map(size => (size === null || size === -1 ? rest : size));
}

/** Names for the axes of a tensor of which only the sizes are known. */
export function nameAxes(sizes: readonly (Dimension | null)[], dtype: string): TensorAxis[] {
  const names: Readonly<Record<number, readonly string[]>> = {
    1: ['batch'],
    2: dtype.startsWith('int') ? ['batch', 'steps'] : ['batch', 'features'],
    3: sizes[0] !== null && sizes[1] === null ? ['steps', 'batch', 'features'] : ['batch', 'steps', 'features'],
  };
  return sizes.map((size, position) => ({ name: names[sizes.length]?.[position] ?? '', size }));
}

/** Deeper and longer lists of tensors are not looked through; lists may hold themselves. */
const MAX_NESTING = 5;
const MAX_PARTS = 4096;

/** The tensors of a list or tuple, or a single tensor; null where something else is among them. */
export function tensorsOf(value: Abstract | undefined, depth = 0): Tensor[] | null {
  if (value?.kind === 'tensor') return [value];
  if (value?.kind !== 'sequence' || depth > MAX_NESTING) return null;
  const parts: Tensor[] = [];
  for (const item of value.items) {
    const inside = tensorsOf(item, depth + 1);
    if (inside === null || parts.length > MAX_PARTS) return null;
    parts.push(...inside);
  }
  return parts;
}

/** @param name of its node. @param open what of it the description cannot say. */
export function concatenate(
  graph: Graph,
  parts: readonly Tensor[],
  axis: number,
  range: TextRange,
  name = 'concatenate',
  open: readonly Phrase[] = [],
): Tensor {
  const [first] = parts;
  if (first === undefined) return tensor('float32', null);
  if (first.axes === null || parts.some(part => part.axes?.length !== first.axes!.length))
    return tensor(first.dtype, null);
  const at = axis < 0 ? axis + first.axes.length : axis;
  const along = first.axes[at];
  if (along === undefined) return tensor(first.dtype, null);
  const size = parts.reduce<Dimension | null>((total, part) => {
    const more = part.axes![at]!.size;
    return total === null || more === null ? null : add(total, more);
  }, 0);
  const axes = first.axes.map((old, position) => (position === at ? { name: old.name, size } : old));
  const refs = parts.map(refOf).filter(ref => ref !== undefined);
  if (at !== first.axes.length - 1 || refs.length !== parts.length) return tensor(first.dtype, axes);
  if (refs.length === 1) return first;
  const id = graph.add(name, { op: 'concatenate', inputs: refs }, { range, open });
  const meanings = parts.map(part => part.meaning);
  const meaning = meanings.every(text => text !== undefined && text.text === meanings[0]!.text)
    ? phrase('{0} tensors side by side', parts.length)
    : phrase('tensors side by side');
  return tensor(first.dtype, axes, { ref: { from: id }, meaning });
}

/** All slices along one axis, which must have a known size. */
export function unstack(graph: Graph, of: Tensor, axis: number, range: TextRange): Sequence | null {
  const at = of.axes === null ? undefined : of.axes.at(axis);
  if (at === undefined || typeof at.size !== 'number' || at.size > 1000) return null;
  const position = axis < 0 ? axis + of.axes!.length : axis;
  const items = Array.from({ length: at.size }, (_, step): Tensor =>
    at.name === 'steps'
      ? selectStep(graph, of, step, range)
      : tensor(
          of.dtype,
          of.axes!.filter((_, place) => place !== position),
        ),
  );
  return list(items);
}

/** The sequence whose steps, all of them in order, a list holds. */
export function stepsOf(graph: Graph, parts: readonly Tensor[]): TensorRef | null {
  let source: TensorRef | null = null;
  for (const [step, part] of parts.entries()) {
    const node = graph.nodeOf(part.ref);
    if (node?.op !== 'select_step' || node.step !== step) return null;
    if (source !== null && JSON.stringify(source) !== JSON.stringify(node.input)) return null;
    source = node.input;
  }
  return source;
}

/** Puts equal tensors along a new axis; steps that were taken apart become the sequence again. */
export function stack(graph: Graph, parts: readonly Tensor[], axis: number, meaning?: Phrase): Tensor {
  const [first] = parts;
  if (first?.axes == null) return tensor(first?.dtype ?? 'float32', null);
  const at = axis < 0 ? axis + first.axes.length + 1 : axis;
  const each = first.eachOf;
  const source =
    each !== undefined && parts.every(part => part.eachOf?.from === each.from) ? each : stepsOf(graph, parts);
  const steps = source !== null && source === each && parts.length === 1 ? graph.stepsOf(source) : parts.length;
  const name = source === null && stepsAt(first.axes) >= 0 ? '' : source === null ? '' : 'steps';
  const axes = [...first.axes.slice(0, at), { name, size: steps }, ...first.axes.slice(at)];
  if (source === null) return tensor(first.dtype, axes);
  return tensor(first.dtype, axes, { ref: source, ...(meaning === undefined ? {} : { meaning }) });
}

/** A list of which only the typical tensor is known, along a new axis; all steps of a loop are the sequence. */
export function stackMany(graph: Graph, { item, count }: Many, axis: number, meaning?: Phrase): Abstract {
  if (item.kind !== 'tensor') return unknown('');
  const one = stack(graph, [item], axis, meaning);
  if (one.axes === null || one.ref !== undefined) return one;
  const place = axis < 0 ? axis + one.axes.length : axis;
  return { ...one, axes: one.axes.map((own, at) => (at === place ? { ...own, size: dimension(count) } : own)) };
}

/** The same along an axis that is there. */
export function concatenateMany({ item, count }: Many, axis: number | undefined): Abstract {
  if (item.kind !== 'tensor') return unknown('');
  const times = dimension(count);
  const place = axis === undefined || item.axes === null ? -1 : axis < 0 ? axis + item.axes.length : axis;
  const axes = item.axes?.map((own, at): TensorAxis => {
    if (at !== place) return own;
    return { name: own.name, size: own.size === null || times === null ? null : multiply(own.size, times) };
  });
  return shaped(item, place < 0 ? null : (axes ?? null));
}

/** The shape of `a + b` by broadcasting; null where it cannot be told. */
export function broadcast(a: Tensor, b: Tensor): readonly TensorAxis[] | null {
  if (a.axes === null || b.axes === null) return null;
  const [long, short] = a.axes.length >= b.axes.length ? [a.axes, b.axes] : [b.axes, a.axes];
  const offset = long.length - short.length;
  return long.map((axis, position) => {
    const other = short[position - offset];
    if (other === undefined || sameAxis(axis, other)) return axis;
    return axis.size === 1 ? other : axis;
  });
}
