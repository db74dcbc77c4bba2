import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../../../engine/reader/read.ts';
import { caseNames, type Folder, readSpec } from '../reference/cases.ts';
import { essence } from './reading.ts';

// The expected specs are those with which the reference engine reproduces the framework's own numbers.
const FOLDERS: readonly Folder[] = ['tf1', 'keras2', 'keras3'];

for (const folder of FOLDERS) {
  describe(`reader on the programs that ran in ${folder}`, () => {
    for (const name of caseNames(folder)) {
      it(`reads ${name} as the model that gives the framework's numbers`, () => {
        const text = readFileSync(join(import.meta.dirname, '../../fixtures/dumps', folder, name, 'model.py'), 'utf8');
        const { models } = readSource(text, 'python');
        assert.deepEqual(
          models.map(({ open }) => open),
          [[]],
        );
        assert.deepEqual(essence(models[0]!.spec), essence(readSpec(folder, name)));
      });
    }
  });
}
