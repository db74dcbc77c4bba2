/**
 * The optimizers: slots, defaults and update of each, as data over the kernels. Formulas and places of epsilon are
 * TensorFlow 1's (`training_ops`); another framework's are other entries.
 */
import type { Kernels } from '../kernels/kernels.ts';
import type { Framework, OptimizerSpec } from '../model/spec.ts';

/** One weight and what belongs to it, by address; `n` elements each. */
export interface UpdateTarget {
  readonly weight: number;
  readonly gradient: number;
  readonly slots: readonly number[];
  readonly n: number;
}

export interface Optimizer {
  /** Values kept for every weight: suffix of the name (TF1: `softmax/kernel/Adam_1`) and first value. */
  readonly slots: readonly { readonly suffix: string; readonly initial: number }[];
  /** Used where neither spec nor caller gives one. */
  readonly learningRate: number;
  /** The update of one step; `step` counts from 1. */
  update(kernels: Kernels, target: UpdateTarget, rate: number, step: number): void;
}

type Make = (spec: OptimizerSpec) => Optimizer;

const adam: Make = ({ beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8 }) => ({
  slots: [
    { suffix: 'Adam', initial: 0 },
    { suffix: 'Adam_1', initial: 0 },
  ],
  learningRate: 0.001,
  update(kernels, { weight, gradient, slots, n }, rate, step) {
    // Multiplied out, not `**`, whose last bits differ between engines.
    const corrected = (rate * Math.sqrt(1 - power(beta2, step))) / (1 - power(beta1, step));
    kernels.adam(weight, gradient, slots[0]!, slots[1]!, n, corrected, 1 - beta1, 1 - beta2, epsilon);
  },
});

const rmsprop: Make = ({ rho = 0.9, momentum = 0, epsilon = 1e-10, centered = false }) => ({
  slots: [
    { suffix: 'RMSProp', initial: 1 },
    ...(centered ? [{ suffix: 'RMSProp_mean', initial: 0 }] : []),
    { suffix: 'RMSProp_1', initial: 0 },
  ],
  learningRate: 0.01,
  update(kernels, { weight, gradient, slots, n }, rate) {
    if (centered) {
      kernels.rmspropCentered(weight, gradient, slots[0]!, slots[1]!, slots[2]!, n, rate, 1 - rho, momentum, epsilon);
    } else {
      kernels.rmsprop(weight, gradient, slots[0]!, slots[1]!, n, rate, 1 - rho, momentum, epsilon);
    }
  },
});

const sgd: Make = () => ({
  slots: [],
  learningRate: 0.01,
  update(kernels, { weight, gradient, n }, rate) {
    kernels.sgd(weight, gradient, n, rate);
  },
});

const momentum: Make = ({ momentum: keep = 0.9, nesterov = false }) => ({
  slots: [{ suffix: 'Momentum', initial: 0 }],
  learningRate: 0.01,
  update(kernels, { weight, gradient, slots, n }, rate) {
    kernels.momentum(weight, gradient, slots[0]!, n, rate, keep, nesterov ? 1 : 0);
  },
});

const adagrad: Make = ({ initialAccumulator = 0.1 }) => ({
  slots: [{ suffix: 'Adagrad', initial: initialAccumulator }],
  learningRate: 0.01,
  update(kernels, { weight, gradient, slots, n }, rate) {
    kernels.adagrad(weight, gradient, slots[0]!, n, rate, 0);
  },
});

const adadelta: Make = ({ rho = 0.95, epsilon = 1e-8 }) => ({
  slots: [
    { suffix: 'Adadelta', initial: 0 },
    { suffix: 'Adadelta_1', initial: 0 },
  ],
  learningRate: 0.001,
  update(kernels, { weight, gradient, slots, n }, rate) {
    kernels.adadelta(weight, gradient, slots[0]!, slots[1]!, n, rate, rho, 1 - rho, epsilon);
  },
});

/** What can be run, by framework and kind. */
export const OPTIMIZERS: Readonly<Partial<Record<Framework, Readonly<Partial<Record<OptimizerSpec['kind'], Make>>>>>> =
  {
    tensorflow1: { adam, rmsprop, sgd, momentum, adagrad, adadelta },
  };

/** base^exponent by squaring: additions and multiplications alone, the same on every machine. */
function power(base: number, exponent: number): number {
  let result = 1;
  for (let square = base, left = exponent; left > 0; left = Math.floor(left / 2), square *= square) {
    if (left % 2 === 1) result *= square;
  }
  return result;
}
