import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { readiness, sizesOf, withSizes } from '../../../engine/data/dataSizes.ts';
import { demandOf } from '../../../engine/data/demand.ts';
import type { FileChoices } from '../../../engine/data/fileData.ts';
import { headOf, loadFile, plan } from '../../../engine/data/files/plan.ts';
import { isDemand } from '../../../engine/data/ownFile.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import { writeNpy } from '../../../engine/formats/npy.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { evaluateSize, fillSizes, solveSize } from '../../../engine/model/openSizes.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import type { ModelReading } from '../../../engine/reader/reading.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { BatchReader } from '../../../engine/training/batches.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';

const backend = createWasmBackend(KERNEL_BYTES);

/** An array in npy whose values count from 0 and begin again after `period`. */
const npy = (shape: readonly number[], period: number): Uint8Array => {
  const size = shape.reduce((product, axis) => product * axis, 1);
  return new Uint8Array(writeNpy({ shape, values: Float32Array.from({ length: size }, (_, place) => place % period) }));
};

const read = (text: string): ModelReading => readSource(text, 'python').models[0]!;

/** The characters of a text by their numbers, in PyTorch. */
const characterModel = (embedding = 'vocab_size', hidden = '8'): ModelReading =>
  read(`import torch, sys
import torch.nn as nn
text = open('play.txt').read()
chars = sorted(set(text))
vocab_size = len(chars)
hidden_size = ${hidden}
class CharRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(${embedding}, 4)
        self.rnn = nn.GRU(4, hidden_size, batch_first=True)
        self.fc = nn.Linear(hidden_size, vocab_size)
    def forward(self, x):
        out, _ = self.rnn(self.emb(x))
        return self.fc(out)
model = CharRNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
loss = criterion(model(x).transpose(1, 2), y)
loss.backward()
optimizer.step()
`);

/** Columns of a table or arrays, in Keras. */
const seriesModel = (features = 'X.shape[2]', values = '1', loss = 'mse'): ModelReading =>
  read(`import numpy as np
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import LSTM, Dense
X, y, n_classes = make()
model = Sequential()
model.add(LSTM(4, input_shape=(X.shape[1], ${features})))
model.add(Dense(${values}))
model.compile(loss='${loss}', optimizer='adam')
`);

describe('sizes that the data knows', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'sizes-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const load = async (name: string, content: string | Uint8Array, spec: ModelSpec, choices: FileChoices = {}): Promise<Dataset> => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const demand = demandOf(spec);
    assert.ok(isDemand(demand));
    return (await loadFile(plan(path, await headOf(path, choices), demand, choices), demand, {})).dataset;
  }; // prettier-ignore
  /** The model with the sizes of its data, which must learn from it. */
  const filled = (spec: ModelSpec, dataset: Dataset): ModelSpec => {
    const known = fillSizes(spec, sizesOf(spec, dataset));
    const network = backend.createNetwork(known, { seed: 1, batchSize: 4 });
    const batch = new BatchReader(dataset, dataset.train, 4).read([0, 1, 2, 3]);
    const before = network.trainStep(batch).loss;
    for (let step = 0; step < 20; step++) network.trainStep(batch);
    assert.ok(network.evaluate(batch).loss < before);
    network.dispose();
    return known;
  };
  const sizeOf = (spec: ModelSpec, op: 'dense' | 'embedding'): unknown => {
    const node = spec.nodes.find(one => one.op === op);
    return node?.op === 'dense' ? node.units : node?.op === 'embedding' ? node.vocabulary : undefined;
  };
  const TEXT = 'to be or not to be, '.repeat(80); // 8 different characters

  it('the different characters of a text are its vocabulary and its classes', async () => {
    const { spec } = characterModel();
    const known = filled(spec, await load('play.txt', TEXT, spec));
    assert.deepEqual([sizeOf(known, 'embedding'), sizeOf(known, 'dense')], [8, 8]);
  });

  it('an embedding with a row more than there are classes keeps it', async () => {
    const { spec } = characterModel('vocab_size + 1');
    const known = filled(spec, await load('play.txt', TEXT, spec));
    assert.deepEqual([sizeOf(known, 'embedding'), sizeOf(known, 'dense')], [9, 8]);
  });

  it('the columns of a table that are read are its features', async () => {
    const { spec } = seriesModel();
    const table = 'day,price,volume\n' + Array.from({ length: 300 }, (_, n) => `${n},${n % 7},${n % 5}`).join('\n');
    const known = filled(spec, await load('prices.csv', table, spec, { inputs: ['price', 'volume'], window: 6 }));
    assert.deepEqual(known.inputs[0]?.axes.map(({ size }) => size), [6, 2]); // prettier-ignore
  });

  it('the words of a column are the classes', async () => {
    const { spec } = seriesModel('2', 'n_classes', 'sparse_categorical_crossentropy');
    const softmax = spec.nodes.map(node => (node.op === 'dense' ? { ...node, activation: 'softmax' as const } : node));
    const table = 'a,b,move\n' + Array.from({ length: 300 }, (_, n) => `${n % 7},${n % 5},${['up', 'down', 'stay'][n % 3]!}`).join('\n'); // prettier-ignore
    const known = filled({ ...spec, nodes: softmax }, await load('moves.csv', table, spec, { window: 5 }));
    assert.equal(sizeOf(known, 'dense'), 3);
  });

  it('the last axis of an array [N, T, D] is its features, the one before it its steps', async () => {
    const { spec } = seriesModel();
    writeFileSync(join(folder, 'y.npy'), npy([30, 1], 3));
    const known = filled(spec, await load('X.npy', npy([30, 5, 2], 11), spec)); // prettier-ignore
    assert.deepEqual(known.inputs[0]?.axes.map(({ size }) => size), [5, 2]); // prettier-ignore
  });

  it('one name that would have to be two sizes is told', async () => {
    const { spec } = seriesModel('n_classes', 'n_classes');
    const table = 'price,volume\n' + Array.from({ length: 300 }, (_, n) => `${n % 7},${n % 5}`).join('\n');
    const dataset = await load('two.csv', table, spec, { inputs: ['price', 'volume'], targets: ['price'] });
    assert.throws(() => sizesOf(spec, dataset), /"n_classes" would have to be 2 and 1/);
  });

  it('are no obstacle to training, and are named', () => {
    const { spec, open } = characterModel();
    assert.deepEqual(readiness(spec, open), { obstacles: [], ofTheData: ['vocab_size'], ofThePerson: [] });
  });

  it('are not those that only the person knows, who gives them', () => {
    const model = characterModel('vocab_size', 'int(sys.argv[1])');
    const asked = readiness(model.spec, model.open);
    assert.deepEqual(asked, { obstacles: [], ofTheData: ['vocab_size'], ofThePerson: ['hidden_size'] });
    const given = withSizes(model, new Map([['hidden_size', 24]]));
    assert.deepEqual(readiness(given.spec, given.open), { obstacles: [], ofTheData: ['vocab_size'], ofThePerson: [] });
    const node = given.spec.nodes.find(({ op }) => op === 'recurrent');
    assert.equal(node?.op === 'recurrent' && node.cells[0]!.units, 24);
  });

  it('that stand in a product, or for every layer, are asked for once', () => {
    const { spec, open } = read(`from tensorflow import keras
from tensorflow.keras import layers
def build(n_hidden):
    model = keras.Sequential([keras.Input((28, 28)), layers.LSTM(n_hidden, return_sequences=True), layers.LSTM(n_hidden * 2), layers.Dense(10)])
    model.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True), optimizer='adam')
    return model
`);
    assert.deepEqual(readiness(spec, open), { obstacles: [], ofTheData: [], ofThePerson: ['n_hidden'] });
  });

  it('what is open beside sizes remains an obstacle', () => {
    const { spec, open } = read(`import torch.nn as nn, torch
class Net(nn.Module):
    def __init__(self, hidden_size, num_layers):
        super().__init__()
        self.lstm = nn.LSTM(8, hidden_size, num_layers, batch_first=True)
        self.fc = nn.Linear(hidden_size, 3)
    def forward(self, x):
        return self.fc(self.lstm(x)[0][:, -1])
`);
    const { obstacles } = readiness(spec, open);
    assert.ok(obstacles.some(one => formatPhrase(one) === 'the number of layers is not known: num_layers'));
    assert.ok(!obstacles.some(one => formatPhrase(one).includes('hidden_size')));
  });

  it('a model whose sizes are known, or whose steps alone are open, waits for none', () => {
    const { spec, open } = seriesModel('3', '1');
    assert.deepEqual(readiness(spec, open), { obstacles: [], ofTheData: [], ofThePerson: [] });
  });

  describe('in sums and products', () => {
    const sizes = new Map([['n', 6], ['len(a + b)', 2]]); // prettier-ignore
    for (const [text, value] of [
      ['n', 6],
      ['2·n + 1', 13],
      ['4 · (n + 2)', 32],
      ['n // 4', 1],
      ['-n + 10', 4],
      ['n - 1 - len(a + b)', 3],
      ['m', undefined],
      ['n + m', undefined],
    ] as const)
      // prettier-ignore
      it(`${text} is ${value ?? 'not known'} where n is 6`, () => {
        assert.equal(evaluateSize(text, sizes), value);
      });
    for (const [text, value, found] of [
      ['v + 1', 66, ['v', 65]],
      ['2·v', 10, ['v', 5]],
      ['2·v', 11, undefined],
      ['v·w', 6, undefined],
      ['v + n', 7, ['v', 1]],
      ['v + n', 6, undefined],
    ] as const)
      // prettier-ignore
      it(`${text} = ${value} gives ${found?.join(' = ') ?? 'nothing'}`, () => {
        assert.deepEqual(solveSize(text, value, sizes), found);
      });
  });
});
