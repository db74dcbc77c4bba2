/** Tensors that a program makes of its own values: what a model is fed with. */
import type { CallEntry, CallTable } from '../calls.ts';
import { nameAxes } from '../tensors.ts';
import { shapeOf } from '../tensorflow1/operations.ts';
import { type Abstract, tensor } from '../values.ts';

/** The sizes of nested arrays. */
function nested(value: Abstract | undefined, depth = 0): number[] {
  if (value?.kind !== 'sequence' || depth > 6) return [];
  return [value.items.length, ...nested(value.items[0], depth + 1)];
}

/** A tensor of values; its shape is given, or that of the arrays. */
function made(signature: string, rank?: number): CallEntry {
  return {
    signature,
    result: ({ args, reader, range }) => {
      const found = shapeOf(args.some('shape')) ?? (args.get('values')?.kind === 'sequence' ? nested(args.get('values')) : null);
      const shape = found ?? (rank === undefined ? null : Array.from({ length: rank }, () => null));
      const dtype = args.string('dtype') ?? 'float32';
      const source = { kind: 'array', source: reader.textOf(range) };
      return tensor(dtype, shape === null ? null : nameAxes(shape, dtype), {
        derivation: { op: 'data', source, part: 'train' },
      });
    },
  };
} // prettier-ignore

const RANKS = [1, 2, 3, 4, 5, 6];

export const TENSORFLOWJS_DATA: CallTable = {
  'tf.tensor': made('values, shape=None, dtype=None'),
  ...Object.fromEntries(RANKS.map(rank => [`tf.tensor${rank}d`, made('values, shape=None, dtype=None', rank)])),
  'tf.zeros': made('shape, dtype=None'),
  'tf.ones': made('shape, dtype=None'),
  'tf.randomNormal': made('shape, mean=0, stdDev=1, dtype=None'),
  'tf.randomUniform': made('shape, minval=0, maxval=1, dtype=None'),
  'tf.truncatedNormal': made('shape, mean=0, stdDev=1, dtype=None'),
};
