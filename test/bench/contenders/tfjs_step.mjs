// The notes' network in TensorFlow.js layers: answers every line on stdin with the milliseconds of one training step, by the
// clock and of CPU.
import { createInterface } from 'node:readline';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as tf from '@tensorflow/tfjs';
import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';

const backend = process.argv[2];
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
setWasmPaths(`${join(root, 'node_modules/@tensorflow/tfjs-backend-wasm/dist')}/`);
await tf.setBackend(backend);
await tf.ready();

const model = tf.sequential();
for (let layer = 0; layer < 3; layer++) {
  model.add(
    tf.layers.lstm({
      units: 150,
      returnSequences: layer < 2,
      recurrentActivation: 'sigmoid',
      recurrentInitializer: 'glorotUniform',
      unitForgetBias: true,
      ...(layer === 0 ? { inputShape: [28, 28] } : {}),
    }),
  );
}
model.add(tf.layers.dense({ units: 10, activation: 'softmax' }));
model.compile({ optimizer: tf.train.adam(0.001), loss: 'sparseCategoricalCrossentropy' });
const x = tf.randomUniform([150, 28, 28]);
const y = tf.tensor1d(
  Array.from({ length: 150 }, (_, k) => k % 10),
  'float32',
);

process.stdout.write(`TensorFlow.js ${tf.version.tfjs}, ${tf.getBackend()}, Node ${process.versions.node}\n`);
for await (const _ of createInterface({ input: process.stdin })) {
  const started = performance.now();
  const before = process.cpuUsage();
  await model.trainOnBatch(x, y);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${performance.now() - started} ${(user + system) / 1000}\n`);
}
