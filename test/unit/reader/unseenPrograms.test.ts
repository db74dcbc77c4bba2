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

  describe('branches of a condition that is not known', () => {
    const kinds = (text: string, language = 'python'): string[] =>
      readSource(text, language).models.flatMap(({ spec }) => spec.nodes.flatMap(node => (node.op === 'recurrent' ? [node.cells[0]!.className] : []))); // prettier-ignore
    const python = `from keras.models import Sequential\nfrom keras.layers import LSTM, GRU, Dense\ndef build(kind, layers):\n    model = Sequential()\n    if kind == 'lstm':\n        model.add(LSTM(8, input_shape=(5, 3)))\n    elif kind == 'gru':\n        model.add(GRU(9, input_shape=(5, 3)))\n    model.add(Dense(2))\n    return model\n`;

    it('do not put their layers on top of each other', () => {
      assert.deepEqual(kinds(python), ['LSTM', 'GRU']);
      assert.deepEqual(readSource(python, 'python').diagnostics, []);
      const script = `import * as tf from '@tensorflow/tfjs';\nfunction build(kind) {\n  const model = tf.sequential();\n  switch (kind) {\n    case 'gru':\n      model.add(tf.layers.gru({units: 8, inputShape: [5, 3]}));\n      break;\n    case 'lstm':\n      model.add(tf.layers.lstm({units: 9, inputShape: [5, 3]}));\n      break;\n  }\n  model.add(tf.layers.dense({units: 2}));\n  return model;\n}\n`;
      assert.deepEqual(kinds(script, 'typescript'), ['GRU', 'LSTM']);
      assert.deepEqual(readSource(script, 'typescript').diagnostics, []);
    });

    it('all have shapes', () => {
      assert.equal(shape(python, 'LSTM(8, input_shape=(5, 3))'), '[batch, 8]');
      assert.equal(shape(python, 'GRU(9, input_shape=(5, 3))'), '[batch, 9]');
    });

    it('may also put cells into one list', () => {
      const text = `import tensorflow as tf\ndef build(kind, x):\n    cells = []\n    if kind == 'gru':\n        cells.append(tf.nn.rnn_cell.GRUCell(8))\n    else:\n        cells.append(tf.nn.rnn_cell.BasicLSTMCell(8))\n    y, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), tf.reshape(x, [-1, 5, 3]), dtype=tf.float32)\n    return y\n`;
      assert.deepEqual(kinds(text), ['GRUCell', 'BasicLSTMCell']);
    });
  });

  describe('how long lists are', () => {
    const input = (made: string): string =>
      shape(`import numpy as np\nfrom keras import layers\n${made}\nx = np.zeros((len(rows), 7, 3))\ny = layers.LSTM(4)(x)\n`, 'y'); // prettier-ignore

    it('is not known of one that grows while something holds', () => {
      const grown = 'rows = []\nwhile len(rows) < limit:\n    rows.append(1)';
      const text = `import numpy as np\n${grown}\nx = np.zeros((len(rows), 7, 3))\n`;
      const value = readSource(`${text}from keras import layers\ny = layers.LSTM(4)(x)\n`, 'python').symbols.find(({ text: own }) => own === 'x')?.value; // prettier-ignore
      assert.deepEqual(value?.kind === 'tensor' && value.axes.map(({ size }) => size), [null, 7, 3]);
      assert.equal(input(grown), '[batch, 4]');
    });

    it('is not known of a part of which the ends are not', () => {
      const text = `import numpy as np\nfrom keras import layers\nrows = [1, 2, 3]\nx = np.zeros((2, len(rows[:n]), 3))\ny = layers.LSTM(4)(x)\n`;
      const value = readSource(text, 'python').symbols.find(({ text: own }) => own === 'x')?.value;
      assert.deepEqual(value?.kind === 'tensor' && value.axes.map(({ size }) => size), [2, null, 3]);
    });
  });

  it('picks rows by an array or a list of places', () => {
    const text = `import numpy as np\nfrom keras import layers\nx = np.zeros((20, 7, 3))\norder = np.arange(len(x))\nmixed = x[order]\nlast = x[:, :, [-1]]\ny = layers.LSTM(4)(mixed)\n`;
    assert.equal(shape(text, 'mixed'), '[20, 7, 3]');
    assert.equal(shape(text, 'last'), '[20, 7, 1]');
  });

  it('knows the shapes of what NumPy computes', () => {
    const text = `import numpy as np\nfrom keras import layers\nfrom keras.utils import np_utils\nsteps = np.linspace(0, 6, 10)\nx = np.sin(steps)[np.newaxis, :, np.newaxis]\nboth = np.concatenate([x, np.cos(x)], axis=2)\nmean = np.mean(both, axis=1)\nlabels = np_utils.to_categorical(np.zeros(30), 5)\nrows = np.reshape(data, (-1, 10, 2))\nproduct = np.dot(np.zeros((4, 6)), np.zeros(6))\ny = layers.GRU(4)(both)\n`;
    for (const [name, sizes] of [
      ['steps', '[10]'],
      ['x', '[1, 10, 1]'],
      ['both', '[1, 10, 2]'],
      ['mean', '[1, 2]'],
      ['labels', '[30, 5]'],
      ['rows', '[batch, 10, 2]'],
      ['product', '[4]'],
      ['y', '[1, 4]'],
    ] as const)
      assert.equal(shape(text, name), sizes, name);
  });

  describe('of a module of PyTorch', () => {
    const decoder = `import torch\nimport torch.nn as nn\nclass Decoder(nn.Module):\n    def __init__(self, words, width, units):\n        super().__init__()\n        self.embed = nn.Embedding(words, width)\n        self.rnn = nn.GRU(width, units, batch_first=True)\n        self.out = nn.Linear(units, words)\n    def forward(self, captions):\n        return self.out(self.rnn(self.embed(captions))[0])\n    def sample(self, features, states=None):\n        inputs = features.unsqueeze(1)\n        hidden, states = self.rnn(inputs, states)\n        scores = self.out(hidden.squeeze(1))\n        best = scores.max(1)[1]\n        return best\n`;

    it('reads the methods that no forward pass calls', () => {
      assert.equal(shape(decoder, 'scores'), '[batch, words]');
      assert.equal(shape(decoder, 'best'), '[batch]');
    });

    it('leaves them out of the model', () => {
      const { models } = readSource(decoder, 'python');
      assert.equal(models.length, 1);
      assert.deepEqual(models[0]!.spec.nodes.map(({ op }) => op), ['embedding', 'recurrent', 'dense']); // prettier-ignore
      assert.deepEqual(models[0]!.spec.inputs.map(({ id }) => id), ['captions']); // prettier-ignore
    });

    it('takes from operations how many axes their arguments have', () => {
      const text = `import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nclass Attention(nn.Module):\n    def __init__(self, units):\n        super().__init__()\n        self.rnn = nn.GRU(units, units)\n        self.score = nn.Linear(2 * units, units)\n    def weights(self, hidden, outputs):\n        repeated = hidden.unsqueeze(1).repeat(1, 9, 1)\n        outputs = outputs.permute(1, 0, 2)\n        energy = self.score(torch.cat((repeated, outputs), dim=2))\n        context = torch.zeros(4, 1, 9).bmm(outputs)\n        turned = hidden.t()\n        return F.softmax(energy, dim=1)\n    def forward(self, x):\n        return self.rnn(x)\n`;
      const axes = (name: string): unknown => {
        const value = readSource(text, 'python').symbols.findLast(({ text: own }) => own === name)?.value;
        return value?.kind === 'tensor' ? value.axes.map(({ size }) => size) : null;
      };
      assert.deepEqual(axes('energy'), [null, null, 'units']);
      assert.deepEqual(axes('context'), [4, 1, 'features']);
      assert.deepEqual(axes('turned'), ['steps', null]);
    });

    it('reads the one that is spread over devices', () => {
      const text = `${decoder}model = Decoder(50, 6, 7)\nif torch.cuda.device_count() > 1:\n    model = nn.DataParallel(model)\nscores = model(torch.zeros(3, 9).long())\n`;
      assert.equal(shape(text, 'scores'), '[3, 9, 50]');
    });
  });

  it('runs main where the program hands over to it', () => {
    for (const run of ['import tensorflow as tf\n', 'import tensorflow as tf\nfrom absl import app\n']) {
      const call = run.includes('absl') ? 'app.run(main)' : 'tf.app.run()';
      const text = `${run}class Small(object):\n    size = 20\ndef net(config):\n    x = tf.placeholder(tf.float32, [None, 5, config.size])\n    y, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(config.size), x, dtype=tf.float32)\n    return y\ndef main(_):\n    net(Small())\nif __name__ == '__main__':\n    ${call}\n`;
      assert.equal(shape(text, 'y'), '[batch, 5, 20]', call);
    }
  });

  it('reads the tokens of a subclassed model of Keras', () => {
    const text = `import tensorflow as tf\nclass Encoder(tf.keras.Model):\n    def __init__(self, words, width, units):\n        super().__init__()\n        self.embedding = tf.keras.layers.Embedding(words, width)\n        self.gru = tf.keras.layers.GRU(units, return_sequences=True)\n    def call(self, x):\n        vectors = self.embedding(x)\n        return self.gru(vectors)\n`;
    assert.equal(shape(text, 'vectors'), '[batch, steps, width]');
  });

  it('reads tensors of TensorFlow.js that are filled place by place', () => {
    const text = `import * as tf from '@tensorflow/tfjs';\nconst buffer = tf.buffer([1, 7, 3]);\nconst x = buffer.toTensor();\nconst flat = x.as2D(7, 3);\nconst y = tf.layers.lstm({units: 4}).apply(x);\n`;
    assert.equal(shape(text, 'x', 'typescript'), '[1, 7, 3]');
    assert.equal(shape(text, 'flat', 'typescript'), '[7, 3]');
  });

  it('knows what is drawn, and a loss that is called', () => {
    const text = `import tensorflow as tf\nmodel = tf.keras.Sequential([tf.keras.layers.Embedding(30, 4, batch_input_shape=[8, None]), tf.keras.layers.GRU(5, return_sequences=True), tf.keras.layers.Dense(30)])\nscores = model(batch)\ndrawn = tf.random.categorical(scores[0], num_samples=1)\nlosses = tf.keras.losses.sparse_categorical_crossentropy(labels, scores, from_logits=True)\n`;
    assert.equal(shape(text, 'drawn'), '[steps, 1]');
    assert.equal(shape(text, 'losses'), '[8, steps]');
  });

  describe('what a lens would train', () => {
    const first = (text: string): ReturnType<typeof readSource>['models'][number] =>
      readSource(text, 'python').models[0]!;
    const keras = (fit: string): string =>
      `import numpy as np\nfrom keras.models import Sequential\nfrom keras.layers import LSTM, Dense\nmodel = Sequential([LSTM(4, input_shape=(5, 2)), Dense(1)])\nmodel.compile('sgd', 'mse')\nx, y = np.zeros((30, 5, 2)), np.zeros((30, 1))\n${fit}\n`;

    it('counts the epochs of Keras 1, and the loops in which a model is fitted', () => {
      assert.equal(first(keras('model.fit(x, y, nb_epoch=1000)')).spec.training.epochs, 1000);
      assert.equal(first(keras('for i in range(25):\n    model.fit(x, y, epochs=2)')).spec.training.epochs, 50);
      assert.equal(first(keras('while more():\n    pass\nmodel.fit(x, y, epochs=3)')).spec.training.epochs, 3);
      assert.equal(first(keras('for part in parts:\n    model.fit(x, y, epochs=2)')).spec.training.epochs, undefined);
    });

    it('does not count the loops in which a model is made', () => {
      const text = keras('pass').replace(/model = [^]*/, "for units in [4, 8]:\n    model = Sequential([LSTM(units, input_shape=(5, 2)), Dense(1)])\n    model.compile('sgd', 'mse')\n    model.fit(np.zeros((30, 5, 2)), np.zeros((30, 1)), epochs=3)\n"); // prettier-ignore
      assert.equal(first(text).spec.training.epochs, 3);
    });

    it('leaves the batches to a data set', () => {
      assert.equal(first(keras('model.fit(x, y)')).spec.training.batchSize, 32);
      assert.equal(first(keras('model.fit(dataset, epochs=2)')).spec.training.batchSize, undefined);
    });

    const tagger = (forward: string, call: string): string =>
      `import torch\nimport torch.nn as nn\nclass Tagger(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.embed = nn.Embedding(50, 6)\n        self.rnn = nn.LSTM(6, 7)\n        self.out = nn.Linear(7, 3)\n    def forward(self, tokens):\n${forward}\nmodel = Tagger()\n${call}\n`;

    it('keeps the embedding of tokens that the program makes', () => {
      const text = tagger('        return self.out(self.rnn(self.embed(tokens.t()))[0])', 'scores = model(torch.randint(50, (8, 9)))'); // prettier-ignore
      const { spec, open } = first(text);
      assert.deepEqual(spec.nodes.map(({ op }) => op), ['embedding', 'recurrent', 'dense']); // prettier-ignore
      assert.deepEqual(spec.inputs.map(({ dtype, axes }) => [dtype, axes]), [['int64', [{ name: 'steps', size: 9 }]]]); // prettier-ignore
      assert.deepEqual(open, []);
    });

    it('says where layers before the recurrent one are not part of it', () => {
      const text = tagger('        vectors = self.embed(tokens)\n        return self.out(self.rnn(vectors.view(5, 1, -1))[0])', 'scores = model(torch.LongTensor([1, 2, 3, 4, 5]))'); // prettier-ignore
      assert.match(JSON.stringify(first(text).open), /what stands between the data and this layer cannot be run/);
    });

    it('takes the states of a single layer for its last output, whichever way their first axis goes', () => {
      const text = tagger('        _, (h, c) = self.rnn(self.embed(tokens))\n        return self.out(h.view(-1, 7))', ''); // prettier-ignore
      assert.deepEqual(first(text).spec.nodes.map(({ op }) => op), ['embedding', 'swap_batch_and_steps', 'recurrent', 'dense']); // prettier-ignore
    });
  });

  it('knows how many different letters a text has that it knows', () => {
    const text = `from keras import Input, layers\nletters = list(set('abca'))\nx = Input((None, len(letters)))\ny = layers.GRU(3)(x)\n`;
    assert.equal(shape(text, 'x'), '[batch, steps, 3]');
  });

  it('knows the functions of Python 3 that libraries have for Python 2', () => {
    const text = `import tensorflow as tf\nfrom six.moves import xrange, zip\ncells = [tf.nn.rnn_cell.GRUCell(4) for _ in xrange(2)]\ny, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), tf.placeholder(tf.float32, [None, 5, 3]), dtype=tf.float32)\ntop = states[-1]\n`;
    assert.equal(shape(text, 'states'), 'tuple');
    assert.equal(shape(text, 'top'), '[batch, 4]');
    assert.equal(readSource(text, 'python').models[0]!.open.length, 0);
  });
});
