import type { Activation } from '../model/spec.ts';

/** Activations whose slope follows from their result, by their numbers in the kernels (`assembly/activation.ts`). */
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

/** Activations whose slope needs what they were applied to (`assembly/curves.ts`). */
export const CURVES: Readonly<Partial<Record<Activation, number>>> = {
  gelu: 0,
  gelu_tanh: 1,
  swish: 2,
  leaky_relu: 3,
};

/** Activations of a whole row; 1 where the logarithm is taken. */
export const ROWWISE: Readonly<Partial<Record<Activation, number>>> = { softmax: 0, log_softmax: 1 };
