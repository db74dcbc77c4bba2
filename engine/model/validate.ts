import { Value } from '@sinclair/typebox/value';
import type { Static, TSchema } from '@sinclair/typebox';
import { EngineError, type ErrorCode } from '../errors.ts';
import { ModelSpec } from './spec.ts';

/**
 * Checks data from outside against its schema.
 * @param what names the thing in the error: `run.json`, `message "trace"`.
 * @throws EngineError with the path inside the data, what was expected there and what was found.
 */
export function check<S extends TSchema>(schema: S, data: unknown, what: string, code: ErrorCode): Static<S> {
  if (Value.Check(schema, data)) return data;
  const first = Value.Errors(schema, data).First();
  const found = first?.value === undefined ? 'nothing' : JSON.stringify(first.value).slice(0, 80);
  throw new EngineError(code, {
    text: '{0}: {1} at {2}, found {3}',
    args: [what, first?.message ?? 'unexpected value', first?.path || '/', found],
  });
}

/** Checks that data is a `ModelSpec` of this version. @throws EngineError `invalid-model` */
export function checkModelSpec(data: unknown): ModelSpec {
  return check(ModelSpec, data, 'model', 'invalid-model');
}
