/** Data sets that TensorFlow 1's programs load by name. */
import { phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { type Abstract, type DataSource, number, tensor, type TensorAxis, tuple, unknown } from '../values.ts';

/** Sizes of the tutorial's split of MNIST: 55,000 / 5,000 / 10,000. */
const ROWS: Readonly<Record<string, number>> = { train: 55_000, validation: 5_000, test: 10_000 };

type Data = Abstract & { kind: 'data' };

function pixels(source: DataSource, rows: TensorAxis, part: 'train' | 'test' | 'batch'): Abstract {
  return tensor('float32', [rows, { name: 'pixels', size: 784 }], {
    derivation: { op: 'data', source, part },
    meaning: phrase('images of digits, 28 × 28 pixels in [0, 1]'),
  });
}

function labels(source: DataSource, rows: TensorAxis, part: 'train' | 'test' | 'batch'): Abstract {
  const axes: TensorAxis[] = source.source.includes('one_hot=True') ? [rows, { name: 'classes', size: 10 }] : [rows];
  return tensor(axes.length > 1 ? 'float64' : 'uint8', axes, {
    derivation: { op: 'data', source, part },
    meaning: phrase('digits 0 to 9'),
  });
}

const load: CallEntry = {
  signature: 'train_dir, fake_data=False, one_hot=False, dtype=None, reshape=True, validation_size=5000, seed=None',
  result: ({ reader, range }) => ({
    kind: 'data',
    source: { kind: 'mnist', source: reader.textOf(range) },
    part: 'all',
  }),
};

const part = (name: 'train' | 'test'): CallEntry => ({
  signature: '',
  result: ({ self }) => (self.kind === 'data' ? { ...self, part: name } : unknown(name)),
});

const rowsOf = (self: Data): TensorAxis => ({ name: 'rows', size: ROWS[self.part] ?? null });

function nextBatch({ self, args }: Call): Abstract {
  if (self.kind !== 'data') return unknown('');
  const rows: TensorAxis = { name: 'batch', size: args.size('batch_size') };
  return tuple([pixels(self.source, rows, 'batch'), labels(self.source, rows, 'batch')]);
}

export const DATA_CALLS: CallTable = {
  'tf.examples.tutorials.mnist.input_data.read_data_sets': load,
};

export const DATA_METHODS: CallTable = {
  'data:train': part('train'),
  'data:test': part('test'),
  'data:validation': part('test'),
  'data:images': {
    signature: '',
    result: ({ self }) =>
      self.kind === 'data' ? pixels(self.source, rowsOf(self), self.part === 'test' ? 'test' : 'train') : unknown(''),
  },
  'data:labels': {
    signature: '',
    result: ({ self }) =>
      self.kind === 'data' ? labels(self.source, rowsOf(self), self.part === 'test' ? 'test' : 'train') : unknown(''),
  },
  'data:num_examples': {
    signature: '',
    result: ({ self }) => number(self.kind === 'data' ? (ROWS[self.part] ?? 55_000) : 0),
  },
  'data.next_batch': { signature: 'batch_size, fake_data=False, shuffle=True', result: nextBatch },
};
