/** Tensors in numpy's format npy. Source: numpy.org, `numpy.lib.format`, versions 1.0 to 3.0. */
import { EngineError } from '../errors.ts';
import { copyBytes, DATA_TYPES, dataTypeOf, sizeOf, type Values } from './dtypes.ts';

export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Values;
}

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59]; // \x93NUMPY
/** Lets a reader map the numbers into memory. */
const ALIGNMENT = 64;

/**
 * Reads an array in C order; the values are a copy.
 * @param file names the file in errors.
 * @throws EngineError `damaged-file` naming the file, what was expected and what was found.
 */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const damaged = (part: string, expected: string, found: string): EngineError =>
    new EngineError('damaged-file', {
      text: '{0} is damaged: {1}: expected {2}, found {3}',
      args: [file, part, expected, found],
    });
  if (bytes.length < 10 || MAGIC.some((byte, place) => bytes[place] !== byte))
    throw damaged('beginning', '\\x93NUMPY', JSON.stringify(String.fromCharCode(...bytes.subarray(0, 6))));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const version = bytes[6]!;
  if (version < 1 || version > 3) throw damaged('version', '1, 2 or 3', String(version));
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw damaged('header', `at least ${start} bytes`, String(bytes.length));
  const data = start + (version === 1 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (data > bytes.length) throw damaged('header', `an end within ${bytes.length} bytes`, String(data));
  const header = new TextDecoder().decode(bytes.subarray(start, data));
  const descr = /'descr':\s*'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const dimensions = /'shape':\s*\(([\d\s,]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || dimensions === undefined)
    throw damaged('header', 'descr, fortran_order and shape', header.trim().slice(0, 80));
  const type = DATA_TYPES.find(one => one.npy === descr);
  if (!type) throw damaged('descr', DATA_TYPES.map(one => one.npy).join(', '), descr);
  if (fortran === 'True') throw damaged('fortran_order', 'False', 'True');
  const shape = dimensions.split(',').map(one => one.trim()).filter(one => one !== '').map(Number); // prettier-ignore
  const expected = sizeOf(shape) * type.bytes;
  if (bytes.length - data !== expected)
    throw damaged('data', `${expected} bytes for ${descr} (${shape.join(', ')})`, String(bytes.length - data));
  return { shape, values: type.of(copyBytes(bytes, data)) };
}

/** Writes an array in C order, as `numpy.save` does. @throws EngineError `invalid-shape` */
export function writeNpy({ shape, values }: NpyArray): ArrayBuffer {
  if (sizeOf(shape) !== values.length)
    throw new EngineError('invalid-shape', {
      text: 'Expected {0} values for shape [{1}], found {2}',
      args: [sizeOf(shape), shape.join(', '), values.length],
    });
  const tuple = shape.length === 1 ? `(${shape[0]!},)` : `(${shape.join(', ')})`;
  const entries = `{'descr': '${dataTypeOf(values).npy}', 'fortran_order': False, 'shape': ${tuple}, }`;
  const start = MAGIC.length + 4;
  const data = Math.ceil((start + entries.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(data + values.byteLength);
  bytes.set([...MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, data - start, true);
  bytes.set(new TextEncoder().encode(`${entries.padEnd(data - start - 1)}\n`), start);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), data);
  return bytes.buffer;
}
