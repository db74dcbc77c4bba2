import { EngineError } from '../../errors.ts';
import { stateWidth } from '../../model/axes.ts';
import { phrase } from '../../model/phrase.ts';
import type { CellSpec, Size } from '../../model/spec.ts';

/** A size that must be known to compute with. @throws EngineError `invalid-model` naming the symbol that it is instead. */
export function known(size: Size, of: string): number {
  if (typeof size === 'number') return size;
  throw new EngineError('invalid-model', phrase('The size {0} of {1} is not known.', size, of));
}

/** U, the width of the gates and of c. */
export const unitsOf = (cell: CellSpec): number => known(cell.units, cell.className);

/** Width of h (H, after any projection) or c (U). */
export const widthOfState = (cell: CellSpec, state: string): number =>
  known(state === 'h' ? stateWidth(cell) : cell.units, cell.className);
