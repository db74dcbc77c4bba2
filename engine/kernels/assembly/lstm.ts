// The LSTM's arithmetic between its two products, for a run of rows of one step.
import { sigmoid4, storeLanes, tanh4 } from './math';

/**
 * Turns pre-activations into gates and makes the new states. Per row: `z` holds four blocks of `units` pre-activations
 * without bias, which become the gates in place; `bias` is added first, `forgetBias` to the forget gate too.
 *   c' = f * c + i * tanh(j),  h' = o * tanh(c')
 * `iAt … oAt` are the places of the blocks in units. `alive` (0: all) says with a byte per row whether the step counts;
 * where it does not, states are carried over.
 */
export function lstmForward(
  rows: i32, units: i32, z: usize, bias: usize, forgetBias: f32, iAt: i32, jAt: i32, fAt: i32, oAt: i32,
  cBefore: usize, hBefore: usize, c: usize, h: usize, alive: usize,
): void {
  const width = <usize>units << 4;
  const rowBytes = <usize>units << 2;
  const ib = <usize>iAt * rowBytes, jb = <usize>jAt * rowBytes, fb = <usize>fAt * rowBytes, ob = <usize>oAt * rowBytes;
  const forget = f32x4.splat(forgetBias);
  for (let row = 0; row < rows; ++row) {
    if (alive && load<u8>(alive + row) == 0) {
      memory.fill(z, 0, width);
      memory.copy(c, cBefore, rowBytes);
      memory.copy(h, hBefore, rowBytes);
    } else {
      for (let u: i32 = 0; u < units; u += 4) {
        const at = <usize>u << 2;
        const lanes = units - u;
        const i = sigmoid4(f32x4.add(v128.load(z + ib + at), v128.load(bias + ib + at)));
        const j = tanh4(f32x4.add(v128.load(z + jb + at), v128.load(bias + jb + at)));
        const f = sigmoid4(f32x4.add(f32x4.add(v128.load(z + fb + at), v128.load(bias + fb + at)), forget));
        const o = sigmoid4(f32x4.add(v128.load(z + ob + at), v128.load(bias + ob + at)));
        const next = f32x4.add(f32x4.mul(v128.load(cBefore + at), f), f32x4.mul(i, j));
        const shown = f32x4.mul(tanh4(next), o);
        storeLanes(z + ib + at, i, lanes);
        storeLanes(z + jb + at, j, lanes);
        storeLanes(z + fb + at, f, lanes);
        storeLanes(z + ob + at, o, lanes);
        storeLanes(c + at, next, lanes);
        storeLanes(h + at, shown, lanes);
      }
    }
    z += width;
    cBefore += rowBytes;
    hBefore += rowBytes;
    c += rowBytes;
    h += rowBytes;
  }
}

/**
 * The way back through one step. `dh` is the gradient of h without what flows along time, `dhTime` that part, each with
 * its own stride (0: none); `dc` is the gradient of c from the step after and becomes that of the step before. The gates
 * in `z` turn into the gradient of the pre-activations, in place.
 */
export function lstmBackward(
  rows: i32, units: i32, z: usize, iAt: i32, jAt: i32, fAt: i32, oAt: i32,
  cBefore: usize, c: usize, dh: usize, dhStride: usize, dhTime: usize, dhTimeStride: usize, dc: usize, alive: usize,
): void {
  const width = <usize>units << 4;
  const rowBytes = <usize>units << 2;
  const ib = <usize>iAt * rowBytes, jb = <usize>jAt * rowBytes, fb = <usize>fAt * rowBytes, ob = <usize>oAt * rowBytes;
  const one = f32x4.splat(1);
  const none = f32x4.splat(0);
  for (let row = 0; row < rows; ++row) {
    if (alive && load<u8>(alive + row) == 0) {
      memory.fill(z, 0, width);
    } else {
      for (let u: i32 = 0; u < units; u += 4) {
        const at = <usize>u << 2;
        const lanes = units - u;
        const i = v128.load(z + ib + at);
        const j = v128.load(z + jb + at);
        const f = v128.load(z + fb + at);
        const o = v128.load(z + ob + at);
        const shown = tanh4(v128.load(c + at));
        let slope = dh ? v128.load(dh + at) : none;
        if (dhTime) slope = f32x4.add(slope, v128.load(dhTime + at));
        const byCell = f32x4.add(v128.load(dc + at), f32x4.mul(f32x4.mul(slope, o), f32x4.sub(one, f32x4.mul(shown, shown))));
        storeLanes(z + ib + at, f32x4.mul(f32x4.mul(byCell, j), f32x4.mul(i, f32x4.sub(one, i))), lanes);
        storeLanes(z + jb + at, f32x4.mul(f32x4.mul(byCell, i), f32x4.sub(one, f32x4.mul(j, j))), lanes);
        storeLanes(z + fb + at, f32x4.mul(f32x4.mul(byCell, v128.load(cBefore + at)), f32x4.mul(f, f32x4.sub(one, f))), lanes);
        storeLanes(z + ob + at, f32x4.mul(f32x4.mul(slope, shown), f32x4.mul(o, f32x4.sub(one, o))), lanes);
        storeLanes(dc + at, f32x4.mul(byCell, f), lanes);
      }
    }
    z += width;
    cBefore += rowBytes;
    c += rowBytes;
    dh += dh ? dhStride : 0;
    dhTime += dhTime ? dhTimeStride : 0;
    dc += rowBytes;
  }
}
