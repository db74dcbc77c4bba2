import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { headline } from '../../../engine/model/headline.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { lastHover } from './reading.ts';

const tail = (cell: string, more = ''): string => `X = tf.placeholder(tf.float32, [None, 28, 28])
outputs, states = tf.nn.dynamic_rnn(${cell}, X, dtype=tf.float32${more})
`;
const TF = 'import tensorflow as tf\n';

/** A program, an expression in it, and what the hover says of it. */
const SHAPES: readonly (readonly [what: string, program: string, expression: string, hover: string])[] = [
  ['an alias of the framework', `import tensorflow.compat.v1 as v1\n${tail('v1.nn.rnn_cell.GRUCell(5)').replaceAll('tf.', 'v1.')}`, 'states', 'states: float32 [batch, 5] · h at the last step'],
  ['tf.compat.v1', `${TF}${tail('tf.compat.v1.nn.rnn_cell.GRUCell(5)')}`, 'outputs', 'outputs: float32 [batch, 28 steps, 5] · h at every step'],
  ['contrib under a name of its own', `${TF}from tensorflow.contrib import rnn\n${tail('rnn.BasicLSTMCell(5)')}`, 'states', 'states: (c [batch, 5], h [batch, 5])'],
  ['a cell imported by name', `${TF}from tensorflow.contrib.rnn import BasicLSTMCell as Cell\n${tail('Cell(5)')}`, 'states', 'states: (c [batch, 5], h [batch, 5])'],
  ['sizes by arithmetic', `${TF}n = 2 ** 5\nsizes = {"h": n // 2 + 1}\n${tail('tf.nn.rnn_cell.GRUCell(sizes["h"])')}`, 'states', 'states: float32 [batch, 17] · h at the last step'],
  ['a size that nothing says', `${TF}hidden = read()\n${tail('tf.nn.rnn_cell.GRUCell(2 * hidden)')}`, 'states', 'states: float32 [batch, 2·hidden] · h at the last step'],
  ['a size that differs between branches', `${TF}hidden = 64\nif big():\n    hidden = 128\n${tail('tf.nn.rnn_cell.GRUCell(hidden)')}`, 'states', 'states: float32 [batch, hidden] · h at the last step'],
  ['a size that both branches agree on', `${TF}if big():\n    hidden = 64\nelse:\n    hidden = 32 * 2\n${tail('tf.nn.rnn_cell.GRUCell(hidden)')}`, 'states', 'states: float32 [batch, 64] · h at the last step'],
  ['defaults of the command line', `${TF}import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('-n', '--hidden-size', type=int, default=37)\nparser.add_argument('--wide', action='store_true')\nargs = parser.parse_args()\nn = args.hidden_size * 2 if args.wide else args.hidden_size\n${tail('tf.nn.rnn_cell.GRUCell(n)')}`, 'states', 'states: float32 [batch, 37] · h at the last step'],
  ['arguments that have no default', `${TF}from argparse import ArgumentParser\nparser = ArgumentParser()\nparser.add_argument('--hidden', type=int)\nflags, rest = parser.parse_known_args()\n${tail('tf.nn.rnn_cell.GRUCell(flags.hidden)')}`, 'states', 'states: float32 [batch, hidden] · h at the last step'],
  ['cells appended in a loop', `${TF}cells = []\nfor size in (8, 6):\n    cells.append(tf.nn.rnn_cell.GRUCell(size))\n${tail('tf.nn.rnn_cell.MultiRNNCell(cells)')}`, 'states', 'states: ([batch, 8], [batch, 6])'],
  ['cells made by a function', `${TF}def make(size, keep=0.5):\n    cell = tf.nn.rnn_cell.LSTMCell(size)\n    return tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=keep)\n${tail('tf.nn.rnn_cell.MultiRNNCell([make(4) for _ in range(2)])')}`, 'states', 'states: 2 × (c [batch, 4], h [batch, 4])'],
  ['fields by name', `${TF}${tail('tf.nn.rnn_cell.LSTMCell(5)')}state = states.c`, 'states.c', 'states.c: float32 [batch, 5] · c at the last step'],
  ['a projection', `${TF}${tail('tf.nn.rnn_cell.LSTMCell(8, num_proj=3)')}`, 'states', 'states: (c [batch, 8], h [batch, 3])'],
  ['a projection of the outputs', `${TF}${tail('tf.contrib.rnn.OutputProjectionWrapper(tf.nn.rnn_cell.GRUCell(5), output_size=2)')}`, 'outputs', 'outputs: float32 [batch, 28 steps, 2] · h at every step'],
  ['lengths', `${TF}n = tf.placeholder(tf.int32, [None])\n${tail('tf.nn.rnn_cell.GRUCell(5)', ', sequence_length=n')}`, 'states', 'states: float32 [batch, 5] · h at the last step of each row'],
  ['time-major outputs', `${TF}X = tf.placeholder(tf.float32, [28, None, 4])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(5), X, dtype=tf.float32, time_major=True)`, 'outputs', 'outputs: float32 [28 steps, batch, 5] · h at every step'],
  ['the last step', `${TF}${tail('tf.nn.rnn_cell.GRUCell(5)')}last = outputs[:, -1, :]`, 'last', 'last: float32 [batch, 5] · h at the last step'],
  ['part of the steps', `${TF}${tail('tf.nn.rnn_cell.GRUCell(5)')}part = outputs[:, 3:10]`, 'part', 'part: float32 [batch, 7 steps, 5]'],
  ['rows and steps in one axis', `${TF}${tail('tf.nn.rnn_cell.GRUCell(5)')}flat = tf.reshape(outputs, [-1, 5])`, 'flat', 'flat: float32 [batch × steps, 5] · h at every step'],
  ['both directions side by side', `${TF}X = tf.placeholder(tf.float32, [None, 28, 28])\ncell = lambda n: tf.nn.rnn_cell.GRUCell(n)\nboth, finals = tf.nn.bidirectional_dynamic_rnn(cell(5), cell(4), X, dtype=tf.float32)\njoined = tf.concat(both, 2)`, 'joined', 'joined: float32 [batch, 28 steps, 9] · tensors side by side'],
  ['a class with its configuration', `${TF}class Config:\n    hidden = 7\nclass Model(object):\n    def __init__(self, config):\n        self.X = tf.placeholder(tf.float32, [None, 9, 2])\n        cell = tf.nn.rnn_cell.GRUCell(config.hidden)\n        self.outputs, self.state = tf.nn.dynamic_rnn(cell, self.X, dtype=tf.float32)\nmodel = Model(Config())`, 'self.outputs', 'self.outputs: float32 [batch, 9 steps, 7] · h at every step'],
  ['a function that is never called', `${TF}def build(units):\n    X = tf.placeholder(tf.float32, [None, 9, 2])\n    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(units), X, dtype=tf.float32)\n`, 'state', 'state: float32 [batch, units] · h at the last step'],
  ['weights written out', `${TF}${tail('tf.nn.rnn_cell.GRUCell(5)')}W = tf.Variable(tf.random_normal([5, 10]))\nb = tf.Variable(tf.zeros([10]))\nlogits = tf.matmul(states, W) + b`, 'logits', 'logits: float32 [batch, 10] · product with a trained matrix, and a bias'],
  ['Keras with every step', 'from tensorflow.keras import layers, Input\nx = Input((None, 3))\ny = layers.LSTM(4, return_sequences=True)(x)', 'y', 'y: float32 [batch, steps, 4] · h at every step'],
  ['Keras states', 'import keras\nx = keras.Input((5, 3))\ny, h, c = keras.layers.LSTM(4, return_state=True)(x)', 'c', 'c: float32 [batch, 4] · c at the last step'],
  ['Keras in both directions', 'import keras\nx = keras.Input((5, 3))\ny = keras.layers.Bidirectional(keras.layers.GRU(4))(x)', 'y', 'y: float32 [batch, 8] · h of both directions after their last step, side by side'],
  ['PyTorch with steps first', 'import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, n=6):\n        super().__init__()\n        self.rnn = nn.LSTM(4, n, num_layers=2)\n    def forward(self, x):\n        out, (h_n, c_n) = self.rnn(x)\n        return out', 'h_n', 'h_n: float32 [2 layers, batch, 6] · h of every layer at the last step'],
  ['PyTorch with constructor arguments', 'from torch import nn\nclass Net(nn.Module):\n    def __init__(self, width, hidden):\n        super(Net, self).__init__()\n        self.rnn = nn.GRU(width, hidden, batch_first=True)\n    def forward(self, x):\n        out, h = self.rnn(x)\n        return out[:, -1]\nnet = Net(3, hidden=8)', 'out', 'out: float32 [batch, steps, 8] · h at every step'],
]; // prettier-ignore

describe('shapes', () => {
  for (const [what, program, expression, text] of SHAPES) {
    it(`reads ${what}: ${text}`, () => {
      assert.equal(lastHover(program, expression), text);
    });
  }
});

describe('models', () => {
  it('reads several in one file, each with its own line and inputs', () => {
    const one = (name: string, size: number): string => `with tf.variable_scope("${name}"):
    X${size} = tf.placeholder(tf.float32, [None, 5, 2])
    ${name} = tf.nn.rnn_cell.GRUCell(${size})
    out${size}, state${size} = tf.nn.dynamic_rnn(${name}, X${size}, dtype=tf.float32)
`;
    const text = `${TF}${one('first', 3)}${one('second', 4)}`;
    const { models } = readSource(text, 'python');
    assert.deepEqual(
      models.map(({ spec, range }) => [
        spec.name,
        headline(spec),
        spec.inputs.map(({ id }) => id),
        text.slice(range.start, range.end).trim(),
      ]),
      [
        ['first', 'GRU 3', ['X3'], 'first = tf.nn.rnn_cell.GRUCell(3)'],
        ['second', 'GRU 4', ['X4'], 'second = tf.nn.rnn_cell.GRUCell(4)'],
      ],
    );
    assert.deepEqual(
      models.map(({ spec }) => spec.nodes.map(node => (node.op === 'recurrent' ? node.scope : node.op))),
      [['first/rnn'], ['second/rnn']],
    );
  });

  it('gives no model to a cell that nothing drives, and none to comments and docstrings', () => {
    const text = `"""cell = tf.nn.rnn_cell.LSTMCell(5)\noutputs, states = tf.nn.dynamic_rnn(cell, X)"""\n${TF}cell = tf.nn.rnn_cell.GRUCell(5)\n# outputs, states = tf.nn.dynamic_rnn(cell, X)\n`;
    assert.deepEqual(readSource(text, 'python').models, []);
  });

  it('says which sizes the source leaves open', () => {
    const text = `${TF}n_neurons = int(sys.argv[1])\n${tail('tf.nn.rnn_cell.GRUCell(n_neurons)')}`;
    const [model] = readSource(text, 'python').models;
    assert.equal(headline(model!.spec), 'GRU n_neurons');
    assert.deepEqual(
      model!.open.map(phrase => formatPhrase(phrase)),
      ['num_units is not known: n_neurons'],
    );
  });

  it('says what it cannot follow between the data and the cells', () => {
    const text = `${TF}X = tf.placeholder(tf.float32, [None, 28, 28])\nY = tf.layers.conv1d(X, 8, 3)\noutputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(4), Y, dtype=tf.float32)\n`;
    const [model] = readSource(text, 'python').models;
    assert.equal(model!.open.length > 0, true);
  });

  it('counts epochs and iterations by the loops around the training step', () => {
    const program = (
      loops: string,
    ): string => `${TF}${tail('tf.nn.rnn_cell.GRUCell(4)')}y = tf.placeholder(tf.int32, [None])
loss = tf.losses.sparse_softmax_cross_entropy(y, tf.layers.dense(states, 3))
train = tf.train.AdamOptimizer().minimize(loss)
with tf.Session() as sess:
${loops}`;
    const counted = (loops: string): unknown => {
      const { epochs, iterations } = readSource(program(loops), 'python').models[0]!.spec.training;
      return { epochs, iterations };
    };
    assert.deepEqual(
      counted('    for epoch in range(7):\n        for i in range(100):\n            sess.run(train)\n'),
      { epochs: 7, iterations: undefined },
    );
    assert.deepEqual(counted('    for step in range(1500):\n        sess.run([train, loss])\n'), {
      epochs: undefined,
      iterations: 1500,
    });
  });
});

describe('numbers that end with their point', () => {
  const sizes: readonly (readonly [written: string, units: number])[] = [
    ['int(8.)', 8],
    ['int(2 * 1.e1)', 20],
    ['int(3 / 1.e-1)', 30],
    ['int(1.E+1) + 1', 11],
    ['int(max(7., 2.)) # 1. of 2.', 7],
    ['len("1.") * 2', 4],
  ];
  for (const [written, units] of sizes)
    it(written, () => {
      const cell = `tf.nn.rnn_cell.GRUCell(${written.split(' #')[0]!})`;
      const { models, diagnostics, symbols } = readSource(`${TF}${tail(cell)}`, 'python');
      assert.deepEqual(models.map(({ spec }) => headline(spec)), [`GRU ${units}`]); // prettier-ignore
      assert.deepEqual(diagnostics, []);
      const shown = symbols.find(({ text }) => text === 'outputs')!;
      assert.equal(`${TF}${tail(cell)}`.slice(shown.range.start, shown.range.end), 'outputs');
    });
});
