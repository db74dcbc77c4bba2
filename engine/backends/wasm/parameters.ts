/** The weights of a network in memory. Matrices lie as the kernels take them; views show them as their framework does. */
import { EngineError } from '../../errors.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import type { ParameterShape } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type { Initializer } from '../../model/spec.ts';
import type { Parameter } from '../backend.ts';

/** Addresses of a weight and of its gradient; the latter changes whenever memory is planned. */
export interface Weight {
  readonly weight: number;
  readonly gradient: number;
}

/** Columns of a matrix whose rows lie `stride` bytes apart. */
export interface Matrix extends Weight {
  readonly stride: number;
}

/** The columns of a weight from so many floats on. */
export function columnsFrom(of: Weight, floats: number, stride: number): Matrix {
  return {
    weight: of.weight + floats * 4,
    get gradient() {
      return of.gradient + floats * 4;
    },
    stride,
  };
}

/** Neighbouring weights that learn together: addresses of values, gradients and the optimizer's slots. */
export class Block implements Weight {
  readonly size: number;
  readonly weight: number;
  readonly slots: readonly number[];
  gradient = 0;

  constructor(size: number, weight: number, slots: readonly number[]) {
    this.size = size;
    this.weight = weight;
    this.slots = slots;
  }
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
  /** Rows from which on it begins as a matrix of its own: those of h below those of x, in cuDNN's layers. */
  readonly cutAt: number | undefined;
}

export class ParameterStore {
  readonly blocks: Block[] = [];
  /** The same with those that a part has of another one, in the order in which parts were given them. */
  readonly taken: Block[] = [];
  readonly views: View[] = [];
  readonly #plan: MemoryPlan;
  readonly #slots: number;
  /** Blocks with the weights of another and a gradient of their own, which is to be added to that of the other. */
  readonly shares: { readonly of: Block; readonly block: Block }[] = [];
  /** What `sharing` hands out. */
  #borrowed: Block[] | undefined;

  /** @param slots values that the optimizer keeps for every weight. */
  constructor(plan: MemoryPlan, slots: number) {
    this.#plan = plan;
    this.#slots = slots;
  }

  /**
   * Makes a part that has the weights of another one.
   * @param owned the blocks of the other, in the order in which it was given them.
   */
  sharing<P>(owned: readonly Block[], make: () => P): P {
    const outside = this.#borrowed;
    this.#borrowed = [...owned];
    try {
      return make();
    } finally {
      this.#borrowed = outside;
    }
  }

  /** @throws EngineError `invalid-model` where weights are shared that have another size. */
  addBlock(size: number): Block {
    if (this.#borrowed) return this.#borrow(this.#borrowed.shift(), size);
    const slots = Array.from({ length: this.#slots }, () => this.#plan.floats(size));
    const block = new Block(size, this.#plan.floats(size), slots);
    this.blocks.push(block);
    this.taken.push(block);
    return block;
  }

  /** Decides where the gradients lie. */
  planGradients(plan: MemoryPlan): void {
    for (const block of [...this.blocks, ...this.shares.map(share => share.block)])
      block.gradient = plan.floats(block.size);
  }

  addView(
    block: Block,
    offset: number,
    { name, shape: sizes }: ParameterShape,
    initializer: Initializer,
    transposed = false,
    ones?: View['ones'],
    cutAt?: number,
  ): void {
    if (this.#borrowed) return;
    const shape = sizes.map(size => {
      if (typeof size === 'number') return size;
      throw new EngineError('invalid-model', phrase('The size {0} of {1} is not known.', size, name));
    });
    this.views.push({ name, shape, initializer, block, offset, transposed, ones, cutAt });
  }

  #borrow(of: Block | undefined, size: number): Block {
    if (of?.size !== size)
      throw new EngineError('invalid-model', phrase('Layers that share weights must be of the same size: {0} values are needed, and there are {1}.', size, of?.size ?? 0));
    const block = new Block(size, of.weight, of.slots);
    this.shares.push({ of, block });
    this.taken.push(of);
    return block;
  } // prettier-ignore
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
