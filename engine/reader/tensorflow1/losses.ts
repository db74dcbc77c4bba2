/** Losses of TensorFlow 1, as functions and written out. Sources: TensorFlow 1.15 `losses_impl.py`, `nn_impl.py`, contrib's `seq2seq/python/ops/loss.py`. */
import { phrase } from '../../model/phrase.ts';
import type { LossOptions, LossSpec } from '../../model/spec.ts';
import { Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { distance, lossOf, maskedLoss, reducedLoss, scaledLoss, selectedLoss } from '../losses.ts';
import { asTensor, oneOf, placesOf, reduced as without, shaped } from '../shapeRules.ts';
import { equal } from '../sizes.ts';
import { type Abstract, tensor, type Tensor, type TensorAxis, unknown } from '../values.ts';
import { countedSteps } from './lengths.ts';
import { sequenceLossShape } from './seq2seq.ts';
import { constantsOf, SHAPE_CALLS, stackedOf } from './shapes.ts';

type Kind = LossSpec['kind'];

/** The first releases took logits, then labels, without their names. */
function named(of: (call: Call) => Abstract): (call: Call) => Abstract {
  return call => {
    const [logits, labels] = [call.args.some('_sentinel'), call.args.some('labels')];
    if (logits === undefined || labels === undefined || call.args.isGiven('logits')) return of(call);
    const { range } = call;
    const given = [
      { name: 'labels', value: labels, range },
      { name: 'logits', value: logits, range },
    ];
    return of({ ...call, args: new Arguments('labels, logits', given) });
  };
}

/** Labels of which the program has made rows with a 1 among zeros are labels. */
function labelled(kind: Kind, target: Tensor, prediction: Tensor): { readonly kind: Kind; readonly target: Tensor } {
  const { derivation } = target;
  const classes = prediction.axes?.at(-1)?.size ?? null;
  const fits = derivation?.op === 'one_hot' && derivation.depth !== null && classes !== null && equal(derivation.depth, classes); // prettier-ignore
  return kind === 'softmax_cross_entropy' && fits ? { kind: 'sparse_softmax_cross_entropy', target: derivation.of } : { kind, target }; // prettier-ignore
}

/** A loss for every row (or step) of the batch. */
function loss(given: Kind, labels: string, prediction: string): (call: Call) => Abstract {
  return ({ args, reader }) => {
    const [values, predicted] = [asTensor(args.get(labels)), asTensor(args.get(prediction))];
    if (values === null || predicted === null) return unknown('loss');
    const { kind, target } = labelled(given, values, predicted);
    reader.graph.use(target, 'target');
    if (kind !== 'sigmoid_cross_entropy' && predicted.ref !== undefined) reader.graph.scores.add(predicted.ref.from);
    const axes = kind === 'sigmoid_cross_entropy' ? predicted.axes : (predicted.axes?.slice(0, -1) ?? null);
    return tensor('float32', axes, {
      derivation: { op: 'loss', kind, prediction: predicted, target, fromLogits: true, reduction: 'none' },
      meaning:
        kind === 'sigmoid_cross_entropy'
          ? phrase('cross-entropy of every output')
          : phrase('cross-entropy of every row'),
    });
  };
}

const LOSS_MEANING = phrase('loss that is minimised');

/** The mean or sum over axes; over all of them it makes a loss out of losses, an accuracy out of hits. */
function reduce(by: 'mean' | 'sum'): CallEntry {
  return {
    signature: 'input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None',
    result: call => {
      const { args, reader, range } = call;
      const of = asTensor(args.get('input_tensor')) ?? stackedOf(args.get('input_tensor'), reader);
      if (of === null) return unknown('');
      const axis = oneOf(args, 'axis', 'reduction_indices');
      const places = of.axes === null ? null : axis === undefined ? of.axes.map((_, at) => at) : placesOf(axis, of.axes.length); // prettier-ignore
      const keep = args.boolean('keepdims') === true || args.boolean('keep_dims') === true;
      if (axis === undefined || (places !== null && places.length > 0 && places.length === of.axes?.length && !keep))
        return whole(call, of, by);
      const [at] = places ?? [];
      if (places === null || at === undefined || keep) return shaped(of, without(of, axis, keep));
      if (lossOf(of) !== null) return reducedLoss(of, places, by) ?? shaped(of, without(of, axis, false));
      const counted = by === 'sum' ? countedSteps(call, of, at) : null;
      if (counted !== null) return counted;
      const rest = of.axes!.filter((_, place) => place !== at);
      if (places.length > 1 || of.axes![at]!.name !== 'steps' || of.ref === undefined || of.displaced !== undefined)
        return shaped(of, without(of, axis, false));
      const id = reader.graph.add('over_steps', { op: 'reduce_steps', input: of.ref, by }, { range });
      return tensor(of.dtype, rest, {
        ref: { from: id },
        meaning: by === 'mean' ? phrase('mean over the steps') : phrase('sum over the steps'),
      });
    },
  };
}

function whole({ reader, range }: Call, of: Tensor, by: 'mean' | 'sum'): Tensor {
  const scalar: readonly TensorAxis[] = [];
  const { derivation, axes } = of;
  if (derivation?.op === 'loss') {
    const made = reducedLoss({ ...of, axes: axes ?? [] }, (axes ?? []).map((_, at) => at), by);
    if (made === null) return tensor(of.dtype, scalar, { lost: true });
    const found = { ...made, meaning: LOSS_MEANING };
    reader.graph.losses.push({ loss: found, range });
    return found;
  } // prettier-ignore
  if (derivation?.op === 'mask' && by === 'sum')
    return tensor(of.dtype, scalar, { derivation: { op: 'counted', of: derivation.of } });
  if (derivation?.op === 'right' && by === 'mean') {
    if (derivation.of.ref !== undefined) {
      const metric = { kind: 'accuracy' as const, ...(derivation.topK === 1 ? {} : { topK: derivation.topK }) };
      reader.graph.metrics.push({ of: derivation.of.ref, metric });
    }
    return tensor('float32', scalar, { meaning: phrase('part of the rows that are classified right') });
  }
  const lost = of.ref === undefined && of.lost !== true ? {} : { lost: true as const };
  return tensor(of.dtype, scalar, by === 'mean' ? { ...lost, meaning: phrase('mean over all of it') } : lost);
}

/** Squared or absolute differences are a loss. */
function distanceOf(kind: 'mean_squared_error' | 'mean_absolute_error', of: Tensor, { reader }: Call): Tensor {
  const derivation = distance(reader.graph, of, kind);
  const meaning = kind === 'mean_squared_error' ? phrase('squared error') : phrase('absolute error');
  if (derivation !== null) return tensor('float32', of.axes, { derivation, meaning });
  const magnitude = kind === 'mean_absolute_error' && of.ref !== undefined;
  return { ...shaped(of, of.axes), ...(magnitude ? { derivation: { op: 'magnitude', of } } : {}) };
}

const distanceCall =
  (kind: 'mean_squared_error' | 'mean_absolute_error') =>
  (call: Call): Abstract => {
    const of = asTensor(call.args.get('x'));
    return of === null ? unknown('') : distanceOf(kind, of, call);
  };

function differenceOf(left: Tensor, right: Tensor): Tensor {
  return tensor(left.dtype, left.axes, { derivation: { op: 'difference', left, right } });
}

/** `tf.nn.l2_loss`: half the sum of the squares. */
function halfSquares(call: Call): Abstract {
  const of = asTensor(call.args.get('t'));
  if (of === null) return unknown('');
  const squares = distanceOf('mean_squared_error', of, call);
  const half = scaledLoss(squares, 0.5);
  return half === null ? tensor(of.dtype, [], { lost: true }) : whole(call, half, 'sum');
}

/**
 * A loss of `tf.losses`, with its weights and its reduction. Weights are a number or the mask of the steps: the mean goes
 * over what has a weight that is not zero.
 */
function weighted(every: (call: Call) => Abstract): (call: Call) => Abstract {
  return call => {
    const of = asTensor(every(call));
    if (of === null) return unknown('loss');
    const { args, reader, range } = call;
    const weights = args.get('weights');
    const reduction = args.some('reduction');
    const name = reduction === undefined ? 'SUM_BY_NONZERO_WEIGHTS' : reduction.kind === 'path' ? reduction.path.split('.').at(-1)! : reduction.kind === 'string' ? reduction.value.toUpperCase() : ''; // prettier-ignore
    const by = REDUCTIONS[name];
    const mask = asTensor(weights);
    const smoothing = args.isGiven('label_smoothing') ? (args.number('label_smoothing') ?? null) : 0;
    const taken = mask !== null ? selectedByWeights(of, mask, by === 'mean') : weights?.kind === 'number' ? scaledLoss(of, name === 'MEAN' ? 1 : weights.value) : null; // prettier-ignore
    if (taken === null || by === undefined || smoothing === null) return tensor('float32', of.axes === null ? null : [], { lost: true }); // prettier-ignore
    const softened = smoothing === 0 ? taken : withLossOptions(taken, { labelSmoothing: smoothing });
    const made = by === 'none' ? softened : whole(call, softened, by);
    if (by !== 'none' && lossOf(made) !== null) reader.graph.collected.push({ loss: made, range });
    return made;
  };
}

/** A loss with options that change its values. */
function withLossOptions(of: Tensor, options: LossOptions): Tensor {
  const loss = lossOf(of);
  return loss === null ? of : { ...of, derivation: { ...loss, options: { ...loss.options, ...options } } };
}

/** A cross-entropy of which a yes weighs more or less than a no. */
function weightedSigmoid(call: Call): Abstract {
  const target = call.args.isGiven('targets') ? 'targets' : 'labels';
  const of = asTensor(loss('sigmoid_cross_entropy', target, 'logits')(call));
  const weights = constantsOf(call.args.get('pos_weight'));
  if (of === null || weights === null)
    return of === null ? unknown('loss') : tensor('float32', of.axes, { lost: true });
  return withLossOptions(of, { positiveWeights: [...weights] });
}

const REDUCTIONS: Readonly<Record<string, 'mean' | 'sum' | 'none'>> = {
  SUM_BY_NONZERO_WEIGHTS: 'mean',
  SUM_OVER_NONZERO_WEIGHTS: 'mean',
  SUM_OVER_BATCH_SIZE: 'mean',
  MEAN: 'mean',
  SUM: 'sum',
  NONE: 'none',
};

/** Weights that are a mask: of a mean only the steps that count are left. */
function selectedByWeights(of: Tensor, mask: Tensor, mean: boolean): Tensor | null {
  const { axes } = mask;
  const flat = axes?.length === 3 && axes[2]!.size === 1 ? { ...mask, axes: axes.slice(0, 2) } : mask;
  return mean ? selectedLoss(of, flat) : maskedLoss(of, mask);
}

/** A loss of predicted values of `tf.losses`. @param given name of the prediction. */
const valueLoss =
  (kind: Kind, given = 'predictions') =>
  (call: Call): Abstract => {
    const [target, prediction] = [asTensor(call.args.get('labels')), asTensor(call.args.get(given))];
    if (target === null || prediction === null) return unknown('loss');
    call.reader.graph.use(target, 'target');
    return tensor('float32', prediction.axes, {
      derivation: { op: 'loss', kind, prediction, target, fromLogits: false, reduction: 'none' },
    });
  };

function huber(call: Call): Abstract {
  const of = asTensor(valueLoss('huber')(call));
  const delta = call.args.number('delta');
  if (of === null || delta === undefined)
    return of === null ? unknown('loss') : tensor('float32', of.axes, { lost: true });
  return delta === 1 ? of : withLossOptions(of, { delta });
}

/** Cross entropies of every step, averaged over those that count. Note: without the 1e-12 that TensorFlow adds to their number. */
function sequenceLoss(call: Call): Abstract {
  const { args } = call;
  const shape = sequenceLossShape(call);
  const overAll = ['timesteps', 'batch'].every(over => args.boolean(`average_across_${over}`) === true);
  const summed = ['timesteps', 'batch'].some(over => args.boolean(`sum_over_${over}`) !== false);
  const [every, weights] = [asTensor(loss('sparse_softmax_cross_entropy', 'targets', 'logits')(call)), asTensor(args.get('weights'))]; // prettier-ignore
  if (!overAll || summed || args.some('softmax_loss_function') !== undefined || every === null || weights === null)
    return shape;
  const taken = selectedLoss(every, weights);
  return taken === null ? shape : whole(call, taken, 'mean');
}

/** The losses that `tf.losses` has collected, together. */
function totalLoss({ reader }: Call): Abstract {
  const { collected } = reader.graph;
  return collected.length === 1 ? collected[0]!.loss : tensor('float32', [], { lost: true });
}

/** The logarithm of a softmax, from which cross entropies are written out. */
function logarithm(call: Call): Abstract {
  const of = asTensor(call.args.get('x'));
  if (of === null) return unknown('');
  const node = call.reader.graph.nodeOf(of.ref);
  const plain = shaped(of, of.axes);
  if (node?.op !== 'activation' || node.activation !== 'softmax') return plain;
  return { ...plain, derivation: { op: 'logarithm', logits: { ...of, ref: node.input } } };
}

/** `y * tf.log(p)`: what the sum over the classes makes the cross-entropy of a row of, but for its sign. */
export function logLikelihood({ reader }: Call, a: Tensor, b: Tensor): Tensor | null {
  const [log, values] = a.derivation?.op === 'logarithm' ? [a.derivation, b] : [b.derivation, a];
  if (log?.op !== 'logarithm') return null;
  const { kind, target } = labelled('softmax_cross_entropy', values, log.logits);
  reader.graph.use(target, 'target');
  const derivation = { op: 'loss', kind, prediction: log.logits, target, fromLogits: true, reduction: 'none', factor: -1, classes: true } as const; // prettier-ignore
  return tensor('float32', log.logits.axes, { derivation, meaning: phrase('cross-entropy of every row') });
}

/** The mask of the steps before the end of each row. */
const SEQUENCE_MASK: CallEntry = {
  signature: SHAPE_CALLS['tf.sequence_mask']!.signature,
  result: call => {
    const made = SHAPE_CALLS['tf.sequence_mask']!.result(call);
    const lengths = asTensor(call.args.get('lengths'));
    if (lengths?.ref === undefined || made.kind !== 'tensor') return made;
    call.reader.graph.use(lengths, 'lengths');
    const axes = made.axes?.length === 2 ? [{ ...made.axes[0]!, name: 'batch' }, made.axes[1]!] : made.axes;
    return { ...made, axes, derivation: { op: 'mask', of: lengths.ref } };
  },
};

const BOOLEAN_MASK: CallEntry = {
  signature: SHAPE_CALLS['tf.boolean_mask']!.signature,
  result: call => {
    const [of, mask] = [asTensor(call.args.get('tensor')), asTensor(call.args.get('mask'))];
    const taken = of === null || mask === null || call.args.some('axis') !== undefined ? null : selectedLoss(of, mask);
    return taken ?? SHAPE_CALLS['tf.boolean_mask']!.result(call);
  },
};

const LOSS_OPTIONS = 'scope=None, loss_collection=None, reduction=None';

export const LOSS_CALLS: CallTable = {
  'tf.nn.sparse_softmax_cross_entropy_with_logits': {
    signature: '_sentinel=None, labels=None, logits=None, name=None',
    result: named(loss('sparse_softmax_cross_entropy', 'labels', 'logits')),
  },
  'tf.nn.softmax_cross_entropy_with_logits': {
    signature: '_sentinel=None, labels=None, logits=None, dim=-1, name=None',
    result: named(loss('softmax_cross_entropy', 'labels', 'logits')),
  },
  'tf.nn.softmax_cross_entropy_with_logits_v2': {
    signature: 'labels, logits, axis=None, name=None',
    result: loss('softmax_cross_entropy', 'labels', 'logits'),
  },
  'tf.nn.sigmoid_cross_entropy_with_logits': {
    signature: '_sentinel=None, labels=None, logits=None, name=None',
    result: named(loss('sigmoid_cross_entropy', 'labels', 'logits')),
  },
  'tf.losses.sparse_softmax_cross_entropy': {
    signature: `labels, logits, weights=1.0, ${LOSS_OPTIONS}`,
    result: weighted(loss('sparse_softmax_cross_entropy', 'labels', 'logits')),
  },
  'tf.losses.softmax_cross_entropy': {
    signature: `onehot_labels, logits, weights=1.0, label_smoothing=0, ${LOSS_OPTIONS}`,
    result: weighted(loss('softmax_cross_entropy', 'onehot_labels', 'logits')),
  },
  'tf.losses.sigmoid_cross_entropy': {
    signature: `multi_class_labels, logits, weights=1.0, label_smoothing=0, ${LOSS_OPTIONS}`,
    result: weighted(loss('sigmoid_cross_entropy', 'multi_class_labels', 'logits')),
  },
  'tf.losses.mean_squared_error': {
    signature: `labels, predictions, weights=1.0, ${LOSS_OPTIONS}`,
    result: weighted(valueLoss('mean_squared_error')),
  },
  'tf.losses.absolute_difference': {
    signature: `labels, predictions, weights=1.0, ${LOSS_OPTIONS}`,
    result: weighted(valueLoss('mean_absolute_error')),
  },
  'tf.losses.huber_loss': {
    signature: `labels, predictions, weights=1.0, delta=1.0, ${LOSS_OPTIONS}`,
    result: weighted(huber),
  },
  'tf.losses.hinge_loss': {
    signature: `labels, logits, weights=1.0, ${LOSS_OPTIONS}`,
    result: weighted(valueLoss('hinge', 'logits')),
  },
  'tf.losses.log_loss': {
    signature: `labels, predictions, weights=1.0, epsilon=1e-07, ${LOSS_OPTIONS}`,
    result: weighted(valueLoss('sigmoid_cross_entropy')),
  },
  'tf.nn.weighted_cross_entropy_with_logits': {
    signature: 'labels=None, logits=None, pos_weight=None, name=None, targets=None',
    result: weightedSigmoid,
  },
  'tf.losses.get_total_loss': {
    signature: 'add_regularization_losses=True, name=None, scope=None',
    result: totalLoss,
  },
  'tf.contrib.seq2seq.sequence_loss': {
    signature:
      'logits, targets, weights, average_across_timesteps=True, average_across_batch=True, sum_over_timesteps=False, sum_over_batch=False, softmax_loss_function=None, name=None',
    result: sequenceLoss,
  },
  'tf.square': { signature: 'x, name=None', result: distanceCall('mean_squared_error') },
  'tf.abs': { signature: 'x, name=None', result: distanceCall('mean_absolute_error') },
  'tf.log': { signature: 'x, name=None', result: logarithm },
  'tf.nn.l2_loss': { signature: 't, name=None', result: halfSquares },
  'tf.sequence_mask': SEQUENCE_MASK,
  'tf.boolean_mask': BOOLEAN_MASK,
  'tf.squared_difference': {
    signature: 'x, y, name=None',
    result: call => {
      const [left, right] = [asTensor(call.args.get('x')), asTensor(call.args.get('y'))];
      return left === null || right === null
        ? unknown('')
        : distanceOf('mean_squared_error', differenceOf(left, right), call);
    },
  },
  'tf.reduce_mean': reduce('mean'),
  'tf.reduce_sum': reduce('sum'),
};
