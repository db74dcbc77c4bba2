import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { readSafetensors, type StoredTensor } from '../../../engine/formats/safetensors.ts';
import type { NamedInputs } from '../../../engine/inspection/namedInputs.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import { modelParameters } from '../../../engine/model/parameters.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { convertWeights } from '../../../engine/weights/convert.ts';
import { fittingWeights } from '../../../engine/weights/weights.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });

function modelOf(program: string): ModelSpec {
  const [model] = readSource(program, 'python').models;
  assert.ok(model);
  return model.spec;
}

const tf1 = (cell: string, rest = 'states.h'): ModelSpec =>
  modelOf(`import tensorflow as tf
X = tf.placeholder(tf.float32, [None, 7, 4])
y = tf.placeholder(tf.int32, [None])
cell = ${cell}
outputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)
logits = tf.layers.dense(${rest}, 3, name="softmax")
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.AdamOptimizer(0.01).minimize(loss)
`);
const keras = (...layers: string[]): ModelSpec =>
  modelOf(`import keras
model = keras.Sequential([keras.Input((7, 4)), ${layers.map(layer => `keras.layers.${layer}`).join(', ')}, keras.layers.Dense(3, activation="softmax")])
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy")
`); // prettier-ignore
const torch = (rnn: string, last = 'out[:, -1]', width = 6): ModelSpec =>
  modelOf(`import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.${rnn}
        self.fc = nn.Linear(${width}, 3)

    def forward(self, x):
        out, state = self.rnn(x)
        return self.fc(${last})

model = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for x, y in loader:
    optimizer.zero_grad()
    loss = criterion(model(x), y)
    loss.backward()
    optimizer.step()
`);

const random = new Random(5, 'convert');
const some = (...shape: number[]): StoredTensor => ({
  name: '',
  shape,
  values: Float32Array.from({ length: shape.reduce((n, size) => n * size, 1) }, () => 1.6 * random.uniform() - 0.8),
});

/** Weights with every value random, biases too. */
function weightsFor(spec: ModelSpec): Map<string, StoredTensor> {
  return new Map(modelParameters(spec).map(({ name, shape }) => [name, { ...some(...(shape as number[])), name }]));
}

const X = some(5, 7, 4).values as Float32Array;

/** The loss, and logits as probabilities: Keras' dense layer hands those out. */
function tracedLoss(spec: ModelSpec, weights: ReadonlyMap<string, StoredTensor>): { loss: number; prediction: number[] } {
  const network = backend.createNetwork(spec, { seed: 1, batchSize: 5 });
  network.setParameters(fittingWeights(spec, weights));
  const fed: NamedInputs['inputs'] = new Map(
    spec.inputs.map(({ id, role }) => [
      id,
      role === 'target' ? { shape: [5], values: [0, 1, 2, 1, 0] } : { shape: [5, 7, 4], values: X },
    ]),
  );
  const tensors = programTensors(spec, network, { inputs: fed });
  const named = (name: string) => tensors.find(one => one.name === name)?.values;
  const given = named('logits');
  return { loss: named('loss')![0]!, prediction: [...(given ? softmax(given) : named('dense')!)] };
} // prettier-ignore

function softmax(logits: Float32Array): number[] {
  const powers = Array.from(logits, Math.exp);
  return powers.map((power, k) => {
    const row = Math.floor(k / 3) * 3;
    return power / (powers[row]! + powers[row + 1]! + powers[row + 2]!);
  });
}

function assertSameFunction(from: ModelSpec, to: ModelSpec): void {
  const weights = weightsFor(from);
  const converted = new Map(convertWeights(from, weights, to).map(one => [one.name, one]));
  const [own, other] = [tracedLoss(from, weights), tracedLoss(to, converted)];
  for (const [k, value] of [own.loss, ...own.prediction].entries()) {
    const found = [other.loss, ...other.prediction][k]!;
    assert.ok(Math.abs(value - found) <= 1e-6, `value ${k}: ${found} instead of ${value}`);
  }
}

const STACK = 'tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.BasicLSTMCell(6), tf.nn.rnn_cell.BasicLSTMCell(5)])';
const KERAS_STACK = ['LSTM(6, return_sequences=True)', 'LSTM(5)'];

describe('weights carried over to another framework give the same loss and probabilities, to 1e-6', () => {
  const pairs: readonly (readonly [string, () => ModelSpec, () => ModelSpec])[] = [
    ['TF1 LSTM and Keras: gates in another order, forget bias moved', () => tf1('tf.nn.rnn_cell.BasicLSTMCell(6)'), () => keras('LSTM(6)')],
    ['TF1 LSTM with a forget bias of its own and PyTorch', () => tf1('tf.nn.rnn_cell.LSTMCell(6, forget_bias=0.5)'), () => torch('LSTM(4, 6, batch_first=True)')],
    ['a TF1 stack and Keras layers', () => tf1(STACK, 'states[-1].h'), () => keras(...KERAS_STACK)],
    ['a TF1 RNN and Keras', () => tf1('tf.nn.rnn_cell.BasicRNNCell(6)', 'states'), () => keras('SimpleRNN(6)')],
    ['a TF1 GRU and Keras with reset_after=False', () => tf1('tf.nn.rnn_cell.GRUCell(6)', 'states'), () => keras('GRU(6, reset_after=False)')],
    ['PyTorch LSTM layers and Keras: two biases summed', () => torch('LSTM(4, 6, num_layers=2, batch_first=True)'), () => keras('LSTM(6, return_sequences=True)', 'LSTM(6)')],
    ['PyTorch GRU and Keras with reset_after=True', () => torch('GRU(4, 6, batch_first=True)', 'state[-1]'), () => keras('GRU(6)')],
    ['PyTorch RNN and TF1', () => torch('RNN(4, 6, batch_first=True)'), () => tf1('tf.nn.rnn_cell.BasicRNNCell(6)', 'states')],
    ['PyTorch LSTM in both directions and Keras', () => torch('LSTM(4, 6, batch_first=True, bidirectional=True)', 'torch.cat([state[0][0], state[0][1]], 1)', 12), () => keras('Bidirectional(keras.layers.LSTM(6))')],
  ]; // prettier-ignore
  for (const [title, first, second] of pairs) {
    it(title, () => {
      assertSameFunction(first(), second());
    });
    it(`${title}, the other way`, () => {
      assertSameFunction(second(), first());
    });
  }
});

describe('weights of other functions are refused with the reason', () => {
  const refused = (from: ModelSpec, to: ModelSpec, reason: RegExp): void => {
    assert.throws(() => convertWeights(from, weightsFor(from), to), { code: 'unsupported', message: reason });
  };

  it('a TF1 GRU and one with reset_after', () => {
    const from = tf1('tf.nn.rnn_cell.GRUCell(6)', 'states');
    const reason =
      /GRUCell and GRU compute different functions: the reset gate is applied before the recurrent product/;
    refused(from, keras('GRU(6)'), reason);
    refused(from, torch('GRU(4, 6, batch_first=True)'), reason);
  });

  it('other activations, units, cells, numbers of layers', () => {
    const from = keras('LSTM(6)');
    refused(from, keras('LSTM(6, activation="relu")'), /activation is tanh here and relu there/);
    refused(from, keras('LSTM(5)'), /units is 6 here and 5 there/);
    refused(from, keras('GRU(6)'), /cell is lstm here and gru there/);
    refused(from, keras(...KERAS_STACK), /has 1 recurrent layers \(directions counted\), but .* has 2/);
  });

  it('a bias that the other model does not have', () => {
    refused(keras('LSTM(6)'), keras('LSTM(6, use_bias=False)'), /LSTM has no bias, but LSTM has/);
  });

  it('a head that reads something else', () => {
    const from = tf1('tf.nn.rnn_cell.BasicLSTMCell(6)', 'states.c');
    refused(from, keras('LSTM(6)'), /softmax reads c of layer 1 \(forward\) after the last step, but dense reads h of/);
  });
});

describe('weights from outside', () => {
  const spec = keras('LSTM(6)');
  const fails = (change: (weights: Map<string, StoredTensor>) => unknown, code: string, message: RegExp): void => {
    const weights = weightsFor(spec);
    change(weights);
    assert.throws(() => fittingWeights(spec, weights), { code, message });
  };

  it('are refused when one is missing, surplus, of another shape or not finite', () => {
    const name = 'sequential/lstm/lstm_cell/kernel';
    fails(weights => weights.delete(name), 'unknown', /The weight sequential\/lstm\/lstm_cell\/kernel \[4, 24\] is missing/);
    fails(weights => weights.set('more', some(2)), 'unknown', /The model has no weight more; it has sequential\/lstm/);
    fails(weights => weights.set(name, some(24, 4)), 'invalid-shape', /must be \[4, 24\], but is \[24, 4\]/);
    fails(weights => (weights.get(name)!.values[7] = NaN), 'invalid-shape', /must be finite, but value 7 is NaN/);
  }); // prettier-ignore

  it('fit as Keras itself has stored them', () => {
    const path = join(import.meta.dirname, '../../fixtures/dumps/keras3/lstm/weights.safetensors');
    const { tensors } = readSafetensors(readFileSync(path), path);
    assert.equal(fittingWeights(spec, tensors).length, 5);
  });
});
