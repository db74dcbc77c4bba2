/**
 * What TensorFlow.js computes with tensors: TensorFlow's own operations, as functions (`tf.sum(x, axis)`) and as methods
 * (`x.sum(axis)`). Signatures: TensorFlow.js 4.22 `tfjs-core/src/ops`.
 */
import { Arguments, type CallEntry, type CallTable } from '../calls.ts';
import { plainAxes, shapeSize } from '../shapeRules.ts';
import { TENSORFLOW1 } from '../tensorflow1/table.ts';
import { reshape } from '../tensors.ts';
import { type Abstract, tensor, unknown } from '../values.ts';

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

export const TENSORFLOWJS_OPERATIONS: CallTable = {
  ...Object.fromEntries(ENTRIES.map(([name, entry]) => [`tf.${name}`, entry])),
  'tf.buffer': BUFFER,
  'tf.TensorBuffer': BUFFER,
};

/** `x.as2D(rows, columns)`. */
const asRank: CallEntry = {
  signature: '*sizes',
  result: ({ self, args, reader, range }) =>
    self.kind === 'tensor' ? reshape(reader.graph, self, args.rest.map(shapeSize), range) : unknown(''),
};

export const TENSORFLOWJS_TENSOR_METHODS: CallTable = {
  ...Object.fromEntries(ENTRIES.map(([name, entry]) => [`tensor.${name}`, methodOf(entry)])),
  ...Object.fromEntries(['as1D', 'as2D', 'as3D', 'as4D'].map(name => [`tensor.${name}`, asRank])),
  'tf.buffer.toTensor': {
    signature: '',
    result: ({ self }) => (self.kind === 'object' ? (self.attributes.get('tensor') ?? unknown('')) : unknown('')),
  },
};
