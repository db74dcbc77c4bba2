// exp, tanh, sigmoid over four floats, from additions and multiplications alone, so that every machine gives the same bits.

/**
 * Constants in memory: V8 builds a splat of a literal anew at every use, in three instructions instead of one load.
 * Coefficients of Cephes' expf and tanhf (Moshier, single precision).
 */
const CONSTANTS = memory.data<f32>(
  [
    88.7, -87.3, 1.44269504088896341, 12582912.0, 0.693359375, 2.1219444e-4,
    1.98756915e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1,
    1.0, 2.0, 0.625,
    -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
    -87.0, 87.3,
    -0.0,
  ],
  16,
);

@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** a * b + constant with two roundings: plain, never fused. */
@inline
function step(a: v128, b: v128, index: usize): v128 {
  return f32x4.add(f32x4.mul(a, b), constant(index));
}

/**
 * e^x for x in [-87.3, 88.7]. Cody-Waite reduction; adding 1.5 * 2^23 rounds to a whole number and leaves that number in
 * the low bits, from where it is shifted into the exponent.
 */
@inline
function expInRange(x: v128): v128 {
  const round = constant(3);
  const shifted = f32x4.add(f32x4.mul(x, constant(2)), round);
  const n = f32x4.sub(shifted, round);
  let r = f32x4.sub(x, f32x4.mul(n, constant(4)));
  r = f32x4.add(r, f32x4.mul(n, constant(5)));
  let p = step(constant(6), r, 7);
  p = step(p, r, 8);
  p = step(p, r, 9);
  p = step(p, r, 10);
  p = step(p, r, 11);
  p = f32x4.add(f32x4.add(f32x4.mul(p, f32x4.mul(r, r)), r), constant(12));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/**
 * e^x, at most 1 ulp off. Arguments are clamped to [-87.3, 88.7], so that it never overflows and never makes a
 * denormal number; NaN stays NaN.
 */
@inline
export function exp4(x: v128): v128 {
  return expInRange(f32x4.pmax(f32x4.pmin(x, constant(0)), constant(1)));
}

/** 1 / (1 + e^-x), at most 3 ulp off; below -87 it stays at 1.6e-38, the edge of the normal numbers. */
@inline
export function sigmoid4(x: v128): v128 {
  const one = constant(12);
  return f32x4.div(one, f32x4.add(one, expInRange(f32x4.neg(f32x4.pmin(f32x4.pmax(x, constant(20)), constant(21))))));
}

/** tanh x, at most 2 ulp off: an odd polynomial below 0.625, above it 1 - 2 / (e^2x + 1). */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  let p = step(constant(15), z, 16);
  p = step(p, z, 17);
  p = step(p, z, 18);
  p = step(p, z, 19);
  const small = f32x4.add(f32x4.mul(f32x4.mul(p, z), x), x);
  const one = constant(12);
  const e = expInRange(f32x4.pmin(f32x4.add(size, size), constant(0)));
  const large = f32x4.sub(one, f32x4.div(constant(13), f32x4.add(e, one)));
  // Below 0.625 the odd polynomial, above it the other with the sign of x.
  return v128.bitselect(small, v128.or(large, v128.and(x, constant(22))), f32x4.lt(size, constant(14)));
}

/** Writes the first `lanes` of four floats, all of them when there are more. */
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
