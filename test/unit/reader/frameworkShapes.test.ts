import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Value } from '../../../engine/reader/reading.ts';
import { valuesOf } from '../../../engine/reader/describe.ts';
import { readSource } from '../../../engine/reader/read.ts';

/** What the framework said when it ran the program; a list for tuples, null for an axis that stays open. */
type Said = { readonly dtype: string; readonly shape: readonly (number | null)[] } | readonly Said[];

const folder = join(import.meta.dirname, '../../fixtures/shapes');

function told(value: Value | undefined): Said | string {
  if (value === undefined) return 'nothing';
  if (value.kind === 'tensor') {
    const shape = value.axes.map(({ size }) => (typeof size === 'number' ? size : null));
    return { dtype: value.dtype, shape };
  }
  return value.kind === 'tuple' ? value.items.map(item => told(item) as Said) : value.className;
}

describe('shapes and types that the frameworks themselves give', () => {
  for (const name of ['tensorflow1', 'keras2', 'keras3', 'pytorch']) {
    const program = readFileSync(join(folder, `${name}.py`), 'utf8');
    const said = JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as Readonly<Record<string, Said>>;
    const { symbols } = readSource(program, 'python');
    for (const [tensor, expected] of Object.entries(said)) {
      it(`${name}: ${tensor}`, () => {
        const symbol = symbols.find(({ text }) => text === tensor);
        assert.deepEqual(told(valuesOf(symbol!.value)[0]), expected);
      });
    }
  }
});
