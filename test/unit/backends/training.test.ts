import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { decayedRate } from '../../../engine/training/decay.ts';
import { readTraining, TRAININGS } from '../reference/training.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { trainsAsToldBy } from './trainingRuns.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 });

trainsAsToldBy('the WebAssembly engine', backend, '1e-5');

for (const { file } of TRAININGS)
  describe(`learning rates are those of ${file}, to 1e-6`, () => {
    for (const { name, decay, rate, rates: expected } of readTraining(file).rates)
      it(name, () => {
        expected.forEach((one, step) => {
          const found = decayedRate(decay, rate, { steps: step, epochs: step });
          assert.ok(Math.abs(found - one) <= 1e-6 * rate, `step ${step}: ${found}, expected ${one}`);
        });
      });
  });

describe('truncated back-propagation', () => {
  const { spec } = readTraining('training-torch.json').cases[0]!;

  it('needs memory for one window, not for the whole sequence', () => {
    const long = (truncateSteps?: number) => {
      const inputs = spec.inputs.map(input => ({
        ...input,
        axes: input.axes.map((axis, k) => (k === 0 ? { ...axis, size: 2000 } : axis)),
      }));
      const training = { optimizer: { kind: 'sgd' as const }, ...(truncateSteps !== undefined && { truncateSteps }) };
      const network = backend.createNetwork({ ...spec, inputs, training }, { seed: 1, batchSize: 3 });
      const targets = new Float32Array(3 * 2000 * 2).fill(0.5);
      network.trainStep({ size: 3, steps: 2000, inputs: new Float32Array(3 * 2000 * 2).fill(0.1), targets });
      return network.bytes;
    };
    assert.ok(long(50) < long() / 10, `${long(50)} of ${long()} bytes`);
  });
});
