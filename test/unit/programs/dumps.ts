/** The programs of the dumps with every number of their frameworks (`test/fixtures/dumps`). */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import type { Folder } from '../reference/cases.ts';
import type { Program } from './prove.ts';

export const DUMP_FOLDERS: readonly Folder[] = ['tf1', 'torch', 'keras3', 'keras2'];

export function readDump(folder: Folder, name: string): Program {
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
