// exp, tanh, sigmoid over four floats, from additions and multiplications alone, so that every machine gives the same bits.

/** 1.5 * 2^23: adding it rounds to an integer and leaves that integer in the low bits of the float. */
const ROUND: f32 = 12582912.0;

@inline
function splat(x: f32): v128 {
  return f32x4.splat(x);
}

/** a * b + c with two roundings: plain, never fused. */
@inline
function step(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), splat(c));
}

/**
 * e^x, at most 2 ulp off. Arguments are clamped to [-87.3, 88.7], so that it never overflows and never makes a
 * denormal number; NaN stays NaN. Cody-Waite reduction and polynomial of Cephes' expf.
 */
@inline
export function exp4(x: v128): v128 {
  x = f32x4.pmax(f32x4.pmin(x, splat(88.7)), splat(-87.3));
  const shifted = f32x4.add(f32x4.mul(x, splat(1.44269504088896341)), splat(ROUND));
  const n = f32x4.sub(shifted, splat(ROUND));
  let r = f32x4.sub(x, f32x4.mul(n, splat(0.693359375)));
  r = f32x4.add(r, f32x4.mul(n, splat(2.12194440e-4)));
  let p = step(splat(1.9875691500e-4), r, 1.3981999507e-3);
  p = step(p, r, 8.3334519073e-3);
  p = step(p, r, 4.1665795894e-2);
  p = step(p, r, 1.6666665459e-1);
  p = step(p, r, 5.0000001201e-1);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), splat(1.0));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/** 1 / (1 + e^-x), at most 3 ulp off; below -87 it stays at 1.6e-38, the edge of the normal numbers. */
@inline
export function sigmoid4(x: v128): v128 {
  const e = exp4(f32x4.neg(f32x4.pmax(x, splat(-87.0))));
  return f32x4.div(splat(1.0), f32x4.add(splat(1.0), e));
}

/** tanh x, at most 2 ulp off: an odd polynomial below 0.625 (Cephes' tanhf), above it 1 - 2 / (e^2x + 1). */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = step(splat(-5.70498872745e-3), z, 2.06390887954e-2);
  p = step(p, z, -5.37397155531e-2);
  p = step(p, z, 1.33314422036e-1);
  p = step(p, z, -3.33332819422e-1);
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const e = exp4(f32x4.add(size, size));
  const large = f32x4.sub(splat(1.0), f32x4.div(splat(2.0), f32x4.add(e, splat(1.0))));
  const sign = v128.and(x, i32x4.splat(0x80000000));
  return v128.bitselect(small, v128.or(large, sign), f32x4.lt(size, splat(0.625)));
}

/** log(1 + e^-|x|) in double precision, the well-behaved part of a logistic loss. */
export function softplusOfMinusAbs(x: f64): f64 {
  return NativeMath.log1p(NativeMath.exp(-NativeMath.abs(x)));
}

/** Writes f(x) for n floats, n rounded up to a multiple of four; for tests and for dense layers. */
@inline
export function storeLanes(at: usize, v: v128, lanes: i32): void {
  if (lanes >= 4) {
    v128.store(at, v);
  } else {
    if (lanes & 2) v128.store64_lane(at, v, 0);
    if (lanes == 3) v128.store32_lane(at, v, 2, 8);
    else if (lanes == 1) v128.store32_lane(at, v, 0);
  }
}
