import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decayedRate } from '../../../engine/training/decay.ts';
import { readSource } from '../../../engine/reader/read.ts';
import type { DecaySpec } from '../../../engine/model/spec.ts';

function trainingOf(text: string) {
  const { training } = readSource(text, 'python').models[0]!.spec;
  return { rate: training.optimizer?.learningRate, decay: training.learningRateDecay };
}

const tensorflow1 = (rate: string): string => `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 8, 3])
y = tf.placeholder(tf.int32, [None])
outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), X, dtype=tf.float32)
logits = tf.layers.dense(state, 4)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
global_step = tf.Variable(0, trainable=False)
rate = ${rate}
step = tf.train.AdamOptimizer(rate).minimize(loss, global_step=global_step)
`;
const keras = (schedule: string): string => `import keras
model = keras.Sequential([keras.Input((8, 3)), keras.layers.GRU(5), keras.layers.Dense(2)])
rate = keras.optimizers.schedules.${schedule}
model.compile(optimizer=keras.optimizers.SGD(rate), loss="mse")
`;

const CASES: readonly (readonly [program: string, decay: DecaySpec])[] = [
  [tensorflow1('tf.train.exponential_decay(0.4, global_step, 100, 0.96, staircase=True)'), { kind: 'exponential', rate: 0.96, steps: 100, staircase: true }],
  [tensorflow1('tf.train.natural_exp_decay(0.4, global_step, 100, 0.5)'), { kind: 'natural_exponential', rate: 0.5, steps: 100 }],
  [tensorflow1('tf.train.inverse_time_decay(0.4, global_step, 100, 0.5)'), { kind: 'inverse_time', rate: 0.5, steps: 100 }],
  [tensorflow1('tf.train.polynomial_decay(0.4, global_step, 100, 0.1, power=2.0, cycle=True)'), { kind: 'polynomial', steps: 100, floor: 0.25, power: 2, cycle: true }],
  [tensorflow1('tf.train.cosine_decay(0.4, global_step, 100)'), { kind: 'cosine', steps: 100, floor: 0 }],
  [tensorflow1('tf.train.piecewise_constant(global_step, [100, 200], [0.4, 0.2, 0.1])'), { kind: 'piecewise', boundaries: [101, 201], factors: [1, 0.5, 0.25] }],
  [keras('ExponentialDecay(0.4, 100, 0.96)'), { kind: 'exponential', rate: 0.96, steps: 100 }],
  [keras('PolynomialDecay(0.4, 100, end_learning_rate=0.1)'), { kind: 'polynomial', steps: 100, floor: 0.25, power: 1 }],
  [keras('CosineDecay(0.4, 100, alpha=0.1)'), { kind: 'cosine', steps: 100, floor: 0.1 }],
  [keras('PiecewiseConstantDecay([100], [0.4, 0.1])'), { kind: 'piecewise', boundaries: [101], factors: [1, 0.25] }],
]; // prettier-ignore

describe('learning rates that fall are read', () => {
  for (const [program, decay] of CASES)
    it(/(?:rate = )(.*)/.exec(program)![1]!, () => {
      assert.deepEqual(trainingOf(program), { rate: 0.4, decay });
    });

  it('as unknown where an option is not known', () => {
    assert.equal(trainingOf(keras('CosineDecay(0.4, steps())')).decay, undefined);
  });
});

/** A training loop; `inEpoch` stands after the batches, `inBatch` after each. */
const pytorch = (scheduler: string, inEpoch: string, inBatch = 'pass', clipping = 'pass'): string => `import torch
from torch import nn
from torch.optim import lr_scheduler
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 6, batch_first=True)
        self.linear = nn.Linear(6, 4)
    def forward(self, x):
        outputs, h = self.rnn(x)
        return self.linear(h[-1])
net = Net()
optimizer = torch.optim.SGD(net.parameters(), lr=0.4)
scheduler = ${scheduler}
def train():
    for x, y in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(net(x), y).backward()
        ${clipping}
        optimizer.step()
        ${inBatch}
for epoch in range(20):
    train()
    ${inEpoch}
`;

describe("PyTorch's schedulers are read, by the loop in which they are stepped", () => {
  const cases: readonly (readonly [scheduler: string, decay: DecaySpec | undefined])[] = [
    ['lr_scheduler.StepLR(optimizer, step_size=30, gamma=0.5)', { kind: 'step', rate: 0.5, steps: 30 }],
    ['lr_scheduler.MultiStepLR(optimizer, [10, 15])', { kind: 'piecewise', boundaries: [10, 15], factors: [1, 0.1, 0.1 ** 2] }],
    ['torch.optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.9)', { kind: 'exponential', rate: 0.9, steps: 1 }],
    ['lr_scheduler.CosineAnnealingLR(optimizer, T_max=20, eta_min=0.1)', { kind: 'cosine', steps: 20, floor: 0.25, cycle: true }],
    ['lr_scheduler.PolynomialLR(optimizer, total_iters=10, power=2)', { kind: 'polynomial', steps: 10, floor: 0, power: 2 }],
    ['lr_scheduler.LambdaLR(optimizer, lr_lambda=lambda epoch: 0.95 ** epoch)', { kind: 'exponential', rate: 0.95, steps: 1 }],
    ['lr_scheduler.LambdaLR(optimizer, lambda epoch: 0.5 ** (epoch // 4))', { kind: 'step', rate: 0.5, steps: 4 }],
    ['lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 / (1 + epoch))', { kind: 'inverse_time', rate: 1, steps: 1 }],
    ['lr_scheduler.LambdaLR(optimizer, lambda epoch: min(1, epoch / 4))', { kind: 'piecewise', boundaries: [1, 2, 3, 4], factors: [0, 0.25, 0.5, 0.75, 1] }],
    ['lr_scheduler.LinearLR(optimizer, start_factor=0.5, total_iters=2)', { kind: 'piecewise', boundaries: [1, 2], factors: [0.5, 0.75, 1] }],
    ['lr_scheduler.ConstantLR(optimizer, factor=0.5, total_iters=4)', { kind: 'piecewise', boundaries: [4], factors: [0.5, 1] }],
    ['lr_scheduler.LambdaLR(optimizer, lambda epoch: 1 - epoch)', undefined],
    ['lr_scheduler.StepLR(optimizer, step_size=size())', undefined],
  ]; // prettier-ignore
  for (const [scheduler, decay] of cases) {
    it(scheduler, () => {
      const epochs = decay && { ...decay, per: 'epoch' };
      assert.deepEqual(trainingOf(pytorch(scheduler, 'scheduler.step()')), { rate: 0.4, decay: epochs });
      assert.deepEqual(trainingOf(pytorch(scheduler, 'pass', 'scheduler.step()')), { rate: 0.4, decay });
      assert.equal(trainingOf(pytorch(scheduler, 'pass')).decay, undefined);
    });
  }

  it('two clippings one after the other', () => {
    const clips = 'nn.utils.clip_grad_value_(net.parameters(), 0.5); nn.utils.clip_grad_norm_(net.parameters(), 1.0)';
    const { training } = readSource(pytorch('None', 'pass', 'pass', clips), 'python').models[0]!.spec;
    assert.deepEqual(training.clipping, [{ kind: 'value', limit: 0.5 }, { kind: 'global_norm', limit: 1 }]); // prettier-ignore
  });
});

describe("rates of PyTorch's schedulers as they are read are those of PyTorch to 1e-12", () => {
  const path = join(import.meta.dirname, '../../fixtures/beyond/schedulers-torch.json');
  const { schedules } = JSON.parse(readFileSync(path, 'utf8')) as { schedules: { program: string; rates: number[] }[] };
  for (const { program, rates } of schedules)
    it(program, () => {
      const { rate, decay } = trainingOf(pytorch(`lr_scheduler.${program}`, 'scheduler.step()'));
      assert.ok(decay);
      rates.forEach((expected, epochs) => {
        const found = decayedRate(decay, rate!, { steps: 99, epochs });
        assert.ok(Math.abs(found - expected) <= 1e-12, `epoch ${epochs}: ${found}, expected ${expected}`);
      });
    });
});

describe('what of a training is not heeded is said', () => {
  const said = (program: string): string[] => readSource(program, 'python').diagnostics.map(({ code }) => code);
  for (const scheduler of [
    'lr_scheduler.ReduceLROnPlateau(optimizer, "min")',
    'lr_scheduler.OneCycleLR(optimizer, max_lr=0.1)',
    'lr_scheduler.CyclicLR(optimizer, 0.1, 0.4)',
    'lr_scheduler.SequentialLR(optimizer, [lr_scheduler.StepLR(optimizer, 3)], milestones=[2])',
    'lr_scheduler.ChainedScheduler([lr_scheduler.StepLR(optimizer, 3)])',
    'lr_scheduler.StepLR(optimizer, step_size=size())',
  ])
    it(scheduler, () => {
      assert.deepEqual(said(pytorch(scheduler, 'scheduler.step(loss)')), ['schedule-not-read']);
      // A scheduler that is never stepped changes nothing.
      assert.deepEqual(said(pytorch(scheduler, 'pass')), []);
    });

  it('but not what is read', () => {
    assert.deepEqual(said(pytorch('lr_scheduler.StepLR(optimizer, step_size=3)', 'scheduler.step()')), []);
    assert.deepEqual(said(pytorch('None', 'pass')), []);
  });

  it("Keras' callbacks, where fit is given them", () => {
    const fitted = (callbacks: string): string[] =>
      said(
        `${keras('ExponentialDecay(0.4, 100, 0.96)')}from keras.callbacks import EarlyStopping, ReduceLROnPlateau, ModelCheckpoint\nstop = EarlyStopping(patience=3)\nmodel.fit(x, y, callbacks=${callbacks})\n`,
      );
    assert.deepEqual(fitted('[stop, ModelCheckpoint("best")]'), ['callback-not-heeded-EarlyStopping']);
    assert.deepEqual(fitted('[ReduceLROnPlateau(), stop]').toSorted(), [
      'callback-not-heeded-EarlyStopping',
      'callback-not-heeded-ReduceLROnPlateau',
    ]);
    assert.deepEqual(fitted('[keras.callbacks.LearningRateScheduler(f)]'), [
      'callback-not-heeded-LearningRateScheduler',
    ]);
    assert.deepEqual(fitted('[ModelCheckpoint("best")]'), []);
    assert.deepEqual(fitted('None'), []);
  });
});

describe('rates of TensorFlow 1 that a program keeps in a tensor', () => {
  const program = (rate: string, after = ''): string => `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 5, 3])
y = tf.placeholder(tf.int32, [None])
${rate}
outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)
loss = tf.losses.sparse_softmax_cross_entropy(labels=y, logits=tf.layers.dense(state, 4))
train = tf.train.AdamOptimizer(lr).minimize(loss)
${after}`;
  const read = (text: string): unknown[] => {
    const { models, diagnostics } = readSource(text, 'python');
    return [models[0]?.spec.training.optimizer?.learningRate, ...diagnostics.map(({ code }) => code)];
  };

  it('a variable has the number that it begins with', () => {
    assert.deepEqual(read(program('lr = tf.Variable(0.02, trainable=False)')), [0.02]);
  });
  it('that it is changed, or fed, is said', () => {
    const changed = program('lr = tf.Variable(0.02, trainable=False)', 'halve = tf.assign(lr, lr * 0.5)');
    assert.deepEqual(read(changed), [0.02, 'rate-not-read']);
    assert.deepEqual(read(program('lr = tf.Variable(0.0, trainable=False)')), [undefined, 'rate-not-read']);
    assert.deepEqual(read(program('lr = tf.placeholder(tf.float32, [])')), [undefined, 'rate-not-read']);
  });
});
