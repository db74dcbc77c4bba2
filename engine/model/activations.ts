import type { Activation, Framework } from './spec.ts';

/** An activation with what it needs to know. */
export interface ActivationSpec {
  readonly activation: Activation;
  /** Slope of `leaky_relu` below 0. */
  readonly negativeSlope?: number | undefined;
}

/**
 * Slope of the framework's leaky rectifier function below 0. Sources: `tf.nn.leaky_relu`, Keras 3 `activations.py`,
 * PyTorch `functional.leaky_relu`. Keras' layer `LeakyReLU` has 0.3, which a spec says.
 */
export function leakySlope(framework: Framework): number {
  return framework === 'pytorch' ? 0.01 : 0.2;
}
