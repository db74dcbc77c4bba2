import { cellTitle } from '../cells/title.ts';
import { backwardCells } from './axes.ts';
import type { CellSpec, ModelSpec, Size } from './spec.ts';

/**
 * The recurrent part of a model in a few characters: `LSTM 3×150`, `LSTM 64 + GRU 32`, `BiLSTM 2×128`,
 * `peephole LSTM 3×150`. Equal
 * neighbours are counted, whether they stand in one stack or in layers one after the other. A projection is written
 * `LSTM 8→5`, directions of different widths `BiLSTM 6/5`, an open size by its symbol.
 */
export function headline(spec: ModelSpec): string {
  const layers: { readonly title: string; readonly size: string; count: number }[] = [];
  for (const node of spec.nodes) {
    if (node.op !== 'recurrent') continue;
    const bidirectional = node.direction === 'bidirectional';
    for (const [index, cell] of node.cells.entries()) {
      const title = cellTitle(cell, bidirectional ? 'Bi' : '');
      const backward = bidirectional ? backwardCells(node)[index] : undefined;
      const own = sizeOf(cell);
      const other = backward && sizeOf(backward);
      const size = other === undefined || other === own ? own : `${own}/${other}`;
      const last = layers.at(-1);
      if (last?.title === title && last.size === size) last.count++;
      else layers.push({ title, size, count: 1 });
    }
  }
  if (layers.length === 0) return spec.name;
  return layers.map(({ title, size, count }) => `${title} ${count > 1 ? `${count}×` : ''}${size}`).join(' + ');
}

function sizeOf(cell: CellSpec): string {
  const units: Size = cell.units;
  return cell.projection ? `${units}→${cell.projection.units}` : String(units);
}
