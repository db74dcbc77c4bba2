import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { build } from 'esbuild';
import { EngineError } from '../../../engine/errors.ts';
import { EngineClient } from '../../../engine/protocol/client.ts';
import type { OpenParams } from '../../../engine/protocol/engine.ts';
import { engineProcess, engineThread } from '../../../engine/protocol/engineRunner.ts';
import type { MetricRow } from '../../../engine/runs/format.ts';
import { lstmClassifier } from '../model/specs.ts';

const ROOT = join(import.meta.dirname, '../../..');
const RECALL: OpenParams = {
  model: 'recall',
  spec: lstmClassifier({ steps: 6, features: 3, units: [5, 4], classes: 3, batchSize: 20 }),
  data: { source: 'delayed-recall', seed: 1 },
  settings: { epochs: 1, batchSize: 20, learningRate: 0.01, seed: 3, examples: 410 },
};
/** An epoch that goes on for longer than a test. */
const LONG: OpenParams = { ...RECALL, settings: { ...RECALL.settings, epochs: 100_000 } };

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

async function dead(pid: number): Promise<void> {
  for (let tries = 0; isAlive(pid); tries++) {
    assert.ok(tries < 100, `process ${pid} is still there`);
    await pause(100);
  }
}

describe("the second engine's process", function () {
  this.timeout(60_000);
  let folder: string;
  let installed: string;
  const clients: EngineClient[] = [];

  const client = (one: EngineClient): EngineClient => {
    clients.push(one);
    return one;
  };
  const start = (silence?: number) => {
    const runner = engineProcess(join(folder, 'tensorflowProcess.js'), installed, () => undefined, silence);
    return { client: client(new EngineClient(runner)), pid: runner.pid! };
  };
  const losses = async (one: EngineClient): Promise<number[]> => {
    const rows: MetricRow[] = [];
    one.on('metrics', event => rows.push(...event.rows));
    await one.request('open', RECALL);
    const end = await one.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    assert.equal(end.status, 'finished');
    return rows.flatMap(row => (row.kind === 'step' ? [row.loss] : []));
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-process-'));
    await build({
      bundle: true,
      entryPoints: {
        tensorflowProcess: join(ROOT, 'engine/tensorflowProcess.ts'),
        engineWorker: join(ROOT, 'engine/worker.ts'),
      },
      outdir: folder,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
    });
    writeFileSync(join(folder, 'kernels.wasm'), (await import('../backends/kernelBytes.ts')).KERNEL_BYTES);
    // Where tfjs-node is not set up, TensorFlow.js on the processor stands where it would.
    installed = process.env['RNN_EXPLORER_TENSORFLOW'] ?? join(folder, 'installed');
    const stands = join(folder, 'installed', 'node_modules', '@tensorflow', 'tfjs-node');
    mkdirSync(stands, { recursive: true });
    const tfjs = JSON.stringify(join(ROOT, 'node_modules/@tensorflow/tfjs'));
    writeFileSync(join(stands, 'index.js'), `const tf = require(${tfjs}); tf.setBackend('cpu'); module.exports = tf;`);
  });
  after(async () => {
    await Promise.all(clients.map(one => one.kill()));
    rmSync(folder, { recursive: true, force: true });
  });

  it('gives the losses of our own engine over 20 steps to 1e-4, from the same seed', async () => {
    const places = { kernels: folder };
    const own = await losses(client(new EngineClient(engineThread(join(folder, 'engineWorker.js'), places))));
    const theirs = await losses(start().client);
    assert.equal(theirs.length, 20);
    for (const [step, loss] of theirs.entries()) assert.ok(Math.abs(loss - own[step]!) <= 1e-4, `step ${step}`);
  });

  it('ends a run with the reason when it is killed, and the next process works', async () => {
    const { client: one, pid } = start();
    await one.request('open', LONG);
    const run = one.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    process.kill(pid, 'SIGKILL');
    await assert.rejects(run, (error: unknown) => error instanceof EngineError && error.code === 'closed' && error.message.includes('SIGKILL')); // prettier-ignore
    const next = start().client;
    assert.equal((await next.request('open', RECALL)).trainCount > 0, true);
  });

  it('notices within seconds that it hangs, and leaves nothing running', async () => {
    const { client: one, pid } = start(2000);
    await one.request('open', LONG);
    const run = one.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    const since = Date.now();
    process.kill(pid, 'SIGSTOP');
    await assert.rejects(run, (error: unknown) => error instanceof EngineError && error.code === 'closed');
    assert.ok(Date.now() - since < 8000);
    await dead(pid);
  });

  it('says what is missing', async () => {
    const runner = engineProcess(join(folder, 'tensorflowProcess.js'), join(folder, 'nowhere'), () => undefined);
    await assert.rejects(
      client(new EngineClient(runner)).ready,
      /exit code 1: TensorFlow cannot be loaded from .*nowhere/,
    );
  });

  it('ends by itself when whoever started it is gone', async () => {
    const script = `
      import { engineProcess } from ${JSON.stringify(join(ROOT, 'engine/protocol/engineRunner.ts'))};
      const runner = engineProcess(${JSON.stringify(join(folder, 'tensorflowProcess.js'))}, ${JSON.stringify(installed)}, () => undefined);
      runner.listen(() => { console.log(runner.pid); process.exit(0); });
    `;
    const file = join(folder, 'parent.mjs');
    writeFileSync(file, script);
    const parent = spawn(process.execPath, ['--import', 'tsx', file], { cwd: ROOT });
    let written = '';
    parent.stdout.on('data', (chunk: Buffer) => (written += chunk.toString()));
    await new Promise(resolve => parent.once('close', resolve));
    await dead(Number(written));
  });
});
