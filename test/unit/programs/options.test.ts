import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { feedProgram, type NamedInputs } from '../../../engine/inspection/namedInputs.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
const ROWS = 4;

/** The one model of a program, of which nothing is open, after one training step on made-up rows. */
function trained(program: string): ModelSpec {
  const { models } = readSource(program, 'python');
  assert.equal(models.length, 1);
  const { spec, open } = models[0]!;
  assert.deepEqual([open, unsupported(spec)], [[], []]);
  const network = backend.createNetwork(spec, { seed: 1, batchSize: ROWS });
  const first = network.trainStep(feedProgram(spec, madeUp(spec)).batch).loss;
  const second = network.trainStep(feedProgram(spec, madeUp(spec)).batch).loss;
  assert.ok(Number.isFinite(first) && second !== first, `${first}, then ${second}`);
  return spec;
}

function madeUp({ inputs }: ModelSpec): NamedInputs {
  const tensors = inputs.map(({ id, axes, dtype, timeMajor }) => {
    const sizes = axes.map(({ size }) => (typeof size === 'number' ? size : 5));
    const shape = timeMajor === true ? [sizes[0]!, ROWS, ...sizes.slice(1)] : [ROWS, ...sizes];
    const count = shape.reduce((product, size) => product * size, 1);
    const values = Array.from({ length: count }, (_, k) => (dtype.startsWith('int') ? k % 2 : Math.sin(k + 1)));
    return [id, { shape, values }] as const;
  });
  return { inputs: new Map(tensors) };
}

const keras = (layers: string, imported = 'import keras'): string => `${imported}
model = keras.Sequential([keras.Input((5, 3)), ${layers}])
model.compile(optimizer="adam", loss="mse")
`;
const tensorflow1 = (lines: string): string => `import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 5, 3])
y = tf.placeholder(tf.int32, [None])
${lines}
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.AdamOptimizer(0.01).minimize(loss)
`;
const pytorch = (made: string, applied: string): string => `import torch
from torch import nn
import torch.nn.functional as F
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 6, batch_first=True)
        self.linear = nn.Linear(6, 4)
        ${made}
    def forward(self, x):
        outputs, h = self.rnn(x)
        return ${applied}
net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
for x, y in loader:
    optimizer.zero_grad()
    criterion(net(x), y).backward()
    optimizer.step()
`;

describe('options of cells and activations are read, and one step of training runs in WebAssembly', () => {
  const layers: readonly (readonly [layers: string, expected: Record<string, unknown>])[] = [
    ['keras.layers.LSTM(4, dropout=0.5, implementation=1), keras.layers.Dense(2)', { implementation: 1 }],
    ['keras.layers.GRU(4, implementation=2), keras.layers.Dense(2)', {}],
    ['keras.layers.LSTM(4, activation="leaky_relu"), keras.layers.Dense(2)', { activation: 'leaky_relu' }],
    ['keras.layers.SimpleRNN(4, activation=keras.layers.LeakyReLU(0.1)), keras.layers.Dense(2)', { activation: 'leaky_relu', negativeSlope: 0.1 }],
    ['keras.layers.GRU(4), keras.layers.LeakyReLU(), keras.layers.Dense(2)', { activation: 'leaky_relu', negativeSlope: 0.3 }],
    ['keras.layers.GRU(4), keras.layers.LeakyReLU(alpha=0.2), keras.layers.Dense(2)', { activation: 'leaky_relu' }],
    ['keras.layers.GRU(4), keras.layers.LeakyReLU(negative_slope=0.05), keras.layers.Dense(2)', { activation: 'leaky_relu', negativeSlope: 0.05 }],
    ['keras.layers.GRU(4), keras.layers.ReLU(max_value=6), keras.layers.Dense(2)', { activation: 'relu6' }],
    ['keras.layers.GRU(4), keras.layers.Dense(2, activation=keras.layers.LeakyReLU(0.1))', { activation: 'leaky_relu', negativeSlope: 0.1 }],
    ['keras.layers.GRU(4), keras.layers.Dense(2, activation="gelu")', { activation: 'gelu' }],
  ]; // prettier-ignore
  for (const [written, expected] of layers) {
    it(`Keras: ${written}`, () => {
      const { nodes } = trained(keras(written));
      const found = nodes.map(node => ({ ...node, ...(node.op === 'recurrent' ? node.cells[0] : {}) }));
      assert.ok(found.some(one => matches(one, expected)), JSON.stringify(nodes)); // prettier-ignore
    });
  }

  it('Keras: gelu(x, approximate=True) and leaky_relu(x, 0.1) in the functional API', () => {
    const { nodes } = trained(`import keras
inputs = keras.Input((5, 3))
x = keras.layers.LSTM(4)(inputs)
x = keras.activations.gelu(x, approximate=True)
x = keras.activations.leaky_relu(x, 0.1)
model = keras.Model(inputs, keras.layers.Dense(2)(x))
model.compile(optimizer="adam", loss="mse")
`);
    const found = nodes.flatMap(node => (node.op === 'activation' ? [[node.activation, node.negativeSlope]] : []));
    assert.deepEqual(found, [['gelu_tanh', undefined], ['leaky_relu', 0.1]]); // prettier-ignore
  });

  const modules = [
    ['self.act = nn.LeakyReLU(0.1)', 'self.linear(self.act(h[-1]))', ['leaky_relu', 0.1]],
    ['self.act = nn.LeakyReLU()', 'self.linear(self.act(h[-1]))', ['leaky_relu', undefined]],
    ["self.act = nn.GELU(approximate='tanh')", 'self.linear(self.act(h[-1]))', ['gelu_tanh', undefined]],
    ['self.act = nn.GELU()', 'self.linear(self.act(h[-1]))', ['gelu', undefined]],
    ['pass', 'self.linear(F.leaky_relu(h[-1], 0.1))', ['leaky_relu', 0.1]],
    ['pass', 'self.linear(F.leaky_relu(h[-1], negative_slope=0.3))', ['leaky_relu', 0.3]],
    ['pass', "self.linear(F.gelu(h[-1], approximate='tanh'))", ['gelu_tanh', undefined]],
    ['pass', 'self.linear(F.elu(h[-1]))', ['elu', undefined]],
    ['pass', 'self.linear(F.silu(h[-1]))', ['swish', undefined]],
  ] as const;
  for (const [made, applied, expected] of modules) {
    it(`PyTorch: ${made === 'pass' ? applied : made}`, () => {
      const [found] = trained(pytorch(made, applied)).nodes.flatMap(node => (node.op === 'activation' ? [node] : []));
      assert.deepEqual([found?.activation, found?.negativeSlope], expected);
    });
  }

  it('PyTorch: the first axis of made-up rows and targets is the batch', () => {
    const { inputs } = trained(`import torch
from torch import nn
rnn = nn.GRU(5, 6, batch_first=True)
linear = nn.Linear(6, 2)
optimizer = torch.optim.SGD(list(rnn.parameters()) + list(linear.parameters()), lr=0.4)
x, y = torch.randn(4, 3, 5), torch.randn(4, 3, 2)
outputs, h = rnn(x)
loss = nn.MSELoss()(linear(outputs), y)
loss.backward()
optimizer.step()
`);
    assert.deepEqual(inputs.map(({ axes }) => axes.map(({ name, size }) => `${name} ${size}`)), [['steps 3', 'features 5'], ['steps 3', 'features 2']]);
  }); // prettier-ignore

  it('TensorFlow 1: tf.nn.leaky_relu(x, alpha=0.1) on a tensor, and as the activation of a cell', () => {
    const lines = `outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicRNNCell(6, activation=tf.nn.leaky_relu), X, dtype=tf.float32)
logits = tf.layers.dense(tf.nn.leaky_relu(state, alpha=0.1), 4, activation=tf.nn.elu)`;
    const { nodes } = trained(tensorflow1(lines));
    const [cells, leaky, dense] = nodes;
    assert.ok(cells?.op === 'recurrent' && leaky?.op === 'activation' && dense?.op === 'dense');
    assert.deepEqual([cells.cells[0]!.activation, leaky.activation, leaky.negativeSlope, dense.activation], ['leaky_relu', 'leaky_relu', 0.1, 'elu']); // prettier-ignore
  });

  const cells: readonly (readonly [lines: string, expected: Record<string, unknown>])[] = [
    ['tf.contrib.rnn.CoupledInputForgetGateLSTMCell(6, layer_norm=True, norm_gain=0.5, norm_shift=0.1)', { coupledInputForget: true, layerNorm: { gain: 0.5, shift: 0.1 } }],
    ['tf.contrib.rnn.CoupledInputForgetGateLSTMCell(6, use_peepholes=True)', { coupledInputForget: true, peepholes: true }],
    ['tf.contrib.rnn.LayerNormBasicLSTMCell(6)', { layerNorm: { gain: 1, shift: 0 } }],
    ['tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(6)', { className: 'CudnnCompatibleLSTMCell' }],
    ['tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(6)', { className: 'CudnnCompatibleGRUCell' }],
    ['tf.contrib.rnn.LSTMBlockCell(6)', { className: 'LSTMBlockCell' }],
    ['tf.contrib.rnn.GRUBlockCellV2(6)', { className: 'GRUBlockCellV2' }],
  ]; // prettier-ignore
  for (const [cell, expected] of cells) {
    it(`TensorFlow 1: ${cell}`, () => {
      const lines = `outputs, state = tf.nn.dynamic_rnn(${cell}, X, dtype=tf.float32)\nlogits = tf.layers.dense(outputs[:, -1], 4)`;
      const [node] = trained(tensorflow1(lines)).nodes;
      assert.ok(node?.op === 'recurrent');
      assert.ok(matches(node.cells[0]!, expected), JSON.stringify(node.cells[0]));
    });
  }

  it('TensorFlow 1: first states that are learned, one row for the whole batch', () => {
    const lines = (state: string): string => `batch_size = tf.shape(X)[0]
with tf.variable_scope('first'):
    c = tf.get_variable('c', [1, 6])
    h = tf.get_variable('h', shape=[1, 6], initializer=tf.zeros_initializer())
outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.BasicLSTMCell(6), X, initial_state=${state})
logits = tf.layers.dense(outputs[:, -1], 4)`;
    const tiled = 'tf.nn.rnn_cell.LSTMStateTuple(tf.tile(c, [batch_size, 1]), tf.tile(h, [batch_size, 1]))';
    const [node] = trained(tensorflow1(lines(tiled))).nodes;
    assert.ok(node?.op === 'recurrent');
    assert.deepEqual(node.initialState, { kind: 'learned', names: ['first/c', 'first/h'] });
    const whole = readSource(tensorflow1(lines('tf.nn.rnn_cell.LSTMStateTuple(c, h)')), 'python').models[0]!;
    assert.equal(whole.open.length, 1);
  });

  it('TensorFlow 1: learned first states of both directions; of one alone they are open', () => {
    const lines = (states: string): string => `batch_size = tf.shape(X)[0]
first = tf.tile(tf.get_variable('first', [1, 6]), [batch_size, 1])
last = tf.tile(tf.get_variable('last', [1, 6]), [batch_size, 1])
outputs, states = tf.nn.bidirectional_dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32, ${states})
logits = tf.layers.dense(tf.concat(states, 1), 4)`;
    const nodes = trained(tensorflow1(lines('initial_state_fw=first, initial_state_bw=last'))).nodes;
    const node = nodes.find(one => one.op === 'recurrent');
    assert.deepEqual(node?.initialState, { kind: 'learned', names: ['first', 'last'] });
    const one = readSource(tensorflow1(lines('initial_state_fw=first')), 'python').models[0]!;
    assert.equal(one.open.length, 1);
  });

  it('TensorFlow 1: lengths by the helper length(x), and the 2 best by in_top_k', () => {
    const lines = `def length(sequence):
    used = tf.sign(tf.reduce_max(tf.abs(sequence), reduction_indices=2))
    length = tf.reduce_sum(used, reduction_indices=1)
    return tf.cast(length, tf.int32)
outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32, sequence_length=length(X))
logits = tf.layers.dense(state, 4)
accuracy = tf.reduce_mean(tf.cast(tf.nn.in_top_k(logits, y, 2), tf.float32))`;
    const { nodes, training } = trained(tensorflow1(lines));
    const [count, node] = nodes;
    assert.ok(count?.op === 'count_steps' && node?.op === 'recurrent');
    assert.deepEqual([count.input, node.sequenceLength], [{ from: 'X' }, { from: count.id }]);
    assert.deepEqual(training.metrics, [{ kind: 'accuracy', topK: 2 }]);
  });

  for (const [name, states] of [['LSTM', '(h, c)'], ['GRU', '(h,)'], ['RNNTanh', '(h,)'], ['RNNRelu', '(h,)']] as const) {
    for (const options of ['2, 6', "1, 6, direction='bidirectional'"]) {
      it(`TensorFlow 1: Cudnn${name}(${options})`, () => {
        const lines = `net = tf.contrib.cudnn_rnn.Cudnn${name}(${options})
outputs, ${states} = net(tf.transpose(X, [1, 0, 2]))
logits = tf.layers.dense(outputs[-1], 4)`;
        const [node] = trained(tensorflow1(lines)).nodes;
        assert.ok(node?.op === 'recurrent' && node.cells[0]!.className === `Cudnn${name}`);
      });
    }
  } // prettier-ignore
});

function matches(found: object, expected: Record<string, unknown>): boolean {
  const own = found as Record<string, unknown>;
  const keys = new Set([...Object.keys(expected), ...('activation' in expected ? ['negativeSlope'] : [])]);
  return [...keys].every(key => JSON.stringify(own[key]) === JSON.stringify(expected[key]));
}
