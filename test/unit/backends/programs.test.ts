import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { provenBy } from './programRuns.ts';

const engine = {
  title: 'the WebAssembly engine',
  backend: createWasmBackend(KERNEL_BYTES, { tile: 0 }),
  steps: 50,
};

provenBy(engine, 'TensorFlow 1', 'tf1', 22);
provenBy(engine, 'PyTorch', 'torch', 23);
provenBy(engine, 'Keras 3', 'keras3', 25);
provenBy(engine, 'Keras 2', 'keras2', 12);
