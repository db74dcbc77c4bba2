/** `tf.data`: pipelines of examples, of which the typical one is known. Rules: TensorFlow 2.15 `python/data`. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { withParts } from '../items.ts';
import { arrayOf } from '../python/numpy.ts';
import { axisOf, plainAxes, shapeSize } from '../shapeRules.ts';
import { many } from '../sharedBuiltins.ts';
import { type Dimension, multiply } from '../sizes.ts';
import { type Abstract, dimension, fromDimension, type Many, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown } from '../values.ts'; // prettier-ignore
import { dtypeOf, shapeOf } from './operations.ts';

/** Structures of examples nest no deeper. */
const MAX_NESTING = 6;

/** What a rule makes of every tensor of an example: a tuple, a dictionary or one tensor. */
function each(value: Abstract, rule: (of: Tensor) => Abstract, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (value.kind === 'tensor') return rule(value);
  return withParts(value, item => each(item, rule, depth + 1)) ?? (value.kind === 'many' ? value : unknown(''));
}

const of = (item: Abstract, count: Abstract = unknown('')): Many => many(item, count);

function withAxes(from: Tensor, axes: readonly TensorAxis[] | null): Tensor {
  return tensor(from.dtype, axes, from.derivation?.op === 'data' ? { derivation: from.derivation } : {});
}

/** Numbers, texts and arrays as tensors; what is not known stays so. */
function asTensors(value: Abstract, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (value.kind === 'string') return tensor('string', []);
  const isStructure = value.kind === 'dict' || (value.kind === 'sequence' && value.type === 'tuple');
  return (isStructure ? withParts(value, item => asTensors(item, depth + 1)) : arrayOf(value)) ?? value;
}

/** The first size of what is cut into rows. */
function rowsOf(value: Abstract): Dimension | null {
  if (value.kind === 'tensor') return value.axes?.[0]?.size ?? null;
  if (value.kind === 'sequence') return value.items[0] === undefined ? null : rowsOf(value.items[0]);
  if (value.kind === 'dict') return value.pairs[0] === undefined ? null : rowsOf(value.pairs[0][1]);
  return null;
}

const SLICES: CallEntry = {
  signature: 'tensors, name=None',
  result: ({ args }) => {
    const given = asTensors(args.get('tensors') ?? unknown(''));
    const rows = rowsOf(given);
    return of(each(given, one => withAxes(one, one.axes?.slice(1) ?? null)), rows === null ? unknown('') : fromDimension(rows)); // prettier-ignore
  },
};

/** Shapes and types as a generator is said to give them. */
function described(shapes: Abstract | undefined, types: Abstract | undefined, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (types?.kind === 'sequence')
    return tuple(types.items.map((type, at) => described(shapes?.kind === 'sequence' ? shapes.items[at] : undefined, type, depth + 1))); // prettier-ignore
  if (types?.kind === 'dict') {
    const pairs = types.pairs.map(([key, type]) => [key, described(shapes?.kind === 'dict' && key.kind === 'string' ? shapes.entries.get(key.value) : undefined, type, depth + 1)] as const); // prettier-ignore
    return { ...types, pairs, entries: new Map(pairs.flatMap(([key, type]) => (key.kind === 'string' ? [[key.value, type] as const] : []))) }; // prettier-ignore
  }
  const sizes = shapes?.kind === 'none' ? null : shapeOf(shapes);
  return tensor(dtypeOf(types), sizes === null ? null : plainAxes(sizes));
}

const GENERATOR: CallEntry = {
  signature: 'generator, output_types=None, output_shapes=None, args=None, output_signature=None, name=None',
  result: ({ args }) => {
    const said = args.some('output_signature');
    return of(said ?? described(args.some('output_shapes'), args.some('output_types')));
  },
};

const SPEC: CallEntry = {
  signature: 'shape=None, dtype=None, name=None',
  result: ({ args }) => {
    const sizes = shapeOf(args.some('shape'));
    return tensor(dtypeOf(args.some('dtype')), sizes === null ? null : plainAxes(sizes));
  },
};

/** Examples that are files' lines or records: a text each. */
const LINES: CallEntry = { signature: '*options', result: () => of(tensor('string', [])) };

const ZIP: CallEntry = {
  signature: 'datasets, *more',
  result: ({ args }) => {
    const given = args.get('datasets');
    const items = (value: Abstract): Abstract => (value.kind === 'many' ? value.item : unknown(''));
    // Keras 3's TensorFlow also takes them one by one.
    if (given?.kind === 'sequence') return of({ ...given, type: 'tuple', items: given.items.map(items) });
    if (given?.kind === 'many') return of(tuple([given, ...args.rest].map(items)));
    return of(unknown(''));
  },
};

// What is done with a pipeline

function itemOf({ self }: Call): Abstract {
  return self.kind === 'many' ? self.item : unknown('');
}

const same: CallEntry = { signature: '*options', result: ({ self }) => self };
/** As many as nobody knows. */
const some: CallEntry = { signature: '*options', result: call => of(itemOf(call)) };

/** The arguments with which a function of a pipeline is called: the parts of a tuple one by one. */
function partsOf(item: Abstract): readonly Abstract[] {
  return item.kind === 'sequence' && item.type === 'tuple' ? item.items : [item];
}

const MAP: CallEntry = {
  signature: 'map_func, num_parallel_calls=None, deterministic=None, name=None',
  result: call => {
    const { args, reader, range, self } = call;
    const made = reader.call(args.get('map_func') ?? unknown(''), partsOf(itemOf(call)), range);
    const numbered = made.kind === 'sequence' && made.type === 'list' ? (arrayOf(made) ?? made) : made;
    return of(numbered, self.kind === 'many' ? self.count : unknown(''));
  },
};

/** A function that gives a pipeline for every example. */
const FLAT: CallEntry = {
  signature: 'map_func, *options',
  result: call => {
    const made = call.reader.call(call.args.get('map_func') ?? unknown(''), partsOf(itemOf(call)), call.range);
    return made.kind === 'many' ? of(made.item) : of(unknown(''));
  },
};

/** How many examples a batch has: as many as are asked for only where what is left over is dropped. */
function batchAxis(args: Call['args']): TensorAxis {
  const whole = args.boolean('drop_remainder') === true;
  return axisOf(whole ? args.size('batch_size') : null, 'batch');
}

const BATCH: CallEntry = {
  signature: 'batch_size, drop_remainder=False, num_parallel_calls=None, deterministic=None, name=None',
  result: call => {
    const { args, self } = call;
    // A window whose length is known makes batches that all are full.
    const [all, size] = [self.kind === 'many' ? dimension(self.count) : null, args.size('batch_size')];
    const full = typeof all === 'number' && typeof size === 'number' && all > 0 && all % size === 0;
    return of(batched(itemOf(call), full ? axisOf(size, 'batch') : batchAxis(args)));
  },
};

function batched(item: Abstract, rows: TensorAxis): Abstract {
  return each(item, one => withAxes(one, one.axes === null ? null : [rows, ...one.axes]));
}

/** The sizes that are asked for; what is None or -1 is as long as the longest. */
function padded(item: Abstract, shapes: Abstract | undefined, rows: TensorAxis, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (item.kind === 'sequence')
    return { ...item, items: item.items.map((one, at) => padded(one, shapes?.kind === 'sequence' && shapes.items.length === item.items.length ? shapes.items[at] : undefined, rows, depth + 1)) }; // prettier-ignore
  if (item.kind === 'dict') {
    const ofKey = (key: string): Abstract | undefined => (shapes?.kind === 'dict' ? shapes.entries.get(key) : undefined);
    const entries = new Map([...item.entries].map(([key, one]) => [key, padded(one, ofKey(key), rows, depth + 1)] as const));
    const pairs = item.pairs.map(([key, one]) => [key, (key.kind === 'string' ? entries.get(key.value) : undefined) ?? padded(one, undefined, rows, depth + 1)] as const);
    return { ...item, entries, pairs };
  }
  const sizes = shapes?.kind === 'sequence' ? shapes.items.map(shapeSize) : null;
  if (item.kind !== 'tensor') return sizes === null ? unknown('') : tensor('float32', [rows, ...plainAxes(sizes)]);
  const axes = sizes === null ? item.axes : sizes.map((size, at): TensorAxis => ({ name: item.axes?.[at]?.name ?? '', size: size ?? item.axes?.[at]?.size ?? null }));
  return withAxes(item, axes === null ? null : [rows, ...axes]);
} // prettier-ignore

const PADDED: CallEntry = {
  signature: 'batch_size, padded_shapes=None, padding_values=None, drop_remainder=False, name=None',
  result: call => of(padded(itemOf(call), call.args.some('padded_shapes'), batchAxis(call.args))),
};

const UNBATCH: CallEntry = {
  signature: '',
  result: call => of(each(itemOf(call), one => withAxes(one, one.axes?.slice(1) ?? null))),
};

/** Every window is a pipeline of its own; of examples with parts, one for each part. */
const WINDOW: CallEntry = {
  signature: 'size, shift=None, stride=1, drop_remainder=False, name=None',
  result: call => {
    const size = call.args.boolean('drop_remainder') === true ? call.args.size('size') : null;
    const one = itemOf(call);
    const count = size === null ? unknown('') : fromDimension(size);
    return of(one.kind === 'sequence' ? { ...one, items: one.items.map(item => of(item, count)) } : of(one, count));
  },
};

const TAKE: CallEntry = {
  signature: 'count, name=None',
  result: call => of(itemOf(call), call.args.get('count') ?? unknown('')),
};

/** Once again as many. */
const REPEAT: CallEntry = {
  signature: 'count=None, name=None',
  result: call => {
    const [all, times] = [call.self.kind === 'many' ? dimension(call.self.count) : null, call.args.size('count')];
    const count = all === null || times === null ? null : multiply(all, times);
    return of(itemOf(call), count === null ? unknown('') : fromDimension(count));
  },
};

const ENUMERATE: CallEntry = { signature: 'start=0', result: call => of(tuple([tensor('int64', []), itemOf(call)])) };

/** Batches of examples of like lengths. */
const BUCKETS: CallEntry = {
  signature: 'element_length_func, bucket_boundaries, bucket_batch_sizes, padded_shapes=None, *options',
  result: call => of(padded(itemOf(call), call.args.some('padded_shapes'), axisOf(null, 'batch'))),
};

const NEXT: CallEntry = { signature: 'name=None', result: call => itemOf(call) };

const named = (names: readonly string[], entry: CallEntry, prefix: string): CallTable =>
  Object.fromEntries(names.map(name => [`${prefix}${name}`, entry]));

export const PIPELINE_CALLS: CallTable = {
  ...named(['from_tensor_slices'], SLICES, 'tf.data.Dataset.'),
  'tf.data.Dataset.from_tensors': { signature: 'tensors, name=None', result: ({ args }) => of(asTensors(args.get('tensors') ?? unknown('')), fromDimension(1)) }, // prettier-ignore
  'tf.data.Dataset.from_generator': GENERATOR,
  'tf.data.Dataset.range': { signature: '*limits', result: ({ args }) => of(tensor('int64', []), args.rest.length === 1 ? args.rest[0]! : unknown('')) }, // prettier-ignore
  'tf.data.Dataset.zip': ZIP,
  ...named(['TextLineDataset', 'TFRecordDataset', 'Dataset.list_files', 'FixedLengthRecordDataset'], LINES, 'tf.data.'),
  'tf.TensorSpec': SPEC,
  'tf.RaggedTensorSpec': SPEC,
  'tf.TensorShape': { signature: 'dims=None', result: ({ args }) => args.get('dims') ?? NONE },
};

export const PIPELINE_METHODS: CallTable = {
  ...named(['shuffle', 'cache', 'prefetch', 'with_options', 'as_numpy_iterator', 'shard', 'snapshot', 'ignore_errors', 'make_one_shot_iterator', 'make_initializable_iterator', '__iter__', 'concatenate'], same, 'many.'), // prettier-ignore
  ...named(['skip', 'filter', 'take_while', 'rejection_resample'], some, 'many.'),
  'many.map': MAP,
  ...named(['flat_map', 'interleave'], FLAT, 'many.'),
  'many.apply': { signature: 'transformation', result: ({ self, args, reader, range }) => reader.call(args.get('transformation') ?? unknown(''), [self], range) }, // prettier-ignore
  'many.batch': BATCH,
  'many.padded_batch': PADDED,
  'many.ragged_batch': BATCH,
  'many.bucket_by_sequence_length': BUCKETS,
  'many.unbatch': UNBATCH,
  'many.window': WINDOW,
  'many.take': TAKE,
  'many.repeat': REPEAT,
  'many.enumerate': ENUMERATE,
  ...named(['get_next', 'next', 'get_single_element'], NEXT, 'many.'),
  'many:element_spec': NEXT,
  'many:initializer': { signature: '', result: () => NONE },
};
