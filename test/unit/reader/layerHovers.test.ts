import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';
import type { LayerValue } from '../../../engine/reader/reading.ts';
import { hoverText } from '../../../extension/language/hoverText.ts';
import { caseNames, type Folder } from '../reference/cases.ts';

const dumps = join(import.meta.dirname, '../../fixtures/dumps');
const program = (path: string): string => readFileSync(join(dumps, path, 'model.py'), 'utf8');

/** The layer under a name in a program. */
function layerAt(text: string, name: string): LayerValue {
  const found = readSource(text, 'python').symbols.find(symbol => symbol.text === name)?.value;
  assert.ok(found?.kind === 'layer', name);
  return found;
}

/** What a hover says of a layer: weights and equations as the framework has them. */
const LAYERS: readonly { readonly path: string; readonly name: string; readonly says: readonly string[] }[] = [
  {
    path: 'tf1/lstm_peephole_projection_clip_lengths',
    name: 'cell',
    says: [
      'i, j, f, o = split([x(t); h(t-1)] W + b)',
      'c(t) = clip(σ(f + 1 + w_f * c(t-1)) * c(t-1) + σ(i + w_i * c(t-1)) * tanh(j), ±0.5)',
      'm(t) = σ(o + w_o * c(t)) * tanh(c(t))',
      'h(t) = clip(m(t) P, ±0.25)',
      'rnn/lstm_cell/projection/kernel  [8, 5]',
      '384 parameters · gates in this order in the weights: i, j, f, o',
    ],
  },
  {
    path: 'tf1/lstm_forget_bias_0_relu',
    name: 'cell',
    says: ['c(t) = σ(f) * c(t-1) + σ(i) * relu(j)', 'h(t) = σ(o) * relu(c(t))'],
  },
  {
    path: 'tf1/gru',
    name: 'tf.nn.rnn_cell.GRUCell',
    says: ['n(t) = tanh([x(t); r * h(t-1)] V + d)', 'h(t) = u * h(t-1) + (1 - u) * n(t)', 'in the weights: r, u'],
  },
  {
    path: 'keras3/lstm_no_bias_relu',
    name: 'layers.LSTM',
    says: ['i, f, g, o = split(x(t) W + h(t-1) U)', 'h(t) = σ(o) * relu(c(t))', 'in the weights: i, f, g, o'],
  },
  {
    path: 'keras3/gru',
    name: 'layers.GRU',
    says: [
      'n(t) = tanh(x_h + r * u_h)',
      'gru/gru_cell/bias              [2, 18]',
      '216 parameters',
      'weights: z, r, h',
    ],
  },
  { path: 'keras2/gru_reset_before', name: 'layers.GRU', says: ['n(t) = tanh(x_h + (r * h(t-1)) U_h)'] },
  {
    path: 'keras3/lstm_hard_sigmoid',
    name: 'layers.LSTM',
    says: ['hard_sigmoid(f) * c(t-1)', 'this is read as Keras 3'],
  },
  { path: 'keras2/lstm_hard_sigmoid', name: 'layers.LSTM', says: ['this is read as Keras 2'] },
  {
    path: 'torch/lstm_bidirectional_layers',
    name: 'nn.LSTM',
    says: ['split(W_ih x(t) + b_ih + W_hh h(t-1) + b_hh)', 'rnn.weight_ih_l0_reverse', 'in the weights: i, f, g, o'],
  },
  { path: 'torch/lstm_no_bias', name: 'nn.LSTM', says: ['i, f, g, o = split(W_ih x(t) + W_hh h(t-1))'] },
  { path: 'torch/gru', name: 'self.rnn', says: ['n(t) = tanh(x_n + r * u_n)', 'in the weights: r, z, n'] },
  { path: 'torch/rnn_relu_layers', name: 'nn.RNN', says: ['h(t) = relu(W_ih x(t) + b_ih + W_hh h(t-1) + b_hh)'] },
  { path: 'torch/gru', name: 'self.fc', says: ['y = W x + b', 'fc.weight  [3, 6]', '21 parameters'] },
];

describe('hovers on cells and layers', () => {
  for (const { path, name, says } of LAYERS) {
    it(`say of ${name} in ${path} what its framework computes`, () => {
      const text = program(path);
      const symbol = readSource(text, 'python').symbols.find(one => one.text === name)!;
      const shown = hoverText(symbol, formatPhrase).replaceAll('\\', '');
      for (const part of says) assert.ok(shown.includes(part), `${part} in\n${shown}`);
    });
  }

  it('give one cell of a stack its own weights, and the stack all of them', () => {
    const text = `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 7, 4])
bottom = tf.nn.rnn_cell.GRUCell(6)
top = tf.nn.rnn_cell.GRUCell(5)
stack = tf.nn.rnn_cell.MultiRNNCell([bottom, top])
outputs, states = tf.nn.dynamic_rnn(stack, X, dtype=tf.float32)
`;
    const counts = ['bottom', 'top', 'stack'].map(name => layerAt(text, name).count);
    assert.deepEqual(counts, [3 * (10 * 6 + 6), 3 * (11 * 5 + 5), 198 + 180]);
  });

  it('say nothing of weights where a layer is in no model', () => {
    const layer = layerAt('import tensorflow as tf\ncell = tf.nn.rnn_cell.GRUCell(6)\n', 'cell');
    assert.equal(layer.parameters, undefined);
    assert.deepEqual(layer.gates, ['r', 'u']);
  });

  it('count the weights of every layer of the programs that ran in the frameworks', () => {
    for (const folder of ['tf1', 'keras2', 'keras3', 'torch'] satisfies Folder[]) {
      for (const name of caseNames(folder)) {
        const { symbols } = readSource(program(`${folder}/${name}`), 'python');
        const layers = symbols.filter(({ value, model }) => value.kind === 'layer' && model !== undefined);
        assert.ok(layers.length > 0, `${folder}/${name}`);
        for (const { value, text } of layers)
          assert.ok(value.kind === 'layer' && (value.count ?? 0) > 0, `${text} in ${folder}/${name}`);
      }
    }
  });
});
