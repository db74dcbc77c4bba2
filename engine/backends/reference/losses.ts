/** The losses. A prediction `[B, C]` has B rows, one `[B, T, C]` has B·T rows; a row is what a label or mask belongs to. */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import type { Framework, LossSpec } from '../../model/spec.ts';
import { isKerasLike } from '../../model/axes.ts';
import { activate } from './activations.ts';
import {
  absolute,
  add,
  clip,
  divide,
  log,
  logSoftmax,
  multiply,
  oneMinus,
  pick,
  rowSum,
  scale,
  spread,
  squareRoot,
  subtract,
  sum,
} from './operations.ts';
import { sizeOf, type Tensor, tensor } from './tensor.ts';

/** Keras keeps probabilities this far from 0 and 1 before it takes their logarithm (`keras.backend.epsilon`). */
const EPSILON = 1e-7;

type Values = LossSpec['kind'];

/** The logarithm of probabilities; from logits in one step, which cannot overflow. */
function logProbabilities(prediction: Tensor, fromLogits: boolean): Tensor {
  if (fromLogits) return logSoftmax(prediction);
  const total = spread(rowSum(prediction), prediction.shape.at(-1)!);
  return log(clip(divide(prediction, total), EPSILON, 1 - EPSILON));
}

/**
 * Loss of every value, `[rows, width]`; a cross-entropy over classes has one value a row. Where the loss is a mean, it is
 * first the mean of each row.
 */
const VALUES: Readonly<
  Record<Values, (prediction: Tensor, target: Tensor, fromLogits: boolean, spec: LossSpec) => Tensor>
> = {
  /** `-log p[label]` */
  sparse_softmax_cross_entropy: (prediction, labels, fromLogits, spec) => {
    const logP = logProbabilities(prediction, fromLogits);
    const C = prediction.shape.at(-1)!;
    // A label outside of the classes is one to be ignored; its row weighs nothing.
    const columns = labels.values.map(label => (label >= 0 && label < C ? label : 0));
    if (spec.labelSmoothing === undefined && spec.classWeights === undefined) return scale(pick(logP, columns), -1);
    const oneHot = Float64Array.from({ length: columns.length * C }, (_, k) =>
      columns[Math.floor(k / C)] === k % C ? 1 : 0,
    );
    return scale(rowSum(multiply(logP, classParts(tensor(logP.shape, oneHot), spec))), -1);
  },
  /** `-Σ y log p` */
  softmax_cross_entropy: (prediction, target, fromLogits, spec) =>
    scale(rowSum(multiply(logProbabilities(prediction, fromLogits), classParts(target, spec))), -1),
  /** `-w (q y log p + (1 - y) log(1 - p))`, where q is the weight of a yes; of logits z, `-log p` is `softplus(-z)`. */
  sigmoid_cross_entropy: (prediction, given, fromLogits, { labelSmoothing = 0, classWeights, positiveWeights }) => {
    const target = mapped(given, y => y * (1 - labelSmoothing) + labelSmoothing / 2);
    const p = clip(prediction, EPSILON, 1 - EPSILON);
    const ofYes = fromLogits ? activate('softplus', scale(prediction, -1)) : scale(log(p), -1);
    const ofNo = fromLogits ? activate('softplus', prediction) : scale(log(oneMinus(p)), -1);
    const yes = mapped(target, (y, k) => y * weightAt(positiveWeights, k, target) * weightAt(classWeights, k, target));
    const no = mapped(target, (y, k) => (1 - y) * weightAt(classWeights, k, target));
    return add(multiply(yes, ofYes), multiply(no, ofNo));
  },
  mean_squared_error: (prediction, target) => {
    const difference = subtract(prediction, target);
    return multiply(difference, difference);
  },
  mean_absolute_error: (prediction, target) => absolute(subtract(prediction, target)),
  /** `q (|e| - q / 2)` where q is |e|, at most δ */
  huber: (prediction, target, _, { delta = 1 }) => {
    const size = absolute(subtract(prediction, target));
    const within = clip(size, 0, delta);
    return multiply(within, subtract(size, scale(within, 0.5)));
  },
  /** `log cosh e = e + softplus(-2 e) - log 2` */
  log_cosh: (prediction, target) => {
    const error = subtract(prediction, target);
    return plus(add(error, activate('softplus', scale(error, -2))), -Math.LN2);
  },
  /** `max(0, 1 - y p)` */
  hinge: (prediction, target) => activate('relu', oneMinus(multiply(target, prediction))),
  squared_hinge: (prediction, target) => {
    const missing = activate('relu', oneMinus(multiply(target, prediction)));
    return multiply(missing, missing);
  },
  /** `p - y log(p + ε)` */
  poisson: (prediction, target, _, { epsilon = EPSILON }) =>
    subtract(prediction, multiply(target, log(plus(prediction, epsilon)))),
  /** `e^p - y p` */
  poisson_of_logarithms: (prediction, target) =>
    subtract(activate('exponential', prediction), multiply(target, prediction)),
  /** `Σ y log(y / p)` */
  kl_divergence: (prediction, target) => {
    const wanted = mapped(target, y => Math.min(Math.max(y, EPSILON), 1));
    return rowSum(multiply(wanted, subtract(mapped(wanted, Math.log), log(clip(prediction, EPSILON, 1)))));
  },
  /** `y (log y - p)` */
  kl_divergence_of_logarithms: (prediction, target) =>
    multiply(
      target,
      subtract(
        mapped(target, y => (y > 0 ? Math.log(y) : 0)),
        prediction,
      ),
    ),
  /** `100 |y - p| / |y|` */
  mean_absolute_percentage_error: (prediction, target) =>
    multiply(
      absolute(subtract(prediction, target)),
      mapped(target, y => 100 / Math.max(Math.abs(y), EPSILON)),
    ),
  /** `(log(1 + p) - log(1 + y))²` */
  mean_squared_logarithmic_error: (prediction, target) => {
    const ofTarget = mapped(target, y => Math.log(Math.max(y, EPSILON) + 1));
    const error = subtract(log(plus(clip(prediction, EPSILON, Infinity), 1)), ofTarget);
    return multiply(error, error);
  },
  /** `-Σ p y / (|p| |y|)` */
  cosine_similarity: (prediction, target) => scale(rowSum(multiply(directed(prediction), directed(target))), -1),
};

/** Squares of a length below this count as it (`l2_normalize`). */
const LEAST_SQUARE = 1e-12;

/** Rows of length 1. */
function directed(x: Tensor): Tensor {
  const squares = clip(rowSum(multiply(x, x)), LEAST_SQUARE, Infinity);
  return divide(x, spread(squareRoot(squares), x.shape.at(-1)!));
}

/** Of values that no gradient goes through. */
const mapped = (x: Tensor, of: (value: number, place: number) => number): Tensor =>
  tensor(x.shape, Float64Array.from(x.values, of));

const plus = (x: Tensor, constant: number): Tensor =>
  add(x, tensor(x.shape, new Float64Array(sizeOf(x.shape)).fill(constant)));

/** The weight of a value by its place in its row; one weight stands for all. */
const weightAt = (weights: readonly number[] | undefined, place: number, { shape }: Tensor): number =>
  weights?.[weights.length === 1 ? 0 : place % shape.at(-1)!] ?? 1;

/** What of each class is asked for: its target, smoothed, times its weight. */
function classParts(target: Tensor, { labelSmoothing = 0, classWeights }: LossSpec): Tensor {
  if (labelSmoothing === 0 && classWeights === undefined) return target;
  const share = labelSmoothing / target.shape.at(-1)!;
  return mapped(target, (y, k) => (y * (1 - labelSmoothing) + share) * weightAt(classWeights, k, target));
}

/** Labels 0 and 1 of a hinge stand for -1 and 1: always in TensorFlow 1, in Keras where a batch has no other. */
function hingeTarget(framework: Framework, target: Tensor): Tensor {
  const keras = framework === 'keras2' || framework === 'keras3';
  const converts = framework === 'tensorflow1' || (keras && target.values.every(y => y === 0 || y === 1));
  return converts ? mapped(target, y => 2 * y - 1) : target;
}

/** What the spec adds to the loss for the size of weights, a scalar; undefined where it adds nothing. */
export function penaltyOf({ penalties = [] }: LossSpec, weights: ReadonlyMap<string, Tensor>): Tensor | undefined {
  const parts = penalties.flatMap(({ weight, l1 = 0, l2 = 0 }) => {
    const w = weights.get(weight);
    if (!w) throw new EngineError('invalid-model', phrase('The model has no tensor {0}.', weight));
    return [...(l1 === 0 ? [] : [scale(sum(absolute(w)), l1)]), ...(l2 === 0 ? [] : [scale(sum(multiply(w, w)), l2)])];
  });
  return parts.length === 0 ? undefined : parts.reduce(add);
}

const weightOfClass = ({ classWeights }: LossSpec, label: number): number => classWeights?.[label] ?? 1;

/**
 * The loss of a batch, a scalar, without penalties.
 * @param given labels (one a row) or values in the prediction's shape.
 * @param counts whether a row counts: by the spec's mask, in the order of the rows; undefined where there is no mask.
 * @throws EngineError `invalid-shape` when labels or targets do not fit the prediction, or a label is no class.
 */
export function lossOf(
  framework: Framework,
  spec: LossSpec,
  prediction: Tensor,
  given: Tensor,
  counts: readonly boolean[] | undefined,
): Tensor {
  const target = spec.kind.endsWith('hinge') ? hingeTarget(framework, given) : given;
  const width = prediction.shape.at(-1) ?? 1;
  const rowCount = sizeOf(prediction.shape) / width;
  const sparse = spec.kind === 'sparse_softmax_cross_entropy';
  const expected = sparse ? rowCount : sizeOf(prediction.shape);
  if (sizeOf(target.shape) !== expected)
    throw new EngineError(
      'invalid-shape',
      phrase('{0}: {1} values expected, found {2}', spec.target.from, expected, sizeOf(target.shape)),
    );
  if (sparse) {
    const wrong = target.values.find(label => label !== spec.ignoreLabel && !(label >= 0 && label < width));
    if (wrong !== undefined)
      throw new EngineError(
        'invalid-shape',
        phrase('{0}: labels from 0 to {1} expected, found {2}', spec.target.from, width - 1, wrong),
      );
  }
  const losses = VALUES[spec.kind](prediction, target, spec.fromLogits ?? true, spec);
  const count = sizeOf(losses.shape);
  const perRow = count / rowCount;
  // Note: Keras' `sum` adds up the rows' means; PyTorch's and TF1's add up every value.
  const byRow = spec.reduction !== 'sum' || isKerasLike(framework) ? 1 / perRow : 1;
  const weights = Array.from({ length: rowCount }, (_, row) => {
    const ignored = sparse && spec.ignoreLabel !== undefined && target.values[row] === spec.ignoreLabel;
    return ignored || counts?.[row] === false ? 0 : 1;
  });
  const weightOfValues = Float64Array.from({ length: count }, (_, k) => weights[Math.floor(k / perRow)]! * byRow);
  const total = sum(multiply(losses, tensor(losses.shape, weightOfValues)));
  const { factor = 1 } = spec;
  if (spec.reduction === 'sum') return scale(total, factor);
  // Rows that are masked still count in a plain mean, as `tf.reduce_mean(losses * mask)` has it; ignored labels never do.
  const byMask = spec.reduction === 'mean_over_mask' || spec.ignoreLabel !== undefined;
  const counted = weights.reduce<number>((a, b) => a + b, 0);
  const share =
    spec.reduction === 'mean_over_weights' && sparse
      ? weights.reduce<number>((sum, row, k) => sum + (row === 0 ? 0 : weightOfClass(spec, target.values[k]!)), 0)
      : byMask
        ? counted
        : rowCount;
  // Note: where no row counts the loss is 0, as in Keras; PyTorch and TF1 divide by zero.
  return scale(total, factor / (share === 0 ? 1 : share));
}
