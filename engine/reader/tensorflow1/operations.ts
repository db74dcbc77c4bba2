/** TensorFlow 1's inputs, layers and operations on tensors, as far as recurrent programs use them. */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { Activation, Initializer } from '../../model/spec.ts';
import { activationOf, type ChosenActivation, unknownActivation, withOptions } from '../activations.ts';
import { Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { denseNode, type Graph, isBatch, stepsAt } from '../graph.ts';
import { distance, maskedLoss, penalizedLoss, perCountedStep, scaledLoss } from '../losses.ts';
import { asTensor, matrixProduct, oneOf, placesOf, shaped } from '../shapeRules.ts';
import { type Dimension, symbol, toSize } from '../sizes.ts';
import {
  broadcast,
  concatenate,
  concatenateMany,
  nameAxes,
  refOf,
  reshape,
  stack,
  stackMany,
  tensorsOf,
  transpose,
  unstack,
} from '../tensors.ts';
import {
  type Abstract,
  dimension,
  fromDimension,
  list,
  shortText,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
  unknown,
} from '../values.ts';
import { initializerOf } from './initializers.ts';
import { logLikelihood } from './losses.ts';
import { scoped } from './scopes.ts';

/** `float32` of `tf.float32`, `np.float32` or `'float32'`. */
export function dtypeOf(value: Abstract | undefined, fallback = 'float32'): string {
  const name =
    value?.kind === 'path' ? value.path.split('.').at(-1) : value?.kind === 'string' ? value.value : undefined;
  if (name === undefined) return fallback;
  const short: Readonly<Record<string, string>> = { float: 'float32', int: 'int32', long: 'int64', double: 'float64' };
  return short[name] ?? name;
}

/** Sizes of a shape; null for None and for what is not known. Null as a whole where not even the rank is known. */
export function shapeOf(value: Abstract | undefined): (Dimension | null)[] | null {
  if (value?.kind === 'sequence') return value.items.map(item => (item.kind === 'none' ? null : dimension(item)));
  const single =
    value === undefined ? null : value.kind === 'number' || value.kind === 'size' ? dimension(value) : null;
  return single === null ? null : [single];
}

function placeholder(call: Call): Abstract {
  const { args, reader, range } = call;
  const dtype = dtypeOf(args.get('dtype'));
  const shape = shapeOf(args.get('shape'));
  if (shape === null) return tensor(dtype, null);
  const axes = nameAxes(shape, dtype);
  if (axes.length === 0) return tensor(dtype, axes);
  const timeMajor = axes[1]?.name === 'batch';
  const rest = axes.filter(axis => !isBatch(axis));
  const name = reader.assignedTo ?? args.string('name') ?? 'input';
  const input = reader.graph.input(name, { dtype, axes: rest, timeMajor, range });
  return tensor(dtype, axes, { ref: { from: input.id } });
}

function tensorOf(value: Abstract | undefined): Tensor | null {
  return value?.kind === 'tensor' ? value : null;
}

/** The input of an operation as a tensor, or what to give when it is none. */
function onTensor(name: string, apply: (of: Tensor, call: Call) => Abstract): (call: Call) => Abstract {
  return call => {
    const of = tensorOf(call.args.get(name));
    return of === null ? unknown(call.reader.textOf(call.range).slice(0, 60)) : apply(of, call);
  };
}

const LINEAR: ChosenActivation = { activation: 'linear' };

/** What a dense layer gives on the last axis; `default_name` numbers the layers that have no name of their own. */
function dense(
  inputs: string,
  units: string,
  scope: string,
  bias: string,
  fallbackActivation: Activation,
  defaultName: string,
): (call: Call) => Abstract {
  return onTensor(inputs, (of, call) => {
    const { args, reader, range } = call;
    const size = args.size(units) ?? symbol(units);
    const option = ['activation', 'activation_fn'].find(one => args.isGiven(one));
    const chosen = option === undefined ? { activation: fallbackActivation } : activationOf(args.get(option), call);
    const kernel = initializerOf(args.get('kernel_initializer') ?? args.get('weights_initializer'));
    const biases = initializerOf(args.get('bias_initializer') ?? args.get('biases_initializer'));
    const useBias =
      bias === 'use_bias' ? args.boolean('use_bias') !== false : args.get('biases_initializer')?.kind !== 'none';
    const name = args.string(scope);
    const within = name === undefined ? reader.graph.layerName(scoped(call, defaultName)) : scoped(call, name);
    return denseNode(reader.graph, of, {
      units: size,
      ...(chosen ?? LINEAR),
      useBias,
      scope: within,
      range,
      ...(chosen === null ? { open: [unknownActivation(call, option!, within)] } : {}),
      ...(kernel === undefined ? {} : { kernelInitializer: kernel }),
      ...(biases === undefined ? {} : { biasInitializer: biases }),
    });
  });
}

/** Applies an activation as an operation. */
function activate(which: Activation, options = 'axis=-1'): CallEntry {
  return {
    signature: `features, ${options}, name=None`,
    result: onTensor('features', (of, call) => {
      const { reader, range } = call;
      const spec = withOptions(which, call, of);
      if (spec === null) return shaped(of, of.axes);
      const { activation } = spec;
      const meaning = activationMeaning(activation, of);
      if (of.ref === undefined) return tensor(of.dtype, of.axes, { meaning });
      const id = reader.graph.add(activation, { op: 'activation', input: of.ref, ...spec }, { range });
      return tensor(of.dtype, of.axes, { ref: { from: id }, meaning });
    }),
  };
}

function activationMeaning(activation: Activation, of: Tensor): Phrase {
  if (activation === 'softmax') return phrase('probabilities of the classes');
  return of.meaning === undefined ? phrase('{0} of it', activation) : phrase('after {0}', activation);
}

/** The same tensor under another type or name. */
const same = (signature: string): CallEntry => ({
  signature,
  result: ({ args, reader, range }) => args.get(signature.split(/[,=]/)[0]!) ?? unknown(reader.textOf(range)),
});

/** What of a tensor and a number, or something that is not known, only the shape is known of. */
function alone(only: Tensor, other: Abstract | undefined): Tensor {
  // What is not known may stretch an axis of one.
  const axes = other?.kind === 'unknown' && other.number !== true ? (only.axes?.map(axis => (axis.size === 1 ? { ...axis, size: null } : axis)) ?? null) : only.axes; // prettier-ignore
  return shaped(only, axes);
}

function together(a: Tensor, b: Tensor): Tensor {
  return { ...shaped(a.ref === undefined && a.lost !== true ? { ...b, dtype: a.dtype } : a, broadcast(a, b)) };
}

/** A tensor times a number. */
function scaled(of: Tensor, by: number, { reader, range }: Call): Tensor {
  const loss = scaledLoss(of, by);
  if (loss !== null) return loss;
  const { derivation } = of;
  const difference = derivation?.op === 'difference' ? { derivation: { ...derivation, factor: (derivation.factor ?? 1) * by } } : {}; // prettier-ignore
  if (of.ref === undefined || of.displaced !== undefined) return { ...shaped(of, of.axes), ...difference };
  reader.graph.use(of, of.axes?.length === 3 ? 'sequence' : 'state');
  const id = reader.graph.add('scaled', { op: 'scale', input: of.ref, factor: by }, { range });
  return tensor(of.dtype, of.axes, { ref: { from: id }, meaning: phrase('times {0}', by) });
}

/** The two arguments of an operation, a tensor first; null where there is none. */
function operands({ args }: Call): { readonly of: Tensor; readonly other: Abstract | undefined } | null {
  const [a, b] = [args.get('x'), args.get('y')];
  if (a?.kind === 'tensor') return { of: a, other: b };
  return b?.kind === 'tensor' ? { of: b, other: a } : null;
}

function combine(by: 'add' | 'multiply'): (call: Call) => Abstract {
  return call => {
    const found = operands(call);
    if (found === null) return unknown('');
    const { of: a, other: b } = found;
    if (by === 'multiply' && b?.kind === 'number') return scaled(a, b.value, call);
    const penalized = by === 'add' ? penalizedLoss(a, b) : null;
    if (penalized !== null) return penalized;
    if (b?.kind !== 'tensor') return b?.kind === 'number' && b.value === 0 ? a : alone(a, b);
    const special = by === 'add' ? withBias(call) : (maskedLoss(a, b) ?? maskedLoss(b, a) ?? logLikelihood(call, a, b) ?? squared(a, b, call)); // prettier-ignore
    if (special !== null) return special;
    const masked = by === 'multiply' ? (maskedSteps(call, a, b) ?? maskedSteps(call, b, a)) : null;
    if (masked !== null) return masked;
    if (a.ref === undefined || b.ref === undefined) return together(a, b);
    const id = call.reader.graph.add(by, { op: 'combine', inputs: [a.ref, b.ref], by }, { range: call.range });
    return tensor(a.dtype, broadcast(a, b), { ref: { from: id } });
  };
}

/** A sequence times the mask of its steps, which may be fed: zeros where they do not count. */
function maskedSteps({ reader: { graph } }: Call, of: Tensor, mask: Tensor): Tensor | null {
  if (refOf(of) === undefined || of.axes?.length !== 3 || stepsAt(of.axes) < 0) return null;
  const fed = graph.inputOf(mask);
  const width = mask.axes?.at(-1)?.size;
  if (mask.derivation?.op === 'mask' && mask.axes?.length === 3 && width === 1)
    return { ...shaped(of, of.axes), derivation: { op: 'masked', of, mask: mask.derivation.of } };
  const isOpen = fed !== null && mask.axes === null && (!fed.known || fed.role === 'mask') && isBatch(of.axes[0]);
  if (!isOpen) return null;
  Object.assign(fed, { known: true, role: 'mask', dtype: 'float32', axes: [of.axes[stepsAt(of.axes)]!] });
  return { ...shaped(of, of.axes), derivation: { op: 'masked', of, mask: { from: fed.id } } };
}

/** The sum over the steps that count, divided by their number: their mean. */
function perStep({ reader: { graph } }: Call, of: Tensor, by: Tensor): Tensor | null {
  const node = graph.nodeOf(of.ref);
  if (node?.op !== 'reduce_steps' || node.by !== 'sum' || node.mask === undefined) return null;
  const fed = by.ref !== undefined && graph.inputs.get(by.ref.from)?.role === 'lengths' ? by.ref : undefined;
  const counted = by.derivation?.op === 'counted' ? by.derivation.of : fed;
  if (counted?.from !== node.mask.from) return null;
  graph.replace(node.id, { ...node, by: 'mean' });
  return { ...of, meaning: phrase('mean over the steps that count') };
}

/** A difference times itself. */
function squared(a: Tensor, b: Tensor, { reader }: Call): Tensor | null {
  const derivation = a.derivation === b.derivation ? distance(reader.graph, a, 'mean_squared_error') : null;
  return derivation && tensor('float32', a.axes, { derivation, meaning: phrase('squared error') });
}

function power(call: Call): Abstract {
  const [of, exponent] = [tensorOf(call.args.get('x')), call.args.get('y')];
  const found = operands(call);
  if (of === null) return found === null ? unknown('') : alone(found.of, call.args.get('x'));
  return (exponent?.kind === 'number' && exponent.value === 2 ? squared(of, of, call) : null) ?? alone(of, exponent);
}

function divide(call: Call): Abstract {
  const [left, right] = [call.args.get('x'), call.args.get('y')];
  if (left?.kind === 'tensor' && right?.kind === 'number' && right.value !== 0)
    return scaled(left, 1 / right.value, call);
  if (left?.kind === 'tensor' && right?.kind === 'tensor')
    return perCountedStep(left, right) ?? perStep(call, left, right) ?? together(left, right);
  const found = operands(call);
  return found === null ? unknown('') : alone(found.of, found.other);
}

/** `h W` with a trained `W` is a dense layer; its bias may be added later. */
function multiplyMatrices(call: Call): Abstract {
  const [left, weights] = [tensorOf(call.args.get('a')), tensorOf(call.args.get('b'))];
  if (left === null || weights === null) return unknown('');
  const units = weights.axes?.at(-1)?.size;
  const [rows, width] = [weights.axes?.[0]?.size, left.axes?.at(-1)?.size];
  const turned = [call.args.boolean('transpose_a'), call.args.boolean('transpose_b')].some(given => given !== false);
  if (
    weights.axes?.length === 2 &&
    !turned &&
    typeof rows === 'number' &&
    typeof width === 'number' &&
    rows !== width
  ) {
    const message = phrase('This matrix has {0} rows and gets {1} features', rows, width);
    call.reader.report({ range: call.range, severity: 'error', code: 'size-mismatch', message });
  }
  const [flipA, flipB] = ['transpose_a', 'transpose_b'].map(name => call.args.boolean(name) === true);
  if (weights.derivation?.op !== 'variables' || weights.axes?.length !== 2 || units == null || flipA || flipB)
    return tensor(left.dtype, matrixProduct(left, weights, flipA, flipB));
  const { reader, range } = call;
  const scope = weights.parameter ?? reader.graph.layerName(scoped(call, 'Variable'));
  return denseNode(reader.graph, left, {
    units,
    activation: 'linear',
    useBias: false,
    scope,
    range,
    open: openOf(call, weights),
    ...(weights.parameter === undefined ? {} : { weights: { kernel: weights.parameter } }),
    ...(weights.initial === undefined ? {} : { kernelInitializer: weights.initial }),
    meaning: phrase('product with a trained matrix'),
  });
}

/** Adding a trained vector to what a dense layer without bias gives is its bias. */
function withBias(call: Call): Abstract | null {
  const [a, b] = [tensorOf(call.args.get('x')), tensorOf(call.args.get('y'))];
  for (const [product, vector] of [
    [a, b],
    [b, a],
  ] as const) {
    const node = call.reader.graph.denseOf(product?.ref);
    if (product === null || node === null || node.useBias || node.activation !== 'linear') continue;
    if (vector?.derivation?.op !== 'variables' || (vector.axes !== null && vector.axes.length !== 1)) continue;
    const weights = node.weights && {
      ...node.weights,
      ...(vector.parameter === undefined ? {} : { bias: vector.parameter }),
    };
    const initial = vector.initial === undefined ? {} : { biasInitializer: vector.initial };
    if (vector.fixed === true) continue;
    call.reader.graph.replace(node.id, { ...node, useBias: true, ...(weights && { weights }), ...initial });
    return { ...product, meaning: phrase('product with a trained matrix, and a bias') };
  }
  return null;
}

/** One less than the length of each row: the place of its last step. */
function lastStep({ args, reader }: Call, of: Tensor): Tensor | null {
  const less = args.get('y');
  const fed = less?.kind === 'number' && less.value === 1 ? reader.graph.inputOf(of) : null;
  if (fed === null || (fed.known && fed.axes.length > 0)) return null;
  return { ...shaped(of, of.axes), derivation: { op: 'last_step', of: { from: fed.id } } };
}

function subtract(call: Call): Abstract {
  const [left, right] = [tensorOf(call.args.get('x')), tensorOf(call.args.get('y'))];
  if (left === null || right === null) {
    const found = operands(call);
    const last = left === null ? null : lastStep(call, left);
    return last ?? (found === null ? unknown('') : alone(found.of, found.other));
  }
  return { ...together(left, right), derivation: { op: 'difference', left, right } };
}

/** Steps in the other order: all of them, or of each row those before its end. */
function reversed(of: Tensor, along: Abstract | undefined, lengths: Abstract | undefined, call: Call): Abstract {
  const { reader, range } = call;
  const places = of.axes === null ? null : placesOf(along, of.axes.length);
  const [place] = places ?? [];
  const one = places?.length === 1 && of.axes?.[place!]?.name === 'steps';
  const rows = asTensor(lengths);
  if (!one || refOf(of) === undefined || (lengths !== undefined && rows?.ref === undefined)) return shaped(of, of.axes);
  reader.graph.use(of, 'sequence');
  reader.graph.use(lengths, 'lengths');
  const counts = rows?.ref === undefined ? {} : { sequenceLength: rows.ref };
  const id = reader.graph.add('reversed', { op: 'reverse_steps', input: of.ref!, ...counts }, { range });
  const more = of.derivation === undefined ? {} : { derivation: of.derivation };
  return tensor(of.dtype, of.axes, { ref: { from: id }, meaning: phrase('steps from the last to the first'), ...more });
}

/** Names an axis by what it holds, where the program only says its number. */
function order(value: Abstract | undefined): number[] | null {
  if (value?.kind !== 'sequence') return null;
  const places = value.items.map(item => (item.kind === 'number' ? item.value : NaN));
  return places.some(Number.isNaN) ? null : places;
}

const TRANSPOSE: CallEntry = {
  signature: 'a, perm=None, name=None',
  result: onTensor('a', (of, { args }) => {
    const given = args.some('perm');
    const places = order(given);
    return given !== undefined && places === null ? tensor(of.dtype, null) : transpose(of, places);
  }),
};

const SHAPE: CallEntry = {
  signature: 'input, name=None, out_type=None',
  result: onTensor('input', of => (of.axes === null ? unknown('shape') : tuple(of.axes.map(axisValue)))),
};

/** The size of an axis as Python sees it. */
export function axisValue(axis: TensorAxis): Abstract {
  return axis.size === null ? unknown(axis.name) : fromDimension(axis.size);
}

const reshaping = (of: Tensor, shape: Abstract | undefined, call: Call): Abstract => {
  const sizes = shape?.kind === 'sequence' ? shape.items.map(item => openSize(item)) : shapeOf(shape);
  return sizes === null ? tensor(of.dtype, null) : reshape(call.reader.graph, of, sizes, call.range);
};

/** In a new shape, the size of the batch is as good as -1. */
function openSize(value: Abstract): Dimension | null {
  return value.kind === 'unknown' && value.text === 'batch' ? null : dimension(value);
}

function embedding(call: Call): Abstract {
  const { args, reader, range } = call;
  const [weights, ids] = [tensorOf(args.get('params')), tensorOf(args.get('ids'))];
  const [vocabulary, units] = weights?.axes ?? [];
  if (ids === null) return unknown('');
  const axes =
    ids.axes === null ? null : [...ids.axes, { name: 'features', size: units?.size ?? symbol('embedding_size') }];
  const meaning = phrase('one vector for every token');
  if (ids.ref === undefined || weights === null) return tensor('float32', axes, { meaning });
  const scope = weights.parameter ?? reader.assignedTo ?? 'embedding';
  reader.graph.use(ids, 'sequence');
  const id = reader.graph.add(
    scope,
    { op: 'embedding', input: ids.ref, vocabulary: toSize(vocabulary?.size ?? symbol('vocabulary')), units: toSize(units?.size ?? symbol('embedding_size')), scope, ...(weights.initial === undefined ? {} : { initializer: weights.initial }) },
    { range, open: openOf(call, weights) },
  ); // prettier-ignore
  return tensor('float32', axes, { ref: { from: id }, meaning });
}

/** @param defaultName of variables that have none of their own; null where the name is never changed. */
function variable(shape: (call: Call) => Abstract | undefined, defaultName: string | null): (call: Call) => Abstract {
  return call => {
    const { args, reader } = call;
    const value = shape(call);
    const given = args.string('name');
    const named = defaultName === null ? given : (given ?? (args.isGiven('name') ? undefined : defaultName));
    const full = named === undefined ? undefined : scoped(call, named);
    const alone = defaultName !== null && value?.kind === 'number';
    const constant: Initializer | undefined = alone ? { kind: 'constant', value: value.value } : undefined;
    const initial =
      constant ?? (value?.kind === 'tensor' ? value.initial : undefined) ?? initializerOf(args.get('initializer'));
    const about = {
      derivation: { op: 'variables' as const },
      meaning: phrase('trained variable'),
      ...(full === undefined ? {} : { parameter: defaultName === null ? full : reader.graph.layerName(full) }),
      ...(initial === undefined ? {} : { initial }),
      ...(args.boolean('trainable') === false ? { fixed: true as const } : {}),
    };
    if (value?.kind === 'tensor') return tensor(value.dtype, value.axes, about);
    if (alone) return tensor(value.integer ? 'int32' : 'float32', [], about);
    const sizes = shapeOf(value);
    return tensor('float32', sizes === null ? null : sizes.map(size => ({ name: '', size })), about);
  };
}

/** What is said of a layer whose weight is a variable that is not trained. */
function openOf(call: Call, weights: Tensor): Phrase[] {
  return weights.fixed === true ? [phrase('{0} is not trained; that cannot be run yet', weights.parameter ?? call.args.text('params'))] : []; // prettier-ignore
}

/** A tensor of a shape that is given: what a variable begins with. @param value its spread; null where it has no word. */
const filled = (
  kind: Initializer['kind'],
  more = '',
  spread: (args: Arguments) => number | null | undefined = () => undefined,
): CallEntry => ({
  signature: `shape, ${more}dtype=None, name=None`,
  result: ({ args }) => {
    const sizes = shapeOf(args.get('shape'));
    const axes = sizes === null ? null : sizes.map(size => ({ name: '', size }));
    const value = spread(args);
    const initial = value === null ? {} : { initial: { kind, ...(value === undefined ? {} : { value }) } };
    const zeros = kind === 'zeros' ? { derivation: { op: 'zeros' as const } } : {};
    return tensor(dtypeOf(args.some('dtype')), axes, { ...initial, ...zeros });
  },
});

/** Of a distribution about 0. */
const deviation = (args: Arguments): number | null =>
  args.number('mean') === 0 ? (args.number('stddev') ?? null) : null;
const halfWidth = (args: Arguments): number | null => {
  const [low, high] = [args.number('minval'), args.number('maxval')];
  return low !== undefined && low === -high! ? high! : null;
};

/** A tensor through which no gradient goes back: what it is computed of cannot be trained as the program does it. */
export function stopped(graph: Graph, of: Tensor, name: string): Tensor {
  if (of.ref !== undefined && graph.nodes.has(of.ref.from))
    graph.stops.push({ from: of.ref.from, reason: phrase('{0} cannot be run yet', name) });
  return shaped(of, of.axes);
}

export const OPERATION_CALLS: CallTable = {
  'tf.placeholder': { signature: 'dtype, shape=None, name=None', result: placeholder },
  'tf.layers.dense': {
    signature:
      'inputs, units, activation=None, use_bias=True, kernel_initializer=None, bias_initializer=None, kernel_regularizer=None, bias_regularizer=None, activity_regularizer=None, kernel_constraint=None, bias_constraint=None, trainable=True, name=None, reuse=None',
    result: dense('inputs', 'units', 'name', 'use_bias', 'linear', 'dense'),
  },
  ...Object.fromEntries(
    (['fully_connected', 'linear', 'relu'] as const).map(name => [
      `tf.contrib.layers.${name}`,
      {
        signature: `inputs, num_outputs, activation_fn=${name === 'linear' ? 'None' : 'relu'}, normalizer_fn=None, normalizer_params=None, weights_initializer=None, weights_regularizer=None, biases_initializer=zeros, biases_regularizer=None, reuse=None, variables_collections=None, outputs_collections=None, trainable=True, scope=None`,
        result: dense('inputs', 'num_outputs', 'scope', 'biases_initializer', name === 'linear' ? 'linear' : 'relu', 'fully_connected'),
      },
    ]),
  ), // prettier-ignore
  'tf.reshape': {
    signature: 'tensor, shape, name=None',
    result: onTensor('tensor', (of, call) => reshaping(of, call.args.get('shape'), call)),
  },
  'tf.transpose': TRANSPOSE,
  'tf.squeeze': {
    signature: 'input, axis=None, name=None, squeeze_dims=None',
    result: onTensor('input', (of, { args }) => {
      const given = args.some('axis') ?? args.some('squeeze_dims');
      const at = given === undefined ? null : order(given.kind === 'sequence' ? given : list([given]));
      const axes =
        of.axes?.filter((axis, place, all) =>
          at === null ? axis.size !== 1 : !at.includes(place) && !at.includes(place - all.length),
        ) ?? null;
      return { ...of, axes };
    }),
  },
  'tf.concat': {
    signature: 'values, axis, name=None',
    result: ({ args, reader, range }) => {
      // The first releases took the axis first.
      const old = args.get('values')?.kind === 'number';
      const values = args.get(old ? 'axis' : 'values');
      const axis = args.number(old ? 'values' : 'axis') ?? args.number('concat_dim');
      if (values?.kind === 'many') return concatenateMany(values, axis);
      const parts = tensorsOf(values);
      return parts === null || axis === undefined ? unknown('') : concatenate(reader.graph, parts, axis, range);
    },
  },
  'tf.unstack': {
    signature: 'value, num=None, axis=0, name=None',
    result: onTensor(
      'value',
      (of, { args, reader, range }) => unstack(reader.graph, of, args.number('axis') ?? 0, range) ?? unknown(''),
    ),
  },
  'tf.stack': {
    signature: 'values, axis=0, name=None',
    result: ({ args, reader }) => {
      const values = args.get('values');
      if (values?.kind === 'many') return stackMany(reader.graph, values, args.number('axis') ?? 0);
      const parts = tensorsOf(values);
      return parts === null || parts.length === 0
        ? unknown('')
        : stack(reader.graph, parts, args.number('axis') ?? 0, phrase('all steps together'));
    },
  },
  'tf.nn.embedding_lookup': { signature: 'params, ids, partition_strategy=None, name=None', result: embedding },
  'tf.Variable': {
    signature:
      'initial_value, trainable=True, collections=None, validate_shape=True, caching_device=None, name=None, dtype=None',
    result: variable(({ args }) => args.get('initial_value'), 'Variable'),
  },
  'tf.get_variable': {
    signature: 'name, shape=None, dtype=None, initializer=None, regularizer=None, trainable=True',
    result: variable(({ args }) => args.get('shape'), null),
  },
  'tf.zeros': filled('zeros'),
  'tf.ones': filled('ones'),
  'tf.random_normal': filled('normal', 'mean=0.0, stddev=1.0, ', deviation),
  'tf.random_uniform': filled('uniform', 'minval=0, maxval=1, ', halfWidth),
  'tf.truncated_normal': filled('truncated_normal', 'mean=0.0, stddev=1.0, ', deviation),
  'tf.shape': SHAPE,
  'tf.cast': {
    signature: 'x, dtype, name=None',
    result: onTensor('x', (of, { args }) => ({ ...of, dtype: dtypeOf(args.get('dtype'), of.dtype) })),
  },
  'tf.to_float': { signature: 'x, name=None', result: onTensor('x', of => ({ ...of, dtype: 'float32' })) },
  'tf.to_int32': { signature: 'x, name=None', result: onTensor('x', of => ({ ...of, dtype: 'int32' })) },
  'tf.identity': same('input, name=None'),
  // The same values; that no gradient goes back from here is nothing that a model says.
  'tf.stop_gradient': {
    signature: 'input, name=None',
    result: onTensor('input', (of, { reader: { graph } }) => stopped(graph, of, 'tf.stop_gradient')),
  },
  'tf.convert_to_tensor': same('value, dtype=None, name=None'),
  'tf.nn.softmax': activate('softmax', 'axis=-1, dim=None'),
  'tf.sigmoid': activate('sigmoid'),
  'tf.nn.sigmoid': activate('sigmoid'),
  'tf.tanh': activate('tanh'),
  'tf.nn.tanh': activate('tanh'),
  'tf.nn.relu': activate('relu'),
  'tf.nn.relu6': activate('relu6'),
  'tf.nn.leaky_relu': activate('leaky_relu', 'alpha=0.2'),
  'tf.nn.gelu': activate('gelu', 'approximate=False'),
  'tf.nn.elu': activate('elu'),
  'tf.nn.selu': activate('selu'),
  'tf.nn.swish': activate('swish'),
  'tf.nn.silu': activate('swish'),
  'tf.nn.softplus': activate('softplus'),
  'tf.nn.softsign': activate('softsign'),
  'tf.nn.log_softmax': activate('log_softmax', 'axis=-1, dim=None'),
  'tf.matmul': { signature: 'a, b, transpose_a=False, transpose_b=False, name=None', result: multiplyMatrices },
  'tf.nn.bias_add': { signature: 'x, y, data_format=None, name=None', result: combine('add') },
  'tf.nn.xw_plus_b': {
    signature: 'a, b, y, name=None',
    result: call => {
      const product = multiplyMatrices(call);
      const { reader, range } = call;
      const bias = call.args.get('y') ?? unknown('');
      const given = [
        { value: product, range },
        { value: bias, range },
      ];
      return combine('add')({
        args: new Arguments('x, y', given),
        range,
        self: call.self,
        framework: call.framework,
        reader,
      });
    },
  },
  ...Object.fromEntries(
    ['tf.reverse', 'tf.reverse_v2'].map(name => [
      name,
      {
        signature: 'tensor, axis, name=None',
        result: onTensor('tensor', (of, call) => reversed(of, call.args.get('axis'), undefined, call)),
      },
    ]),
  ),
  'tf.reverse_sequence': {
    signature: 'input, seq_lengths, seq_axis=None, batch_axis=None, name=None, seq_dim=None, batch_dim=None',
    result: onTensor('input', (of, call) =>
      reversed(of, oneOf(call.args, 'seq_axis', 'seq_dim'), call.args.get('seq_lengths'), call),
    ),
  },
  'tf.subtract': { signature: 'x, y, name=None', result: subtract },
  'tf.add': { signature: 'x, y, name=None', result: combine('add') },
  'tf.multiply': { signature: 'x, y, name=None', result: combine('multiply') },
  'tf.pow': { signature: 'x, y, name=None', result: power },
  'tf.negative': {
    signature: 'x, name=None',
    result: onTensor('x', (of, call) => scaled(of, -1, call)),
  },
  ...Object.fromEntries(
    ['tf.divide', 'tf.div', 'tf.truediv', 'tf.realdiv'].map(name => [
      name,
      { signature: 'x, y, name=None', result: divide },
    ]),
  ),
};

/** Operators and attributes of tensors. */
export const OPERATION_METHODS: CallTable = {
  'tensor-': { signature: 'x, y', result: subtract },
  '-tensor': { signature: 'x, y', result: subtract },
  'tensor+': { signature: 'x, y', result: combine('add') },
  '+tensor': { signature: 'x, y', result: combine('add') },
  'tensor*': { signature: 'x, y', result: combine('multiply') },
  '*tensor': { signature: 'x, y', result: combine('multiply') },
  'tensor/': { signature: 'x, y', result: divide },
  '/tensor': { signature: 'x, y', result: divide },
  'tensor**': { signature: 'x, y', result: power },
  'tensor.__neg__': {
    signature: '',
    result: call => (call.self.kind === 'tensor' ? scaled(call.self, -1, call) : unknown('')),
  },
  'tensor:shape': { signature: '', result: ({ self }) => shapeTuple(self) },
  'tensor.get_shape': { signature: '', result: ({ self }) => shapeTuple(self) },
  'sequence.as_list': { signature: '', result: ({ self }) => (self.kind === 'sequence' ? list(self.items) : self) },
  'tensor.reshape': {
    signature: '*shape',
    result: call => {
      const of = tensorOf(call.self);
      const [only] = call.args.rest;
      if (of === null) return unknown('');
      return reshaping(
        of,
        call.args.rest.length === 1 && only?.kind === 'sequence' ? only : list(call.args.rest),
        call,
      );
    },
  },
  'tensor.astype': {
    signature: 'dtype',
    result: ({ args, self }) => (self.kind === 'tensor' ? { ...self, dtype: dtypeOf(args.some('dtype')) } : self),
  },
  'unknown.reshape': {
    signature: '*shape',
    result: ({ args, self }) => {
      const [only] = args.rest;
      const sizes = shapeOf(args.rest.length === 1 && only?.kind === 'sequence' ? only : list(args.rest));
      const source = { kind: 'unknown', source: shortText(self) };
      return tensor(
        'float32',
        sizes === null
          ? null
          : nameAxes(
              sizes.map(size => (size === -1 ? null : size)),
              'float32',
            ),
        {
          derivation: { op: 'data', source, part: 'train' },
        },
      );
    },
  },
};

function shapeTuple(self: Abstract): Abstract {
  const of = tensorOf(self);
  if (of?.axes == null) return unknown('shape');
  // The axes of data have no sizes of their own name.
  const isData = of.derivation?.op === 'data';
  return tuple(of.axes.map(axis => (isData && axis.size === null ? unknown('') : axisValue(axis))));
}
