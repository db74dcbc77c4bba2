import { CELLS } from '../../engine/cells/table.ts';
import type { ModelSpec, TensorRef } from '../../engine/model/spec.ts';
import type { Value } from '../../engine/reader/reading.ts';

/** Which tile of the tensor inspector shows a value of the source; undefined where it opens without a selection. */
export function tileOf(value: Value, spec: ModelSpec): string | undefined {
  if (value.kind === 'tensor') return value.ref && tileOfRef(value.ref, spec);
  if (value.kind === 'tuple') return value.items.map(item => tileOf(item, spec)).findLast(tile => tile !== undefined);
  return undefined;
}

/** The driver returns a bare state for one layer and for a cell with one state, and tuples for more. */
function tileOfRef({ from, part }: TensorRef, { nodes }: ModelSpec): string | undefined {
  const node = nodes.find(({ id }) => id === from);
  if (node?.op !== 'recurrent' || !part) return undefined;
  if (part.take === 'outputs') return 'outputs';
  const layer = part.layer ?? 0;
  const cell = node.cells[layer];
  if (!cell) return undefined;
  const place = node.cells.length > 1 ? `[${layer}]` : '';
  return `states${place}${CELLS[cell.cell].states.length > 1 ? `.${part.state ?? 'h'}` : ''}`;
}
