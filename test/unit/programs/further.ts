/** The further programs that the frameworks themselves ran (`test/fixtures/programs`). */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import type { Program, Tensors } from './prove.ts';

const PLACE = join(import.meta.dirname, '../../fixtures/programs');
/** Programs that are not read or computed right yet, with what is seen. Whoever mends one takes it off this list. */
export const OPEN = JSON.parse(readFileSync(join(PLACE, 'open.json'), 'utf8')) as Readonly<Record<string, string>>;

/** The names of the programs of each framework. */
export const FURTHER: readonly { readonly folder: string; readonly names: readonly string[] }[] = readdirSync(PLACE, { withFileTypes: true })
  .filter(one => one.isDirectory())
  .map(({ name: folder }) => ({
    folder,
    names: readdirSync(join(PLACE, folder)).filter(file => file.endsWith('.py')).map(file => file.slice(0, -3)),
  })); // prettier-ignore

export function readProgram(folder: string, name: string): Program {
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
