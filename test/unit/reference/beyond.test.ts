import assert from 'node:assert/strict';
import { runReference, trainReference } from '../../../engine/backends/reference/reference.ts';
import { BEYOND, readBeyond } from './beyond.ts';
import { compare, errorOf } from './cases.ts';

for (const { title, file, referenceBound: bound } of BEYOND) {
  describe(`programs beyond the dumps, as ${title} computes them: values, gradients and losses to ${bound}`, () => {
    for (const { name, spec, given, values, gradients, losses } of readBeyond(file))
      it(name, () => {
        const run = runReference(spec, given);
        compare(run.values(), values, bound);
        compare(run.gradients(), gradients, bound);
        trainReference(spec, given, losses.length).forEach((loss, step) => {
          assert.ok(
            errorOf([loss], [losses[step]!]) <= bound,
            `loss before step ${step}: ${loss}, not ${losses[step]}`,
          );
        });
      });
  });
}
