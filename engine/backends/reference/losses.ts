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
const LOSSES: Readonly<Record<Values, (prediction: Tensor, target: Tensor, fromLogits: boolean) => Tensor>> = {
  /** `-log p[label]` */
  sparse_softmax_cross_entropy: (prediction, labels, fromLogits) => {
    const logP = logProbabilities(prediction, fromLogits);
    const C = prediction.shape.at(-1)!;
    // A label outside of the classes is one to be ignored; its row weighs nothing.
    const columns = labels.values.map(label => (label >= 0 && label < C ? label : 0));
    return scale(pick(logP, columns), -1);
  },
  /** `-Σ y log p` */
  softmax_cross_entropy: (prediction, target, fromLogits) =>
    scale(rowSum(multiply(logProbabilities(prediction, fromLogits), target)), -1),
  /** `-(y log p + (1 - y) log(1 - p))`; of logits z it is `softplus(z) - y z`. */
  sigmoid_cross_entropy: (prediction, target, fromLogits) => {
    if (fromLogits) return subtract(activate('softplus', prediction), multiply(target, prediction));
    const p = clip(prediction, EPSILON, 1 - EPSILON);
    return scale(add(multiply(target, log(p)), multiply(oneMinus(target), log(oneMinus(p)))), -1);
  },
  mean_squared_error: (prediction, target) => {
    const difference = subtract(prediction, target);
    return multiply(difference, difference);
  },
  mean_absolute_error: (prediction, target) => absolute(subtract(prediction, target)),
};

/** What the spec adds to the loss for the size of weights, a scalar; undefined where it adds nothing. */
export function penaltyOf({ penalties = [] }: LossSpec, weights: ReadonlyMap<string, Tensor>): Tensor | undefined {
  const parts = penalties.flatMap(({ weight, l1 = 0, l2 = 0 }) => {
    const w = weights.get(weight);
    if (!w) throw new EngineError('invalid-model', phrase('The model has no tensor {0}.', weight));
    return [...(l1 === 0 ? [] : [scale(sum(absolute(w)), l1)]), ...(l2 === 0 ? [] : [scale(sum(multiply(w, w)), l2)])];
  });
  return parts.length === 0 ? undefined : parts.reduce(add);
}

/**
 * The loss of a batch, a scalar, without penalties.
 * @param target labels (one a row) or values in the prediction's shape.
 * @param counts whether a row counts: by the spec's mask, in the order of the rows; undefined where there is no mask.
 * @throws EngineError `invalid-shape` when labels or targets do not fit the prediction, or a label is no class.
 */
export function lossOf(
  framework: Framework,
  spec: LossSpec,
  prediction: Tensor,
  target: Tensor,
  counts: readonly boolean[] | undefined,
): Tensor {
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
  const losses = LOSSES[spec.kind](prediction, target, spec.fromLogits ?? true);
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
  const share = byMask ? weights.reduce<number>((a, b) => a + b, 0) : rowCount;
  // Note: where no row counts the loss is 0, as in Keras; PyTorch and TF1 divide by zero.
  return scale(total, factor / Math.max(1, share));
}
