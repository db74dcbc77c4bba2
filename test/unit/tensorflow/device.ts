/** TensorFlow for the tests: its own library where it is set up (`npm run test:tensorflow`), else TensorFlow.js on the processor. */
import * as tfjs from '@tensorflow/tfjs';
import { createDevice } from '../../../engine/backends/tensorflow/arithmetic.ts';
import type { Tf } from '../../../engine/backends/tensorflow/deviceTensor.ts';

void tfjs.setBackend('cpu');

export const tf: Tf = tfjs;
export const device = createDevice(tf);

/** TensorFlow's own library, where it is set up. */
export const native = undefined;
