/** Numbers as they lie in files, little-endian: one entry a type, with its names in safetensors and in npy. */
export type Values = Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array;

export interface DataType {
  /** As in safetensors. */
  readonly id: string;
  /** As in npy. */
  readonly npy: string;
  /** Of one value. */
  readonly bytes: number;
  /** The values in a buffer of their own. */
  readonly of: (buffer: ArrayBuffer) => Values;
}

export const DATA_TYPES: readonly DataType[] = [
  { id: 'F32', npy: '<f4', bytes: 4, of: buffer => new Float32Array(buffer) },
  { id: 'F64', npy: '<f8', bytes: 8, of: buffer => new Float64Array(buffer) },
  { id: 'I8', npy: '|i1', bytes: 1, of: buffer => new Int8Array(buffer) },
  { id: 'I16', npy: '<i2', bytes: 2, of: buffer => new Int16Array(buffer) },
  { id: 'I32', npy: '<i4', bytes: 4, of: buffer => new Int32Array(buffer) },
  { id: 'I64', npy: '<i8', bytes: 8, of: buffer => new BigInt64Array(buffer) },
  { id: 'U8', npy: '|u1', bytes: 1, of: buffer => new Uint8Array(buffer) },
  { id: 'BOOL', npy: '|b1', bytes: 1, of: buffer => new Uint8Array(buffer) },
];

const CLASSES: readonly (readonly [new (buffer: ArrayBuffer) => Values, string])[] = [
  [Float32Array, 'F32'],
  [Float64Array, 'F64'],
  [Int8Array, 'I8'],
  [Int16Array, 'I16'],
  [Int32Array, 'I32'],
  [BigInt64Array, 'I64'],
  [Uint8Array, 'U8'],
];

/** The type in which these values are written. */
export function dataTypeOf(values: Values): DataType {
  const id = CLASSES.find(([constructor]) => values instanceof constructor)![1];
  return DATA_TYPES.find(type => type.id === id)!;
}

/** Number of values in a tensor of this shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

/** These bytes in a buffer of their own. Note: `slice` of a Node `Buffer` would share its pool. */
export function copyBytes(bytes: Uint8Array, begin = 0, end = bytes.length): ArrayBuffer {
  const copy = new Uint8Array(end - begin);
  copy.set(bytes.subarray(begin, end));
  return copy.buffer;
}
