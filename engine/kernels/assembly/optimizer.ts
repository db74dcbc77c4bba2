// One update of n neighbouring weights; where frameworks differ (places of epsilon and of the rate) the caller says so.
import { storeLanes } from './math';

/**
 * m += (g - m)(1 - b1); v += (g² - v)(1 - b2); w -= rate * m / (sqrt(v) + epsilon). `rate` has the bias correction in it.
 * With `greatest` (0: none), the greatest v so far takes its place (AMSGrad).
 */
export function adam(
  w: usize, g: usize, m: usize, v: usize, greatest: usize, n: i32, rate: f32, oneMinusBeta1: f32, oneMinusBeta2: f32, epsilon: f32,
): void {
  const alpha = f32x4.splat(rate), a = f32x4.splat(oneMinusBeta1), b = f32x4.splat(oneMinusBeta2), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let first = v128.load(m + at), second = v128.load(v + at);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(slope, first), a));
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), second), b));
    storeLanes(m + at, first, n - k);
    storeLanes(v + at, second, n - k);
    if (greatest) {
      second = f32x4.pmax(v128.load(greatest + at), second);
      storeLanes(greatest + at, second, n - k);
    }
    const change = f32x4.div(f32x4.mul(first, alpha), f32x4.add(f32x4.sqrt(second), eps));
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}

/** As Adam, with a mixture of m and g: w -= rate * (ofM * m + ofG * g) / (sqrt(v * ofV) + epsilon). */
export function nadam(
  w: usize, g: usize, m: usize, v: usize, n: i32, rate: f32, oneMinusBeta1: f32, oneMinusBeta2: f32, ofM: f32, ofG: f32, ofV: f32, epsilon: f32,
): void {
  const a = f32x4.splat(oneMinusBeta1), b = f32x4.splat(oneMinusBeta2), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let first = v128.load(m + at), second = v128.load(v + at);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(slope, first), a));
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), second), b));
    storeLanes(m + at, first, n - k);
    storeLanes(v + at, second, n - k);
    const mixed = f32x4.add(f32x4.mul(first, f32x4.splat(ofM)), f32x4.mul(slope, f32x4.splat(ofG)));
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, f32x4.splat(ofV))), eps);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.div(f32x4.mul(mixed, f32x4.splat(rate)), root)), n - k);
  }
}

/** m += (g - m)(1 - b1); u = max(b2 * u, |g| + inner); w -= rate * m / (u + outer). */
export function adamax(w: usize, g: usize, m: usize, u: usize, n: i32, rate: f32, oneMinusBeta1: f32, beta2: f32, inner: f32, outer: f32): void {
  const a = f32x4.splat(oneMinusBeta1), keep = f32x4.splat(beta2);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let first = v128.load(m + at);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(slope, first), a));
    const most = f32x4.pmax(f32x4.mul(v128.load(u + at), keep), f32x4.add(f32x4.abs(slope), f32x4.splat(inner)));
    storeLanes(m + at, first, n - k);
    storeLanes(u + at, most, n - k);
    const change = f32x4.div(f32x4.mul(first, f32x4.splat(rate)), f32x4.add(most, f32x4.splat(outer)));
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}

/** g += factor * w: weight decay as a part of the gradient. */
export function addScaled(g: usize, w: usize, n: i32, factor: f32): void {
  const by = f32x4.splat(factor);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeLanes(g + at, f32x4.add(v128.load(g + at), f32x4.mul(v128.load(w + at), by)), n - k);
  }
}

/**
 * ms += (g² - ms)(1 - rho); with `mg` (0: none) mg += (g - mg)(1 - rho) and ms - mg² takes the place of ms below;
 * d = g / (sqrt(ms + inner) + outer); mom = keep * mom + inside * d; w -= outside * mom. One of `inside` and `outside` is
 * the learning rate, the other 1.
 */
export function rmsprop(
  w: usize, g: usize, ms: usize, mg: usize, mom: usize, n: i32, oneMinusRho: f32, keep: f32, inner: f32, outer: f32, inside: f32, outside: f32,
): void {
  const a = f32x4.splat(oneMinusRho), stay = f32x4.splat(keep), eps = f32x4.splat(inner), after = f32x4.splat(outer);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let square = v128.load(ms + at);
    square = f32x4.add(square, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), square), a));
    storeLanes(ms + at, square, n - k);
    if (mg) {
      let mean = v128.load(mg + at);
      mean = f32x4.add(mean, f32x4.mul(f32x4.sub(slope, mean), a));
      storeLanes(mg + at, mean, n - k);
      square = f32x4.sub(square, f32x4.mul(mean, mean));
    }
    const direction = f32x4.div(f32x4.mul(slope, f32x4.splat(inside)), f32x4.add(f32x4.sqrt(f32x4.add(square, eps)), after));
    const change = f32x4.add(f32x4.mul(v128.load(mom + at), stay), direction);
    storeLanes(mom + at, change, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(change, f32x4.splat(outside))), n - k);
  }
}

/** w -= rate * g. */
export function sgd(w: usize, g: usize, n: i32, rate: f32): void {
  const alpha = f32x4.splat(rate);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(v128.load(g + at), alpha)), n - k);
  }
}

/**
 * acc = keep * acc + inside * g; w -= outside * acc, or with `nesterov` w -= outside * (inside * g + keep * acc). One of
 * `inside` and `outside` is the learning rate; the other is 1, or 1 - dampening.
 */
export function momentum(w: usize, g: usize, acc: usize, n: i32, keep: f32, inside: f32, outside: f32, nesterov: i32): void {
  const m = f32x4.splat(keep), by = f32x4.splat(inside), rate = f32x4.splat(outside);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = f32x4.mul(v128.load(g + at), by);
    const speed = f32x4.add(f32x4.mul(v128.load(acc + at), m), slope);
    const direction = nesterov ? f32x4.add(slope, f32x4.mul(speed, m)) : speed;
    storeLanes(acc + at, speed, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(direction, rate)), n - k);
  }
}

/** acc += g²; w -= rate * g / (sqrt(acc + inner) + outer). */
export function adagrad(w: usize, g: usize, acc: usize, n: i32, rate: f32, inner: f32, outer: f32): void {
  const alpha = f32x4.splat(rate), eps = f32x4.splat(inner), after = f32x4.splat(outer);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    const square = f32x4.add(v128.load(acc + at), f32x4.mul(slope, slope));
    storeLanes(acc + at, square, n - k);
    const change = f32x4.div(f32x4.mul(slope, alpha), f32x4.add(f32x4.sqrt(f32x4.add(square, eps)), after));
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}

/**
 * acc = rho acc + (1 - rho) g²; d = g sqrt(delta + epsilon) / sqrt(acc + epsilon); delta = rho delta + (1 - rho) d²; w -= rate d.
 * With `early` d is taken before g² is in acc (TensorFlow.js).
 */
export function adadelta(w: usize, g: usize, acc: usize, delta: usize, n: i32, rate: f32, rho: f32, oneMinusRho: f32, epsilon: f32, early: i32): void {
  const alpha = f32x4.splat(rate), keep = f32x4.splat(rho), take = f32x4.splat(oneMinusRho), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    const old = v128.load(acc + at);
    const square = f32x4.add(f32x4.mul(old, keep), f32x4.mul(f32x4.mul(slope, slope), take));
    const before = v128.load(delta + at);
    const scale = early ? old : square;
    const change = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(before, eps)), f32x4.sqrt(f32x4.add(scale, eps))), slope);
    storeLanes(acc + at, square, n - k);
    storeLanes(delta + at, f32x4.add(f32x4.mul(before, keep), f32x4.mul(f32x4.mul(change, change), take)), n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(change, alpha)), n - k);
  }
}

/** The sign of x with the size of `size`; 0 where x is 0. */
@inline
function withSign(size: v128, x: v128): v128 {
  const sign = v128.and(x, f32x4.splat(-0.0));
  return v128.and(v128.or(size, sign), f32x4.ne(x, f32x4.splat(0)));
}

/** w -= rate * sign(beta1 * m + (1 - beta1) * g); m = beta2 * m + (1 - beta2) * g. */
export function lion(
  w: usize, g: usize, m: usize, n: i32, rate: f32, beta1: f32, oneMinusBeta1: f32, beta2: f32, oneMinusBeta2: f32,
): void {
  const alpha = f32x4.splat(rate);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at), before = v128.load(m + at);
    const mixed = f32x4.add(f32x4.mul(before, f32x4.splat(beta1)), f32x4.mul(slope, f32x4.splat(oneMinusBeta1)));
    storeLanes(m + at, f32x4.add(f32x4.mul(before, f32x4.splat(beta2)), f32x4.mul(slope, f32x4.splat(oneMinusBeta2))), n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), withSign(alpha, mixed)), n - k);
  }
}

/** x^power for x from 0 up; the root where `power` is 1/2. */
@inline
function powered(x: v128, power: f32): v128 {
  if (power == 0.5) return f32x4.sqrt(x);
  let y = f32x4.splat(powerOf(f32x4.extract_lane(x, 0), power));
  y = f32x4.replace_lane(y, 1, powerOf(f32x4.extract_lane(x, 1), power));
  y = f32x4.replace_lane(y, 2, powerOf(f32x4.extract_lane(x, 2), power));
  return f32x4.replace_lane(y, 3, powerOf(f32x4.extract_lane(x, 3), power));
}

function powerOf(x: f32, power: f32): f32 {
  if (power == 0) return 1;
  return x == 0 ? 0 : <f32>NativeMath.exp(<f64>power * NativeMath.log(<f64>x));
}

/**
 * s = acc^power and s' after acc += g²; linear += g + 2 shrinkage w - (s' - s) / rate * w;
 * w = (the part of `linear` within ± l1 - linear) / (s' / rate + 2 l2) (McMahan et al. 2013).
 */
export function ftrl(
  w: usize, g: usize, acc: usize, linear: usize, n: i32, rate: f32, power: f32, l1: f32, l2: f32, shrinkage: f32,
): void {
  const alpha = f32x4.splat(rate), most = f32x4.splat(l1), least = f32x4.splat(-l1);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at), weight = v128.load(w + at), before = v128.load(acc + at);
    const after = f32x4.add(before, f32x4.mul(slope, slope));
    const root = powered(after, power);
    const moved = f32x4.mul(f32x4.div(f32x4.sub(root, powered(before, power)), alpha), weight);
    const pull = f32x4.add(slope, f32x4.mul(weight, f32x4.splat(2 * shrinkage)));
    const sum = f32x4.add(v128.load(linear + at), f32x4.sub(pull, moved));
    const within = f32x4.pmax(f32x4.pmin(sum, most), least);
    storeLanes(acc + at, after, n - k);
    storeLanes(linear + at, sum, n - k);
    storeLanes(w + at, f32x4.div(f32x4.sub(within, sum), f32x4.add(f32x4.div(root, alpha), f32x4.splat(2 * l2))), n - k);
  }
}

/**
 * Of step = rate, or rate / sqrt(acc) after acc += g² where there is an accumulator (0: none): p = w - step * g;
 * w = sign(p) max(|p| - step * l1, 0) / (1 + step * l2).
 */
export function proximal(w: usize, g: usize, acc: usize, n: i32, rate: f32, l1: f32, l2: f32): void {
  const one = f32x4.splat(1);
  let step = f32x4.splat(rate);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    if (acc) {
      const square = f32x4.add(v128.load(acc + at), f32x4.mul(slope, slope));
      storeLanes(acc + at, square, n - k);
      step = f32x4.div(f32x4.splat(rate), f32x4.sqrt(square));
    }
    const p = f32x4.sub(v128.load(w + at), f32x4.mul(slope, step));
    const size = f32x4.pmax(f32x4.sub(f32x4.abs(p), f32x4.mul(step, f32x4.splat(l1))), f32x4.splat(0));
    storeLanes(w + at, f32x4.div(withSign(size, p), f32x4.add(one, f32x4.mul(step, f32x4.splat(l2)))), n - k);
  }
}
