// The GRU's arithmetic around its products, for a run of rows of one step.
import { activateRow, SIGMOID, slope4, TANH } from './activation';
import { storeLanes } from './math';

/**
 * Reset before the product, first half: `gates[rows, 2U]` become r (at place `rAt`) and u, and rh = r * h.
 */
export function gruGates(rows: i32, units: i32, gates: usize, bias: usize, rAt: i32, gate: i32, hBefore: usize, rh: usize): void {
  const width = <usize>units << 2;
  const rb = <usize>rAt * width;
  for (; rows > 0; --rows) {
    activateRow(gate, gates, bias, 0, gates, units << 1);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      storeLanes(rh + at, f32x4.mul(v128.load(gates + rb + at), v128.load(hBefore + at)), units - k);
    }
    gates += width << 1;
    hBefore += width;
    rh += width;
  }
}

/** Second half: `n[rows, U]` becomes the candidate, h' = u * h + (1 - u) * n. */
export function gruState(rows: i32, units: i32, gates: usize, uAt: i32, n: usize, bias: usize, activation: i32, hBefore: usize, h: usize): void {
  const width = <usize>units << 2;
  const ub = <usize>uAt * width;
  const one = f32x4.splat(1);
  for (; rows > 0; --rows) {
    activateRow(activation, n, bias, 0, n, units);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      const u = v128.load(gates + ub + at);
      const candidate = v128.load(n + at);
      storeLanes(h + at, f32x4.add(f32x4.mul(u, v128.load(hBefore + at)), f32x4.mul(f32x4.sub(one, u), candidate)), units - k);
    }
    gates += width << 1;
    n += width;
    hBefore += width;
    h += width;
  }
}

@inline
function gruStateBackwardRows(
  rows: i32, units: i32, gates: usize, uAt: i32, n: usize, activation: i32, gate: i32, hBefore: usize,
  dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dhBefore: usize, alive: usize,
): void {
  const width = <usize>units << 2;
  const ub = <usize>uAt * width;
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; ++row) {
    if (alive != 0 && load<u8>(alive + row) == 0) {
      memory.fill(gates, 0, width << 1);
      memory.fill(n, 0, width);
      memory.fill(dhBefore, 0, width);
    } else {
      for (let k: i32 = 0; k < units; k += 4) {
        const at = <usize>k << 2;
        let slope = dh ? v128.load(dh + at) : f32x4.splat(0);
        if (dhTime) slope = f32x4.add(slope, v128.load(dhTime + at));
        const u = v128.load(gates + ub + at);
        const candidate = v128.load(n + at);
        storeLanes(gates + ub + at, f32x4.mul(f32x4.mul(slope, f32x4.sub(v128.load(hBefore + at), candidate)), slope4(gate, u)), units - k);
        storeLanes(n + at, f32x4.mul(f32x4.mul(slope, f32x4.sub(one, u)), slope4(activation, candidate)), units - k);
        storeLanes(dhBefore + at, f32x4.mul(slope, u), units - k);
      }
    }
    gates += width << 1;
    n += width;
    hBefore += width;
    dh += dh ? dhStride : 0;
    dhTime += dhTime ? dhTimeStride : 0;
    dhBefore += width;
  }
}

/**
 * Back through the second half: n becomes the gradient of its pre-activation, u in `gates` that of its own, and `dhBefore`
 * what reaches h directly. Rows that are not alive get zeros; their state's gradient is carried elsewhere.
 */
export function gruStateBackward(
  rows: i32, units: i32, gates: usize, uAt: i32, n: usize, activation: i32, gate: i32, hBefore: usize,
  dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dhBefore: usize, alive: usize,
): void {
  if (activation == TANH && gate == SIGMOID) gruStateBackwardRows(rows, units, gates, uAt, n, TANH, SIGMOID, hBefore, dh, dhStride, dhTime, dhTimeStride, dhBefore, alive);
  else gruStateBackwardRows(rows, units, gates, uAt, n, activation, gate, hBefore, dh, dhStride, dhTime, dhTimeStride, dhBefore, alive);
}

@inline
function gruGatesBackwardRows(rows: i32, units: i32, gates: usize, rAt: i32, gate: i32, hBefore: usize, drh: usize, drhStride: usize, dhBefore: usize): void {
  const width = <usize>units << 2;
  const rb = <usize>rAt * width;
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      const slope = v128.load(drh + at);
      const r = v128.load(gates + rb + at);
      storeLanes(gates + rb + at, f32x4.mul(f32x4.mul(slope, v128.load(hBefore + at)), slope4(gate, r)), units - k);
      storeLanes(drh + at, f32x4.add(v128.load(dhBefore + at), f32x4.mul(slope, r)), units - k);
    }
    gates += width << 1;
    hBefore += width;
    drh += drhStride;
    dhBefore += width;
  }
}

/** Back through the first half: `drh` (the gradient of r * h) becomes that of h so far, r in `gates` that of its pre-activation. */
export function gruGatesBackward(
  rows: i32, units: i32, gates: usize, rAt: i32, gate: i32, hBefore: usize, drh: usize, drhStride: usize, dhBefore: usize,
): void {
  if (gate == SIGMOID) gruGatesBackwardRows(rows, units, gates, rAt, SIGMOID, hBefore, drh, drhStride, dhBefore);
  else gruGatesBackwardRows(rows, units, gates, rAt, gate, hBefore, drh, drhStride, dhBefore);
}

/**
 * Reset after the product: `x[rows, 3U]` and `hh[rows, 3U]` are the two products without biases. x becomes r, u and n in
 * place; the block of n in `hh` becomes h Wn + bn, which the way back needs.
 */
export function gruAfterForward(
  rows: i32, units: i32, x: usize, bias: usize, hh: usize, hBias: usize, rAt: i32, uAt: i32, activation: i32, gate: i32, hBefore: usize, h: usize,
): void {
  const width = <usize>units << 2;
  const rb = <usize>rAt * width, ub = <usize>uAt * width, nb = width << 1;
  const one = f32x4.splat(1);
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      let zr = f32x4.add(v128.load(x + rb + at), v128.load(hh + rb + at));
      let zu = f32x4.add(v128.load(x + ub + at), v128.load(hh + ub + at));
      let zh = v128.load(hh + nb + at);
      if (bias) {
        zr = f32x4.add(zr, f32x4.add(v128.load(bias + rb + at), v128.load(hBias + rb + at)));
        zu = f32x4.add(zu, f32x4.add(v128.load(bias + ub + at), v128.load(hBias + ub + at)));
        zh = f32x4.add(zh, v128.load(hBias + nb + at));
      }
      storeLanes(x + rb + at, zr, units - k);
      storeLanes(x + ub + at, zu, units - k);
      storeLanes(hh + nb + at, zh, units - k);
    }
    activateRow(gate, x, 0, 0, x, units << 1);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      let zx = v128.load(x + nb + at);
      if (bias) zx = f32x4.add(zx, v128.load(bias + nb + at));
      storeLanes(x + nb + at, f32x4.add(zx, f32x4.mul(v128.load(x + rb + at), v128.load(hh + nb + at))), units - k);
    }
    activateRow(activation, x + nb, 0, 0, x + nb, units);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      const u = v128.load(x + ub + at);
      const kept = f32x4.mul(u, v128.load(hBefore + at));
      storeLanes(h + at, f32x4.add(kept, f32x4.mul(f32x4.sub(one, u), v128.load(x + nb + at))), units - k);
    }
    x += width * 3;
    hh += width * 3;
    hBefore += width;
    h += width;
  }
}

@inline
function gruAfterBackwardRows(
  rows: i32, units: i32, x: usize, hh: usize, rAt: i32, uAt: i32, activation: i32, gate: i32, hBefore: usize,
  dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dhBefore: usize, dhBeforeStride: usize, alive: usize,
): void {
  const width = <usize>units << 2;
  const rb = <usize>rAt * width, ub = <usize>uAt * width, nb = width << 1;
  const one = f32x4.splat(1);
  for (let row = 0; row < rows; ++row) {
    if (alive != 0 && load<u8>(alive + row) == 0) {
      memory.fill(x, 0, width * 3);
      memory.fill(hh, 0, width * 3);
      memory.fill(dhBefore, 0, width);
    } else {
      for (let k: i32 = 0; k < units; k += 4) {
        const at = <usize>k << 2;
        let slope = dh ? v128.load(dh + at) : f32x4.splat(0);
        if (dhTime) slope = f32x4.add(slope, v128.load(dhTime + at));
        const r = v128.load(x + rb + at);
        const u = v128.load(x + ub + at);
        const n = v128.load(x + nb + at);
        const dzn = f32x4.mul(f32x4.mul(slope, f32x4.sub(one, u)), slope4(activation, n));
        const dzu = f32x4.mul(f32x4.mul(slope, f32x4.sub(v128.load(hBefore + at), n)), slope4(gate, u));
        const dzr = f32x4.mul(f32x4.mul(dzn, v128.load(hh + nb + at)), slope4(gate, r));
        storeLanes(x + rb + at, dzr, units - k);
        storeLanes(x + ub + at, dzu, units - k);
        storeLanes(x + nb + at, dzn, units - k);
        storeLanes(hh + rb + at, dzr, units - k);
        storeLanes(hh + ub + at, dzu, units - k);
        storeLanes(hh + nb + at, f32x4.mul(dzn, r), units - k);
        storeLanes(dhBefore + at, f32x4.mul(slope, u), units - k);
      }
    }
    x += width * 3;
    hh += width * 3;
    hBefore += width;
    dh += dh ? dhStride : 0;
    dhTime += dhTime ? dhTimeStride : 0;
    dhBefore += dhBeforeStride;
  }
}

/** The way back: x and hh become the gradients of their products, `dhBefore` (with a stride) what reaches h directly. */
export function gruAfterBackward(
  rows: i32, units: i32, x: usize, hh: usize, rAt: i32, uAt: i32, activation: i32, gate: i32, hBefore: usize,
  dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dhBefore: usize, dhBeforeStride: usize, alive: usize,
): void {
  if (activation == TANH && gate == SIGMOID) gruAfterBackwardRows(rows, units, x, hh, rAt, uAt, TANH, SIGMOID, hBefore, dh, dhStride, dhTime, dhTimeStride, dhBefore, dhBeforeStride, alive);
  else gruAfterBackwardRows(rows, units, x, hh, rAt, uAt, activation, gate, hBefore, dh, dhStride, dhTime, dhTimeStride, dhBefore, dhBeforeStride, alive);
}

/**
 * The gradients by u and n of a step whose h' has the gradient `dh` `[rows, U]`, before the way back takes their place.
 * Rows of u and of n lie `uStride` and `nStride` bytes apart, those of `du` and `dn` `toStride`.
 */
export function gruStepSlopes(
  rows: i32, units: i32, u: usize, uStride: usize, n: usize, nStride: usize, hBefore: usize, dh: usize, du: usize, dn: usize, toStride: usize,
): void {
  const width = <usize>units << 2;
  const one = f32x4.splat(1);
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      const slope = v128.load(dh + at);
      storeLanes(du + at, f32x4.mul(slope, f32x4.sub(v128.load(hBefore + at), v128.load(n + at))), units - k);
      storeLanes(dn + at, f32x4.mul(slope, f32x4.sub(one, v128.load(u + at))), units - k);
    }
    u += uStride;
    n += nStride;
    hBefore += width;
    dh += width;
    du += toStride;
    dn += toStride;
  }
}
