// Small elementwise work outside the cells.
import { activateRow, slope4 } from './activation';
import { storeLanes } from './math';

/** y = f(x) for n floats. */
export function activate(kind: i32, source: usize, target: usize, n: i32): void {
  activateRow(kind, source, 0, 0, target, n);
}

/** Turns the gradient by y = f(x) into that by x, in place, for n floats. */
export function activationBackward(kind: i32, y: usize, slopes: usize, n: i32): void {
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeLanes(slopes + at, f32x4.mul(v128.load(slopes + at), slope4(kind, v128.load(y + at))), n - k);
  }
}

/** target[rows, width] += source[rows, width], each with its own stride. */
export function addRows(target: usize, targetStride: usize, source: usize, sourceStride: usize, rows: i32, width: i32): void {
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      storeLanes(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)), width - k);
    }
    target += targetStride;
    source += sourceStride;
  }
}

/** sums[width] = the sum of the rows of x, from the first to the last; added to what is there when `add`. */
export function columnSums(x: usize, stride: usize, rows: i32, width: i32, sums: usize, add: i32): void {
  if (!add) memory.fill(sums, 0, <usize>width << 2);
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      storeLanes(sums + at, f32x4.add(v128.load(sums + at), v128.load(x + at)), width - k);
    }
    x += stride;
  }
}

/** sums[width] = the sum over rows of a * b, from the first to the last; added to what is there when `add`. */
export function productSums(a: usize, aStride: usize, b: usize, bStride: usize, rows: i32, width: i32, sums: usize, add: i32): void {
  if (!add) memory.fill(sums, 0, <usize>width << 2);
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      storeLanes(sums + at, f32x4.add(v128.load(sums + at), f32x4.mul(v128.load(a + at), v128.load(b + at))), width - k);
    }
    a += aStride;
    b += bStride;
  }
}

/** target[rows, width] = source[rows, width], each with its own stride. */
export function copyRows(target: usize, targetStride: usize, source: usize, sourceStride: usize, rows: i32, width: i32): void {
  for (; rows > 0; --rows) {
    memory.copy(target, source, <usize>width << 2);
    target += targetStride;
    source += sourceStride;
  }
}

/** x = min(max(x, -limit), limit) for n floats. */
export function clip(x: usize, n: i32, limit: f32): void {
  const most = f32x4.splat(limit), least = f32x4.splat(-limit);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = x + (<usize>k << 2);
    storeLanes(at, f32x4.pmax(f32x4.pmin(v128.load(at), most), least), n - k);
  }
}

/** Zero where |y| has reached the limit: nothing flows back through a clipped value. */
export function clipBackward(y: usize, slopes: usize, n: i32, limit: f32): void {
  const most = f32x4.splat(limit);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeLanes(slopes + at, v128.and(v128.load(slopes + at), f32x4.lt(f32x4.abs(v128.load(y + at)), most)), n - k);
  }
}

/** x *= factor for n floats. */
export function scale(x: usize, n: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = x + (<usize>k << 2);
    storeLanes(at, f32x4.mul(v128.load(at), by), n - k);
  }
}

/** The sum of squares of n floats, from the first to the last, in double precision. */
export function sumOfSquares(x: usize, n: i32): f64 {
  let sum: f64 = 0;
  for (let k: i32 = 0; k < n; ++k) {
    const value = <f64>f32.load(x + (<usize>k << 2));
    sum += value * value;
  }
  return sum;
}

/** Whether all of n floats are finite; sums up x · 0, which is 0 or NaN. */
export function allFinite(x: usize, n: i32): bool {
  const zero = f32x4.splat(0);
  let sum = zero;
  let k: i32 = 0;
  for (; k + 4 <= n; k += 4) sum = f32x4.add(sum, f32x4.mul(v128.load(x + (<usize>k << 2)), zero));
  let rest: f32 = f32x4.extract_lane(sum, 0) + f32x4.extract_lane(sum, 1) + f32x4.extract_lane(sum, 2) + f32x4.extract_lane(sum, 3);
  for (; k < n; ++k) rest += f32.load(x + (<usize>k << 2)) * 0;
  return rest == 0;
}

export function fill(target: usize, value: f32, n: i32): void {
  const four = f32x4.splat(value);
  for (let k: i32 = 0; k < n; k += 4) storeLanes(target + (<usize>k << 2), four, n - k);
}

/** [batch, steps, width] to [steps, batch, width]. */
export function batchToSteps(source: usize, target: usize, batch: i32, steps: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let b = 0; b < batch; ++b) {
    let to = target + <usize>b * bytes;
    for (let t = 0; t < steps; ++t) {
      memory.copy(to, source, bytes);
      source += bytes;
      to += bytes * batch;
    }
  }
}

/** Rows of a table [vocabulary, width] by numbers that are kept as floats. */
export function gatherRows(ids: usize, table: usize, target: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; ++row) {
    memory.copy(target + <usize>row * bytes, table + <usize>f32.load(ids + (<usize>row << 2)) * bytes, bytes);
  }
}

/** Adds columns `first` up to `end` of slopes[rows, width] to the rows of a table's gradient, from the first to the last. */
export function scatterRows(ids: usize, slopes: usize, stride: usize, gradient: usize, rows: i32, width: i32, first: i32, end: i32): void {
  for (let row = 0; row < rows; ++row) {
    const to = gradient + <usize>f32.load(ids + (<usize>row << 2)) * (<usize>width << 2);
    for (let k = first; k < end; ++k) {
      const at = <usize>k << 2;
      f32.store(to + at, f32.load(to + at) + f32.load(slopes + at));
    }
    slopes += stride;
  }
}

/** target[rows, width] = a * b, each with its own stride. */
export function multiplyRows(target: usize, targetStride: usize, a: usize, aStride: usize, b: usize, bStride: usize, rows: i32, width: i32): void {
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      storeLanes(target + at, f32x4.mul(v128.load(a + at), v128.load(b + at)), width - k);
    }
    target += targetStride;
    a += aStride;
    b += bStride;
  }
}
