/** What the parts of a program tell each other: who calls a model with what, and what is read back from it. */
import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { valuesOf } from '../../../engine/reader/describe.ts';
import type { Value } from '../../../engine/reader/reading.ts';

function sizes(value: Value): string {
  if (value.kind === 'tensor') return `[${value.axes.map(({ size }) => String(size ?? '?')).join(', ')}]`;
  return value.kind === 'tuple' ? `(${value.items.map(sizes).join(', ')})` : value.className;
}

/** All shapes of the last occurrence. */
function shape(program: string, expression: string): string {
  const symbol = readSource(program, 'python').symbols.findLast(({ text }) => text === expression);
  return symbol === undefined ? 'nothing' : valuesOf(symbol.value).map(sizes).join(' or ');
}

const KERAS =
  'import numpy as np\nimport tensorflow as tf\nfrom tensorflow import keras\nfrom tensorflow.keras import layers\n';

describe('programs as a whole', () => {
  it('a model of the program’s own is fed as fit says, also with several inputs', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.rnn = layers.GRU(4)\n        self.out = layers.Dense(2)\n    def call(self, inputs):\n        a, b = inputs\n        h = self.rnn(a)\n        y = self.out(tf.concat([h, b], 1))\n        return y\nnet = Net()\nnet.compile('adam', 'mse')\ndata = tf.data.Dataset.from_tensor_slices(((np.zeros((90, 6, 3)), np.zeros((90, 5))), np.zeros((90, 2)))).batch(8, drop_remainder=True)\nnet.fit(data)\n`;
    assert.equal(shape(text, 'a'), '[8, 6, 3]');
    assert.equal(shape(text, 'b'), '[8, 5]');
    assert.equal(shape(text, 'y'), '[8, 2]');
  });

  it('an input of which nobody knows how many tensors it is does not become two slices of one', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.rnn = layers.GRU(4)\n    def call(self, inputs):\n        a, b = inputs\n        return self.rnn(a)\nnet = Net()\nnet.compile('adam', 'mse')\nnet.fit(whatever)\n`;
    assert.equal(shape(text, 'b'), 'nothing');
  });

  it('rows and steps of which calls have different numbers are of any number; all else is told call by call', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.rnn = layers.GRU(4, return_sequences=True)\n    def call(self, x):\n        h = self.rnn(x)\n        return h\nnet = Net()\na = net(tf.zeros([64, 10, 3]))\nb = net(tf.zeros([1, 10, 3]))\nc = net(tf.zeros([1, 10, 5]))\n`;
    assert.equal(shape(text, 'h'), '[?, 10, 4]');
    assert.equal(shape(text, 'x'), '[?, 10, 3] or [1, 10, 5]');
    assert.deepEqual([shape(text, 'a'), shape(text, 'b')], ['[64, 10, 4]', '[1, 10, 4]']);
  });

  it('calls of the program tell more than those that the reading makes up', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self, units):\n        super().__init__()\n        self.rnn = layers.GRU(units)\n    def call(self, x):\n        h = self.rnn(x)\n        return h\nnet = Net(7)\ny = net(tf.zeros([2, 10, 3]))\nclass Other(Net):\n    def train_step(self, data):\n        x, y = data\n        return self(x)\n`;
    assert.equal(shape(text, 'h'), '[2, 7]');
  });

  it('layers and inputs of a model that is built are found again', () => {
    const text = `${KERAS}a, b = keras.Input((9, 3)), keras.Input((5,))\nh = layers.LSTM(4, name='last')(a)\nmodel = keras.Model([a, b], layers.Dense(2)(layers.concatenate([h, b])))\nfirst = model.input[0]\nsecond = model.inputs[1]\npart = model.get_layer('last').output\nsmaller = keras.Model(model.input[0], part)\np = smaller.predict(np.zeros((7, 9, 3)))\n`;
    assert.deepEqual(['first', 'second', 'part', 'p'].map(name => shape(text, name)), ['[?, 9, 3]', '[?, 5]', '[?, 4]', '[7, 4]']); // prettier-ignore
  });

  it('an axis that is added tells nothing of those that are there', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.rnn = layers.GRU(4)\n    def call(self, texts):\n        more = texts[tf.newaxis]\n        return self.rnn(lookup(more))\nnet = Net()\n`;
    assert.equal(shape(text, 'more'), 'nothing');
  });

  it('states of zeros that the program makes itself are those of any layer', () => {
    const text = `${KERAS}class Net(keras.Model):\n    def __init__(self):\n        super().__init__()\n        self.rnn = layers.GRU(4)\n    def call(self, x, state):\n        return self.rnn(x, initial_state=state)\nnet = Net()\ny = net(keras.Input((9, 3)), tf.zeros((8, 4)))\n`;
    const [model] = readSource(text, 'python').models;
    assert.deepEqual(model?.open, []);
  });

  it('an estimator feeds its function with what the other one gives, and with its settings', () => {
    const text = `import tensorflow as tf\ndef feed(path):\n    data = tf.data.Dataset.from_tensor_slices((tf.zeros([90, 28, 28]), tf.zeros([90], tf.int64))).batch(32, drop_remainder=True)\n    return data.make_one_shot_iterator().get_next()\ndef build(features, labels, mode, params):\n    cell = tf.nn.rnn_cell.LSTMCell(params['units'])\n    outputs, state = tf.nn.dynamic_rnn(cell, features, dtype=tf.float32)\n    logits = tf.layers.dense(state.h, 10)\n    return tf.estimator.EstimatorSpec(mode, loss=tf.losses.sparse_softmax_cross_entropy(labels, logits))\nmodel = tf.estimator.Estimator(model_fn=build, params={'units': 64})\nmodel.train(input_fn=lambda: feed('a'), steps=100)\n`;
    assert.equal(shape(text, 'outputs'), '[32, 28, 64]');
    assert.equal(shape(text, 'logits'), '[32, 10]');
    assert.equal(shape(text, 'labels'), '[32]');
  });

  it('methods that use a network are read, where nothing calls them', () => {
    const text = `import numpy as np\nimport tensorflow as tf\nclass Model(object):\n    def __init__(self, steps=7):\n        self.x = tf.placeholder(tf.float32, [None, steps, 3])\n        outputs, self.state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), self.x, dtype=tf.float32)\n    def sample(self, session):\n        seed = np.zeros((1, 7, 3))\n        last = session.run(self.state, {self.x: seed})\n        return last\nmodel = Model()\n`;
    assert.equal(shape(text, 'seed'), '[1, 7, 3]');
    assert.equal(shape(text, 'last'), '[?, 5]');
  });

  it('the last axis of one tensor meets the last but one of the other', () => {
    const text = `${KERAS}from tensorflow.keras import backend as K\nx = keras.Input((70, 80))\nh = layers.LSTM(80, return_sequences=True)(x)\nclass Attention(layers.Layer):\n    def build(self, shape):\n        self.W = self.add_weight(shape=(shape[-1], shape[-1]), name='W')\n        self.u = self.add_weight(shape=(shape[-1],), name='u')\n    def call(self, x):\n        uit = K.squeeze(K.dot(x, K.expand_dims(self.W)), axis=-1)\n        ait = K.squeeze(K.dot(uit, K.expand_dims(self.u)), axis=-1)\n        return K.sum(x * K.expand_dims(K.exp(ait)), axis=1)\ny = Attention()(h)\n`;
    assert.deepEqual(['uit', 'ait', 'y'].map(name => shape(text, name)), ['[?, 70, 80]', '[?, 70]', '[?, 80]']); // prettier-ignore
  });

  it('a model that another one calls is part of it', () => {
    const text = `${KERAS}x = keras.Input((9, 3))\nencoder = keras.Model(x, layers.LSTM(4)(x))\nz = keras.Input((4,))\nh = layers.RepeatVector(9)(z)\nh = layers.LSTM(5, return_sequences=True)(h)\ndecoder = keras.Model(z, layers.Dense(3)(h))\ny = decoder(encoder(x))\nauto = keras.Model(x, y)\nauto.compile('adam', 'mse')\nauto.fit(np.zeros((20, 9, 3)), np.zeros((20, 9, 3)), epochs=4)\n`;
    const { models } = readSource(text, 'python');
    const trained = models.find(({ spec }) => spec.loss !== undefined)!;
    assert.deepEqual(trained.open, []);
    assert.deepEqual(
      trained.spec.nodes.map(({ op }) => op),
      ['recurrent', 'repeat', 'recurrent', 'dense'],
    );
    assert.deepEqual(unsupported(trained.spec), []);
    assert.equal(shape(text, 'y'), '[?, 9, 3]');
  });

  it('where a gradient is stopped nothing is trained as if it were not', () => {
    const text = `${KERAS}x = keras.Input((9, 3))\nh = tf.stop_gradient(layers.LSTM(4)(x))\nmodel = keras.Model(x, layers.Dense(2)(h))\nmodel.compile('adam', 'mse')\nmodel.fit(np.zeros((20, 9, 3)), np.zeros((20, 2)))\n`;
    const [model] = readSource(text, 'python').models;
    assert.equal(model?.spec.loss, undefined);
    assert.deepEqual(model?.open.map(formatPhrase), ['tf.stop_gradient cannot be run yet']);
  });

  it('tf.contrib.layers has dense layers with and without an activation by their names', () => {
    const text = `import tensorflow as tf
x = tf.placeholder(tf.float32, [None, 7, 3])
outputs, state = tf.nn.dynamic_rnn(tf.contrib.rnn.GRUCell(5), x, dtype=tf.float32)
logits = tf.contrib.layers.linear(state, 4)
hidden = tf.contrib.layers.relu(state, 6)
`;
    assert.equal(shape(text, 'logits'), '[?, 4]');
    assert.equal(shape(text, 'hidden'), '[?, 6]');
  });

  it('fit feeds a model of the program’s own with some rows of its arrays at a time, not with all', () => {
    const text = `${KERAS}class Net(keras.Model):
    def __init__(self):
        super().__init__()
        self.rnn = layers.LSTM(4)

    def call(self, inputs):
        h = self.rnn(inputs)
        return h

net = Net()
net.compile(optimizer='adam', loss='mse')
x = np.zeros((2500, 9, 3))
net.fit(x, np.zeros((2500, 4)), batch_size=20)
`;
    assert.equal(shape(text, 'inputs'), '[?, 9, 3]');
    assert.equal(shape(text, 'h'), '[?, 4]');
    assert.equal(shape(text, 'x'), '[2500, 9, 3]');
  });
});
