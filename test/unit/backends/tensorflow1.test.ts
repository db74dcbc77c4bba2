import assert from 'node:assert/strict';
import type { Batch, Network } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { asParameters, readJson, readTensors, relativeError } from './dumps.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';

/** Programs of `test/fixtures/dumps/tf1` that TensorFlow has run. */
const CASES: Record<string, ModelSpec> = {
  lstm_basic: classifier([basicLstm(6)], 7, 4, 3, { kind: 'adam', learningRate: 0.01 }),
  lstm_stack: classifier([basicLstm(6), basicLstm(5), basicLstm(8)], 7, 4, 3, { kind: 'rmsprop', learningRate: 0.003 }),
};

const backend = createWasmBackend(KERNEL_BYTES, 0);

function open(name: string): { network: Network; batch: Batch } {
  const inputs = readTensors(`tf1/${name}/inputs.safetensors`);
  const { shape, values } = inputs.get('X')!;
  const [size = 0, steps = 0] = shape;
  const network = backend.createNetwork(CASES[name]!, { seed: 1, batchSize: size });
  network.setParameters(asParameters(readTensors(`tf1/${name}/weights.safetensors`)));
  return { network, batch: { size, steps, inputs: values as Float32Array, targets: inputs.get('y')!.values } };
}

/** One row of the batch. */
function row({ size, steps, inputs, targets }: Batch, index: number): Batch {
  const width = inputs.length / size;
  return {
    size: 1,
    steps,
    inputs: inputs.slice(index * width, (index + 1) * width),
    targets: targets!.slice(index, index + 1),
  };
}

function assertClose(found: ArrayLike<number>, expected: ArrayLike<number>, bound: number, what: string): void {
  const error = relativeError(found, expected);
  assert.ok(error <= bound, `${what}: error ${error}`);
}

describe("TensorFlow 1's own numbers", () => {
  for (const name of Object.keys(CASES)) {
    describe(name, () => {
      it('gives its loss and its gradients to 1e-5 of the largest', () => {
        const { network, batch } = open(name);
        const values = readTensors(`tf1/${name}/values.safetensors`);
        assertClose([network.evaluate(batch).loss], values.get('loss')!.values, 1e-5, 'loss');
        const expected = readTensors(`tf1/${name}/gradients.safetensors`);
        for (const { name: weight, values: found } of network.gradients(batch))
          assertClose(found, expected.get(weight)!.values, 1e-5, weight);
        assertClose(network.inputGradients(batch), expected.get('X')!.values, 1e-5, 'X');
      });

      it('gives its outputs, states, logits and gates to 1e-5 of the largest', () => {
        const { network, batch } = open(name);
        const values = readTensors(`tf1/${name}/values.safetensors`);
        const found = new Map<string, number[]>();
        const put = (key: string, numbers: Iterable<number>) => found.set(key, [...(found.get(key) ?? []), ...numbers]);
        for (let b = 0; b < batch.size; b++) {
          const trace = network.trace(row(batch, b));
          put('logits', trace.logits);
          put('outputs', trace.outputs);
          trace.layers.forEach(({ tensors, units }, layer) => {
            const place = trace.layers.length > 1 ? `states[${layer}]` : 'states';
            for (const state of ['c', 'h']) put(`${place}.${state}`, tensors.get(state)!.slice(-units));
            for (const [gate, numbers] of tensors) put(`gates.${gate}`, numbers);
          });
        }
        let compared = 0;
        for (const [tensor, { values: expected }] of values) {
          if (tensor === 'loss' || tensor === 'gates.tanh_c') continue;
          assertClose(found.get(tensor) ?? [], expected, 1e-5, tensor);
          compared++;
        }
        assert.ok(compared >= 4);
      });

      it('follows its loss over 50 steps of its optimizer to 1e-4', () => {
        const { network, batch } = open(name);
        const { losses_of_50_steps_on_this_batch: expected } = readJson(`tf1/${name}/case.json`) as {
          losses_of_50_steps_on_this_batch: number[];
        };
        expected.forEach((loss, step) => {
          assertClose([network.trainStep(batch).loss], [loss], 1e-4, `loss before step ${step}`);
        });
        assert.equal(expected.length, 50);
      });
    });
  }
});
