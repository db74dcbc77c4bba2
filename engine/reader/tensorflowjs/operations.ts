/**
 * What TensorFlow.js computes with tensors: TensorFlow's own operations, as functions (`tf.sum(x, axis)`) and as methods
 * (`x.sum(axis)`). Signatures: TensorFlow.js 4.22 `tfjs-core/src/ops`.
 */
import { Arguments, type CallEntry, type CallTable } from '../calls.ts';
import { axisOf, flattened, matrixProduct, plainAxes, reduced, shapeSize } from '../shapeRules.ts';
import { many } from '../sharedBuiltins.ts';
import { TENSORFLOW1 } from '../tensorflow1/table.ts';
import { reshape } from '../tensors.ts';
import { type Abstract, fromDimension, list, string, tensor, type TensorAxis, unknown } from '../values.ts';

/** TensorFlow's operation by its name here; a signature stands where the order of the arguments is another. */
const OPERATIONS: Readonly<Record<string, string | readonly [name: string, signature: string]>> = {
  add: 'add',
  sub: 'subtract',
  mul: 'multiply',
  div: 'divide',
  mod: 'mod',
  pow: 'pow',
  maximum: 'maximum',
  minimum: 'minimum',
  matMul: 'matmul',
  max: ['reduce_max', 'input_tensor, axis=None, keepdims=False'],
  min: ['reduce_min', 'input_tensor, axis=None, keepdims=False'],
  prod: ['reduce_prod', 'input_tensor, axis=None, keepdims=False'],
  sum: ['reduce_sum', 'input_tensor, axis=None, keepdims=False'],
  mean: ['reduce_mean', 'input_tensor, axis=None, keepdims=False'],
  argMax: 'argmax',
  argMin: 'argmin',
  abs: 'abs',
  ceil: 'ceil',
  cos: 'cos',
  exp: 'exp',
  floor: 'floor',
  log: 'log',
  neg: 'negative',
  round: 'round',
  sign: 'sign',
  sin: 'sin',
  sqrt: 'sqrt',
  square: 'square',
  elu: 'nn.elu',
  relu: 'nn.relu',
  selu: 'nn.selu',
  sigmoid: 'sigmoid',
  softmax: 'nn.softmax',
  softplus: 'nn.softplus',
  tanh: 'tanh',
  concat: ['concat', 'values, axis=0'],
  stack: 'stack',
  unstack: ['unstack', 'value, axis=0'],
  reshape: 'reshape',
  transpose: 'transpose',
  squeeze: 'squeeze',
  expandDims: ['expand_dims', 'input, axis=0'],
  tile: 'tile',
  reverse: 'reverse',
  slice: 'slice',
  gather: ['gather', 'params, indices, axis=0'],
  cast: 'cast',
  oneHot: 'one_hot',
  clone: 'identity',
  addN: 'add_n',
  asin: 'asin',
  acos: 'acos',
  atan: 'atan',
  atan2: 'pow',
  tan: 'tan',
  sinh: 'sinh',
  cosh: 'cosh',
  erf: 'erf',
  expm1: 'expm1',
  log1p: 'log1p',
  reciprocal: 'reciprocal',
  rsqrt: 'rsqrt',
  step: 'sign',
  logSigmoid: 'log_sigmoid',
  logSoftmax: ['nn.log_softmax', 'features, axis=-1'],
  leakyRelu: 'nn.leaky_relu',
  relu6: 'nn.relu6',
  clipByValue: 'clip_by_value',
  squaredDifference: 'square_difference',
  floorDiv: 'floordiv',
  logSumExp: ['reduce_logsumexp', 'input_tensor, axis=None, keepdims=False'],
  any: ['reduce_any', 'input_tensor, axis=None, keepdims=False'],
  all: ['reduce_all', 'input_tensor, axis=None, keepdims=False'],
  equal: 'equal',
  notEqual: 'not_equal',
  greater: 'greater',
  greaterEqual: 'greater_equal',
  less: 'less',
  lessEqual: 'less_equal',
  logicalAnd: 'logical_and',
  logicalOr: 'logical_or',
  logicalXor: 'logical_xor',
  logicalNot: 'logical_not',
  where: 'where',
  zerosLike: 'zeros_like',
  onesLike: 'ones_like',
  linspace: 'linspace',
  eye: 'eye',
  range: 'range',
  norm: ['norm', "tensor, ord='euclidean', axis=None, keepdims=False"],
  split: ['split', 'value, num_or_size_splits, axis=0'],
  pad: 'pad',
  pad1d: 'pad',
  pad2d: 'pad',
  pad3d: 'pad',
  multinomial: 'multinomial',
  cumsum: 'cumsum',
  einsum: 'einsum',
  dropout: 'nn.dropout',
  unsortedSegmentSum: 'unsorted_segment_sum',
  broadcastTo: 'broadcast_to',
  gatherND: 'gather_nd',
  reverse1d: 'reverse',
  reverse2d: 'reverse',
  slice1d: 'slice',
  slice2d: 'slice',
  slice3d: 'slice',
};

function entryOf(operation: (typeof OPERATIONS)[string]): CallEntry[] {
  const [name, signature] = typeof operation === 'string' ? [operation] : operation;
  const entry = TENSORFLOW1.calls[`tf.${name}`];
  return entry === undefined ? [] : [{ signature: signature ?? entry.signature, result: entry.result }];
}

/** The tensor whose method it is comes first. */
function methodOf({ signature, result }: CallEntry): CallEntry {
  return {
    signature: '*values',
    result: call => {
      const given = [call.self, ...call.args.rest].map(value => ({ value, range: call.range }));
      return result({ ...call, args: new Arguments(signature, given) });
    },
  };
}

const ENTRIES = Object.entries(OPERATIONS).flatMap(([name, operation]) =>
  entryOf(operation).map(entry => [name, entry] as const),
);

/** A tensor that is filled place by place. */
const BUFFER: CallEntry = {
  signature: "shape, dtype='float32', values=None",
  result: ({ args }) => {
    const shape = args.get('shape');
    const axes = shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null;
    const made = tensor(args.string('dtype') ?? 'float32', axes);
    return { kind: 'object', type: 'tf.buffer', attributes: new Map<string, Abstract>([['tensor', made]]) };
  },
};

/** What a function gives that is run at once: `tf.tidy(() => …)`, with a name or without. */
const RUN: CallEntry = {
  signature: '*values',
  result: ({ args, reader, range }) => reader.call(args.rest.at(-1) ?? unknown(''), [], range),
};

/** The first of the arguments as it is. */
const FIRST: CallEntry = { signature: 'value, *options', result: ({ args }) => args.get('value') ?? unknown('') };

/** `{values, indices}` of the largest. */
const TOP: CallEntry = {
  signature: 'x, k=1, sorted=True',
  result: ({ args }) => {
    const of = args.get('x');
    if (of?.kind !== 'tensor') return unknown('topk');
    const axes = of.axes === null ? null : [...of.axes.slice(0, -1), axisOf(args.size('k'))];
    const [values, indices] = [tensor(of.dtype, axes), tensor('int32', axes)];
    return named({ values, indices });
  },
};

const MOMENTS: CallEntry = {
  signature: 'x, axis=None, keepDims=False',
  result: ({ args }) => {
    const of = args.get('x');
    if (of?.kind !== 'tensor') return unknown('moments');
    const one = tensor(of.dtype, reduced(of, args.some('axis'), args.boolean('keepDims') === true));
    return named({ mean: one, variance: one });
  },
};

function named(values: Readonly<Record<string, Abstract>>): Abstract {
  const entries = Object.entries(values);
  return {
    kind: 'dict',
    entries: new Map(entries),
    pairs: entries.map(([key, value]) => [string(key), value] as const),
  };
}

/** `[newC, newH]` of one step. */
const BASIC_LSTM: CallEntry = {
  signature: 'forgetBias, lstmKernel, lstmBias, data, c, h',
  result: ({ args }) => {
    const [c, h] = [args.get('c'), args.get('h')];
    return list([c, h].map(state => (state?.kind === 'tensor' ? tensor(state.dtype, state.axes) : unknown('state'))));
  },
};

/** A matrix or a vector with another. */
const DOT: CallEntry = {
  signature: 't1, t2',
  result: ({ args }) => {
    const [a, b] = [args.get('t1'), args.get('t2')];
    return a?.kind === 'tensor' && b?.kind === 'tensor' ? tensor(a.dtype, matrixProduct(a, b)) : unknown('dot');
  },
};

/** One number for a batch, if nothing else is asked for. */
const LOSS: CallEntry = {
  signature: 'labels, predictions, weights=None, *options',
  result: ({ args }) => (args.rest.length > 2 ? unknown('loss') : tensor('float32', [], { lost: true })),
};

const JOINED: CallEntry = { signature: 'values, axis=0', result: TENSORFLOW1.calls['tf.concat']!.result };
/** So many ones in a row along the axis. */
const RESIZED: CallEntry = {
  signature: 'images, size, alignCorners=False',
  result: TENSORFLOW1.calls['tf.image.resize']!.result,
};

const losses = [
  'absoluteDifference',
  'computeWeightedLoss',
  'cosineDistance',
  'hingeLoss',
  'huberLoss',
  'logLoss',
  'meanSquaredError',
  'sigmoidCrossEntropy',
  'softmaxCrossEntropy',
];

export const TENSORFLOWJS_OPERATIONS: CallTable = {
  ...Object.fromEntries(ENTRIES.map(([name, entry]) => [`tf.${name}`, entry])),
  'tf.tidy': RUN,
  'tf.keep': FIRST,
  'tf.variable': FIRST,
  'tf.stopGradient': FIRST,
  'tf.topk': TOP,
  'tf.moments': MOMENTS,
  'tf.basicLSTMCell': BASIC_LSTM,
  'tf.dot': DOT,
  ...Object.fromEntries([1, 2, 3, 4].map(rank => [`tf.concat${rank}d`, JOINED])),
  ...Object.fromEntries(losses.map(name => [`tf.losses.${name}`, LOSS])),
  'tf.image.resizeBilinear': RESIZED,
  'tf.image.resizeNearestNeighbor': RESIZED,
  'tf.buffer': BUFFER,
  'tf.TensorBuffer': BUFFER,
};

/** `x.as2D(rows, columns)`. */
const asRank: CallEntry = {
  signature: '*sizes',
  result: ({ self, args, reader, range }) =>
    self.kind === 'tensor' ? reshape(reader.graph, self, args.rest.map(shapeSize), range) : unknown(''),
};

/** The values of a tensor in arrays that lie in each other. */
function arrays(axes: readonly TensorAxis[] | null): Abstract {
  if (axes === null) return unknown('array');
  return axes.reduceRight<Abstract>((inner, { size }) => many(inner, size === null ? unknown('') : fromDimension(size)), { kind: 'unknown', text: '', number: true }); // prettier-ignore
}

/** All its values in one row. */
const VALUES: CallEntry = {
  signature: '',
  result: () => many({ kind: 'unknown', text: '', number: true }, unknown('')),
};
const ARRAYS: CallEntry = { signature: '', result: ({ self }) => arrays(self.kind === 'tensor' ? self.axes : null) };
const SELF: CallEntry = { signature: '*options', result: ({ self }) => self };
const typed = (dtype: string): CallEntry => ({ signature: '', result: ({ self }) => (self.kind === 'tensor' ? { ...self, dtype } : self) }); // prettier-ignore

export const TENSORFLOWJS_TENSOR_METHODS: CallTable = {
  'tensor.data': VALUES,
  'tensor.dataSync': VALUES,
  'tensor.array': ARRAYS,
  'tensor.arraySync': ARRAYS,
  ...Object.fromEntries(['read', 'variable', 'toFloat'].map(name => [`tensor.${name}`, SELF])),
  'tensor.toInt': typed('int32'),
  'tensor.toBool': typed('bool'),
  'tensor.flatten': { signature: '', result: ({ self }) => (self.kind === 'tensor' ? tensor(self.dtype, flattened(self, 0, -1)) : unknown('')) }, // prettier-ignore
  'tensor.asScalar': { signature: '', result: ({ self }) => (self.kind === 'tensor' ? tensor(self.dtype, []) : unknown('')) }, // prettier-ignore
  'tensor:rank': { signature: '', result: ({ self }) => (self.kind === 'tensor' && self.axes !== null ? fromDimension(self.axes.length) : unknown('')) }, // prettier-ignore
  'tensor.topk': methodOf(TOP),
  'tensor.dot': methodOf(DOT),
  'instance.addWeight': {
    signature: 'name, shape, dtype=None, initializer=None, *options',
    result: ({ args }) => {
      const shape = args.get('shape');
      return tensor('float32', shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null);
    },
  },
  ...Object.fromEntries(ENTRIES.map(([name, entry]) => [`tensor.${name}`, methodOf(entry)])),
  ...Object.fromEntries(['as1D', 'as2D', 'as3D', 'as4D'].map(name => [`tensor.${name}`, asRank])),
  'tf.buffer.toTensor': {
    signature: '',
    result: ({ self }) => (self.kind === 'object' ? (self.attributes.get('tensor') ?? unknown('')) : unknown('')),
  },
};
