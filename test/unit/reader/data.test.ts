import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';
import { hover } from './reading.ts';

const KERAS = `import numpy as np
import pandas as pd
from keras import Sequential
from keras.layers import LSTM, Dense, Embedding
from keras.datasets import imdb, reuters
from keras.preprocessing.sequence import pad_sequences
`;
const fitted = (data: string, layers = 'LSTM(4, input_shape=(5, 2))') => `${KERAS}${data}
model = Sequential([${layers}, Dense(1, activation='sigmoid')])
model.compile(optimizer='adam', loss='binary_crossentropy')
model.fit(x, y, epochs=2)
`;

describe('reader of what data a program loads', () => {
  it('names files by their paths', () => {
    const loads = [
      ["x = np.load('data/train.npy')", 'data/train.npy'],
      ['x = np.load("train.npz")["x"]', 'train.npz'],
      ["x = pd.read_csv('prices.csv', sep=';')", 'prices.csv'],
      ["x = pd.read_csv(r'../prices.csv')[['open', 'close']]", '../prices.csv'],
      ["x = np.loadtxt('a.txt', delimiter=',')", 'a.txt'],
      ["x = np.genfromtxt('a.txt').reshape(-1, 5, 2)", 'a.txt'],
    ];
    for (const [load, path] of loads)
      assert.deepEqual(readSource(fitted(load!), 'python').models[0]!.spec.data, { kind: 'file', source: path }, load);
  });

  it('keeps the expression of what is no file: an address, a path that is computed', () => {
    for (const load of ["x = pd.read_csv('https://example.org/a.csv')", 'x = np.load(path)'])
      assert.equal(readSource(fitted(load), 'python').models[0]!.spec.data?.kind, 'unknown', load);
  });

  it('knows IMDB and Reuters, and the length to which rows are padded', () => {
    const text = fitted(
      '(x_train, y), (x_test, y_test) = imdb.load_data(num_words=5000)\nx = pad_sequences(x_train, maxlen=80)',
      'Embedding(5000, 16), LSTM(8)',
    );
    const reading = readSource(text, 'python');
    const [{ spec, open } = assert.fail()] = reading.models;
    assert.deepEqual(open, []);
    assert.deepEqual(spec.data, { kind: 'imdb', source: 'imdb.load_data(num_words=5000)' });
    assert.deepEqual(spec.inputs[0]!.axes, [{ name: 'steps', size: 80 }]);
    assert.equal(hover(reading, 'x'), 'x: int32 [25000 rows, 80 steps]');
    assert.match(hover(reading, 'x_train'), /^x_train: int32 \[25000 rows, length steps\]/);
    const other = readSource(text.replace('imdb.load_data', 'reuters.load_data'), 'python').models[0]!.spec;
    assert.equal(other.data?.kind, 'reuters');
  });

  it('knows a data set however its values are scaled, cut and turned before they are fed', () => {
    for (const prepared of [
      'x = x / 255.0',
      "x = x.astype('float32') / 255",
      'x = x.reshape(-1, 28, 28)\nx /= 255.0',
      'x = (x - 127.5) / 127.5',
      'x = 1 - x / 255',
      'x = np.asarray(x, dtype=np.float32)[:5000] * (1 / 255)',
    ]) {
      const load = `from tensorflow import keras\n(x, y), test = keras.datasets.mnist.load_data()\n${prepared}`;
      const reading = readSource(fitted(load, 'LSTM(4, input_shape=(28, 28))'), 'python');
      assert.equal(reading.models[0]!.spec.data?.kind, 'mnist', prepared);
    }
    const reading = readSource(`${KERAS}(x, y), test = imdb.load_data()\nz = x.astype('float32')\n`, 'python');
    assert.match(hover(reading, 'z'), /^z: float32 \[25000 rows, length steps\]/);
  });
});
