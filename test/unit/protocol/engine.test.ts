import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import type { EngineClient } from '../../../engine/protocol/client.ts';
import type { EngineSide, OpenParams, Progress, RunEnd } from '../../../engine/protocol/engine.ts';
import type { MetricRow, RunSettings } from '../../../engine/runs/format.ts';
import { defaultSettings } from '../../../engine/runs/settings.ts';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import { projectFolder } from '../../host/paths.ts';
import { lstmClassifier } from '../model/specs.ts';
import { BundledWorker } from './bundledWorker.ts';

const spec = lstmClassifier({ steps: 6, features: 3, units: [5, 4], classes: 3, batchSize: 20 });
const SETTINGS: RunSettings = { epochs: 3, batchSize: 20, learningRate: 0.01, seed: 3, examples: 410 };
const RECALL: OpenParams = {
  model: 'recall',
  spec,
  data: { source: 'delayed-recall', seed: 1 },
  settings: SETTINGS,
};
const DIGITS: OpenParams = {
  model: 'digits',
  spec: lstmClassifier(),
  data: { source: 'mnist-rows' },
  settings: defaultSettings(lstmClassifier()),
};

const failsWith = (code: ErrorCode, message = /./) => (error: unknown): boolean =>
  error instanceof EngineError && error.code === code && message.test(error.message); // prettier-ignore

/** What a run told. */
interface Heard {
  readonly rows: MetricRow[];
  readonly sequences: number[];
  readonly progress: Progress[];
  readonly checkpoints: EngineSide['events']['checkpoint'][];
}

function hear(client: EngineClient): Heard {
  const heard: Heard = { rows: [], sequences: [], progress: [], checkpoints: [] };
  client.on('metrics', ({ sequence, rows }) => {
    heard.sequences.push(sequence);
    heard.rows.push(...rows);
  });
  client.on('progress', progress => heard.progress.push(progress));
  client.on('checkpoint', checkpoint => heard.checkpoints.push(checkpoint));
  return heard;
}

const first = <N extends keyof EngineSide['events']>(client: EngineClient, name: N): Promise<EngineSide['events'][N]> =>
  new Promise(resolve => {
    const stop = client.on(name, event => {
      stop();
      resolve(event);
    });
  }); // prettier-ignore

const withoutTime = (rows: readonly MetricRow[]): MetricRow[] => rows.map(row => (row.kind === 'epoch' ? { ...row, seconds: 0 } : row)); // prettier-ignore

describe('engine worker', function () {
  this.timeout(60_000);
  const worker = new BundledWorker();
  let whole: Heard & { readonly end: RunEnd };
  before(async () => {
    await worker.make();
    const client = worker.start();
    await client.request('open', RECALL);
    const heard = hear(client);
    const end = await client.request(
      'train',
      { model: 'recall', run: 'r1', measure: 'accuracy' },
      { timeout: Infinity },
    );
    whole = { ...heard, end };
  });
  after(() => worker.remove());

  it('says what computes, and what it has opened', async () => {
    const client = worker.start();
    assert.match((await client.ready).engine, /WebAssembly SIMD/);
    const opened = await client.request('open', DIGITS);
    assert.deepEqual(
      [opened.parameters, opened.trainCount, opened.testCount, opened.stepsPerEpoch],
      [470_110, 55_000, 10_000, 366],
    );
    assert.ok(opened.bytes > 4 * 470_110);
  });

  it('trains to the end and tells every step once, in order', () => {
    assert.deepEqual(whole.end, { status: 'finished', epoch: 3, step: 60 });
    assert.deepEqual(whole.sequences, whole.sequences.map((_, index) => index));
    const steps = whole.rows.filter(row => row.kind === 'step').map(({ step }) => step);
    assert.deepEqual(steps, Array.from({ length: 60 }, (_, index) => index + 1));
    assert.deepEqual(whole.rows.filter(row => row.kind === 'epoch').map(({ epoch, step }) => [epoch, step]), [[0, 20], [1, 40], [2, 60]]);
    const last = whole.progress.at(-1)!;
    assert.deepEqual([last.run, last.step, last.steps, last.paused], ['r1', 60, 60, false]);
  }); // prettier-ignore

  it('hands over a checkpoint at the end of each epoch, with where it stands', () => {
    assert.deepEqual(whole.checkpoints.map(({ run, epoch, step }) => [run, epoch, step]), [['r1', 1, 20], ['r1', 2, 40], ['r1', 3, 60]]);
    const { tensors, metadata } = readSafetensors(new Uint8Array(whole.checkpoints[1]!.data), 'x');
    assert.deepEqual([metadata['epoch'], metadata['step'], metadata['seed'], metadata['evaluated']], ['2', '40', '3', 'true']);
    assert.deepEqual(tensors.get('softmax/kernel')!.shape, [4, 3]);
    assert.ok(tensors.has('softmax/kernel/Adam'));
  }); // prettier-ignore

  it('goes on from a checkpoint in another worker to the same bits', async () => {
    const client = worker.start();
    const heard = hear(client);
    await client.request('open', { ...RECALL, checkpoint: whole.checkpoints[0]!.data });
    await client.request('train', { model: 'recall', run: 'r2', measure: 'accuracy' }, { timeout: Infinity });
    assert.deepEqual(heard.checkpoints.at(-1)!.data, whole.checkpoints.at(-1)!.data);
    assert.deepEqual(withoutTime(heard.rows), withoutTime(whole.rows.filter(({ step }) => step > 20)));
  });

  it('answers traces while it trains, and ends with the same bits', async () => {
    const client = worker.start();
    const heard = hear(client);
    await client.request('open', RECALL);
    let [over, traces] = [false, 0];
    const steps = new Set<number>();
    const end = client.request('train', { model: 'recall', run: 'r3', measure: 'accuracy' }, { timeout: Infinity }).finally(() => (over = true));
    while (!over) {
      const { step } = await client.request('trace', { model: 'recall', sample: traces, layer: traces % 2, order: 'similarity' });
      await client.request('tensors', { model: 'recall', sample: traces });
      steps.add(step);
      traces++;
    }
    const { step: last } = await end;
    // How many steps are met depends on what else the machine does.
    assert.ok([...steps].some(step => step > 0 && step < last), `${traces} traces at the steps ${[...steps].join()}`);
    assert.deepEqual(heard.checkpoints.at(-1)!.data, whole.checkpoints.at(-1)!.data);
    assert.deepEqual(withoutTime(heard.rows), withoutTime(whole.rows));
  }); // prettier-ignore

  it('pauses, resumes and stops', async () => {
    const client = worker.start();
    const heard = hear(client);
    await client.request('open', { ...RECALL, settings: { ...SETTINGS, epochs: 1000 } });
    const end = client.request('train', { model: 'recall', run: 'r4', measure: 'accuracy' }, { timeout: Infinity });
    await first(client, 'metrics');
    await client.request('pause', { model: 'recall' });
    await client.request('tensors', { model: 'recall', sample: 0 }); // every step before the pause is done now
    assert.equal(heard.progress.at(-1)!.paused, true);
    const { step } = await client.request('tensors', { model: 'recall', sample: 0 });
    await new Promise(resolve => setTimeout(resolve, 150));
    assert.equal((await client.request('tensors', { model: 'recall', sample: 0 })).step, step);
    await client.request('resume', { model: 'recall' });
    await first(client, 'metrics');
    await client.request('stop', { model: 'recall' });
    const stopped = await end;
    assert.equal(stopped.status, 'stopped');
    assert.ok(stopped.step > step);
    assert.equal(heard.checkpoints.at(-1)!.step, stopped.step);
  });

  it('sends metrics at most about ten times a second, and before each checkpoint', async () => {
    const client = worker.start();
    const heard = hear(client);
    await client.request('open', { ...RECALL, settings: { ...SETTINGS, epochs: 1000, examples: 10_000 } });
    const end = client.request('train', { model: 'recall', run: 'r5', measure: 'accuracy' }, { timeout: Infinity });
    await first(client, 'metrics');
    heard.sequences.length = heard.checkpoints.length = 0;
    const from = performance.now();
    await new Promise(resolve => setTimeout(resolve, 1000));
    // Each checkpoint has its metrics sent before it. On a busy machine a second of the timer can be longer.
    const [events, seconds] = [heard.sequences.length - heard.checkpoints.length, (performance.now() - from) / 1000];
    assert.ok(heard.sequences.length > 0);
    assert.ok(events <= 12 * seconds, `${events} events in ${seconds} s`);
    await client.request('stop', { model: 'recall' });
    await end;
  });

  it('holds several models and frees those that are closed', async () => {
    const client = worker.start();
    await client.request('open', RECALL);
    await client.request('open', { ...RECALL, model: 'other', settings: { ...SETTINGS, seed: 9 } });
    const logits = async (model: string): Promise<readonly number[] | undefined> =>
      (await client.request('tensors', { model, sample: 0 })).probabilities;
    assert.notDeepEqual(await logits('recall'), await logits('other'));
    await client.request('close', { model: 'other' });
    await assert.rejects(logits('other'), failsWith('unknown', /"other" is not open/));
    await logits('recall');
    for (let index = 0; index < 8; index++) await client.request('open', { ...RECALL, model: `more ${index}` });
    await assert.rejects(logits('recall'), failsWith('unknown'));
    await logits('more 7');
  });

  it('trains the network of the notes on MNIST, from a loss of ln 10', async () => {
    const client = worker.start();
    await client.ready;
    const heard = hear(client);
    await client.request('open', DIGITS);
    const end = client.request('train', { model: 'digits', run: 'r6', measure: 'accuracy' }, { timeout: Infinity });
    await first(client, 'metrics');
    await client.request('stop', { model: 'digits' });
    assert.equal((await end).status, 'stopped');
    const row = heard.rows[0]!;
    assert.ok(row.kind === 'step' && Math.abs(row.loss - Math.log(10)) < 0.2, JSON.stringify(row)); // ten classes, nothing learned
  });

  it('sums up what gates and states hold over the first test samples, as tracing them one by one shows it', async () => {
    const client = worker.start();
    await client.request('open', RECALL);
    const statistics = await client.request('statistics', { model: 'recall' });
    assert.equal(statistics.step, 0);
    const top = statistics.layers.find(({ layer }) => layer === 1)!;
    const traces = await Promise.all(
      Array.from({ length: statistics.samples }, (_, sample) =>
        client.request('trace', { model: 'recall', sample, layer: 1, order: 'index' }),
      ),
    );
    for (const id of ['i', 'f', 'o', 'c', 'h']) {
      const values = traces.flatMap(({ tensors }) => [
        ...new Float32Array(tensors.find(tensor => tensor.id === id)!.values),
      ]);
      const { min, max, mean, std, saturated } = top.tensors[id]!;
      assert.equal(min, Math.min(...values));
      assert.equal(max, Math.max(...values));
      const average = values.reduce((sum, value) => sum + value, 0) / values.length;
      assert.ok(Math.abs(mean - average) < 1e-9);
      const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - average) ** 2, 0) / values.length);
      assert.ok(Math.abs(std - spread) < 1e-6);
      if (id === 'c' || id === 'h') assert.equal(saturated, undefined);
      else assert.equal(saturated!.open, values.filter(value => value > 0.9).length / values.length);
    }
    const { states } = await client.request('tensors', { model: 'recall', sample: 0 });
    const h = [...new Float32Array(states.find(({ id }) => id === 'states[1].h')!.values)];
    assert.deepEqual(top.finals['h']!.example, { shape: [4], values: h });
  });

  it('names what is wrong with a request', async () => {
    const client = worker.start();
    await assert.rejects(
      client.request('open', { ...RECALL, settings: { ...SETTINGS, epochs: 0 } }),
      failsWith('invalid-message', /message "open": .* at \/settings\/epochs, found 0/),
    );
    await assert.rejects(
      client.request('train', { model: 'nobody', run: 'r', measure: 'accuracy' }),
      failsWith('unknown', /"nobody"/),
    );
    await assert.rejects(
      client.request('open', { ...RECALL, data: { source: 'mnist-rows' } }),
      failsWith('invalid-model', /"MNIST rows" does not fit: .* the model reads 6 of 3/),
    );
    await assert.rejects(
      client.request('open', { ...RECALL, data: { source: 'cifar' } }),
      failsWith('unknown', /cifar/),
    );
    await assert.rejects(
      client.request('open', { ...RECALL, checkpoint: new ArrayBuffer(4) }),
      failsWith('damaged-file', /checkpoint is damaged/),
    );
    const wider = lstmClassifier({ steps: 6, features: 3, units: [6, 4], classes: 3 });
    await assert.rejects(
      client.request('open', { ...RECALL, spec: wider, checkpoint: whole.checkpoints[0]!.data }),
      failsWith('invalid-shape', /cell_0\/basic_lstm_cell/),
    );
  });

  it('names the data file that is missing', async () => {
    const client = worker.start({ data: '/nowhere' });
    await assert.rejects(client.request('open', DIGITS), failsWith('missing-file', /\/nowhere\/mnist\/train-labels/));
  });
});

describe('engine client', function () {
  this.timeout(60_000);
  const worker = new BundledWorker();
  before(() => worker.make());
  after(() => worker.remove());

  it('lets no request hang when the engine dies, and tells it once', async () => {
    const client = worker.start();
    const told: EngineError[] = [];
    client.onExit(reason => told.push(reason));
    await client.request('open', { ...RECALL, settings: { ...SETTINGS, epochs: 1000 } });
    const training = client.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    const rejected = assert.rejects(training, failsWith('closed'));
    await first(client, 'progress');
    await client.kill();
    await rejected;
    await assert.rejects(client.request('close', { model: 'recall' }), failsWith('closed'));
    assert.deepEqual(told.map(({ code }) => code), ['closed']);
  }); // prettier-ignore

  it('stops runs before it ends the engine, and gets their last checkpoint', async () => {
    const client = worker.start();
    const heard = hear(client);
    await client.request('open', { ...RECALL, settings: { ...SETTINGS, epochs: 1000 } });
    const training = client.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    await first(client, 'metrics');
    await client.stop();
    const end = await training;
    assert.equal(end.status, 'stopped');
    assert.equal(heard.checkpoints.at(-1)!.step, end.step);
  });

  it('that shall use relaxed multiply-add says when the runtime has none', async () => {
    const client = worker.start({ relaxed: true });
    const hasIt = WebAssembly.validate(readFileSync(join(projectFolder, 'dist/kernelsRelaxed.wasm')));
    const { engine } = await client.ready;
    assert.equal(engine, hasIt ? 'WebAssembly SIMD with relaxed multiply-add' : 'WebAssembly SIMD (this runtime has no relaxed multiply-add)');
    await client.request('open', RECALL);
    const end = await client.request('train', { model: 'recall', run: 'r', measure: 'accuracy' }, { timeout: Infinity });
    assert.equal(end.status, 'finished');
  }); // prettier-ignore

  it('says why the engine does not start', async () => {
    const client = worker.start({ kernels: '/nowhere' });
    await assert.rejects(client.ready, failsWith('closed', /The engine has failed: .*\/nowhere\/kernels\.wasm/));
    await assert.rejects(client.request('open', RECALL), failsWith('closed'));
  });
});
