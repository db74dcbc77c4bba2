/** Arrays of numbers in files: npy, the members of an npz, IDX. They take as much memory as they take unpacked on disk. */
import { crc32 } from 'node:zlib';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { EngineError } from '../../errors.ts';
import { swapBytes } from '../../formats/npy.ts';
import { MOST_NPY_HEADER, type NpyHeader, readNpyHeader } from '../../formats/npyHeader.ts';
import { phrase } from '../../model/phrase.ts';
import { claimBytes, isGzipped, MOST_DEFLATED, readHead, readPieces, type Reading, stampOf } from './bytes.ts';

/** A type of numbers: bytes of one, and how they are read. */
interface NumberType {
  readonly bytes: number;
  readonly of: (buffer: ArrayBuffer) => (place: number) => number;
}

const plain =
  (make: new (buffer: ArrayBuffer) => ArrayLike<number>): NumberType['of'] =>
  buffer => {
    const values = new make(buffer);
    return place => values[place]!;
  };
const wide =
  (make: new (buffer: ArrayBuffer) => ArrayLike<bigint>): NumberType['of'] =>
  buffer => {
    const values = new make(buffer);
    return place => Number(values[place]!);
  };
const half: NumberType['of'] = buffer => {
  const values = new Uint16Array(buffer);
  return place => float16(values[place]!);
};

/** Kind and bytes as numpy writes them after the byte order. */
const TYPES: Readonly<Record<string, NumberType>> = {
  f2: { bytes: 2, of: half },
  f4: { bytes: 4, of: plain(Float32Array) },
  f8: { bytes: 8, of: plain(Float64Array) },
  i1: { bytes: 1, of: plain(Int8Array) },
  i2: { bytes: 2, of: plain(Int16Array) },
  i4: { bytes: 4, of: plain(Int32Array) },
  i8: { bytes: 8, of: wide(BigInt64Array) },
  u1: { bytes: 1, of: plain(Uint8Array) },
  u2: { bytes: 2, of: plain(Uint16Array) },
  u4: { bytes: 4, of: plain(Uint32Array) },
  u8: { bytes: 8, of: wide(BigUint64Array) },
  b1: { bytes: 1, of: plain(Uint8Array) },
};

/** Codes of IDX. Source: yann.lecun.com/exdb/mnist, "The IDX file format". */
const IDX_TYPES: Readonly<Record<number, string>> = { 0x08: 'u1', 0x09: 'i1', 0x0b: 'i2', 0x0c: 'i4', 0x0d: 'f4', 0x0e: 'f8' }; // prettier-ignore

/** IEEE 754 binary16. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? NaN : sign * Infinity;
  return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction / 1024) : 2 ** -14 * (fraction / 1024));
}

/** What is known of an array before its numbers are read. */
export interface ArrayHead {
  readonly name: string;
  /** As numpy names it: `float32`. */
  readonly type: string;
  readonly shape: readonly number[];
}

/** An array; its first axis counts rows. */
export class NumberArray implements ArrayHead {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly rows: number;
  /** Values of a row. */
  readonly width: number;
  readonly #read: (place: number) => number;
  /** Places between neighbours on each axis where the first is the fastest; undefined in C order. */
  readonly #strides: readonly number[] | undefined;

  constructor({ name, type, shape }: ArrayHead, read: (place: number) => number, fortran: boolean) {
    this.name = name;
    this.type = type;
    this.shape = shape;
    this.rows = shape[0] ?? 1;
    this.width = product(shape.slice(1));
    this.#read = read;
    this.#strides = fortran && shape.length > 1 ? shape.map((_, axis) => product(shape.slice(0, axis))) : undefined;
  }

  at(row: number, column: number): number {
    if (!this.#strides) return this.#read(row * this.width + column);
    let place = row;
    for (let axis = this.shape.length - 1; axis > 0; axis--) {
      const size = this.shape[axis]!;
      place += (column % size) * this.#strides[axis]!;
      column = Math.floor(column / size);
    }
    return this.#read(place);
  }
}

export const product = (sizes: readonly number[]): number => sizes.reduce((all, size) => all * size, 1);

/** A file that holds arrays, by their names; a file of one array has it under `''`. */
export interface ArrayFile {
  readonly heads: readonly ArrayHead[];
  /** @throws EngineError `damaged-file`, `no-memory`, `cancelled`, `unknown` when there is no such array */
  load(name: string, reading: Reading): Promise<NumberArray>;
}

/** @throws EngineError `damaged-file` when it is none, `unsupported` for values that are no numbers */
export async function openNpy(path: string): Promise<ArrayFile> {
  const header = readNpyHeader(await readHead(path, MOST_NPY_HEADER), path);
  const layout = npyLayout('', header, path);
  await boundBySize(path, layout);
  return { heads: [layout.head], load: async (_, reading) => fill(layout, path, readPieces(path, reading), reading) };
}

/** @throws EngineError `damaged-file` when it is none */
export async function openIdx(path: string): Promise<ArrayFile> {
  const bytes = await readHead(path, 4 + 4 * 255);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const axes = bytes[3] ?? 0;
  const code = IDX_TYPES[bytes[2] ?? 0];
  if (bytes.length < 4 + 4 * axes || view.getUint16(0) !== 0 || !code || axes === 0)
    throw damaged(path, 'the beginning of an IDX file', `${bytes.length} bytes that begin with ${[...bytes.subarray(0, 4)].join(' ')}`);
  const shape = Array.from({ length: axes }, (_, axis) => view.getUint32(4 + 4 * axis));
  const layout = layoutOf({ name: '', type: typeName(code), shape }, `>${code}`, { start: 4 + 4 * axes, fortran: false }, path);
  await boundBySize(path, layout);
  return { heads: [layout.head], load: async (_, reading) => fill(layout, path, readPieces(path, reading), reading) };
} // prettier-ignore

/** Members of an archive that are looked at. */
const MOST_MEMBERS = 1024;

/** @throws EngineError `damaged-file` when it is no zip file, or one without arrays */
export async function openNpz(path: string): Promise<ArrayFile> {
  await stampOf(path);
  const layouts = await inZip(path, async (zip, entries) => {
    const found: Layout[] = [];
    for (const entry of entries) {
      const name = entry.fileName.replace(/\.npy$/, '');
      if (name === entry.fileName) continue;
      const head = await memberHead(zip, entry);
      try {
        const layout = npyLayout(name, readNpyHeader(head, `${path}/${entry.fileName}`), path);
        const claimed = layout.start + layout.bytes;
        if (claimed !== entry.uncompressedSize)
          throw damaged(`${path}/${entry.fileName}`, `${claimed} bytes`, String(entry.uncompressedSize));
        if (claimed > entry.compressedSize * MOST_DEFLATED + 1024)
          throw damaged(`${path}/${entry.fileName}`, `at most ${entry.compressedSize * MOST_DEFLATED} bytes in ${entry.compressedSize} packed ones`, String(claimed));
        found.push(layout);
      } catch (error) {
        // Text and objects beside the numbers are nobody's business.
        if (!(error instanceof EngineError) || error.code !== 'unsupported') throw error;
      }
    }
    return found;
  });
  if (layouts.length === 0) throw damaged(path, 'arrays of numbers', 'none');
  // Which of two would be meant is not known: readers of zip files differ.
  const names = layouts.map(({ head }) => head.name);
  const twice = names.find((name, at) => names.indexOf(name) < at);
  if (twice !== undefined) throw damaged(path, 'arrays of different names', `two "${twice}"`);
  return {
    heads: layouts.map(({ head }) => head),
    load: async (name, reading) => {
      const layout = layouts.find(({ head }) => head.name === name);
      if (!layout) throw new EngineError('unknown', phrase('{0} holds no array "{1}"; there are {2}', path, name, layouts.map(({ head }) => head.name).join(', ')));
      return inZip(path, async (zip, entries) => {
        const entry = entries.find(({ fileName }) => fileName === `${name}.npy`);
        if (!entry) throw damaged(path, `${name}.npy`, 'another archive');
        return fill(layout, `${path}/${entry.fileName}`, memberPieces(zip, entry, reading), reading, entry.crc32);
      });
    },
  };
} // prettier-ignore

/** Runs work on an open archive and closes it; what yauzl throws becomes an error that names the file. */
async function inZip<T>(path: string, work: (zip: ZipFile, entries: readonly Entry[]) => Promise<T>): Promise<T> {
  let zip: ZipFile | undefined;
  try {
    zip = await openPromise(path, { autoClose: false, lazyEntries: true });
    if (zip.entryCount > MOST_MEMBERS) throw damaged(path, `at most ${MOST_MEMBERS} arrays`, String(zip.entryCount));
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) entries.push(entry);
    return await work(zip, entries);
  } catch (error) {
    if (error instanceof EngineError) throw error;
    throw damaged(path, 'a zip file', error instanceof Error ? error.message : String(error), error);
  } finally {
    zip?.close();
  }
}

async function* memberPieces(zip: ZipFile, entry: Entry, { signal, progress }: Reading): AsyncGenerator<Uint8Array> {
  const stream = await zip.openReadStreamPromise(entry);
  let read = 0;
  try {
    for await (const piece of stream) {
      if (signal?.aborted) throw new EngineError('cancelled', phrase('Reading {0} was cancelled', entry.fileName));
      read += (piece as Uint8Array).length;
      progress?.(Math.min(read, entry.uncompressedSize), entry.uncompressedSize);
      yield piece as Uint8Array;
    }
  } finally {
    stream.destroy();
  }
}

async function memberHead(zip: ZipFile, entry: Entry): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of memberPieces(zip, entry, {})) {
    pieces.push(piece);
    length += piece.length;
    if (length >= MOST_NPY_HEADER) break;
  }
  return Buffer.concat(pieces).subarray(0, MOST_NPY_HEADER);
}

/** How an array lies in its file. */
interface Layout {
  readonly head: ArrayHead;
  readonly code: string;
  readonly swapped: boolean;
  readonly fortran: boolean;
  readonly start: number;
  readonly bytes: number;
}

function npyLayout(name: string, header: NpyHeader, path: string): Layout {
  const code = header.descr.slice(1);
  if (!Object.hasOwn(TYPES, code))
    throw new EngineError(
      'unsupported',
      phrase('{0} holds values of type {1}; there must be numbers', name ? `${path}/${name}` : path, header.descr),
    );
  return layoutOf({ name, type: typeName(code), shape: header.shape }, header.descr, header, path);
}

function layoutOf(
  head: ArrayHead,
  descr: string,
  { start, fortran }: { readonly start: number; readonly fortran: boolean },
  path: string,
): Layout {
  const code = descr.slice(1);
  const bytes = product(head.shape) * TYPES[code]!.bytes;
  if (!Number.isSafeInteger(bytes)) throw damaged(path, 'a number of bytes below 2^53', String(bytes));
  return { head, code, swapped: descr.startsWith('>') && TYPES[code]!.bytes > 1, fortran, start, bytes };
}

/** What a header claims is checked against the file before any memory is taken. */
async function boundBySize(path: string, { start, bytes, head }: Layout): Promise<void> {
  const { bytes: size } = await stampOf(path);
  const claimed = start + bytes;
  const most = (await isGzipped(path)) ? size * MOST_DEFLATED : undefined;
  if (most === undefined ? claimed !== size : claimed > most)
    throw damaged(
      path,
      `${claimed} bytes for ${head.type} [${head.shape.join(', ')}]`,
      most === undefined ? String(size) : `${size} packed`,
    );
}

async function fill(
  { head, code, swapped, fortran, start, bytes }: Layout,
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  reading: Reading,
  checksum?: number,
): Promise<NumberArray> {
  claimBytes(path, bytes, reading);
  const into = new Uint8Array(bytes);
  let at = -start;
  let sum = 0;
  for await (const piece of pieces) {
    if (checksum !== undefined) sum = crc32(piece, sum);
    const first = Math.max(0, -at);
    if (at + piece.length > bytes) throw damaged(path, `${start + bytes} bytes`, 'more');
    if (first < piece.length) into.set(piece.subarray(first), at + first);
    at += piece.length;
  }
  if (at !== bytes) throw damaged(path, `${start + bytes} bytes`, String(start + at));
  if (checksum !== undefined && sum !== checksum)
    throw damaged(path, `the checksum ${checksum.toString(16)}`, sum.toString(16));
  const type = TYPES[code]!;
  if (swapped) swapBytes(into, type.bytes);
  return new NumberArray(head, type.of(into.buffer), fortran);
}

/** `float32` of `f4`. */
function typeName(code: string): string {
  const kind = { f: 'float', i: 'int', u: 'uint', b: 'bool' }[code.charAt(0)] ?? code;
  return kind === 'bool' ? kind : kind + String(8 * Number(code.slice(1)));
}

function damaged(path: string, expected: string, found: string, cause?: unknown): EngineError {
  return new EngineError('damaged-file', phrase('{0} is damaged: expected {1}, found {2}', path, expected, found), { cause });
} // prettier-ignore
