// The single operations of which composed cells are made (`engine/backends/wasm/composed`), over rows side by side.
import { storeLanes } from './math';

@inline
function put(at: usize, v: v128, lanes: i32, add: i32): void {
  storeLanes(at, add ? f32x4.add(v128.load(at), v) : v, lanes);
}

/** target (+)= a * b for n floats. */
export function productOnto(target: usize, a: usize, b: usize, n: i32, add: i32): void {
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    put(target + at, f32x4.mul(v128.load(a + at), v128.load(b + at)), n - k, add);
  }
}

/** target (+)= factor * a + constant for n floats. */
export function affineOnto(target: usize, a: usize, factor: f32, constant: f32, n: i32, add: i32): void {
  const by = f32x4.splat(factor), plus = f32x4.splat(constant);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    put(target + at, f32x4.add(f32x4.mul(v128.load(a + at), by), plus), n - k, add);
  }
}

/** target (+)= a * vector, the same vector for every row. */
export function columnsOnto(target: usize, a: usize, vector: usize, rows: i32, width: i32, add: i32): void {
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      put(target + at, f32x4.mul(v128.load(a + at), v128.load(vector + at)), width - k, add);
    }
    target += <usize>width << 2;
    a += <usize>width << 2;
  }
}

/** dx (+)= dy where |y| is below the limit: nothing flows back through a clipped value. */
export function clippedOnto(dx: usize, dy: usize, y: usize, limit: f32, n: i32, add: i32): void {
  const most = f32x4.splat(limit);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    put(dx + at, v128.and(v128.load(dy + at), f32x4.lt(f32x4.abs(v128.load(y + at)), most)), n - k, add);
  }
}

/**
 * Layer normalization: y = n * gain + shift with n = (x - mean) / √(variance + epsilon) over each row, which is kept, as is
 * 1 / √(variance + epsilon). Sums in double precision from the first to the last.
 */
export function normRows(x: usize, gain: usize, shift: usize, epsilon: f64, normed: usize, inverse: usize, y: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (; rows > 0; --rows) {
    let sum: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) sum += <f64>(f32.load(x + at));
    const mean = sum / width;
    let squares: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const centred = <f64>(f32.load(x + at)) - mean;
      squares += centred * centred;
    }
    const scale = 1 / Math.sqrt(squares / width + epsilon);
    f32.store(inverse, <f32>scale);
    for (let at: usize = 0; at < bytes; at += 4) {
      const n = <f32>((<f64>(f32.load(x + at)) - mean) * scale);
      f32.store(normed + at, n);
      f32.store(y + at, n * f32.load(gain + at) + f32.load(shift + at));
    }
    x += bytes;
    normed += bytes;
    inverse += 4;
    y += bytes;
  }
}

/** The way back: dx (+)= (d - mean(d) - n * mean(d * n)) / √(variance + epsilon) with d = dy * gain. */
export function normSlopes(dy: usize, gain: usize, normed: usize, inverse: usize, dx: usize, rows: i32, width: i32, add: i32): void {
  const bytes = <usize>width << 2;
  for (; rows > 0; --rows) {
    let sum: f64 = 0, along: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) {
      const d = <f64>(f32.load(dy + at)) * f32.load(gain + at);
      sum += d;
      along += d * f32.load(normed + at);
    }
    sum /= width;
    along /= width;
    const scale = <f64>(f32.load(inverse));
    for (let at: usize = 0; at < bytes; at += 4) {
      const d = <f64>(f32.load(dy + at)) * f32.load(gain + at);
      const through = <f32>((d - sum - along * f32.load(normed + at)) * scale);
      f32.store(dx + at, add ? f32.load(dx + at) + through : through);
    }
    dy += bytes;
    normed += bytes;
    inverse += 4;
    dx += bytes;
  }
}

/** x *= mask by rows, those of x `stride` bytes apart, where the row is alive (0: everywhere). */
export function dropRows(x: usize, stride: usize, mask: usize, alive: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; ++row) {
    if (alive == 0 || load<u8>(alive + row)) {
      for (let k: i32 = 0; k < width; k += 4) {
        const at = <usize>k << 2;
        storeLanes(x + at, f32x4.mul(v128.load(x + at), v128.load(mask + at)), width - k);
      }
    }
    x += stride;
    mask += <usize>width << 2;
  }
}
