/**
 * Weights in the open format safetensors: 8 bytes with the length of the header, the header as JSON (name → dtype,
 * shape, place), then the numbers, little-endian, without gaps. Source: github.com/huggingface/safetensors, README.
 */
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { EngineError } from '../errors.ts';
import type { Phrase } from '../model/phrase.ts';
import { copyBytes, DATA_TYPES, dataTypeOf, sizeOf, type Values } from './dtypes.ts';

export interface StoredTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Values;
}

export interface StoredTensors {
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  readonly metadata: Readonly<Record<string, string>>;
}

const LENGTH_BYTES = 8;
/** The format's own bound, which keeps a damaged length from asking for all the memory. */
const LONGEST_HEADER = 100_000_000;

const WholeNumber = Type.Integer({ minimum: 0 });
const Entry = Type.Object({
  dtype: Type.String(),
  shape: Type.Array(WholeNumber),
  data_offsets: Type.Tuple([WholeNumber, WholeNumber]),
});
type Entry = Static<typeof Entry>;
const Metadata = Type.Record(Type.String(), Type.String());

/**
 * Reads all tensors; the values are copies.
 * @param file names the file in errors.
 * @throws EngineError `damaged-file` naming the file, the tensor, what was expected and what was found.
 */
export function readSafetensors(bytes: Uint8Array, file: string): StoredTensors {
  const header = readHeader(bytes, file);
  const data = bytes.subarray(header.end);
  const tensors = new Map<string, StoredTensor>();
  const entries = Object.entries(header.entries).filter(([name]) => name !== '__metadata__');
  for (const [name, entry] of entries) {
    if (!Value.Check(Entry, entry))
      throw damaged(file, name, 'dtype, shape and data_offsets', JSON.stringify(entry).slice(0, 80));
    tensors.set(name, readTensor(data, name, entry, file));
  }
  checkPlaces(
    entries.map(([name, entry]) => [name, (entry as Entry).data_offsets]),
    data.length,
    file,
  );
  const metadata = header.entries['__metadata__'] ?? {};
  if (!Value.Check(Metadata, metadata))
    throw damaged(file, '__metadata__', 'text for every key', JSON.stringify(metadata).slice(0, 80));
  return { tensors, metadata };
}

function readHeader(bytes: Uint8Array, file: string): { entries: Record<string, unknown>; end: number } {
  if (bytes.length < LENGTH_BYTES)
    throw damaged(file, 'header', `at least ${LENGTH_BYTES} bytes`, String(bytes.length));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getBigUint64(0, true);
  const room = Math.min(bytes.length - LENGTH_BYTES, LONGEST_HEADER);
  if (length > BigInt(room)) throw damaged(file, 'header', `at most ${room} bytes`, String(length));
  const end = LENGTH_BYTES + Number(length);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(LENGTH_BYTES, end)));
  } catch (error) {
    throw damaged(file, 'header', 'JSON', error instanceof Error ? error.message : String(error));
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw damaged(file, 'header', 'a JSON object', JSON.stringify(parsed).slice(0, 80));
  return { entries: parsed as Record<string, unknown>, end };
}

function readTensor(data: Uint8Array, name: string, entry: Entry, file: string): StoredTensor {
  const type = DATA_TYPES.find(one => one.id === entry.dtype);
  if (!type) throw damaged(file, name, DATA_TYPES.map(one => one.id).join(', '), entry.dtype);
  const [begin, end] = entry.data_offsets;
  const expected = sizeOf(entry.shape) * type.bytes;
  if (end - begin !== expected)
    throw damaged(file, name, `${expected} bytes for ${type.id} [${entry.shape.join(', ')}]`, String(end - begin));
  if (end > data.length) throw damaged(file, name, `an end within ${data.length} bytes of data`, String(end));
  return { name, shape: entry.shape, values: type.of(copyBytes(data, begin, end)) };
}

/** The format forbids gaps and overlaps: both are signs of damage. */
function checkPlaces(places: (readonly [string, readonly [number, number]])[], length: number, file: string): void {
  let at = 0;
  for (const [name, [begin, end]] of [...places].sort(([, a], [, b]) => a[0] - b[0] || a[1] - b[1])) {
    if (begin !== at) throw damaged(file, name, `a beginning at byte ${at}`, String(begin));
    at = end;
  }
  if (at !== length) throw damaged(file, 'data', `${at} bytes`, String(length));
}

/** Writes tensors in the given order. @param metadata text by key, e.g. epoch and seed. */
export function writeSafetensors(
  tensors: readonly StoredTensor[],
  metadata: Readonly<Record<string, string>> = {},
): ArrayBuffer {
  const header: Record<string, unknown> = Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let at = 0;
  for (const { name, shape, values } of tensors) {
    const type = dataTypeOf(values);
    if (Object.hasOwn(header, name)) throw misfit('{0} is there twice', name);
    if (sizeOf(shape) !== values.length)
      throw misfit('{0}: expected {1} values for shape [{2}], found {3}', name, sizeOf(shape), shape.join(', '), values.length);
    header[name] = { dtype: type.id, shape, data_offsets: [at, at + values.byteLength] };
    at += values.byteLength;
  } // prettier-ignore
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8; // so that the numbers are aligned
  const bytes = new Uint8Array(LENGTH_BYTES + padded + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded), true);
  bytes.fill(0x20, LENGTH_BYTES, LENGTH_BYTES + padded).set(text, LENGTH_BYTES);
  at = LENGTH_BYTES + padded;
  for (const { values } of tensors) {
    bytes.set(new Uint8Array(values.buffer, values.byteOffset, values.byteLength), at);
    at += values.byteLength;
  }
  return bytes.buffer;
}

function damaged(file: string, part: string, expected: string, found: string): EngineError {
  return new EngineError('damaged-file', {
    text: '{0} is damaged: {1}: expected {2}, found {3}',
    args: [file, part, expected, found],
  });
}

function misfit(text: string, ...args: NonNullable<Phrase['args']>): EngineError {
  return new EngineError('invalid-shape', { text, args });
}
