import { runReference } from '../../../engine/backends/reference/reference.ts';
import { BEYOND, readBeyond } from './beyond.ts';
import { compare } from './cases.ts';

for (const { title, file, referenceBound: bound } of BEYOND) {
  describe(`programs beyond the dumps, as ${title} computes them: values and gradients to ${bound}`, () => {
    for (const { name, spec, given, values, gradients } of readBeyond(file))
      it(name, () => {
        const run = runReference(spec, given);
        compare(run.values(), values, bound);
        compare(run.gradients(), gradients, bound);
      });
  });
}
