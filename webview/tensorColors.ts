/** The colour of each tensor of a cell in curves and equations, by its role. */
import type { CellDefinition } from '../engine/cells/table.ts';
import type { Theme } from './theme.ts';

/** Variables of the theme; states are counted from the last, which is h. */
const BY_ROLE = {
  gate: ['charts-green', 'charts-purple', 'charts-yellow'],
  candidate: ['charts-red'],
  state: ['charts-blue', 'charts-orange'],
} as const;

/** Variable of the theme for a tensor of the cell. */
export function tensorColorName(cell: CellDefinition, id: string): string {
  const tensor = cell.tensors.find(each => each.id === id);
  if (!tensor) return 'foreground';
  const same = cell.tensors.filter(({ role }) => role === tensor.role);
  const place = tensor.role === 'state' ? same.length - 1 - same.indexOf(tensor) : same.indexOf(tensor);
  const names = BY_ROLE[tensor.role];
  return names[place % names.length]!;
}

/** CSS colour for a tensor of the cell. */
export function tensorColor(theme: Theme, cell: CellDefinition, id: string): string {
  return theme.color(tensorColorName(cell, id));
}
