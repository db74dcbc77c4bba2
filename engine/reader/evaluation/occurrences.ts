/** Values where they stand in the text. */
import { mayHaveSameSize } from '../sizes.ts';
import type { TextRange } from '../reading.ts';
import type { Abstract, Cells, TensorAxis } from '../values.ts';

/** The calls of functions that are being run: the statement of each, the innermost first. */
export interface Callers {
  readonly statement: TextRange;
  readonly outer: Callers | null;
}

/** A value that stood at a place in the text. */
export interface Occurrence {
  readonly range: TextRange;
  readonly value: Abstract;
  /** Counts calls of functions: the same number is the same run of one body. */
  readonly frame: number;
  readonly callers: Callers | null;
  /** What stood there in other calls of the function, where that has another shape. */
  readonly others: Omit<Occurrence, 'range' | 'others'>[];
  /** Seen only where the reading calls what the program does not call. */
  readonly guessed?: true;
}

/** Where a function is called with many shapes, more tell nothing. */
const MOST_OTHERS = 3;

/** Adds what stands at a place in another call of its function. */
export function addOther(occurrence: Occurrence, other: Occurrence['others'][number]): void {
  const { others } = occurrence;
  const merged =
    others.length === 0 && other.frame !== occurrence.frame ? ofAnyLength(occurrence.value, other.value) : null;
  if (merged !== null) {
    (occurrence as { value: Abstract }).value = merged;
    return;
  }
  if (others.length >= MOST_OTHERS || other.frame === occurrence.frame) return;
  if ([occurrence, ...others].some(({ value }) => looksAlike(value, other.value))) return;
  others.push(other);
}

/** A tensor that is the same in two calls but for how many rows and steps it has: of any number; null for all else. */
function ofAnyLength(a: Abstract, b: Abstract): Abstract | null {
  if (a.kind !== 'tensor' || b.kind !== 'tensor' || a.dtype !== b.dtype || a.axes === null || b.axes === null) return null;
  const others = b.axes;
  if (a.axes.length < 2 || others.length !== a.axes.length || mayHaveSameSize(a.axes, others)) return null;
  const axes: TensorAxis[] = [];
  for (const [at, axis] of a.axes.entries()) {
    const other = others[at]!;
    const length = at === 0 ? isRows(axis) && isRows(other) : axis.name === 'steps' || other.name === 'steps';
    if (mayHaveSameSize([axis], [other])) axes.push(axis);
    else if (!length) return null;
    else axes.push({ name: at === 0 ? 'batch' : 'steps', size: typeof axis.size === 'number' ? (typeof other.size === 'number' ? null : other.size) : axis.size });
  }
  return { ...a, axes };
} // prettier-ignore

const isRows = ({ name }: TensorAxis): boolean => name === 'batch' || name === '' || name === 'rows';

/** Whether values have one shape and type. */
function looksAlike(a: Abstract, b: Abstract, depth = 0): boolean {
  if (a === b) return true;
  if (a.kind === 'tensor' && b.kind === 'tensor') {
    // What is not known in one call is not another shape.
    if (a.axes === null || b.axes === null) return true;
    return a.dtype === b.dtype && mayHaveSameSize(a.axes, b.axes);
  }
  if (a.kind === 'sequence' && b.kind === 'sequence') {
    const { items } = b;
    return depth > 4 || (a.items.length === items.length && a.items.every((item, at) => looksAlike(item, items[at]!, depth + 1)));
  }
  if ((a.kind === 'cells' && b.kind === 'cells') || (a.kind === 'layer' && b.kind === 'layer')) {
    const specs = b.cells;
    return (
      a.className === b.className &&
      a.cells.length === specs.length &&
      a.cells.every(({ spec }, at) => spec.cell === specs[at]!.spec.cell && (spec.units === specs[at]!.spec.units || (typeof spec.units === 'string' && typeof specs[at]!.spec.units === 'string')))
    );
  }
  return a.kind !== b.kind ? a.kind === 'many' || b.kind === 'many' : true;
} // prettier-ignore

/** The line of the call that tells each of several occurrences at one place from the others. */
export function tellingCalls(callers: readonly (Callers | null)[]): readonly (TextRange | null)[] {
  let at = callers;
  let found = at.map(each => each?.statement ?? null);
  while (new Set(found.map(range => range?.start)).size < found.length && at.some(each => each?.outer != null)) {
    at = at.map(each => each?.outer ?? null);
    found = at.map((each, index) => each?.statement ?? found[index]!);
  }
  return found;
}

/**
 * The cells that statements in a part of the text make, each group once: what a variable holds at the end, or what an
 * expression gives. A cell that is part of a stack made there is not listed beside it.
 */
export function cellsIn(occurrences: Iterable<Occurrence>, { start, end }: TextRange): Cells[] {
  const made: Cells[] = [];
  // A list of cells counts less than the stack that is made of it.
  const lists = new Set<Cells>();
  for (const { range, value } of occurrences) {
    if (range.start < start || range.start >= end) continue;
    const cells = asCells(value);
    if (cells?.cells.every(cell => cell.range.start >= start && cell.range.start < end) !== true) continue;
    made.push(cells);
    if (value.kind !== 'cells') lists.add(cells);
  }
  const holds = (outer: Cells, inner: Cells): boolean =>
    inner.cells.every(cell => outer.cells.some(other => other.identity === cell.identity));
  return made.filter((cells, position) => {
    const rank = (other: Cells): number =>
      other.cells.length * 4 + (other.stacked && !lists.has(other) ? 2 : 0) + (other.name === undefined ? 0 : 1);
    return !made.some(
      (other, at) =>
        at !== position &&
        holds(other, cells) &&
        (rank(other) > rank(cells) || (rank(other) === rank(cells) && at < position)),
    );
  });
}

/** Cells, or a list of single cells as the stack that it will become. */
function asCells(value: Abstract): Cells | null {
  if (value.kind === 'cells') return value;
  if (value.kind !== 'sequence' || value.items.length === 0) return null;
  const parts = value.items.flatMap(item => (item.kind === 'cells' ? [item] : []));
  const [first] = parts;
  if (first === undefined || parts.length < value.items.length) return null;
  return { ...first, cells: parts.flatMap(part => part.cells), stacked: true };
}
