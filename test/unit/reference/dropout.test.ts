import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Numbers, runReference } from '../../../engine/backends/reference/reference.ts';
import type { CellSpec, ModelSpec } from '../../../engine/model/spec.ts';
import { modelOf, recurrent } from '../model/specs.ts';
import { errorOf } from './cases.ts';

/** A Keras layer with `dropout` and `recurrent_dropout` (`test/fixtures/beyond`, README there). */
interface Case {
  readonly spec: CellSpec;
  readonly scope: string;
  readonly x: Numbers;
  readonly weights: Record<string, Numbers>;
  readonly masks: Record<string, Numbers>;
  readonly outputs: Numbers;
}

const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/beyond/dropout-keras3.json'), 'utf8')) as { cases: Case[] }; // prettier-ignore

function outputs({ spec, scope, x, weights }: Case, masks?: ReadonlyMap<string, Numbers>): ArrayLike<number> {
  const layer = recurrent([spec], { scope, returnSequences: true });
  const model: ModelSpec = {
    ...modelOf('keras3', [layer]),
    inputs: [{ id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: 4 }, { name: 'features', size: 3 }] }],
  }; // prettier-ignore
  const run = runReference(model, {
    inputs: new Map([['X', x]]),
    weights: new Map(Object.entries(weights)),
    ...(masks && { masks }),
  });
  return run.values().get('rnn')!.values;
}

describe('dropout and recurrent dropout of Keras 3 with given masks, as Keras computes them, to 1e-6', () => {
  assert.equal(cases.length, 4);
  for (const one of cases) {
    const { className, resetAfter } = one.spec;
    it(`${className}${resetAfter === false ? ' with the reset before the product' : ''}`, () => {
      const masks = new Map(Object.entries(one.masks).map(([name, mask]) => [`rnn.${name}`, mask] as const));
      const error = errorOf(outputs(one, masks), one.outputs.values);
      assert.ok(error <= 1e-6, `error ${error}`);
      assert.ok(errorOf(outputs(one), one.outputs.values) > 1e-2, 'without masks nothing is dropped');
      assert.throws(() => outputs(one, new Map()), /no dropout mask rnn\.input\./);
    });
  }
});
