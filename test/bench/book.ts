/**
 * `npm run book -- RUN [SEED …]`: trains a run of the book behind the notes for seeds 1, 2 and 3 (or those given), as the
 * command line does, prints a table of it, and says whether it holds what it must. Needs `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { MetricRow } from '../../engine/runs/format.ts';

type Epoch = Extract<MetricRow, { kind: 'epoch' }>;

interface BookRun {
  /** Samples, each with the name of its model where it has several, by the heading of its rows. */
  readonly models: Readonly<Record<string, { readonly sample: string; readonly model?: string }>>;
  readonly data: string;
  readonly epochs: number;
  /** What the table shows: the test, or the last batch after its step, as the book prints it. */
  readonly value: 'test' | 'train';
  /** Epochs of the table, counted from 1. */
  readonly shown: readonly number[];
  /** What must hold of the values of one model, one list a seed and one value an epoch. */
  readonly bar: { readonly text: string; readonly holds: (seeds: readonly (readonly number[])[]) => boolean };
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const last = (values: readonly number[]): number => values.at(-1) ?? Number.NaN;
const DIGITS = { data: 'mnist-rows', value: 'test' } as const;

const RUNS: Readonly<Record<string, BookRun>> = {
  mnist: {
    ...DIGITS,
    models: { 'LSTM 3×150': { sample: 'mnist_lstm.py' } },
    epochs: 10,
    shown: [1, 2, 3, 5, 10],
    bar: { text: 'mean ≥ 0.984 after 10 epochs', holds: seeds => mean(seeds.map(last)) >= 0.984 },
  },
  rnn: {
    ...DIGITS,
    models: { 'BasicRNN 150': { sample: 'mnist_rnn.py' } },
    epochs: 100,
    shown: [1, 10, 30, 50, 100],
    bar: { text: '≥ 0.974 within 100 epochs', holds: seeds => seeds.every(tests => Math.max(...tests) >= 0.974) },
  },
  relu: {
    ...DIGITS,
    models: { 'BasicRNN 3×100 relu': { sample: 'mnist_relu_stack.py' } },
    epochs: 10,
    shown: [1, 2, 3, 5, 10],
    bar: { text: '≥ 0.975 after 10 epochs', holds: seeds => seeds.every(tests => last(tests) >= 0.975) },
  },
  cells: {
    ...DIGITS,
    models: {
      'RNN 3×150': { sample: 'mnist_four_cells.py', model: 'rnn_stack' },
      'LSTM 3×150': { sample: 'mnist_four_cells.py', model: 'lstm_stack' },
      'peephole LSTM 3×150': { sample: 'mnist_four_cells.py', model: 'peephole_stack' },
      'GRU 3×150': { sample: 'mnist_four_cells.py', model: 'gru_stack' },
    },
    epochs: 10,
    shown: [1, 2, 3, 5, 10],
    bar: { text: '≥ 0.96 after 10 epochs', holds: seeds => seeds.every(tests => last(tests) >= 0.96) },
  },
  reber: {
    models: { 'GRU 30': { sample: 'reber_gru.py' } },
    data: 'embedded-reber',
    epochs: 30,
    value: 'test',
    shown: [10, 20, 25, 30],
    bar: {
      text: '≥ 0.999 by epoch 30 in two seeds of three',
      holds: seeds => seeds.filter(tests => Math.max(...tests) >= 0.999).length * 3 >= seeds.length * 2,
    },
  },
  series: {
    models: {
      OutputProjectionWrapper: { sample: 'time_series_projection.py' },
      'reshape and dense': { sample: 'time_series_dense.py' },
    },
    data: 'time-series',
    epochs: 15,
    value: 'train',
    // An epoch is 100 steps: the book prints after 1,200, 1,300 and 1,400 last.
    shown: [1, 2, 5, 10, 12, 13, 14],
    bar: {
      text: 'mean of the errors at 1,200, 1,300 and 1,400 steps ≤ 0.06',
      holds: seeds => seeds.every(errors => mean(errors.slice(11, 14)) <= 0.06),
    },
  },
};
const ROOT = join(import.meta.dirname, '../..');

/** The value after every epoch. */
function train(run: BookRun, { sample, model }: BookRun['models'][string], seed: number): number[] {
  const lines = execFileSync(
    process.execPath,
    [
      join(ROOT, 'dist/cli.js'),
      'train',
      join(ROOT, 'extension/samples', sample),
      ...(model === undefined ? [] : ['--model', model]),
      ...['--data', run.data, '--epochs', String(run.epochs), '--seed', String(seed), '--json'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 },
  );
  const epochs = lines.split('\n').filter(line => line.startsWith('{"kind":"epoch"'));
  return epochs.map(line => (JSON.parse(line) as Epoch)[run.value]);
}

const [name = '', ...given] = process.argv.slice(2);
const run = RUNS[name];
if (!run || given.some(seed => !/^\d+$/.test(seed))) {
  console.error(`Which run? ${Object.keys(RUNS).join(', ')}; then seeds, where not 1 2 3`);
  process.exit(2);
}
const seeds = given.length > 0 ? given.map(Number) : [1, 2, 3];
console.log(`| | seed | ${run.shown.map(epoch => `after ${epoch}`).join(' | ')} | best |`);
console.log(`|---|---|${run.shown.map(() => '---|').join('')}---|`);
const verdicts: { readonly title: string; readonly holds: boolean }[] = [];
for (const [title, model] of Object.entries(run.models)) {
  const bySeed = seeds.map(seed => {
    const values = train(run, model, seed);
    const best = run.value === 'test' ? Math.max(...values) : Math.min(...values);
    const cells = run.shown.map(epoch => values[epoch - 1]?.toFixed(4) ?? '-');
    console.log(`| ${title} | ${seed} | ${cells.join(' | ')} | ${best.toFixed(4)} after ${values.indexOf(best) + 1} |`);
    return values;
  });
  verdicts.push({ title, holds: run.bar.holds(bySeed) });
}
for (const { title, holds } of verdicts) console.log(`${title}: ${run.bar.text}: ${holds ? 'yes' : 'NO'}`);
if (verdicts.some(({ holds }) => !holds)) process.exitCode = 1;
