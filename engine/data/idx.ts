/** The format of the MNIST files. Source: yann.lecun.com/exdb/mnist, "The IDX file format". */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';

/** An array of bytes, as it lies in the file. */
export interface IdxArray {
  readonly shape: readonly number[];
  readonly values: Uint8Array;
}

const UNSIGNED_BYTE = 0x08;

/** Reads the first of these files that exists, gzipped or not. @throws EngineError `missing-file` naming all of them. */
export function readFirstFile(paths: readonly string[]): { readonly path: string; readonly bytes: Uint8Array } {
  for (const path of paths) {
    let raw: Buffer;
    try {
      raw = readFileSync(path);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') continue;
      throw new EngineError('missing-file', phrase('{0} cannot be read: {1}', path, String(error)), { cause: error });
    }
    return { path, bytes: unpack(raw, path) };
  }
  throw new EngineError('missing-file', phrase('Data file not found: {0}', paths.join(', ')));
}

function unpack(raw: Uint8Array, path: string): Uint8Array {
  if (raw[0] !== 0x1f || raw[1] !== 0x8b) return raw;
  try {
    return gunzipSync(raw);
  } catch (error) {
    throw damaged(path, 'gzip data', error instanceof Error ? error.message : String(error), error);
  }
}

/**
 * Reads an IDX file of bytes; the values share the memory of `bytes`.
 * @param shape the expected shape; null where any size will do.
 * @throws EngineError `damaged-file` naming the file, the expected and the found.
 */
export function readIdx(bytes: Uint8Array, path: string, shape: readonly (number | null)[]): IdxArray {
  const start = 4 + 4 * shape.length;
  if (bytes.length < start) throw damaged(path, `at least ${start} bytes`, String(bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const magic = view.getUint32(0);
  const expected = (UNSIGNED_BYTE << 8) | shape.length;
  if (magic !== expected) throw damaged(path, `the magic number ${expected}`, String(magic));
  const found = shape.map((_, axis) => view.getUint32(4 + 4 * axis));
  if (shape.some((size, axis) => size !== null && size !== found[axis]))
    throw damaged(path, `[${shape.map(size => size ?? 'n').join(', ')}]`, `[${found.join(', ')}]`);
  const size = found.reduce((product, one) => product * one, 1);
  if (bytes.length - start !== size)
    throw damaged(path, `${size} values for [${found.join(', ')}]`, String(bytes.length - start));
  return { shape: found, values: bytes.subarray(start) };
}

function damaged(path: string, expected: string, found: string, cause?: unknown): EngineError {
  return new EngineError('damaged-file', phrase('{0} is damaged: expected {1}, found {2}', path, expected, found), { cause });
} // prettier-ignore
