import assert from 'node:assert/strict';
import { clipGradients, createOptimizer, decayedRate } from '../../../engine/backends/reference/optimizers.ts';
import type { Framework, TrainingSpec } from '../../../engine/model/spec.ts';
import { errorOf } from './cases.ts';
import { OPTIMIZERS_OF, readOptimizers } from './optimizers.ts';
import { modelOf } from '../model/specs.ts';

for (const { framework, file, referenceBound: bound } of OPTIMIZERS_OF) {
  const { start, gradients, cases } = readOptimizers(file);
  describe(`the optimizers of ${framework}: five steps as the framework takes them, to ${bound}`, () => {
    for (const { spec, after } of cases)
      it(JSON.stringify(spec), () => {
        const weights = start.map(one => Float64Array.from(one));
        const optimizer = createOptimizer(framework, { optimizer: spec });
        for (const [step, slopes] of gradients.entries()) {
          optimizer(step, weights, slopes.map(one => Float64Array.from(one))); // prettier-ignore
          weights.forEach((weight, k) => {
            const error = errorOf(weight, after[step]![k]!);
            assert.ok(error <= bound, `step ${step}, weight ${k}: error ${error}`);
          });
        }
      });
  });
}

describe('what happens to gradients and the learning rate before the step', () => {
  const slopes = [Float64Array.of(3, -4), Float64Array.of(12)];
  const clipped = (framework: Framework, clipping: NonNullable<TrainingSpec['clipping']>): number[][] =>
    clipGradients({ ...modelOf(framework, []), training: { clipping } }, slopes).map(one => [...one]);

  it('clips each value, the norm of each weight, or the norm of all', () => {
    assert.deepEqual(clipped('tensorflow1', { kind: 'value', limit: 3.5 }), [[3, -3.5], [3.5]]);
    assert.deepEqual(clipped('keras3', { kind: 'norm', limit: 10 }), [[3, -4], [10]]);
    assert.deepEqual(clipped('tensorflow1', { kind: 'global_norm', limit: 6.5 }), [[1.5, -2], [6]]);
    assert.deepEqual(clipped('tensorflow1', { kind: 'global_norm', limit: 14 }), [[3, -4], [12]]);
  });

  it("divides by PyTorch's norm + 1e-6", () => {
    const factor = 6.5 / (13 + 1e-6);
    assert.deepEqual(clipped('pytorch', { kind: 'global_norm', limit: 6.5 }), [[3 * factor, -4 * factor], [12 * factor]]); // prettier-ignore
  });

  it('clips in several ways, one after the other', () => {
    const both = [
      { kind: 'global_norm', limit: 6.5 },
      { kind: 'value', limit: 1.75 },
    ] as const;
    assert.deepEqual(clipped('tensorflow1', [...both]), [[1.5, -1.75], [1.75]]);
  });

  it('lets the learning rate decay', () => {
    const rate = (kind: 'exponential' | 'inverse_time' | 'step', step: number, staircase?: boolean): number =>
      decayedRate({ learningRateDecay: { kind, rate: 0.5, steps: 10, ...(staircase !== undefined && { staircase }) } }, 0.8, step); // prettier-ignore
    assert.equal(rate('exponential', 20), 0.2);
    assert.equal(rate('exponential', 5), 0.8 * Math.SQRT1_2);
    assert.equal(rate('exponential', 19, true), 0.4);
    assert.equal(rate('inverse_time', 20), 0.4);
    assert.equal(rate('step', 19), 0.4);
    assert.equal(decayedRate({}, 0.8, 100), 0.8);
  });

  it('refuses an optimizer that the framework has not', () => {
    assert.throws(() => createOptimizer('tensorflow1', { optimizer: { kind: 'amsgrad' } }), /tensorflow1 has no optimizer amsgrad/); // prettier-ignore
  });
});
