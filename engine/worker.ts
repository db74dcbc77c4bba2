/** The engine's thread: serves `EngineSide` to whoever started it. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import { createWasmBackend } from './backends/wasm.ts';
import { teams } from './backends/wasm/threadTeam.ts';
import { EngineService } from './engineService.ts';
import { Channel } from './protocol/channel.ts';
import type { EngineClientSide, EngineSide } from './protocol/engine.ts';
import type { EnginePlaces } from './protocol/client.ts';

// The build puts kernels and data beside the worker.
const {
  kernels = join(__dirname, 'kernels.wasm'),
  sharedKernels = join(__dirname, 'kernelsShared.wasm'),
  thread = join(__dirname, 'kernelThread.js'),
  data = join(__dirname, 'data'),
} = (workerData ?? {}) as EnginePlaces;
const port = parentPort!;
let gather: ReturnType<typeof teams> | undefined;
const backend = createWasmBackend(readFileSync(kernels), {
  gather: threads => (gather ??= teams(readFileSync(sharedKernels), thread))(threads),
});
const service = new EngineService({
  backend,
  dataDirectory: data,
  threads: Math.max(1, availableParallelism() - 1), // one core is left to the editor
  emit: (name, event, transfer) => {
    channel.emit(name, event, transfer);
  },
});
const channel = new Channel<EngineSide, EngineClientSide>(
  {
    post: (message, transfer = []) => {
      port.postMessage(message, transfer as Transferable[]);
    },
    listen: listener => {
      port.on('message', listener);
      return () => port.off('message', listener);
    },
  },
  service.handlers,
);
channel.emit('ready', { engine: backend.title });
