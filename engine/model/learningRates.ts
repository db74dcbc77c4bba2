import type { Framework, OptimizerSpec } from './spec.ts';

type Kind = OptimizerSpec['kind'];

/** Keras' `Optimizer` classes, Keras 2.15 and 3. */
const KERAS: Partial<Record<Kind, number>> = { sgd: 0.01, momentum: 0.01 };
/** `torch.optim`, PyTorch 2. */
const PYTORCH: Partial<Record<Kind, number>> = {
  adagrad: 0.01,
  adadelta: 1,
  adamax: 0.002,
  nadam: 0.002,
  rmsprop: 0.01,
};
/** `tf.train.*` asks for most rates; only Adam, AdaDelta (0.001) have one of their own. */
const TENSORFLOW1: Partial<Record<Kind, number>> = {
  sgd: 0.01,
  momentum: 0.01,
  rmsprop: 0.01,
  adagrad: 0.01,
  proximal_sgd: 0.01,
  proximal_adagrad: 0.01,
};
/** `model.compile({optimizer: 'sgd'})` of TensorFlow.js. */
const TENSORFLOWJS: Partial<Record<Kind, number>> = { sgd: 0.01, momentum: 0.01, adagrad: 0.01, adamax: 0.002 };

const RATES: Readonly<Record<Framework, Partial<Record<Kind, number>>>> = {
  tensorflow1: TENSORFLOW1,
  keras2: KERAS,
  keras3: KERAS,
  pytorch: PYTORCH,
  tensorflowjs: TENSORFLOWJS,
};

/** The learning rate that a framework takes where the program gives none. */
export function defaultLearningRate(framework: Framework, kind: Kind): number {
  return RATES[framework][kind] ?? 0.001;
}
