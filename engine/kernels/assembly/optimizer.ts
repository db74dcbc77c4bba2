// One update of n neighbouring weights; the formulas and the places of epsilon are TensorFlow 1's (training_ops).
import { storeLanes } from './math';

/** m += (g - m)(1 - b1); v += (g² - v)(1 - b2); w -= rate * m / (sqrt(v) + epsilon). `rate` has the bias correction in it. */
export function adam(w: usize, g: usize, m: usize, v: usize, n: i32, rate: f32, oneMinusBeta1: f32, oneMinusBeta2: f32, epsilon: f32): void {
  const alpha = f32x4.splat(rate), a = f32x4.splat(oneMinusBeta1), b = f32x4.splat(oneMinusBeta2), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let first = v128.load(m + at), second = v128.load(v + at);
    first = f32x4.add(first, f32x4.mul(f32x4.sub(slope, first), a));
    second = f32x4.add(second, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), second), b));
    const change = f32x4.div(f32x4.mul(first, alpha), f32x4.add(f32x4.sqrt(second), eps));
    storeLanes(m + at, first, n - k);
    storeLanes(v + at, second, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}

/** ms += (g² - ms)(1 - rho); mom = momentum * mom + rate * g / sqrt(ms + epsilon); w -= mom. */
export function rmsprop(w: usize, g: usize, ms: usize, mom: usize, n: i32, rate: f32, oneMinusRho: f32, momentum: f32, epsilon: f32): void {
  const alpha = f32x4.splat(rate), a = f32x4.splat(oneMinusRho), keep = f32x4.splat(momentum), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let square = v128.load(ms + at);
    square = f32x4.add(square, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), square), a));
    const change = f32x4.add(f32x4.mul(v128.load(mom + at), keep), f32x4.div(f32x4.mul(slope, alpha), f32x4.sqrt(f32x4.add(square, eps))));
    storeLanes(ms + at, square, n - k);
    storeLanes(mom + at, change, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
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

/** acc = momentum * acc + g; w -= rate * acc, or with `nesterov` w -= rate * (g + momentum * acc). */
export function momentum(w: usize, g: usize, acc: usize, n: i32, rate: f32, keep: f32, nesterov: i32): void {
  const alpha = f32x4.splat(rate), m = f32x4.splat(keep);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    const speed = f32x4.add(f32x4.mul(v128.load(acc + at), m), slope);
    const direction = nesterov ? f32x4.add(slope, f32x4.mul(speed, m)) : speed;
    storeLanes(acc + at, speed, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(direction, alpha)), n - k);
  }
}

/** acc += g²; w -= rate * g / (sqrt(acc) + epsilon). */
export function adagrad(w: usize, g: usize, acc: usize, n: i32, rate: f32, epsilon: f32): void {
  const alpha = f32x4.splat(rate), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    const square = f32x4.add(v128.load(acc + at), f32x4.mul(slope, slope));
    storeLanes(acc + at, square, n - k);
    const change = f32x4.div(f32x4.mul(slope, alpha), f32x4.add(f32x4.sqrt(square), eps));
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}

/** acc = rho acc + (1 - rho) g²; d = g sqrt(delta + epsilon) / sqrt(acc + epsilon); delta = rho delta + (1 - rho) d²; w -= rate d. */
export function adadelta(w: usize, g: usize, acc: usize, delta: usize, n: i32, rate: f32, rho: f32, oneMinusRho: f32, epsilon: f32): void {
  const alpha = f32x4.splat(rate), keep = f32x4.splat(rho), take = f32x4.splat(oneMinusRho), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    const square = f32x4.add(f32x4.mul(v128.load(acc + at), keep), f32x4.mul(f32x4.mul(slope, slope), take));
    const before = v128.load(delta + at);
    const change = f32x4.mul(f32x4.div(f32x4.sqrt(f32x4.add(before, eps)), f32x4.sqrt(f32x4.add(square, eps))), slope);
    storeLanes(acc + at, square, n - k);
    storeLanes(delta + at, f32x4.add(f32x4.mul(before, keep), f32x4.mul(f32x4.mul(change, change), take)), n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), f32x4.mul(change, alpha)), n - k);
  }
}

/** RMSProp about the mean: mg += (g - mg)(1 - rho), and ms - mg² takes the place of ms. */
export function rmspropCentered(w: usize, g: usize, ms: usize, mg: usize, mom: usize, n: i32, rate: f32, oneMinusRho: f32, momentum: f32, epsilon: f32): void {
  const alpha = f32x4.splat(rate), a = f32x4.splat(oneMinusRho), keep = f32x4.splat(momentum), eps = f32x4.splat(epsilon);
  for (let k: i32 = 0; k < n; k += 4) {
    const at = <usize>k << 2;
    const slope = v128.load(g + at);
    let square = v128.load(ms + at), mean = v128.load(mg + at);
    square = f32x4.add(square, f32x4.mul(f32x4.sub(f32x4.mul(slope, slope), square), a));
    mean = f32x4.add(mean, f32x4.mul(f32x4.sub(slope, mean), a));
    const spread = f32x4.add(f32x4.sub(square, f32x4.mul(mean, mean)), eps);
    const change = f32x4.add(f32x4.mul(v128.load(mom + at), keep), f32x4.div(f32x4.mul(slope, alpha), f32x4.sqrt(spread)));
    storeLanes(ms + at, square, n - k);
    storeLanes(mg + at, mean, n - k);
    storeLanes(mom + at, change, n - k);
    storeLanes(w + at, f32x4.sub(v128.load(w + at), change), n - k);
  }
}
