import assert from 'node:assert/strict';
import { headline } from '../../../engine/model/headline.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { describeSymbol } from '../../../engine/reader/describe.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { hover } from './reading.ts';

const titles = (text: string, language = 'javascript'): string[] =>
  readSource(text, language).models.map(({ spec }) => headline(spec));
const LAYERS = 'model.add(tf.layers.lstm({units: n, inputShape: [5, 2]})); model.add(tf.layers.dense({units: 1}));';

/** The shape that a hover says, without the names of axes whose size is known: `[6 5 2]`. */
const sizes = (text: string): string => /\[.*?\]/.exec(text)![0].replaceAll(/,|batch (?=\d)| (?:steps|features)/g, '');

describe('reader of JavaScript', () => {
  it('finds TensorFlow.js however it is imported', () => {
    const uses = [
      ["import * as tf from '@tensorflow/tfjs';", 'tf.sequential()', 'tf.layers.gru'],
      ["import tf from '@tensorflow/tfjs-node';", 'tf.sequential()', 'tf.layers.gru'],
      ["const tf = require('@tensorflow/tfjs-node-gpu');", 'tf.sequential()', 'tf.layers.gru'],
      ["import {sequential, layers as l} from '@tensorflow/tfjs-layers';", 'sequential()', 'l.gru'],
      ["const {sequential, layers: {gru}} = require('@tensorflow/tfjs');", 'sequential()', 'gru'],
      ["import * as t from 'https://cdn.jsdelivr.net/npm/@tensorflow/tfjs@4.22.0/+esm';", 't.sequential()', 't.layers.gru'],
      ['', 'tf.sequential()', 'tf.layers.gru'],
    ];
    for (const [use, make, gru] of uses)
      assert.deepEqual(titles(`${use}\nconst m = ${make};\nm.add(${gru}({units: 7, inputShape: [3, 2]}));`), ['GRU 7'], use);
  }); // prettier-ignore

  it('takes sizes from arithmetic, destructuring, spread, template texts and conditions', () => {
    const sizes: readonly (readonly [string, string])[] = [
      ['const n = 2 * (3 + 4) % 5 ** 2;', 'LSTM 14'],
      ['const {a: {n = 3} = {n: 9}} = {a: {}};', 'LSTM 3'],
      ['const [, n, ...rest] = [1, 8, 2];', 'LSTM 8'],
      ['const base = {units: 4}; const {units: n} = {...base, units: base.units + 1};', 'LSTM 5'],
      ['const table = {big: 32, small: 4}; const size = `sm${"all"}`; const n = table[size];', 'LSTM 4'],
      ['let n; if (undefined ?? false) n = 1; else n = 6;', 'LSTM 6'],
      ['let n = 1; n += 2; n *= 3; n++;', 'LSTM 10'],
      ['const n = JSON.parse(\'{"sizes": [12, 3]}\').sizes[0];', 'LSTM 12'],
      ['const n = [1, 2, 3].reduce((sum, x) => sum + x, 0);', 'LSTM 6'],
      ['const n = Math.max(...[3, 9, 4]);', 'LSTM 9'],
      ['const pick = kind => { switch (kind) { case "a": case "b": return 11; default: return 2; } }; const n = pick("b");', 'LSTM 11'],
      ['class Sizes { static units = 13; } const n = Sizes.units;', 'LSTM 13'],
      ['const n = Object.entries({x: 3, y: 4}).map(([key, value]) => value)[1];', 'LSTM 4'],
    ];
    for (const [sizes_, title] of sizes)
      assert.deepEqual(titles(`${sizes_}\nconst model = tf.sequential();\n${LAYERS}`), [title], sizes_);
  }); // prettier-ignore

  it('counts through loops with known bounds, and leaves others at one round', () => {
    const stack = (loop: string) => `const model = tf.sequential();\n${loop} model.add(tf.layers.gru({units: 4, returnSequences: true, inputShape: [3, 2]}));`;
    const layers = (loop: string) => readSource(stack(loop), 'javascript').models[0]!.spec.nodes.length;
    assert.equal(layers('for (let i = 0; i < 3; i++)'), 3);
    assert.equal(layers('for (let i = 1; i <= 6; i += 2)'), 3);
    assert.equal(layers('for (const name of ["a", "b"])'), 2);
    assert.equal(layers('for (let i = 4; i-- > 0;)'), 1);
    assert.equal(layers('while (more())'), 1);
  }); // prettier-ignore

  it('builds what a function or class builds, where it is called and where nobody calls it', () => {
    const build = 'async function build(n = 5) { const model = tf.sequential(); ' + LAYERS + ' return model; }';
    assert.deepEqual(titles(build), ['LSTM 5']);
    assert.deepEqual(titles(`run(); function run() { build(9); }\n${build}`), ['LSTM 9']);
    assert.deepEqual(titles(`export const make = async () => build(6);\n${build}`), ['LSTM 6']);
    assert.deepEqual(titles(`${build}\nexport async function train() { const m = build(8); m.compile({optimizer: tf.train.adam()}); }`), ['LSTM 8']);
    assert.deepEqual(titles(`export default class Net { constructor(n = 4) { this.n = n; } build() { const {n} = this; const model = tf.sequential(); ${LAYERS} } }`), ['LSTM 4']);
    assert.deepEqual(titles(`let model; document.querySelector('#go').addEventListener('click', async () => { const n = 3; model = tf.sequential(); ${LAYERS} });`), ['LSTM 3']);
  }); // prettier-ignore

  it('reads TypeScript around its types', () => {
    const text = `import * as tf from '@tensorflow/tfjs';
interface Options { units: number; layers?: number }
enum Size { Small = 4, Large = 16 }
export class Net<T extends Options> {
  private model!: tf.Sequential;
  constructor(private readonly units: number, readonly options: T | null = null) {}
  build(): tf.Sequential {
    this.model = tf.sequential({ name: 'net' } as tf.SequentialArgs);
    this.model.add(tf.layers.simpleRNN({ units: this.units!, inputShape: [8, 2] as [number, number] }));
    return this.model;
  }
}
const net: tf.Sequential = new Net<Options>(Size.Large).build();`;
    assert.deepEqual(titles(text, 'typescript'), ['RNN 16']);
  });

  it('knows tensors of the functional interface and of data', () => {
    const reading = readSource(
      `const x = tf.input({shape: [7, 3]});
const [sequence, h, c] = tf.layers.lstm({units: 5, returnSequences: true, returnState: true}).apply(x);
const logits = tf.layers.dense({units: 2}).apply(h);
const rows = tf.tensor3d(values, [100, 7, 3]);
const model = tf.model({inputs: x, outputs: logits});`,
      'javascript',
    );
    assert.equal(hover(reading, 'sequence'), 'sequence: float32 [batch, 7 steps, 5] · h at every step');
    assert.equal(hover(reading, 'h'), 'h: float32 [batch, 5] · h at the last step');
    assert.equal(hover(reading, 'c'), 'c: float32 [batch, 5] · c at the last step');
    assert.match(hover(reading, 'logits'), /^logits: float32 \[batch, 2\]/);
    assert.match(hover(reading, 'rows'), /^rows: float32 \[batch 100, 7 steps, 3 features\]/);
    assert.ok(reading.symbols.every(({ range, text }) => range.end - range.start === text.length));
  });

  it('takes epochs, batch size, optimizer and data from compile and fit', () => {
    const { spec } = readSource(
      `const EPOCHS = 12; const n = 4; const model = tf.sequential(); ${LAYERS}
model.compile({optimizer: tf.train.adam(1e-2, 0.8), loss: 'meanSquaredError', metrics: ['mae']});
(async () => { await model.fit(tf.tensor3d(rows, [50, 5, 2]), ys, {epochs: EPOCHS, batchSize: 10, callbacks: {onEpochEnd: () => {}}}); })();`,
      'javascript',
    ).models[0]!;
    assert.deepEqual(spec.training, { optimizer: { kind: 'adam', learningRate: 0.01, beta1: 0.8 }, epochs: 12, batchSize: 10, metrics: [{ kind: 'mean_absolute_error' }] });
    assert.deepEqual(spec.data, { kind: 'array', source: 'tf.tensor3d(rows, [50, 5, 2])' });
  }); // prettier-ignore

  it('says where a sequence is missing, with its fix, and where TensorFlow.js refuses a GRU', () => {
    const text = `const model = tf.sequential({layers: [
  tf.layers.lstm({units: 4, inputShape: [5, 2]}),
  tf.layers.gru({units: 4, resetAfter: true}),
]});`;
    const { diagnostics } = readSource(text, 'javascript');
    const [missing, refused] = diagnostics.toSorted((a, b) => (a.code < b.code ? 1 : -1));
    assert.match(formatPhrase(missing!.message), /returnSequences: true is missing/);
    const { range, text: put } = missing!.fix!;
    const fixed = text.slice(0, range.start) + put + text.slice(range.end);
    assert.match(fixed, /inputShape: \[5, 2\], returnSequences: true\}\)/);
    assert.equal(readSource(fixed, 'javascript').diagnostics.length, 1);
    assert.equal(refused!.code, 'reset-after-refused');
    assert.equal(text.slice(refused!.range.start, refused!.range.end), 'tf.layers.gru({units: 4, resetAfter: true})');
  });

  it('heeds the comment that says what the code does not', () => {
    const { spec } = readSource(`// rnn: epochs=3 data=mnist\nconst n = 4; const model = tf.sequential(); ${LAYERS}`, 'javascript').models[0]!; // prettier-ignore
    assert.equal(spec.training.epochs, 3);
    assert.equal(spec.data?.kind, 'mnist');
  });

  it('reads fences of JavaScript in a note beside those of Python, each language for itself', () => {
    const note = `# Note\n\n\`\`\`js\nconst n = 3; const model = tf.sequential();\n${LAYERS}\n\`\`\`\n\n\`\`\`python\nfrom keras.layers import LSTM\nfrom keras import Sequential\nmodel = Sequential([LSTM(9, input_shape=(4, 2))])\n\`\`\`\n`;
    const { models } = readSource(note, 'markdown');
    assert.deepEqual(models.map(({ spec }) => [spec.framework, headline(spec)]), [['tensorflowjs', 'LSTM 3'], ['keras3', 'LSTM 9']]);
    assert.ok(note.slice(models[0]!.range.start).startsWith(LAYERS.slice(0, 20)));
  }); // prettier-ignore

  it('follows tensors through operations, as functions and as methods', () => {
    const text = `const x = tf.zeros([6, 5, 2]); tf.layers.lstm;
const scaled = x.sub(x.min()).div(tf.max(x)), last = x.gather([4], 1).squeeze([1]), hot = tf.oneHot(x.argMax(-1), 3),
  mean = x.mean([0, 1]), wide = tf.concat([x, x], 2), joint = tf.stack([x, x], 1), open = x.expandDims(-1);`;
    const reading = readSource(text, 'javascript');
    for (const [name, shape] of [
      ['scaled', '[6 5 2]'], ['last', '[6 2]'], ['hot', '[6 5 3]'], ['mean', '[2]'], ['wide', '[6 5 4]'],
      ['joint', '[6 2 5 2]'], ['open', '[6 5 2 1]'],
    ]) assert.equal(sizes(hover(reading, name!)), shape, name);
  }); // prettier-ignore

  it('runs the call of a layer class that the program writes itself', () => {
    const text = `class Last extends tf.layers.Layer { call(given) { if (Array.isArray(given)) given = given[0]; return given.gather([3], 1).squeeze([1]); } }
const all = tf.layers.gru({units: 7, returnSequences: true}).apply(tf.input({shape: [4, 2]}));
const end = new Last({name: 'end'}).apply(all);`;
    assert.match(hover(readSource(text, 'javascript'), 'end'), /\[batch, 7\]/);
  });

  it('takes the number of cells that a loop of unknown length pushes as unknown', () => {
    const text = `function build(depth) { const cells = []; for (let i = 0; i < depth; i++) cells.push(tf.layers.lstmCell({units: 6}));
  const model = tf.sequential(); model.add(tf.layers.rnn({cell: cells, inputShape: [5, 2]})); return model; }`;
    const [model] = readSource(text, 'javascript').models;
    assert.ok(model!.open.some(phrase => /number of layers/.test(formatPhrase(phrase))));
  });

  it('passes the shape on through layers that only change it', () => {
    const text = `const x = tf.layers.simpleRNN({units: 6, returnSequences: true}).apply(tf.input({shape: [8, 3]}));
const dropped = tf.layers.spatialDropout1d({rate: 0.5}).apply(x), turned = tf.layers.permute({dims: [2, 1]}).apply(x);
const scores = tf.layers.dot({axes: [2, 2]}).apply([x, x]), halved = tf.layers.maxPooling1d({poolSize: 2}).apply(x);`;
    const reading = readSource(text, 'javascript');
    for (const [name, shape] of [['dropped', '[batch 8 6]'], ['turned', '[batch 6 8]'], ['scores', '[batch 8 8]'], ['halved', '[batch 4 6]']])
      assert.equal(sizes(hover(reading, name!)), shape, name);
  }); // prettier-ignore

  it('reads nothing of bundles and of programs without recurrent layers', () => {
    const bundle = `${'x=1;'.repeat(10_000)}tf.layers.lstm({units:3,inputShape:[2,2]})`;
    assert.deepEqual(readSource(bundle, 'javascript').models, []);
    assert.deepEqual(readSource('const model = tf.sequential(); export {model};', 'javascript').symbols, []);
  });

  it('survives programs that are cut off or nested without end', () => {
    const text = `const n = 4; for (const [a, {b = 2}] of pairs) { const model = tf.sequential({...c}); ${LAYERS} model.fit(x, y, {epochs: 2}); }`;
    for (let end = 0; end <= text.length; end++) {
      const { diagnostics } = readSource(text.slice(0, end), 'javascript');
      assert.ok(diagnostics.every(({ code }) => code !== 'reader-failed'), text.slice(0, end));
    }
    for (const piece of ['(', '[', '{', 'x => ', 'f(', '!', 'a ? ', '`${', 'class A { m() { '])
      readSource(`tf.layers.lstm; ${piece.repeat(3000)}`, 'javascript');
    const endless = 'const f = () => f(); f(); const list = []; list.push(list); const o = {}; o.o = o; tf.layers.lstm({units: list});';
    assert.doesNotThrow(() => readSource(endless, 'javascript').symbols.map(symbol => describeSymbol(symbol)));
  }); // prettier-ignore
});
