import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { headline } from '../../../engine/model/headline.ts';
import { guarded, mentionsRecurrence, readSource } from '../../../engine/reader/read.ts';
import { caseNames, type Folder } from '../reference/cases.ts';
import { hover } from './reading.ts';

const ROOT = join(import.meta.dirname, '../../..');
const SAMPLES = join(ROOT, 'extension/samples');
const FOLDERS: readonly Folder[] = ['tf1', 'keras2', 'keras3', 'torch'];
/** The samples, and every program that ran in its framework: all calls the reader knows, broken. */
const texts = [
  ...readdirSync(SAMPLES)
    .filter(name => extname(name) !== '.js')
    .map(name => ({
      text: readFileSync(join(SAMPLES, name), 'utf8'),
      language: name.endsWith('.md') ? 'markdown' : 'python',
    })),
  ...FOLDERS.flatMap(folder =>
    caseNames(folder).map(name => ({
      text: readFileSync(join(ROOT, 'test/fixtures/dumps', folder, name, 'model.py'), 'utf8'),
      language: 'python',
    })),
  ),
];
/** The sample in JavaScript, and what it leaves out of both languages: classes, types, closures, the functional interface. */
const scripts = [
  { text: readFileSync(join(SAMPLES, 'mnist_lstm.js'), 'utf8'), language: 'javascript' },
  {
    text: `const {layers: {gru, dense}, ...tf} = require('@tensorflow/tfjs');
const sizes = [8, ...Array.from({length: 2}, (_, at) => 4 * at + 1)], {rate = 0.1, ...rest} = {units: 3, \`name\`: 'x'};
class Last extends tf.layers.Layer { call(x) { if (Array.isArray(x)) x = x[0]; return x.gather([x.shape[1] - 1], 1).squeeze([1]); } }
function build(depth, width = 2 ** 3) {
  const input = tf.input({shape: [null, width]}), cells = [];
  for (let i = 0; i < depth; i++) cells.push(tf.layers.lstmCell({units: sizes[i % sizes.length] ?? 5}));
  let x = tf.layers.rnn({cell: cells, returnSequences: true}).apply(input);
  switch (rest.kind) { case 'gru': x = gru({units: 6, returnSequences: true}).apply(x); break; default: x = tf.layers.bidirectional({layer: tf.layers.lstm({units: 4, returnSequences: true})}).apply(x); }
  const out = dense({units: 1}).apply(new Last({}).apply(x).mul(2).sub(x.max()));
  return tf.model({inputs: input, outputs: out});
}
build(3).compile({optimizer: tf.train.adam(1e-3), loss: 'meanSquaredError'}); // rnn: epochs=2
module.exports = {build};`,
    language: 'javascript',
  },
  {
    text: `import * as tf from '@tensorflow/tfjs';
interface Options<T extends number = 4> { units: T; readonly shape?: [number, number] }
enum Kind { Gru = 'gru', Lstm = 'lstm' }
export abstract class Net<K extends Kind> {
  private readonly model!: tf.Sequential; static steps = 6;
  constructor(protected options: Options, public kind: K) { this.model = tf.sequential({layers: [tf.layers.simpleRNN({units: options.units as number, inputShape: [Net.steps, 3]}), tf.layers.dense({units: 2, activation: 'softmax'})]}); }
  async train(x: tf.Tensor3D, y?: tf.Tensor): Promise<void> { await this.model?.fit(x, y!, {epochs: 5, callbacks: {onEpochEnd: async (epoch, logs) => { console.log(\`\${epoch}: \${logs?.loss}\`); }}}); }
}
const made = new (class extends Net<Kind.Gru> {})({units: 4} satisfies Options, Kind.Gru);
export default made;`,
    language: 'typescript',
  },
];
const program = readFileSync(join(SAMPLES, 'mnist_lstm.py'), 'utf8');

/** Numbers in [0, 1) from a seed (mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

const SHREDS = ['(', ')', '[', ']', '{', '}', '"""', "'", '\n', '\n    ', ':', ',', '=', ' for x in ', ' if ', 'lambda ', '**', 'def f(', 'class A(', 'return ', '\\', '#', '```', '-1', '0', '1e999', 'None', '.', 'while True:\n ', '=> {', '`${', '?.', '/*', 'const {', '...', '😀']; // prettier-ignore

function mutate(text: string, pool: typeof texts, next: () => number): string {
  let made = text;
  const at = (): number => Math.floor(next() * made.length);
  for (let count = 1 + Math.floor(next() * 4); count > 0; count--) {
    const [a, b] = [at(), at()].sort((x, y) => x - y) as [number, number];
    switch (Math.floor(next() * 6)) {
      case 0:
        made = made.slice(0, a);
        break;
      case 1:
        made = made.slice(0, a) + made.slice(Math.min(b, a + 200));
        break;
      case 2:
        made = made.slice(0, b) + made.slice(a, Math.min(b, a + 300)) + made.slice(b);
        break;
      case 3: {
        const other = pool[Math.floor(next() * pool.length)]!.text;
        made = made.slice(0, a) + other.slice(Math.floor(next() * other.length)).slice(0, 400) + made.slice(a);
        break;
      }
      default:
        made = made.slice(0, a) + SHREDS[Math.floor(next() * SHREDS.length)]! + made.slice(a + Math.floor(next() * 3));
    }
  }
  return made;
}

describe('reader on broken programs', () => {
  it('reads 10,000 mutated, truncated and spliced programs without a fault, within 60 s of processor time', function () {
    this.timeout(150_000);
    const next = random(20261123);
    const start = process.cpuUsage();
    for (let round = 0; round < 10_000; round++) {
      // Every third is JavaScript or TypeScript.
      const pool = round % 3 === 0 ? scripts : texts;
      const { text, language } = pool[Math.floor(round / 3) % pool.length]!;
      const broken = mutate(text, pool, next);
      const { symbols, models, diagnostics } = readSource(broken, language);
      for (const { range } of [...symbols, ...models, ...diagnostics]) {
        assert.ok(
          range.start >= 0 && range.start <= range.end && range.end <= broken.length,
          `round ${round}: ${JSON.stringify(range)}`,
        );
      }
      for (const { range, text } of symbols) assert.equal(broken.slice(range.start, range.end), text);
      const fault = diagnostics.find(({ code }) => code === 'reader-failed');
      assert.equal(fault, undefined, `round ${round}: ${JSON.stringify(fault)}\n${broken}`);
    }
    const { user, system } = process.cpuUsage(start);
    assert.ok(user + system < 60e6);
  });

  it('turns a fault of its own into a diagnostic', () => {
    const { models, diagnostics } = guarded(() => {
      throw new RangeError('too deep');
    });
    assert.deepEqual([models, diagnostics.map(({ code }) => code)], [[], ['reader-failed']]);
  });

  const BROKEN: readonly (readonly [what: string, from: string, to: string])[] = [
    ['an unclosed bracket', 'X_test = mnist.test.images.reshape((-1, n_steps, n_inputs))', 'X_test = mnist.test.images.reshape((-1, n_steps'],
    ['a missing colon', 'for epoch in range(n_epochs):', 'for epoch in range(n_epochs)'],
    ['a Python 2 print', 'correct = tf.nn', 'print "building", n_layers\ncorrect = tf.nn'],
    ['a word too many', 'y = tf.placeholder', 'oops y\ny = tf.placeholder'],
    ['a diff', 'learning_rate = 0.001', '-learning_rate = 0.01\n+learning_rate = 0.001\nlearning_rate = 0.001'],
    ['a half-written line', 'optimizer = tf.train', 'states[-1][\noptimizer = tf.train'],
    ['an unclosed call before a definition', 'learning_rate = 0.001', 'print(n_steps\ndef helper(a):\n    return a\nlearning_rate = 0.001'],
  ]; // prettier-ignore
  for (const [what, from, to] of BROKEN) {
    it(`reads everything around ${what}`, () => {
      const text = program.replace(from, to);
      assert.notEqual(text, program);
      const reading = readSource(text, 'python');
      assert.deepEqual(
        reading.models.map(({ spec }) => headline(spec)),
        ['LSTM 3×150'],
      );
      assert.deepEqual(reading.models[0]!.spec.training.optimizer, { kind: 'adam', learningRate: 0.001 });
      assert.equal(hover(reading, 'logits'), 'logits: float32 [batch, 10] · scores of the classes, before softmax');
    });
  }

  it('stands deep nesting, endless loops and recursion, each within 2 s of processor time', function () {
    this.timeout(60_000);
    const deep = 20_000;
    for (const text of [
      `LSTM = ${'('.repeat(deep)}1${')'.repeat(deep)}`,
      `LSTM = ${'['.repeat(deep)}`,
      `LSTM = ${'f('.repeat(deep)}`,
      `LSTM = ${'-'.repeat(deep)}1`,
      `LSTM = ${'a.b'.repeat(deep)}`,
      `LSTM = 1${' + 1'.repeat(deep)}`,
      Array.from({ length: 2000 }, (_, depth) => `${' '.repeat(depth)}if LSTM:`).join('\n'),
      'def f(LSTM): return f(f(LSTM))\nf(1)',
      'LSTM = []\nfor a in range(10**9):\n  for b in range(10**9):\n    LSTM.append(LSTM)\nwhile True: LSTM = LSTM + LSTM',
      'LSTM = [1] * 10**12\nx = 2 ** 10 ** 10 ** 10\ny = [[0 for a in range(500)] for b in range(500)]',
      'LSTM = []\nLSTM.append(LSTM)\nprint(LSTM)\nd = {}\nd["d"] = d\nd',
    ]) {
      const start = process.cpuUsage();
      const { diagnostics } = readSource(text, 'python');
      assert.ok(!diagnostics.some(({ code }) => code === 'reader-failed'), text.slice(0, 40));
      const { user, system } = process.cpuUsage(start);
      assert.ok(user + system < 2e6, text.slice(0, 40));
    }
  });
});

describe('the search for words before anything is parsed', () => {
  it('finds recurrent layers of every framework', () => {
    for (const text of [
      'tf.contrib.rnn.BasicRNNCell',
      'nn.GRU(4, 6)',
      'layers.LSTM(3)',
      'tf.nn.dynamic_rnn',
      'SimpleRNN',
    ]) {
      assert.ok(mentionsRecurrence(text), text);
    }
  });
  it('passes over other programs', () => {
    for (const text of ['import torch\nmodel = nn.Linear(3, 4)', 'a congruent journey', 'print("turn")']) {
      assert.ok(!mentionsRecurrence(text), text);
    }
  });
});
