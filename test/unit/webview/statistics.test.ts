import assert from 'node:assert/strict';
import { numpyArray, pythonNumber } from '../../../webview/numpyText.ts';
import { histogramOf, statisticsOf } from '../../../webview/statistics.ts';

describe('statistics', () => {
  it('are those of numpy', () => {
    const { min, max, mean, std, saturated } = statisticsOf(Float32Array.of(1, 2, 3, 4));
    assert.deepEqual([min, max, mean, saturated], [1, 4, 2.5, 1]);
    assert.ok(Math.abs(std - Math.sqrt(1.25)) < 1e-12);
  });
  it('leave out what is not finite and count it', () => {
    const found = statisticsOf(Float32Array.of(Number.NaN, 0.95, Number.POSITIVE_INFINITY, -0.5));
    assert.equal(found.nan, 1);
    assert.equal(found.infinite, 1);
    assert.equal(found.saturated, 0.5);
    assert.ok(Math.abs(found.mean - (Math.fround(0.95) - 0.5) / 2) < 1e-12);
  });
  it('have no mean where nothing is finite', () => {
    assert.ok(Number.isNaN(statisticsOf(Float32Array.of(Number.NaN)).mean));
  });
});

describe('a histogram', () => {
  it('counts every finite value once, the upper bound in the last bin', () => {
    assert.deepEqual([...histogramOf(Float32Array.of(-1, -0.9, 0, 0.99, 1, Number.NaN), -1, 1, 4)], [2, 0, 1, 2]);
  });
});

describe('text for numpy', () => {
  it('writes the fewest digits that give the same float32 back', () => {
    for (const value of [0.1, -0.99984, 1 / 3, 1e-30, 16_777_215, 123.456].map(Math.fround)) {
      const text = pythonNumber(value);
      assert.equal(Math.fround(Number(text)), value);
      assert.ok(text.length <= String(value).length + 1);
    }
    assert.equal(pythonNumber(Math.fround(0.1)), '0.1');
    assert.equal(pythonNumber(1), '1.');
  });
  it('knows what is not finite, and minus zero', () => {
    assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0].map(pythonNumber), ['np.nan', 'np.inf', '-np.inf', '-0.']); // prettier-ignore
  });
  it('is an expression of two dimensions', () => {
    assert.equal(
      numpyArray(Float32Array.of(1, 2, 3, 4.5), 2, 2),
      'np.array([[1., 2.],\n          [3., 4.5]], dtype=np.float32)',
    );
  });
});
