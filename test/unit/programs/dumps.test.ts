import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { caseNames, type Folder } from '../reference/cases.ts';
import { open, type Program, prove, specOf } from './prove.ts';

function readProgram(folder: Folder, name: string): Program {
  const place = join(import.meta.dirname, '../../fixtures/dumps', folder, name);
  const read = (file: string) => readSafetensors(readFileSync(join(place, `${file}.safetensors`)), file).tensors;
  const { losses_of_50_steps_on_this_batch: losses } = JSON.parse(readFileSync(join(place, 'case.json'), 'utf8')) as {
    losses_of_50_steps_on_this_batch: number[];
  };
  return {
    name: `${folder}/${name}`,
    text: readFileSync(join(place, 'model.py'), 'utf8'),
    inputs: read('inputs'),
    weights: read('weights'),
    ...(existsSync(join(place, 'masks.safetensors')) && { masks: read('masks') }),
    values: read('values'),
    gradients: read('gradients'),
    losses,
  };
}

for (const folder of ['tf1', 'torch', 'keras3', 'keras2'] as const) {
  describe(`programs of ${folder} as the reader reads them and the WebAssembly engine runs them`, () => {
    for (const name of caseNames(folder)) {
      const program = readProgram(folder, name);
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
