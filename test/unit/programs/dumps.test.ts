import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { caseNames } from '../reference/cases.ts';
import { DUMP_FOLDERS, readDump } from './dumps.ts';
import { open, prove, specOf } from './prove.ts';

for (const folder of DUMP_FOLDERS) {
  describe(`programs of ${folder} as the reader reads them and the WebAssembly engine runs them`, () => {
    for (const name of caseNames(folder)) {
      const program = readDump(folder, name);
      const [reason] = unsupported(specOf(program.text));
      if (reason) {
        it(`${name}: refused, ${formatPhrase(reason)}`, () => {
          assert.throws(() => open(program), { code: 'unsupported', message: formatPhrase(reason) });
        });
        continue;
      }
      it(`${name}: values and gradients to 1e-5, losses of 50 steps to 1e-4`, () => {
        prove(program);
      });
    }
  });
}
