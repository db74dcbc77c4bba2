import type { Initializer } from '../../model/spec.ts';
import type { Call, CallTable } from '../calls.ts';
import { type Abstract, number, string } from '../values.ts';

/** An initialiser as a value: an object whose attributes are its description. */
function made(kind: Initializer['kind'], value?: number): Abstract {
  const attributes = new Map<string, Abstract>([['kind', string(kind)]]);
  if (value !== undefined) attributes.set('value', number(value));
  return { kind: 'object', type: 'initializer', attributes };
}

/** The description of an initialiser that was made by one of the calls below. */
export function initializerOf(value: Abstract | undefined): Initializer | undefined {
  if (value?.kind !== 'object' || value.type !== 'initializer') return undefined;
  const kind = value.attributes.get('kind');
  const amount = value.attributes.get('value');
  if (kind?.kind !== 'string') return undefined;
  return { kind: kind.value as Initializer['kind'], ...(amount?.kind === 'number' ? { value: amount.value } : {}) };
}

/** By scale, mode and distribution; a combination without a name of its own is the default. */
function varianceScaling(scale: number, mode: string, normal: boolean): Abstract {
  const inward = /^(?:fan_in)$/i.test(mode);
  if (inward && scale === 2) return made(normal ? 'he_normal' : 'he_uniform');
  if (inward && scale === 1) return made(normal ? 'lecun_normal' : 'lecun_uniform');
  if (!inward && scale === 1) return made(normal ? 'glorot_normal' : 'glorot_uniform');
  return made('default');
}

const fixed = (kind: Initializer['kind'], signature = 'seed=None, dtype=None'): CallTable[string] => ({
  signature,
  result: () => made(kind),
});
const spread = (
  kind: Initializer['kind'],
  argument: string,
  fallback: number,
  signature: string,
): CallTable[string] => ({
  signature,
  result: ({ args }) => made(kind, args.number(argument) ?? fallback),
});

const GLOROT = { signature: 'uniform=True, seed=None, dtype=None', result: ({ args }: Call) => made(args.boolean('uniform') === false ? 'glorot_normal' : 'glorot_uniform') }; // prettier-ignore

export const INITIALIZER_CALLS: CallTable = {
  'tf.zeros_initializer': fixed('zeros'),
  'tf.ones_initializer': fixed('ones'),
  'tf.glorot_uniform_initializer': fixed('glorot_uniform'),
  'tf.glorot_normal_initializer': fixed('glorot_normal'),
  'tf.contrib.layers.xavier_initializer': GLOROT,
  'tf.orthogonal_initializer': spread('orthogonal', 'gain', 1, 'gain=1.0, seed=None, dtype=None'),
  'tf.constant_initializer': spread('constant', 'value', 0, 'value=0, dtype=None, verify_shape=False'),
  'tf.random_normal_initializer': spread('normal', 'stddev', 1, 'mean=0.0, stddev=1.0, seed=None, dtype=None'),
  'tf.truncated_normal_initializer': spread(
    'truncated_normal',
    'stddev',
    1,
    'mean=0.0, stddev=1.0, seed=None, dtype=None',
  ),
  'tf.random_uniform_initializer': {
    signature: 'minval=0, maxval=None, seed=None, dtype=None',
    result: ({ args }) => {
      const [low, high] = [args.number('minval') ?? 0, args.number('maxval') ?? 1];
      return low === -high ? made('uniform', high) : made('default');
    },
  },
  'tf.variance_scaling_initializer': {
    signature: "scale=1.0, mode='fan_in', distribution='truncated_normal', seed=None, dtype=None",
    result: ({ args }) =>
      varianceScaling(
        args.number('scale') ?? 1,
        args.string('mode') ?? 'fan_in',
        args.string('distribution') !== 'uniform',
      ),
  },
  'tf.contrib.layers.variance_scaling_initializer': {
    signature: "factor=2.0, mode='FAN_IN', uniform=False, seed=None, dtype=None",
    result: ({ args }) =>
      varianceScaling(args.number('factor') ?? 2, args.string('mode') ?? 'FAN_IN', args.boolean('uniform') !== true),
  },
};
