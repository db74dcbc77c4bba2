/**
 * Shapes of what frameworks compute without recurrence: reductions, products, convolutions, pieces. The rules are the
 * same in TensorFlow, Keras and PyTorch; what comes out of them is no node of the model's graph, only a shape.
 */
import type { Arguments } from './calls.ts';
import { add, type Dimension, divide, multiply } from './sizes.ts';
import { type Abstract, dimension, number, tensor, type Tensor, type TensorAxis } from './values.ts';

export function asTensor(value: Abstract | undefined): Tensor | null {
  return value?.kind === 'tensor' ? value : null;
}

/** A tensor of that shape of which nothing else is known. */
export function shaped(of: Tensor, axes: readonly TensorAxis[] | null): Tensor {
  return tensor(of.dtype, axes, {
    ...(of.derivation?.op === 'data' ? { derivation: of.derivation } : {}),
    ...(of.ref !== undefined || of.lost === true ? { lost: true } : {}),
  });
}

/** What a function of two numbers gives, where both are known; null elsewhere. */
export function ofNumbers(args: Arguments, compute: ((x: number, y: number) => number) | undefined): Abstract | null {
  const [x, y] = [args.get('x'), args.get('y')];
  return compute && x?.kind === 'number' && y?.kind === 'number' ? number(compute(x.value, y.value)) : null;
}

export function axisOf(size: Dimension | null, name = ''): TensorAxis {
  return { name, size };
}

/** Axes of which only the sizes are given. */
export function plainAxes(sizes: readonly (Dimension | null)[]): TensorAxis[] {
  return sizes.map(size => axisOf(size));
}

/** A size as the program writes it in a shape: -1 and None are open. */
export function shapeSize(value: Abstract): Dimension | null {
  const size = value.kind === 'none' ? null : dimension(value);
  return size === -1 ? null : size;
}

/** The place of an axis, counted from the front; null where there is none. */
export function placeOf(at: number, rank: number): number | null {
  const place = at < 0 ? at + rank : at;
  return Number.isInteger(place) && place >= 0 && place < rank ? place : null;
}

/** Places that one number or a list of numbers names; null where one of them is not known. */
export function placesOf(value: Abstract | undefined, rank: number): number[] | null {
  const items = value?.kind === 'sequence' ? value.items : value === undefined ? [] : [value];
  const places = items.map(item => (item.kind === 'number' ? placeOf(item.value, rank) : null));
  return places.every(place => place !== null) ? places : null;
}

/** Without the axes of a reduction, or with 1 in their place. No axes given means all. */
export function reduced(of: Tensor, given: Abstract | undefined, keep: boolean): readonly TensorAxis[] | null {
  if (of.axes === null) return given === undefined && !keep ? [] : null;
  const places = given === undefined ? of.axes.map((_, place) => place) : placesOf(given, of.axes.length);
  if (places === null) return null;
  return of.axes.flatMap((axis, place) =>
    places.includes(place) ? (keep ? [axisOf(1, axis.name === 'batch' ? '' : axis.name)] : []) : [axis],
  );
}

/** A new axis of one at a place of the result. */
export function expanded(of: Tensor, at: number | undefined): readonly TensorAxis[] | null {
  if (of.axes === null || at === undefined) return null;
  const place = placeOf(at, of.axes.length + 1);
  return place === null ? null : [...of.axes.slice(0, place), axisOf(1), ...of.axes.slice(place)];
}

/** Every axis so many times; more factors than axes come in front (PyTorch). */
export function tiled(of: Tensor, factors: readonly (Dimension | null)[]): readonly TensorAxis[] | null {
  if (of.axes === null || factors.length < of.axes.length) return null;
  const front = factors.length - of.axes.length;
  return factors.map((factor, place) => {
    const axis = place < front ? axisOf(1) : of.axes![place - front]!;
    if (factor === 1) return axis;
    const size = axis.size === 1 ? factor : axis.size === null || factor === null ? null : multiply(axis.size, factor);
    return { name: axis.size === 1 ? '' : axis.name, size };
  });
}

/** `[…, M, K] · […, K, N]`, also with vectors. */
export function matrixProduct(a: Tensor, b: Tensor, flipA = false, flipB = false): readonly TensorAxis[] | null {
  if (a.axes === null || b.axes === null || a.axes.length === 0 || b.axes.length === 0) return null;
  const flip = (axes: readonly TensorAxis[], flipped: boolean): readonly TensorAxis[] =>
    flipped && axes.length > 1 ? [...axes.slice(0, -2), axes.at(-1)!, axes.at(-2)!] : axes;
  const [left, right] = [flip(a.axes, flipA), flip(b.axes, flipB)];
  const rows = left.length > 1 ? [left.at(-2)!] : [];
  const columns = right.length > 1 ? [right.at(-1)!] : [];
  return [...stretched(left.slice(0, -2), right.slice(0, -2)), ...rows, ...columns];
}

/** The common shape of two by broadcasting. */
export function stretched(a: readonly TensorAxis[], b: readonly TensorAxis[]): readonly TensorAxis[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((axis, place) => {
    const other = place < offset ? undefined : short[place - offset];
    if (other === undefined || other.size === 1) return axis;
    if (axis.size === 1) return other;
    // A number is more than a name for it.
    return typeof other.size === 'number' && typeof axis.size !== 'number'
      ? { name: axis.name, size: other.size }
      : axis;
  });
}

/** Several tensors by broadcasting; null where one of them is not known. */
export function commonShape(parts: readonly Tensor[]): readonly TensorAxis[] | null {
  return parts.reduce<readonly TensorAxis[] | null>(
    (all, { axes }) => (all === null || axes === null ? null : stretched(all, axes)),
    [],
  );
}

export interface Window {
  readonly kernel: Dimension | null;
  readonly stride: Dimension | null;
  readonly dilation?: Dimension | null;
  /** On both sides together, or what the framework calls it. */
  readonly padding: Dimension | 'same' | 'valid' | 'causal' | null;
}

/** How many places a window of a convolution or pooling has along an axis. */
export function windows(size: Dimension | null, { kernel, stride, dilation = 1, padding }: Window): Dimension | null {
  if (size === null || stride === null || padding === null) return null;
  if (padding === 'same' || padding === 'causal') {
    const rest = stride === 1 ? size : add(size, stride, 1);
    const last = rest === null ? null : stride === 1 ? rest : add(rest, -1);
    return last === null ? null : stride === 1 ? last : divide(last, stride);
  }
  if (kernel === null || dilation === null) return null;
  const reach = add(kernel, -1);
  const covered = reach === null ? null : multiply(reach, dilation);
  const padded = padding === 'valid' ? size : add(size, padding);
  const room = padded === null || covered === null ? null : add(padded, covered, -1);
  const free = room === null ? null : add(room, -1);
  const places = free === null ? null : stride === 1 ? free : divide(free, stride);
  return places === null ? null : add(places, 1);
}

/** Slices of given sizes along an axis. */
export function pieces(of: Tensor, sizes: readonly (Dimension | null)[], at: number): Tensor[] | null {
  const place = of.axes === null ? null : placeOf(at, of.axes.length);
  if (of.axes === null || place === null) return null;
  const axes = of.axes;
  return sizes.map(size =>
    shaped(
      of,
      axes.map((axis, own) => (own === place ? { name: axis.name, size } : axis)),
    ),
  );
}

/** What indices along an axis pick: the axis gives way to those of the indices. */
export function gathered(of: Tensor, indices: Tensor | null, at: number): readonly TensorAxis[] | null {
  const place = of.axes === null ? null : placeOf(at, of.axes.length);
  if (of.axes === null || place === null || (indices !== null && indices.axes === null)) return null;
  return [...of.axes.slice(0, place), ...(indices?.axes ?? []), ...of.axes.slice(place + 1)];
}

/** Axes from one place to another as one. */
export function flattened(of: Tensor, from: number, to: number): readonly TensorAxis[] | null {
  const [start, end] = of.axes === null ? [null, null] : [placeOf(from, of.axes.length), placeOf(to, of.axes.length)];
  if (of.axes === null || start === null || end === null || end < start) return null;
  const size = of.axes
    .slice(start, end + 1)
    .reduce<Dimension | null>((all, axis) => (all === null || axis.size === null ? null : multiply(all, axis.size)), 1);
  return [...of.axes.slice(0, start), axisOf(size, 'features'), ...of.axes.slice(end + 1)];
}

/** `(2, 3)` or 2 for both. */
export function pair(value: Abstract | undefined): [Dimension | null, Dimension | null] {
  if (value?.kind === 'sequence') return [dimension(value.items[0]), dimension(value.items[1] ?? value.items[0])];
  const both = dimension(value);
  return [both, both];
}

/** The first of the arguments under any of these names that is given and not None. */
export function oneOf(args: Arguments, ...names: string[]): Abstract | undefined {
  for (const name of names) {
    const value = args.some(name);
    if (value !== undefined) return value;
  }
  return undefined;
}
