// Rows of one step in any cell: bias and activation, rows of different lengths, the simple RNN's way back.
import { activateRow, slope4, TANH } from './activation';
import { storeLanes } from './math';

/** x = act(x + bias) for every row of x[rows, width]; `bias` 0: none. */
export function biasActivate(kind: i32, x: usize, bias: usize, rows: i32, width: i32): void {
  for (; rows > 0; --rows) {
    activateRow(kind, x, bias, 0, x, width);
    x += <usize>width << 2;
  }
}

@inline
function slopeRows(
  kind: i32, y: usize, dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dz: usize, dzStride: usize, rows: i32, width: i32, alive: usize,
): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; ++row) {
    if (alive != 0 && load<u8>(alive + row) == 0) {
      memory.fill(dz, 0, bytes);
    } else {
      for (let k: i32 = 0; k < width; k += 4) {
        const at = <usize>k << 2;
        let slope = dh ? v128.load(dh + at) : f32x4.splat(0);
        if (dhTime) slope = f32x4.add(slope, v128.load(dhTime + at));
        storeLanes(dz + at, f32x4.mul(slope, slope4(kind, v128.load(y + at))), width - k);
      }
    }
    y += bytes;
    dh += dh ? dhStride : 0;
    dhTime += dhTime ? dhTimeStride : 0;
    dz += dzStride;
  }
}

/** dz = (dh + dhTime) * act'(y) by rows, gradients each with their own stride (address 0: none); zero where the row is not alive. */
export function activationSlopes(
  kind: i32, y: usize, dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dz: usize, dzStride: usize, rows: i32, width: i32, alive: usize,
): void {
  if (kind == TANH) slopeRows(TANH, y, dh, dhStride, dhTime, dhTimeStride, dz, dzStride, rows, width, alive);
  else slopeRows(kind, y, dh, dhStride, dhTime, dhTimeStride, dz, dzStride, rows, width, alive);
}

/** after = before where the row is not alive. */
export function carryRows(after: usize, before: usize, alive: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; ++row) {
    if (load<u8>(alive + row) == 0) memory.copy(after + <usize>row * bytes, before + <usize>row * bytes, bytes);
  }
}

/** target = source where the row is alive, elsewhere zero. */
export function maskRows(target: usize, source: usize, alive: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; ++row) {
    if (load<u8>(alive + row)) memory.copy(target, source, bytes);
    else memory.fill(target, 0, bytes);
    target += bytes;
    source += bytes;
  }
}

/** The gradient of a state that was carried over: target = dhTime + dh where the row is not alive (address 0: none). */
export function carrySlopes(
  target: usize, targetStride: usize, dhTime: usize, dhTimeStride: usize, dh: usize, dhStride: usize, alive: usize, rows: i32, width: i32,
): void {
  for (let row = 0; row < rows; ++row) {
    if (load<u8>(alive + row) == 0) {
      for (let k: i32 = 0; k < width; k += 4) {
        const at = <usize>k << 2;
        let slope = dhTime ? v128.load(dhTime + at) : f32x4.splat(0);
        if (dh) slope = f32x4.add(slope, v128.load(dh + at));
        storeLanes(target + at, slope, width - k);
      }
    }
    target += targetStride;
    dhTime += dhTime ? dhTimeStride : 0;
    dh += dh ? dhStride : 0;
  }
}

/** target += source where the row is alive, each with its own stride. */
export function maskSlopes(target: usize, targetStride: usize, source: usize, sourceStride: usize, alive: usize, rows: i32, width: i32): void {
  for (let row = 0; row < rows; ++row) {
    if (load<u8>(alive + row)) {
      for (let k: i32 = 0; k < width; k += 4) {
        const at = <usize>k << 2;
        storeLanes(target + at, f32x4.add(v128.load(target + at), v128.load(source + at)), width - k);
      }
    }
    target += targetStride;
    source += sourceStride;
  }
}
