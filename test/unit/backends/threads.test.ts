import { build } from 'esbuild';
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { nodeThreads } from '../../../engine/backends/wasm/nodeThreads.ts';
import { teams, ThreadTeam } from '../../../engine/backends/wasm/threadTeam.ts';
import { EngineError } from '../../../engine/errors.ts';
import { projectFolder } from '../../host/paths.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';
import { trainedBits } from './trainedBits.ts';

const SHARED = readFileSync(join(projectFolder, 'dist/kernelsShared.wasm'));
const alone = createWasmBackend(KERNEL_BYTES, { tile: 0 });
const MODEL = classifier([basicLstm(7)], 6, 4, 3, { kind: 'adam' });
const BATCH = {
  size: 8,
  steps: 6,
  inputs: Float32Array.from({ length: 8 * 6 * 4 }, (_, k) => Math.sin(k)),
  targets: Int32Array.from({ length: 8 }, (_, k) => k % 3),
};

describe('threads', () => {
  let folder: string;
  let thread: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-threads-'));
    thread = join(folder, 'kernelThread.js');
    await build({
      bundle: true,
      entryPoints: [join(projectFolder, 'engine/kernelThread.ts')],
      outfile: thread,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
    });
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('change no bit of any weight after 100 steps, whether 1, 2, 3 or 4, with lengths and dropout', function () {
    this.timeout(60_000);
    const expected = trainedBits(alone, 1);
    const backend = createWasmBackend(KERNEL_BYTES, { tile: 1, gather: teams(SHARED, nodeThreads(thread)) });
    for (const threads of [1, 2, 3, 4]) assert.deepEqual(trainedBits(backend, threads), expected, `${threads} threads`);
  });

  it('follow a network whose batches grow and whose gradients of inputs and steps are asked for', () => {
    const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, gather: teams(SHARED, nodeThreads(thread)) });
    const [shared, single] = [2, 1].map(threads => backend.createNetwork(MODEL, { seed: 1, batchSize: 2, threads }));
    for (const network of [shared!, single!]) network.trainStep(BATCH);
    assert.equal(shared!.threads, 2);
    assert.deepEqual(shared!.inputGradients(BATCH), single!.inputGradients(BATCH));
    assert.deepEqual(shared!.stepGradients(BATCH), single!.stepGradients(BATCH));
    assert.deepEqual(shared!.gradients(BATCH), single!.gradients(BATCH));
    assert.deepEqual(shared!.evaluate(BATCH), single!.evaluate(BATCH));
  });

  for (const [when, program, wait] of [
    ['before its first work', 'process.exit()', 500],
    ['in the middle of its work', "Atomics.wait(require('node:worker_threads').workerData.board, 0, 0); process.exit()", 0],
  ] as const)
    it(`that die ${when} fail the step with a typed error; the network goes on alone, and the next team works`, async function () {
      this.timeout(30_000);
      const dying = join(folder, `dies${wait}.js`);
      writeFileSync(dying, program);
      let team = new ThreadTeam(new WebAssembly.Module(SHARED), nodeThreads(dying), 2);
      const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, gather: () => team });
      const network = backend.createNetwork(MODEL, { seed: 1, batchSize: 8, threads: 2 });
      await pause(wait);
      assert.throws(
        () => network.trainStep(BATCH),
        (error: unknown) => error instanceof EngineError && error.code === 'closed' && /has died/.test(error.message),
      );
      const expected = alone.createNetwork(MODEL, { seed: 1, batchSize: 8 }).trainStep(BATCH);
      assert.deepEqual(network.trainStep(BATCH), expected);
      assert.equal(network.threads, 1);
      team = new ThreadTeam(team.kernels, nodeThreads(thread), 2);
      const next = backend.createNetwork(MODEL, { seed: 1, batchSize: 8, threads: 2 });
      assert.deepEqual(next.trainStep(BATCH), expected);
      team.dispose();
    }); // prettier-ignore
});
