import assert from 'node:assert/strict';
import { makePalette } from '../../../webview/colors.ts';
import { offsets, paintGrid, snap } from '../../../webview/heatmapPixels.ts';

const palette = makePalette('unit', [0, 0, 0]);
/** Paints and reads back which entry of the palette every pixel has. */
function paint(values: number[], columns: Int32Array, rows: Int32Array, width: number, height: number): number[][] {
  const pixels = new Uint32Array(width * height);
  paintGrid({ values: Float32Array.from(values), columns, rows, bounds: [0, 255.999] }, palette, pixels, width, height);
  const entries = Array.from(pixels, pixel => palette.pixels.indexOf(pixel));
  return Array.from({ length: height }, (_, row) => entries.slice(row * width, (row + 1) * width));
}

describe('a heatmap', () => {
  it('paints a matrix cell by cell', () => {
    assert.deepEqual(paint([10, 20, 30, 40, 50, 60], offsets(3, 1), offsets(2, 3), 3, 2), [
      [10, 20, 30],
      [40, 50, 60],
    ]);
  });
  it('lies on its side when columns and rows change places, as steps on the x axis', () => {
    assert.deepEqual(paint([10, 20, 30, 40, 50, 60], offsets(2, 3), offsets(3, 1), 2, 3), [
      [10, 40],
      [20, 50],
      [30, 60],
    ]);
  });
  it('puts rows into an order', () => {
    assert.deepEqual(paint([10, 20, 30], offsets(1, 3), offsets(3, 1, [2, 0, 1]), 1, 3), [[30], [10], [20]]);
  });
  it('repeats cells where there are more pixels', () => {
    assert.deepEqual(paint([10, 20, 30, 40], offsets(2, 1), offsets(2, 2), 4, 4), [
      [10, 10, 20, 20],
      [10, 10, 20, 20],
      [30, 30, 40, 40],
      [30, 30, 40, 40],
    ]);
  });
  it('takes the mean where a pixel covers several cells', () => {
    assert.deepEqual(paint([10, 20, 30, 40], offsets(4, 1), offsets(1, 4), 2, 1), [[15, 35]]);
    assert.deepEqual(paint([10, 20, 30, 40], offsets(2, 1), offsets(2, 2), 1, 1), [[25]]);
  });
  it('marks what is not finite in a colour of its own', () => {
    const pixels = new Uint32Array(2);
    const grid = {
      values: Float32Array.of(Number.NaN, 0),
      columns: offsets(2, 1),
      rows: offsets(1, 2),
      bounds: [0, 1],
    } as const;
    paintGrid(grid, palette, pixels, 2, 1);
    assert.equal(pixels[0], palette.missing);
    assert.ok(!palette.pixels.includes(palette.missing));
  });
});

describe('snap', () => {
  it('gives every cell the same whole number of pixels where little room is lost by it', () => {
    assert.equal(snap(28, 124), 112);
    assert.equal(snap(28, 84), 84);
  });
  it('fills the room where more than an eighth would stay empty', () => {
    assert.equal(snap(28, 133), 133);
    assert.equal(snap(1000, 124.7), 124);
  });
});
