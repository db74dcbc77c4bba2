/** `tf.data` of TensorFlow.js: pipelines of examples. Rules: TensorFlow.js 4.22 `tfjs-data/src/dataset.ts`. */
import type { CallEntry, CallTable } from '../calls.ts';
import { many } from '../sharedBuiltins.ts';
import { PIPELINE_METHODS } from '../tensorflow1/pipelines.ts';
import { type Abstract, unknown } from '../values.ts';

/** Items one by one. */
const ARRAY: CallEntry = {
  signature: 'items',
  result: ({ args }) => {
    const items = args.get('items') ?? unknown('');
    if (items.kind === 'sequence') return many(items.items[0] ?? unknown(''), { kind: 'number', value: items.items.length, integer: true }); // prettier-ignore
    return items.kind === 'many' ? items : many(unknown(''), unknown(''));
  },
};

/** What an item of every pipeline is, in an object or an array of pipelines. */
function zipped(of: Abstract): Abstract {
  const item = (value: Abstract): Abstract => (value.kind === 'many' ? value.item : unknown(''));
  if (of.kind === 'sequence') return { ...of, items: of.items.map(item) };
  if (of.kind !== 'dict') return unknown('');
  const entries = new Map([...of.entries].map(([key, value]) => [key, item(value)] as const));
  return { ...of, entries, pairs: of.pairs.map(([key, value]) => [key, item(value)] as const) };
}

const FOR_EACH: CallEntry = {
  signature: 'callback',
  result: ({ self, args, reader, range }) =>
    reader.call(args.get('callback') ?? unknown(''), [self.kind === 'many' ? self.item : unknown('')], range),
};

const pipeline = (name: string): CallEntry => PIPELINE_METHODS[`many.${name}`]!;

export const TENSORFLOWJS_PIPELINES: CallTable = {
  'tf.data.array': ARRAY,
  'tf.data.zip': { signature: 'datasets', result: ({ args }) => many(zipped(args.get('datasets') ?? unknown('')), unknown('')) }, // prettier-ignore
  'tf.data.csv': { signature: '*options', result: () => many(unknown(''), unknown('')) },
};

export const TENSORFLOWJS_PIPELINE_METHODS: CallTable = {
  'many.batch': { ...pipeline('batch'), signature: 'batch_size, drop_remainder=True' },
  'many.shuffle': pipeline('shuffle'),
  'many.prefetch': pipeline('prefetch'),
  'many.take': pipeline('take'),
  'many.skip': pipeline('skip'),
  'many.repeat': pipeline('repeat'),
  'many.forEachAsync': FOR_EACH,
};
