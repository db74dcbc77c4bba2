/** The engine's thread: serves `EngineSide` to whoever started it. */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parentPort, type Transferable, workerData } from 'node:worker_threads';
import type { Backend } from './backends/backend.ts';
import { createWasmBackend } from './backends/wasm.ts';
import { nodeThreads } from './backends/wasm/nodeThreads.ts';
import { teams } from './backends/wasm/threadTeam.ts';
import { KERNEL_BUILDS, type KernelBuild } from './kernels/builds.ts';
import type { EngineStart } from './protocol/engineRunner.ts';
import { serveEngine } from './serveEngine.ts';

// The build puts kernels and data beside the worker.
const {
  kernels = __dirname,
  thread = join(__dirname, 'kernelThread.js'),
  data = join(__dirname, 'data'),
  relaxed = false,
} = (workerData ?? {}) as EngineStart;
const port = parentPort!;
const backend = openBackend();
serveEngine(
  {
    post: (message, transfer = []) => {
      port.postMessage(message, transfer as Transferable[]);
    },
    listen: listener => {
      port.on('message', listener);
      return () => port.off('message', listener);
    },
  },
  {
    backend,
    dataDirectory: data,
    threads: Math.max(1, availableParallelism() - 1), // one core is left to the editor
  },
);
/** The build of the kernels that was asked for, where this runtime has what it needs. */
function openBackend(): Backend {
  const bytesOf = ({ file }: KernelBuild) => readFileSync(join(kernels, file));
  let gather: ReturnType<typeof teams> | undefined;
  const { plain, shared, relaxed: fast } = KERNEL_BUILDS;
  if (relaxed && WebAssembly.validate(bytesOf(fast)))
    return createWasmBackend(bytesOf(fast), { build: fast, gather: teams(bytesOf(fast), nodeThreads(thread)) });
  const build = relaxed ? { ...plain, title: `${plain.title} (this runtime has no relaxed multiply-add)` } : plain;
  return createWasmBackend(bytesOf(plain), {
    build,
    gather: threads => (gather ??= teams(bytesOf(shared), nodeThreads(thread)))(threads),
  });
}
