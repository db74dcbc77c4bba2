import assert from 'node:assert/strict';
import type { MetricRow } from '../../../engine/runs/format.ts';
import { RunCurves } from '../../../extension/runs/runCurves.ts';

const step = (number: number, loss: number, value = 0.1): MetricRow => ({
  kind: 'step',
  epoch: Math.floor((number - 1) / 10),
  step: number,
  loss,
  value,
});
const slice = (number: number, value: number): MetricRow => ({
  kind: 'test',
  epoch: 0,
  step: number,
  value,
  slice: 500,
});
const epoch = (number: number, at: number, train: number, test: number): MetricRow => ({
  ...{ kind: 'epoch', epoch: number, step: at, train, test, seconds: 1 },
});
const points = (curves: RunCurves, id: string): number[] => [
  ...new Float64Array(curves.since().find(curve => curve.id === id)!.points),
];

describe('RunCurves', () => {
  it('puts loss and measure of steps, slices and whole epochs on curves of their own', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2.3, 0.1), step(2, 2.1, 0.2), slice(2, 0.3), step(3, 1.9, 0.4), epoch(0, 3, 0.4, 0.5)]);
    assert.deepEqual(points(curves, 'loss'), [1, 2.3, 2, 2.1, 3, 1.9]);
    assert.deepEqual(points(curves, 'train'), [1, 0.1, 2, 0.2, 3, 0.4]);
    assert.deepEqual(points(curves, 'testSlice'), [2, 0.3]);
    assert.deepEqual(points(curves, 'test'), [3, 0.5]);
    assert.deepEqual(curves.lines, ['Epoch 0 Train accuracy = 0.4 Test accuracy = 0.5']);
  });

  it('tells whether the newest test is of a slice', () => {
    const curves = new RunCurves('accuracy');
    assert.equal(curves.latest.test, undefined);
    curves.add([step(1, 2), slice(1, 0.3)]);
    assert.deepEqual([curves.latest.test, curves.latest.sliceRows], [0.3, 500]);
    curves.add([epoch(0, 1, 0.2, 0.6)]);
    assert.deepEqual([curves.latest.test, curves.latest.sliceRows], [0.6, undefined]);
  });

  it('does not draw the test of an epoch twice when it also came as a row of its own', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2), { kind: 'test', epoch: 0, step: 1, value: 0.6 }, epoch(0, 1, 0.2, 0.6)]);
    assert.deepEqual(points(curves, 'test'), [1, 0.6]);
  });

  it('hands out what is new since a position, and only curves that grew', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2, 0.1)]);
    const { position } = curves;
    curves.add([step(2, 1.5), epoch(0, 2, 0.2, 0.3)]);
    const fresh = curves.since(position);
    assert.deepEqual(
      fresh.map(({ id }) => id),
      ['loss', 'train', 'test'],
    );
    assert.deepEqual([...new Float64Array(fresh[0]!.points)], [2, 1.5]);
    assert.deepEqual(curves.linesSince(position).length, 1);
    assert.deepEqual(curves.since(curves.position), []);
  });

  it('keeps thousands of points through the growth of its memory', () => {
    const curves = new RunCurves('accuracy');
    for (let index = 1; index <= 5000; index++) curves.add([step(index, 1 / index)]);
    const loss = points(curves, 'loss');
    assert.equal(loss.length, 10_000);
    assert.deepEqual(loss.slice(-2), [5000, 1 / 5000]);
  });

  it('goes back to a checkpoint', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2), step(2, 1), epoch(0, 2, 0.5, 0.5), step(3, 0.9), step(4, 0.8)]);
    curves.rewind(2);
    assert.deepEqual(points(curves, 'loss'), [1, 2, 2, 1]);
    assert.equal(curves.lines.length, 1);
    curves.rewind(1);
    assert.equal(curves.lines.length, 0);
    assert.deepEqual(points(curves, 'test'), []);
  });

  it('drops what was repeated when it reads the stored rows of a run that went on from a checkpoint', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2), step(2, 1), step(3, 9), step(4, 9), step(3, 0.9), step(4, 0.8)]);
    assert.deepEqual(points(curves, 'loss'), [1, 2, 2, 1, 3, 0.9, 4, 0.8]);
  });

  it('knows the steps of an epoch once one has ended', () => {
    const curves = new RunCurves('accuracy');
    curves.add([step(1, 2)]);
    assert.equal(curves.stepsPerEpoch, undefined);
    curves.add([epoch(0, 366, 0.5, 0.5), epoch(1, 732, 0.5, 0.5)]);
    assert.equal(curves.stepsPerEpoch, 366);
  });
});
