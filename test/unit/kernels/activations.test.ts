import assert from 'node:assert/strict';
import { ACTIVATIONS } from '../../../engine/kernels/activations.ts';
import type { Activation } from '../../../engine/model/spec.ts';
import { openKernels } from './kernels.ts';

const { memory, kernels, plan } = openKernels();
const COUNT = 1 << 17;
const [source, target] = [plan.floats(COUNT), plan.floats(COUNT)];

function evaluate(name: Activation, inputs: Float32Array): Float32Array {
  memory.floats(source, inputs.length).set(inputs);
  kernels.activate(ACTIVATIONS[name]!, source, target, inputs.length);
  return memory.floats(target, inputs.length).slice();
}

/** Evenly spaced from `low` to `high`. */
function grid(low: number, high: number, count = COUNT): Float32Array {
  return Float32Array.from({ length: count }, (_, k) => low + ((high - low) * k) / (count - 1));
}

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** The distance between neighbouring float32 numbers at x. */
function ulp(x: number): number {
  float[0] = Math.abs(x);
  const one = float[0];
  bits[0]!++;
  return float[0] - one;
}

function worstUlp(
  name: Activation,
  exact: (x: number) => number,
  ranges: readonly (readonly [number, number])[],
): number {
  let worst = 0;
  for (const [low, high] of ranges) {
    const inputs = grid(low, high);
    const found = evaluate(name, inputs);
    inputs.forEach((x, k) => {
      const y = exact(x);
      worst = Math.max(worst, Math.abs(found[k]! - y) / ulp(y));
    });
  }
  return worst;
}

describe('activations of the kernels against double precision over dense grids', () => {
  it('exp: at most 1 ulp', () => {
    assert.ok(worstUlp('exponential', Math.exp, [[-87, 88], [-1, 1], [-0.01, 0.01]]) <= 1); // prettier-ignore
  });

  it('tanh: at most 2 ulp', () => {
    assert.ok(worstUlp('tanh', Math.tanh, [[-12, 12], [-1, 1], [-0.01, 0.01], [0.62, 0.63]]) <= 2); // prettier-ignore
  });

  it('sigmoid: at most 3 ulp', () => {
    assert.ok(worstUlp('sigmoid', x => 1 / (1 + Math.exp(-x)), [[-80, 20], [-8, 8], [-0.01, 0.01]]) <= 3); // prettier-ignore
  });

  it('others: at most 1e-6 of max(1, |y|)', () => {
    const exact: Partial<Record<Activation, (x: number) => number>> = {
      linear: x => x,
      relu: x => Math.max(x, 0),
      relu6: x => Math.min(Math.max(x, 0), 6),
      elu: x => (x > 0 ? x : Math.expm1(x)),
      selu: x => 1.0507009873554805 * (x > 0 ? x : 1.6732632423543772 * Math.expm1(x)),
      softsign: x => x / (1 + Math.abs(x)),
      softplus: x => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
      hard_sigmoid: x => Math.min(Math.max(0.2 * x + 0.5, 0), 1),
      hard_sigmoid_keras3: x => Math.min(Math.max(x + 3, 0), 6) / 6,
    };
    const inputs = grid(-20, 20, 4001);
    for (const [name, f] of Object.entries(exact) as [Activation, (x: number) => number][]) {
      const found = evaluate(name, inputs);
      inputs.forEach((x, k) => {
        assert.ok(Math.abs(found[k]! - f(x)) <= 1e-6 * Math.max(1, Math.abs(f(x))), `${name}(${x}) = ${found[k]!}`);
      });
    }
  });

  it('stay within their bounds far out, make no denormal numbers and keep NaN', () => {
    const far = Float32Array.of(-Infinity, -1e30, -1000, 1000, 1e30, Infinity, NaN);
    assert.deepEqual([...evaluate('tanh', far)], [-1, -1, -1, 1, 1, 1, NaN]);
    const sigmoid = evaluate('sigmoid', far);
    assert.deepEqual([...sigmoid.subarray(3)], [1, 1, 1, NaN]);
    for (const y of [...sigmoid.subarray(0, 3), ...evaluate('exponential', far).subarray(0, 3)])
      assert.ok(y >= 1.17549435e-38 && y < 2e-38);
  });

  it('have slopes that agree with finite differences to 1e-3', () => {
    const inputs = grid(-3, 3, 301);
    for (const name of Object.keys(ACTIVATIONS) as Activation[]) {
      const y = evaluate(name, inputs);
      memory.floats(source, y.length).set(y);
      memory.floats(target, y.length).fill(1);
      kernels.activationBackward(ACTIVATIONS[name]!, source, target, y.length);
      const slopes = memory.floats(target, y.length).slice();
      const above = evaluate(name, inputs.map(x => x + 0.01)); // prettier-ignore
      const below = evaluate(name, inputs.map(x => x - 0.01)); // prettier-ignore
      slopes.forEach((slope, k) => {
        // Kinks lie at 0, ±2.5, ±3.
        const kink = [0, -2.5, 2.5, -3, 3].some(place => Math.abs(inputs[k]! - place) < 0.02);
        const difference = (above[k]! - below[k]!) / 0.02;
        assert.ok(
          kink || Math.abs(slope - difference) <= 1e-3 * Math.max(1, Math.abs(slope)),
          `${name} at ${inputs[k]}: ${slope}, ${difference}`,
        );
      });
    }
  });
});
