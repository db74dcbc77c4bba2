/** Reads the numbers that the frameworks themselves computed (`test/fixtures/dumps`, README there). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Parameter } from '../../../engine/backends/backend.ts';

export const DUMPS = join(import.meta.dirname, '../../fixtures/dumps');

export interface DumpTensor {
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>;
}

/** Tensors of a safetensors file by name (F32, I32 and I64, which becomes I32). */
export function readTensors(path: string): Map<string, DumpTensor> {
  const bytes = readFileSync(join(DUMPS, path));
  const start = 8 + Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.toString('utf8', 8, start)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const tensors = new Map<string, DumpTensor>();
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const data = new Uint8Array(bytes.subarray(start + data_offsets[0], start + data_offsets[1])).buffer;
    const values =
      dtype === 'F32'
        ? new Float32Array(data)
        : dtype === 'I64'
          ? Int32Array.from(new BigInt64Array(data), Number)
          : new Int32Array(data);
    tensors.set(name, { shape, values });
  }
  return tensors;
}

/** Float tensors as the network takes them. */
export function asParameters(tensors: ReadonlyMap<string, DumpTensor>): Parameter[] {
  return [...tensors].map(([name, { shape, values }]) => ({ name, shape, values: Float32Array.from(values) }));
}

/** Values of a `.npy` file of float32 in C order. */
export function readNpy(path: string): Float32Array<ArrayBuffer> {
  const bytes = readFileSync(join(DUMPS, path));
  return new Float32Array(new Uint8Array(bytes.subarray(10 + bytes.readUInt16LE(8))).buffer);
}

export function readJson(path: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(DUMPS, path), 'utf8')) as Record<string, unknown>;
}

/** Largest difference, in units of max(1, largest magnitude of what is expected). */
export function relativeError(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let magnitude = 1;
  for (let k = 0; k < expected.length; k++) {
    difference = Math.max(difference, Math.abs(found[k]! - expected[k]!));
    magnitude = Math.max(magnitude, Math.abs(expected[k]!));
    if (!Number.isFinite(found[k]!)) return Infinity;
  }
  return difference / magnitude;
}
