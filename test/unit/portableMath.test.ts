import assert from 'node:assert/strict';
import { cosine, exponential, logarithm, power, sine } from '../../engine/portableMath.ts';

function near(found: number, expected: number, bound: number, what: string): void {
  assert.ok(
    Math.abs(found - expected) <= bound * Math.max(1, Math.abs(expected)),
    `${what}: ${found}, not ${expected}`,
  );
}

describe('portable sine, cosine, logarithm, exponential and powers', () => {
  it('sine, cosine and logarithm agree with those of this machine to 3e-16', () => {
    for (let k = -40_000; k < 40_000; k++) {
      const x = k * 0.0037123;
      near(sine(x), Math.sin(x), 3e-16, `sine ${x}`);
      near(cosine(x), Math.cos(x), 3e-16, `cosine ${x}`);
    }
    for (let k = 1; k < 40_000; k++) near(logarithm(k * k * 1e-7), Math.log(k * k * 1e-7), 3e-16, `logarithm ${k}`);
    assert.throws(() => sine(1e7), RangeError);
    assert.throws(() => sine(Number.NaN), RangeError);
  });

  it('the exponential agrees with that of this machine to 4e-16 of its value', () => {
    for (let k = -20_000; k < 20_000; k++) {
      const x = k * 0.035;
      near(exponential(x) / Math.exp(x), 1, 4e-16, `exponential ${x}`);
    }
    assert.deepEqual([0, -2000, 2000, Infinity].map(exponential), [1, 0, Infinity, Infinity]);
    assert.ok(Number.isNaN(exponential(Number.NaN)));
  });

  it('powers agree with those of this machine as the exponent and the logarithm of the value are large', () => {
    for (const base of [0.96, 0.5, 3, 1e-3])
      for (let k = -400; k < 400; k++) {
        const exponent = k / 8;
        const bound = 2e-16 * (2 + Math.abs(exponent) * (1 + Math.abs(Math.log(base))));
        near(power(base, exponent) / base ** exponent, 1, bound, `${base}^${exponent}`);
      }
    assert.deepEqual([power(0, 0), power(0, 0.5), power(2, 10), power(0.5, 2)], [1, 0, 1024, 0.25]);
  });
});
