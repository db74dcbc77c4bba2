import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { type Demand, demandOf } from '../../../engine/data/demand.ts';
import type { FileChoices } from '../../../engine/data/fileData.ts';
import { headOf, loadFile, type LoadedFile, plan } from '../../../engine/data/files/plan.ts';
import { previewFile } from '../../../engine/data/files/preview.ts';
import { isDemand } from '../../../engine/data/ownFile.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import { EngineError } from '../../../engine/errors.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { BatchReader } from '../../../engine/training/batches.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { lstmClassifier } from '../model/specs.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures/data');
const backend = createWasmBackend(KERNEL_BYTES);

const keras = (layers: string, loss: string): ModelSpec =>
  readSource(
    `from tensorflow import keras\nfrom keras import layers\nmodel = keras.Sequential([${layers}])\nmodel.compile(optimizer="adam", loss=${loss})\n`,
    'python',
  ).models[0]!.spec;
const SPARSE = 'keras.losses.SparseCategoricalCrossentropy(from_logits=True)';

const forecaster = (steps = 3, features = 1, values = 1): ModelSpec =>
  keras(`keras.Input(shape=(${steps}, ${features})), layers.LSTM(4), layers.Dense(${values})`, '"mse"');
const characterModel = (vocabulary: number, steps: number | 'None' = 'None'): ModelSpec =>
  keras(
    `keras.Input(shape=(${steps},)), layers.Embedding(${vocabulary}, 3), layers.GRU(4, return_sequences=True), layers.Dense(${vocabulary})`,
    SPARSE,
  );

function demand(spec: ModelSpec): Demand {
  const found = demandOf(spec);
  assert.ok(isDemand(found), JSON.stringify(found));
  return found;
}

describe('samples of a file', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'samples-'));
  });
  after(() => {
    rmSync(folder, { recursive: true });
  });
  const write = (name: string, content: string): string => {
    const path = join(folder, name);
    writeFileSync(path, content);
    return path;
  };
  const load = async (path: string, spec: ModelSpec, choices: FileChoices = {}): Promise<LoadedFile> => {
    const head = await headOf(path, choices);
    return loadFile(plan(path, head, demand(spec), choices), demand(spec), {});
  };
  const read = ({ train, ...rest }: Dataset, rows: number[]): { inputs: number[]; targets: number[] } => {
    const batch = new BatchReader({ train, ...rest }, train, rows.length).read(rows);
    return { inputs: [...batch.inputs], targets: [...batch.targets!] };
  };
  /** One step of training, which checks shapes, labels and tokens. */
  const trains = (spec: ModelSpec, dataset: Dataset): void => {
    const size = Math.min(4, dataset.train.count);
    const network = backend.createNetwork(spec, { seed: 1, batchSize: size });
    const batch = new BatchReader(dataset, dataset.train, size).read(Array.from({ length: size }, (_, row) => row));
    const before = network.trainStep(batch).loss;
    for (let step = 0; step < 20; step++) network.trainStep(batch);
    assert.ok(network.evaluate(batch).loss < before);
    network.dispose();
  };
  const rows = (count: number, row: (n: number) => string): string => Array.from({ length: count }, (_, n) => row(n)).join('\n'); // prettier-ignore

  describe('a series', () => {
    it('is cut into windows whose target comes one step after, in the parts one after another', async () => {
      const path = write('a.csv', 'day,price\n' + rows(40, n => `${n},${10 * n}`));
      const { dataset } = await load(path, forecaster(), { scaling: 'none' });
      assert.deepEqual([dataset.kind, dataset.steps, dataset.features, dataset.targetAxes], ['series', 3, 1, [1]]);
      assert.deepEqual(dataset.featureNames, ['price']);
      // 32 rows to train on, 4 to validate and 4 to test, of which a sample takes 4.
      assert.deepEqual([dataset.train.count, dataset.validation.count, dataset.test.count], [29, 1, 1]);
      assert.deepEqual(read(dataset, [0, 28]), { inputs: [0, 10, 20, 280, 290, 300], targets: [30, 310] });
      const [x, y] = [new Float32Array(3), new Float32Array(1)];
      dataset.test.readInputs([0], x);
      dataset.test.readTargets([0], y);
      assert.deepEqual([...x, ...y], [360, 370, 380, 390]);
      trains(forecaster(), (await load(path, forecaster())).dataset);
    });

    it('is standardised by its training part alone', async () => {
      const path = write('b.csv', 'price\n' + rows(40, n => String(n < 32 ? n : 1e6)));
      const { dataset } = await load(path, forecaster());
      const { inputs, targets } = read(
        dataset,
        Array.from({ length: 29 }, (_, row) => row),
      );
      const first = inputs.filter((_, place) => place % 3 === 0);
      const series = [...first, ...inputs.slice(-2), targets.at(-1)!];
      assert.equal(series.length, 32);
      const mean = series.reduce((sum, value) => sum + value) / 32;
      const deviation = Math.sqrt(series.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 32);
      assert.ok(Math.abs(mean) < 1e-6 && Math.abs(deviation - 1) < 1e-6);
    });

    it('has several columns, a horizon, a stride, and steps ahead where the model predicts as many', async () => {
      const path = write('c.csv', 'time,a,b\n' + rows(100, n => `2026-01-01 ${n},${n},${-n}`));
      const spec = forecaster(3, 2, 2);
      const { dataset } = await load(path, spec, { scaling: 'none', inputs: ['b', 'a'], targets: ['a'], horizon: 5, stride: 2 });
      assert.deepEqual(read(dataset, [1]), { inputs: [-2, 2, -3, 3, -4, 4], targets: [9, 10] });
      const every = keras('keras.Input(shape=(None, 2)), layers.LSTM(4, return_sequences=True), layers.Dense(1)', '"mse"');
      const seen = (await load(path, every, { scaling: 'none', inputs: ['a', 'b'], targets: ['b'], window: 4 })).dataset;
      assert.deepEqual([seen.steps, seen.targetAxes], [4, [4, 1]]);
      assert.deepEqual(read(seen, [2]).targets, [-3, -4, -5, -6]);
      trains(every, seen);
    }); // prettier-ignore

    it('has labels for windows, with the names of the classes', async () => {
      const path = write('d.csv', 'x,y,z,kind\n' + rows(90, n => `${n},${n * 2},${n % 7},${n % 3 ? 'walk' : 'run'}`));
      const spec = lstmClassifier({ steps: 5, features: 3, units: [4], classes: 4 });
      const { dataset } = await load(path, spec);
      assert.deepEqual([dataset.classes, dataset.classNames, dataset.targetAxes], [4, ['run', 'walk'], []]);
      assert.deepEqual(read(dataset, [0, 1, 2]).targets, [1, 1, 0]);
      trains(spec, dataset);
    });

    it('is an array as well', async () => {
      const path = join(FIXTURES, 'packed.npy.gz');
      const { dataset } = await load(path, forecaster(1, 2, 2), { scaling: 'none', validation: 0, test: 0.4 });
      const saved = JSON.parse(readFileSync(join(FIXTURES, 'values.json'), 'utf8')) as Record<string, Record<string, { values: number[] }>>;
      const { values } = saved['packed.npy.gz']!['']!;
      assert.deepEqual(read(dataset, [0]), { inputs: values.slice(0, 2), targets: values.slice(2, 4) });
    }); // prettier-ignore
  });

  describe('rows and arrays', () => {
    it('are samples with labels: columns of a table', async () => {
      const path = write(
        'e.csv',
        rows(50, n =>
          [0, 1, 2, 3, 4, 5]
            .map(k => n + k)
            .concat(n % 2)
            .join(','),
        ),
      );
      const spec = lstmClassifier({ steps: 3, features: 2, units: [4], classes: 2 });
      const { dataset } = await load(path, spec, { scaling: 'none' });
      assert.deepEqual([dataset.train.count, dataset.validation.count, dataset.test.count], [40, 5, 5]);
      const { inputs, targets } = read(dataset, [7]);
      assert.deepEqual(
        inputs,
        [0, 1, 2, 3, 4, 5].map(k => inputs[0]! + k),
      );
      assert.equal(targets[0], inputs[0]! % 2);
      trains(spec, (await load(path, spec)).dataset);
    });

    it('are found in an npz by their usual names, with a test part of their own', async () => {
      const spec = lstmClassifier({ steps: 5, features: 2, units: [4], classes: 3 });
      const { dataset } = await load(join(FIXTURES, 'deflated.npz'), spec);
      assert.deepEqual([dataset.train.count, dataset.validation.count, dataset.test.count], [11, 1, 4]);
      const saved = JSON.parse(readFileSync(join(FIXTURES, 'values.json'), 'utf8')) as Record<string, Record<string, { values: number[] }>>;
      const labels = new Int32Array(4);
      dataset.test.readTargets([0, 1, 2, 3], labels);
      assert.deepEqual([...labels], saved['deflated.npz']!['y_test']!.values);
      trains(spec, dataset);
    }); // prettier-ignore

    it('are images of bytes with the labels that lie beside them', async () => {
      const spec = lstmClassifier({ steps: 4, features: 3, units: [4], classes: 3 });
      const { dataset } = await load(join(FIXTURES, 'tiny-images-idx3-ubyte'), spec);
      assert.equal(dataset.kind, 'image');
      const { inputs } = read(dataset, [0, 1, 2]);
      assert.ok(inputs.every(value => value >= 0 && value <= 1) && inputs.some(value => value > 0.5));
      trains(spec, dataset);
    });
  });

  describe('text', () => {
    it('is windows of characters followed by the next, as numbers or one-hot', async () => {
      const path = write('f.txt', 'abcd efgh '.repeat(40));
      const { dataset } = await load(path, characterModel(12), { window: 5 });
      assert.deepEqual([dataset.kind, dataset.steps, dataset.features, dataset.targetAxes, dataset.classes], ['tokens', 5, 1, [5], 12]);
      assert.deepEqual(dataset.tokenNames, ['␣', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']);
      assert.deepEqual(read(dataset, [0]), { inputs: [1, 2, 3, 4, 0], targets: [2, 3, 4, 0, 5] });
      trains(characterModel(12), dataset);
      const oneHot = keras('keras.Input(shape=(4, 9)), layers.LSTM(4), layers.Dense(9)', SPARSE);
      const hot = (await load(path, oneHot, { arrangement: 'characters' })).dataset;
      assert.deepEqual([hot.features, hot.targetAxes], [9, []]);
      assert.deepEqual(read(hot, [0]), { inputs: [1, 2, 3, 4].flatMap(k => Array.from({ length: 9 }, (_, n) => (n === k ? 1 : 0))), targets: [0] });
      trains(oneHot, hot);
    }); // prettier-ignore

    it('is lines that go on, or lines with labels', async () => {
      const lines = await load(write('g.txt', rows(30, n => 'ab'.repeat(1 + (n % 3)))), characterModel(5), { arrangement: 'lines' });
      assert.deepEqual([lines.dataset.steps, lines.dataset.train.count], [6, 24]);
      const { inputs, targets } = read(lines.dataset, [0]);
      assert.deepEqual(targets.slice(0, 5), inputs.slice(1));
      trains(characterModel(5), lines.dataset);
      const tags = keras('keras.Input(shape=(None,)), layers.Embedding(9, 3), layers.LSTM(4), layers.Dense(2)', SPARSE);
      const labelled = await load(write('h.txt', rows(40, n => (n % 2 ? 'up\tabc' : 'down\tcba'))), tags);
      assert.deepEqual(labelled.dataset.classNames, ['down', 'up']);
      const { inputs: letters, targets: labels } = read(labelled.dataset, [3]);
      const text = letters.map(letter => labelled.dataset.tokenNames![letter]).join('');
      assert.deepEqual([text, labels], labels[0] === 1 ? ['abc', [1]] : ['cba', [0]]);
      trains(tags, labelled.dataset);
    }); // prettier-ignore
  });

  it('say what does not fit the model', async () => {
    const path = write('i.csv', 'a,b,word\n' + rows(30, n => `${n},${n},w${n % 12}`));
    const says = async (spec: ModelSpec, choices: FileChoices, message: RegExp): Promise<void> => {
      await assert.rejects(load(path, spec, choices), (error: unknown) => {
        assert.ok(error instanceof EngineError && ['invalid-shape', 'unknown'].includes(error.code), String(error));
        assert.match(error.message, message);
        return true;
      });
    };
    await says(forecaster(3, 3), {}, /the model reads 3 values at a step, 2 columns are chosen/);
    await says(forecaster(50), {}, /30 rows are too few for windows of 51/);
    await says(forecaster(), { inputs: ['c'] }, /has no column "c"; there are a, b, word/);
    await says(forecaster(), { inputs: ['word'] }, /"word" holds words, the model reads numbers/);
    await says(lstmClassifier({ steps: 3, features: 2, units: [4] }), {}, /"word" has 12 different labels, the model tells 10/);
    const text = write('j.txt', 'The quick brown fox jumps over the lazy dog. '.repeat(20));
    await assert.rejects(load(text, characterModel(20)), /the text has 29 different characters, the model reads 20/);
  }); // prettier-ignore

  it('are shown before, with shapes, counts and the first one', async () => {
    const path = write(
      'k.csv',
      'time,price,volume\n' + rows(20_000, n => `t${n + 100_000},${(n / 7 + 10_000).toFixed(3)},${n + 100_000}`),
    );
    const preview = await previewFile(path, forecaster(20), {}, {});
    assert.deepEqual(preview.columns!.map(({ name, kind }) => [name, kind]), [['time', 'text'], ['price', 'numbers'], ['volume', 'numbers']]); // prettier-ignore
    assert.equal(preview.rows!.length, 8);
    assert.deepEqual([preview.steps, preview.features, preview.targetAxes], [20, 1, [1]]);
    assert.ok(
      preview.counts!.estimated && Math.abs(preview.counts!.train - 15_980) < 80,
      JSON.stringify(preview.counts),
    );
    assert.equal(preview.sample!.values.byteLength, 80);
    const misfit = await previewFile(path, forecaster(20), { inputs: ['price', 'volume'] }, {});
    assert.equal(misfit.file, undefined);
    assert.match(formatPhrase(misfit.problem!), /the model reads 1 values at a step, 2 columns are chosen/);
  });
});
