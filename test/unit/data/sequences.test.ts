import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { dataSource, fittingSources } from '../../../engine/data/sources.ts';
import type { Dataset } from '../../../engine/data/source.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { MEASURES } from '../../../engine/model/measures.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { BatchReader, epochOrder, rowsBetween } from '../../../engine/training/batches.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { generatedBits } from './generatedBits.ts';
import { loadNow } from './loadNow.ts';
import { sequenceModel } from './sequenceModel.ts';

const SERIES = sequenceModel({ steps: 20, features: 1, width: 1 });
const ADDING = sequenceModel({ steps: 30, features: 2, width: 1, everyStep: false });
const COPYING = sequenceModel({ steps: 40, features: 10, width: 9, loss: 'sparse_softmax_cross_entropy' });

function read(dataset: Dataset, count: number, split: 'train' | 'test' = 'train') {
  const { inputs, targets } = new BatchReader(dataset, dataset[split], count).read(rowsBetween(0, count));
  return { inputs, targets: targets! };
}

const blanks = (count: number): number[] => new Array<number>(count).fill(8);

function refusal(source: string, spec: ModelSpec): string {
  const fits = dataSource(source).fits(spec);
  return fits === true ? 'fits' : formatPhrase(fits);
}

describe('the time series of the book', () => {
  const dataset = loadNow('time-series', SERIES, 1);

  it('gives windows of 20 points between 0 and 30, each followed one step ahead, 1e-6', () => {
    assert.deepEqual([dataset.steps, dataset.features, dataset.targetAxes], [20, 1, [20, 1]]);
    const { inputs, targets } = read(dataset, 200);
    const curve = (t: number): number => (t * Math.sin(t)) / 3 + 2 * Math.sin(5 * t);
    for (let row = 0; row < 200; row++) {
      const window = [...inputs.subarray(row * 20, row * 20 + 20), targets[row * 20 + 19]!];
      assert.deepEqual([...targets.subarray(row * 20, row * 20 + 19)], window.slice(1, 20));
      // Some t0 explains the whole window: the curve is looked up finely, then refined.
      const off = (t0: number): number => Math.max(...window.map((y, k) => Math.abs(y - curve(t0 + 0.1 * k))));
      let best = 0;
      for (let t0 = 0; t0 < 28; t0 += 0.005) if (off(t0) < off(best)) best = t0;
      for (let width = 0.005; width > 1e-9; width *= 0.7)
        best = [best, best - width, best + width].reduce((a, b) => (off(b) < off(a) ? b : a));
      assert.ok(
        best > -1e-6 && best < 28 && off(best) < 1e-6 * Math.max(1, ...window.map(Math.abs)),
        `row ${row}: ${off(best)}`,
      );
    }
  }).timeout(20_000);

  it('asks for the next point alone of a model that predicts once', () => {
    const once = loadNow('time-series', sequenceModel({ steps: 20, features: 1, width: 1, everyStep: false }), 1);
    assert.deepEqual(once.targetAxes, [1]);
    const [all, last] = [read(dataset, 50), read(once, 50)];
    assert.deepEqual(last.inputs, all.inputs);
    assert.deepEqual(
      [...last.targets],
      [...all.targets].filter((_, k) => k % 20 === 19),
    );
  });
});

describe('the adding problem', () => {
  it('marks one number in each half and asks for their sum', () => {
    const { inputs, targets } = read(loadNow('adding-problem', ADDING, 1), 500);
    for (let row = 0; row < 500; row++) {
      const at = (step: number, feature: number): number => inputs[(row * 30 + step) * 2 + feature]!;
      const marked = [...rowsBetween(0, 30)].filter(step => at(step, 1) !== 0);
      assert.equal(marked.length, 2);
      assert.ok(marked[0]! < 15 && marked[1]! >= 15);
      assert.equal(targets[row], Math.fround(at(marked[0]!, 0) + at(marked[1]!, 0)));
    }
    const mean = [...targets].reduce((sum, value) => sum + (value - 1) ** 2, 0) / 500;
    assert.ok(Math.abs(mean - 1 / 6) < 0.02, `whoever says 1 has an error of ${mean}`);
  });
});

describe('copy memory', () => {
  it('shows ten symbols, blanks, the sign, and asks for the symbols after it', () => {
    const dataset = loadNow('copy-memory', COPYING, 1);
    assert.deepEqual([dataset.kind, dataset.classes, dataset.targetAxes], ['tokens', 9, [40]]);
    const { inputs, targets } = read(dataset, 100);
    for (let row = 0; row < 100; row++) {
      const token = (step: number): number =>
        inputs.subarray((row * 40 + step) * 10, (row * 40 + step + 1) * 10).indexOf(1);
      const tokens = [...rowsBetween(0, 40)].map(token);
      assert.ok(tokens.slice(0, 10).every(symbol => symbol < 8));
      assert.deepEqual(tokens.slice(10), [...blanks(19), 9, ...blanks(10)]);
      const asked = [...targets.subarray(row * 40, row * 40 + 40)];
      assert.deepEqual(asked, [...blanks(30), ...tokens.slice(0, 10)]);
    }
    assert.equal(dataset.tokenNames?.join(''), 'ABCDEFGH·▸');
  });
});

describe('generated sequences', () => {
  it('fit the models that they are for, and say why not others', () => {
    const ids = (spec: ModelSpec): string[] => fittingSources(spec).map(({ id }) => id);
    assert.deepEqual([ids(SERIES), ids(ADDING), ids(COPYING)], [['time-series'], ['adding-problem'], ['copy-memory']]);
    assert.match(refusal('time-series', ADDING), /one value a step, the model reads 2 and predicts 1/);
    assert.match(refusal('time-series', COPYING), /not an error of predicted values/);
    assert.match(refusal('time-series', sequenceModel({ steps: 300, features: 1, width: 1 })), /300 points, the model reads 300/);
    assert.match(refusal('adding-problem', SERIES), /a value and a mark, the model reads 1/);
    assert.match(refusal('copy-memory', SERIES), /not a cross-entropy/);
    assert.match(refusal('copy-memory', sequenceModel({ steps: 2, features: 10, width: 9, loss: 'sparse_softmax_cross_entropy' })), /needs 3 steps or more/);
  });

  it('are learned: the measure after one epoch is well below that of saying nothing', () => {
    for (const [source, spec, most] of [['time-series', SERIES, 2], ['adding-problem', ADDING, 0.1]] as const) {
      const dataset = loadNow(source, spec, 1);
      const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: 50 });
      const training = new BatchReader(dataset, dataset.train, 50);
      const order = epochOrder(dataset.train.count, 1, 0);
      for (let first = 0; first < order.length; first += 50) network.trainStep(training.read(order.subarray(first, first + 50)));
      const error = MEASURES.mean_squared_error.of(network.evaluate(new BatchReader(dataset, dataset.test, 50).read(rowsBetween(0, 50))));
      network.dispose();
      assert.ok(error < most, `${source}: ${error}`);
    }
  });

  it('are the same to the bit on every machine', () => {
    assert.deepEqual(generatedBits(), {
      'time-series': '1241f58fe611ca8e',
      'adding-problem': '5b1e42ee41fb227f',
      'copy-memory': '6f0b709067e95d00',
      'embedded-reber': '440c67deff444bb5',
      'delayed-recall': 'a0964fe2d30f5bfa',
    });
  });
}); // prettier-ignore
