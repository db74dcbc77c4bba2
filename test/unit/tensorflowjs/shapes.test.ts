/** Shapes of what TensorFlow.js computes, compared with those that TensorFlow.js 4.22 gives when it runs the program. */
import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { readSource } from '../../../engine/reader/read.ts';

const NAMED: Readonly<Record<string, string>> = {
  inTidy: 'tf.tidy(() => { const row = tf.ones([4, 3]); return row.sum(1); })',
  nested: 'tf.tensor([[1, 2, 3], [4, 5, 6]])',
  windows: 'tf.tensor3d([[1, 2, 3].map(value => [value])])',
  scalar: 'tf.scalar(3)',
  zeros: 'tf.zerosLike(tf.ones([4, 5]))',
  spaced: 'tf.linspace(0, 1, 11)',
  everySecond: 'tf.range(0, 10, 2)',
  norms: 'tf.norm(tf.ones([3, 4]), 2, 1)',
  variance: 'tf.moments(tf.ones([3, 4]), 0).variance',
  largest: 'tf.topk(tf.ones([3, 9]), 4).indices',
  third: 'tf.split(tf.ones([4, 6]), 3, 1)[2]',
  sideBySide: 'tf.concat2d([tf.ones([2, 3]), tf.ones([2, 3])], 1)',
  rest: 'tf.ones([5, 6]).slice([0, 1], [-1, 2])',
  chosen: 'tf.where(tf.ones([3, 4]).greater(0), tf.zeros([3, 4]), tf.ones([3, 4]))',
  padded: 'tf.pad(tf.ones([3, 4]), [[1, 1], [0, 2]])',
  cut: 'tf.ones([3]).clipByValue(0, 1)',
  flat: 'tf.ones([3, 4]).flatten()',
  nextHidden:
    'tf.basicLSTMCell(tf.scalar(1), tf.ones([30, 80]), tf.ones([80]), tf.ones([1, 10]), tf.ones([1, 20]), tf.ones([1, 20]))[1]',
  loss: 'tf.losses.meanSquaredError(tf.ones([8, 3]), tf.ones([8, 3]))',
  picture: 'tf.image.resizeBilinear(tf.ones([20, 30, 3]), [10, 12])',
  values: "tf.oneHot(tf.tensor1d(Array.from(new Set('hello'.split(''))).map((_, place) => place), 'int32'), 6)",
  product: 'tf.dot(tf.ones([3, 4]), tf.ones([4, 2]))',
};

describe('shapes that TensorFlow.js itself gives', () => {
  const program = Object.entries(NAMED).map(([name, text]) => `const ${name} = ${text};`).join('\n'); // prettier-ignore
  const { symbols } = readSource(`${program}\nconst layer = tf.layers.lstm({units: 3});\n`, 'javascript');

  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const [name, text] of Object.entries(NAMED))
    it(text, () => {
      // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the expressions are this test's own
      const { shape } = (new Function('tf', `return ${text};`) as (library: typeof tf) => tf.Tensor)(tf);
      const value = symbols.find(symbol => symbol.text === name)?.value;
      assert.equal(value?.kind, 'tensor');
      assert.deepEqual(value.axes.map(({ size }) => size), shape); // prettier-ignore
    });
});

describe('shapes in programs of TensorFlow.js', () => {
  const shape = (text: string, name: string): string => {
    const value = readSource(text, 'typescript').symbols.findLast(symbol => symbol.text === name)?.value;
    return value?.kind === 'tensor' ? `[${value.axes.map(({ size }) => String(size ?? '?')).join(', ')}]` : (value?.kind ?? 'nothing'); // prettier-ignore
  };

  it('of windows that a loop cuts out of values', () => {
    const text = `class Predictor {\n  size = 60;\n  cut(data: number[]) {\n    const X: number[][][] = [];\n    const y: number[] = [];\n    for (let i = this.size; i < data.length; i++) {\n      X.push(data.slice(i - this.size, i).map(v => [v]));\n      y.push(data[i]);\n    }\n    const xs = tf.tensor3d(X);\n    const ys = tf.tensor2d(y, [y.length, 1]);\n    return { xs, ys };\n  }\n  build() {\n    return tf.sequential({ layers: [tf.layers.lstm({ units: 4, inputShape: [this.size, 1] })] });\n  }\n}\nconst made = new Predictor().cut(prices);\n`;
    assert.equal(shape(text, 'xs'), '[prices.length - 60, 60, 1]');
    assert.equal(shape(text, 'ys'), '[prices.length - 60, 1]');
  });

  it('of a layer of the program, and of an array whose inside is not known', () => {
    const text = `class Attention extends tf.layers.Layer {\n  build(inputShape) {\n    this.W = this.addWeight('W', [inputShape[2], 16], 'float32', tf.initializers.glorotNormal());\n  }\n  call(inputs) {\n    return tf.tidy(() => {\n      const score = tf.matMul(inputs, this.W.read().expandDims(0));\n      return inputs.mul(score.mean(2, true)).sum(1);\n    });\n  }\n}\nconst h = tf.layers.gru({ units: 32, returnSequences: true }).apply(tf.input({ shape: [20, 8] }));\nconst att = new Attention().apply(h);\nconst open = tf.tensor3d([rows]);\n`;
    assert.equal(shape(text, 'score'), '[?, 20, 16]');
    assert.equal(shape(text, 'att'), '[?, 32]');
    assert.equal(shape(text, 'open'), '[1, ?, ?]');
  });
});
