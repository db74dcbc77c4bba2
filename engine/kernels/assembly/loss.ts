// Losses and their gradients. Row sums run in double precision, from the first class to the last.
import { exp4 } from './math';

@inline
function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/**
 * Softmax cross-entropy against labels. `losses[rows]` (double) is log(sum e^x) - x[label]; `correct` has a byte per row,
 * 1 where no other class has a larger logit (TensorFlow's `in_top_k`, k = 1: ties count). Logits turn into
 * their gradient times `scale`, in place, unless `slopes` is 0 (then nothing is written).
 */
export function sparseSoftmaxCrossEntropy(logits: usize, labels: usize, rows: i32, classes: i32, scale: f32, slopes: usize, losses: usize, correct: usize): void {
  const bytes = <usize>classes << 2;
  for (let row = 0; row < rows; ++row) {
    const label = load<i32>(labels + (row << 2));
    let most = f32.load(logits);
    for (let k = 1; k < classes; ++k) most = max<f32>(most, f32.load(logits + (<usize>k << 2)));
    let sum: f64 = 0;
    for (let k = 0; k < classes; ++k) sum += <f64>exp1(f32.load(logits + (<usize>k << 2)) - most);
    const own = f32.load(logits + (<usize>label << 2));
    f64.store(losses + (row << 3), NativeMath.log(sum) - <f64>(own - most));
    store<u8>(correct + row, own >= most ? 1 : 0);
    if (slopes) {
      const inverse = 1 / sum;
      for (let k = 0; k < classes; ++k) {
        const part = <f32>(<f64>exp1(f32.load(logits + (<usize>k << 2)) - most) * inverse);
        f32.store(slopes + (<usize>k << 2), (k == label ? part - 1 : part) * scale);
      }
      slopes += bytes;
    }
    logits += bytes;
  }
}

/**
 * Softmax cross-entropy against a distribution a row, `targets[rows, classes]`: sum y (log(sum e^x) - x). `correct` is 1
 * where the class of the largest target is the one of the largest logit; otherwise as `sparseSoftmaxCrossEntropy`.
 */
export function softmaxCrossEntropy(logits: usize, targets: usize, rows: i32, classes: i32, scale: f32, slopes: usize, losses: usize, correct: usize): void {
  const bytes = <usize>classes << 2;
  for (let row = 0; row < rows; ++row) {
    let best = 0;
    let wanted = 0;
    for (let k = 1; k < classes; ++k) {
      if (f32.load(logits + (<usize>k << 2)) > f32.load(logits + (<usize>best << 2))) best = k;
      if (f32.load(targets + (<usize>k << 2)) > f32.load(targets + (<usize>wanted << 2))) wanted = k;
    }
    const most = f32.load(logits + (<usize>best << 2));
    let sum: f64 = 0;
    for (let k = 0; k < classes; ++k) sum += <f64>exp1(f32.load(logits + (<usize>k << 2)) - most);
    const logOfSum = NativeMath.log(sum);
    let loss: f64 = 0;
    let weight: f64 = 0;
    for (let k = 0; k < classes; ++k) {
      const target = <f64>f32.load(targets + (<usize>k << 2));
      // A class that is not asked for adds nothing, however small its probability.
      if (target != 0) loss += target * (logOfSum - <f64>(f32.load(logits + (<usize>k << 2)) - most));
      weight += target;
    }
    f64.store(losses + (row << 3), loss);
    store<u8>(correct + row, best == wanted ? 1 : 0);
    if (slopes) {
      const inverse = weight / sum;
      for (let k = 0; k < classes; ++k) {
        const part = <f32>(<f64>exp1(f32.load(logits + (<usize>k << 2)) - most) * inverse);
        f32.store(slopes + (<usize>k << 2), (part - f32.load(targets + (<usize>k << 2))) * scale);
      }
      slopes += bytes;
    }
    logits += bytes;
    targets += bytes;
  }
}

/** Squared error (kind 0) or absolute error (1) summed over each row into `losses` (double); slopes (0: none) times `scale`. */
export function valueError(kind: i32, predictions: usize, targets: usize, rows: i32, width: i32, scale: f32, slopes: usize, losses: usize): void {
  for (let row = 0; row < rows; ++row) {
    let sum: f64 = 0;
    for (let k = 0; k < width; ++k) {
      const error = f32.load(predictions) - f32.load(targets);
      sum += kind == 0 ? <f64>error * <f64>error : NativeMath.abs(<f64>error);
      if (slopes) {
        f32.store(slopes, kind == 0 ? 2 * error * scale : error > 0 ? scale : error < 0 ? -scale : 0);
        slopes += 4;
      }
      predictions += 4;
      targets += 4;
    }
    f64.store(losses + (row << 3), sum);
  }
}

/** Sigmoid cross-entropy max(x, 0) - x t + log(1 + e^-|x|), summed over each row; otherwise as `valueError`. */
export function sigmoidCrossEntropy(logits: usize, targets: usize, rows: i32, width: i32, scale: f32, slopes: usize, losses: usize): void {
  for (let row = 0; row < rows; ++row) {
    let sum: f64 = 0;
    for (let k = 0; k < width; ++k) {
      const x = <f64>f32.load(logits);
      const target = <f64>f32.load(targets);
      const e = NativeMath.exp(-NativeMath.abs(x));
      sum += NativeMath.max(x, 0) - x * target + NativeMath.log1p(e);
      if (slopes) {
        const sigmoid = x >= 0 ? 1 / (1 + e) : e / (1 + e);
        f32.store(slopes, <f32>(sigmoid - target) * scale);
        slopes += 4;
      }
      logits += 4;
      targets += 4;
    }
    f64.store(losses + (row << 3), sum);
  }
}
