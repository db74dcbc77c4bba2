/** Shapes of TensorFlow 1's operations and layers that are no part of a recurrent model's graph. Rules: TensorFlow 1.15. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { type Dimension, divide, mayHaveSameSize, multiply, symbol } from '../sizes.ts';
import {
  asTensor, axisOf, commonShape, expanded, flattened, gathered, matrixProduct, ofNumbers, oneOf, pair, pieces, plainAxes, placeOf,
  reduced, shaped, shapeSize, tiled, windows,
} from '../shapeRules.ts'; // prettier-ignore
import { index, reshape, sliceSize, stack, stackMany, tensorsOf, unstack } from '../tensors.ts';
import {
  type Abstract, dimension, fromDimension, isScalar, list, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown,
} from '../values.ts'; // prettier-ignore
import { dtypeOf } from './operations.ts';

/** An operation on one tensor, which is the argument `name`. */
function on(name: string, rest: string, rule: (of: Tensor, call: Call) => Abstract): CallEntry {
  return {
    signature: rest === '' ? name : `${name}, ${rest}`,
    result: call => {
      const of = asTensor(call.args.get(name)) ?? constant(call.args.get(name));
      return of === null ? unknown(call.reader.textOf(call.range).slice(0, 60)) : rule(of, call);
    },
  };
}

const entries = (names: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [name, entry]));

/** Numbers and lists of them, as TensorFlow makes tensors of them. */
export function constant(value: Abstract | undefined, depth = 0): Tensor | null {
  if (value?.kind === 'number')
    return tensor(value.integer ? 'int32' : 'float32', [], { derivation: { op: 'constants', values: [value.value] } });
  if (value?.kind === 'boolean') return tensor('bool', []);
  if (value?.kind === 'string') return tensor('string', []);
  if (value?.kind === 'size' || (value?.kind === 'unknown' && value.number === true)) return tensor('int32', []);
  if (value?.kind === 'unknown' && depth > 0 && isScalar(value)) return tensor('int64', []);
  if (value?.kind === 'many' && depth <= 4) {
    const item = asTensor(value.item) ?? constant(value.item, depth + 1);
    return item?.axes == null ? null : tensor(item.dtype, [axisOf(dimension(value.count)), ...item.axes]);
  }
  if (value?.kind !== 'sequence' || depth > 4 || value.items.length === 0) return null;
  const parts = value.items.map(item => asTensor(item) ?? constant(item, depth + 1));
  const [first] = parts;
  if (first == null || parts.some(part => part?.axes?.length !== first.axes?.length)) return null;
  const dtype = parts.some(part => part!.dtype === 'float32') ? 'float32' : first.dtype;
  const numbers = value.items.flatMap(item => (item.kind === 'number' ? [item.value] : []));
  const known =
    numbers.length === value.items.length ? { derivation: { op: 'constants', values: numbers } as const } : {};
  return tensor(dtype, first.axes === null ? null : [axisOf(value.items.length), ...first.axes], known);
}

/** The numbers of a tensor that the program writes out, one number or a row of them; null where they are not known. */
export function constantsOf(value: Abstract | undefined): readonly number[] | null {
  if (value?.kind === 'number') return [value.value];
  const of = value?.kind === 'tensor' ? value : constant(value);
  return of?.derivation?.op === 'constants' ? of.derivation.values : null;
}

const shapeEntry = (dtype?: string): CallEntry => ({
  signature: 'shape, mean=None, stddev=None, dtype=None, name=None, value=None',
  result: ({ args }) => {
    const shape = args.get('shape');
    const axes = shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null;
    return tensor(dtypeOf(args.some('dtype'), dtype), axes);
  },
});

const same = (signature: string, dtype?: string): CallEntry => {
  const [name = 'x'] = signature.split(/[,=]/);
  return {
    signature,
    result: ({ args }) => {
      const of = asTensor(args.get(name));
      return of === null ? unknown('') : { ...shaped(of, of.axes), ...(dtype === undefined ? {} : { dtype }) };
    },
  };
};

const both = (dtype?: string, compute?: (x: number, y: number) => number): CallEntry => ({
  signature: 'x, y, name=None',
  result: ({ args }) => {
    const known = ofNumbers(args, compute);
    if (known !== null) return known;
    const parts = [args.get('x'), args.get('y')].map(value => asTensor(value) ?? constant(value));
    const [a, b] = parts;
    if (a == null || b == null) {
      const only = a ?? b;
      return only == null ? unknown('') : tensor(dtype ?? only.dtype, only.axes);
    }
    const own = a.axes?.length === 0 ? b.dtype : a.dtype;
    return tensor(dtype ?? own, commonShape([a, b]));
  },
});

/** A list of tensors as the one that TensorFlow makes of it. */
export function stackedOf(value: Abstract | undefined, { graph }: Call['reader']): Tensor | null {
  if (value?.kind === 'many') return asTensor(stackMany(graph, value, 0));
  const parts = value?.kind === 'sequence' ? tensorsOf(value) : null;
  return parts === null || parts.length === 0 ? null : shaped(parts[0]!, stack(graph, parts, 0).axes);
}

const reduce = (dtype?: string): CallEntry => ({
  signature: 'input_tensor, axis=None, keepdims=None, name=None, reduction_indices=None, keep_dims=None',
  result: ({ args, reader }) => {
    const of = asTensor(args.get('input_tensor')) ?? stackedOf(args.get('input_tensor'), reader);
    if (of === null) return unknown('');
    const keep = args.boolean('keepdims') === true || args.boolean('keep_dims') === true;
    return tensor(dtype ?? of.dtype, reduced(of, oneOf(args, 'axis', 'reduction_indices'), keep));
  },
});

/** Convolutions and poolings of the `tf.layers` kind: channels last. */
function convolved(of: Tensor, call: Call, rank: number, channels: Dimension | null | 'same'): Abstract {
  const { args } = call;
  if (of.axes?.length !== rank + 2) return shaped(of, null);
  const sizes = (value: Abstract | undefined, otherwise: Dimension): (Dimension | null)[] => {
    if (value === undefined) return Array.from({ length: rank }, () => otherwise);
    return value.kind === 'sequence'
      ? value.items.map(dimension)
      : Array.from({ length: rank }, () => dimension(value));
  };
  const kernel = sizes(oneOf(args, 'kernel_size', 'pool_size'), 1);
  const stride = sizes(args.some('strides') ?? args.some('stride') ?? (args.isGiven('pool_size') ? args.get('pool_size') : undefined), 1); // prettier-ignore
  const dilation = sizes(oneOf(args, 'dilation_rate', 'rate'), 1);
  const padding = (args.string('padding') ?? 'valid').toLowerCase() as 'same' | 'valid' | 'causal';
  const [batch, ...rest] = of.axes;
  const last = rest.pop()!;
  const moved = rest.map((axis, at): TensorAxis => {
    const window = { kernel: kernel[at] ?? null, stride: stride[at] ?? null, dilation: dilation[at] ?? null, padding };
    return { name: axis.name, size: windows(axis.size, window) };
  });
  return shaped(of, [batch!, ...moved, channels === 'same' ? last : axisOf(channels, 'features')]);
}

const LAYER_CONVOLUTION =
  'filters, kernel_size, strides=None, padding="valid", data_format=None, dilation_rate=None, activation=None, use_bias=True, name=None';

/** `tf.nn.conv2d` and `max_pool`: strides and windows for every axis. */
function rawWindows(of: Tensor, call: Call, kernel: readonly (Dimension | null)[], channels: TensorAxis): Abstract {
  const { args } = call;
  const rank = of.axes?.length;
  if (of.axes === null || rank === undefined) return shaped(of, null);
  const strides = args.some('strides') ?? args.some('stride');
  const stride = strides?.kind === 'sequence' ? strides.items.map(dimension) : of.axes.map(() => dimension(strides));
  const padding = (args.string('padding') ?? 'VALID').toLowerCase() as 'same' | 'valid';
  const axes = of.axes.map((axis, at): TensorAxis => {
    if (at === 0) return axis;
    if (at === rank - 1) return channels;
    const window = { kernel: kernel[at] ?? null, stride: stride[at] ?? null, padding };
    return { name: axis.name, size: windows(axis.size, window) };
  });
  return shaped(of, axes);
}

/** `tf.split(value, 3, axis)`, and `tf.split(axis, 3, value)` of the first releases. */
function split({ args, reader, range }: Call): Abstract {
  const [first, parts, third] = ['value', 'num_or_size_splits', 'axis'].map(name => args.get(name));
  const old = first?.kind === 'number' && asTensor(third) !== null;
  const of = asTensor(old ? third : first);
  const axis = old ? first : (args.some('split_dim') ?? third);
  if (of?.axes == null || axis?.kind !== 'number') return unknown('split');
  const place = placeOf(axis.value, of.axes.length);
  if (place === null) return unknown('split');
  const along = of.axes[place]!;
  if (parts?.kind === 'sequence') return list(pieces(of, parts.items.map(shapeSize), place) ?? []);
  const count = dimension(parts ?? args.some('num_split'));
  if (count === null) return unknown('split');
  // [B·T, F] of a time-major sequence in T pieces: its steps.
  const [time, rows] = along.merged ?? [];
  if (along.merged?.length === 2 && time!.size !== null && rows !== undefined && sizeIs(time!.size, count)) {
    const whole = reshape(reader.graph, of, [time!.size, null, ...of.axes.slice(1).map(({ size }) => size)], range);
    const steps = unstack(reader.graph, whole, 0, range);
    if (steps !== null) return steps;
  }
  const size = along.size === null ? null : divide(along.size, count);
  const one = pieces(of, [size], place)![0]!;
  if (typeof count !== 'number')
    return { kind: 'many', item: stepOf(of, one, place, size), count: fromDimension(count) };
  if (count > 1000) return unknown('split');
  // Pieces of one step each keep their axis; taking it away makes them the steps of the sequence.
  return list(
    Array.from({ length: count }, (_, at) => (size === 1 ? piece(reader.graph, of, one, place, at, range) : one)),
  );
}

function sizeIs(size: Dimension, other: Dimension): boolean {
  return typeof size === 'number' ? size === other : typeof other !== 'number' && size.terms.size === other.terms.size && [...size.terms].every(([name, factor]) => other.terms.get(name) === factor); // prettier-ignore
}

function stepOf(of: Tensor, one: Tensor, place: number, size: Dimension | null): Tensor {
  const ref = of.axes?.[place]?.name === 'steps' && size === 1 ? of.ref : undefined;
  return ref === undefined ? one : { ...one, stepOf: ref };
}

/** One step with its axis, which a squeeze or an index takes away. */
function piece(
  graph: Call['reader']['graph'],
  of: Tensor,
  one: Tensor,
  place: number,
  at: number,
  range: Call['range'],
): Tensor {
  // prettier-ignore
  if (of.axes?.[place]?.name !== 'steps' || of.ref === undefined) return one;
  const full: Abstract = { kind: 'slice', bounds: [NONE, NONE, NONE] };
  const indices = of.axes.map((_, own): Abstract => (own === place ? { kind: 'number', value: at, integer: true } : full)); // prettier-ignore
  const { ref } = index(graph, of, indices, range);
  return ref === undefined ? one : { ...one, ref, axes: one.axes };
}

/** So many draws for each row. */
const DRAWN: CallEntry = {
  signature: 'logits, num_samples, seed=None, name=None, output_dtype=None, dtype=None',
  result: ({ args }) => {
    const rows = asTensor(args.get('logits'))?.axes?.[0];
    return tensor('int64', rows === undefined ? null : [rows, axisOf(args.size('num_samples'))]);
  },
};

/** A list of things that are not known, said so many times in a row: `tf.tile([start], [batch_size])`. */
function tiles(entry: CallEntry): CallEntry {
  return {
    signature: entry.signature,
    result: call => {
      const [input, by] = [call.args.get('input'), call.args.get('multiples')];
      const open = input?.kind === 'sequence' && constant(input) === null && tensorsOf(input) === null;
      if (!open || by?.kind !== 'sequence' || by.items.length !== 1) return entry.result(call);
      const times = dimension(by.items[0]);
      return tensor('int32', [axisOf(times === null ? null : multiply(times, input.items.length))]);
    },
  };
}

export const SHAPE_CALLS: CallTable = {
  ...entries(
    [
      'tf.exp',
      'tf.log',
      'tf.log1p',
      'tf.sqrt',
      'tf.rsqrt',
      'tf.negative',
      'tf.sign',
      'tf.round',
      'tf.floor',
      'tf.ceil',
      'tf.erf',
      'tf.sin',
      'tf.cos',
      'tf.reciprocal',
      'tf.cumsum',
      'tf.Print',
      'tf.check_numerics',
      'tf.zeros_like',
      'tf.ones_like',
      'tf.nn.leaky_relu',
      'tf.nn.elu',
      'tf.nn.selu',
      'tf.nn.softplus',
      'tf.nn.softsign',
      'tf.nn.relu6',
      'tf.nn.log_softmax',
      'tf.nn.l2_normalize',
      'tf.nn.dropout',
      'tf.layers.dropout',
      'tf.layers.batch_normalization',
      'tf.contrib.layers.batch_norm',
      'tf.contrib.layers.layer_norm',
      'tf.contrib.layers.dropout',
      'tf.nn.lrn',
      'tf.nn.local_response_normalization',
      'tf.placeholder_with_default',
      'tf.random_shuffle',
      'tf.debugging.check_numerics',
      'tf.tan',
      'tf.asin',
      'tf.acos',
      'tf.atan',
      'tf.sinh',
      'tf.cosh',
      'tf.erfc',
      'tf.lgamma',
      'tf.expm1',
      'tf.log_sigmoid',
      'tf.cumprod',
      'tf.roll',
      'tf.sort',
      'tf.argsort',
      'tf.random.shuffle',
      'tf.l2_normalize',
      'tf.band_part',
      'tf.matrix_band_part',
      'tf.ensure_shape',
      'tf.nn.batch_normalization',
      'tf.contrib.layers.instance_norm',
      'tf.random.stateless_shuffle',
    ],
    same('x'),
  ),
  ...entries(['tf.logical_not', 'tf.is_nan', 'tf.math.is_nan'], same('x', 'bool')),
  ...entries(
    [
      'tf.divide',
      'tf.div',
      'tf.truediv',
      'tf.realdiv',
      'tf.floordiv',
      'tf.mod',
      'tf.pow',
      'tf.mul',
      'tf.sub',
      'tf.square_difference',
    ],
    both(),
  ),
  'tf.maximum': both(undefined, Math.max),
  'tf.minimum': both(undefined, Math.min),
  ...entries(
    [
      'tf.not_equal',
      'tf.greater',
      'tf.greater_equal',
      'tf.less',
      'tf.less_equal',
      'tf.logical_and',
      'tf.logical_or',
      'tf.logical_xor',
    ],
    both('bool'),
  ),
  ...entries(
    [
      'tf.reduce_max',
      'tf.reduce_min',
      'tf.reduce_prod',
      'tf.reduce_logsumexp',
      'tf.reduce_std',
      'tf.reduce_variance',
      'tf.math.reduce_std',
      'tf.math.reduce_variance',
    ],
    reduce(),
  ),
  ...entries(['tf.reduce_any', 'tf.reduce_all'], reduce('bool')),
  'tf.argmin': {
    signature: 'input, axis=None, name=None, dimension=None, output_type=None',
    result: ({ args }) => {
      const of = asTensor(args.get('input'));
      return of === null ? unknown('') : tensor('int64', reduced(of, oneOf(args, 'axis', 'dimension') ?? { kind: 'number', value: 0, integer: true }, false)); // prettier-ignore
    },
  },
  'tf.expand_dims': on('input', 'axis=None, name=None, dim=None', (of, { args }) => {
    const at = oneOf(args, 'axis', 'dim');
    const made = shaped(of, expanded(of, at?.kind === 'number' ? at.value : undefined));
    return of.derivation?.op === 'mask' ? { ...made, derivation: of.derivation } : made;
  }),
  'tf.tile': tiles(
    on('input', 'multiples, name=None', (of, { args }) => {
      const factors = args.get('multiples');
      const axes = factors?.kind === 'sequence' ? tiled(of, factors.items.map(dimension)) : null;
      const [rows, width] = axes ?? [];
      // One learned row for every row of the batch.
      if (of.parameter !== undefined && of.axes?.[0]?.size === 1 && axes?.length === 2 && width === of.axes[1])
        return { ...of, axes: [{ ...rows!, name: 'batch' }, width!] };
      // One for every layer and row: first states of cuDNN's layers.
      const [layers, ofLayer, units] = axes ?? [];
      if (
        of.parameter !== undefined &&
        of.axes?.[1]?.size === 1 &&
        axes?.length === 3 &&
        layers === of.axes[0] &&
        units === of.axes[2]
      )
        return { ...of, axes: [layers!, { ...ofLayer!, name: 'batch' }, units!] };
      return shaped(of, axes);
    }),
  ),
  'tf.fill': {
    signature: 'dims, value, name=None',
    result: ({ args }) => {
      const dims = args.get('dims');
      const value = constant(args.get('value'));
      return tensor(value?.dtype ?? 'float32', dims?.kind === 'sequence' ? plainAxes(dims.items.map(shapeSize)) : null);
    },
  },
  // What features are described by is not followed: rows, and of sequences their steps and lengths.
  ...entries(['tf.contrib.feature_column.sequence_input_layer', 'tf.feature_column.sequence_input_layer'], {
    signature: '*options',
    result: () => tuple([tensor('float32', [axisOf(null, 'batch'), axisOf(null, 'steps'), axisOf(null, 'features')]), tensor('int64', [axisOf(null, 'batch')])]), // prettier-ignore
  }),
  'tf.feature_column.input_layer': { signature: '*options', result: () => tensor('float32', [axisOf(null, 'batch'), axisOf(null, 'features')]) }, // prettier-ignore
  'tf.constant': {
    signature: 'value, dtype=None, shape=None, name=None',
    result: ({ args }) => {
      const of = asTensor(args.get('value')) ?? constant(args.get('value'));
      const shape = args.some('shape');
      const axes = shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : (of?.axes ?? null);
      const known = shape === undefined && of?.derivation?.op === 'constants' ? { derivation: of.derivation } : {};
      return tensor(dtypeOf(args.some('dtype'), of?.dtype ?? 'float32'), axes, known);
    },
  },
  'tf.range': {
    signature: '*limits, delta=1, dtype=None, name=None',
    result: ({ args }) => {
      const [first, second, third] = args.rest;
      const [from, to] = second === undefined ? [0, dimension(first)] : [dimension(first), dimension(second)];
      const by = dimension(third ?? args.get('delta'));
      if (typeof from === 'number' && typeof to === 'number' && typeof by === 'number' && by !== 0)
        return tensor('int32', [axisOf(Math.max(0, Math.ceil((to - from) / by)))]);
      return tensor('int32', [axisOf(from === 0 && by === 1 ? to : null)]);
    },
  },
  ...entries(['tf.random.normal', 'tf.random.uniform', 'tf.random.truncated_normal'], shapeEntry()),
  'tf.multinomial': DRAWN,
  'tf.random.multinomial': DRAWN,
  'tf.random.categorical': DRAWN,
  'tf.one_hot': {
    signature: 'indices, depth, on_value=None, off_value=None, axis=None, dtype=None, name=None',
    result: ({ args, reader }) => {
      const of = asTensor(args.get('indices')) ?? constant(args.get('indices'));
      const depth = args.size('depth') ?? symbol('depth');
      const input = reader.graph.inputOf(of ?? undefined);
      if (of?.axes == null || input?.known === false) return tensor(dtypeOf(args.some('dtype')), null);
      const at = args.number('axis') ?? -1;
      const place = placeOf(at, of.axes.length + 1) ?? of.axes.length;
      const axis = axisOf(depth, place === of.axes.length ? 'features' : '');
      const made = tensor(dtypeOf(args.some('dtype')), [...of.axes.slice(0, place), axis, ...of.axes.slice(place)]);
      const plain = place === of.axes.length && ['on_value', 'off_value'].every(name => args.some(name) === undefined);
      return plain && of.ref !== undefined ? { ...made, derivation: { op: 'one_hot', of, depth } } : made;
    },
  },
  'tf.gather': on('params', 'indices, validate_indices=None, name=None, axis=0', (of, { args }) => {
    const indices = args.get('indices');
    const found = asTensor(indices) ?? constant(indices);
    if (found === null && indices?.kind !== 'unknown') return shaped(of, null);
    const batched = args.number('batch_dims') ?? 0;
    if (batched > 0) {
      const axis = args.isGiven('axis') ? (args.number('axis') ?? NaN) : batched;
      const place = of.axes === null ? null : placeOf(axis, of.axes.length);
      if (place === null || found?.axes == null) return shaped(of, null);
      return shaped(of, [...of.axes!.slice(0, place), ...found.axes.slice(batched), ...of.axes!.slice(place + 1)]);
    }
    return shaped(of, found === null ? null : gathered(of, found, args.number('axis') ?? 0));
  }),
  'tf.gather_nd': on('params', 'indices, name=None', (of, { args }) => {
    const indices = asTensor(args.get('indices')) ?? constant(args.get('indices'));
    const depth = indices?.axes?.at(-1)?.size;
    if (of.axes === null || indices?.axes == null || typeof depth !== 'number') return shaped(of, null);
    return shaped(of, [...indices.axes.slice(0, -1), ...of.axes.slice(depth)]);
  }),
  'tf.batch_gather': on('params', 'indices, name=None', (of, { args }) => {
    const indices = asTensor(args.get('indices'));
    return shaped(of, of.axes === null || indices?.axes == null ? null : [...indices.axes, ...of.axes.slice(indices.axes.length)]); // prettier-ignore
  }),
  // Of two of one shape, whatever decides; else all three are stretched to one shape.
  'tf.where': {
    signature: 'condition, x=None, y=None, name=None',
    result: ({ args }) => {
      const [condition, x, y] = ['condition', 'x', 'y'].map(name => asTensor(args.some(name)) ?? constant(args.some(name)));
      if (args.some('x') === undefined)
        return condition?.axes == null ? unknown('') : tensor('int64', plainAxes([null, condition.axes.length]));
      const of = x ?? y;
      if (of == null) return unknown('');
      if (x?.axes == null || y?.axes == null) return shaped(of, null);
      if (x.axes.length > 0 && mayHaveSameSize(x.axes, y.axes)) return shaped(x, commonShape([x, y]));
      return shaped(of, condition == null ? null : commonShape([condition, x, y]));
    },
  }, // prettier-ignore
  'tf.sequence_mask': {
    signature: 'lengths, maxlen=None, dtype=None, name=None',
    result: ({ args }) => {
      const of = asTensor(args.get('lengths'));
      const axes = of?.axes == null ? null : [...of.axes, axisOf(args.size('maxlen'), 'steps')];
      return tensor(dtypeOf(args.some('dtype'), 'bool'), axes);
    },
  },
  'tf.boolean_mask': on('tensor', 'mask, name=None, axis=None', (of, { args }) => {
    const mask = asTensor(args.get('mask'));
    if (of.axes === null || mask?.axes == null) return shaped(of, null);
    return shaped(of, [axisOf(null), ...of.axes.slice(mask.axes.length)]);
  }),
  'tf.slice': on('input_', 'begin, size, name=None', (of, { args }) => {
    const [begin, size] = [args.get('begin'), args.get('size')];
    const sizes = size?.kind === 'sequence' ? size.items : size?.kind === 'number' ? [size] : null;
    if (sizes === null) return shaped(of, null);
    const front = begin?.kind === 'sequence' ? begin.items : [begin];
    return shaped(
      of,
      sizes.map((item, at): TensorAxis => {
        const axis = of.axes?.[at];
        const from = front[at];
        // All that is left.
        const rest = item.kind === 'number' && item.value === -1 && axis !== undefined ? sliceSize(axis.size, [from ?? NONE, NONE, NONE]) : shapeSize(item);
        return { name: axis?.name ?? '', size: rest };
      }),
    );
  }), // prettier-ignore
  'tf.strided_slice': on(
    'input_',
    'begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0, new_axis_mask=0, shrink_axis_mask=0, var=None, name=None',
    (of, { args }) => {
      const [begin, end, strides] = ['begin', 'end', 'strides'].map(name => args.some(name));
      const masks = ['begin_mask', 'end_mask', 'ellipsis_mask', 'new_axis_mask', 'shrink_axis_mask'].map(name =>
        args.number(name),
      );
      const plain = masks.every(mask => mask !== undefined) && masks.slice(2).every(mask => mask === 0);
      if (of.axes === null || begin?.kind !== 'sequence' || end?.kind !== 'sequence' || !plain) return shaped(of, null);
      const masked = (which: 0 | 1, at: number): boolean => Math.floor(masks[which]! / 2 ** at) % 2 === 1;
      return shaped(
        of,
        of.axes.map((axis, at): TensorAxis => {
          if (at >= begin.items.length) return axis;
          const by = strides?.kind === 'sequence' ? (strides.items[at] ?? NONE) : NONE;
          const from = masked(0, at) ? NONE : (begin.items[at] ?? NONE);
          const to = masked(1, at) ? NONE : (end.items[at] ?? NONE);
          return { name: axis.name, size: sliceSize(axis.size, [from, to, by]) };
        }),
      );
    },
  ),
  'tf.pad': on('tensor', 'paddings, mode=None, name=None, constant_values=0', (of, { args }) => {
    const paddings = args.get('paddings');
    if (of.axes === null || paddings?.kind !== 'sequence') return shaped(of, null);
    const axes = of.axes.map((axis, at): TensorAxis => {
      const [before, after] = pair(paddings.items[at]);
      const total = typeof axis.size === 'number' && typeof before === 'number' && typeof after === 'number' ? axis.size + before + after : null; // prettier-ignore
      return { name: axis.name, size: total };
    });
    return shaped(of, axes);
  }),
  'tf.split': { signature: 'value, num_or_size_splits, axis=0, num=None, name=None', result: split },
  ...entries(['tf.unpack'], {
    signature: 'value, num=None, axis=0, name=None',
    result: ({ args, reader, range }) => {
      const of = asTensor(args.get('value'));
      return of === null ? unknown('') : (unstack(reader.graph, of, args.number('axis') ?? 0, range) ?? unknown(''));
    },
  }),
  'tf.einsum': {
    signature: 'equation, *inputs',
    result: ({ args }) => einsum(args.string('equation'), args.rest.map(asTensor)),
  },
  'tf.tensordot': {
    signature: 'a, b, axes, name=None',
    result: ({ args }) => {
      const [a, b] = [asTensor(args.get('a')), asTensor(args.get('b'))];
      const axes = args.get('axes');
      if (a?.axes == null || b?.axes == null) return unknown('');
      if (axes?.kind === 'number') return tensor(a.dtype, [...a.axes.slice(0, a.axes.length - axes.value), ...b.axes.slice(axes.value)]); // prettier-ignore
      const [left, right] = axes?.kind === 'sequence' ? axes.items : [];
      const over = (of: Tensor, given: Abstract | undefined): readonly TensorAxis[] | null => (given === undefined ? null : reduced(of, given, false)); // prettier-ignore
      const [rest, more] = [over(a, left), over(b, right)];
      return tensor(a.dtype, rest === null || more === null ? null : [...rest, ...more]);
    },
  },
  'tf.layers.conv1d': on('inputs', LAYER_CONVOLUTION, (of, call) => convolved(of, call, 1, call.args.size('filters'))),
  'tf.layers.conv2d': on('inputs', LAYER_CONVOLUTION, (of, call) => convolved(of, call, 2, call.args.size('filters'))),
  'tf.contrib.layers.conv2d': on(
    'inputs',
    'filters, kernel_size, stride=None, padding="SAME", data_format=None, rate=None, activation_fn=None, num_outputs=None, scope=None',
    (of, call) => convolved(of, call, 2, dimension(oneOf(call.args, 'filters', 'num_outputs'))),
  ),
  'tf.layers.max_pooling1d': on('inputs', 'pool_size, strides, padding="valid", name=None', (of, call) =>
    convolved(of, call, 1, 'same'),
  ),
  'tf.layers.average_pooling1d': on('inputs', 'pool_size, strides, padding="valid", name=None', (of, call) =>
    convolved(of, call, 1, 'same'),
  ),
  'tf.layers.max_pooling2d': on('inputs', 'pool_size, strides, padding="valid", name=None', (of, call) =>
    convolved(of, call, 2, 'same'),
  ),
  'tf.layers.average_pooling2d': on('inputs', 'pool_size, strides, padding="valid", name=None', (of, call) =>
    convolved(of, call, 2, 'same'),
  ),
  ...entries(['tf.nn.conv1d', 'tf.nn.conv2d'], {
    signature:
      'value, filters, strides=None, padding=None, use_cudnn_on_gpu=None, data_format=None, name=None, input=None, filter=None, stride=None',
    result: call => {
      const { args } = call;
      const of = asTensor(oneOf(args, 'value', 'input'));
      const filters = asTensor(oneOf(args, 'filters', 'filter'));
      if (of === null) return unknown('');
      if (filters?.axes == null) return shaped(of, null);
      const kernel = [1, ...filters.axes.slice(0, -2).map(({ size }) => size), 1];
      return rawWindows(of, call, kernel, axisOf(filters.axes.at(-1)!.size, 'features'));
    },
  }),
  ...entries(
    ['tf.nn.max_pool', 'tf.nn.avg_pool'],
    on('value', 'ksize, strides, padding, data_format=None, name=None', (of, call) => {
      const kernel = call.args.get('ksize');
      if (of.axes === null || kernel?.kind !== 'sequence') return shaped(of, null);
      return rawWindows(of, call, kernel.items.map(dimension), of.axes.at(-1)!);
    }),
  ),
  ...entries(
    ['tf.layers.flatten', 'tf.contrib.layers.flatten'],
    on('inputs', 'name=None', of => shaped(of, flattened(of, 1, -1))),
  ),
  'tf.contrib.layers.embed_sequence': on(
    'ids',
    'vocab_size=None, embed_dim=None, unique=False, initializer=None, regularizer=None, trainable=True, scope=None, reuse=None',
    (of, { args }) =>
      tensor(
        'float32',
        of.axes === null ? null : [...of.axes, axisOf(args.size('embed_dim') ?? symbol('embed_dim'), 'features')],
      ),
  ),
  'tf.nn.embedding_lookup_sparse': { signature: '*args', result: () => unknown('embedding') },
  'tf.size': { signature: 'input, name=None', result: () => tensor('int32', []) },
  'tf.rank': on('input', 'name=None', of => fromDimension(of.axes?.length ?? null)),
  'tf.broadcast_to': on('input', 'shape, name=None', (of, { args }) => {
    const shape = args.get('shape');
    return shaped(of, shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null);
  }),
  'tf.repeat': on('input', 'repeats, axis=None, name=None', (of, { args }) => {
    const [times, at] = [args.size('repeats'), args.number('axis')];
    if (at === undefined) return shaped(of, [axisOf(null)]);
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null) return shaped(of, null);
    return shaped(of, of.axes!.map((axis, own): TensorAxis => (own !== place ? axis : { name: axis.size === 1 ? '' : axis.name, size: axis.size === null || times === null ? null : multiply(axis.size, times) }))); // prettier-ignore
  }),
  'tf.linspace': { signature: 'start, stop, num, name=None, axis=0', result: ({ args }) => tensor('float32', [axisOf(args.size('num'))]) }, // prettier-ignore
  'tf.eye': {
    signature: 'num_rows, num_columns=None, batch_shape=None, dtype=None, name=None',
    result: ({ args }) => {
      const front = args.some('batch_shape');
      const sizes = [args.size('num_rows'), dimension(args.some('num_columns') ?? args.get('num_rows'))];
      return tensor(dtypeOf(args.some('dtype')), plainAxes([...(front?.kind === 'sequence' ? front.items.map(shapeSize) : []), ...sizes])); // prettier-ignore
    },
  },
  'tf.norm': on('tensor', "ord='euclidean', axis=None, keepdims=None, name=None, keep_dims=None", (of, { args }) =>
    shaped(of, reduced(of, args.some('axis'), args.boolean('keepdims') === true || args.boolean('keep_dims') === true)),
  ),
  'tf.nn.moments': on('x', 'axes, shift=None, name=None, keep_dims=None, keepdims=None', (of, { args }) => {
    const keep = args.boolean('keepdims') === true || args.boolean('keep_dims') === true;
    const one = shaped(of, reduced(of, args.some('axes'), keep));
    return tuple([one, one]);
  }),
  ...entries(
    ['tf.nn.top_k', 'tf.top_k'],
    on('input', 'k=1, sorted=True, name=None', (of, { args }) => {
      const axes = of.axes === null ? null : [...of.axes.slice(0, -1), axisOf(args.size('k'))];
      return tuple([shaped(of, axes), { ...shaped(of, axes), dtype: 'int32' }], { fields: ['values', 'indices'] });
    }),
  ),
  ...entries(
    ['sum', 'mean', 'max', 'min', 'prod', 'sqrt_n'].map(name => `tf.unsorted_segment_${name}`),
    on('data', 'segment_ids, num_segments, name=None', (of, { args }) => {
      const ids = asTensor(args.get('segment_ids')) ?? constant(args.get('segment_ids'));
      // One number for each row, where nothing else is known.
      const rank = ids === null ? 1 : ids.axes?.length;
      return shaped(of, of.axes === null || rank === undefined ? null : [axisOf(args.size('num_segments')), ...of.axes.slice(rank)]); // prettier-ignore
    }),
  ),
  ...entries(
    ['sum', 'mean', 'max', 'min', 'prod'].map(name => `tf.segment_${name}`),
    on('data', 'segment_ids, name=None', of =>
      shaped(of, of.axes === null ? null : [axisOf(null), ...of.axes.slice(1)]),
    ),
  ),
  'tf.matvec': on('a', 'b, transpose_a=False', (of, { args }) => {
    const other = asTensor(args.get('b'));
    return shaped(of, other === null ? null : (matrixProduct(of, other)?.slice(0, (of.axes?.length ?? 1) - 1) ?? null));
  }),
  'tf.diag': on('diagonal', 'name=None', of => shaped(of, of.axes === null ? null : [...of.axes, of.axes.at(-1)!])),
  'tf.meshgrid': {
    signature: '*vectors, indexing=None',
    result: ({ args }) => {
      const [x, y] = args.rest.map(value => asTensor(value)?.axes?.[0]);
      if (args.rest.length !== 2 || x === undefined || y === undefined) return unknown('');
      const axes = args.string('indexing') === 'ij' ? [x, y] : [y, x];
      return list([tensor('float32', axes), tensor('float32', axes)]);
    },
  },
  ...entries(['tf.nn.ctc_loss', 'tf.nn.ctc_loss_v2'], {
    signature: 'labels, inputs=None, sequence_length=None, logits=None, label_length=None, logit_length=None, preprocess_collapse_repeated=False, ctc_merge_repeated=True, ignore_longer_outputs_than_inputs=False, time_major=True, logits_time_major=True, *more',
    result: ({ args }) => {
      const of = asTensor(oneOf(args, 'inputs', 'logits'));
      const timeMajor = args.boolean('time_major') === true && args.boolean('logits_time_major') === true;
      const rows = of?.axes?.[timeMajor ? 1 : 0];
      return rows === undefined ? unknown('loss') : tensor('float32', [rows], { lost: true });
    },
  }), // prettier-ignore
  'tf.print': { signature: '*values', result: () => NONE },
  'tf.no_op': { signature: 'name=None', result: () => NONE },
};

/** `bij,bjk->bik`; without an arrow what stands once, in the order of the alphabet. */
export function einsum(equation: string | undefined, inputs: readonly (Tensor | null)[]): Abstract {
  const [left, right] = (equation ?? '').replaceAll(' ', '').split('->');
  const [first] = inputs;
  if (left === undefined || left === '' || left.includes('.') || first == null) return unknown('einsum');
  const axes = new Map<string, TensorAxis>();
  left.split(',').forEach((letters, at) => {
    Array.from(letters).forEach((letter, place) => {
      const axis = inputs[at]?.axes?.[place];
      const known = axes.get(letter);
      if (axis !== undefined && (known === undefined || typeof known.size !== 'number')) axes.set(letter, axis);
    });
  });
  const once = Array.from(left.replaceAll(',', '')).filter(
    (letter, _, all) => all.filter(other => other === letter).length === 1,
  );
  const out = right === undefined ? once.toSorted() : Array.from(right);
  return tensor(
    first.dtype,
    out.map(letter => axes.get(letter) ?? axisOf(null)),
  );
}

/** Products of matrices of more than two axes. */
export function product(a: Tensor, b: Tensor, flipA: boolean, flipB: boolean): Tensor {
  return tensor(a.dtype, matrixProduct(a, b, flipA, flipB));
}
