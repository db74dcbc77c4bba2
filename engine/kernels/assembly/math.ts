// exp, tanh, sigmoid over four floats, from additions and multiplications alone, so that every machine gives the same bits.
//
// Processors hold only so many operations that wait for others: fewer operations, and sums of products that do not wait
// for each other (Estrin's scheme in place of Horner's), are what makes these fast.

/**
 * Constants in memory: V8 builds a splat of a literal anew at every use, in three instructions instead of one load.
 * e^r = 1 + r + r² P(r) within 3.1e-9 for |r| ≤ ln 2 / 2, by a minimax fit (Remez); tanh's are those of Cephes' tanhf
 * (Moshier, single precision).
 */
const CONSTANTS = memory.data<f32>(
  [
    88.7, -87.3, 1.44269504088896341, 12582912.0, 0.693359375, 2.1219444e-4,
    1.3814467059444788e-3, 8.368780411123426e-3, 4.1668394210888325e-2, 1.666652010782006e-1, 4.99999934125016e-1,
    1.0, 2.0, 0.625,
    -5.70498872745e-3, 2.06390887954e-2, -5.37397155531e-2, 1.33314422036e-1, -3.33332819422e-1,
    -87.0, 87.3,
    -0.0,
    -1.44269504088896341,
  ],
  16,
);

/** a * b + c: two roundings, so that all machines agree; in the relaxed build one, where the processor can. */
@inline
export function madd(a: v128, b: v128, c: v128): v128 {
  return ASC_FEATURE_RELAXED_SIMD ? f32x4.relaxed_madd(a, b, c) : f32x4.add(c, f32x4.mul(a, b));
}

@inline
function constant(index: usize): v128 {
  return v128.load32_splat(CONSTANTS + (index << 2));
}

/** The polynomial whose five coefficients begin at `index`, the highest first. */
@inline
function polynomial(index: usize, x: v128, square: v128): v128 {
  const low = madd(constant(index + 3), x, constant(index + 4));
  const high = madd(constant(index + 1), x, constant(index + 2));
  return madd(madd(constant(index), square, high), square, low);
}

/** e^r times the power of two that stands in the low bits of `shifted`. */
@inline
function scaledExp(r: v128, shifted: v128): v128 {
  const square = f32x4.mul(r, r);
  const p = f32x4.add(madd(polynomial(6, r, square), square, r), constant(11));
  return i32x4.add(p, i32x4.shl(shifted, 23));
}

/**
 * e^x for x in [-87.3, 88.7]. Cody-Waite reduction; adding 1.5 * 2^23 rounds to a whole number and leaves that number in
 * the low bits, from where it is shifted into the exponent.
 */
@inline
function expInRange(x: v128): v128 {
  const round = constant(3);
  const shifted = madd(x, constant(2), round);
  const n = f32x4.sub(shifted, round);
  const r = f32x4.sub(x, f32x4.mul(n, constant(4)));
  return scaledExp(madd(n, constant(5), r), shifted);
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
  const one = constant(11), round = constant(3);
  x = f32x4.pmin(f32x4.pmax(x, constant(19)), constant(20));
  // As `expInRange` of -x.
  const shifted = madd(x, constant(22), round);
  const n = f32x4.sub(shifted, round);
  const r = f32x4.sub(f32x4.mul(n, constant(5)), madd(n, constant(4), x));
  return f32x4.div(one, f32x4.add(one, scaledExp(r, shifted)));
}

/** tanh x, at most 2 ulp off: an odd polynomial below 0.625, above it 1 - 2 / (e^2x + 1). */
@inline
export function tanh4(x: v128): v128 {
  const size = f32x4.abs(x);
  const z = f32x4.mul(x, x);
  const small = madd(f32x4.mul(polynomial(14, z, f32x4.mul(z, z)), z), x, x);
  const one = constant(11);
  const e = expInRange(f32x4.pmin(f32x4.add(size, size), constant(0)));
  const large = f32x4.sub(one, f32x4.div(constant(12), f32x4.add(e, one)));
  // Below 0.625 the odd polynomial, above it the other with the sign of x.
  return v128.bitselect(small, v128.or(large, v128.and(x, constant(21))), f32x4.lt(size, constant(13)));
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
