/** A matrix as pixels: nearest where a cell covers pixels, the mean where a pixel covers cells. No DOM in here. */
import { level, type Palette } from './colors.ts';

/** Which values stand where: the value at column x and row y is `values[columns[x] + rows[y]]`. */
export interface Grid {
  readonly values: Float32Array;
  readonly columns: Int32Array;
  readonly rows: Int32Array;
  readonly bounds: readonly [number, number];
}

/** Multiples of a stride, in an order of their own or as they come: offsets of a `Grid`. */
export function offsets(count: number, stride: number, order?: readonly number[]): Int32Array {
  return Int32Array.from({ length: count }, (_, place) => (order?.[place] ?? place) * stride);
}

/** Cells `[from, to)` that pixel `pixel` of `pixels` shows, of `cells`. */
function covered(pixel: number, pixels: number, cells: number): readonly [number, number] {
  const from = Math.floor((pixel * cells) / pixels);
  return [from, Math.max(from + 1, Math.floor(((pixel + 1) * cells) / pixels))];
}

/** Paints the grid into `width` × `height` packed pixels. */
export function paintGrid(
  { values, columns, rows, bounds: [low, high] }: Grid,
  palette: Palette,
  into: Uint32Array,
  width: number,
  height: number,
): void {
  const spans = Array.from({ length: width }, (_, x) => covered(x, width, columns.length));
  const exact = width >= columns.length && height >= rows.length;
  let painted = -1;
  for (let y = 0; y < height; y++) {
    const [top, bottom] = covered(y, height, rows.length);
    const line = y * width;
    if (exact && top === painted) {
      into.copyWithin(line, line - width, line); // the same row of cells as the line above
      continue;
    }
    painted = top;
    for (let x = 0; x < width; x++) {
      const [left, right] = spans[x]!;
      let value: number;
      if (exact) value = values[columns[left]! + rows[top]!]!;
      else {
        let sum = 0;
        for (let row = top; row < bottom; row++)
          for (let column = left; column < right; column++) sum += values[columns[column]! + rows[row]!]!;
        value = sum / ((bottom - top) * (right - left));
      }
      const entry = level(value, low, high);
      into[line + x] = entry < 0 ? palette.missing : palette.pixels[entry]!;
    }
  }
}

/**
 * Size in device pixels for so many cells in so much room: the same whole number of pixels for each cell, unless that
 * would leave more than an eighth of the room empty; then all of it.
 */
export function snap(cells: number, room: number): number {
  const even = Math.floor(room / cells) * cells;
  return even >= (7 / 8) * room ? even : Math.max(1, Math.floor(room));
}
