import { linkKernels } from '../../../engine/kernels/kernels.ts';
import { EngineMemory, MemoryPlan } from '../../../engine/kernels/memory.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';

/** Kernels on a memory of their own, with room for a few million floats. */
export function openKernels(bytes = 1 << 24) {
  const memory = new EngineMemory();
  const kernels = linkKernels(new WebAssembly.Module(KERNEL_BYTES), memory.memory);
  memory.growTo(bytes);
  return { memory, kernels, plan: new MemoryPlan(kernels.reservedBytes()) };
}
