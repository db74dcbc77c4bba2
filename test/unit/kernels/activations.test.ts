import assert from 'node:assert/strict';
import { activate } from '../../../engine/backends/reference/activations.ts';
import { tensor } from '../../../engine/backends/reference/tensor.ts';
import { ACTIVATIONS, CURVES, ROWWISE } from '../../../engine/kernels/activations.ts';
import { Activation } from '../../../engine/model/spec.ts';
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

describe('activations whose slope needs more than their result, against the float64 reference: to 1e-6 of max(1, |x|)', () => {
  const reference = (name: Activation, x: Float32Array): Float64Array => activate(name, tensor([1, x.length], x), 0.1).values; // prettier-ignore

  for (const [name, kind] of Object.entries(CURVES) as [Activation, number][])
    it(name, () => {
      const inputs = grid(-12, 12, 24_001);
      memory.floats(source, inputs.length).set(inputs);
      kernels.curve(kind, 0.1, source, target, inputs.length);
      const expected = reference(name, inputs);
      memory.floats(target, inputs.length).forEach((y, k) => {
        assert.ok(Math.abs(y - expected[k]!) <= 1e-6 * Math.max(1, Math.abs(inputs[k]!)), `${name}(${inputs[k]}) = ${y}, not ${expected[k]}`); // prettier-ignore
      });
      // Slopes, in rows that lie apart, written and added.
      const [dy, dx] = [plan.floats(64), plan.floats(64)];
      memory.growTo(plan.end);
      const some = Float32Array.of(-9, -2.5, -0.7, 0.001, 1.4, 8);
      memory.floats(source, 6).set(some);
      memory.floats(dy, 64).fill(2);
      memory.floats(dx, 64).fill(1);
      kernels.curveSlopes(kind, 0.1, source, dy, dx, 20, 2, 3, 1);
      const slope = (x: number): number => {
        const [above, below] = [1e-5, -1e-5].map(step => activate(name, tensor([1, 1], [x + step]), 0.1).values[0]!);
        return (above! - below!) / 2e-5;
      };
      some.forEach((x, k) => {
        const found = memory.floats(dx, 64)[Math.floor(k / 3) * 5 + (k % 3)]!;
        assert.ok(Math.abs(found - (1 + 2 * slope(x))) <= 1e-5, `slope of ${name} at ${x}`);
      });
      assert.deepEqual([...memory.floats(dx, 64).subarray(3, 5)], [1, 1], 'nothing is written between the rows');
    });

  it('far out they are the line or 0, and NaN stays NaN', () => {
    const far = Float32Array.of(-1e30, -1000, 1000, 1e30, NaN);
    memory.floats(source, 5).set(far);
    for (const [name, kind] of Object.entries(CURVES)) {
      if (name === 'leaky_relu') continue;
      kernels.curve(kind, 0, source, target, 5);
      const [low, lower, high, higher, nan] = memory.floats(target, 5);
      assert.ok(Math.abs(low!) < 1e-6 && Math.abs(lower!) < 1e-6 && high === 1000 && higher === far[3] && Number.isNaN(nan), name); // prettier-ignore
    }
  });

  it('with those whose slope does they are all that a model can name', () => {
    const known = [ACTIVATIONS, CURVES, ROWWISE].flatMap(table => Object.keys(table));
    const all = Activation['anyOf'] as readonly { readonly const: string }[];
    assert.deepEqual([...known].sort(), all.map(one => one.const).sort());
  });
});
