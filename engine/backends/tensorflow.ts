/** The second engine: TensorFlow, through tfjs-node (or TensorFlow.js on its `cpu` backend), by the equations of the reference. */
import type { Backend } from './backend.ts';
import { createDevice, type Native } from './tensorflow/arithmetic.ts';
import type { Tf } from './tensorflow/deviceTensor.ts';
import { TensorflowNetwork } from './tensorflow/network.ts';

export interface TensorflowOptions {
  /** TensorFlow's own library, where it computes. */
  readonly native?: Native | undefined;
  /** Threads that it computes with. */
  readonly threads?: number;
}

/** @param learner the engine that keeps the weights and runs the optimizer: checkpoints are the same in both. */
export function createTensorflowBackend(
  tf: Tf,
  learner: Backend,
  { native, threads = 1 }: TensorflowOptions = {},
): Backend {
  const device = createDevice(tf, native);
  return {
    title: native ? 'TensorFlow' : `TensorFlow.js ${tf.version.tfjs}, ${tf.getBackend()}`,
    createNetwork(spec, { seed }) {
      const own = learner.createNetwork(spec, { seed, batchSize: 1 });
      return new TensorflowNetwork(spec, device, own, seed, threads);
    },
  };
}
