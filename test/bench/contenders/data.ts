/** Loads large files: time, memory, and whether anybody is held up. Argument: the folder of the built worker. */
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { type Demand, demandOf } from '../../../engine/data/demand.ts';
import type { FileChoices } from '../../../engine/data/fileData.ts';
import { headOf, loadFile, plan } from '../../../engine/data/files/plan.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { EngineClient } from '../../../engine/protocol/client.ts';
import { engineThread } from '../../../engine/protocol/engineRunner.ts';
import { readSource } from '../../../engine/reader/read.ts';

const keras = (layers: string, loss: string): ModelSpec =>
  readSource(`from tensorflow import keras\nfrom keras import layers\nmodel = keras.Sequential([${layers}])\nmodel.compile("adam", loss=${loss})\n`, 'python').models[0]!.spec; // prettier-ignore
const SERIES = (features: number): ModelSpec =>
  keras(`keras.Input(shape=(20, ${features})), layers.LSTM(4), layers.Dense(1)`, '"mse"');
const CHARACTERS = keras('keras.Input(shape=(64,)), layers.Embedding(128, 8), layers.LSTM(4, return_sequences=True), layers.Dense(128)', 'keras.losses.SparseCategoricalCrossentropy(from_logits=True)'); // prettier-ignore
const ROWS = 1_000_000;
const TEXT_BYTES = 50 << 20;

interface Case {
  readonly title: string;
  readonly file: string;
  readonly spec: ModelSpec;
  readonly choices: FileChoices;
  /** Bytes of the numbers themselves. */
  readonly numbers: number;
}

const cases = (folder: string): readonly Case[] => [
  { title: 'CSV, 1,000,000 rows, 1 of 5 columns', file: join(folder, 'a.csv'), spec: SERIES(1), choices: { inputs: ['a'], targets: ['a'] }, numbers: 8 * ROWS },
  { title: 'CSV, 1,000,000 rows, all 5 columns', file: join(folder, 'a.csv'), spec: SERIES(5), choices: { inputs: ['time', 'a', 'b', 'c', 'd'], targets: ['a'] }, numbers: 40 * ROWS },
  { title: 'text, 50 MB', file: join(folder, 'a.txt'), spec: CHARACTERS, choices: {}, numbers: TEXT_BYTES },
]; // prettier-ignore

const [dist = '', folderOfCase, number] = process.argv.slice(2);
if (folderOfCase === undefined) await all();
else await alone(cases(folderOfCase)[Number(number)]!);

/** Every case in a process of its own, and in a worker. */
async function all(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-data-'));
  try {
    makeFiles(folder);
    console.log('| file | size, MB | s | numbers, MB | kept, MB | peak, MB | host waits, ms | cancel, ms |');
    console.log('|---|---|---|---|---|---|---|---|');
    for (const [index, one] of cases(folder).entries()) {
      const measured = JSON.parse(execFileSync(process.execPath, ['--expose-gc', process.argv[1]!, dist, folder, String(index)], { encoding: 'utf8' })) as Record<'seconds' | 'kept' | 'peak', number>; // prettier-ignore
      const { waits, cancel } = await inWorker(one);
      const mb = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
      console.log(`| ${one.title} | ${mb(statSync(one.file).size)} | ${measured.seconds.toFixed(2)} | ${mb(one.numbers)} | ${mb(measured.kept)} | ${mb(measured.peak)} | ${waits.toFixed(0)} | ${cancel.toFixed(0)} |`); // prettier-ignore
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function alone({ file, spec, choices }: Case): Promise<void> {
  const demand = demandOf(spec) as Demand;
  gc!();
  const before = process.memoryUsage();
  const held = ({ heapUsed, arrayBuffers }: NodeJS.MemoryUsage): number => heapUsed + arrayBuffers;
  const start = performance.now();
  const loaded = await loadFile(plan(file, await headOf(file, choices), demand, choices), demand, {});
  const seconds = (performance.now() - start) / 1000;
  const peak = 1024 * process.resourceUsage().maxRSS - before.rss;
  gc!();
  console.log(JSON.stringify({ seconds, kept: held(process.memoryUsage()) - held(before), peak, rows: loaded.rows }));
}

async function inWorker({ file, spec, choices }: Case): Promise<{ waits: number; cancel: number }> {
  const client = new EngineClient(engineThread(join(dist, 'engineWorker.js')));
  await client.ready;
  const demand = demandOf(spec) as Demand;
  const data = { source: 'own-file', file: plan(file, await headOf(file, choices), demand, choices) };
  const settings = { epochs: 1, batchSize: 32, learningRate: 0.01, seed: 1, examples: null };
  const stop = new AbortController();
  const cancelled = new Promise<number>(resolve => {
    const off = client.on('loading', ({ bytes, total }) => {
      if (bytes < total / 4) return;
      off();
      const asked = performance.now();
      stop.abort();
      // The worker answers in the order of its work: when it does, it has stopped reading.
      void client.request('close', { model: 'none' }).then(() => {
        resolve(performance.now() - asked);
      });
    });
  });
  client.request('open', { model: 'a', spec, data, settings }, { signal: stop.signal, timeout: Infinity }).catch(() => undefined); // prettier-ignore
  const cancel = await cancelled;
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await client.request('open', { model: 'a', spec, data, settings }, { timeout: Infinity });
  delay.disable();
  await client.kill();
  return { waits: delay.max / 1e6, cancel };
}

function makeFiles(folder: string): void {
  const table = openSync(join(folder, 'a.csv'), 'w');
  writeSync(table, 'time,a,b,c,d\n');
  for (let row = 0; row < ROWS; row += 10_000)
    writeSync(table, Array.from({ length: 10_000 }, (_, n) => `${row + n},${Math.sin((row + n) / 50).toFixed(5)},${((row + n) % 997) / 10},${(row + n) % 7},${((row + n) * 0.1).toFixed(2)}\n`).join('')); // prettier-ignore
  closeSync(table);
  const text = openSync(join(folder, 'a.txt'), 'w');
  const line = 'It was the best of times, it was the worst of times; 1859.\n';
  const block = line.repeat(10_000);
  for (let bytes = 0; bytes < TEXT_BYTES; bytes += block.length) writeSync(text, block.slice(0, TEXT_BYTES - bytes));
  closeSync(text);
}
