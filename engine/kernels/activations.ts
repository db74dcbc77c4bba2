import type { Activation } from '../model/spec.ts';

/** Numbers of the activations in the kernels (`assembly/activation.ts`); those that are absent cannot be run yet. */
export const ACTIVATIONS: Readonly<Partial<Record<Activation, number>>> = {
  linear: 0,
  tanh: 1,
  sigmoid: 2,
  relu: 3,
  elu: 4,
  selu: 5,
  softsign: 6,
  softplus: 7,
  hard_sigmoid: 8,
  hard_sigmoid_keras3: 9,
  relu6: 10,
  exponential: 11,
};
