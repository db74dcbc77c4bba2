/** The header of numpy's format npy. Source: numpy.org, `numpy.lib.format`, versions 1.0 to 3.0. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';

export interface NpyHeader {
  /** `<f4`: byte order, kind and bytes of a value. */
  readonly descr: string;
  /** The first axis is the fastest. */
  readonly fortran: boolean;
  readonly shape: readonly number[];
  /** Where the values begin. */
  readonly start: number;
}

export const NPY_MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59] as const; // \x93NUMPY
/** Bytes that a header may take: a thousand times what numpy writes. */
export const MOST_NPY_HEADER = 1 << 16;

/**
 * Reads the header at the beginning of an array.
 * @param bytes the whole file, or its first `MOST_NPY_HEADER` bytes
 * @param file names the file in errors
 * @throws EngineError `damaged-file` naming the file, what was expected and what was found
 */
export function readNpyHeader(bytes: Uint8Array, file: string): NpyHeader {
  const damaged = (part: string, expected: string, found: string): EngineError =>
    new EngineError('damaged-file', phrase('{0} is damaged: {1}: expected {2}, found {3}', file, part, expected, found));
  if (bytes.length < 10 || NPY_MAGIC.some((byte, place) => bytes[place] !== byte))
    throw damaged('beginning', '\\x93NUMPY', JSON.stringify(String.fromCharCode(...bytes.subarray(0, 6))));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw damaged('version', '1, 2 or 3', String(version));
  const first = version === 1 ? 10 : 12;
  if (bytes.length < first) throw damaged('header', `at least ${first} bytes`, String(bytes.length));
  const start = first + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (start > bytes.length) throw damaged('header', `an end within ${bytes.length} bytes`, String(start));
  const header = new TextDecoder(version < 3 ? 'latin1' : 'utf-8').decode(bytes.subarray(first, start));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\dL\s,]*)\)/.exec(header)?.[1]; // Python 2 wrote 3L
  if (descr === undefined || fortran === undefined || dimensions === undefined)
    throw damaged('header', 'descr, fortran_order and shape', header.trim().slice(0, 80));
  const shape = dimensions.split(',').map(one => one.trim().replace(/L$/, '')).filter(one => one !== '').map(Number); // prettier-ignore
  const values = shape.reduce((product, size) => product * size, 1);
  if (!Number.isSafeInteger(values) || shape.some(size => !Number.isSafeInteger(size)))
    throw damaged('shape', 'a number of values below 2^53', `(${shape.join(', ')})`);
  return { descr, fortran: fortran === 'True', shape, start };
} // prettier-ignore
