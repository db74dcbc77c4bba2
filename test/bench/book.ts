/**
 * `npm run book -- RUN`: trains a run of the book behind the notes for seeds 1, 2 and 3, as the command line does, and
 * prints the test accuracy after some of its epochs as a table. Needs `npm run build`.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

interface BookRun {
  readonly sample: string;
  readonly data: string;
  readonly epochs: number;
  /** Epochs of the table, counted from 1. */
  readonly shown: readonly number[];
}

const RUNS: Readonly<Record<string, BookRun>> = {
  mnist: { sample: 'mnist_lstm.py', data: 'mnist-rows', epochs: 10, shown: [1, 2, 3, 5, 10] },
  reber: { sample: 'reber_gru.py', data: 'embedded-reber', epochs: 30, shown: [10, 20, 25, 30] },
};
const SEEDS = [1, 2, 3];
const ROOT = join(import.meta.dirname, '../..');

/** Test accuracy after every epoch. */
function accuracies({ sample, data, epochs }: BookRun, seed: number): number[] {
  const lines = execFileSync(
    process.execPath,
    [
      join(ROOT, 'dist/cli.js'),
      'train',
      join(ROOT, 'extension/samples', sample),
      ...['--data', data, '--epochs', String(epochs), '--seed', String(seed), '--json'],
    ],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'], maxBuffer: 1 << 28 },
  );
  return lines
    .split('\n')
    .filter(line => line.startsWith('{"kind":"epoch"'))
    .map(line => (JSON.parse(line) as { test: number }).test);
}

const name = process.argv[2] ?? '';
const run = RUNS[name];
if (!run) {
  console.error(`Which run? ${Object.keys(RUNS).join(', ')}`);
  process.exit(2);
}
console.log(`| seed | ${run.shown.map(epoch => `after ${epoch}`).join(' | ')} | first ≥ 0.999 |`);
console.log(`|---|${run.shown.map(() => '---|').join('')}---|`);
for (const seed of SEEDS) {
  const tests = accuracies(run, seed);
  const first = tests.findIndex(test => test >= 0.999);
  const cells = run.shown.map(epoch => tests[epoch - 1]?.toFixed(4) ?? '-');
  console.log(`| ${seed} | ${cells.join(' | ')} | ${first < 0 ? '-' : `after ${first + 1}`} |`);
}
