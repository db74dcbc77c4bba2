import type { Activation } from '../model/spec.ts';
import type { Abstract } from './values.ts';

/** Activations by the last part of the name under which frameworks have them. */
const NAMES: Readonly<Record<string, Activation>> = {
  identity: 'linear',
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
 * The activation that a value names (`'relu'`, `tf.nn.relu`); undefined for None and for no value, null for what is not
 * known.
 */
export function activationOf(value: Abstract | undefined): Activation | null | undefined {
  if (value === undefined || value.kind === 'none') return undefined;
  const name = value.kind === 'string' ? value.value : value.kind === 'path' ? value.path.split('.').at(-1)! : null;
  return name === null ? null : (NAMES[name] ?? null);
}
