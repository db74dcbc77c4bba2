/** Central differences, by which gradients are checked. */
import { gradients, type Tensor, tensor } from '../../../engine/backends/reference/tensor.ts';
import type { Random } from '../../../engine/random.ts';

const STEP = 1e-5;

/** Numbers of every sign between -1.5 and 1.5, none nearer to 0 than 0.05, where some functions have a corner. */
export function someNumbers(random: Random, count: number): Float64Array {
  return Float64Array.from({ length: count }, () => {
    const x = 3 * random.uniform() - 1.5;
    return x + Math.sign(x) * 0.05;
  });
}

export function someTensor(random: Random, ...shape: number[]): Tensor {
  return tensor(
    shape,
    someNumbers(
      random,
      shape.reduce((a, b) => a * b, 1),
    ),
  );
}

/**
 * Largest difference between the tape's gradients and central differences, in units of the largest gradient.
 * @param f a scalar of these tensors.
 */
export function gradientError(f: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): number {
  const found = gradients(f(...inputs), inputs);
  let difference = 0;
  let magnitude = 0;
  for (const [which, input] of inputs.entries())
    for (let k = 0; k < input.values.length; k++) {
      const at = (shift: number): number => {
        const moved = tensor(input.shape, input.values);
        moved.values[k]! += shift;
        return f(...inputs.map((one, place) => (place === which ? moved : one))).values[0]!;
      };
      // Four points: the error of the difference itself falls with the fourth power of the step.
      const expected = (8 * (at(STEP) - at(-STEP)) - (at(2 * STEP) - at(-2 * STEP))) / (12 * STEP);
      difference = Math.max(difference, Math.abs(found[which]![k]! - expected));
      magnitude = Math.max(magnitude, Math.abs(expected));
    }
  return difference / magnitude;
}
