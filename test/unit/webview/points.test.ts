import assert from 'node:assert/strict';
import { axisEnd, epochTicks, logarithmicTicks } from '../../../webview/epochAxis.ts';
import { Points, smooth, thin, toList } from '../../../webview/points.ts';

const wave = (count: number) => Array.from({ length: count }, (_, x) => ({ x, y: Math.sin(x / 50) }));

describe('thinning', () => {
  it('leaves few points alone', () => {
    const points = wave(200);
    assert.equal(thin(points, 100), points);
  });
  it('keeps at most two points a bucket, in order, and both ends of the range of y', () => {
    const points = wave(50_000);
    points[31_337] = { x: 31_337, y: 9 };
    points[40_001] = { x: 40_001, y: -9 };
    const kept = thin(points, 600);
    assert.ok(kept.length <= 1200);
    assert.ok(kept.every((point, index) => index === 0 || point.x > kept[index - 1]!.x));
    assert.ok(kept.some(({ y }) => y === 9) && kept.some(({ y }) => y === -9));
  });
  it('keeps a value that is not finite: the line breaks where the run diverged', () => {
    const points = wave(10_000);
    points[5000] = { x: 5000, y: Number.NaN };
    assert.ok(thin(points, 100).some(({ y }) => Number.isNaN(y)));
  });
});

describe('smoothing', () => {
  it('begins at the first value instead of zero and leaves a constant as it is', () => {
    const points = Array.from({ length: 50 }, (_, x) => ({ x, y: 2.5 }));
    for (const { y } of smooth(points, 0.9)) assert.ok(Math.abs(y - 2.5) < 1e-12);
  });
  it('smooths sparse points over about the same time as dense ones', () => {
    const dense = Array.from({ length: 101 }, (_, x) => ({ x, y: x < 50 ? 1 : 0 }));
    const sparse = dense.filter(({ x }) => x % 5 === 0);
    const at = (points: readonly { x: number; y: number }[]): number => points.find(({ x }) => x === 60)!.y;
    // Ten steps after a fall to zero about a third is left; a fixed weight for each point would leave three quarters.
    assert.ok(Math.abs(at(smooth(dense, 0.9)) - 0.31) < 0.01);
    assert.ok(at(smooth(sparse, 0.9)) > 0.15 && at(smooth(sparse, 0.9)) < 0.35);
  });
  it('passes over a value that is not finite', () => {
    const [first, second, third] = smooth([{ x: 0, y: 1 }, { x: 1, y: Number.NaN }, { x: 2, y: 1 }], 0.5); // prettier-ignore
    assert.equal(first?.y, 1);
    assert.ok(Number.isNaN(second?.y));
    assert.equal(third?.y, 1);
  });
});

describe('points', () => {
  it('grow past their first room and leave out what is known already', () => {
    const points = new Points();
    for (let x = 0; x < 3000; x++) points.append(Float64Array.of(x, 2 * x));
    points.append(Float64Array.of(2999, -1, 3000, 6000));
    assert.equal(points.count, 3001);
    assert.deepEqual(toList(points).at(-1), { x: 3000, y: 6000 });
    assert.equal(points.y(2999), 5998);
  });
});

describe('the axis of a training chart', () => {
  it('ends where the epoch under way ends, so that it stands still meanwhile', () => {
    assert.deepEqual(
      [0, 1, 366, 367, 3660].map(step => axisEnd(step, 366)),
      [366, 366, 366, 732, 3660],
    );
  });
  it('has round ticks on a logarithmic axis, few over many decades, more within one', () => {
    assert.deepEqual(logarithmicTicks(0.03, 2.4), [0.05, 0.1, 0.2, 0.5, 1, 2]);
    assert.deepEqual(logarithmicTicks(1.65, 2.3), [1.7, 1.8, 1.9, 2, 2.1, 2.2, 2.3]);
    assert.deepEqual(logarithmicTicks(1.1, 2.4), [1.25, 1.5, 1.75, 2, 2.25]);
    assert.deepEqual(logarithmicTicks(1e-6, 10), [1e-6, 1e-5, 1e-4, 0.001, 0.01, 0.1, 1, 10]);
    assert.deepEqual(logarithmicTicks(0, 1), []);
  });
  it('counts whole epochs, as many as fit', () => {
    assert.deepEqual(
      epochTicks(1464, 366, 10).map(({ epoch }) => epoch),
      [0, 1, 2, 3, 4],
    );
    assert.deepEqual(
      epochTicks(36_600, 366, 10).map(({ epoch }) => epoch),
      [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100],
    );
    assert.equal(epochTicks(1464, 366, 10)[2]!.value, 732);
  });
});
