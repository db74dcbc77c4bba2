import { createTensorflowBackend } from '../../../engine/backends/tensorflow.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { provenBy } from '../backends/programRuns.ts';
import { native, tf } from './device.ts';

const backend = createTensorflowBackend(tf, createWasmBackend(KERNEL_BYTES, { tile: 0 }), { native });
const engine = { title: backend.title, backend, steps: 20 };

provenBy(engine, 'TensorFlow 1', 'tf1', 22);
provenBy(engine, 'PyTorch', 'torch', 23);
provenBy(engine, 'Keras 3', 'keras3', 25);
provenBy(engine, 'Keras 2', 'keras2', 12);
