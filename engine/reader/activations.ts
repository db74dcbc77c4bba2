import type { Static } from '@sinclair/typebox';
import { leakySlope } from '../model/activations.ts';
import type { Activation, DenseNode } from '../model/spec.ts';
import type { Call } from './calls.ts';
import type { Abstract } from './values.ts';

/** An activation as a node has it: the slope left out where it is the framework's own. */
export type ChosenActivation = Pick<Static<typeof DenseNode>, 'activation' | 'negativeSlope'>;

/** Activations by the last part of the name under which frameworks have them. */
const NAMES: Readonly<Record<string, Activation>> = {
  identity: 'linear',
  Identity: 'linear',
  linear: 'linear',
  tanh: 'tanh',
  Tanh: 'tanh',
  sigmoid: 'sigmoid',
  Sigmoid: 'sigmoid',
  relu: 'relu',
  ReLU: 'relu',
  relu6: 'relu6',
  leaky_relu: 'leaky_relu',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  silu: 'swish',
  hard_sigmoid: 'hard_sigmoid',
  softmax: 'softmax',
  Softmax: 'softmax',
  log_softmax: 'log_softmax',
  exponential: 'exponential',
};

/**
 * The activation that a value names (`'relu'`, `tf.nn.relu`), or that a layer computes (`LeakyReLU(0.1)`); undefined for
 * None and for no value, null for what is not known.
 */
export function activationOf(value: Abstract | undefined): ChosenActivation | null | undefined {
  if (value === undefined || value.kind === 'none') return undefined;
  if (value.kind === 'layer') return value.activation ?? null;
  const name = value.kind === 'string' ? value.value : value.kind === 'path' ? value.path.split('.').at(-1)! : null;
  const activation = name === null ? undefined : NAMES[name];
  return activation === undefined ? null : { activation };
}

/** The options of activations, under the names that frameworks have for them. */
const SLOPES = ['negative_slope', 'alpha'] as const;

/**
 * An activation as the options of a call make it: the slope of a leaky rectifier, the approximation of GELU; null where
 * they make a function that is none of ours (`ELU(alpha=0.5)`) or are not known.
 */
export function withOptions(
  activation: Activation,
  { args, framework }: Pick<Call, 'args' | 'framework'>,
): ChosenActivation | null {
  switch (activation) {
    case 'leaky_relu': {
      const name = SLOPES.find(option => args.isGiven(option)) ?? SLOPES.find(option => args.get(option) !== undefined);
      const given = name === undefined ? undefined : args.get(name);
      if (given === undefined || isNumber(given, leakySlope(framework))) return { activation };
      return given.kind === 'number' && given.value >= 0 ? { activation, negativeSlope: given.value } : null;
    }
    case 'gelu': {
      const how = args.some('approximate');
      if (how?.kind === 'string') return { activation: how.value === 'tanh' ? 'gelu_tanh' : 'gelu' };
      if (how !== undefined && how.kind !== 'boolean') return null;
      return { activation: how?.value === true ? 'gelu_tanh' : 'gelu' };
    }
    case 'relu': {
      const [most, slope = args.some('alpha'), from] = ['max_value', 'negative_slope', 'threshold'].map(name => args.some(name)); // prettier-ignore
      if (most === undefined && slope === undefined && from === undefined) return { activation };
      if (from !== undefined && !isNumber(from, 0)) return null;
      if (most === undefined && slope?.kind === 'number' && slope.value > 0)
        return { activation: 'leaky_relu', negativeSlope: slope.value };
      if (slope !== undefined && !isNumber(slope, 0)) return null;
      if (most === undefined) return { activation };
      return isNumber(most, 6) ? { activation: 'relu6' } : null;
    }
    default: {
      const plain = (['alpha', 'beta'] as const).every(name => {
        const value = args.some(name);
        return value === undefined || isNumber(value, 1);
      });
      return plain ? { activation } : null;
    }
  }
}

function isNumber(value: Abstract, wanted: number): boolean {
  return value.kind === 'number' && value.value === wanted;
}
