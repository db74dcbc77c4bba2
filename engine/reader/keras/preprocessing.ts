/** Texts and series as Keras makes numbers of them: tokenizers, lookups, windows of series. Rules: Keras 2.15 and 3 `src`. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { arrayOf } from '../python/numpy.ts';
import { axisOf, plainAxes } from '../shapeRules.ts';
import { many } from '../sharedBuiltins.ts';
import { add, type Dimension, divide } from '../sizes.ts';
import { type Abstract, dimension, fromDimension, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown } from '../values.ts'; // prettier-ignore
import { simple } from './layers.ts';

const NUMBER: Abstract = { kind: 'unknown', text: '', number: true };

const sourceOf = ({ reader, range }: Call): string => reader.textOf(range).slice(0, 60);

/** What a model is fed with. */
function data(call: Call, dtype: string, axes: readonly TensorAxis[]): Tensor {
  const source = { kind: 'unknown', source: sourceOf(call) };
  return tensor(dtype, axes, { derivation: { op: 'data', source, part: 'train' } });
}

/** How many items a list has. */
function lengthOf(value: Abstract | undefined): Dimension | null {
  if (value?.kind === 'many') return dimension(value.count);
  return value?.kind === 'sequence' ? value.items.length : (arrayOf(value)?.axes?.[0]?.size ?? null);
}

// Rows

/** Rows of different lengths in one tensor, filled up or cut to one length. */
const PAD_SEQUENCES: CallEntry = {
  signature: "sequences, maxlen=None, dtype='int32', padding='pre', truncating='pre', value=0.0",
  result: call => {
    const { args } = call;
    const of = args.get('sequences');
    const dtype = args.string('dtype') ?? 'int32';
    const given = args.some('maxlen') === undefined ? undefined : args.size('maxlen');
    if (of?.kind === 'tensor') {
      if (of.axes?.[0] === undefined) return unknown(sourceOf(call));
      const { meaning: _, ...rest } = of;
      const size = given === undefined ? (of.axes[1]?.size ?? null) : given;
      return { ...rest, dtype, axes: [of.axes[0], { name: 'steps', size }, ...of.axes.slice(2)] };
    }
    if (of === undefined || of.kind === 'dict') return unknown(sourceOf(call));
    // Each row may hold vectors.
    const row = of.kind === 'many' ? of.item : of.kind === 'sequence' ? of.items[0] : undefined;
    const inner = arrayOf(row)?.axes?.slice(1) ?? [];
    const longest = given ?? (row?.kind === 'tensor' && of.kind === 'many' ? null : lengthOfLongest(of));
    return data(call, dtype, [axisOf(lengthOf(of)), { name: 'steps', size: longest }, ...inner]);
  },
};

/** The length of the longest of rows that all are known. */
function lengthOfLongest(of: Abstract): Dimension | null {
  const lengths = of.kind === 'sequence' ? of.items.map(lengthOf) : [null];
  return lengths.every(length => typeof length === 'number') ? Math.max(0, ...lengths) : null;
}

/** Rows of numbers from 0 as rows of zeros with a one. */
const TO_CATEGORICAL: CallEntry = {
  signature: 'y, num_classes=None, nb_classes=None',
  result: ({ args, reader, range }) => {
    const of = arrayOf(args.get('y'));
    if (of?.axes == null) return unknown(reader.textOf(range).slice(0, 60));
    const size = dimension(args.some('num_classes') ?? args.some('nb_classes'));
    // What is one number long is that number.
    const axes = of.axes.length > 1 && of.axes.at(-1)!.size === 1 ? of.axes.slice(0, -1) : of.axes;
    return tensor('float32', [...axes, { name: size === null ? 'classes' : 'features', size }], of.derivation?.op === 'data' ? { derivation: of.derivation } : {}); // prettier-ignore
  },
};

// Tokens

const TOKENIZER: CallEntry = {
  signature: "num_words=None, filters=None, lower=True, split=' ', char_level=False, oov_token=None",
  result: ({ args, reader }) => {
    const name = reader.assignedTo ?? 'tokenizer';
    const counted = (attribute: string): [string, Abstract] => [attribute, many(unknown(''), unknown(`len(${name}.${attribute})`))]; // prettier-ignore
    const words = (attribute: string): [string, Abstract] => [attribute, { kind: 'object', type: 'keras.vocabulary', attributes: new Map([['length', unknown(`len(${name}.${attribute})`)]]) }]; // prettier-ignore
    return {
      kind: 'object',
      type: 'keras.tokenizer',
      attributes: new Map<string, Abstract>([
        ['num_words', args.get('num_words') ?? NONE],
        words('word_index'),
        counted('index_word'),
        counted('word_counts'),
      ]),
    };
  },
};

/** One list of numbers a text. */
const tokens: CallEntry = {
  signature: 'texts',
  result: ({ args }) => {
    const of = args.get('texts');
    const size = lengthOf(of);
    return many(many(NUMBER, unknown('')), size === null ? unknown('') : fromDimension(size));
  },
};

const TOKENIZER_METHODS: CallTable = {
  'keras.tokenizer.fit_on_texts': { signature: 'texts', result: () => NONE },
  'keras.tokenizer.texts_to_sequences': tokens,
  'keras.tokenizer.sequences_to_texts': { signature: 'sequences', result: () => many(unknown(''), unknown('')) },
  'keras.tokenizer.texts_to_matrix': {
    signature: "texts, mode='binary'",
    result: call => {
      const words = call.self.kind === 'object' ? call.self.attributes.get('num_words') : undefined;
      return data(call, 'float64', [axisOf(lengthOf(call.args.get('texts'))), axisOf(dimension(words))]);
    },
  },
  'keras.vocabulary.__getitem__': { signature: 'key', result: () => NUMBER },
  'keras.vocabulary.get': { signature: 'key, default=None', result: () => NUMBER },
  'keras.vocabulary.items': { signature: '', result: ({ self }) => many(tuple([unknown(''), NUMBER]), (self.kind === 'object' ? self.attributes.get('length') : undefined) ?? unknown('')) },
  'keras.vocabulary.keys': { signature: '', result: ({ self }) => many(unknown(''), (self.kind === 'object' ? self.attributes.get('length') : undefined) ?? unknown('')) },
}; // prettier-ignore

// Layers before a model

/** One number for each word or number. */
const lookup = (className: string): CallEntry =>
  simple(className, '*options', (_applied, of) => tensor('int64', of.axes, of.derivation?.op === 'data' ? { derivation: of.derivation } : {})); // prettier-ignore

/** A text as a row of tokens, or as one number for every word of the vocabulary. */
const VECTORIZATION = simple(
  'TextVectorization',
  'max_tokens=None, standardize=None, split=None, ngrams=None, output_mode=None, output_sequence_length=None, pad_to_max_tokens=False, vocabulary=None, ragged=False',
  (applied, of, made) => {
    const mode = made.args.string('output_mode') ?? 'int';
    if (of.axes === null || made.args.isUnknown('output_mode')) return unknown('tokens');
    // A last axis of one is the text itself.
    const front = of.axes.length > 1 && of.axes.at(-1)!.size === 1 ? of.axes.slice(0, -1) : of.axes;
    if (mode !== 'int') {
      const size = made.args.boolean('pad_to_max_tokens') === true ? made.args.size('max_tokens') : null;
      return data(applied, 'float32', [...front, axisOf(size)]);
    }
    const length = made.args.some('output_sequence_length');
    return data(applied, 'int64', [...front, { name: 'steps', size: length === undefined ? null : dimension(length) }]);
  },
); // prettier-ignore

const ENCODING = simple(
  'CategoryEncoding',
  "num_tokens=None, output_mode='multi_hot', sparse=False",
  (applied, of, { args }) => {
    if (of.axes === null) return unknown('encoding');
    const one = args.string('output_mode') === 'one_hot';
    const front = one ? (of.axes.at(-1)?.size === 1 ? of.axes.slice(0, -1) : of.axes) : of.axes.slice(0, -1);
    return data(applied, 'float32', [...front, axisOf(args.size('num_tokens'))]);
  },
);

/** Words of a layer's vocabulary. */
const vocabulary: CallEntry = {
  signature: '*options',
  result: ({ reader, self }) => {
    const name = self.kind === 'layer' ? self.name : 'vocabulary';
    return many(unknown(''), unknown(reader.assignedTo === null ? `len(${name}.get_vocabulary())` : `len(${reader.assignedTo})`)); // prettier-ignore
  },
};

// Series

/** Windows of a series, with what follows each: `[batch, length, …]`. */
function windows(call: Call, of: Tensor | null, length: Dimension | null): Tensor | null {
  if (of?.axes == null || of.axes.length === 0) return null;
  return data(call, of.dtype, [{ name: 'batch', size: null }, { name: 'steps', size: length }, ...of.axes.slice(1)]);
}

/** One target for each window. */
function targetsOf(call: Call, of: Tensor | null): Abstract {
  return of?.axes == null || of.axes.length === 0 ? unknown('targets') : data(call, of.dtype, [{ name: 'batch', size: null }, ...of.axes.slice(1)]); // prettier-ignore
}

const SERIES: CallEntry = {
  signature:
    'data, targets, sequence_length, sequence_stride=1, sampling_rate=1, batch_size=128, shuffle=False, seed=None, start_index=None, end_index=None',
  result: call => {
    const { args } = call;
    const x = windows(call, arrayOf(args.get('data')), args.size('sequence_length')) ?? unknown('windows');
    const first = args.get('batch_size')?.kind === 'none' && x.kind === 'tensor' ? { ...x, axes: x.axes!.slice(1) } : x;
    return many(args.some('targets') === undefined ? first : tuple([first, targetsOf(call, arrayOf(args.get('targets')))]), unknown('')); // prettier-ignore
  },
};

const GENERATOR: CallEntry = {
  signature: 'data, targets, length, sampling_rate=1, stride=1, start_index=0, end_index=None, shuffle=False, reverse=False, batch_size=128',
  result: call => {
    const { args } = call;
    const [length, rate] = [args.size('length'), args.size('sampling_rate')];
    // Every so many of the steps, the first among them.
    const padded = length === null || rate === null ? null : rate === 1 ? length : add(length, rate);
    const steps = padded === null || rate === null ? null : rate === 1 ? padded : divide(add(padded, -1) ?? padded, rate);
    const x = windows(call, arrayOf(args.get('data')), steps);
    return many(tuple([x ?? unknown('windows'), targetsOf(call, arrayOf(args.get('targets')))]), unknown(''));
  },
}; // prettier-ignore

// Folders

const TEXTS: CallEntry = {
  signature: "directory, labels='inferred', label_mode='int'",
  result: call => many(pairOf(call, tensor('string', [axisOf(null, 'batch')])), unknown('')),
};

const IMAGES: CallEntry = {
  signature: "directory, labels='inferred', label_mode='int', class_names=None, color_mode='rgb', batch_size=32, image_size=None",
  result: call => {
    const { args } = call;
    const size = args.some('image_size');
    const [height, width] = size?.kind === 'sequence' ? size.items.map(dimension) : [256, 256];
    const channels = { rgb: 3, rgba: 4, grayscale: 1 }[args.string('color_mode') ?? ''] ?? null;
    return many(pairOf(call, data(call, 'float32', [axisOf(null, 'batch'), ...plainAxes([height ?? null, width ?? null, channels])])), unknown('')); // prettier-ignore
  },
}; // prettier-ignore

function pairOf({ args }: Call, x: Tensor): Abstract {
  const rows = axisOf(null, 'batch');
  const mode = args.get('label_mode');
  if (mode?.kind === 'none' || args.get('labels')?.kind === 'none') return x;
  if (mode?.kind !== 'string') return tuple([x, unknown('labels')]);
  const labels: Readonly<Record<string, Tensor>> = { int: tensor('int32', [rows]), binary: tensor('float32', [rows, axisOf(1)]), categorical: tensor('float32', [rows, axisOf(null)]) }; // prettier-ignore
  return tuple([x, labels[mode.value] ?? unknown('labels')]);
}

const under = (paths: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(paths.map(path => [`keras.${path}`, entry]));

export const KERAS_PREPROCESSING: CallTable = {
  ...under(['preprocessing.pad_sequences', 'utils.pad_sequences'], PAD_SEQUENCES),
  ...under(['utils.to_categorical'], TO_CATEGORICAL),
  ...under(['preprocessing.text.Tokenizer'], TOKENIZER),
  ...under(['preprocessing.text.one_hot', 'preprocessing.text.text_to_word_sequence', 'preprocessing.text.hashing_trick'], { signature: 'text, n=None', result: () => many(NUMBER, unknown('')) }), // prettier-ignore
  ...under(['preprocessing.timeseries_dataset_from_array', 'utils.timeseries_dataset_from_array'], SERIES),
  ...under(['preprocessing.sequence.TimeseriesGenerator'], GENERATOR),
  ...under(['preprocessing.text_dataset_from_directory', 'utils.text_dataset_from_directory'], TEXTS),
  ...under(['preprocessing.image_dataset_from_directory', 'utils.image_dataset_from_directory'], IMAGES),
  ...under(['layers.StringLookup'], lookup('StringLookup')),
  ...under(['layers.IntegerLookup'], lookup('IntegerLookup')),
  ...under(['layers.Hashing'], lookup('Hashing')),
  ...under(['layers.TextVectorization'], VECTORIZATION),
  ...under(['layers.CategoryEncoding'], ENCODING),
};

export const KERAS_PREPROCESSING_METHODS: CallTable = {
  ...TOKENIZER_METHODS,
  'layer.get_vocabulary': vocabulary,
  'layer.vocabulary_size': { signature: '', result: ({ self }) => unknown(self.kind === 'layer' ? `${self.name}.vocabulary_size()` : '') }, // prettier-ignore
  'layer.adapt': { signature: '*data', result: () => NONE },
};
