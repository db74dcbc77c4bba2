import type { CellSpec } from '../model/spec.ts';
import { CELLS } from './table.ts';

/** A cell in a few characters, with what makes it differ from the plain one: `LSTM`, `peephole LSTM`, `BiLSTM`. */
export function cellTitle(cell: CellSpec, prefix: '' | 'Bi' = ''): string {
  return `${cell.peepholes ? 'peephole ' : ''}${prefix}${CELLS[cell.cell].title}`;
}
