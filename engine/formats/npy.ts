/** Tensors in numpy's format npy. Source: numpy.org, `numpy.lib.format`, versions 1.0 to 3.0. */
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import { copyBytes, DATA_TYPES, dataTypeOf, sizeOf, type Values } from './dtypes.ts';
import { NPY_MAGIC, readNpyHeader } from './npyHeader.ts';

export interface NpyArray {
  readonly shape: readonly number[];
  readonly values: Values;
}

/** Lets a reader map the numbers into memory. */
const ALIGNMENT = 64;

/**
 * Reads an array; the values are a copy in C order and this machine's byte order.
 * @param file names the file in errors.
 * @throws EngineError `damaged-file` naming the file, what was expected and what was found.
 */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const { descr, fortran, shape, start } = readNpyHeader(bytes, file);
  const damaged = (part: string, expected: string, found: string): EngineError =>
    new EngineError('damaged-file', phrase('{0} is damaged: {1}: expected {2}, found {3}', file, part, expected, found));
  // Bytes have no order.
  const type = DATA_TYPES.find(one => one.npy === descr || one.npy === descr.replace('>', one.bytes > 1 ? '<' : '|'));
  if (!type) throw damaged('descr', DATA_TYPES.map(one => one.npy).join(', '), descr);
  const expected = sizeOf(shape) * type.bytes;
  if (bytes.length - start !== expected)
    throw damaged('data', `${expected} bytes for ${descr} (${shape.join(', ')})`, String(bytes.length - start));
  const data = copyBytes(bytes, start);
  if (descr.startsWith('>')) swapBytes(new Uint8Array(data), type.bytes);
  const values = type.of(data);
  return { shape, values: fortran ? inCOrder(values, shape, type.of(new ArrayBuffer(expected))) : values };
} // prettier-ignore

/** Turns the byte order of every value around, in place. */
export function swapBytes(bytes: Uint8Array, width: number): void {
  const values = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (width === 2) values.swap16();
  else if (width === 4) values.swap32();
  else if (width === 8) values.swap64();
}

/** The values of an array whose first axis is the fastest, with the last axis the fastest. */
function inCOrder(values: Values, shape: readonly number[], into: Values): Values {
  const index = shape.map(() => 0);
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)));
  for (let place = 0; place < into.length; place++) {
    into[place] = values[index.reduce((sum, at, axis) => sum + at * strides[axis]!, 0)]!;
    for (let axis = shape.length - 1; axis >= 0 && ++index[axis]! === shape[axis]; axis--) index[axis] = 0;
  }
  return into;
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
  const start = NPY_MAGIC.length + 4;
  const data = Math.ceil((start + entries.length + 1) / ALIGNMENT) * ALIGNMENT;
  const bytes = new Uint8Array(data + values.byteLength);
  bytes.set([...NPY_MAGIC, 1, 0]);
  new DataView(bytes.buffer).setUint16(8, data - start, true);
  bytes.set(new TextEncoder().encode(`${entries.padEnd(data - start - 1)}\n`), start);
  bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), data);
  return bytes.buffer;
}
