import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { mnistRows } from '../../../engine/data/mnist.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import { EngineError } from '../../../engine/errors.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { lstmClassifier } from '../model/specs.ts';
import { loadNow } from './loadNow.ts';

/** What the build packs from the original files (`node esbuild.config.mjs --only=assets`). */
const SHIPPED = join(import.meta.dirname, '../../../dist/data');
const load = (directory: string): Dataset => loadNow('mnist-rows', lstmClassifier(), undefined, directory);

function labels(dataset: Dataset, split: 'train' | 'validation' | 'test', rows: number[]): number[] {
  const into = new Int32Array(rows.length);
  dataset[split].readTargets(rows, into);
  return [...into];
}

describe('MNIST rows', () => {
  it('are the original files, split as the loader of the TensorFlow tutorials does', () => {
    const dataset = load(SHIPPED);
    assert.deepEqual([dataset.train.count, dataset.validation.count, dataset.test.count], [55_000, 5_000, 10_000]);
    assert.deepEqual([dataset.steps, dataset.features, dataset.classes, dataset.kind], [28, 28, 10, 'image']);
    // mnist.train.labels[:10], mnist.test.labels[:10] and the first labels of the training file.
    assert.deepEqual(labels(dataset, 'train', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [7, 3, 4, 6, 1, 8, 1, 0, 9, 8]);
    assert.deepEqual(labels(dataset, 'test', [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
    assert.deepEqual(labels(dataset, 'validation', [0, 1, 2, 3, 4]), [5, 0, 4, 1, 9]);
  });

  it('have pixels in [0, 1], rounded once from bytes / 255, whose mean over the test digits is 0.1325', () => {
    const dataset = load(SHIPPED);
    const into = new Float32Array(28 * 28);
    let sum = 0;
    for (let row = 0; row < dataset.test.count; row++) {
      dataset.test.readInputs([row], into);
      for (const pixel of into) {
        const byte = Math.round(255 * pixel);
        if (pixel !== Math.fround(byte / 255) || byte < 0 || byte > 255) assert.fail(`pixel ${pixel} of digit ${row}`);
        sum += pixel;
      }
    }
    assert.equal((sum / (10_000 * 784)).toFixed(4), '0.1325');
  });

  it('read the rows that are asked for, in their order', () => {
    const { test } = load(SHIPPED);
    const [both, one] = [new Float32Array(2 * 784), new Float32Array(784)];
    test.readInputs([5, 3], both);
    test.readInputs([3], one);
    assert.deepEqual(both.subarray(784), one);
    assert.ok(both.subarray(0, 784).some((pixel, place) => pixel !== one[place]));
  });

  it('fit a model that reads 28 steps of 28 values and tells 10 classes apart', () => {
    assert.equal(mnistRows.fits(lstmClassifier()), true);
    const reason = (model: Parameters<typeof lstmClassifier>[0]): string => {
      const fits = mnistRows.fits(lstmClassifier(model));
      assert.ok(fits !== true);
      return formatPhrase(fits);
    };
    assert.match(reason({ steps: 20, features: 3 }), /the model reads 20 of 3$/);
    assert.match(reason({ classes: 2 }), /the model tells 2 classes apart$/);
  });
});

describe('MNIST files', () => {
  let directory: string;
  const write = (name: string, bytes: Uint8Array): void => {
    writeFileSync(join(directory, 'mnist', name), bytes);
  };
  /** An IDX file of bytes that all have this value. */
  const idx = (shape: number[], value = 1): Buffer => {
    const bytes = Buffer.alloc(4 + 4 * shape.length + shape.reduce((a, b) => a * b, 1), value);
    bytes.writeUInt32BE(0x800 + shape.length, 0);
    shape.forEach((size, axis) => bytes.writeUInt32BE(size, 4 + 4 * axis));
    return bytes;
  };
  const failure = (work: () => unknown): EngineError => {
    try {
      work();
    } catch (error) {
      assert.ok(error instanceof EngineError);
      return error;
    }
    return assert.fail('nothing was thrown');
  };
  const readFirst = (split: 'train' | 'test') => () => {
    load(directory)[split].readInputs([0], new Float32Array(784));
  };

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'rnn-mnist-'));
    mkdirSync(join(directory, 'mnist'));
    write('train-labels-idx1-ubyte', idx([5_001]));
    write('train-images-idx3-ubyte', idx([5_001, 28, 28], 255));
    write('t10k-labels-idx1-ubyte.gz', gzipSync(idx([3], 9)));
    write('t10k-images-idx3-ubyte.gz', gzipSync(idx([3, 28, 28], 51)));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it('may be gzipped or not', () => {
    const dataset = load(directory);
    const into = new Float32Array(784);
    dataset.test.readInputs([2], into);
    assert.equal(into[100], Math.fround(0.2));
    dataset.train.readInputs([0], into);
    assert.equal(into[100], 1);
    assert.deepEqual(labels(dataset, 'test', [0]), [9]);
  });

  it('are named when they are missing', () => {
    rmSync(join(directory, 'mnist', 'train-images-idx3-ubyte'));
    const error = failure(() => load(directory));
    assert.equal(error.code, 'missing-file');
    assert.ok(error.message.includes(join(directory, 'mnist', 'train-images-idx3-ubyte')), error.message);
  });

  it('are named with the expected and the found when they are damaged', () => {
    const message = (work: () => unknown): string => {
      const error = failure(work);
      assert.equal(error.code, 'damaged-file');
      assert.ok(error.message.startsWith(join(directory, 'mnist')), error.message);
      return error.message;
    };
    write('t10k-images-idx3-ubyte.gz', gzipSync(idx([3, 28, 28])).subarray(0, 20));
    assert.match(message(readFirst('test')), /t10k-images.* is damaged: expected gzip data, found /);
    write('t10k-images-idx3-ubyte.gz', idx([3, 28, 28]).subarray(0, -1));
    assert.match(message(readFirst('test')), /expected 2352 values for \[3, 28, 28\], found 2351/);
    write('t10k-images-idx3-ubyte.gz', idx([4, 28, 28]));
    assert.match(message(readFirst('test')), /expected \[3, 28, 28\], found \[4, 28, 28\]/);
    write('t10k-labels-idx1-ubyte.gz', idx([3, 1]));
    assert.match(
      message(() => load(directory)),
      /expected the magic number 2049, found 2050/,
    );
    write('t10k-labels-idx1-ubyte.gz', idx([3], 77));
    assert.match(
      message(() => load(directory)),
      /expected labels from 0 to 9, found 77/,
    );
  });
});
