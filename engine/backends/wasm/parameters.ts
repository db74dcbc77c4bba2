/** The weights of a network in memory: values, gradients and slots of the optimizer, each in the layout of its framework. */
import { EngineError } from '../../errors.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import type { ParameterShape } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type { Initializer } from '../../model/spec.ts';
import type { Parameter } from '../backend.ts';

export interface StoredParameter {
  readonly name: string;
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly size: number;
  /** Addresses. */
  readonly weight: number;
  readonly gradient: number;
  readonly slots: readonly number[];
}

export class ParameterStore {
  readonly all: StoredParameter[] = [];
  readonly #plan: MemoryPlan;
  readonly #slots: number;

  /** @param slots values that the optimizer keeps for every weight. */
  constructor(plan: MemoryPlan, slots: number) {
    this.#plan = plan;
    this.#slots = slots;
  }

  add({ name, shape: sizes }: ParameterShape, initializer: Initializer): StoredParameter {
    const shape = sizes.map(size => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of {1} is not known.', size, name));
    });
    const size = count(shape);
    const stored = {
      name,
      shape,
      initializer,
      size,
      weight: this.#plan.floats(size),
      gradient: this.#plan.floats(size),
      slots: Array.from({ length: this.#slots }, () => this.#plan.floats(size)),
    };
    this.all.push(stored);
    return stored;
  }
}

/** Where a named tensor lies, for reading and writing it from outside. */
export interface NamedPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly at: number;
}

export function readPlaces(memory: EngineMemory, places: readonly NamedPlace[]): Parameter[] {
  return places.map(({ name, shape, at }) => ({ name, shape, values: memory.floats(at, count(shape)).slice() }));
}

/** @throws EngineError `invalid-shape` that names the tensor, the expected and the found; nothing is written then. */
export function writePlaces(memory: EngineMemory, places: readonly NamedPlace[], given: readonly Parameter[]): void {
  const byName = new Map(given.map(parameter => [parameter.name, parameter]));
  const known = new Set(places.map(place => place.name));
  for (const { name } of given) {
    if (!known.has(name))
      throw new EngineError(
        'invalid-shape',
        phrase('The model has no tensor {0}; it has {1}.', name, [...known].join(', ')),
      );
  }
  for (const { name, shape } of places) {
    const found = byName.get(name);
    if (!found) throw new EngineError('invalid-shape', phrase('The tensor {0} is missing.', name));
    if (found.shape.join() !== shape.join() || found.values.length !== count(shape)) {
      throw new EngineError(
        'invalid-shape',
        phrase('The tensor {0} must be [{1}], but is [{2}].', name, shape.join(', '), found.shape.join(', ')),
      );
    }
  }
  for (const { name, shape, at } of places) memory.floats(at, count(shape)).set(byName.get(name)!.values);
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
