import assert from 'node:assert/strict';
import { formatBound, formatDuration, formatPercent, formatSigned, formatValue } from '../../../webview/numbers.ts';

describe('numbers', () => {
  it('have a real minus sign and five digits or so', () => {
    const cases = [[0.4881, '0.4881'], [-0.371, '−0.3710'], [12.0399, '12.040'], [0, '0.0000'], [-1.3e-7, '−1.3e−7'], [3e8, '3.00e8']] as const; // prettier-ignore
    for (const [value, text] of cases) assert.equal(formatValue(value), text);
  });
  it('say what is not finite', () => {
    assert.deepEqual([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(formatValue), ['NaN', '+∞', '−∞']); // prettier-ignore
  });
  it('are short as bounds and signed as parts', () => {
    assert.deepEqual([formatBound(-15), formatBound(1), formatBound(7.83)], ['−15', '1', '7.8']);
    assert.deepEqual([formatBound(4.96e36), formatBound(-1.23e-7), formatBound(Infinity)], ['5e36', '−1.2e−7', '+∞']);
    assert.deepEqual([formatSigned(2.314), formatSigned(-0.5)], ['+2.31', '−0.50']);
  });
  it('are shares and durations', () => {
    assert.equal(formatPercent(0.9862), '98.62\u202f%');
    assert.deepEqual([47.6, 126, 4320, Number.POSITIVE_INFINITY].map(formatDuration), ['48 s', '2 min 06 s', '1 h 12 min', '–']); // prettier-ignore
  });
});
