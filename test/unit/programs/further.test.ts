import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import { type Program, prove, type Tensors } from './prove.ts';

const PLACE = join(import.meta.dirname, '../../fixtures/programs');
/** Programs that are not read or computed right yet, with what is seen. Whoever mends one takes it off this list. */
const OPEN = JSON.parse(readFileSync(join(PLACE, 'open.json'), 'utf8')) as Readonly<Record<string, string>>;

function readProgram(folder: string, name: string): Program {
  const path = join(PLACE, folder, name);
  const { tensors } = readSafetensors(readFileSync(`${path}.safetensors`), name);
  const group = (prefix: string): Tensors =>
    new Map([...tensors].filter(([key]) => key.startsWith(`${prefix}/`)).map(([key, one]) => [key.slice(prefix.length + 1), one])); // prettier-ignore
  return {
    name: `${folder}/${name}`,
    text: readFileSync(`${path}.py`, 'utf8'),
    inputs: group('inputs'),
    weights: group('weights'),
    values: group('values'),
    gradients: group('gradients'),
    losses: Array.from(tensors.get('losses/of_50_steps')?.values ?? [], Number),
  };
}

for (const folder of readdirSync(PLACE, { withFileTypes: true }).filter(one => one.isDirectory())) {
  describe(`further programs of ${folder.name}: values and gradients to 1e-5, losses of 50 steps to 1e-4`, () => {
    for (const file of readdirSync(join(PLACE, folder.name)).filter(one => one.endsWith('.py'))) {
      const name = file.slice(0, -3);
      const open = OPEN[`${folder.name}/${name}`];
      it(open === undefined ? file : `${file}, not yet: ${open}`, () => {
        const proof = (): void => {
          prove(readProgram(folder.name, name));
        };
        if (open === undefined) proof();
        else assert.throws(proof);
      });
    }
  });
}
