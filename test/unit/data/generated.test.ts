import assert from 'node:assert/strict';
import { dataSource, fittingSources, sourceFor } from '../../../engine/data/sources.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import { EngineError } from '../../../engine/errors.ts';
import { lstmClassifier } from '../model/specs.ts';
import { loadNow } from './loadNow.ts';

const spec = lstmClassifier({ steps: 12, features: 3, units: [4], classes: 3, data: 'unknown' });
const load = (source: string, seed = 7, model = spec): Dataset => loadNow(source, model, seed);
const rows = (count: number): number[] => Array.from({ length: count }, (_, row) => row);

function read(dataset: Dataset, which: number[], split: 'train' | 'test' = 'train'): { inputs: Float32Array; labels: Int32Array } {
  const inputs = new Float32Array(which.length * dataset.steps * dataset.features);
  const labels = new Int32Array(which.length);
  dataset[split].readInputs(which, inputs);
  dataset[split].readTargets(which, labels);
  return { inputs, labels };
} // prettier-ignore

describe('generated data', () => {
  for (const { id } of fittingSources(spec)) {
    it(`of ${id} has the shape of the model, every class, and the same rows for the same seed`, () => {
      const dataset = load(id);
      assert.deepEqual([dataset.steps, dataset.features, dataset.classes], [12, 3, 3]);
      const { inputs, labels } = read(dataset, rows(200));
      assert.deepEqual(new Set(labels), new Set([0, 1, 2]));
      assert.ok(inputs.every(value => Number.isFinite(value)));
      assert.deepEqual(read(load(id), rows(200)), { inputs, labels });
      assert.deepEqual(read(dataset, [17]).inputs, inputs.subarray(17 * 36, 18 * 36));
      assert.notDeepEqual(read(load(id, 8), rows(200)).labels, labels);
      assert.notDeepEqual(read(dataset, rows(200), 'test').labels, labels);
    });
  }

  it('of delayed recall shows a pattern of its class in the first half and only noise after it', () => {
    const dataset = load('delayed-recall');
    const { inputs, labels } = read(dataset, rows(300));
    const size = dataset.steps * dataset.features;
    const energy = (row: number, from: number, to: number): number =>
      inputs.subarray(row * size + from, row * size + to).reduce((sum, value) => sum + value * value, 0) / (to - from);
    for (let row = 0; row < 300; row++) assert.ok(energy(row, size / 2, size) < 0.05, `row ${row}`);
    // The first half tells the class: its nearest neighbour, over the places where the pattern may begin, is of its class.
    let right = 0;
    for (let row = 100; row < 300; row++) {
      const distance = (other: number): number => {
        let sum = 0;
        for (let place = 0; place < size / 2; place++)
          sum += (inputs[row * size + place]! - inputs[other * size + place]!) ** 2;
        return sum;
      };
      const nearest = rows(100).reduce((best, other) => (distance(other) < distance(best) ? other : best), 0);
      if (labels[nearest] === labels[row]) right++;
    }
    assert.ok(right >= 198, `${right} of 200`);
  });

  it('of delayed recall tells two classes apart that read one value a step', () => {
    const dataset = load('delayed-recall', 7, lstmClassifier({ steps: 2, features: 1, units: [4], classes: 2 }));
    assert.equal(dataset.kind, 'series');
    const { inputs, labels } = read(dataset, rows(100));
    const sums = [0, 1].map(label => new Set(rows(100).filter(row => labels[row] === label).map(row => Math.sign(inputs[2 * row]!))));
    assert.deepEqual(sums.map(signs => signs.size), [1, 1]);
    assert.notDeepEqual(sums[0], sums[1]);
  }); // prettier-ignore
});

describe('table of data sources', () => {
  const ids = (sources: readonly { readonly id: string }[]): string[] => sources.map(({ id }) => id);

  it('knows MNIST by the name that the program gives', () => {
    assert.equal(sourceFor(lstmClassifier())?.id, 'mnist-rows');
    assert.equal(sourceFor(lstmClassifier({ data: 'unknown' })), undefined);
    assert.equal(sourceFor(lstmClassifier({ features: 3 })), undefined);
  });

  it('offers what fits the shape of the model', () => {
    assert.deepEqual(ids(fittingSources(lstmClassifier({ data: 'unknown' }))), [
      'mnist-rows',
      'delayed-recall',
      'random-labels',
    ]);
    assert.deepEqual(ids(fittingSources(spec)), ['delayed-recall', 'random-labels']);
    const { loss: _, ...withoutLoss } = spec;
    assert.deepEqual(ids(fittingSources(withoutLoss)), []);
  });

  it('takes any number of steps where the model leaves it open', () => {
    const [sequence, target] = spec.inputs;
    const open = {
      ...spec,
      inputs: [{ ...sequence!, axes: [{ name: 'steps', size: 'n_steps' }, sequence!.axes[1]!] }, target!],
    };
    assert.deepEqual(ids(fittingSources(open)), ['delayed-recall', 'random-labels']);
    assert.equal(load('delayed-recall', 7, open).steps, 20);
  });

  it('names the sources that there are', () => {
    assert.throws(
      () => dataSource('imagenet'),
      (error: unknown) =>
        error instanceof EngineError &&
        error.code === 'unknown' &&
        /"imagenet"; there are mnist-rows, /.test(error.message),
    );
  });
});
