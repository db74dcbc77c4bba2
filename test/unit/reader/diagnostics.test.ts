import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { caseNames, type Folder } from '../reference/cases.ts';

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
    innocent: stack(lstms),
  },
  {
    code: 'activation-before-loss',
    faulty: `${stack(lstms)}logits = tf.nn.softmax(tf.layers.dense(states[-1][1], 3))\n${trained('logits')}`,
    at: 'tf.reduce_mean(',
    innocent: `${stack(lstms)}logits = tf.layers.dense(states[-1][1], 3)\nprobabilities = tf.nn.softmax(logits)\n${trained('logits')}`,
  },
  {
    code: 'activation-before-loss',
    faulty: keras(
      'layers.LSTM(6), layers.Dense(3, activation="softmax")',
      'keras.losses.SparseCategoricalCrossentropy(from_logits=True)',
    ),
    at: 'model.compile',
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
];

describe('diagnostics', () => {
  for (const { code, faulty, at, mended, innocent } of CASES) {
    it(`${code} is raised at ${at}, and only there`, () => {
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

  it('warns of nothing in the samples and on the programs that ran in the frameworks', () => {
    const root = join(import.meta.dirname, '../../..');
    const folders: readonly Folder[] = ['tf1', 'keras2', 'keras3', 'torch'];
    const programs = [
      ...readdirSync(join(root, 'extension/samples')).map(name => ({
        path: join(root, 'extension/samples', name),
        language: name.endsWith('.md') ? 'markdown' : 'python',
      })),
      ...folders.flatMap(folder =>
        caseNames(folder).map(name => ({
          path: join(root, 'test/fixtures/dumps', folder, name, 'model.py'),
          language: 'python',
        })),
      ),
    ];
    for (const { path, language } of programs) {
      const raised = readSource(readFileSync(path, 'utf8'), language)
        .diagnostics.filter(({ severity }) => severity !== 'information')
        .map(({ code, message }) => `${code}: ${formatPhrase(message)}`);
      assert.deepEqual(raised, [], path);
    }
  });
});
