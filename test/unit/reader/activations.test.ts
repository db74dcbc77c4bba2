import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { GraphNode } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';

interface Found {
  /** `leaky_relu 0.1` */
  readonly activation: string;
  readonly open: readonly string[];
}

const written = ({ activation, negativeSlope }: { activation?: string; negativeSlope?: number }): string =>
  [activation ?? 'the cell’s own', ...(negativeSlope === undefined ? [] : [String(negativeSlope)])].join(' ');

function found(program: string, op: 'dense' | 'recurrent'): Found {
  const [model] = readSource(program, 'python').models;
  const node = model?.spec.nodes.find((one): one is Extract<GraphNode, { op: 'dense' | 'recurrent' }> => one.op === op);
  assert.ok(model && node, 'there is a model with such a layer');
  return { activation: written(node.op === 'dense' ? node : node.cells[0]!), open: model.open.map(one => formatPhrase(one)) };
} // prettier-ignore

const TF1 = (cell: string, dense: string, before = ''): string => `import tensorflow as tf
import functools
from functools import partial
${before}
X = tf.placeholder(tf.float32, [None, 7, 4])
y = tf.placeholder(tf.int32, [None])
outputs, state = tf.nn.dynamic_rnn(${cell}, X, dtype=tf.float32)
logits = ${dense}
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
tf.train.AdamOptimizer(0.01).minimize(loss)
`;
const tf1Dense = (activation: string, before = ''): string =>
  TF1('tf.nn.rnn_cell.GRUCell(5)', `tf.layers.dense(state, 3, activation=${activation})`, before);
const tf1Cell = (activation: string, before = ''): string =>
  TF1(`tf.nn.rnn_cell.BasicRNNCell(5, activation=${activation})`, 'tf.layers.dense(state, 3)', before);
const KERAS = (rnn: string, dense: string, before = ''): string => `import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import backend as K
from functools import partial
${before}
model = keras.Sequential([keras.Input((7, 4)), keras.layers.SimpleRNN(5${rnn}), keras.layers.Dense(3${dense})])
model.compile("adam", "mse")
`;

/** An activation as programs write it, and what it is. */
const READ: readonly (readonly [written: string, activation: string, before?: string])[] = [
  ['lambda x: tf.nn.leaky_relu(x, 0.1)', 'leaky_relu 0.1'],
  ['lambda x: tf.nn.leaky_relu(x)', 'leaky_relu'],
  ['lambda z, name=None: tf.nn.leaky_relu(z, alpha=0.3, name=name)', 'leaky_relu 0.3'],
  ['functools.partial(tf.nn.leaky_relu, alpha=0.1)', 'leaky_relu 0.1', 'import functools'],
  ['partial(tf.nn.leaky_relu, alpha=0.2)', 'leaky_relu'],
  ['lambda x: x', 'linear'],
  ['lambda x: tf.tanh(x)', 'tanh'],
  ['lambda x: x * tf.sigmoid(x)', 'swish'],
  ['lambda x: tf.maximum(0.05 * x, x)', 'leaky_relu 0.05'],
  ['lambda x: tf.maximum(x, 0.)', 'relu'],
  ['lambda x: tf.minimum(tf.maximum(x, 0), 6)', 'relu6'],
  ['leaky', 'leaky_relu 0.01', 'def leaky(z, name=None):\n    return tf.maximum(0.01 * z, z, name=name)'],
  ['leaky', 'leaky_relu 0.15', 'SLOPE = 0.15\ndef leaky(z):\n    with tf.name_scope("leaky"):\n        y = tf.nn.leaky_relu(z, SLOPE)\n    return y'],
]; // prettier-ignore

/** What is no activation that the engine has. */
const UNREAD = [
  'lambda x: tf.nn.relu(x) + 1',
  'lambda x: tf.nn.leaky_relu(x, -0.1)',
  'lambda x: tf.nn.leaky_relu(x, slope())',
  'lambda x: tf.nn.relu(tf.tanh(x))',
  'lambda x: tf.maximum(x, 1.)',
  'lambda x: tf.nn.crelu(x)',
  'partial(own, 3)',
  'own',
];

describe('activations that a program writes as functions', () => {
  for (const [text, activation, before] of READ) {
    it(`${text}: ${activation}`, () => {
      const read = { activation, open: [] };
      assert.deepEqual(found(tf1Dense(text, before), 'dense'), read);
      assert.deepEqual(found(tf1Cell(text, before), 'recurrent'), read);
      assert.deepEqual(found(KERAS('', `, activation=${text}`, before), 'dense'), read);
      const own = activation === 'tanh' ? { ...read, activation: 'the cell’s own' } : read;
      assert.deepEqual(found(KERAS(`, activation=${text}`, '', before), 'recurrent'), own);
    });
  }

  for (const text of UNREAD) {
    it(`${text}: the shape stays, and it is said why it cannot be trained`, () => {
      for (const program of [tf1Dense(text), KERAS('', `, activation=${text}`), tf1Cell(text), KERAS(`, activation=${text}`, '')]) {
        const [model] = readSource(program, 'python').models;
        assert.deepEqual(model!.open.map(one => formatPhrase(one).includes(text)), [true]);
        assert.ok(model!.spec.loss);
      }
    }); // prettier-ignore
  }

  it("Keras' own functions in a lambda, and those of its backend", () => {
    for (const [text, activation] of [
      ['lambda x: keras.activations.relu(x, alpha=0.1)', 'leaky_relu 0.1'],
      ['lambda x: K.relu(x, alpha=0.25)', 'leaky_relu 0.25'],
      ['lambda x: K.maximum(x, 0.1 * x)', 'leaky_relu 0.1'],
      ['lambda x: keras.layers.LeakyReLU(0.1)(x)', 'leaky_relu 0.1'],
      ['keras.layers.LeakyReLU(0.1)', 'leaky_relu 0.1'],
      ['lambda x: keras.activations.gelu(x, approximate=True)', 'gelu_tanh'],
    ] as const)
      assert.deepEqual(found(KERAS('', `, activation=${text}`), 'dense'), { activation, open: [] }, text);
  });

  it('leave no trace in the graph: names, layers and symbols are as without them', () => {
    const read = readSource(tf1Dense('lambda x: tf.nn.leaky_relu(x, 0.1)'), 'python');
    const plain = readSource(tf1Dense('tf.nn.leaky_relu'), 'python');
    assert.deepEqual(read.models[0]!.spec.nodes.map(({ id }) => id), plain.models[0]!.spec.nodes.map(({ id }) => id));
    assert.deepEqual(read.models[0]!.spec.names, plain.models[0]!.spec.names);
    assert.deepEqual(read.symbols.filter(({ text }) => text === 'x'), []);
  }); // prettier-ignore

  it('a slope that gates cannot have is said', () => {
    const { open } = found(KERAS(', activation="relu"', '').replace('SimpleRNN(5', 'LSTM(5, recurrent_activation=keras.layers.LeakyReLU(0.1)'), 'recurrent'); // prettier-ignore
    assert.deepEqual(open.length, 1);
  });

  it('around projections, too', () => {
    const projected = (activation: string): string =>
      TF1(
        `tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.GRUCell(5), 3, activation=${activation})`,
        'tf.reduce_mean(outputs, 1)',
      );
    assert.deepEqual(found(projected('tf.nn.relu'), 'recurrent').open, []);
    assert.equal(found(projected('lambda x: tf.abs(x)'), 'recurrent').open.length, 1);
    assert.equal(found(projected('lambda x: tf.nn.leaky_relu(x, 0.1)'), 'recurrent').open.length, 1);
  });
});

describe('a softmax', () => {
  const activations = (program: string): string[] =>
    readSource(program, 'python').models.flatMap(({ spec }) =>
      spec.nodes.flatMap(node => (node.op === 'activation' ? [node.activation] : [])),
    );
  const torch = (head: string): string => `import torch
import torch.nn as nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6, batch_first=True)
        self.softmax = nn.Softmax(dim=1)
        self.last = nn.Softmax(dim=-1)
    def forward(self, x):
        out, (h, c) = self.rnn(x)
        return ${head}
`;
  const tf = (head: string): string => TF1('tf.nn.rnn_cell.GRUCell(5)', head);

  it('along the last axis is one', () => {
    for (const head of ['F.softmax(out, dim=2)', 'F.log_softmax(out[:, -1], dim=1)', 'self.softmax(h[-1])', 'self.last(out)', 'F.log_softmax(out.transpose(1, 2), dim=1)', 'F.softmax(out[:, -1])'])
      assert.equal(activations(torch(head)).length, 1, head);
    for (const head of ['tf.nn.softmax(outputs)', 'tf.nn.softmax(outputs, axis=2)', 'tf.nn.softmax(state, 1)'])
      assert.deepEqual(activations(tf(head)), ['softmax'], head);
  }); // prettier-ignore

  it('along another axis is none that is trained as if it were', () => {
    for (const head of ['F.softmax(out, dim=1)', 'self.softmax(out)', 'torch.softmax(out, 0)', 'F.softmax(out)', 'F.softmax(out.transpose(1, 2), dim=2)'])
      assert.deepEqual(activations(torch(head)), [], head);
    for (const head of ['tf.nn.softmax(outputs, axis=1)', 'tf.nn.softmax(outputs, dim=1)', 'tf.nn.softmax(state, 0)'])
      assert.deepEqual(activations(tf(head)), [], head);
    const keras = `import keras\nx = keras.Input((7, 4))\ny = keras.layers.LSTM(5, return_sequences=True)(x)\n`;
    assert.deepEqual(activations(`${keras}z = keras.layers.Softmax(axis=1)(y)\n`), []);
    assert.deepEqual(activations(`${keras}z = keras.layers.Softmax()(y)\n`), ['softmax']);
    assert.deepEqual(activations(`${keras}z = keras.ops.softmax(y, axis=1)\n`), []);
  }); // prettier-ignore
});
