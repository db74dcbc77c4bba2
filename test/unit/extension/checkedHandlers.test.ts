import assert from 'node:assert/strict';
import { Type } from '@sinclair/typebox';
import { EngineError } from '../../../engine/errors.ts';
import { checkedHandlers } from '../../../extension/pages/checkedHandlers.ts';

interface Example {
  readonly requests: { pick: { params: { sample: number }; result: string } };
  readonly events: Record<never, never>;
}

const schemas = { pick: Type.Object({ sample: Type.Integer({ minimum: 0 }) }, { additionalProperties: false }) };
const { signal } = new AbortController();

describe('checkedHandlers', () => {
  const handlers = checkedHandlers<Example>('gates', schemas, { pick: ({ sample }) => `sample ${sample}` });

  it('hands on what fits its schema', () => {
    assert.equal(handlers.pick({ sample: 3 }, signal), 'sample 3');
  });

  for (const params of [{ sample: -1 }, { sample: '3' }, { sample: 3, path: '/etc' }, null, undefined])
    it(`refuses ${JSON.stringify(params)} and says which message it was`, () => {
      assert.throws(
        () => handlers.pick(params as never, signal),
        (error: unknown) =>
          error instanceof EngineError && error.code === 'invalid-message' && error.message.includes('gates.pick'),
      );
    });
});
