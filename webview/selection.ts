/** Moving a selection by keyboard. */
import type { Place } from './crossCanvas.ts';

const PAGE = 10;

/** Where a key leads from a place in a grid of that size; undefined for keys that do not move. */
export function moved(place: Place, key: string, columns: number, rows: number): Place | undefined {
  const to = (column: number, row: number): Place => ({
    column: Math.min(columns - 1, Math.max(0, column)),
    row: Math.min(rows - 1, Math.max(0, row)),
  });
  const { column, row } = place;
  switch (key) {
    case 'ArrowLeft':
      return to(column - 1, row);
    case 'ArrowRight':
      return to(column + 1, row);
    case 'ArrowUp':
      return to(column, row - 1);
    case 'ArrowDown':
      return to(column, row + 1);
    case 'PageUp':
      return to(column, row - PAGE);
    case 'PageDown':
      return to(column, row + PAGE);
    case 'Home':
      return to(0, row);
    case 'End':
      return to(columns - 1, row);
    default:
      return undefined;
  }
}
