/** What every engine does with a batch before it computes. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { Batch } from './backend.ts';

export function checkFinite(id: string, values: Float32Array | Int32Array): void {
  // Quick where all is well: what is not finite times zero is not zero.
  let sum = 0;
  for (let k = 0; k < values.length; k++) sum += values[k]! * 0;
  if (sum === 0) return;
  for (let k = 0; k < values.length; k++) {
    if (!Number.isFinite(values[k]))
      throw new EngineError(
        'invalid-shape',
        phrase('The input {0} must be finite, but value {1} is {2}.', id, k, String(values[k])),
      );
  }
}

/** The first row of a batch as a batch of its own. */
export function firstRow(batch: Batch): Batch {
  const { steps, inputs, size, lengths, states, others } = batch;
  if (size === 1) return batch;
  const firstOf = (all: Readonly<Record<string, Float32Array>>) =>
    Object.fromEntries(Object.entries(all).map(([id, values]) => [id, values.subarray(0, values.length / size)]));
  return {
    size: 1,
    steps,
    inputs: inputs.subarray(0, inputs.length / size),
    ...(lengths && { lengths: lengths.subarray(0, 1) }),
    ...(states && { states: firstOf(states) }),
    ...(others && { others: firstOf(others) }),
  };
}

/**
 * @param besides a number that is allowed, too.
 * @throws EngineError `invalid-shape` that names the first value which is no whole number from 0 to `most`.
 */
export function checkWhole(id: string, values: ArrayLike<number>, most: number, besides?: number): void {
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!;
    if (!(Number.isInteger(value) && value >= 0 && value <= most) && value !== besides)
      throw new EngineError('invalid-shape', phrase('The input {0} must hold whole numbers from 0 to {1}, but value {2} is {3}.', id, most, k, String(value)));
  }
} // prettier-ignore

/** Inputs whose values are tokens, and how many there are: those that an embedding reads. */
export function vocabularies({ nodes }: ModelSpec): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const node of nodes) {
    if (node.op !== 'embedding') continue;
    const { from } = node.input;
    found.set(from, Math.min(found.get(from) ?? Infinity, Number(node.vocabulary)));
  }
  return found;
}

/** @throws EngineError `invalid-shape` when there is not one from 0 to `steps` for each row. */
export function checkLengths(id: string, lengths: ArrayLike<number>, batch: number, steps: number): void {
  if (lengths.length !== batch)
    throw new EngineError('invalid-shape', phrase('The input {0} must have {1} values, but has {2}.', id, batch, lengths.length));
  checkWhole(id, lengths, steps);
} // prettier-ignore

/** Whether fewer than k classes are before that of a row (`in_top_k`: classes that are equal to it are not before it). */
export function isAmongTop(logits: ArrayLike<number>, label: number, k: number): boolean {
  let before = 0;
  for (let place = 0; place < logits.length; place++) if (logits[place]! > logits[label]!) before++;
  return before < k;
}
