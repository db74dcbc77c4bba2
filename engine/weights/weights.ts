/** Weights from outside, by the framework's own names and in its own layouts, held against what a model needs. */
import type { Parameter } from '../backends/backend.ts';
import { EngineError } from '../errors.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { modelParameters, type ParameterShape } from '../model/parameters.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';

/**
 * All weights of a model in its framework's order.
 * @throws EngineError `unknown` naming a tensor that is missing or surplus, `invalid-shape` one of another shape, of
 * whole numbers, or with a value that is not finite.
 */
export function fittingWeights(spec: ModelSpec, given: ReadonlyMap<string, StoredTensor>): Parameter[] {
  const expected = modelParameters(spec);
  const names = new Set(expected.map(({ name }) => name));
  const surplus = [...given.keys()].find(name => !names.has(name) && !isSeed(spec, name));
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
  return expected.map(parameter => {
    const found = given.get(parameter.name)!;
    const refusal = refusalOf(parameter, found);
    if (refusal) throw new EngineError('invalid-shape', refusal);
    return { name: parameter.name, shape: found.shape, values: Float32Array.from(found.values as Float32Array) };
  });
} // prettier-ignore

/** Whether a variable of a Keras 3 model is what a layer draws from (every recurrent layer has one, for its dropout), and no weight. */
function isSeed({ framework }: ModelSpec, name: string): boolean {
  return framework === 'keras3' && name.endsWith('/seed_generator_state');
}

/** Why a tensor cannot be this weight; undefined when it can. */
export function refusalOf({ name, shape }: ParameterShape, { shape: found, values }: StoredTensor): Phrase | undefined {
  const fits =
    shape.length === found.length && shape.every((size, axis) => typeof size === 'string' || size === found[axis]);
  if (!fits) return phrase('The weight {0} must be [{1}], but is [{2}].', name, shape.join(', '), found.join(', '));
  if (!(values instanceof Float32Array || values instanceof Float64Array))
    return phrase('The weight {0} must hold floating-point numbers.', name);
  const bad = values.findIndex(value => !Number.isFinite(value));
  return bad < 0
    ? undefined
    : phrase('The weight {0} must be finite, but value {1} is {2}.', name, bad, String(values[bad]));
}
