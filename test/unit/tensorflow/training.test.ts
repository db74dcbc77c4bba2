import { createTensorflowBackend } from '../../../engine/backends/tensorflow.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { trainsAsToldBy } from '../backends/trainingRuns.ts';
import { native, tf } from './device.ts';

const backend = createTensorflowBackend(tf, createWasmBackend(KERNEL_BYTES, { tile: 0 }), { native });

trainsAsToldBy(backend.title, backend, '1e-4');
