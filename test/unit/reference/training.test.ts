import assert from 'node:assert/strict';
import { decayedRate } from '../../../engine/backends/reference/optimizers.ts';
import { trainReference } from '../../../engine/backends/reference/reference.ts';
import { errorOf } from './cases.ts';
import { readTraining, TRAININGS } from './training.ts';

for (const { file, referenceBound: bound } of TRAININGS) {
  const { cases, rates } = readTraining(file);
  describe(`the float64 reference trains as ${file} tells: losses of six epochs to ${bound}, learning rates to 1e-6`, () => {
    for (const { name, spec, given, losses } of cases)
      it(name, () => {
        const error = errorOf(trainReference(spec, given, losses.length), losses);
        assert.ok(error <= bound, `error ${error}`);
      });
    for (const { name, decay, rate, rates: expected } of rates)
      it(name, () => {
        const found = expected.map((_, step) => decayedRate({ learningRateDecay: decay }, rate, step));
        expected.forEach((one, step) => { assert.ok(Math.abs(found[step]! - one) <= 1e-6 * rate, `step ${step}: ${found[step]}, expected ${one}`); }); // prettier-ignore
      });
  });
}
