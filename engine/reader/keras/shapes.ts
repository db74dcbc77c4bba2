/** Shapes of Keras' layers and backend functions that are no part of a recurrent model's graph. Rules: Keras 3 `keras/src`. */
import { type Call, type CallEntry, type CallTable, Arguments } from '../calls.ts';
import { add, type Dimension, divide, multiply, toSize } from '../sizes.ts';
import {
  asTensor, axisOf, commonShape, expanded, flattened, gathered, matrixProduct, ofNumbers, oneOf, pieces, plainAxes, placeOf, placesOf,
  reduced, shaped, shapeSize, tiled, windows,
} from '../shapeRules.ts'; // prettier-ignore
import { FILE_CALLS } from '../tensorflow1/files.ts';
import { constant, einsum, SHAPE_CALLS as TENSOR_CALLS } from '../tensorflow1/shapes.ts';
import { axisValue, dtypeOf, stopped } from '../tensorflow1/operations.ts';
import { concatenate, concatenateMany, reshape, stack, stackMany, tensorsOf, transpose, unstack } from '../tensors.ts';
import { type Abstract, dimension, list, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown } from '../values.ts'; // prettier-ignore
import { calledAs, convolved, joining, simple } from './layers.ts';

type Padding = 'same' | 'valid' | 'causal';

const entries = (names: readonly string[], entry: (name: string) => CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [`keras.layers.${name}`, entry(name)]));

/** Sizes for every axis of a window: one for all, or one for each. */
function perAxis(value: Abstract | undefined, rank: number, otherwise: Dimension | null): (Dimension | null)[] {
  if (value === undefined) return Array.from({ length: rank }, () => otherwise);
  const given = value.kind === 'sequence' ? value.items.map(dimension) : [dimension(value)];
  return Array.from({ length: rank }, (_, at) => given[at] ?? given[0] ?? null);
}

/** A window over the axes between batch and channels. */
function slide(of: Tensor, { args }: Call, rank: number, channels: Dimension | null | 'same', pool: boolean): Tensor {
  if (of.axes?.length !== rank + 2) return shaped(of, null);
  const kernel = perAxis(
    oneOf(args, 'kernel_size', 'pool_size', 'filter_length', 'pool_length'),
    rank,
    pool ? 2 : null,
  );
  const strides = oneOf(args, 'strides', 'subsample_length', 'stride');
  const stride = strides === undefined && pool ? kernel : perAxis(strides, rank, 1);
  const dilation = perAxis(args.some('dilation_rate'), rank, 1);
  const padding = (args.string('padding') ?? args.string('border_mode') ?? 'valid').toLowerCase() as Padding;
  const first = args.string('data_format') === 'channels_first';
  const [batch, ...rest] = of.axes;
  const channel = first ? rest.shift()! : rest.pop()!;
  const moved = rest.map((axis, at): TensorAxis => {
    const window = { kernel: kernel[at]!, stride: stride[at]!, dilation: dilation[at]!, padding };
    return { name: axis.name, size: windows(axis.size, window) };
  });
  const last = channels === 'same' ? channel : axisOf(channels, 'features');
  return shaped(of, first ? [batch!, last, ...moved] : [batch!, ...moved, last]);
}

const CONVOLUTION =
  "filters, kernel_size, strides=None, padding='valid', data_format=None, dilation_rate=None, groups=1, activation=None, use_bias=True, nb_filter=None, filter_length=None, border_mode=None, subsample_length=None";
const POOLING = "pool_size=2, strides=None, padding='valid', data_format=None, pool_length=None, stride=None, border_mode=None"; // prettier-ignore

const CONVOLUTION_LSTM =
  "filters, kernel_size, strides=None, padding='valid', data_format=None, dilation_rate=None, activation=None, recurrent_activation=None, use_bias=True, return_sequences=False, return_state=False, stateful=False";

const convolution =
  (rank: number) =>
  (className: string): CallEntry =>
    simple(className, CONVOLUTION, (_applied, of, made) => {
      const filters = dimension(oneOf(made.args, 'filters', 'nb_filter'));
      return slide(of, made, rank, filters, false);
    });
/** Over the steps of a sequence, where all options are plain: a part of the model. */
const convolutionOfSteps = (className: string): CallEntry =>
  simple(className, CONVOLUTION, (applied, of, made, name) => {
    const { args } = made;
    const filters = dimension(oneOf(args, 'filters', 'nb_filter'));
    const shape = slide(of, made, 1, filters, false);
    const [size, stride, dilation] = [oneOf(args, 'kernel_size', 'filter_length'), oneOf(args, 'strides', 'subsample_length') ?? ONE, args.some('dilation_rate') ?? ONE].map(wholeOf);
    const padding = (args.string('padding') ?? args.string('border_mode') ?? 'valid').toLowerCase();
    const plain = (padding === 'valid' || padding === 'same' || padding === 'causal') && args.string('data_format') !== 'channels_first' && (args.number('groups') ?? 1) === 1;
    if (of.ref === undefined || of.displaced !== undefined || of.axes?.length !== 3 || of.axes[1]?.name !== 'steps') return shape;
    if (!plain || size === undefined || stride === undefined || dilation === undefined || filters === null) return shape;
    return convolved(applied, of, made, name, { units: toSize(filters), size, ...(stride === 1 ? {} : { stride }), ...(dilation === 1 ? {} : { dilation }), padding }, shape.axes!);
  }); // prettier-ignore

const ONE: Abstract = { kind: 'number', value: 1, integer: true };

/** A whole number, alone or in a tuple of one. */
function wholeOf(value: Abstract | undefined): number | undefined {
  const only = value?.kind === 'sequence' && value.items.length === 1 ? value.items[0] : value;
  return only?.kind === 'number' && Number.isInteger(only.value) && only.value > 0 ? only.value : undefined;
}

const pooling =
  (rank: number) =>
  (className: string): CallEntry =>
    simple(className, POOLING, (_applied, of, made) => slide(of, made, rank, 'same', true));
/** Over all places at once: batch and channels are left. */
const overAll = (className: string): CallEntry =>
  simple(className, 'data_format=None, keepdims=False', (_applied, of, { args }) => {
    if (of.axes === null) return shaped(of, null);
    const keep = args.boolean('keepdims') === true;
    const [batch, ...rest] = of.axes;
    const channels = args.string('data_format') === 'channels_first' ? rest[0]! : rest.at(-1)!;
    return shaped(of, keep ? [batch!, ...rest.slice(0, -1).map(axis => axisOf(1, axis.name)), channels] : [batch!, channels]); // prettier-ignore
  });
const keeping = (className: string): CallEntry =>
  simple(className, '*options', (_applied, of) => ({ ...shaped(of, of.axes), ...(of.mask === undefined ? {} : { mask: of.mask }) })); // prettier-ignore

/** Steps more or fewer at the ends, or each of them several times. */
const lengthened =
  (argument: string, otherwise: number, rule: (size: Dimension, by: readonly Dimension[]) => Dimension | null) =>
  (className: string): CallEntry =>
    // prettier-ignore
    simple(className, `${argument}=${otherwise}`, (_applied, of, { args }) => {
    const given = args.get(argument);
    const by = given?.kind === 'sequence' ? given.items.map(dimension) : [dimension(given), dimension(given)];
    if (of.axes === null || by.some(size => size === null)) return shaped(of, null);
    const axes = of.axes.map((axis, at): TensorAxis => (at === 1 && axis.size !== null ? { name: axis.name, size: rule(axis.size, by as Dimension[]) } : axis)); // prettier-ignore
    return shaped(of, axes);
  });

function number(size: Dimension): number {
  return typeof size === 'number' ? size : NaN;
}

const whole = (size: number): Dimension | null => (Number.isInteger(size) ? size : null);

/** What attention gives: for every step of the query a mixture of the values. */
function attended(parts: readonly Tensor[]): Tensor {
  const [query, value] = parts;
  const width = value?.axes?.at(-1);
  return shaped(query!, query?.axes == null || width === undefined ? null : [...query.axes.slice(0, -1), width]);
}

/** Products along an axis of each, batch by batch. */
function batchDot(x: Tensor, y: Tensor, axes: Abstract | undefined): Tensor {
  if (x.axes === null || y.axes === null) return shaped(x, null);
  const given = axes?.kind === 'sequence' ? axes.items : axes === undefined ? [] : [axes, axes];
  const [a, b] = [x, y].map((of, at) => {
    const item = given[at];
    const otherwise = at === 0 ? of.axes!.length - 1 : Math.max(of.axes!.length - 2, 1);
    return item?.kind === 'number' ? placeOf(item.value, of.axes!.length) : otherwise;
  });
  if (a == null || b == null) return shaped(x, null);
  const rest = [...x.axes.filter((_, at) => at !== a), ...y.axes.filter((_, at) => at !== b && at !== 0)];
  return shaped(x, rest.length === 1 ? [...rest, axisOf(1)] : rest);
}

const elementwise = (className: string): CallEntry =>
  joining(className, (_applied, parts) => shaped(parts[0]!, commonShape(parts)));

/** `[query, value]` or `[query, value, key]`, and with the scores where the call asks for them. */
const attention = (className: string): CallEntry =>
  joining(className, (applied, parts) => {
    const [query, value] = parts;
    const out = attended(parts);
    if (applied.args.boolean('return_attention_scores') !== true) return out;
    const steps = value?.axes?.[1];
    return tuple([out, shaped(query!, query?.axes == null || steps === undefined ? null : [...query.axes.slice(0, -1), steps])]); // prettier-ignore
  });

/** Attention with several heads: the query's own shape, and where the call asks for them the scores of each head. */
const headedAttention = (className: string, heads: string): CallEntry => ({
  signature: `${heads}, key_dim, value_dim=None, dropout=0.0, use_bias=True, output_shape=None, attention_axes=None, name=None`,
  result: call => {
    const made = keeping(className).result({ ...call, args: new Arguments('name=None', []) });
    if (made.kind !== 'layer') return made;
    return {
      ...made,
      run: (applied, input) => {
        const query = asTensor(input);
        const value = asTensor(applied.args.some('value') ?? applied.args.some('hx'));
        if (query === null) return unknown(className);
        const width = call.args.some('output_shape') === undefined ? query.axes?.at(-1) : axisOf(call.args.size('output_shape'));
        const out = made.run(applied, shaped(query, query.axes === null || width === undefined ? null : [...query.axes.slice(0, -1), width]));
        if (applied.args.boolean('return_attention_scores') !== true) return out;
        const [batch, steps] = query.axes ?? [];
        const known = query.axes?.length === 3 && value?.axes?.length === 3;
        return tuple([out, shaped(query, known ? [batch!, axisOf(call.args.size(heads)), steps!, value.axes[1]!] : null)]);
      },
    };
  },
}); // prettier-ignore

/** A convolution that goes the other way: more places than before. Source: Keras 3 `compute_conv_transpose_output_shape`. */
const transposed = (rank: number) => (className: string): CallEntry =>
  simple(className, CONVOLUTION, (_applied, of, { args }) => {
    if (of.axes?.length !== rank + 2 || args.string('data_format') === 'channels_first') return shaped(of, null);
    const kernel = perAxis(args.some('kernel_size'), rank, null);
    const stride = perAxis(args.some('strides'), rank, 1);
    const same = args.string('padding')?.toLowerCase() === 'same';
    const [batch, ...rest] = of.axes;
    const places = rest.slice(0, -1).map(({ name, size }, at): TensorAxis => {
      const [reach = null, step = null] = [kernel[at], stride[at]];
      const wide = size === null || step === null ? null : multiply(size, step);
      const more = typeof reach === 'number' && typeof step === 'number' ? Math.max(reach - step, 0) : null;
      return { name, size: same ? wide : wide === null || more === null ? null : add(wide, more) };
    });
    return shaped(of, [batch!, ...places, axisOf(args.size('filters'), 'features')]);
  }); // prettier-ignore

/** Every channel by itself. */
const depthwise = (rank: number) => (className: string): CallEntry =>
  simple(className, `kernel_size, ${CONVOLUTION.replace('filters, kernel_size, ', '')}, depth_multiplier=1`, (_applied, of, made) => {
    const channels = of.axes?.at(-1)?.size ?? null;
    const times = made.args.size('depth_multiplier');
    return slide(of, made, rank, channels === null || times === null ? null : multiply(channels, times), false);
  }); // prettier-ignore

/** Rows and columns of pictures, more of them or fewer. */
const resized = (className: string, signature: string, rule: (call: Call, size: Dimension | null, at: 0 | 1) => Dimension | null): CallEntry =>
  simple(className, signature, (_applied, of, made) => {
    if (of.axes === null || of.axes.length < 3 || made.args.string('data_format') === 'channels_first') return shaped(of, null);
    const first = of.axes.length - 3;
    return shaped(of, of.axes.map((axis, at): TensorAxis => (at === first || at === first + 1 ? { name: axis.name, size: rule(made, axis.size, (at - first) as 0 | 1) } : axis)));
  }); // prettier-ignore

/** What stands at both ends of an axis: one number for all, one for each axis, or two for each. */
function atBothEnds(value: Abstract | undefined, at: 0 | 1): readonly [Dimension | null, Dimension | null] {
  const own = value?.kind === 'sequence' ? value.items[at] : value;
  if (own?.kind === 'sequence') return [dimension(own.items[0]), dimension(own.items[1])];
  return [dimension(own), dimension(own)];
}

const fewer = (sign: 1 | -1) => (call: Call, size: Dimension | null, at: 0 | 1): Dimension | null => {
  const [before, after] = atBothEnds(call.args.get('padding') ?? call.args.get('cropping'), at);
  const once = size === null || before === null ? null : add(size, before, sign);
  return once === null || after === null ? null : add(once, after, sign);
}; // prettier-ignore

export const KERAS_SHAPES: CallTable = {
  ...entries(['Conv1D', 'Convolution1D'], convolutionOfSteps),
  ...entries(['SeparableConv1D'], convolution(1)),
  ...entries(['Conv2D', 'Convolution2D', 'SeparableConv2D'], convolution(2)),
  ...entries(['Conv3D', 'Convolution3D'], convolution(3)),
  ...entries(['MaxPooling1D', 'MaxPool1D', 'AveragePooling1D', 'AvgPool1D'], pooling(1)),
  ...entries(['MaxPooling2D', 'MaxPool2D', 'AveragePooling2D', 'AvgPool2D'], pooling(2)),
  ...entries(['MaxPooling3D', 'MaxPool3D', 'AveragePooling3D'], pooling(3)),
  ...entries(['GlobalMaxPooling1D', 'GlobalMaxPool1D', 'GlobalAveragePooling1D', 'GlobalAvgPool1D', 'GlobalMaxPooling2D', 'GlobalMaxPool2D', 'GlobalAveragePooling2D', 'GlobalAvgPool2D'], overAll), // prettier-ignore
  ...entries(['BatchNormalization', 'LayerNormalization', 'UnitNormalization', 'GroupNormalization', 'GaussianNoise', 'GaussianDropout', 'AlphaDropout', 'SpatialDropout1D', 'SpatialDropout2D', 'ActivityRegularization', 'LeakyReLU', 'PReLU', 'ELU', 'ReLU', 'Softmax', 'ThresholdedReLU', 'Identity', 'Rescaling', 'Normalization'], keeping), // prettier-ignore
  ...entries(
    ['UpSampling1D'],
    lengthened('size', 2, (size, [by]) => multiply(size, by!)),
  ),
  ...entries(['ZeroPadding1D'], lengthened('padding', 1, (size, [a, b]) => whole(number(size) + number(a!) + number(b!)))), // prettier-ignore
  ...entries(['Cropping1D'], lengthened('cropping', 1, (size, [a, b]) => whole(number(size) - number(a!) - number(b!)))), // prettier-ignore
  ...entries(['Subtract', 'Maximum', 'Minimum'], elementwise),
  ...entries(['Attention', 'AdditiveAttention'], attention),
  'keras.layers.MultiHeadAttention': headedAttention('MultiHeadAttention', 'num_heads'),
  'keras.layers.GroupQueryAttention': keeping('GroupQueryAttention'),
  ...entries(['Conv1DTranspose', 'Convolution1DTranspose'], transposed(1)),
  ...entries(['Conv2DTranspose', 'Deconvolution2D'], transposed(2)),
  ...entries(['DepthwiseConv2D'], depthwise(2)),
  ...entries(['DepthwiseConv1D'], depthwise(1)),
  'keras.layers.UpSampling2D': resized(
    'UpSampling2D',
    'size=2, data_format=None, interpolation=None',
    ({ args }, size, at) => {
      const [by] = atBothEnds(args.get('size'), at);
      return size === null || by === null ? null : multiply(size, by);
    },
  ),
  'keras.layers.ZeroPadding2D': resized('ZeroPadding2D', 'padding=1, data_format=None', fewer(1)),
  'keras.layers.Cropping2D': resized('Cropping2D', 'cropping=0, data_format=None', fewer(-1)),
  'keras.layers.Resizing': resized('Resizing', 'height, width', ({ args }, _size, at) =>
    args.size(at === 0 ? 'height' : 'width'),
  ),
  'keras.layers.CenterCrop': resized('CenterCrop', 'height, width', ({ args }, _size, at) =>
    args.size(at === 0 ? 'height' : 'width'),
  ),
  'keras.layers.RandomCrop': resized('RandomCrop', 'height, width', ({ args }, _size, at) =>
    args.size(at === 0 ? 'height' : 'width'),
  ),
  ...entries(
    [
      'Rescaling',
      'Normalization',
      'RandomFlip',
      'RandomRotation',
      'RandomZoom',
      'RandomContrast',
      'RandomTranslation',
      'Identity',
      'SpectralNormalization',
      'RMSNormalization',
      'Discretization',
    ],
    keeping,
  ),
  'keras.layers.Dot': {
    signature: 'axes, normalize=False, name=None',
    result: call => {
      const axes = call.args.get('axes');
      return joining('Dot', (_applied, [x, y]) => (y === undefined ? shaped(x!, null) : batchDot(x!, y, axes))).result(call); // prettier-ignore
    },
  },
  'keras.layers.Permute': simple('Permute', 'dims', (_applied, of, { args }) => {
    const dims = args.get('dims');
    const order =
      dims?.kind === 'sequence' ? dims.items.map(item => (item.kind === 'number' ? item.value : NaN)) : null;
    if (of.axes === null || order === null || order.some(Number.isNaN)) return shaped(of, null);
    // The batch stays; the others count from 1.
    return transpose(of, [0, ...order]);
  }),
  'keras.layers.Lambda': {
    signature: 'function, output_shape=None, mask=None, arguments=None, name=None, input_shape=None, batch_input_shape=None, input_dim=None, input_length=None, batch_size=None', // prettier-ignore
    result: call => {
      const made = keeping('Lambda').result({ ...call, args: withoutFunction(call) });
      if (made.kind !== 'layer') return made;
      const own = call.args.get('function');
      return {
        ...made,
        run: (applied, input) => {
          if (own === undefined) return unknown('Lambda');
          const value = applied.reader.apply(own, [{ value: input, range: applied.range }], applied.range);
          if (value.kind === 'tensor') return calledAs(applied, made.name, value);
          // What the function does is not known; what it gives may be said.
          const shape = call.args.some('output_shape');
          const batch = asTensor(input)?.axes?.[0];
          if (shape?.kind === 'sequence' && batch !== undefined)
            return tensor('float32', [batch, ...plainAxes(shape.items.map(shapeSize))], { lost: true });
          const of = asTensor(input);
          return of === null ? value : shaped(of, null);
        },
      };
    },
  },
  'keras.layers.ConvLSTM1D': simple('ConvLSTM1D', CONVOLUTION_LSTM, convolutionalLstm(1)),
  'keras.layers.ConvLSTM2D': simple('ConvLSTM2D', CONVOLUTION_LSTM, convolutionalLstm(2)),
};

/** A recurrent layer of pictures, whose states are as large as its output. */
function convolutionalLstm(rank: number): (applied: Call, of: Tensor, made: Call) => Abstract {
  return (_applied, of, made) => {
    const [batch, steps, ...rest] = of.axes ?? [];
    if (of.axes?.length !== rank + 3 || batch === undefined || steps === undefined) return shaped(of, null);
    const one = slide({ ...of, axes: [batch, ...rest] }, made, rank, made.args.size('filters'), false);
    const state = shaped(of, one.axes);
    const all = made.args.boolean('return_sequences') === true;
    const out = shaped(of, one.axes === null ? null : all ? [batch, steps, ...one.axes.slice(1)] : one.axes);
    return made.args.boolean('return_state') === true ? tuple([out, state, state]) : out;
  };
}

function withoutFunction(call: Call): Arguments {
  const kept = call.args.names().filter(name => name !== 'function');
  return new Arguments(
    'name=None, input_shape=None, batch_input_shape=None, input_dim=None, input_length=None, batch_size=None',
    kept.map(name => ({ name, value: call.args.get(name)!, range: call.range })),
  );
}

// The backend, and Keras 3's operations

const on = (rest: string, rule: (of: Tensor, call: Call) => Abstract): CallEntry => ({
  signature: `x, ${rest}`,
  result: call => {
    const of = asTensor(call.args.get('x'));
    return of === null ? unknown(call.reader.textOf(call.range).slice(0, 60)) : rule(of, call);
  },
});

const keeps = on('*options', of => shaped(of, of.axes));
const reduce = (dtype?: string, otherwise?: number): CallEntry =>
  on('axis=None, keepdims=False', (of, { args }) => {
    const axis = args.some('axis') ?? (otherwise === undefined ? undefined : ({ kind: 'number', value: otherwise, integer: true } as const)); // prettier-ignore
    return {
      ...shaped(of, reduced(of, axis, args.boolean('keepdims') === true)),
      ...(dtype === undefined ? {} : { dtype }),
    };
  });
/** A reduction; over the steps alone it is a part of the model. */
function overSteps(by: 'sum' | 'mean' | 'max'): CallEntry {
  const plain = reduce();
  return {
    signature: plain.signature,
    result: call => {
      const { args, reader, range } = call;
      const [of, axis] = [args.get('x'), args.get('axis')];
      const last = of?.kind === 'tensor' && of.ref !== undefined && of.displaced === undefined ? of.axes : null;
      const place = axis?.kind === 'number' ? placeOf(axis.value, last?.length ?? 0) : null;
      if (of?.kind !== 'tensor' || of.ref === undefined || last?.length !== 3 || place === null || last[place]?.name !== 'steps' || args.boolean('keepdims') === true)
        return plain.result(call);
      const id = reader.graph.add(reader.graph.layerName(by), { op: 'reduce_steps', input: of.ref, by }, { range });
      return tensor(of.dtype, last.filter((_, at) => at !== place), { ref: { from: id } });
    },
  };
} // prettier-ignore

const filled: CallEntry = {
  signature: 'shape, dtype=None, name=None',
  result: ({ args }) => {
    const shape = args.get('shape');
    return tensor(
      dtypeOf(args.some('dtype')),
      shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null,
    );
  },
};
const both = (dtype?: string, compute?: (x: number, y: number) => number): CallEntry => ({
  signature: 'x, y',
  result: ({ args }) => {
    const known = ofNumbers(args, compute);
    if (known !== null) return known;
    const parts = [args.get('x'), args.get('y')].flatMap(value => (value?.kind === 'tensor' ? [value] : []));
    return parts[0] === undefined ? unknown('') : tensor(dtype ?? parts[0].dtype, commonShape(parts));
  },
});
const WHERE: CallEntry = {
  signature: 'condition, x=None, y=None',
  result: call => TENSOR_CALLS['tf.where']!.result(call),
};
const shape = on('', of => (of.axes === null ? unknown('shape') : tuple(of.axes.map(axisValue))));

const backend = (names: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [`keras.backend.${name}`, entry]));

export const KERAS_BACKEND: CallTable = {
  ...backend(['exp', 'log', 'abs', 'sqrt', 'square', 'l2_normalize', 'clip', 'stop_gradient', 'dropout', 'reverse', 'flip', 'round', 'sign', 'zeros_like', 'ones_like', 'cumsum', 'normalize', 'identity', 'pow', 'sin', 'cos', 'print_tensor', 'log1p', 'expm1', 'floor', 'ceil', 'tan', 'arctan', 'sinh', 'cosh', 'erf', 'rsqrt', 'reciprocal', 'negative', 'nan_to_num', 'cumprod', 'sort', 'argsort', 'roll', 'triu', 'tril', 'convert_to_tensor', 'convert_to_numpy', 'copy', 'full_like', 'empty_like', 'absolute'], keeps), // prettier-ignore
  ...backend(['sum', 'mean', 'max', 'min', 'prod', 'std', 'var', 'logsumexp'], reduce()),
  ...Object.fromEntries((['sum', 'mean', 'max'] as const).map(by => [`keras.backend.${by}`, overSteps(by)])),
  ...backend(['argmax', 'argmin'], reduce('int64', -1)),
  ...backend(['any', 'all'], reduce('bool')),
  ...backend(
    [
      'zeros',
      'ones',
      'empty',
      'random_normal',
      'random_uniform',
      'truncated_normal',
      'random_bernoulli',
      'random_binomial',
    ],
    filled,
  ),
  ...Object.fromEntries(
    ['normal', 'uniform', 'truncated_normal', 'gamma', 'beta', 'binomial'].map(name => [
      `keras.random.${name}`,
      filled,
    ]),
  ),
  'keras.random.randint': { ...filled, signature: 'shape, minval, maxval, dtype=int32, seed=None' },
  ...Object.fromEntries(['dropout', 'shuffle'].map(name => [`keras.random.${name}`, keeps])),
  'keras.backend.full': { ...filled, signature: 'shape, fill_value, dtype=None' },
  'keras.backend.array': TENSOR_CALLS['tf.constant']!,
  'keras.backend.constant': TENSOR_CALLS['tf.constant']!,
  'keras.backend.stop_gradient': on('', (of, { reader: { graph } }) => stopped(graph, of, 'stop_gradient')),
  'keras.backend.epsilon': { signature: '', result: () => ({ kind: 'number', value: 1e-7, integer: false }) },
  'keras.backend.floatx': { signature: '', result: () => ({ kind: 'string', value: 'float32' }) },
  ...backend(['maximum'], both(undefined, Math.max)),
  ...backend(['minimum'], both(undefined, Math.min)),
  ...backend(['add', 'subtract', 'multiply', 'divide'], both()),
  ...backend(
    [
      'equal',
      'not_equal',
      'greater',
      'greater_equal',
      'less',
      'less_equal',
      'logical_and',
      'logical_or',
      'logical_xor',
    ],
    both('bool'),
  ),
  ...backend(['true_divide', 'floor_divide', 'power', 'mod', 'arctan2'], both()),
  ...backend(
    ['logical_not', 'isnan', 'isinf', 'isfinite'],
    on('', of => ({ ...shaped(of, of.axes), dtype: 'bool' })),
  ),
  ...backend(['shape', 'int_shape'], shape),
  'keras.backend.cast': on('dtype', (of, { args }) => ({ ...shaped(of, of.axes), dtype: dtypeOf(args.get('dtype'), of.dtype) })), // prettier-ignore
  'keras.backend.expand_dims': on('axis=-1', (of, { args }) => shaped(of, expanded(of, args.number('axis')))),
  'keras.backend.squeeze': on('axis=None', (of, { args }) => {
    const places = of.axes === null ? null : placesOf(args.some('axis'), of.axes.length);
    return shaped(of, places === null ? null : of.axes!.filter((axis, at) => (args.some('axis') === undefined ? axis.size !== 1 : !places.includes(at)))); // prettier-ignore
  }),
  ...backend(
    ['permute_dimensions', 'transpose'],
    on('pattern=None, axes=None', (of, { args }) => {
      const order = oneOf(args, 'pattern', 'axes');
      const places = of.axes === null ? null : order === undefined ? of.axes.map((_, at) => of.axes!.length - 1 - at) : placesOf(order, of.axes.length); // prettier-ignore
      return places === null ? shaped(of, null) : transpose(of, places);
    }),
  ),
  'keras.backend.reshape': on('shape', (of, { args, reader, range }) => {
    const given = args.get('shape');
    return given?.kind === 'sequence' ? reshape(reader.graph, of, given.items.map(item => (item.kind === 'unknown' && item.text === 'batch' ? null : dimension(item))), range) : shaped(of, null); // prettier-ignore
  }),
  'keras.backend.flatten': on('', of => shaped(of, flattened(of, 0, -1))),
  'keras.backend.batch_flatten': on('', of => shaped(of, flattened(of, 1, -1))),
  'keras.backend.repeat': on('n', (of, { args }) =>
    shaped(of, of.axes?.length === 2 ? [of.axes[0]!, axisOf(args.size('n'), 'steps'), of.axes[1]!] : null),
  ),
  'keras.backend.repeat_elements': on('rep, axis', (of, { args }) => {
    const place = of.axes === null ? null : placeOf(args.number('axis') ?? NaN, of.axes.length);
    const factor = args.size('rep');
    return shaped(
      of,
      place === null
        ? null
        : tiled(
            of,
            of.axes!.map((_, at) => (at === place ? factor : 1)),
          ),
    );
  }),
  'keras.backend.tile': on('n', (of, { args }) => {
    const n = args.get('n');
    return shaped(of, n?.kind === 'sequence' ? tiled(of, n.items.map(dimension)) : null);
  }),
  // The last axis meets the last but one of the other.
  'keras.backend.dot': {
    signature: 'x, y',
    result: ({ args }) => {
      const [x, y] = [asTensor(args.get('x')), asTensor(args.get('y'))];
      if (x === null || y === null) return unknown('');
      if (x.axes === null || y.axes === null || x.axes.length === 0 || y.axes.length === 0) return shaped(x, null);
      return shaped(x, [
        ...x.axes.slice(0, -1),
        ...y.axes.slice(0, -2),
        ...(y.axes.length > 1 ? [y.axes.at(-1)!] : []),
      ]);
    },
  },
  'keras.backend.matmul': {
    signature: 'x, y',
    result: ({ args }) => {
      const [x, y] = [asTensor(args.get('x')), asTensor(args.get('y'))];
      return x === null || y === null ? unknown('') : shaped(x, matrixProduct(x, y));
    },
  },
  'keras.backend.batch_dot': {
    signature: 'x, y, axes=None',
    result: ({ args }) => {
      const [x, y] = [asTensor(args.get('x')), asTensor(args.get('y'))];
      return x === null || y === null ? unknown('') : batchDot(x, y, args.some('axes'));
    },
  },
  ...backend(['arange'], TENSOR_CALLS['tf.range']!),
  'keras.backend.linspace': TENSOR_CALLS['tf.linspace']!,
  'keras.backend.eye': {
    signature: 'N, M=None, k=0, dtype=None',
    result: ({ args }) => tensor('float32', plainAxes([args.size('N'), dimension(args.some('M') ?? args.get('N'))])),
  },
  'keras.backend.identity': keeps,
  'keras.backend.norm': on('ord=None, axis=None, keepdims=False', (of, { args }) =>
    shaped(of, reduced(of, args.some('axis'), args.boolean('keepdims') === true)),
  ),
  'keras.backend.swapaxes': on('axis1, axis2', (of, { args }) => {
    const [a, b] = [args.number('axis1'), args.number('axis2')].map(at => placeOf(at ?? NaN, of.axes?.length ?? 0));
    if (of.axes === null || a == null || b == null) return shaped(of, null);
    return transpose(
      of,
      of.axes.map((_, at) => (at === a ? b : at === b ? a : at)),
    );
  }),
  'keras.backend.where': WHERE,
  'keras.backend.switch': WHERE,
  'keras.backend.broadcast_to': on('shape', (of, { args }) => {
    const shape = args.get('shape');
    return shaped(of, shape?.kind === 'sequence' ? plainAxes(shape.items.map(shapeSize)) : null);
  }),
  ...backend(
    ['take'],
    on('indices, axis=None', (of, { args }) => {
      const indices = args.get('indices');
      const found = asTensor(indices) ?? constant(indices);
      if (args.some('axis') === undefined) return shaped(of, found?.axes ?? null);
      return shaped(of, found === null ? null : gathered(of, found, args.number('axis') ?? NaN));
    }),
  ),
  'keras.backend.take_along_axis': on('indices, axis=None', (of, { args }) =>
    shaped(of, args.some('axis') === undefined ? null : (asTensor(args.get('indices'))?.axes ?? null)),
  ),
  'keras.backend.split': on('indices_or_sections, axis=0', (of, { args }) => {
    const [parts, at] = [args.get('indices_or_sections'), args.number('axis') ?? 0];
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null || parts?.kind !== 'number') return unknown('split');
    const { size } = of.axes![place]!;
    const made = pieces(
      of,
      Array.from({ length: Math.min(parts.value, 512) }, () => (size === null ? null : divide(size, parts.value))),
      place,
    );
    return made === null ? unknown('split') : list(made);
  }),
  'keras.backend.unstack': on(
    'num=None, axis=0',
    (of, { args, reader, range }) => unstack(reader.graph, of, args.number('axis') ?? 0, range) ?? unknown('unstack'),
  ),
  'keras.backend.top_k': on('k, sorted=True', (of, { args }) => {
    const axes = of.axes === null ? null : [...of.axes.slice(0, -1), axisOf(args.size('k'))];
    return tuple([shaped(of, axes), { ...shaped(of, axes), dtype: 'int32' }]);
  }),
  'keras.backend.image.resize': FILE_CALLS['tf.image.resize']!,
  ...backend(['ctc_batch_cost'], {
    signature: 'y_true, y_pred, input_length, label_length',
    result: ({ args }) => {
      const rows = asTensor(args.get('y_pred'))?.axes?.[0];
      return rows === undefined ? unknown('loss') : tensor('float32', [rows, axisOf(1)], { lost: true });
    },
  }),
  ...backend(['sparse_categorical_crossentropy', 'categorical_crossentropy', 'binary_crossentropy'], {
    signature: 'target, output, from_logits=False, axis=-1',
    result: ({ args, reader, range }) => {
      const of = asTensor(args.get('output'));
      const each = reader.textOf(range).includes('binary_crossentropy');
      return of?.axes == null
        ? unknown('loss')
        : tensor('float32', each ? of.axes : of.axes.slice(0, -1), { lost: true });
    },
  }),
  'keras.backend.einsum': { signature: 'equation, *inputs', result: ({ args }) => einsum(args.string('equation'), args.rest.map(asTensor)) }, // prettier-ignore
  'keras.backend.concatenate': {
    signature: 'tensors, axis=-1',
    result: ({ args, reader, range }) => {
      const values = args.get('tensors');
      if (values?.kind === 'many') return concatenateMany(values, args.number('axis'));
      const parts = tensorsOf(values);
      return parts === null ? unknown('') : concatenate(reader.graph, parts, args.number('axis') ?? -1, range);
    },
  },
  'keras.backend.stack': {
    signature: 'x, axis=0',
    result: ({ args, reader }) => {
      const values = args.get('x');
      if (values?.kind === 'many') return stackMany(reader.graph, values, args.number('axis') ?? 0);
      const parts = tensorsOf(values);
      return parts === null || parts.length === 0 ? unknown('') : stack(reader.graph, parts, args.number('axis') ?? 0);
    },
  },
  'keras.backend.one_hot': {
    signature: 'indices, num_classes',
    result: ({ args }) => {
      const of = asTensor(args.get('indices'));
      return of?.axes == null
        ? unknown('')
        : tensor('float32', [...of.axes, axisOf(args.size('num_classes'), 'features')]);
    },
  },
  'keras.backend.gather': {
    signature: 'x, indices, axis=0',
    result: ({ args }) => {
      const [x, indices] = [asTensor(args.get('x')), asTensor(args.get('indices'))];
      return x === null ? unknown('') : shaped(x, gathered(x, indices, args.number('axis') ?? 0));
    },
  },
  'keras.backend.variable': { signature: 'value, dtype=None, name=None', result: ({ args }) => args.get('value') ?? unknown('') }, // prettier-ignore
  'keras.backend.clear_session': { signature: '', result: () => NONE },
};

/** What a layer of the program's own can ask of Keras. */
export const KERAS_SHAPE_METHODS: CallTable = {
  'instance.add_weight': {
    signature: 'shape=None, initializer=None, dtype=None, trainable=True, name=None, regularizer=None, constraint=None',
    result: ({ args }) => {
      // Keras 2 took the name first.
      const given = [args.get('shape'), args.get('initializer')].find(value => value?.kind === 'sequence');
      return tensor('float32', given?.kind === 'sequence' ? plainAxes(given.items.map(shapeSize)) : null);
    },
  },
  'sequence.as_list': { signature: '', result: ({ self }) => (self.kind === 'sequence' ? list(self.items) : self) },
};

/** `concatenate([a, b], axis=1)`: the layer and its call in one. */
export function inOne(layers: CallTable): CallTable {
  const names: Readonly<Record<string, string>> = {
    concatenate: 'Concatenate',
    add: 'Add',
    average: 'Average',
    multiply: 'Multiply',
    subtract: 'Subtract',
    maximum: 'Maximum',
    minimum: 'Minimum',
    dot: 'Dot',
  };
  return Object.fromEntries(
    Object.entries(names).map(([name, className]): [string, CallEntry] => {
      const layer = layers[`keras.layers.${className}`]!;
      const signature = className === 'Dot' ? 'inputs, axes, normalize=False' : 'inputs, axis=-1';
      return [
        `keras.layers.${name}`,
        {
          signature,
          result: call => {
            const options = call.args.names().filter(given => given !== 'inputs');
            const given = options.map(option => ({ name: option, value: call.args.get(option)!, range: call.range }));
            const made = layer.result({ ...call, args: new Arguments(layer.signature, given) });
            return made.kind === 'layer' ? made.run(call, call.args.get('inputs') ?? unknown('inputs')) : unknown(name);
          },
        },
      ];
    }),
  );
}
