// The LSTM's arithmetic between its two products, for a run of rows of one step.
import { activateRow, SIGMOID, slope4, TANH } from './activation';
import { storeLanes } from './math';

/** target += weights * state over `units` floats. */
@inline
function lookAt(units: i32, target: usize, weights: usize, state: usize): void {
  for (let k: i32 = 0; k < units; k += 4) {
    const at = <usize>k << 2;
    const seen = f32x4.mul(v128.load(weights + at), v128.load(state + at));
    storeLanes(target + at, f32x4.add(v128.load(target + at), seen), units - k);
  }
}

/**
 * Turns pre-activations into gates and makes the new states. Per row: `z` holds four blocks of `units` pre-activations
 * without bias, which become the gates in place; `bias` is added first, `forgetBias` to the forget gate too.
 *   c' = f * c + i * act(j),  h' = o * act(c')
 * `iAt … oAt` are the places of the blocks. `peepholes` (0: none) holds w_i, w_f, w_o: the first two see c, the last c'.
 * c' is clipped to ± `clip` when that is positive. `shown` receives act(c').
 */
export function lstmForward(
  rows: i32, units: i32, z: usize, bias: usize, forgetBias: f32, iAt: i32, jAt: i32, fAt: i32, oAt: i32,
  peepholes: usize, clip: f32, activation: i32, gate: i32, cBefore: usize, c: usize, shown: usize, h: usize,
): void {
  const width = <usize>units << 2;
  const most = f32x4.splat(clip), least = f32x4.splat(-clip);
  for (; rows > 0; --rows) {
    const i = z + <usize>iAt * width, j = z + <usize>jAt * width, f = z + <usize>fAt * width, o = z + <usize>oAt * width;
    if (peepholes) {
      lookAt(units, i, peepholes, cBefore);
      lookAt(units, f, peepholes + width, cBefore);
    }
    activateRow(gate, i, bias + (i - z), 0, i, units);
    activateRow(activation, j, bias + (j - z), 0, j, units);
    activateRow(gate, f, bias + (f - z), forgetBias, f, units);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      const kept = f32x4.mul(v128.load(cBefore + at), v128.load(f + at));
      let next = f32x4.add(kept, f32x4.mul(v128.load(i + at), v128.load(j + at)));
      if (clip > 0) next = f32x4.pmax(f32x4.pmin(next, most), least);
      storeLanes(c + at, next, units - k);
    }
    if (peepholes) lookAt(units, o, peepholes + 2 * width, c);
    activateRow(gate, o, bias + (o - z), 0, o, units);
    activateRow(activation, c, 0, 0, shown, units);
    for (let k: i32 = 0; k < units; k += 4) {
      const at = <usize>k << 2;
      storeLanes(h + at, f32x4.mul(v128.load(o + at), v128.load(shown + at)), units - k);
    }
    z += width << 2;
    cBefore += width;
    c += width;
    shown += width;
    h += width;
  }
}

/**
 * The gradients by what a step has made, before the way back takes the gates' place. `dm` `[rows, U]` is that of
 * o * act(c'), `dc` that of c' from the step after. `to` receives six blocks of `units` a row: those by i, j, f, o, c' and
 * act(c'); zeros where the row is not alive.
 */
export function lstmStepSlopes(
  rows: i32, units: i32, z: usize, iAt: i32, jAt: i32, fAt: i32, oAt: i32, peepholes: usize, clip: f32, activation: i32, gate: i32,
  cBefore: usize, c: usize, shown: usize, dm: usize, dc: usize, alive: usize, to: usize,
): void {
  const width = <usize>units << 2;
  const ib = <usize>iAt * width, jb = <usize>jAt * width, fb = <usize>fAt * width, ob = <usize>oAt * width;
  for (let row = 0; row < rows; ++row) {
    if (alive != 0 && load<u8>(alive + row) == 0) {
      memory.fill(to, 0, width * 6);
    } else {
      for (let k: i32 = 0; k < units; k += 4) {
        const at = <usize>k << 2;
        const o = v128.load(z + ob + at);
        const seen = v128.load(shown + at);
        const slope = v128.load(dm + at);
        const byO = f32x4.mul(slope, seen);
        const byShown = f32x4.mul(slope, o);
        let byCell = f32x4.add(v128.load(dc + at), f32x4.mul(byShown, slope4(activation, seen)));
        if (peepholes) byCell = f32x4.add(byCell, f32x4.mul(f32x4.mul(byO, slope4(gate, o)), v128.load(peepholes + 2 * width + at)));
        storeLanes(to + 3 * width + at, byO, units - k);
        storeLanes(to + 4 * width + at, byCell, units - k);
        storeLanes(to + 5 * width + at, byShown, units - k);
        if (clip > 0) byCell = v128.and(byCell, f32x4.lt(f32x4.abs(v128.load(c + at)), f32x4.splat(clip)));
        storeLanes(to + at, f32x4.mul(byCell, v128.load(z + jb + at)), units - k);
        storeLanes(to + width + at, f32x4.mul(byCell, v128.load(z + ib + at)), units - k);
        storeLanes(to + 2 * width + at, f32x4.mul(byCell, v128.load(cBefore + at)), units - k);
      }
    }
    z += width << 2;
    cBefore += width;
    c += width;
    shown += width;
    dm += width;
    dc += width;
    to += width * 6;
  }
}

@inline
function backwardUnits(
  lanes: i32, at: usize, z: usize, ib: usize, jb: usize, fb: usize, ob: usize, peepholes: usize, width: usize, clip: f32,
  activation: i32, gate: i32, cBefore: usize, c: usize, shown: usize, dh: usize, dhTime: usize, dc: usize,
): void {
  const i = v128.load(z + ib + at);
  const j = v128.load(z + jb + at);
  const f = v128.load(z + fb + at);
  const o = v128.load(z + ob + at);
  const seen = v128.load(shown + at);
  const before = v128.load(cBefore + at);
  let slope = dh ? v128.load(dh + at) : f32x4.splat(0);
  if (dhTime) slope = f32x4.add(slope, v128.load(dhTime + at));
  const dzo = f32x4.mul(f32x4.mul(slope, seen), slope4(gate, o));
  let byCell = f32x4.add(v128.load(dc + at), f32x4.mul(f32x4.mul(slope, o), slope4(activation, seen)));
  if (peepholes) byCell = f32x4.add(byCell, f32x4.mul(dzo, v128.load(peepholes + 2 * width + at)));
  // Where c' was clipped, nothing flows back.
  if (clip > 0) byCell = v128.and(byCell, f32x4.lt(f32x4.abs(v128.load(c + at)), f32x4.splat(clip)));
  const dzi = f32x4.mul(f32x4.mul(byCell, j), slope4(gate, i));
  const dzf = f32x4.mul(f32x4.mul(byCell, before), slope4(gate, f));
  let byBefore = f32x4.mul(byCell, f);
  if (peepholes) {
    byBefore = f32x4.add(byBefore, f32x4.mul(dzi, v128.load(peepholes + at)));
    byBefore = f32x4.add(byBefore, f32x4.mul(dzf, v128.load(peepholes + width + at)));
  }
  storeLanes(z + ib + at, dzi, lanes);
  storeLanes(z + jb + at, f32x4.mul(f32x4.mul(byCell, i), slope4(activation, j)), lanes);
  storeLanes(z + fb + at, dzf, lanes);
  storeLanes(z + ob + at, dzo, lanes);
  storeLanes(dc + at, byBefore, lanes);
}

@inline
function backwardRows(
  rows: i32, units: i32, z: usize, ib: usize, jb: usize, fb: usize, ob: usize, peepholes: usize, clip: f32, activation: i32, gate: i32,
  cBefore: usize, c: usize, shown: usize, dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dc: usize, alive: usize,
): void {
  const width = <usize>units << 2;
  const whole = <usize>(units & ~3) << 2;
  for (let row = 0; row < rows; ++row) {
    if (alive != 0 && load<u8>(alive + row) == 0) {
      memory.fill(z, 0, width << 2);
    } else {
      for (let at: usize = 0; at < whole; at += 16) {
        backwardUnits(4, at, z, ib, jb, fb, ob, peepholes, width, clip, activation, gate, cBefore, c, shown, dh, dhTime, dc);
      }
      if (whole < width) {
        backwardUnits(units & 3, whole, z, ib, jb, fb, ob, peepholes, width, clip, activation, gate, cBefore, c, shown, dh, dhTime, dc);
      }
    }
    z += width << 2;
    cBefore += width;
    c += width;
    shown += width;
    dh += dh ? dhStride : 0;
    dhTime += dhTime ? dhTimeStride : 0;
    dc += width;
  }
}

/**
 * The way back through one step. `dh` is the gradient of h' without what flows along time, `dhTime` that part, each with
 * its own stride (0: none); `dc` is the gradient of c' from the step after and becomes that of c. The gates in `z` turn
 * into the gradient of the pre-activations, in place. `alive` (0: all) has a byte per row, 0 where the step does not
 * count: there z becomes zero and dc passes by.
 */
export function lstmBackward(
  rows: i32, units: i32, z: usize, iAt: i32, jAt: i32, fAt: i32, oAt: i32, peepholes: usize, clip: f32, activation: i32, gate: i32,
  cBefore: usize, c: usize, shown: usize, dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dc: usize, alive: usize,
): void {
  const width = <usize>units << 2;
  const ib = <usize>iAt * width, jb = <usize>jAt * width, fb = <usize>fAt * width, ob = <usize>oAt * width;
  if (peepholes == 0 && clip == 0 && activation == TANH && gate == SIGMOID) {
    backwardRows(rows, units, z, ib, jb, fb, ob, 0, 0, TANH, SIGMOID, cBefore, c, shown, dh, dhStride, dhTime, dhTimeStride, dc, alive);
  } else if (activation == TANH && gate == SIGMOID) {
    backwardRows(rows, units, z, ib, jb, fb, ob, peepholes, clip, TANH, SIGMOID, cBefore, c, shown, dh, dhStride, dhTime, dhTimeStride, dc, alive);
  } else {
    backwardRows(rows, units, z, ib, jb, fb, ob, peepholes, clip, activation, gate, cBefore, c, shown, dh, dhStride, dhTime, dhTimeStride, dc, alive);
  }
}
