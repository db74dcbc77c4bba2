import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { feedProgram } from '../../../engine/inspection/namedInputs.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import { BEYOND, readBeyond } from '../reference/beyond.ts';
import { compare, errorOf } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 });

for (const { title, file } of BEYOND) {
  describe(`the WebAssembly engine runs programs beyond the dumps as ${title} computes them: values, gradients and losses to 1e-5`, () => {
    for (const { name, spec, given, values, gradients, losses } of readBeyond(file))
      it(name, () => {
        const trained = spec.training.optimizer ? spec : { ...spec, training: { optimizer: { kind: 'sgd' as const } } };
        const network = backend.createNetwork(trained, { seed: 1, batchSize: 4 });
        network.setParameters(
          [...given.weights].map(([key, { shape, values: floats }]) => ({
            name: key,
            shape,
            values: Float32Array.from(floats),
          })),
        );
        const computed = programTensors(trained, network, given);
        const of = (group: string) => new Map(computed.filter(one => one.group === group).map(one => [one.name, one]));
        compare(of('values'), values, 1e-5);
        compare(of('gradients'), gradients, 1e-5);
        for (const [step, loss] of losses.entries()) {
          const found = network.trainStep(feedProgram(trained, given).batch).loss;
          assert.ok(errorOf([found], [loss]) <= 1e-5, `loss before step ${step}: ${found}, not ${loss}`);
        }
      });
  });
}
