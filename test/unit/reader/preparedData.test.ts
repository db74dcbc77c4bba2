/** Shapes of what programs prepare before a model is fed with it. Checked with pandas, scikit-learn and TensorFlow 2.15. */
import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';

/** Sizes of the axes of the last occurrence; what nobody knows is `?`. */
function shape(program: string, expression: string): string {
  const value = readSource(`${program}\n`, 'python').symbols.findLast(({ text }) => text === expression)?.value;
  if (value?.kind !== 'tensor') return value?.kind ?? 'nothing';
  return `[${value.axes.map(({ size }) => String(size ?? '?')).join(', ')}]`;
}

const KERAS =
  'from tensorflow import keras\nimport tensorflow as tf\nimport numpy as np\nfrom tensorflow.keras.layers import LSTM\n';

describe('what programs prepare', () => {
  describe('of tables', () => {
    const after = (lines: string): string =>
      shape(`import pandas as pd\nfrom keras.layers import LSTM\ndf = pd.read_csv('a.csv')\n${lines}`, 'x');
    for (const [lines, expected] of [
      ['x = df.values', '[?, ?]'],
      ["x = df['Close'].values", '[?]'],
      ["x = df[['Open', 'Close']].values", '[?, 2]'],
      ['x = df.iloc[:, 1:2].values', '[?, 1]'],
      ["x = df.filter(['Close']).to_numpy()", '[?, 1]'],
      ["x = df[['a', 'b', 'c']].drop(columns=['c']).dropna().values", '[?, 2]'],
      ["x = pd.concat((df['a'], df['b']), axis=0)[9:].values.reshape(-1, 1)", '[?, 1]'],
      ["few = df[['a', 'b']]\nfew['c'] = 1\nx = few.values", '[?, ?]'],
      ["few = df[['a', 'b']]\nfew.drop('b', axis=1, inplace=True)\nx = few.values", '[?, ?]'],
      ["x = pd.read_csv('a.csv', usecols=[1, 2]).values[-30:]", '[30, 2]'],
    ] as const)
      it(lines.replaceAll('\n', '; '), () => {
        assert.equal(after(lines), expected);
      });
  });

  it('by scaling, and in windows of a loop', () => {
    const text = `import numpy as np\nimport pandas as pd\nfrom sklearn.preprocessing import MinMaxScaler\nfrom keras.layers import LSTM\nscaler = MinMaxScaler()\nscaled = scaler.fit_transform(pd.read_csv('a.csv').iloc[:, 1:2].values)\nX, y = [], []\nfor i in range(60, 1258):\n    X.append(scaled[i - 60:i, 0])\n    y.append(scaled[i, 0])\nX, y = np.array(X), np.array(y)\nback = scaler.inverse_transform(y.reshape(-1, 1))`;
    assert.equal(shape(text, 'scaled'), '[?, 1]');
    assert.equal(shape(text, 'X'), '[1198, 60]');
    assert.equal(shape(text, 'y'), '[1198]');
    assert.equal(shape(text, 'back'), '[1198, 1]');
  });

  it('a list that a loop fills, of which nobody knows how long it gets, is not told to be of one item', () => {
    const text = `import numpy as np\nfrom keras.layers import LSTM\nx = np.zeros((9, 3))\nrows = []\nfor i in range(n):\n    rows.append(x[i])\nall = np.array(rows)`;
    assert.equal(shape(text, 'rows'), 'nothing');
    assert.equal(shape(text, 'all'), '[n, 3]');
  });

  it('in parts for training and for tests', () => {
    const text = `import numpy as np\nfrom sklearn.model_selection import train_test_split\nfrom keras.layers import LSTM\nx = np.zeros((11, 5, 2))\na, b, c, d = train_test_split(x, np.zeros((11,)), test_size=0.2)`;
    assert.deepEqual(['a', 'b', 'c', 'd'].map(name => shape(text, name)), ['[8, 5, 2]', '[3, 5, 2]', '[8]', '[3]']); // prettier-ignore
  });

  it('of the characters of a file', () => {
    const text = `import numpy as np\nfrom keras.utils import to_categorical\nfrom keras.layers import LSTM\ntext = open('a.txt').read().lower()\nchars = sorted(list(set(text)))\nplace = {c: i for i, c in enumerate(chars)}\nX, y = [], []\nfor i in range(0, len(text) - 100, 1):\n    X.append([place[c] for c in text[i:i + 100]])\n    y.append(place[text[i + 100]])\nX = np.reshape(X, (len(X), 100, 1)) / float(len(chars))\ny = to_categorical(y)`;
    assert.equal(shape(text, 'X').replace(/\[.*?, 100/, '[n, 100'), '[n, 100, 1]');
    assert.match(shape(text, 'y'), /^\[.*, \?\]$/);
  });

  it('of tokens', () => {
    const text = `${KERAS}t = keras.preprocessing.text.Tokenizer(num_words=50)\nt.fit_on_texts(texts)\nrows = t.texts_to_sequences(texts)\nx = keras.preprocessing.sequence.pad_sequences(rows, maxlen=20)\nn = len(t.word_index) + 1\ny = keras.utils.to_categorical(x[:, 1:], num_classes=50)\none = keras.preprocessing.sequence.pad_sequences([[3, 1, 2], [4]])\nvectors = keras.preprocessing.sequence.pad_sequences([[[1, 2], [2, 3]], [[3, 3]]], maxlen=4)\nz = keras.Input((n,))`;
    assert.deepEqual(['x', 'y', 'one', 'vectors'].map(name => shape(text, name)), ['[?, 20]', '[?, 19, 50]', '[2, 3]', '[2, 4, 2]']); // prettier-ignore
    assert.equal(shape(text, 'z'), '[?, len(t.word_index) + 1]');
  });

  it('in windows of series', () => {
    const series = (call: string): string => shape(`${KERAS}g = keras.preprocessing.sequence.TimeseriesGenerator(np.zeros((50, 3)), np.zeros((50,)), ${call})\nx, y = g[0]`, 'x'); // prettier-ignore
    assert.equal(series('length=5, batch_size=8'), '[?, 5, 3]');
    assert.equal(series('length=10, sampling_rate=3'), '[?, 4, 3]');
    assert.equal(series('length=6, sampling_rate=2'), '[?, 3, 3]');
    const text = `${KERAS}data = keras.utils.timeseries_dataset_from_array(np.zeros((50, 3)), np.zeros((50, 2)), sequence_length=7)\nfor x, y in data.take(1):\n    print(x, y)`;
    assert.deepEqual([shape(text, 'x'), shape(text, 'y')], ['[?, 7, 3]', '[?, 2]']);
  });

  describe('in pipelines', () => {
    const element = (pipeline: string): string =>
      shape(`${KERAS}data = ${pipeline}\nfor x in data:\n    print(x)`, 'x');
    const slices = 'tf.data.Dataset.from_tensor_slices(np.zeros((90, 7)))';
    for (const [pipeline, expected] of [
      [slices, '[7]'],
      ['tf.data.Dataset.from_tensor_slices(np.zeros((90, 7))).batch(45)', '[45, 7]'],
      [`${slices}.shuffle(9).batch(32)`, '[?, 7]'],
      [`${slices}.batch(32, drop_remainder=True).prefetch(1)`, '[32, 7]'],
      [`${slices}.map(lambda row: row[1:]).batch(4)`, '[?, 6]'],
      [`${slices}.window(5, shift=1, drop_remainder=True).flat_map(lambda w: w.batch(5)).batch(8)`, '[?, 5, 7]'],
      [`${slices}.batch(5, drop_remainder=True).unbatch()`, '[7]'],
      ["tf.data.TextLineDataset('a.txt')", '[]'],
      ['tf.data.Dataset.from_generator(g, tf.int32, [None]).padded_batch(4, padded_shapes=[20])', '[?, 20]'],
      [
        'tf.data.Dataset.from_generator(g, output_signature=tf.TensorSpec((None, 3), tf.float32)).padded_batch(4)',
        '[?, ?, 3]',
      ],
    ] as const)
      it(pipeline, () => {
        assert.equal(element(pipeline), expected);
      });

    it('with the parts of an example', () => {
      const text = `${KERAS}def parts(text, label):\n    return {'image': text[:3], 'label': label}, tf.one_hot(label, 5)\ndata = tf.data.Dataset.zip((${slices}, tf.data.Dataset.range(90))).map(parts).batch(6, drop_remainder=True)\nfor given, y in data.take(2):\n    x = given['image']\nagain = next(iter(data))[1]`;
      assert.deepEqual(
        ['x', 'y', 'again'].map(name => shape(text, name)),
        ['[6, 3]', '[6, 5]', '[6, 5]'],
      );
    });

    it('that a model is fitted with', () => {
      const text = `${KERAS}model = keras.Sequential([LSTM(4), keras.layers.Dense(2)])\nmodel.compile('adam', 'mse')\nmodel.fit(tf.data.Dataset.from_tensor_slices((np.zeros((90, 6, 3)), np.zeros((90, 2)))).batch(8), epochs=3)`;
      const model = readSource(`${text}\n`, 'python').models[0]!;
      assert.deepEqual(
        model.spec.inputs[0]?.axes.map(({ size }) => size),
        [6, 3],
      );
      assert.equal(model.spec.training.batchSize, undefined);
    });
  });
});
