/** What programs read of files with TensorFlow, and turn into numbers: texts, pictures, sound. Rules: TensorFlow 2.15. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { asTensor, axisOf, plainAxes } from '../shapeRules.ts';
import { add, type Dimension, divide } from '../sizes.ts';
import { type Abstract, dimension, tensor, type Tensor, type TensorAxis, tuple, unknown } from '../values.ts';
import { dtypeOf, shapeOf } from './operations.ts';

const entries = (names: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [`tf.${name}`, entry]));

/** A text, or as many as a tensor has. */
function textsOf(value: Abstract | undefined): Tensor | null {
  return asTensor(value) ?? (value?.kind === 'string' || value?.kind === 'many' ? tensor('string', []) : null);
}

const ofTexts = (signature: string, rule: (of: Tensor, call: Call) => Abstract): CallEntry => ({
  signature,
  result: call => {
    const of = textsOf(call.args.get('input'));
    return of === null ? unknown(call.reader.textOf(call.range).slice(0, 60)) : rule(of, call);
  },
});

const TEXTS = ofTexts('input, *options', of => tensor('string', of.axes));
/** Pieces of each text, of which nobody knows how many. */
const PIECES = ofTexts('input, *options', of => tensor('string', of.axes === null ? null : [...of.axes, axisOf(null)]));

const DECODED: CallEntry = {
  signature: 'contents, channels=0, dtype=None, name=None, expand_animations=True',
  result: ({ args }) => {
    const channels = args.size('channels');
    return tensor('uint8', plainAxes([null, null, channels === 0 ? null : channels]));
  },
};

/** Pictures in another size, one by itself or many. */
const RESIZED: CallEntry = {
  signature: 'images, size, method=None, *options',
  result: ({ args }) => {
    const of = asTensor(args.get('images'));
    const size = args.get('size');
    if (of?.axes == null || of.axes.length < 3 || size?.kind !== 'sequence') return unknown('image');
    const at = of.axes.length - 3;
    const sized = of.axes.map((axis, own): TensorAxis => (own === at || own === at + 1 ? { name: axis.name, size: dimension(size.items[own - at]) } : axis)); // prettier-ignore
    return tensor('float32', sized);
  },
};

const pictures = (rule: (of: Tensor) => readonly TensorAxis[] | null): CallEntry => ({
  signature: 'images, *options',
  result: ({ args }) => {
    const of = asTensor(args.get('images'));
    return of === null ? unknown('image') : tensor(of.dtype, of.axes === null ? null : rule(of));
  },
});

// Sound

/** How many windows of a length fit, one every so many places. */
function frames(size: Dimension | null, length: Dimension | null, step: Dimension | null): Dimension | null {
  const rest = size === null || length === null ? null : add(size, length, -1);
  const more = rest === null || step === null ? null : divide(rest, step);
  return more === null ? null : add(more, 1);
}

const STFT: CallEntry = {
  signature: 'signals, frame_length, frame_step, fft_length=None, window_fn=None, pad_end=False, name=None',
  result: ({ args }) => {
    const of = asTensor(args.get('signals'));
    if (of?.axes == null || of.axes.length === 0) return unknown('spectrogram');
    const [length, step] = [args.size('frame_length'), args.size('frame_step')];
    const given = args.size('fft_length');
    // The next power of two, where the program does not say.
    const points = given ?? (typeof length === 'number' && length > 0 ? 2 ** Math.ceil(Math.log2(length)) : null);
    const half = points === null ? null : divide(points, 2);
    const padded = args.boolean('pad_end') === true;
    const count = padded ? null : frames(of.axes.at(-1)!.size, length, step);
    return tensor('complex64', [...of.axes.slice(0, -1), axisOf(count), axisOf(half === null ? null : add(half, 1))]);
  },
};

const FRAME: CallEntry = {
  signature: 'signal, frame_length, frame_step, pad_end=False, *options',
  result: ({ args }) => {
    const of = asTensor(args.get('signal'));
    if (of?.axes == null || of.axes.length === 0) return unknown('frames');
    const count = args.boolean('pad_end') === true ? null : frames(of.axes.at(-1)!.size, args.size('frame_length'), args.size('frame_step')); // prettier-ignore
    return tensor(of.dtype, [...of.axes.slice(0, -1), axisOf(count), axisOf(args.size('frame_length'))]);
  },
};

// Records

const FIXED: CallEntry = {
  signature: 'shape, dtype, default_value=None',
  result: ({ args }) => {
    const sizes = shapeOf(args.get('shape'));
    return tensor(dtypeOf(args.get('dtype')), sizes === null ? null : plainAxes(sizes));
  },
};
const SEQUENCE: CallEntry = {
  signature: 'shape, dtype, allow_missing=False, default_value=None',
  result: ({ args }) => {
    const sizes = shapeOf(args.get('shape'));
    return tensor(dtypeOf(args.get('dtype')), sizes === null ? null : [axisOf(null, 'steps'), ...plainAxes(sizes)]);
  },
};

/** The features that a program describes, for each record. */
function features(rows: readonly TensorAxis[], described: Abstract | undefined): Abstract {
  if (described?.kind !== 'dict') return unknown('features');
  const row = (value: Abstract): Abstract => (value.kind === 'tensor' ? tensor(value.dtype, value.axes === null ? null : [...rows, ...value.axes]) : unknown('feature')); // prettier-ignore
  return {
    kind: 'dict',
    pairs: described.pairs.map(([key, value]) => [key, row(value)] as const),
    entries: new Map([...described.entries].map(([key, value]) => [key, row(value)] as const)),
  };
}

const PARSED: CallEntry = { signature: 'serialized, features, *options', result: ({ args }) => features([], args.get('features')) }; // prettier-ignore
const PARSED_MANY: CallEntry = { signature: 'serialized, features, *options', result: ({ args }) => features([axisOf(null, 'batch')], args.get('features')) }; // prettier-ignore
const PARSED_SEQUENCE: CallEntry = {
  signature: 'serialized, context_features=None, sequence_features=None, *options',
  result: ({ args }) => tuple([features([], args.get('context_features')), features([], args.get('sequence_features'))]), // prettier-ignore
};

/** A function of Python: tensors of the types that are said, of shapes that nobody knows. */
const PYTHON_FUNCTION: CallEntry = {
  signature: 'func, inp, Tout, stateful=True, name=None',
  result: ({ args }) => {
    const types = args.get('Tout');
    const one = (type: Abstract): Abstract => tensor(dtypeOf(type), null);
    return types?.kind === 'sequence' ? tuple(types.items.map(one)) : types === undefined ? unknown('') : one(types);
  },
};

export const FILE_CALLS: CallTable = {
  ...entries(['numpy_function', 'py_function', 'py_func'], PYTHON_FUNCTION),
  ...entries(['io.read_file', 'read_file', 'strings.reduce_join'], { signature: '*options', result: () => tensor('string', []) }), // prettier-ignore
  ...entries(
    ['strings.lower', 'strings.upper', 'strings.strip', 'strings.regex_replace', 'strings.substr', 'substr', 'regex_replace', 'strings.unicode_transcode'],
    TEXTS,
  ), // prettier-ignore
  ...entries(['strings.unicode_split', 'strings.split', 'strings.bytes_split', 'string_split'], PIECES),
  ...entries(['strings.unicode_decode'], ofTexts('input, *options', of => tensor('int32', of.axes === null ? null : [...of.axes, axisOf(null)]))), // prettier-ignore
  ...entries(['strings.to_number', 'string_to_number'], ofTexts('input, out_type=None', (of, { args }) => tensor(dtypeOf(args.some('out_type')), of.axes))), // prettier-ignore
  ...entries(
    ['strings.length'],
    ofTexts('input, *options', of => tensor('int32', of.axes)),
  ),
  ...entries(['strings.join', 'string_join'], {
    signature: 'inputs, separator=None, name=None',
    result: ({ args }) => {
      const given = args.get('inputs');
      const parts = given?.kind === 'sequence' ? given.items.map(textsOf) : [];
      const long = parts.find(part => (part?.axes?.length ?? 0) > 0);
      return parts.length === 0 || parts.some(part => part === null) ? unknown('text') : tensor('string', (long ?? parts[0]!).axes); // prettier-ignore
    },
  }),
  ...entries(['io.decode_png', 'io.decode_jpeg', 'io.decode_image', 'image.decode_png', 'image.decode_jpeg', 'image.decode_image'], DECODED), // prettier-ignore
  ...entries(['image.resize', 'image.resize_images', 'image.resize_with_pad'], RESIZED),
  ...entries(['image.convert_image_dtype', 'image.per_image_standardization', 'image.flip_left_right', 'image.random_flip_left_right'], pictures(of => of.axes)), // prettier-ignore
  ...entries(
    ['image.rgb_to_grayscale'],
    pictures(of => [...of.axes!.slice(0, -1), axisOf(1)]),
  ),
  ...entries(
    ['image.grayscale_to_rgb'],
    pictures(of => [...of.axes!.slice(0, -1), axisOf(3)]),
  ),
  'tf.audio.decode_wav': {
    signature: 'contents, desired_channels=-1, desired_samples=-1, name=None',
    result: ({ args }) => {
      const [channels, samples] = ['desired_channels', 'desired_samples'].map(name => args.size(name));
      const open = (size: Dimension | null | undefined): Dimension | null => (size === -1 || size === undefined ? null : size);
      return tuple([tensor('float32', plainAxes([open(samples), open(channels)])), tensor('int32', [])]);
    },
  }, // prettier-ignore
  ...entries(['signal.stft', 'contrib.signal.stft'], STFT),
  ...entries(['signal.frame', 'contrib.signal.frame'], FRAME),
  ...entries(['io.FixedLenFeature', 'FixedLenFeature'], FIXED),
  ...entries(['io.FixedLenSequenceFeature', 'FixedLenSequenceFeature'], SEQUENCE),
  ...entries(['io.parse_single_example', 'parse_single_example'], PARSED),
  ...entries(['io.parse_example', 'parse_example'], PARSED_MANY),
  ...entries(['io.parse_single_sequence_example', 'parse_single_sequence_example'], PARSED_SEQUENCE),
};
