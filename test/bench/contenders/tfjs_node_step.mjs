// The notes' network in tfjs-node, which is TensorFlow's own library: by the public API (`basicLSTMCell`), or by TensorFlow's
// fused `BlockLSTM` and its gradient. Answers every line on stdin with the milliseconds of one training step, by the clock
// and of CPU.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import util from 'node:util';

const [folder, api] = process.argv.slice(2);
util.isNullOrUndefined ??= value => value == null; // Node 23 removed what tfjs-node still calls
const load = createRequire(join(folder, 'package.json'));
const tf = load('@tensorflow/tfjs-node');
const { Int64Scalar } = load('@tensorflow/tfjs-node/dist/int64_tensors');

const [BATCH, STEPS, FEATURES, UNITS, LAYERS, CLASSES] = [150, 28, 28, 150, 3, 10];
const glorot = (rows, columns) => {
  const limit = Math.sqrt(6 / (rows + columns));
  return tf.variable(tf.randomUniform([rows, columns], -limit, limit));
};
const layers = Array.from({ length: LAYERS }, (_, layer) => ({
  kernel: glorot((layer === 0 ? FEATURES : UNITS) + UNITS, 4 * UNITS),
  bias: tf.variable(tf.zeros([4 * UNITS])),
}));
const [weights, bias] = [glorot(UNITS, CLASSES), tf.variable(tf.zeros([CLASSES]))];
const optimizer = tf.train.adam(0.001);
const forgetBias = tf.scalar(1);
const x = tf.randomUniform([STEPS, BATCH, FEATURES]);
const labels = tf.oneHot(tf.range(0, BATCH, 1, 'int32').mod(tf.scalar(CLASSES, 'int32')).toInt(), CLASSES).toFloat();
const zeros = tf.zeros([BATCH, UNITS]);
const peephole = tf.zeros([UNITS]);

function lastByCells() {
  const cells = layers.map(
    ({ kernel, bias: own }) =>
      (data, c, h) =>
        tf.basicLSTMCell(forgetBias, kernel, own, data, c, h),
  );
  let c = layers.map(() => zeros);
  let h = layers.map(() => zeros);
  for (const step of x.unstack()) [c, h] = tf.multiRNNCell(cells, step, c, h);
  return h.at(-1);
}

const native = tf.backend();
const { TF_ATTR_TYPE, TF_ATTR_FLOAT, TF_ATTR_BOOL, TF_FLOAT } = native.binding;
const type = { name: 'T', type: TF_ATTR_TYPE, value: TF_FLOAT };
const noPeepholes = { name: 'use_peephole', type: TF_ATTR_BOOL, value: false };
const lstmAttributes = [
  type,
  { name: 'forget_bias', type: TF_ATTR_FLOAT, value: 1 },
  { name: 'cell_clip', type: TF_ATTR_FLOAT, value: -1 },
  noPeepholes,
];
const steps = new Int64Scalar(STEPS);

const fusedLayer = tf.customGrad((sequence, kernel, own, save) => {
  const given = [sequence, zeros, zeros, kernel, peephole, peephole, peephole, own];
  const made = native.executeMultipleOutputs('BlockLSTM', lstmAttributes, [steps, ...given], 7);
  save([...given, ...made]);
  return {
    value: made[6],
    gradFunc: (dh, kept) => {
      const dc = tf.zerosLike(dh);
      const back = native.executeMultipleOutputs('BlockLSTMGrad', [type, noPeepholes], [steps, ...kept, dc, dh], 8);
      return [back[0], back[3], back[7]];
    },
  };
});

function lastByBlocks() {
  let h = x;
  for (const { kernel, bias: own } of layers) h = fusedLayer(h, kernel, own);
  return h.slice([STEPS - 1, 0, 0], [1, BATCH, UNITS]).reshape([BATCH, UNITS]);
}

const last = api === 'fused' ? lastByBlocks : lastByCells;
function step() {
  const cost = optimizer.minimize(() => tf.losses.softmaxCrossEntropy(labels, last().matMul(weights).add(bias)), true);
  const [loss] = cost.dataSync();
  cost.dispose();
  return loss;
}

for (let k = 0; k < 3; k++) if (!Number.isFinite(step())) throw new Error('the loss is not finite');
const version = tf.version['tfjs-node'] ?? tf.version_core;
process.stdout.write(
  `tfjs-node ${version}, ${api === 'fused' ? 'BlockLSTM' : 'basicLSTMCell'}, Node ${process.versions.node}\n`,
);
createInterface({ input: process.stdin }).on('line', () => {
  const started = performance.now();
  const before = process.cpuUsage();
  tf.tidy(step);
  const { user, system } = process.cpuUsage(before);
  process.stdout.write(`${performance.now() - started} ${(user + system) / 1000}\n`);
});
