/** What weights are brought to after every step. Source: Keras 3 `constraints/constraints.py`. */
import type { ConstraintSpec } from '../model/spec.ts';

/** Keras' `backend.epsilon()`, added to norms before they divide. */
const EPSILON = 1e-7;

/** Changes a weight in place. @param shape of the weight, in the layout of its framework. */
export function constrain(
  constraint: ConstraintSpec,
  weight: Float32Array | Float64Array,
  shape: readonly number[],
): void {
  if (constraint.kind === 'non_negative') {
    weight.forEach((value, k) => (weight[k] = Math.max(value, 0)));
    return;
  }
  const { least, most, rate, axis } = constraint;
  const along = shape[axis] ?? 1;
  const stride = shape.slice(axis + 1).reduce((size, one) => size * one, 1);
  for (let k = 0; k < weight.length; k++) {
    if (Math.floor(k / stride) % along !== 0) continue;
    let squares = 0;
    for (let at = 0; at < along; at++) squares += weight[k + at * stride]! ** 2;
    const norm = Math.sqrt(squares);
    const wanted = rate * Math.min(Math.max(norm, least), most) + (1 - rate) * norm;
    for (let at = 0; at < along; at++) weight[k + at * stride]! *= wanted / (EPSILON + norm);
  }
}
