/** Files of weights: safetensors, and npz by the names of its arrays. */
import { readFile } from 'node:fs/promises';
import { openNpz } from '../data/files/arrays.ts';
import { MOST_BYTES, readHead, type Reading, stampOf } from '../data/files/bytes.ts';
import { EngineError } from '../errors.ts';
import { readSafetensors, type StoredTensor } from '../formats/safetensors.ts';
import { phrase } from '../model/phrase.ts';

/**
 * All tensors of a file by their names.
 * @throws EngineError `missing-file`, `damaged-file` naming what is wrong, `no-memory` before more is read than can be kept
 */
export async function readWeightFile(path: string, reading: Reading = {}): Promise<ReadonlyMap<string, StoredTensor>> {
  const { bytes } = await stampOf(path);
  const isZip = Buffer.from(await readHead(path, 2)).toString('latin1') === 'PK';
  if (isZip) return readNpz(path, reading);
  if (bytes > MOST_BYTES)
    throw new EngineError('no-memory', phrase('{0} has {1} bytes; {2} can be kept', path, bytes, MOST_BYTES));
  return readSafetensors(await readFile(path), path).tensors;
}

async function readNpz(path: string, reading: Reading): Promise<ReadonlyMap<string, StoredTensor>> {
  const file = await openNpz(path);
  const tensors = new Map<string, StoredTensor>();
  for (const { name, shape, type } of file.heads) {
    const array = await file.load(name, reading);
    const values = new (type.startsWith('float') ? Float32Array : Int32Array)(array.rows * array.width);
    for (let row = 0; row < array.rows; row++)
      for (let column = 0; column < array.width; column++) values[row * array.width + column] = array.at(row, column);
    tensors.set(name, { name, shape, values });
  }
  return tensors;
}
