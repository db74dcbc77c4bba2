import assert from 'node:assert/strict';
import { linkKernels } from '../../../engine/kernels/kernels.ts';
import { EngineMemory, MemoryPlan } from '../../../engine/kernels/memory.ts';
import { OPTIMIZERS } from '../../../engine/training/optimizers.ts';
import { errorOf } from '../reference/cases.ts';
import { OPTIMIZERS_OF, readOptimizers } from '../reference/optimizers.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';

const memory = new EngineMemory();
const kernels = linkKernels(new WebAssembly.Module(KERNEL_BYTES), memory.memory);

for (const { framework, file } of OPTIMIZERS_OF) {
  const { start, gradients, cases } = readOptimizers(file);
  describe(`the optimizers of ${framework} in WebAssembly: five steps as the framework takes them, to 1e-5`, () => {
    for (const { spec, after } of cases)
      it(JSON.stringify(spec), () => {
        const optimizer = OPTIMIZERS[framework][spec.kind]!(spec);
        const plan = new MemoryPlan(kernels.reservedBytes());
        const places = start.map(({ length }, place) => ({
          weight: plan.floats(length),
          gradient: plan.floats(length),
          slots: optimizer.slots.map(() => plan.floats(length)),
          n: length,
          place,
          count: start.length,
        }));
        memory.growTo(plan.end);
        places.forEach(({ weight, slots, n }, k) => {
          memory.floats(weight, n).set(start[k]!);
          optimizer.slots.forEach(({ initial }, index) => memory.floats(slots[index]!, n).fill(initial));
        });
        gradients.forEach((slopes, step) => {
          places.forEach((place, k) => {
            memory.floats(place.gradient, place.n).set(slopes[k]!);
            optimizer.update(kernels, place, spec.learningRate ?? optimizer.learningRate, step + 1);
            const error = errorOf(memory.floats(place.weight, place.n), after[step]![k]!);
            assert.ok(error <= 1e-5, `step ${step}, weight ${k}: error ${error}`);
          });
        });
      });
  });
}
