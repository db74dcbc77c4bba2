/** The data source of a person's own files. */
import { resolve } from 'node:path';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { type Demand, demandOf } from './demand.ts';
import type { FileData } from './fileData.ts';
import type { DataSource } from './source.ts';

export const ownFile: DataSource = {
  id: 'own-file',
  title: phrase('A file of your own'),
  description: phrase('CSV, text, npy, npz or IDX, gzipped or not; what of it is fed is asked once and shown before'),
  kind: 'series',
  names: [],
  fits(spec) {
    const demand = demandOf(spec);
    return isDemand(demand) ? true : demand;
  },
  async load({ file }, spec, { signal, progress }) {
    const demand = demandOf(spec);
    if (!isDemand(demand)) throw new EngineError('invalid-model', demand);
    if (!file) throw new EngineError('invalid-message', phrase('No file was chosen'));
    // The readers of files are not needed to list sources.
    const { loadFile } = await import('./files/plan.ts');
    return (await loadFile(file, demand, { signal, progress })).dataset;
  },
};

export function isDemand(demand: ReturnType<typeof demandOf>): demand is Demand {
  return !('text' in demand);
}

/**
 * The file that a program loads or a comment names, by a path that is relative to the program's folder; undefined where
 * it names none.
 */
export function fileOf({ data }: ModelSpec, folder: string): string | undefined {
  return data?.kind === 'file' && data.source !== undefined ? resolve(folder, data.source) : undefined;
}

/** Whether a file is still what it was. */
export function sameStamp(then: FileData['stamp'], now: FileData['stamp']): boolean {
  return then.bytes === now.bytes && then.modified === now.modified;
}
