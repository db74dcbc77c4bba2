/**
 * Tensors of float64 that remember what they were computed from, so that gradients come by themselves (reverse mode).
 * This and its neighbours are the text in which the equations of the engine are checked: made to be read, not fast.
 */

import type { Arithmetic } from './operations.ts';

/** The gradient with respect to each input of an operation, from the gradient with respect to its result. */
export type Pullback = (gradient: Float64Array) => readonly Float64Array[];

export class Tensor {
  readonly shape: readonly number[];
  readonly #values: Float64Array;
  /** What it was computed from; empty for weights, inputs and constants. */
  readonly inputs: readonly Tensor[];
  readonly pullback: Pullback | undefined;
  /** Operations between it and the farthest leaf: greater than that of each of its inputs. */
  readonly depth: number;

  constructor(shape: readonly number[], values: Float64Array, inputs: readonly Tensor[] = [], pullback?: Pullback) {
    this.shape = shape;
    this.#values = values;
    this.inputs = inputs;
    this.pullback = pullback;
    this.depth = inputs.reduce((deepest, input) => Math.max(deepest, input.depth + 1), 0);
  }

  /** Row after row. */
  get values(): Float64Array {
    return this.#values;
  }

  /** What computes with it where that is not plain float64. */
  get arithmetic(): Arithmetic | undefined {
    return undefined;
  }
}

/** A leaf: a weight, an input or a constant. */
export function tensor(shape: readonly number[], values: ArrayLike<number>): Tensor {
  return new Tensor(shape, Float64Array.from(values));
}

export function zeros(shape: readonly number[]): Tensor {
  return new Tensor(shape, new Float64Array(sizeOf(shape)));
}

/** Number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/**
 * Gradients of a scalar with respect to any tensors that it was computed from; zeros where it was not.
 * Operations are walked from the deepest to the leaves, so that all that reaches a tensor is summed before it passes on.
 */
export function gradients(of: Tensor, withRespectTo: readonly Tensor[]): Float64Array[] {
  const reached = new Set([of]);
  for (const one of reached) for (const input of one.inputs) reached.add(input); // a set walks what is added meanwhile
  const arrived = new Map([[of, Float64Array.of(1)]]);
  for (const one of [...reached].sort((a, b) => b.depth - a.depth)) {
    const gradient = arrived.get(one);
    if (!gradient || !one.pullback) continue;
    one.pullback(gradient).forEach((part, index) => {
      const input = one.inputs[index]!;
      const sum = arrived.get(input);
      if (!sum) arrived.set(input, Float64Array.from(part));
      else for (let k = 0; k < sum.length; k++) sum[k]! += part[k]!;
    });
  }
  return withRespectTo.map(one => arrived.get(one) ?? new Float64Array(one.values.length));
}
