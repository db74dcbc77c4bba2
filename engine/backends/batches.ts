/** What every engine does with a batch before it computes. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
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

/** @throws EngineError `invalid-shape` when there is not one from 0 to `steps` for each row. */
export function checkLengths(lengths: ArrayLike<number>, batch: number, steps: number): void {
  if (lengths.length !== batch)
    throw new EngineError('invalid-shape', phrase('There must be {0} lengths, but there are {1}.', batch, lengths.length));
  for (let row = 0; row < batch; row++) {
    const length = lengths[row]!;
    if (!(Number.isInteger(length) && length >= 0 && length <= steps))
      throw new EngineError('invalid-shape', phrase('Lengths must be from 0 to {0}, but length {1} is {2}.', steps, row, length));
  }
} // prettier-ignore

/** Whether fewer than k classes are before that of a row (`in_top_k`: classes that are equal to it are not before it). */
export function isAmongTop(logits: ArrayLike<number>, label: number, k: number): boolean {
  let before = 0;
  for (let place = 0; place < logits.length; place++) if (logits[place]! > logits[label]!) before++;
  return before < k;
}
