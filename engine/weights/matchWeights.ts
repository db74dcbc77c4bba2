/** Which tensors of a file are the weights of a model, and why the others are not: the table that a person is shown. */
import type { Parameter } from '../backends/backend.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { modelParameters, type ParameterShape } from '../model/parameters.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { refusalOf } from './weights.ts';

/** A weight of the model, or a tensor that only the file has. */
export interface WeightRow {
  /** By the framework's name; of a surplus tensor the file's. */
  readonly name: string;
  /** `[178, 600]` as the model needs it; undefined for a surplus tensor. */
  readonly expected: string | undefined;
  /** As the file has it; undefined where it has none. */
  readonly found: string | undefined;
  /** The file's own name, where it differs. */
  readonly from: string | undefined;
  readonly verdict: 'fits' | 'refused' | 'missing' | 'surplus';
  /** Why it does not fit. */
  readonly reason: Phrase | undefined;
}

export interface WeightMatch {
  /** What does not fit first, then in the model's order. */
  readonly rows: readonly WeightRow[];
  /** All weights of the model; undefined unless every one was found and fits. */
  readonly weights: readonly Parameter[] | undefined;
}

/**
 * Holds the tensors of a file against what a model needs. A tensor counts as the one that is meant when it has the
 * framework's name, TensorFlow's with `:0` behind it, or, where only one does, the same name within another scope
 * (`module.lstm.weight_ih_l0` of PyTorch's `DataParallel`, `model/rnn/…/kernel`).
 */
export function matchWeights(spec: ModelSpec, given: ReadonlyMap<string, StoredTensor>): WeightMatch {
  const parameters = modelParameters(spec);
  const taken = new Map<string, StoredTensor>();
  for (const { name } of parameters) {
    const found = given.get(name) ?? given.get(`${name}:0`);
    if (found) taken.set(name, found);
  }
  const free = new Set([...given.values()].filter(one => ![...taken.values()].includes(one)));
  for (const { name } of parameters) {
    if (taken.has(name)) continue;
    const [best, next] = [...free]
      .filter(one => isWithin(bare(one.name), name) || isWithin(name, bare(one.name)))
      .sort((a, b) => b.name.length - a.name.length);
    // The name that shares the most is meant, unless several share as much.
    if (!best || best.name.length === next?.name.length) continue;
    taken.set(name, best);
    free.delete(best);
  }
  const rows = parameters.map(parameter => rowOf(parameter, taken.get(parameter.name)));
  const surplus = [...free].map((one): WeightRow => ({ name: one.name, expected: undefined, found: shapeText(one.shape), from: undefined, verdict: 'surplus', reason: surplusReason(one.name, parameters) }));
  const fits = rows.every(({ verdict }) => verdict === 'fits');
  const weights = parameters.map(({ name }): Parameter => {
    const { shape, values } = taken.get(name) ?? { shape: [], values: new Float32Array() };
    return { name, shape, values: Float32Array.from(values as Float32Array) };
  });
  const bad = (row: WeightRow): boolean => row.verdict === 'refused' || row.verdict === 'missing';
  return { rows: [...rows.filter(bad), ...rows.filter(row => !bad(row)), ...surplus], weights: fits ? weights : undefined };
} // prettier-ignore

const bare = (name: string): string => name.replace(/:0$/, '');
/** Whether one name is the other within further scopes. */
const isWithin = (long: string, short: string): boolean => long.endsWith(`/${short}`) || long.endsWith(`.${short}`);
const shapeText = (shape: readonly (number | string)[]): string => `[${shape.join(', ')}]`;

function rowOf(parameter: ParameterShape, found: StoredTensor | undefined): WeightRow {
  const { name, shape } = parameter;
  const row = { name, expected: shapeText(shape), from: found && found.name !== name ? found.name : undefined };
  if (!found)
    return {
      ...row,
      found: undefined,
      verdict: 'missing',
      reason: phrase('The file has no tensor of this name.'),
    };
  const reason = refusalOf(parameter, found);
  return { ...row, found: shapeText(found.shape), verdict: reason ? 'refused' : 'fits', reason };
}

/** Checkpoints hold more than weights. */
function surplusReason(name: string, parameters: readonly ParameterShape[]): Phrase {
  const ofOptimizer = parameters.some(one => name.startsWith(`${one.name}/`)) || /^(step|global_step|beta\d_power)(:0)?$/.test(name); // prettier-ignore
  return ofOptimizer
    ? phrase('Belongs to the optimizer; not needed to look into the model.')
    : phrase('The model has no weight of this name.');
}
