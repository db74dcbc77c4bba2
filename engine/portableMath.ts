/**
 * Sine, cosine, logarithm and powers with the same bits on every machine. `Math.sin`, `Math.pow` and the like may differ in
 * the last bit from one JavaScript engine to the next; these use only operations that IEEE 754 rounds in one way.
 */

/** π/2 in three parts, the first two of 33 bits, so that a whole multiple of each is exact. */
const HALF_PI = [0x1921fb544 / 2 ** 32, 0x85a308d3 / 2 ** 65, 2.0222662487959506e-21] as const;
/** Whole multiples of π/2 beyond this would not be. */
const MOST_QUARTERS = 2 ** 20;
const TWO_OVER_PI = 0.6366197723675814;
const LN2 = 0.6931471805599453;
/** ln 2 in two parts, the first of 33 bits, so that a whole multiple of it is exact. */
const LN2_PARTS = [0x162e42fef / 2 ** 33, 7.440617110012397e-11] as const;
const ROOT_TWO = Math.SQRT2;

/** Value of a₀ + a₁x + a₂x² … (Horner). */
function polynomial(x: number, coefficients: readonly number[]): number {
  let sum = 0;
  for (let power = coefficients.length - 1; power >= 0; power--) sum = sum * x + coefficients[power]!;
  return sum;
}

/** (−1)ᵏ / (2k + first)! for k = 0, 1 …: in x², the series of sine (from 1, divided by x) and cosine (from 0). */
function alternatingFactorials(first: 0 | 1): readonly number[] {
  const coefficients = [1];
  for (let power = first + 2, last = 1; power <= 18; power += 2)
    coefficients.push((last = -last / (power * (power - 1))));
  return coefficients;
}

const SINE = alternatingFactorials(1);
const COSINE = alternatingFactorials(0);
/** In s², log((1 + s) / (1 − s)) / s. */
const LOGARITHM = Array.from({ length: 12 }, (_, term) => 2 / (2 * term + 1));

/** sin x, to one unit in the last place or two for |x| up to a million. @throws RangeError beyond that */
export function sine(x: number): number {
  return sineFrom(x, 0);
}

/** cos x, as `sine`. */
export function cosine(x: number): number {
  return sineFrom(x, 1);
}

/** sin(x + more · π/2) */
function sineFrom(x: number, more: 0 | 1): number {
  const quarters = Math.round(x * TWO_OVER_PI);
  if (!(Math.abs(quarters) <= MOST_QUARTERS)) throw new RangeError(`sine(${x}): the argument is too large`);
  const [first, second, third] = HALF_PI;
  const rest = x - quarters * first - quarters * second - quarters * third; // in [−π/4, π/4]
  const square = rest * rest;
  const turned = quarters + more;
  const size = turned % 2 === 0 ? rest * polynomial(square, SINE) : polynomial(square, COSINE);
  return (turned & 2) === 0 ? size : -size;
}

/** Natural logarithm of a normal number above 0, to one unit in the last place or two. */
export function logarithm(x: number): number {
  let [power, mantissa] = [0, x];
  for (; mantissa >= ROOT_TWO; mantissa /= 2) power++;
  for (; mantissa < ROOT_TWO / 2; mantissa *= 2) power--;
  const s = (mantissa - 1) / (mantissa + 1);
  return power * LN2 + s * polynomial(s * s, LOGARITHM);
}

/** 1 / k! */
const EXPONENTIAL = Array.from({ length: 14 }).reduce<number[]>((all, _, k) => [...all, all[k]! / (k + 1)], [1]);

/** e^x, to one unit in the last place or two where it is neither too large nor too small for a normal number. */
export function exponential(x: number): number {
  if (!(Math.abs(x) < 1000)) return x > 0 ? Infinity : x < 0 ? 0 : NaN;
  const power = Math.round(x / LN2);
  const [first, second] = LN2_PARTS;
  const rest = x - power * first - power * second; // in [-ln 2 / 2, ln 2 / 2]
  let result = polynomial(rest, EXPONENTIAL);
  for (let k = Math.abs(power); k > 0; k--) result *= power > 0 ? 2 : 0.5;
  return result;
}

/**
 * base^exponent for a base that is not below 0: by squaring where the exponent is a whole number that is not below 0, else
 * by logarithm.
 */
export function power(base: number, exponent: number): number {
  if (!Number.isInteger(exponent) || exponent < 0) {
    if (base === 0) return exponent > 0 ? 0 : Infinity;
    return exponential(exponent * logarithm(base));
  }
  let result = 1;
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) result *= square;
  }
  return result;
}
