// Copies matrices into the panels that the tile reads.
import { storeLanes } from './math';

/** Writes the first `lanes` of four floats. */
@inline
function storeSome(at: usize, v: v128, lanes: i32): void {
  if (lanes == 4) v128.store(at, v);
  else if (lanes == 3) {
    v128.store64_lane(at, v, 0);
    v128.store32_lane(at, v, 2, 8);
  } else if (lanes == 2) v128.store64_lane(at, v, 0);
  else v128.store32_lane(at, v, 0);
}

/** Up to four rows of `source` become up to four neighbouring columns of a panel. */
@inline
function transposeRows(lanes: i32, target: usize, step: usize, source: usize, stride: usize, depth: i32): void {
  let s0 = source;
  let s1 = lanes > 1 ? s0 + stride : s0;
  let s2 = lanes > 2 ? s1 + stride : s0;
  let s3 = lanes > 3 ? s2 + stride : s0;
  // Of three, four are written: the last is overwritten by the column that follows, and of the last columns not written.
  for (; depth > 4; depth -= 4) {
    const a = v128.load(s0), b = v128.load(s1), c = v128.load(s2), d = v128.load(s3);
    const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7);
    const cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
    storeSome(target, v128.shuffle<i64>(ab0, cd0, 0, 2), lanes == 3 ? 4 : lanes);
    target += step;
    storeSome(target, v128.shuffle<i64>(ab0, cd0, 1, 3), lanes == 3 ? 4 : lanes);
    target += step;
    storeSome(target, v128.shuffle<i64>(ab1, cd1, 0, 2), lanes == 3 ? 4 : lanes);
    target += step;
    storeSome(target, v128.shuffle<i64>(ab1, cd1, 1, 3), lanes == 3 ? 4 : lanes);
    target += step;
    s0 += 16;
    s1 += 16;
    s2 += 16;
    s3 += 16;
  }
  for (; depth > 0; --depth) {
    f32.store(target, f32.load(s0));
    if (lanes > 1) f32.store(target, f32.load(s1), 4);
    if (lanes > 2) f32.store(target, f32.load(s2), 8);
    if (lanes > 3) f32.store(target, f32.load(s3), 12);
    target += step;
    s0 += 4;
    s1 += 4;
    s2 += 4;
    s3 += 4;
  }
}

/**
 * Panels over the rows of source[rows, depth]: [panel][depth][width]. `panel` is the distance of panels in bytes for
 * full ones; with `round`, the last panel is only as wide as its rows rounded up to four.
 */
export function packRows(target: usize, panel: usize, source: usize, stride: usize, rows: i32, depth: i32, width: i32, round: i32): void {
  for (; rows > 0; rows -= width) {
    let left = min(rows, width);
    const step = <usize>(round && rows < width ? (rows + 3) & ~3 : width) << 2;
    let from = source, to = target;
    for (; left >= 4; left -= 4) {
      transposeRows(4, to, step, from, stride, depth);
      from += stride << 2;
      to += 16;
    }
    if (left == 3) transposeRows(3, to, step, from, stride, depth);
    else if (left == 2) transposeRows(2, to, step, from, stride, depth);
    else if (left == 1) transposeRows(1, to, step, from, stride, depth);
    source += stride * width;
    target += panel;
  }
}

@inline
function copyColumns(width: i32, target: usize, panel: usize, source: usize, stride: usize, panels: i32, depth: i32): void {
  const step = <usize>width << 2;
  for (; depth > 0; --depth) {
    let to = target, from = source;
    for (let p = panels; p > 0; --p) {
      if (width == 3) {
        // One too many is overwritten by the row that follows; there is none behind the last.
        storeSome(to, v128.load(from), depth > 1 ? 4 : 3);
      } else {
        v128.store(to, v128.load(from));
        if (width == 5) f32.store(to, f32.load(from, 16), 16);
        if (width > 5) v128.store(to, v128.load(from, 16), 16);
        if (width > 8) v128.store(to, v128.load(from, 32), 32);
      }
      from += step;
      to += panel;
    }
    source += stride;
    target += step;
  }
}

/** Panels over the columns of source[depth, columns]: [panel][depth][width], otherwise as `packRows`. */
export function packColumns(target: usize, panel: usize, source: usize, stride: usize, columns: i32, depth: i32, width: i32, round: i32): void {
  const panels = columns / width;
  if (width == 3) copyColumns(3, target, panel, source, stride, panels, depth);
  else if (width == 4) copyColumns(4, target, panel, source, stride, panels, depth);
  else if (width == 5) copyColumns(5, target, panel, source, stride, panels, depth);
  else if (width == 8) copyColumns(8, target, panel, source, stride, panels, depth);
  else copyColumns(12, target, panel, source, stride, panels, depth);
  const left = columns - panels * width;
  if (left == 0) return;
  const step = round ? (left + 3) & ~3 : width;
  target += panel * panels;
  source += <usize>(panels * width) << 2;
  for (; depth > 0; --depth) {
    for (let j = 0; j < left; ++j) f32.store(target + (<usize>j << 2), f32.load(source + (<usize>j << 2)));
    for (let j = left; j < step; ++j) f32.store(target + (<usize>j << 2), 0);
    target += <usize>step << 2;
    source += stride;
  }
}

/** sums[columns] = the sum over k, from the first to the last, of panels as `packColumns` makes them with `round`; added to what is there when `add`. */
export function panelSums(panels: usize, panel: usize, columns: i32, depth: i32, width: i32, sums: usize, add: i32): void {
  for (; columns > 0; columns -= width) {
    const lanes = min(columns, width);
    const vectors = (lanes + 3) >> 2;
    const step = <usize>vectors << 4;
    let a = f32x4.splat(0), b = a, c = a;
    if (add) {
      a = v128.load(sums);
      b = v128.load(sums, 16);
      c = v128.load(sums, 32);
    }
    let at = panels;
    for (let k = depth; k > 0; --k) {
      a = f32x4.add(a, v128.load(at));
      if (vectors > 1) b = f32x4.add(b, v128.load(at, 16));
      if (vectors > 2) c = f32x4.add(c, v128.load(at, 32));
      at += step;
    }
    storeLanes(sums, a, lanes);
    if (vectors > 1) storeLanes(sums + 16, b, lanes - 4);
    if (vectors > 2) storeLanes(sums + 32, c, lanes - 8);
    panels += panel;
    sums += <usize>width << 2;
  }
}
