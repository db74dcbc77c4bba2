import assert from 'node:assert/strict';
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
