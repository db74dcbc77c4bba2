// Activations by number (`engine/kernels/activations.ts` names them), and their slopes as functions of the result.
import { exp4, sigmoid4, storeLanes, tanh4 } from './math';

export const LINEAR: i32 = 0;
export const TANH: i32 = 1;
export const SIGMOID: i32 = 2;
export const RELU: i32 = 3;
export const ELU: i32 = 4;
export const SELU: i32 = 5;
export const SOFTSIGN: i32 = 6;
export const SOFTPLUS: i32 = 7;
/** clip(0.2 x + 0.5, 0, 1) */
export const HARD_SIGMOID: i32 = 8;
/** relu6(x + 3) / 6 */
export const HARD_SIGMOID_KERAS3: i32 = 9;
export const RELU6: i32 = 10;
export const EXPONENTIAL: i32 = 11;

const SELU_SCALE: f32 = 1.0507009873554805;
const SELU_ALPHA: f32 = 1.6732632423543772;

/** log(1 + e^x), lane by lane in double precision. */
function softplus(x: v128): v128 {
  let y = x;
  const lane0 = f32x4.extract_lane(x, 0), lane1 = f32x4.extract_lane(x, 1), lane2 = f32x4.extract_lane(x, 2), lane3 = f32x4.extract_lane(x, 3);
  y = f32x4.replace_lane(y, 0, softplus1(lane0));
  y = f32x4.replace_lane(y, 1, softplus1(lane1));
  y = f32x4.replace_lane(y, 2, softplus1(lane2));
  return f32x4.replace_lane(y, 3, softplus1(lane3));
}

function softplus1(x: f32): f32 {
  return <f32>(NativeMath.max(x, 0) + NativeMath.log1p(NativeMath.exp(-NativeMath.abs(x))));
}

@inline
function clip(x: v128, most: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(most)), f32x4.splat(0));
}

@inline
export function activate4(kind: i32, x: v128): v128 {
  if (kind == TANH) return tanh4(x);
  if (kind == SIGMOID) return sigmoid4(x);
  return other(kind, x);
}

function other(kind: i32, x: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  switch (kind) {
    case RELU: return f32x4.pmax(x, zero);
    case ELU: return v128.bitselect(x, f32x4.sub(exp4(f32x4.pmin(x, zero)), one), f32x4.gt(x, zero));
    case SELU: {
      const below = f32x4.mul(f32x4.sub(exp4(f32x4.pmin(x, zero)), one), f32x4.splat(SELU_ALPHA));
      return f32x4.mul(v128.bitselect(x, below, f32x4.gt(x, zero)), f32x4.splat(SELU_SCALE));
    }
    case SOFTSIGN: return f32x4.div(x, f32x4.add(one, f32x4.abs(x)));
    case SOFTPLUS: return softplus(x);
    case HARD_SIGMOID: return clip(f32x4.add(f32x4.mul(x, f32x4.splat(0.2)), f32x4.splat(0.5)), 1);
    case HARD_SIGMOID_KERAS3: return f32x4.div(clip(f32x4.add(x, f32x4.splat(3)), 6), f32x4.splat(6));
    case RELU6: return clip(x, 6);
    case EXPONENTIAL: return exp4(x);
    default: return x;
  }
}

@inline
function rowOf(kind: i32, source: usize, bias: usize, extra: f32, target: usize, width: i32): void {
  const more = f32x4.splat(extra);
  for (let k: i32 = 0; k < width; k += 4) {
    const at = <usize>k << 2;
    let x = v128.load(source + at);
    if (bias) x = f32x4.add(f32x4.add(x, v128.load(bias + at)), more);
    storeLanes(target + at, activate4(kind, x), width - k);
  }
}

/**
 * target = act((source + bias) + extra) over `width` floats; `bias` 0: neither is added. One short loop each for what is
 * used most: a loop that also computes other things runs out of registers.
 */
export function activateRow(kind: i32, source: usize, bias: usize, extra: f32, target: usize, width: i32): void {
  if (kind == TANH) rowOf(TANH, source, bias, extra, target, width);
  else if (kind == SIGMOID) rowOf(SIGMOID, source, bias, extra, target, width);
  else rowOf(kind, source, bias, extra, target, width);
}

/** The slope of an activation where its result is y. */
@inline
export function slope4(kind: i32, y: v128): v128 {
  const one = f32x4.splat(1);
  if (kind == TANH) return f32x4.sub(one, f32x4.mul(y, y));
  if (kind == SIGMOID) return f32x4.mul(y, f32x4.sub(one, y));
  return otherSlope(kind, y);
}

/** 1 inside (0, most), `inside` elsewhere 0. */
@inline
function between(y: v128, most: f32, inside: f32): v128 {
  return v128.and(v128.and(f32x4.gt(y, f32x4.splat(0)), f32x4.lt(y, f32x4.splat(most))), f32x4.splat(inside));
}

function otherSlope(kind: i32, y: v128): v128 {
  const zero = f32x4.splat(0), one = f32x4.splat(1);
  switch (kind) {
    case RELU: return v128.and(f32x4.gt(y, zero), one);
    case ELU: return v128.bitselect(one, f32x4.add(y, one), f32x4.gt(y, zero));
    case SELU: {
      const scale = f32x4.splat(SELU_SCALE);
      return v128.bitselect(scale, f32x4.add(y, f32x4.mul(scale, f32x4.splat(SELU_ALPHA))), f32x4.gt(y, zero));
    }
    case SOFTSIGN: {
      const rest = f32x4.sub(one, f32x4.abs(y));
      return f32x4.mul(rest, rest);
    }
    case SOFTPLUS: return f32x4.sub(one, exp4(f32x4.neg(y)));
    case HARD_SIGMOID: return between(y, 1, 0.2);
    case HARD_SIGMOID_KERAS3: return between(y, 1, 1 / 6);
    case RELU6: return between(y, 6, 1);
    case EXPONENTIAL: return y;
    default: return one;
  }
}
