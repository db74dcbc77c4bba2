/** The operations of the reference in TensorFlow's own, which also keep what their gradients need. */
import type { Activation } from '../../model/spec.ts';
import type { Arithmetic } from '../reference/operations.ts';
import { sizeOf, type Tensor } from '../reference/tensor.ts';
import { fusedLstm, type Int64, type NativeBackend } from './fusedLstm.ts';
import { DeviceTensor, type Handle, type Tf } from './deviceTensor.ts';

/** What TensorFlow computes with, and the ways of a tensor to it. */
export interface Device {
  readonly tf: Tf;
  readonly arithmetic: Arithmetic;
  /** TensorFlow's own of a tensor; one that is not there yet is brought there. */
  readonly handleOf: (x: Tensor) => Handle;
  readonly wrap: (handle: Handle) => DeviceTensor;
  /** Numbers as a tensor that can be looked at without being fetched. */
  readonly upload: (shape: readonly number[], values: ArrayLike<number>) => DeviceTensor;
  /** Runs a computation and frees all tensors that it made; what it returns must be numbers. */
  readonly scoped: <T>(compute: () => T) => T;
  /** Runs a computation of which every gate is looked at and nothing is differentiated. */
  readonly lookingAt: <T>(compute: () => T) => T;
}

/** What tfjs-node has beyond TensorFlow.js. */
export interface Native {
  readonly backend: NativeBackend;
  readonly int64: Int64;
}

/** @param native where TensorFlow's own library computes. */
export function createDevice(tf: Tf, native?: Native): Device {
  const wrap = (handle: Handle): DeviceTensor => new DeviceTensor(handle, arithmetic);
  const handleOf = (x: Tensor): Handle =>
    x instanceof DeviceTensor ? x.handle : tf.tensor(Float32Array.from(x.values), [...x.shape], 'float32');
  const upload = (shape: readonly number[], values: ArrayLike<number>): DeviceTensor =>
    new DeviceTensor(
      tf.tensor(Float32Array.from(values), [...shape], 'float32'),
      arithmetic,
      Float64Array.from(values),
    );
  let looking = false;
  const arithmetic: Arithmetic = {
    ...arithmeticOf(tf, handleOf, wrap),
    ...(native && { lstm: fusedLstm({ tf, handleOf, wrap }, native, () => looking) }),
  };
  const scoped = <T>(compute: () => T): T => {
    tf.engine().startScope();
    try {
      return compute();
    } finally {
      tf.engine().endScope();
    }
  };
  const lookingAt = <T>(compute: () => T): T => {
    looking = true;
    try {
      return compute();
    } finally {
      looking = false;
    }
  };
  return { tf, arithmetic, handleOf, wrap, upload, scoped, lookingAt };
}

type Binary = (a: Handle, b: Handle) => Handle;

function arithmeticOf(tf: Tf, handleOf: Device['handleOf'], wrap: Device['wrap']): Arithmetic {
  const unary =
    (f: (x: Handle) => Handle) =>
    (x: Tensor): Tensor =>
      wrap(f(handleOf(x)));
  /** The shorter tensor repeats along the leading axes of the longer one. */
  const binary =
    (f: Binary) =>
    (a: Tensor, b: Tensor): Tensor => {
      const [one, other] = [handleOf(a), handleOf(b)];
      const longer = one.size >= other.size ? one : other;
      const shorter = longer === one ? other : one;
      if (repeatsLeading(longer.shape, shorter.shape)) return wrap(f(one, other).reshape(longer.shape));
      const fold = (x: Handle): Handle => x.reshape([x.size / shorter.size, shorter.size]);
      return wrap(f(fold(one), fold(other)).reshape(longer.shape));
    };
  const sliced = (x: Handle, axis: number, begin: number, size: number): Handle => {
    const begins = x.shape.map((_, k) => (k === axis ? begin : 0));
    return x.slice(begins, x.shape.map((all, k) => (k === axis ? size : all))); // prettier-ignore
  };
  const tiled = (x: Handle, axis: number, count: number): Handle => x.tile(x.shape.map((_, k) => (k === axis ? count : 1))); // prettier-ignore
  return {
    add: binary(tf.add),
    subtract: binary(tf.sub),
    multiply: binary(tf.mul),
    divide: binary(tf.div),
    maximum: binary(tf.maximum),
    scale: (x, factor) => wrap(handleOf(x).mul(factor)),
    oneMinus: unary(x => tf.sub(1, x)),
    log: unary(tf.log),
    exponential: unary(tf.exp),
    squareRoot: unary(tf.sqrt),
    absolute: unary(tf.abs),
    clip: (x, low, high) => wrap(handleOf(x).clipByValue(low, high)),
    matmul: (x, w) => {
      const [D = 0, U = 0] = w.shape;
      const product = tf.matMul(handleOf(x).reshape([-1, D]), handleOf(w));
      return wrap(product.reshape([...x.shape.slice(0, -1), U]));
    },
    transpose: unary(x => x.transpose()),
    exchange: (x, axis) => {
      const order = x.shape.map((_, k) => (k === axis ? axis + 1 : k === axis + 1 ? axis : k));
      return wrap(handleOf(x).transpose(order));
    },
    reshape: (x, shape) => wrap(handleOf(x).reshape([...shape])),
    columns: (x, begin, end) => wrap(sliced(handleOf(x), x.shape.length - 1, begin, end - begin)),
    rows: (x, begin, end) => wrap(sliced(handleOf(x), 0, begin, end - begin)),
    repeatRows: (x, count) => wrap(tiled(handleOf(x).reshape([1, x.shape.at(-1) ?? 1]), 0, count)),
    stepOf: (x, t) => wrap(sliced(handleOf(x), 1, t, 1).reshape([x.shape[0]!, ...x.shape.slice(2)])),
    stepsOf: x => handleOf(x).unstack(1).map(wrap),
    embed: (table, numbers) =>
      wrap(handleOf(table).gather(tf.tensor(Int32Array.from(numbers.values), [...numbers.shape], 'int32'))),
    pick: (x, column) => {
      const width = x.shape.at(-1) ?? 1;
      const chosen = tf.oneHot(tf.tensor1d(Int32Array.from(column), 'int32'), width);
      return wrap(handleOf(x).reshape([-1, width]).mul(chosen).sum(-1));
    },
    concatenate: parts => {
      const [first] = parts;
      const leading = first!.shape.slice(0, -1);
      const handles = parts.map(part => handleOf(part).reshape([...leading, part.shape.at(-1) ?? 1]));
      return wrap(tf.concat(handles, leading.length));
    },
    sequence: steps => wrap(tf.stack(steps.map(handleOf), 1)),
    select: (condition, a, b) => {
      const flags = tf.tensor([...condition], [condition.length, ...a.shape.slice(1).map(() => 1)], 'bool');
      return wrap(tf.where(flags, handleOf(a), handleOf(b)));
    },
    sum: unary(x => x.sum()),
    rowSum: unary(x => x.sum(-1, true)),
    spread: (x, width) => wrap(tiled(handleOf(x), x.shape.length - 1, width)),
    logSoftmax: unary(x => tf.logSoftmax(x)),
    activate: (activation, x, negativeSlope) => wrap(ACTIVATIONS[activation](tf, handleOf(x), negativeSlope)),
  };
}

/** Whether a shape is the end of another, perhaps with ones before it. */
function repeatsLeading(longer: readonly number[], shorter: readonly number[]): boolean {
  const first = shorter.findIndex(size => size !== 1);
  const own = first < 0 ? [] : shorter.slice(first);
  return sizeOf(own) === 1 || own.every((size, k) => size === longer[longer.length - own.length + k]);
}

const ACTIVATIONS: Readonly<Record<Activation, (tf: Tf, x: Handle, negativeSlope: number) => Handle>> = {
  linear: (_tf, x) => x,
  tanh: (tf, x) => tf.tanh(x),
  sigmoid: (tf, x) => tf.sigmoid(x),
  relu: (tf, x) => tf.relu(x),
  relu6: (tf, x) => tf.relu6(x),
  leaky_relu: (tf, x, negativeSlope) => tf.leakyRelu(x, negativeSlope),
  elu: (tf, x) => tf.elu(x),
  selu: (tf, x) => tf.selu(x),
  gelu: (tf, x) => tf.mul(x, tf.erf(x.mul(Math.SQRT1_2)).add(1).mul(0.5)),
  gelu_tanh: (tf, x) => {
    const inner = tf.add(x, x.mul(x).mul(x).mul(0.044715)).mul(Math.sqrt(2 / Math.PI));
    return tf.mul(x.mul(0.5), tf.tanh(inner).add(1));
  },
  softplus: (tf, x) => tf.softplus(x),
  softsign: (tf, x) => tf.div(x, tf.abs(x).add(1)),
  swish: (tf, x) => tf.mul(x, tf.sigmoid(x)),
  hard_sigmoid: (_tf, x) => x.mul(0.2).add(0.5).clipByValue(0, 1),
  hard_sigmoid_keras3: (tf, x) => tf.relu6(x.add(3)).div(6),
  softmax: (tf, x) => tf.softmax(x),
  log_softmax: (tf, x) => tf.logSoftmax(x),
  exponential: (tf, x) => tf.exp(x),
};
