import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { lastHover } from './reading.ts';

const TF = 'import tensorflow as tf\nX = tf.placeholder(tf.float32, [None, 28, 12])\n';

/** The shape of the last occurrence, without dtype and meaning. */
function shape(program: string, expression: string): string {
  return /^\S.*?: (?:[a-z]+\d* (?=\[))?(.*?)(?: · .*)?$/.exec(lastHover(program, expression))?.[1] ?? 'nothing';
}

describe('programs as people write them', () => {
  it('reads the methods of a class that nothing makes, with the defaults of its constructor', () => {
    const text = `${TF}class Tagger(object):\n    def __init__(self, units=24):\n        self.units = units\n    def build(self):\n        outputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(self.units), X, dtype=tf.float32)\n`;
    assert.equal(shape(text, 'outputs'), '[batch, 28 steps, 24]');
  });

  it('knows properties, static methods and keyword arguments that are passed on', () => {
    const text = `${TF}class Model:\n    @property\n    def width(self):\n        return 7\n    @staticmethod\n    def cell(**options):\n        return tf.nn.rnn_cell.GRUCell(**options)\n    def build(self):\n        outputs, _ = tf.nn.dynamic_rnn(self.cell(num_units=self.width), X, dtype=tf.float32)\n`;
    assert.equal(shape(text, 'outputs'), '[batch, 28 steps, 7]');
  });

  it('does not count the layers that a loop of unknown length stacks', () => {
    const text = `${TF}def stack(layers):\n    cells = []\n    for _ in range(layers):\n        cells.append(tf.nn.rnn_cell.GRUCell(5))\n    return tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), X, dtype=tf.float32)\n`;
    const [model] = readSource(text, 'python').models;
    assert.deepEqual(
      model!.open.map(phrase => formatPhrase(phrase)),
      ['the number of layers is not known: layers'],
    );
  });

  it('keeps what a try gives over what its handlers would give', () => {
    const text = `${TF}try:\n    n = 8\nexcept ImportError:\n    n = 9\noutputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(n), X, dtype=tf.float32)\n`;
    assert.equal(shape(text, 'outputs'), '[batch, 28 steps, 8]');
  });

  it('names a size that depends on what is not known', () => {
    const text = `${TF}n = 8 if big else 4\noutputs, _ = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(n), X, dtype=tf.float32)\n`;
    assert.equal(shape(text, 'outputs'), '[batch, 28 steps, n]');
  });

  it('reads the first releases of TensorFlow: their modules, and split and concat with the axis first', () => {
    const text = `import tensorflow as tf\nfrom tensorflow.models.rnn import rnn, rnn_cell\nX = tf.placeholder("float", [None, 6, 12])\nx = tf.split(0, 6, tf.reshape(tf.transpose(X, [1, 0, 2]), [-1, 12]))\noutputs, fw, bw = rnn.bidirectional_rnn(rnn_cell.BasicLSTMCell(9), rnn_cell.BasicLSTMCell(9), x, dtype=tf.float32)\nlast = tf.concat(1, [outputs[0], outputs[-1]])\n`;
    assert.equal(shape(text, 'x'), '6 × [batch, 12 features]');
    assert.equal(shape(text, 'outputs'), '6 × [batch, 18]');
    assert.equal(shape(text, 'last'), '[batch, 36]');
  });

  it('runs cells in a loop of the program', () => {
    const text = `${TF}cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(n) for n in (6, 4)])\nstate = cell.zero_state(32, tf.float32)\nouts = []\nfor t in range(28):\n    out, state = cell(X[:, t, :], state)\n    outs.append(out)\nflat = tf.reshape(tf.concat(outs, 1), [-1, 4])\n`;
    assert.equal(shape(text, 'out'), '[batch, 4]');
    assert.equal(shape(text, 'flat'), '[?, 4 features]');
    assert.equal(readSource(text, 'python').models.length, 1);
  });

  it('shows c and h as one tensor where the program asks for it', () => {
    const text = `${TF}cell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.LSTMCell(5, state_is_tuple=False)] , state_is_tuple=False)\nstart = tf.placeholder(tf.float32, [None, 10])\n_, state = tf.nn.dynamic_rnn(cell, X, initial_state=start, dtype=tf.float32)\n`;
    assert.equal(shape(text, 'state'), '[batch, 10]');
    assert.deepEqual(readSource(text, 'python').diagnostics, []);
  });

  it('goes on through layers that the engine cannot train, and says that it cannot', () => {
    const text = `from keras.models import Sequential\nfrom keras.layers import Conv1D, MaxPooling1D, LSTM, Dense, Embedding, BatchNormalization\nmodel = Sequential([\n  Embedding(500, 16, input_length=40),\n  Conv1D(8, 5),\n  MaxPooling1D(3),\n  BatchNormalization(),\n  LSTM(10, return_sequences=True),\n  Dense(2),\n])\n`;
    assert.equal(shape(text, 'Conv1D(8, 5)'), '[batch, 36 steps, 8 features]');
    assert.equal(shape(text, 'MaxPooling1D(3)'), '[batch, 12 steps, 8 features]');
    assert.equal(shape(text, 'LSTM(10, return_sequences=True)'), '[batch, 12 steps, 10]');
    const [model] = readSource(text, 'python').models;
    assert.deepEqual(
      model!.open.map(phrase => formatPhrase(phrase)),
      ['what stands between the data and this layer cannot be run'],
    );
  });

  it('reads functions of Keras that are layers, own layers, and what a Lambda does', () => {
    const text = `from tensorflow.keras import layers, Input, backend as K\nclass Pool(layers.Layer):\n    def build(self, shape):\n        self.w = self.add_weight(shape=(shape[-1], 1))\n    def call(self, x):\n        return K.sum(K.softmax(K.dot(x, self.w), axis=1) * x, axis=1)\na = Input(shape=(9, 3))\nh = layers.Bidirectional(layers.GRU(8, return_sequences=True))(a)\npooled = Pool()(h)\nfirst = layers.Lambda(lambda t: K.expand_dims(t[:, 0], 1))(h)\nboth = layers.concatenate([pooled, layers.Flatten()(first)])\n`;
    assert.equal(shape(text, 'pooled'), '[batch, 16]');
    assert.equal(shape(text, 'first'), '[batch, 1, 16]');
    assert.match(shape(text, 'both'), /^\[batch, 32/);
  });

  it('names the number of layers and directions of PyTorch where it is not known', () => {
    const text = `import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self, depth, both):\n        super().__init__()\n        self.rnn = nn.GRU(4, 6, num_layers=depth, bidirectional=both, batch_first=True)\n    def forward(self, x):\n        out, h = self.rnn(x)\n        return out\n`;
    assert.equal(shape(text, 'out'), '[batch, steps, 6·num_directions]');
    assert.equal(shape(text, 'h'), '[depth·num_directions layers, batch, 6]');
  });

  it('follows what PyTorch programs do before and behind the recurrent part', () => {
    const text = `import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.conv = nn.Conv1d(3, 8, 5, padding=2)\n        self.rnn = nn.LSTM(8, 6, bidirectional=True, batch_first=True).to('cpu')\n        self.score = nn.Linear(12, 1)\n    def forward(self, x):\n        seen = F.max_pool1d(F.relu(self.conv(x)), 2)\n        out, (h, c) = self.rnn(seen.permute(0, 2, 1))\n        weights = torch.softmax(self.score(out), dim=1)\n        context = torch.bmm(weights.transpose(1, 2), out).squeeze(1)\n        parts = torch.cat([h[-2], h[-1], context], dim=1)\n        halves = torch.chunk(parts, 2, dim=-1)\n        return parts\n`;
    assert.equal(shape(text, 'seen'), '[batch, 8 channels, steps]');
    assert.equal(shape(text, 'context'), '[batch, 12]');
    assert.equal(shape(text, 'parts'), '[batch, 24]');
    assert.equal(shape(text, 'halves'), '2 × [batch, 12]');
  });

  it('does not take the width of what is joined for known where a part is not', () => {
    const text = `import torch\nfrom torch import nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = nn.GRU(4, 6)\n    def forward(self, x):\n        out, h = self.rnn(x)\n        return torch.cat([h[0], features_of(x)], dim=1)\nnet = Net()\nboth = net(torch.zeros(5, 2, 4))\n`;
    assert.equal(shape(text, 'both'), '[batch 2, units]');
  });

  it('forgets what a program deletes, and keeps rows that a view keeps', () => {
    const text = `import torch\nfrom torch import nn\noptions = dict(batch_first=True, bidirectional=True)\ndel options['bidirectional']\nrnn = nn.GRU(4, 6, 3, **options)\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = rnn\n    def forward(self, x):\n        out, h = self.rnn(x)\n        flat = h.permute(1, 0, 2).contiguous().view(x.shape[0], -1)\n        return flat\n`;
    assert.equal(shape(text, 'out'), '[batch, steps, 6]');
    assert.equal(shape(text, 'flat'), '[batch, 18 features]');
  });

  it('takes sizes from literal arrays, and reads the Keras inside of TensorFlow 1', () => {
    const text = `from numpy import array\nfrom tensorflow.contrib.keras.python.keras.models import Sequential\nfrom tensorflow.contrib.keras.python.keras.layers import LSTM, RepeatVector, TimeDistributed, Dense\nsteps = len(array([1, 2, 3, 4]))\nmodel = Sequential()\nmodel.add(LSTM(6, input_shape=(steps, 1)))\nmodel.add(RepeatVector(steps))\nmodel.add(LSTM(5, return_sequences=True))\nmodel.add(TimeDistributed(Dense(1)))\n`;
    assert.equal(shape(text, 'LSTM(5, return_sequences=True)'), '[batch, 4 steps, 5]');
    assert.equal(shape(text, 'TimeDistributed(Dense(1))'), '[batch, 4 steps, 1]');
  });

  it('takes a trained vector of unknown length for the bias of the product that it is added to', () => {
    const text = `${TF}outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), X, dtype=tf.float32)\nscores = tf.add(tf.matmul(state, tf.Variable(tf.zeros([4, classes]))), tf.Variable(tf.zeros(classes)))\n`;
    assert.equal(shape(text, 'scores'), '[batch, classes]');
  });
});
