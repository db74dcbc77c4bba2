/** Weights from outside, by the framework's own names and in its own layouts, held against what a model needs. */
import type { Parameter } from '../backends/backend.ts';
import { EngineError } from '../errors.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { modelParameters } from '../model/parameters.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';

/**
 * All weights of a model in its framework's order.
 * @throws EngineError `unknown` naming a tensor that is missing or surplus, `invalid-shape` one of another shape, of
 * whole numbers, or with a value that is not finite.
 */
export function fittingWeights(spec: ModelSpec, given: ReadonlyMap<string, StoredTensor>): Parameter[] {
  const expected = modelParameters(spec);
  const names = new Set(expected.map(({ name }) => name));
  const surplus = [...given.keys()].find(name => !names.has(name));
  const missing = expected.find(({ name }) => !given.has(name));
  if (missing)
    throw new EngineError(
      'unknown',
      surplus === undefined
        ? phrase('The weight {0} [{1}] is missing.', missing.name, missing.shape.join(', '))
        : phrase('The weight {0} [{1}] is missing; found instead: {2}.', missing.name, missing.shape.join(', '), surplus),
    );
  if (surplus !== undefined)
    throw new EngineError('unknown', phrase('The model has no weight {0}; it has {1}.', surplus, [...names].join(', ')));
  return expected.map(({ name, shape }) => {
    const found = given.get(name)!;
    const fits = shape.length === found.shape.length && shape.every((size, axis) => typeof size === 'string' || size === found.shape[axis]);
    if (!fits)
      throw new EngineError('invalid-shape', phrase('The weight {0} must be [{1}], but is [{2}].', name, shape.join(', '), found.shape.join(', ')));
    const { values } = found;
    if (!(values instanceof Float32Array || values instanceof Float64Array))
      throw new EngineError('invalid-shape', phrase('The weight {0} must hold floating-point numbers.', name));
    const bad = values.findIndex(value => !Number.isFinite(value));
    if (bad >= 0)
      throw new EngineError('invalid-shape', phrase('The weight {0} must be finite, but value {1} is {2}.', name, bad, String(values[bad])));
    return { name, shape: found.shape, values: Float32Array.from(values) };
  });
} // prettier-ignore
