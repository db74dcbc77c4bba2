import type { ValueScale } from '../engine/cells/table.ts';
import type { TensorTile } from '../engine/protocol/trace.ts';

/** A tile with its numbers readable: float32 `[rows, columns]`, row after row. */
export interface Tensor extends Omit<TensorTile, 'values'> {
  readonly scale: ValueScale;
  readonly values: Float32Array;
}

/** Reads a tile as it came over the wire. @throws RangeError when it holds another number of values than it says. */
export function readTensor(tile: TensorTile): Tensor {
  const values = new Float32Array(tile.values);
  const expected = tile.rows.count * tile.columns.count;
  if (values.length !== expected)
    throw new RangeError(`Tensor ${tile.id}: expected ${expected} values, found ${values.length}`);
  return { ...tile, values };
}

/** Shape with named axes: `[28 steps, 150 units]`. */
export function formatShape({ rows, columns }: Pick<TensorTile, 'rows' | 'columns'>): string {
  const axis = ({ count, name }: TensorTile['rows']): string =>
    `${count} ${count === 1 ? name.replace(/s$/, '') : name}`;
  return `[${axis(rows)}, ${axis(columns)}]`;
}

/** Row of a tensor; -1 is the last. */
export function rowOf(tensor: Tensor, row: number): Float32Array {
  const at = row < 0 ? tensor.rows.count + row : row;
  return tensor.values.subarray(at * tensor.columns.count, (at + 1) * tensor.columns.count);
}
