// Activations whose slope does not follow from their result: they need what they were applied to, or a whole row.
import { slope4 } from './activation';
import { exp4, sigmoid4, storeLanes, tanh4 } from './math';

export const GELU: i32 = 0;
/** By the tanh that comes near it. */
export const GELU_TANH: i32 = 1;
export const SWISH: i32 = 2;
export const LEAKY_RELU: i32 = 3;

const HALF_ROOT: f32 = 0.7071067811865476;
/** 1 / √(2π) */
const DENSITY: f32 = 0.3989422804014327;
/** √(2/π), and the cubic part of the approximation. Source: Hendrycks and Gimpel 2016. */
const ROOT: f32 = 0.7978845608028654;
const CUBIC: f32 = 0.044715;

@inline
function step(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
}

@inline
function within(x: v128, limit: f32): v128 {
  return f32x4.pmax(f32x4.pmin(x, f32x4.splat(limit)), f32x4.splat(-limit));
}

/** The error function, a few ulp off: a quotient of two polynomials in x², beyond ± 4 its value there. Coefficients: Eigen, `erf` of floats. */
@inline
function erf4(x: v128): v128 {
  const near = within(x, 4);
  const z = f32x4.mul(near, near);
  let p = step(f32x4.splat(-2.72614225801306e-10), z, 2.77068142495902e-8);
  p = step(p, z, -2.10102402082508e-6);
  p = step(p, z, -5.69250639462346e-5);
  p = step(p, z, -7.34990630326855e-4);
  p = step(p, z, -2.95459980854025e-3);
  p = step(p, z, -1.60960333262415e-2);
  let q = step(f32x4.splat(-1.45660718464996e-5), z, -2.13374055278905e-4);
  q = step(q, z, -1.68282697438203e-3);
  q = step(q, z, -7.37332916720468e-3);
  q = step(q, z, -1.42647390514189e-2);
  return f32x4.div(f32x4.mul(near, p), q);
}

/** Φ(x), the part of the normal distribution below x. */
@inline
function normal4(x: v128): v128 {
  const half = f32x4.splat(0.5);
  return f32x4.add(f32x4.mul(erf4(f32x4.mul(x, f32x4.splat(HALF_ROOT))), half), half);
}

/** The tanh in the approximation of GELU; far out it is ± 1 long before x³ could overflow. */
@inline
function geluTanh(x: v128): v128 {
  const near = within(x, 100);
  const inner = f32x4.add(near, f32x4.mul(f32x4.mul(f32x4.mul(near, near), near), f32x4.splat(CUBIC)));
  return tanh4(f32x4.mul(inner, f32x4.splat(ROOT)));
}

function curve4(kind: i32, parameter: f32, x: v128): v128 {
  if (kind == GELU) return f32x4.mul(x, normal4(x));
  if (kind == GELU_TANH) return f32x4.mul(f32x4.mul(x, f32x4.splat(0.5)), f32x4.add(f32x4.splat(1), geluTanh(x)));
  if (kind == SWISH) return f32x4.mul(x, sigmoid4(x));
  return v128.bitselect(x, f32x4.mul(x, f32x4.splat(parameter)), f32x4.gt(x, f32x4.splat(0)));
}

function curveSlope4(kind: i32, parameter: f32, x: v128): v128 {
  const one = f32x4.splat(1), half = f32x4.splat(0.5);
  if (kind == GELU) {
    const density = f32x4.mul(exp4(f32x4.mul(f32x4.mul(x, x), f32x4.splat(-0.5))), f32x4.splat(DENSITY));
    return f32x4.add(normal4(x), f32x4.mul(x, density));
  }
  if (kind == GELU_TANH) {
    const near = within(x, 100);
    const t = geluTanh(x);
    const inner = f32x4.mul(step(f32x4.mul(near, near), f32x4.splat(3 * CUBIC), 1), f32x4.splat(ROOT));
    const ofTanh = f32x4.mul(f32x4.sub(one, f32x4.mul(t, t)), inner);
    return f32x4.mul(half, f32x4.add(f32x4.add(one, t), f32x4.mul(near, ofTanh)));
  }
  if (kind == SWISH) {
    const s = sigmoid4(x);
    return f32x4.add(s, f32x4.mul(f32x4.mul(x, s), f32x4.sub(one, s)));
  }
  return v128.bitselect(one, f32x4.splat(parameter), f32x4.gt(x, f32x4.splat(0)));
}

/** y = f(x) for n floats. @param parameter slope of the leaky rectifier below 0 */
export function curve(kind: i32, parameter: f32, x: usize, y: usize, n: i32): void {
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeLanes(y + at, curve4(kind, parameter, v128.load(x + at)), n - k);
  }
}

/** Writes, or adds where `add`, the first lanes of four floats. */
@inline
function put(at: usize, v: v128, lanes: i32, add: i32): void {
  storeLanes(at, add ? f32x4.add(v128.load(at), v) : v, lanes);
}

/** dx (+)= dy * f'(x) by rows; the rows of dx and dy lie `stride` bytes apart, those of x side by side. */
export function curveSlopes(kind: i32, parameter: f32, x: usize, dy: usize, dx: usize, stride: usize, rows: i32, width: i32, add: i32): void {
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      put(dx + at, f32x4.mul(v128.load(dy + at), curveSlope4(kind, parameter, v128.load(x + at))), width - k, add);
    }
    x += <usize>width << 2;
    dy += stride;
    dx += stride;
  }
}

/** The same for activations whose slope follows from their result y. */
export function slopesByResult(kind: i32, y: usize, dy: usize, dx: usize, stride: usize, rows: i32, width: i32, add: i32): void {
  for (; rows > 0; --rows) {
    for (let k: i32 = 0; k < width; k += 4) {
      const at = <usize>k << 2;
      put(dx + at, f32x4.mul(v128.load(dy + at), slope4(kind, v128.load(y + at))), width - k, add);
    }
    y += <usize>width << 2;
    dy += stride;
    dx += stride;
  }
}

/** Softmax of each row, or its logarithm; sums in double precision from the first to the last. */
export function softmaxRows(logarithm: i32, x: usize, y: usize, rows: i32, width: i32): void {
  const bytes = <usize>width << 2;
  for (; rows > 0; --rows) {
    let most = f32.load(x);
    for (let at: usize = 4; at < bytes; at += 4) most = max(most, f32.load(x + at));
    let sum: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) sum += NativeMath.exp(<f64>(f32.load(x + at)) - most);
    const log = NativeMath.log(sum);
    for (let at: usize = 0; at < bytes; at += 4) {
      const below = <f64>(f32.load(x + at)) - most - log;
      f32.store(y + at, <f32>(logarithm ? below : NativeMath.exp(below)));
    }
    x += bytes;
    y += bytes;
  }
}

/** dx (+)= the gradient through softmax (y * (dy - Σ dy y)) or its logarithm (dy - e^y Σ dy), by rows `stride` bytes apart. */
export function softmaxSlopes(logarithm: i32, y: usize, dy: usize, dx: usize, stride: usize, rows: i32, width: i32, add: i32): void {
  const bytes = <usize>width << 2;
  for (; rows > 0; --rows) {
    let sum: f64 = 0;
    for (let at: usize = 0; at < bytes; at += 4) sum += <f64>(f32.load(dy + at)) * (logarithm ? 1 : <f64>(f32.load(y + at)));
    for (let at: usize = 0; at < bytes; at += 4) {
      const value = <f64>(f32.load(y + at));
      const slope = <f64>(f32.load(dy + at));
      const through = <f32>(logarithm ? slope - NativeMath.exp(value) * sum : value * (slope - sum));
      f32.store(dx + at, add ? f32.load(dx + at) + through : through);
    }
    y += bytes;
    dy += stride;
    dx += stride;
  }
}
