/** Tensors that a program makes of its own values: what a model is fed with. */
import type { CallEntry, CallTable } from '../calls.ts';
import { nameAxes } from '../tensors.ts';
import { shapeOf } from '../tensorflow1/operations.ts';
import { type Abstract, dimension, tensor } from '../values.ts';
import type { Dimension } from '../sizes.ts';

/** The sizes of nested arrays, as far as they are arrays; null where something else that is not known stands inside. */
function nested(value: Abstract | undefined, depth = 0): (Dimension | null)[] | null {
  if (depth > 6) return null;
  if (value?.kind === 'sequence') {
    const inner = value.items[0] === undefined ? null : nested(value.items[0], depth + 1);
    return inner === null ? null : [value.items.length, ...inner];
  }
  if (value?.kind === 'many') {
    const inner = nested(value.item, depth + 1);
    return inner === null ? null : [dimension(value.count), ...inner];
  }
  const leaf =
    value?.kind === 'number' || value?.kind === 'boolean' || (value?.kind === 'unknown' && value.number === true);
  return leaf ? [] : null;
}

/** How many arrays lie in each other, from the outside, as far as that can be told. */
function outer(value: Abstract | undefined, depth = 0): (Dimension | null)[] {
  if (depth > 6) return [];
  if (value?.kind === 'sequence')
    return [value.items.length, ...(value.items[0] === undefined ? [] : outer(value.items[0], depth + 1))];
  return value?.kind === 'many' ? [dimension(value.count), ...outer(value.item, depth + 1)] : [];
}

/** A tensor of values; its shape is given, or that of the arrays. */
function made(signature: string, rank?: number): CallEntry {
  return {
    signature,
    result: ({ args, reader, range }) => {
      const values = args.get('values');
      const given = args.some('shape') === undefined ? null : shapeOf(args.get('shape'));
      const found = given ?? nested(values);
      // The name of the call says how many axes there are.
      const some = rank === undefined ? [] : outer(values).slice(0, rank);
      const shape = found?.length === rank || rank === undefined ? found : [...some, ...Array.from({ length: rank - some.length }, () => null)];
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
  'tf.randomStandardNormal': made('shape, dtype=None'),
  'tf.randomGamma': made('shape, alpha, beta=1, dtype=None'),
  'tf.fill': made('shape, value, dtype=None'),
  'tf.scalar': {
    signature: "value, dtype='float32'",
    result: ({ args }) => tensor(args.string('dtype') ?? 'float32', []),
  },
};
