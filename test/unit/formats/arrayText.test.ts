import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { arrayText } from '../../../engine/formats/arrayText.ts';

interface Printed {
  readonly shape: readonly number[];
  readonly values: readonly (number | 'nan' | 'inf' | '-inf')[];
  readonly printed: string;
}

const SPECIAL: Readonly<Record<string, number>> = { nan: NaN, inf: Infinity, '-inf': -Infinity };
const prints = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/numpy/prints.json'), 'utf8'),
) as Printed[];

describe('arrayText', () => {
  it(`prints ${prints.length} float32 arrays as NumPy does, to the letter`, () => {
    for (const { shape, values, printed } of prints) {
      const numbers = values.map(value => (typeof value === 'number' ? value : SPECIAL[value]!));
      assert.equal(arrayText(numbers, shape), printed);
    }
  });
});
