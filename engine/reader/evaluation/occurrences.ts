/** Values where they stand in the text. */
import type { TextRange } from '../reading.ts';
import type { Abstract, Cells } from '../values.ts';

/** A value that stood at a place in the text. */
export interface Occurrence {
  readonly range: TextRange;
  readonly value: Abstract;
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
