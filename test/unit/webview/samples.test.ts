import assert from 'node:assert/strict';
import { extent } from '../../../webview/samples.ts';

describe('the scale of a sample', () => {
  it('is that of its finite values, and 0 to 1 where there is none', () => {
    assert.deepEqual(extent([2, -1, Infinity, NaN, -Infinity]), [-1, 2]);
    assert.deepEqual(extent([NaN, Infinity]), [0, 1]);
  });
});
