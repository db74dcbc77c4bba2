import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';

/** Sizes of the axes of the last occurrence; a batch of any number of rows is `batch`. */
function shape(program: string, expression: string, language = 'python'): string {
  const value = readSource(program, language).symbols.findLast(({ text }) => text === expression)?.value;
  if (value?.kind !== 'tensor') return value?.kind ?? 'nothing';
  return `[${value.axes.map(({ name, size }) => String(size ?? name)).join(', ')}]`;
}

describe('what programs taught that the reader had not seen', () => {
  describe('how many entries a dict has', () => {
    const size = (dict: string): string =>
      shape(
        `from keras import Input, layers\nchars = sorted(set(text))\n${dict}\nx = Input((None, len(index)))\ny = layers.GRU(3)(x)\n`,
        'x',
      );
    for (const dict of [
      'index = {c: i for i, c in enumerate(chars)}',
      'index = dict((c, i) for i, c in enumerate(chars))',
      'index = dict([(c, i) for i, c in enumerate(chars)])',
      'index = {}\nfor c in chars:\n    index[c] = len(index)',
      "index = {'<pad>': 0}\nfor c in chars:\n    index.setdefault(c, len(index))",
      "index = {'<pad>': 0}\nindex.update({c: i for i, c in enumerate(chars)})",
    ])
      it(`is not known of ${dict.replaceAll('\n', '; ')}`, () => {
        assert.equal(size(dict), '[batch, steps, len(index)]');
      });

    it('is that of its different keys where they are known', () => {
      assert.equal(size("index = {'a': 0, 'b': 1}\nindex['b'] = 2\nindex.setdefault('c', 3)"), '[batch, steps, 3]');
      assert.equal(size("index = {c: i for i, c in enumerate('abca')}"), '[batch, steps, 3]');
    });
  });

  it('follows a tensor that a method changes in place', () => {
    const text = `import torch\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = torch.nn.LSTM(4, 8)\n        self.out = torch.nn.Linear(8, 2)\n    def forward(self, x):\n        y, (h, c) = self.rnn(x)\n        h.squeeze_(0)\n        logits = self.out(h)\n        return logits\n`;
    assert.equal(shape(text, 'logits'), '[batch, 2]');
  });

  it('finds the names of modules of which everything is imported', () => {
    const torch = `import torch\nfrom torch.nn import *\nclass Net(torch.nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = LSTM(4, 8)\n        self.out = Linear(8, 2)\n    def forward(self, x):\n        y, (h, c) = self.rnn(x)\n        return self.out(y)\n`;
    assert.equal(shape(torch, 'h'), '[1, batch, 8]');
    const keras = `from keras.layers import Input, LSTM\nfrom keras.layers.core import *\nx = Input((9, 4))\ny = Permute((2, 1))(LSTM(5, return_sequences=True)(x))\n`;
    assert.equal(shape(keras, 'y'), '[batch, 5, 9]');
  });

  it('takes the usual meaning of a name that only a file may import that is not there', () => {
    const ours = `from ours.imports import *\nx = layers.Input(shape=(7, 3))\ny = layers.Bidirectional(layers.GRU(84))(x)\nmodel = Model(inputs=[x], outputs=[y])\n`;
    assert.equal(shape(ours, 'y'), '[batch, 168]');
    const fragment = `model = Sequential()\nmodel.add(LSTM(50, input_shape=(3, 1)))\nmodel.add(Dense(2))\n`;
    assert.equal(shape(fragment, 'Dense(2)'), '[batch, 2]');
    const torch = `class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = LSTM(4, 8)\n    def forward(self, x):\n        y, (h, c) = self.rnn(x)\n        return y\n`;
    assert.equal(shape(torch, 'h'), '[1, batch, 8]');
  });

  it('knows what Keras has under more than one module', () => {
    const text = `from keras.models import Input, Model\nfrom keras.layers import LSTM\nx = Input(shape=(n,))\nz = Input((None, 3))\ny = LSTM(4)(z)\n`;
    assert.equal(shape(text, 'x'), '[batch, n]');
  });

  it('gives what is reshaped the shape that the text says, whatever it was', () => {
    const text = `import numpy as np\nfrom keras import layers\nrows = np.append(a, b).reshape(6, 1)\nX = series[-n:].reshape((1, n, 2))\ny = layers.LSTM(3)(X)\n`;
    assert.equal(shape(text, 'rows'), '[6, 1]');
    assert.equal(shape(text, 'X'), '[1, n, 2]');
  });
});
