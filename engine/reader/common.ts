/** What a name is in several calls of its function, as one shape: where the calls differ in rows and steps only. */
import { phrase } from '../model/phrase.ts';
import type { Axis, TensorValue, TupleValue, Value } from './reading.ts';

/** Axes of which a call has as many as it happens to be given. */
const OF_CALL: ReadonlySet<string> = new Set(['batch', 'steps', 'samples']);

/**
 * The value that both are, with `batch` or `?` for the number of rows or steps in which they differ. Widths and layers
 * are what a model has: values that differ in those are two.
 * @returns null where they are not one.
 */
export function common(a: Value, b: Value): Value | null {
  if (a.kind === 'tensor' && b.kind === 'tensor') return commonTensor(a, b);
  if (a.kind === 'tuple' && b.kind === 'tuple') return commonTuple(a, b);
  return null;
}

function commonTensor(a: TensorValue, b: TensorValue): TensorValue | null {
  if (a.dtype !== b.dtype || a.axes.length !== b.axes.length) return null;
  const axes: Axis[] = [];
  for (const [at, one] of a.axes.entries()) {
    const other = b.axes[at]!;
    if (one.size === other.size) axes.push(one);
    else if (!isOfCall(one, other, at, a.axes.length)) return null;
    else axes.push({ name: one.name === '' ? other.name : one.name, size: null });
  }
  if (JSON.stringify(axes) === JSON.stringify(a.axes)) return a;
  const note = a.note ?? phrase('Where the calls of this function differ, a size has no number here');
  return { ...a, axes, note };
}

function isOfCall(a: Axis, b: Axis, at: number, rank: number): boolean {
  if (a.name === 'layers' || b.name === 'layers' || /directions/.test(a.name)) return false;
  return OF_CALL.has(a.name) || OF_CALL.has(b.name) || at < rank - 1 || rank === 1;
}

function commonTuple(a: TupleValue, b: TupleValue): TupleValue | null {
  if (a.items.length !== b.items.length) return null;
  const items: Value[] = [];
  for (const [at, item] of a.items.entries()) {
    const one = common(item, b.items[at]!);
    if (one === null) return null;
    items.push(one);
  }
  return { ...a, items };
}
