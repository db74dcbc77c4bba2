// Losses and their gradients. Row sums run in double precision, from the first class to the last.
import { exp4 } from './math';

@inline
function exp1(x: f32): f32 {
  return f32x4.extract_lane(exp4(f32x4.splat(x)), 0);
}

/** The k-th of some weights, 1 where there are none (address 0). */
@inline
function weightOf(weights: usize, k: i32): f64 {
  return weights ? <f64>f32.load(weights + (<usize>k << 2)) : 1;
}

/**
 * Softmax cross-entropy against labels. `losses[rows]` (double) is log(sum e^x) - x[label]; `correct` has a byte per row,
 * 1 where no other class has a larger logit (TensorFlow's `in_top_k`, k = 1: ties count). Logits turn into
 * their gradient times `scale`, in place, unless `slopes` is 0 (then nothing is written). With `weights` of classes or
 * `smoothing` the label stands for parts of all classes, as in `softmaxCrossEntropy`.
 */
export function sparseSoftmaxCrossEntropy(
  logits: usize, labels: usize, rows: i32, classes: i32, weights: usize, smoothing: f32, scale: f32, slopes: usize, losses: usize, correct: usize,
): void {
  const bytes = <usize>classes << 2;
  const share = <f64>smoothing / <f64>classes;
  const plain = weights == 0 && smoothing == 0;
  for (let row = 0; row < rows; ++row) {
    const label = load<i32>(labels + (row << 2));
    let most = f32.load(logits);
    for (let k = 1; k < classes; ++k) most = max<f32>(most, f32.load(logits + (<usize>k << 2)));
    let sum: f64 = 0;
    for (let k = 0; k < classes; ++k) sum += <f64>exp1(f32.load(logits + (<usize>k << 2)) - most);
    const own = f32.load(logits + (<usize>label << 2));
    const logOfSum = NativeMath.log(sum);
    const wanted = weightOf(weights, label) * (1 - <f64>smoothing);
    let loss = wanted * (logOfSum - <f64>(own - most));
    let total = wanted;
    if (!plain) {
      for (let k = 0; k < classes; ++k) {
        const part = weightOf(weights, k) * share;
        loss += part * (logOfSum - <f64>(f32.load(logits + (<usize>k << 2)) - most));
        total += part;
      }
    }
    f64.store(losses + (row << 3), loss);
    store<u8>(correct + row, own >= most ? 1 : 0);
    if (slopes) {
      const inverse = total / sum;
      for (let k = 0; k < classes; ++k) {
        let part = <f32>(<f64>exp1(f32.load(logits + (<usize>k << 2)) - most) * inverse);
        if (!plain) part -= <f32>(weightOf(weights, k) * share);
        f32.store(slopes + (<usize>k << 2), (k == label ? part - <f32>wanted : part) * scale);
      }
      slopes += bytes;
    }
    logits += bytes;
  }
}

/**
 * Softmax cross-entropy against a distribution a row, `targets[rows, classes]`: sum t (log(sum e^x) - x), where t is the
 * class's weight times what is left of its target after all classes have had their share of `smoothing`. `correct` is 1
 * where the class of the largest target is the one of the largest logit; otherwise as `sparseSoftmaxCrossEntropy`.
 */
export function softmaxCrossEntropy(
  logits: usize, targets: usize, rows: i32, classes: i32, weights: usize, smoothing: f32, scale: f32, slopes: usize, losses: usize, correct: usize,
): void {
  const bytes = <usize>classes << 2;
  const share = <f64>smoothing / <f64>classes;
  const kept = 1 - <f64>smoothing;
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
      const target = weightOf(weights, k) * (<f64>f32.load(targets + (<usize>k << 2)) * kept + share);
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
        const target = <f32>(weightOf(weights, k) * (<f64>f32.load(targets + (<usize>k << 2)) * kept + share));
        f32.store(slopes + (<usize>k << 2), (part - target) * scale);
      }
      slopes += bytes;
    }
    logits += bytes;
    targets += bytes;
  }
}

/** Keras keeps what it divides by or takes the logarithm of this far from 0 (`keras.backend.epsilon`). */
const EPSILON: f64 = 1e-7;
/** The slope of the loss that `lossOfValue` has computed last. */
let slopeOfValue: f64 = 0;

/** The loss of a predicted value p against t, by its number; `parameter` is delta of Huber's, or an epsilon. */
function lossOfValue(kind: i32, parameter: f64, p: f32, t: f32): f64 {
  const error = <f64>(p - t);
  const size = NativeMath.abs(error);
  const sign: f64 = error > 0 ? 1 : error < 0 ? -1 : 0;
  const x = <f64>p;
  const y = <f64>t;
  switch (kind) {
    case 0: // squared error
      slopeOfValue = 2 * error;
      return error * error;
    case 1: // absolute error
      slopeOfValue = sign;
      return size;
    case 2: // Huber: a parabola up to delta, a line beyond
      slopeOfValue = size <= parameter ? error : sign * parameter;
      return size <= parameter ? 0.5 * error * error : parameter * (size - 0.5 * parameter);
    case 3: { // log cosh
      const e = NativeMath.exp(-2 * size);
      slopeOfValue = sign * (1 - e) / (1 + e);
      return size + NativeMath.log1p(e) - 0.6931471805599453;
    }
    case 4: // hinge
    case 5: { // its square
      const missing = NativeMath.max(1 - x * y, 0);
      slopeOfValue = missing == 0 ? 0 : kind == 4 ? -y : -2 * y * missing;
      return kind == 4 ? missing : missing * missing;
    }
    case 6: // Poisson, of the mean
      slopeOfValue = 1 - y / (x + parameter);
      return x - y * NativeMath.log(x + parameter);
    case 7: { // Poisson, of the logarithm of the mean
      const e = NativeMath.exp(x);
      slopeOfValue = e - y;
      return e - y * x;
    }
    case 8: { // Kullback-Leibler, of probabilities
      const wanted = NativeMath.min(NativeMath.max(y, EPSILON), 1);
      const found = NativeMath.min(NativeMath.max(x, EPSILON), 1);
      slopeOfValue = x == found ? -wanted / x : 0;
      return wanted * NativeMath.log(wanted / found);
    }
    case 9: // Kullback-Leibler, of logarithms of probabilities
      slopeOfValue = -y;
      return y > 0 ? y * (NativeMath.log(y) - x) : 0;
    case 10: { // absolute error in percent of the target
      const whole = NativeMath.max(NativeMath.abs(y), EPSILON);
      slopeOfValue = 100 * sign / whole;
      return 100 * size / whole;
    }
    default: { // squared error of log(1 + x)
      const found = NativeMath.max(x, EPSILON);
      const error = NativeMath.log(found + 1) - NativeMath.log(NativeMath.max(y, EPSILON) + 1);
      slopeOfValue = x == found ? 2 * error / (x + 1) : 0;
      return error * error;
    }
  }
}

/** A loss of every value, summed over each row into `losses` (double); slopes (0: none) times `scale`. */
export function valueLosses(
  kind: i32, parameter: f64, predictions: usize, targets: usize, rows: i32, width: i32, scale: f32, slopes: usize, losses: usize,
): void {
  for (let row = 0; row < rows; ++row) {
    let sum: f64 = 0;
    for (let k = 0; k < width; ++k) {
      sum += lossOfValue(kind, parameter, f32.load(predictions), f32.load(targets));
      if (slopes) {
        f32.store(slopes, <f32>slopeOfValue * scale);
        slopes += 4;
      }
      predictions += 4;
      targets += 4;
    }
    f64.store(losses + (row << 3), sum);
  }
}

/** Squares below this count as it, so that a row of zeros has no direction (TensorFlow's `l2_normalize`). */
const LEAST_SQUARE: f64 = 1e-12;

/** The cosine of the angle between each row and its target, negative; otherwise as `valueLosses`. */
export function cosineSimilarity(predictions: usize, targets: usize, rows: i32, width: i32, scale: f32, slopes: usize, losses: usize): void {
  const bytes = <usize>width << 2;
  for (let row = 0; row < rows; ++row) {
    let squares: f64 = 0;
    let wanted: f64 = 0;
    let product: f64 = 0;
    for (let k = 0; k < width; ++k) {
      const p = <f64>f32.load(predictions + (<usize>k << 2));
      const t = <f64>f32.load(targets + (<usize>k << 2));
      squares += p * p;
      wanted += t * t;
      product += p * t;
    }
    const lengths = NativeMath.sqrt(NativeMath.max(squares, LEAST_SQUARE)) * NativeMath.sqrt(NativeMath.max(wanted, LEAST_SQUARE));
    const cosine = product / lengths;
    f64.store(losses + (row << 3), -cosine);
    if (slopes) {
      const ofTarget = 1 / lengths;
      const ofOwn = squares > LEAST_SQUARE ? cosine / squares : 0;
      for (let k = 0; k < width; ++k) {
        const p = <f64>f32.load(predictions + (<usize>k << 2));
        const t = <f64>f32.load(targets + (<usize>k << 2));
        f32.store(slopes + (<usize>k << 2), <f32>(ofOwn * p - ofTarget * t) * scale);
      }
      slopes += bytes;
    }
    predictions += bytes;
    targets += bytes;
  }
}

/**
 * Sigmoid cross-entropy (1 - t) x + (1 + (q - 1) t) log(1 + e^-x) times the column's weight, summed over each row: q is
 * the weight of a yes (`positive`, one a column), t the target of which half of `smoothing` goes to yes and no alike.
 * Addresses 0: weights of 1. Otherwise as `valueLosses`.
 */
export function sigmoidCrossEntropy(
  logits: usize, targets: usize, rows: i32, width: i32, weights: usize, positive: usize, smoothing: f32, scale: f32, slopes: usize, losses: usize,
): void {
  const kept = 1 - <f64>smoothing;
  for (let row = 0; row < rows; ++row) {
    let sum: f64 = 0;
    for (let k = 0; k < width; ++k) {
      const x = <f64>f32.load(logits);
      const target = <f64>f32.load(targets) * kept + 0.5 * <f64>smoothing;
      const weight = weightOf(weights, k);
      const yes = 1 + (weightOf(positive, k) - 1) * target;
      const e = NativeMath.exp(-NativeMath.abs(x));
      sum += weight * ((1 - target) * x + yes * (NativeMath.max(-x, 0) + NativeMath.log1p(e)));
      if (slopes) {
        const rest = x >= 0 ? e / (1 + e) : 1 / (1 + e);
        f32.store(slopes, <f32>(weight * (1 - target - yes * rest)) * scale);
        slopes += 4;
      }
      logits += 4;
      targets += 4;
    }
    f64.store(losses + (row << 3), sum);
  }
}
