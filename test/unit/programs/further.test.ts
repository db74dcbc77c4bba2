import assert from 'node:assert/strict';
import { FURTHER, OPEN, readProgram } from './further.ts';
import { prove } from './prove.ts';

for (const { folder, names } of FURTHER) {
  describe(`further programs of ${folder}: values and gradients to 1e-5, losses of 50 steps to 1e-4`, () => {
    for (const name of names) {
      const open = OPEN[`${folder}/${name}`];
      it(open === undefined ? `${name}.py` : `${name}.py, not yet: ${open}`, () => {
        const proof = (): void => {
          prove(readProgram(folder, name));
        };
        if (open === undefined) proof();
        else assert.throws(proof);
      });
    }
  });
}
