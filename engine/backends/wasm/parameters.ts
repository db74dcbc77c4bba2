/** The weights of a network in memory. Matrices lie as the kernels take them; views show them as their framework does. */
import { EngineError } from '../../errors.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import type { ParameterShape } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type { Initializer } from '../../model/spec.ts';
import type { Parameter } from '../backend.ts';

/** Neighbouring weights that learn together: addresses of values, gradients and the optimizer's slots. */
export interface Block {
  readonly size: number;
  readonly weight: number;
  readonly gradient: number;
  readonly slots: readonly number[];
}

/** A weight by its framework's name: part of a block, perhaps transposed. */
export interface View {
  readonly name: string;
  /** In the layout of the framework. */
  readonly shape: readonly number[];
  readonly initializer: Initializer;
  readonly block: Block;
  /** Floats from the beginning of the block. */
  readonly offset: number;
  /** The framework has rows where the block has columns. */
  readonly transposed: boolean;
  /** Values that begin as 1 whatever the initializer says. */
  readonly ones: { readonly first: number; readonly end: number } | undefined;
}

export class ParameterStore {
  readonly blocks: Block[] = [];
  readonly views: View[] = [];
  readonly #plan: MemoryPlan;
  readonly #slots: number;

  /** @param slots values that the optimizer keeps for every weight. */
  constructor(plan: MemoryPlan, slots: number) {
    this.#plan = plan;
    this.#slots = slots;
  }

  addBlock(size: number): Block {
    const block = {
      size,
      weight: this.#plan.floats(size),
      gradient: this.#plan.floats(size),
      slots: Array.from({ length: this.#slots }, () => this.#plan.floats(size)),
    };
    this.blocks.push(block);
    return block;
  }

  addView(
    block: Block,
    offset: number,
    { name, shape: sizes }: ParameterShape,
    initializer: Initializer,
    transposed = false,
    ones?: View['ones'],
  ): void {
    const shape = sizes.map(size => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of {1} is not known.', size, name));
    });
    this.views.push({ name, shape, initializer, block, offset, transposed, ones });
  }
}

/** A tensor that can be read and written from outside. */
export interface NamedPlace {
  readonly name: string;
  readonly shape: readonly number[];
  readonly at: number;
  readonly transposed: boolean;
}

export function readPlaces(memory: EngineMemory, places: readonly NamedPlace[]): Parameter[] {
  return places.map(({ name, shape, at, transposed }) => {
    const values = memory.floats(at, count(shape));
    return { name, shape, values: transposed ? transpose(values, shape[1]!, shape[0]!) : values.slice() };
  });
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
  for (const { name, shape, at, transposed } of places) {
    const { values } = byName.get(name)!;
    memory.floats(at, count(shape)).set(transposed ? transpose(values, shape[0]!, shape[1]!) : values);
  }
}

/** [rows, columns] to [columns, rows]. */
function transpose(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const turned = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) turned[column * rows + row] = values[row * columns + column]!;
  }
  return turned;
}

function count(shape: readonly number[]): number {
  return shape.reduce((product, n) => product * n, 1);
}
