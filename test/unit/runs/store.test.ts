import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import type { MetricRow, RunRecord, RunStatus } from '../../../engine/runs/format.ts';
import { defaultSettings } from '../../../engine/runs/settings.ts';
import { createRunId, RunStore } from '../../../engine/runs/store.ts';
import { lstmClassifier } from '../model/specs.ts';

let directory: string;
const damaged: EngineError[] = [];
const storeAt = (place = directory): RunStore => new RunStore(place, { onDamaged: error => damaged.push(error) });

function record(status: RunStatus, created = '2026-11-23T15:48:10.123Z'): RunRecord {
  const spec = lstmClassifier();
  return {
    version: 2,
    id: createRunId(created),
    created,
    status,
    spec,
    settings: defaultSettings(spec),
    measure: 'accuracy',
    data: { source: 'mnist-rows' },
    source: { uri: 'file:///mnist_lstm.py', hash: '00', line: 21 },
    engine: 'WebAssembly SIMD, 1 thread',
  };
}

const step = (number: number, loss = 2.3): MetricRow => ({ kind: 'step', epoch: 0, step: number, loss, value: 0.1 });
const failsWith = (code: ErrorCode) => (error: unknown) => error instanceof EngineError && error.code === code;

describe('run store', () => {
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'rnn-runs-'));
    damaged.length = 0;
  });
  afterEach(() => rm(directory, { recursive: true, force: true }));

  it('gives back record, rows and the newest checkpoint', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    await store.appendMetrics(run.id, [step(1), step(2)]);
    await store.appendMetrics(run.id, [step(3)]);
    await store.saveCheckpoint(run.id, { epoch: 1, step: 366 }, Uint8Array.of(1, 2, 3).buffer);
    await store.saveCheckpoint(run.id, { epoch: 1, step: 400 }, Uint8Array.of(4).buffer);
    const finished: RunRecord = { ...run, status: 'finished' };
    await store.save(finished);
    assert.deepEqual(await storeAt().list(), [
      { record: finished, rows: [step(1), step(2), step(3)], checkpoint: { epoch: 1, step: 400 } },
    ]);
    assert.deepEqual(
      new Uint8Array(await store.readCheckpoint(run.id, { epoch: 1, step: 366 })),
      Uint8Array.of(1, 2, 3),
    );
    assert.deepEqual((await readdir(join(directory, run.id, 'checkpoints'))).sort(), [
      'epoch-0001-step-00000366.safetensors',
      'epoch-0001-step-00000400.safetensors',
    ]);
  });

  it('lists the newest first, up to a bound, and leaves out what it cannot read, with the path', async () => {
    const store = storeAt();
    const runs = ['2026-11-23T10:00:00Z', '2026-11-24T10:00:00Z', '2026-11-25T10:00:00Z'].map(created =>
      record('finished', created),
    );
    for (const run of runs) await store.save(run);
    assert.deepEqual(
      (await store.list(2)).map(({ record: { id } }) => id),
      [runs[2]!.id, runs[1]!.id],
    );
    const path = (index: number): string => join(directory, runs[index]!.id, 'run.json');
    await writeFile(path(0), '{"version": 1, ');
    await writeFile(path(1), JSON.stringify({ ...runs[1], version: 3 }));
    await writeFile(path(2), JSON.stringify({ ...runs[2], settings: {} }));
    await mkdir(join(directory, 'empty'));
    await writeFile(join(directory, '.DS_Store'), '');
    assert.deepEqual(await store.list(), []);
    const messages = damaged.map(({ message }) => message);
    assert.equal(messages.length, 4);
    for (const index of [0, 1, 2])
      assert.ok(
        messages.some(message => message.includes(path(index))),
        path(index),
      );
    assert.match(messages.join('\n'), /has format 3; this version reads 2/);
  });

  it('reads a run of format 1, where every measure was called accuracy, by what it was measured', async () => {
    const store = storeAt();
    const { measure: _, ...classifier } = record('finished');
    const values = { ...classifier, id: `${classifier.id}-values`, spec: structuredClone(classifier.spec) };
    values.spec.loss!.kind = 'mean_squared_error';
    const rows = {
      [classifier.id]: '{"kind":"step","epoch":0,"step":1,"loss":2.3,"accuracy":0.25}',
      [values.id]: '{"kind":"step","epoch":0,"step":1,"loss":2.3}',
    };
    for (const old of [classifier, values]) {
      await mkdir(join(directory, old.id));
      await writeFile(join(directory, old.id, 'run.json'), JSON.stringify({ ...old, version: 1 }));
      await writeFile(join(directory, old.id, 'metrics.jsonl'), rows[old.id]!);
    }
    const [told, valued] = [await store.read(classifier.id), await store.read(values.id)];
    assert.deepEqual([told.record.measure, told.rows], ['accuracy', [{ ...step(1), value: 0.25 }]]);
    assert.deepEqual([valued.record.measure, valued.rows], ['mean_squared_error', [{ ...step(1), value: 2.3 }]]);
  });

  it('finds no runs where nothing was ever stored', async () => {
    assert.deepEqual(await storeAt(join(directory, 'nowhere')).list(), []);
  });

  it('survives a torn last line and goes on after it', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    await store.appendMetrics(run.id, [step(1)]);
    await store.close();
    const file = join(directory, run.id, 'metrics.jsonl');
    await appendFile(file, '{"kind":"step","epo');
    assert.deepEqual((await storeAt().read(run.id)).rows, [step(1)]);
    const again = storeAt();
    await again.save(run);
    await again.appendMetrics(run.id, [step(2)]);
    assert.deepEqual((await again.read(run.id)).rows, [step(1), step(2)]);
    assert.doesNotMatch(await readFile(file, 'utf8'), /epo\{|"epo\n/);
    await again.close();
  });

  it('takes the newer rows where a run went on from a checkpoint', async () => {
    const store = storeAt();
    const run = record('running');
    const epoch = (test: number): MetricRow => ({ kind: 'epoch', epoch: 0, step: 2, train: 1, test, seconds: 1 });
    await store.save(run);
    await store.appendMetrics(run.id, [step(1), step(2), epoch(0.5), step(3), step(4)]);
    await store.appendMetrics(run.id, [step(3, 1.5)]);
    assert.deepEqual((await store.read(run.id)).rows, [step(1), step(2), epoch(0.5), step(3, 1.5)]);
    await store.close();
  });

  it('calls a living run without an owner interrupted, and leaves the one of another process alone', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    const status = async (): Promise<RunStatus> => (await storeAt().read(run.id)).record.status;
    const owner = join(directory, run.id, 'owner.json');
    const owned = JSON.parse(await readFile(owner, 'utf8')) as { process: number; start: string };
    assert.equal(await status(), 'running');

    const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
    try {
      await writeFile(owner, JSON.stringify({ ...owned, process: other.pid }));
      assert.equal(await status(), 'running');
      await assert.rejects(storeAt().save(run), failsWith('in-use'));
      await assert.rejects(store.remove(run.id), failsWith('in-use'));
      // No sign of life for a long time: the id belongs to someone else now.
      await utimes(owner, new Date(0), new Date(0));
      assert.equal(await status(), 'interrupted');
    } finally {
      other.kill();
    }
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    await writeFile(owner, JSON.stringify({ ...owned, process: dead }));
    assert.equal(await status(), 'interrupted');
    // An earlier process that had our id.
    await writeFile(owner, JSON.stringify({ ...owned, start: 'earlier' }));
    assert.equal(await status(), 'interrupted');
    await writeFile(owner, JSON.stringify({ ...owned, host: `not-${hostname()}` }));
    assert.equal(await status(), 'running');
    await store.close();
    assert.equal(await status(), 'interrupted');
  });

  it('gives a run back when it has ended', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    await assert.rejects(store.remove(run.id), failsWith('in-use'));
    await store.save({ ...run, status: 'stopped' });
    await store.remove(run.id);
    assert.deepEqual(await store.list(), []);
  });

  it('keeps rows that the disk refuses and writes them later, without a hole', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    const file = join(directory, run.id, 'metrics.jsonl');
    await mkdir(file); // nothing can be appended to a folder
    await assert.rejects(store.appendMetrics(run.id, [step(1)]), (error: unknown) => {
      assert.ok(error instanceof EngineError);
      assert.equal(error.code, 'storage');
      assert.ok(error.message.startsWith(file), error.message);
      return true;
    });
    await rm(file, { recursive: true });
    await store.appendMetrics(run.id, [step(2)]);
    assert.deepEqual((await store.read(run.id)).rows, [step(1), step(2)]);
    await store.close();
  });

  it('names the path when a checkpoint cannot be written, and leaves no half-written file', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    const folder = join(directory, run.id, 'checkpoints');
    await mkdir(join(folder, 'epoch-0001-step-00000366.safetensors'));
    await assert.rejects(
      store.saveCheckpoint(run.id, { epoch: 1, step: 366 }, new ArrayBuffer(8)),
      failsWith('storage'),
    );
    assert.deepEqual(await readdir(folder), ['epoch-0001-step-00000366.safetensors']);
    await store.close();
  });

  it('thins out checkpoints, and never the first or the newest', async () => {
    const store = storeAt();
    const run = record('running');
    await store.save(run);
    for (let epoch = 1; epoch <= 60; epoch++)
      await store.saveCheckpoint(run.id, { epoch, step: 10 * epoch }, new ArrayBuffer(8));
    const epochs = (await store.checkpoints(run.id)).map(({ epoch }) => epoch);
    assert.equal(epochs.length, 20);
    assert.equal(epochs[0], 1);
    assert.deepEqual(epochs.slice(-5), [56, 57, 58, 59, 60]);
    const gaps = epochs.slice(1).map((epoch, index) => epoch - epochs[index]!);
    assert.ok(Math.max(...gaps) <= 8, `gaps ${gaps.join(' ')}`);
    await store.close();
  });

  it('takes no path for an id', () => {
    assert.throws(() => storeAt().folder('../../etc'), failsWith('unknown'));
  });
});

describe('run settings', () => {
  it('come from the program, and from its framework where the program is silent', () => {
    const spec = lstmClassifier();
    assert.deepEqual(defaultSettings(spec), {
      epochs: 10,
      batchSize: 150,
      learningRate: 0.001,
      seed: 42,
      examples: null,
    });
    const silent = { ...spec, framework: 'pytorch' as const, training: { optimizer: { kind: 'rmsprop' as const } } };
    assert.deepEqual(defaultSettings(silent), {
      epochs: 10,
      batchSize: 32,
      learningRate: 0.01,
      seed: 42,
      examples: null,
    });
  });
});
