/** TensorFlow for these tests: its own library where `npm run test:tensorflow` has set it up, else TensorFlow.js on `cpu`. */
import * as tfjs from '@tensorflow/tfjs';
import { createDevice } from '../../../engine/backends/tensorflow/arithmetic.ts';
import { loadTensorflow } from '../../../engine/backends/tensorflow/load.ts';

const folder = process.env['RNN_EXPLORER_TENSORFLOW'];
const own = folder === undefined ? undefined : loadTensorflow(folder);
if (!own) void tfjs.setBackend('cpu');

export const tf = own?.tf ?? tfjs;
/** TensorFlow's own library, where it is set up. */
export const native = own?.native;
export const device = createDevice(tf, native);
