import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';

const TF1 = `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 7, 4])
y = tf.placeholder(tf.int32, [None])
lengths = tf.placeholder(tf.int32, [None])
`;
const trained = (prediction: string): string =>
  `loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=${prediction}))\ntf.train.AdamOptimizer(0.01).minimize(loss)\n`;
const stack = (cells: string): string =>
  `${TF1}outputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(${cells}), X, dtype=tf.float32)\n`;
const lstms = '[tf.nn.rnn_cell.LSTMCell(6) for _ in range(3)]';
const torch = (rnn: string, head: string, size = 6): string => `import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.${rnn}
        self.fc = nn.Linear(${size}, 3)
    def forward(self, x):
        out, (h_n, c_n) = self.rnn(x)
        return ${head}
`;
const keras = (layers: string, loss = '"sparse_categorical_crossentropy"'): string => `import keras
from keras import layers
model = keras.Sequential([keras.Input(shape=(7, 4)), ${layers}])
model.compile(optimizer="adam", loss=${loss})
`;

const unpacked = (body: string, head: string, rnn = 'LSTM(4, 6, batch_first=True)'): string => `import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.${rnn}
        self.fc = nn.Linear(6, 3)
    def forward(self, x):
        ${body}
        return self.fc(${head})
`;
const functional = (body: string, output: string): string => `import keras
from keras import layers
x = keras.Input(shape=(7, 4))
${body}
model = keras.Model(x, layers.Dense(3, activation="softmax")(${output}))
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
`;
const stored = (args: string, layers = '1'): string => `import torch
import torch.nn as nn
class Net(nn.Module):
    def __init__(self, hidden=6, num_layers=1):
        super().__init__()
        self.num_layers = num_layers
        self.rnn = nn.LSTM(4, ${args})
    def forward(self, x):
        h0 = torch.zeros(${layers}, x.size(0), 6)
        c0 = torch.zeros(${layers}, x.size(0), 6)
        out, _ = self.rnn(x, (h0, c0))
        return out[:, -1]
`;
const packed = (head: string): string => `import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6, batch_first=True)
        self.fc = nn.Linear(6, 3)
    def forward(self, x, lengths):
        rows = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
        out, (h_n, c_n) = self.rnn(rows)
        out, _ = pad_packed_sequence(out, batch_first=True)
        return ${head}
`;

/** A fault, where it is seen and how it is mended; and a program that only looks like it. */
const CASES: readonly {
  readonly code: string;
  readonly faulty: string;
  readonly at: string;
  readonly mended?: readonly [from: string, to: string];
  readonly innocent: string;
}[] = [
  {
    code: 'states-c-used-as-h',
    faulty: `${stack(lstms)}logits = tf.layers.dense(states[-1][0], 3)\n${trained('logits')}`,
    at: 'states[-1][0]',
    mended: ['states[-1][0]', 'states[-1][1]'],
    innocent: `${stack('[tf.nn.rnn_cell.GRUCell(6), tf.nn.rnn_cell.GRUCell(6)]')}logits = tf.layers.dense(states[0], 3)\n${trained('logits')}`,
  },
  {
    code: 'states-c-used-as-h',
    faulty: `${TF1}outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(state.c, 3)\n${trained('logits')}`,
    at: 'state.c',
    mended: ['state.c', 'state.h'],
    innocent: `${TF1}outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(tf.concat([state.c, state.h], 1), 3)\n${trained('logits')}`,
  },
  {
    code: 'shared-cell',
    faulty: `${TF1}cell = tf.nn.rnn_cell.LSTMCell(4)\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell([cell] * 3), X, dtype=tf.float32)\n`,
    at: 'cell = tf.nn.rnn_cell.LSTMCell(4)',
    mended: ['[cell] * 3', '[tf.nn.rnn_cell.LSTMCell(4) for _ in range(3)]'],
    innocent: stack(lstms),
  },
  {
    code: 'activation-before-loss',
    faulty: `${stack(lstms)}logits = tf.nn.softmax(tf.layers.dense(states[-1][1], 3))\n${trained('logits')}`,
    at: 'tf.reduce_mean(',
    mended: ['tf.nn.softmax(tf.layers.dense(states[-1][1], 3))', 'tf.layers.dense(states[-1][1], 3)'],
    innocent: `${stack(lstms)}logits = tf.layers.dense(states[-1][1], 3)\nprobabilities = tf.nn.softmax(logits)\n${trained('logits')}`,
  },
  {
    code: 'activation-before-loss',
    faulty: keras(
      'layers.LSTM(6), layers.Dense(3, activation="softmax")',
      'keras.losses.SparseCategoricalCrossentropy(from_logits=True)',
    ),
    at: 'model.compile',
    mended: ['from_logits=True', 'from_logits=False'],
    innocent: keras('layers.LSTM(6), layers.Dense(3, activation="softmax")'),
  },
  {
    code: 'last-step-of-padded',
    faulty: `${TF1}outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, sequence_length=lengths, dtype=tf.float32)\nlogits = tf.layers.dense(outputs[:, -1], 3)\n${trained('logits')}`,
    at: 'outputs[:, -1]',
    innocent: `${TF1}outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(outputs[:, -1], 3)\n${trained('logits')}`,
  },
  {
    code: 'initial-state-layers',
    faulty: `${TF1}c = tf.placeholder(tf.float32, [None, 6])\nh = tf.placeholder(tf.float32, [None, 6])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(${lstms}), X, initial_state=(c, h))\n`,
    at: '(c, h)',
    innocent: `${TF1}c = tf.placeholder(tf.float32, [None, 6])\nh = tf.placeholder(tf.float32, [None, 6])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, initial_state=(c, h))\n`,
  },
  {
    code: 'one-cell-for-both-directions',
    faulty: `${TF1}cell = tf.nn.rnn_cell.GRUCell(6)\noutputs, states = tf.nn.bidirectional_dynamic_rnn(cell, cell, X, dtype=tf.float32)\n`,
    at: 'tf.nn.bidirectional_dynamic_rnn',
    innocent: `${TF1}make = lambda: tf.nn.rnn_cell.GRUCell(6)\noutputs, states = tf.nn.bidirectional_dynamic_rnn(make(), make(), X, dtype=tf.float32)\n`,
  },
  {
    code: 'return-sequences-missing',
    faulty: keras('layers.LSTM(6), layers.LSTM(5), layers.Dense(3, activation="softmax")'),
    at: 'layers.LSTM(6)',
    mended: ['layers.LSTM(6)', 'layers.LSTM(6, return_sequences=True)'],
    innocent: keras('layers.LSTM(6), layers.RepeatVector(5), layers.LSTM(5), layers.Dense(3, activation="softmax")'),
  },
  {
    code: 'size-mismatch',
    faulty: torch('LSTM(4, 6, batch_first=True, bidirectional=True)', 'self.fc(out.mean(dim=1))'),
    at: 'self.fc(',
    innocent: torch('LSTM(4, 6, batch_first=True, bidirectional=True)', 'self.fc(out.mean(dim=1))', 12),
  },
  {
    code: 'time-major-as-batch-major',
    faulty: torch('LSTM(4, 6)', 'self.fc(out[:, -1])'),
    at: 'out[:, -1]',
    mended: ['LSTM(4, 6)', 'LSTM(4, 6, batch_first=True)'],
    innocent: torch('LSTM(4, 6)', 'self.fc(out[-1])'),
  },
  {
    code: 'last-step-of-bidirectional',
    faulty: torch('LSTM(4, 6, batch_first=True, bidirectional=True)', 'self.fc(out[:, -1])', 12),
    at: 'out[:, -1]',
    innocent: torch('LSTM(4, 6, batch_first=True)', 'self.fc(out[:, -1])'),
  },
  {
    code: 'keep-or-drop',
    faulty: `keep_prob = 0.8\n${keras('layers.LSTM(6), layers.Dropout(keep_prob), layers.Dense(3, activation="softmax")')}`,
    at: 'keep_prob)',
    mended: ['Dropout(keep_prob)', 'Dropout(1 - keep_prob)'],
    innocent: `dropout = 0.8\n${keras('layers.LSTM(6), layers.Dropout(dropout), layers.Dense(3, activation="softmax")')}`,
  },
  {
    code: 'keep-or-drop',
    faulty: `dropout_rate = 0.2\n${stack('[tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(6), output_keep_prob=dropout_rate)]')}`,
    at: 'dropout_rate)',
    mended: ['=dropout_rate)', '=1 - dropout_rate)'],
    innocent: `dropout_keep_prob = 0.8\n${stack('[tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(6), output_keep_prob=dropout_keep_prob)]')}`,
  },
  {
    code: 'keep-or-drop',
    faulty: `KEEP = 0.8\n${torch('LSTM(4, 6, batch_first=True)', 'self.fc(nn.Dropout(KEEP)(out[:, -1]))')}`,
    at: 'KEEP)',
    mended: ['Dropout(KEEP)', 'Dropout(1 - KEEP)'],
    innocent: `KEEP = 0.8\n${torch('LSTM(4, 6, batch_first=True)', 'self.fc(nn.Dropout(1 - KEEP)(out[:, -1]))')}`,
  },
  {
    code: 'states-c-used-as-h',
    faulty: torch('LSTM(4, 6, batch_first=True)', 'self.fc(c_n[0])'),
    at: 'c_n[0]',
    innocent: torch('LSTM(4, 6, batch_first=True)', 'self.fc(h_n[0])'),
  },
  {
    code: 'state-order',
    faulty: unpacked('out, (c_n, h_n) = self.rnn(x)', 'out[:, 0]'),
    at: 'c_n, h_n',
    mended: ['c_n, h_n', 'h_n, c_n'],
    innocent: unpacked('out, (h, c) = self.rnn(x)', 'h[-1]'),
  },
  {
    code: 'state-order',
    faulty: `${TF1}outputs, (h, c) = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(outputs[:, -1], 3)\n${trained('logits')}`,
    at: 'h, c',
    mended: ['(h, c)', '(c, h)'],
    innocent: `${TF1}outputs, (c, h) = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(h, 3)\n${trained('logits')}`,
  },
  {
    code: 'state-order',
    faulty: functional('out, state_c, state_h = layers.LSTM(6, return_state=True)(x)', 'out'),
    at: 'state_c, state_h',
    mended: ['state_c, state_h', 'state_h, state_c'],
    innocent: functional('out, state_h, state_c = layers.LSTM(6, return_state=True)(x)', 'state_h'),
  },
  {
    code: 'state-order',
    faulty: functional(
      'out, h, c = layers.LSTM(6, return_state=True)(x)\nagain = layers.LSTM(6)(x, initial_state=[c, h])',
      'again',
    ),
    at: '[c, h]',
    mended: ['[c, h]', '[h, c]'],
    innocent: functional(
      'out, h, c = layers.LSTM(6, return_state=True)(x)\nagain = layers.LSTM(6)(x, initial_state=[h, c])',
      'again',
    ),
  },
  {
    code: 'state-order',
    faulty: unpacked(
      'c0 = torch.zeros(1, 5, 6)\n        h0 = torch.zeros(1, 5, 6)\n        out, _ = self.rnn(x, (c0, h0))',
      'out[:, -1]',
    ),
    at: '(c0, h0)',
    mended: ['(c0, h0)', '(h0, c0)'],
    innocent: unpacked(
      'c0 = torch.zeros(1, 5, 6)\n        h0 = torch.zeros(1, 5, 6)\n        out, _ = self.rnn(x, (h0, c0))',
      'out[:, -1]',
    ),
  },
  {
    code: 'state-order',
    faulty: `${TF1}c = tf.placeholder(tf.float32, [None, 6])\nh = tf.placeholder(tf.float32, [None, 6])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, initial_state=tf.nn.rnn_cell.LSTMStateTuple(h, c))\n`,
    at: 'tf.nn.rnn_cell.LSTMStateTuple(h, c)',
    mended: ['LSTMStateTuple(h, c)', 'LSTMStateTuple(c, h)'],
    innocent: `${TF1}c = tf.placeholder(tf.float32, [None, 6])\nh = tf.placeholder(tf.float32, [None, 6])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.LSTMCell(6), X, initial_state=tf.nn.rnn_cell.LSTMStateTuple(h=h, c=c))\n`,
  },
  {
    code: 'initial-state-layers',
    faulty: unpacked(
      'h0 = torch.zeros(1, 5, 6)\n        c0 = torch.zeros(1, 5, 6)\n        out, _ = self.rnn(x, (h0, c0))',
      'out[:, -1]',
      'LSTM(4, 6, num_layers=2, batch_first=True)',
    ),
    at: '(h0, c0)',
    innocent: unpacked(
      'h0 = torch.zeros(2, 5, 6)\n        c0 = torch.zeros(2, 5, 6)\n        out, _ = self.rnn(x, (h0, c0))',
      'out[:, -1]',
      'LSTM(4, 6, num_layers=2, batch_first=True)',
    ),
  },
  {
    code: 'initial-state-layers',
    faulty: unpacked(
      'h0 = torch.zeros(1, 5, 6)\n        out, _ = self.rnn(x, h0)',
      'out.mean(dim=1)[:, :6]',
      'GRU(4, 6, batch_first=True, bidirectional=True)',
    ),
    at: 'h0)',
    innocent: unpacked(
      'h0 = torch.zeros(2, 5, 6)\n        out, _ = self.rnn(x, h0)',
      'out.mean(dim=1)[:, :6]',
      'GRU(4, 6, batch_first=True, bidirectional=True)',
    ),
  },
  {
    code: 'initial-state-layers',
    faulty: `${TF1}cell = tf.nn.rnn_cell.LSTMCell(6)\nstack = tf.nn.rnn_cell.MultiRNNCell(${lstms})\noutputs, states = tf.nn.dynamic_rnn(stack, X, initial_state=cell.zero_state(5, tf.float32))\n`,
    at: 'cell.zero_state',
    innocent: `${TF1}stack = tf.nn.rnn_cell.MultiRNNCell(${lstms})\noutputs, states = tf.nn.dynamic_rnn(stack, X, initial_state=stack.zero_state(5, tf.float32))\n`,
  },
  {
    code: 'size-mismatch',
    faulty: functional(
      'out, h, c = layers.LSTM(8, return_state=True)(x)\nagain = layers.LSTM(6)(x, initial_state=[h, c])',
      'again',
    ),
    at: '[h, c]',
    innocent: functional(
      'out, h, c = layers.LSTM(8, return_state=True)(x)\nagain = layers.LSTM(8)(x, initial_state=[h, c])',
      'again',
    ),
  },
  {
    code: 'size-mismatch',
    faulty: `${stack(lstms)}W = tf.Variable(tf.zeros([5, 3]))\nlogits = tf.matmul(states[-1][1], W)\n${trained('logits')}`,
    at: 'tf.matmul(',
    innocent: `${stack(lstms)}W = tf.Variable(tf.zeros([6, 3]))\nlogits = tf.matmul(states[-1][1], W)\n${trained('logits')}`,
  },
  {
    code: 'size-mismatch',
    faulty: `import torch.nn as nn\nnet = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(6, 3))\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.front = net\n        self.rnn = nn.GRU(3, 6, batch_first=True)\n    def forward(self, x):\n        return self.rnn(self.front(x))[0]\n`,
    at: 'self.front(x)',
    innocent: `import torch.nn as nn\nnet = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3))\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.front = net\n        self.rnn = nn.GRU(3, 6, batch_first=True)\n    def forward(self, x):\n        return self.rnn(self.front(x))[0]\n`,
  },
  {
    code: 'stateful-without-batch',
    faulty: keras('layers.LSTM(6, stateful=True), layers.Dense(3, activation="softmax")'),
    at: 'layers.LSTM(6, stateful=True)',
    innocent: keras('layers.LSTM(6, stateful=True), layers.Dense(3, activation="softmax")').replace(
      'Input(shape=(7, 4))',
      'Input(batch_shape=(5, 7, 4))',
    ),
  },
  {
    code: 'stateful-without-batch',
    faulty:
      'from tensorflow.keras.models import Sequential\nfrom tensorflow.keras.layers import LSTM, Dense\nmodel = Sequential()\nmodel.add(LSTM(6, input_shape=(7, 4), stateful=True))\nmodel.add(Dense(1))\nmodel.compile(loss="mse", optimizer="adam")\n',
    at: 'LSTM(6',
    innocent:
      'from tensorflow.keras.models import Sequential\nfrom tensorflow.keras.layers import LSTM, Dense\nmodel = Sequential()\nmodel.add(LSTM(6, batch_input_shape=(5, 7, 4), stateful=True))\nmodel.add(Dense(1))\nmodel.compile(loss="mse", optimizer="adam")\n',
  },
  {
    code: 'option-not-passed-on',
    faulty: stored('hidden, batch_first=True'),
    at: 'self.num_layers = num_layers',
    mended: ['nn.LSTM(4, hidden, batch_first=True)', 'nn.LSTM(4, hidden, batch_first=True, num_layers=num_layers)'],
    innocent: stored('hidden, num_layers, batch_first=True'),
  },
  {
    code: 'option-not-passed-on',
    faulty: stored('hidden, batch_first=True', 'self.num_layers'),
    at: 'self.num_layers = num_layers',
    innocent: stored('hidden, num_layers=self.num_layers, batch_first=True', 'self.num_layers'),
  },
  {
    code: 'time-major-as-batch-major',
    faulty: unpacked(
      'h0 = torch.zeros(1, x.size(0), 6)\n        c0 = torch.zeros(1, x.size(0), 6)\n        out, _ = self.rnn(x, (h0, c0))',
      'out[-1]',
      'LSTM(4, 6)',
    ),
    at: 'x, (h0, c0)',
    mended: ['LSTM(4, 6)', 'LSTM(4, 6, batch_first=True)'],
    innocent: unpacked(
      'h0 = torch.zeros(1, x.size(1), 6)\n        c0 = torch.zeros(1, x.size(1), 6)\n        out, _ = self.rnn(x, (h0, c0))',
      'out[-1]',
      'LSTM(4, 6)',
    ),
  },
  {
    code: 'last-step-of-padded',
    faulty: packed('self.fc(out[:, -1])'),
    at: 'out[:, -1]',
    innocent: packed('self.fc(h_n[-1])'),
  },
  {
    code: 'last-step-of-bidirectional',
    faulty: `${TF1}outputs, states = tf.nn.bidirectional_dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(tf.concat(outputs, 2)[:, -1], 3)\n${trained('logits')}`,
    at: 'tf.concat(outputs, 2)[:, -1]',
    innocent: `${TF1}outputs, states = tf.nn.bidirectional_dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)\nlogits = tf.layers.dense(tf.concat([outputs[0][:, -1], outputs[1][:, 0]], 1), 3)\n${trained('logits')}`,
  },
  {
    code: 'last-step-of-bidirectional',
    faulty: functional('out = layers.Bidirectional(layers.GRU(6, return_sequences=True))(x)', 'out[:, -1]'),
    at: 'out[:, -1]',
    innocent: functional('out = layers.Bidirectional(layers.GRU(6))(x)', 'out'),
  },
  {
    code: 'return-sequences-missing',
    faulty: keras('layers.LSTM(6), layers.TimeDistributed(layers.Dense(3, activation="softmax"))'),
    at: 'layers.LSTM(6)',
    mended: ['layers.LSTM(6)', 'layers.LSTM(6, return_sequences=True)'],
    innocent: keras(
      'layers.LSTM(6, return_sequences=True), layers.TimeDistributed(layers.Dense(3, activation="softmax"))',
    ),
  },
  {
    code: 'one-cell-for-both-directions',
    faulty: functional('one = layers.LSTM(6)\nout = layers.Bidirectional(one, backward_layer=one)(x)', 'out'),
    at: 'layers.Bidirectional(',
    innocent: functional(
      'one = layers.LSTM(6)\nout = layers.Bidirectional(one, backward_layer=layers.LSTM(6, go_backwards=True))(x)',
      'out',
    ),
  },
  {
    code: 'activation-before-loss',
    faulty: `${torch('LSTM(4, 6, batch_first=True)', 'torch.softmax(self.fc(h_n[-1]), dim=1)')}net = Net()\nloss = nn.CrossEntropyLoss()(net(inputs), targets)\n`,
    at: 'nn.CrossEntropyLoss()(',
    mended: ['torch.softmax(self.fc(h_n[-1]), dim=1)', 'self.fc(h_n[-1])'],
    innocent: `${torch('LSTM(4, 6, batch_first=True)', 'torch.log_softmax(self.fc(h_n[-1]), dim=1)')}net = Net()\nloss = nn.NLLLoss()(net(inputs), targets)\n`,
  },
];

/** Well-formed programs near the rules, in which nothing may be found. */
const WELL_FORMED: Readonly<Record<string, string>> = {
  'a part that is kept under the name dropout_prob, as TensorFlow 1 programs have it': `dropout_prob = 0.9\n${stack('[tf.nn.rnn_cell.DropoutWrapper(tf.nn.rnn_cell.GRUCell(6), output_keep_prob=dropout_prob)]')}`,
  'one name for both states': unpacked('out, hidden = self.rnn(x)', 'out[:, -1]'),
  'states of a GRU cell and a context vector': `import torch\nimport torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = nn.GRU(4, 6, batch_first=True)\n    def forward(self, x):\n        c, h = self.rnn(x)\n        return c, h\n`,
  'layers counted to make cells': `import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, num_layers=2):\n        super().__init__()\n        self.num_layers = num_layers\n        self.cells = nn.ModuleList([nn.LSTMCell(4, 4) for _ in range(num_layers)])\n    def forward(self, x):\n        for t in range(7):\n            h, c = self.cells[0](x[:, t])\n        return h\n`,
  'dropout used elsewhere': `import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, dropout=0.2):\n        super().__init__()\n        self.dropout = dropout\n        self.drop = nn.Dropout(dropout)\n        self.rnn = nn.LSTM(4, 6, batch_first=True)\n    def forward(self, x):\n        out, _ = self.rnn(self.drop(x))\n        return out\n`,
  'options passed in a dict': `import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, num_layers=2, **options):\n        super().__init__()\n        self.num_layers = num_layers\n        self.rnn = nn.LSTM(4, 6, **options)\n    def forward(self, x):\n        return self.rnn(x)[0]\n`,
  'a number of layers that others read': `import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self, num_layers=2):\n        super().__init__()\n        self.num_layers = num_layers\n        self.rnn = nn.LSTM(4, 6)\n    def forward(self, x):\n        return self.rnn(x)[0]\nnet = Net()\nprint(net.num_layers)\n`,
  'a decoder that starts from the states of an encoder': functional(
    'out, h, c = layers.LSTM(6, return_state=True)(x)\nout2, h2, c2 = layers.LSTM(6, return_state=True)(x, initial_state=[h, c])',
    'out2',
  ),
  'time-major input of PyTorch, on purpose': `import torch\nimport torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.embed = nn.Embedding(30, 4)\n        self.rnn = nn.GRU(4, 6)\n    def forward(self, tokens):\n        h0 = torch.zeros(1, tokens.size(1), 6)\n        out, h = self.rnn(self.embed(tokens), h0)\n        return out[-1]\n`,
  'a first state from the batch of a batch-first layer': unpacked(
    'h0 = torch.zeros(1, x.size(0), 6)\n        c0 = torch.zeros(1, x.size(0), 6)\n        out, _ = self.rnn(x, (h0, c0))',
    'out[:, -1]',
  ),
  'the steps of a mask in Keras': keras(
    'layers.Masking(), layers.GRU(6, return_sequences=True), layers.GRU(5), layers.Dense(3, activation="softmax")',
  ),
  'stateful with a batch in functional Keras':
    'import keras\nfrom keras import layers\nx = keras.Input(shape=(7, 4), batch_size=5)\nmodel = keras.Model(x, layers.Dense(1)(layers.LSTM(6, stateful=True)(x)))\nmodel.compile(loss="mse", optimizer="adam")\n',
};

describe('diagnostics', () => {
  for (const [what, program] of Object.entries(WELL_FORMED)) {
    it(`say nothing about ${what}`, () => {
      assert.deepEqual(readSource(program, 'python').diagnostics, []);
    });
  }
  for (const { code, faulty, at, mended, innocent } of CASES) {
    it(`${code} is raised at ${at}, and only there (${CASES.filter(one => one.code === code).findIndex(one => one.faulty === faulty) + 1})`, () => {
      const { diagnostics } = readSource(faulty, 'python');
      assert.deepEqual(
        diagnostics.map(one => one.code),
        [code],
      );
      const [{ range, fix }] = diagnostics as [(typeof diagnostics)[number]];
      assert.ok(faulty.slice(range.start).startsWith(at), faulty.slice(range.start, range.end));
      if (mended === undefined) return;
      const text = faulty.slice(0, fix!.range.start) + fix!.text + faulty.slice(fix!.range.end);
      assert.equal(text, faulty.replace(...mended));
      assert.deepEqual(readSource(text, 'python').diagnostics, []);
    });
    it(`${code} is not raised on a program that only looks like it`, () => {
      assert.deepEqual(readSource(innocent, 'python').diagnostics, []);
    });
  }

  it('warns of nothing in the samples, in the fixtures and on the programs that ran in the frameworks', () => {
    const root = join(import.meta.dirname, '../../..');
    const paths = ['extension/samples', 'test/fixtures'].flatMap(folder =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map(name => join(root, folder, name)),
    );
    // One program shares a cell on purpose, to see what TensorFlow makes of it; two have softmax twice.
    const faulty = ['make_contrib.py', 'softmax_then_logits.py', 'softmax_before_cross_entropy.py'];
    const programs = paths.filter(path => /\.(?:py|md)$/.test(path) && !faulty.some(name => path.endsWith(name)));
    assert.ok(programs.filter(path => path.endsWith('model.py')).length >= 82);
    for (const path of programs) {
      const raised = readSource(readFileSync(path, 'utf8'), path.endsWith('.md') ? 'markdown' : 'python')
        .diagnostics.filter(({ severity }) => severity !== 'information')
        .map(({ code, message }) => `${code}: ${formatPhrase(message)}`);
      assert.deepEqual(raised, [], path);
    }
  });
});
