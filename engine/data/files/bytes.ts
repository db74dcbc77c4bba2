/** The bytes of a file, in pieces, unpacked where it is gzipped: never more of it in memory than a piece. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import { systemCode } from '../../runs/files.ts';

/** How a file is read. */
export interface Reading {
  /** Asked to stop: reading ends with the error `cancelled`. */
  readonly signal?: AbortSignal | undefined;
  /** Told after every piece: bytes of the file as it lies on disk, of how many. */
  readonly progress?: ((bytes: number, total: number) => void) | undefined;
  /** Bytes that may be kept of a file; `MOST_BYTES` where it is left out. */
  readonly mostBytes?: number | undefined;
}

/** What a file was when it was looked at, so that a change is noticed. */
export interface FileStamp {
  readonly bytes: number;
  /** Milliseconds since 1970. */
  readonly modified: number;
}

/** Bytes that are kept of one file: what a worker can hold beside a network. */
export const MOST_BYTES = 2 ** 31;
const PIECE = 1 << 18;
/** Deflate packs at most 1,032 bytes into one. Source: zlib.net, "zlib Technical Details". */
export const MOST_DEFLATED = 1032;

/** @throws EngineError `missing-file` when there is no such file, or it is no file */
export async function stampOf(path: string): Promise<FileStamp> {
  const found = await stat(path).catch((error: unknown) => {
    throw unreadable(path, error);
  });
  // A pipe or a device has no end.
  if (!found.isFile()) throw new EngineError('missing-file', phrase('{0} is not a file', path));
  return { bytes: found.size, modified: Math.round(found.mtimeMs) };
}

/** @throws EngineError `missing-file`, `damaged-file` with the path, or `cancelled` */
export async function* readPieces(path: string, { signal, progress }: Reading = {}): AsyncGenerator<Uint8Array> {
  const { bytes: total } = await stampOf(path);
  const file = createReadStream(path, { highWaterMark: PIECE });
  let read = 0;
  file.on('data', piece => {
    read += piece.length;
    progress?.(Math.min(read, total), total);
  });
  file.pause(); // listening for pieces has set it going
  const packed = await isGzipped(path);
  // Whoever reads the unpacked pieces hears of the errors of both.
  const pieces = packed ? pipeline(file, createGunzip({ chunkSize: PIECE }), () => undefined) : file;
  try {
    for await (const piece of pieces) {
      if (signal?.aborted) throw new EngineError('cancelled', phrase('Reading {0} was cancelled', path));
      yield piece as Uint8Array;
    }
  } catch (error) {
    throw error instanceof EngineError ? error : unreadable(path, error);
  } finally {
    file.destroy();
    pieces.destroy();
  }
}

/** The first bytes, unpacked. @throws EngineError as `readPieces` */
export async function readHead(path: string, count: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of readPieces(path)) {
    pieces.push(piece);
    length += piece.length;
    if (length >= count) break;
  }
  return Buffer.concat(pieces).subarray(0, count);
}

/** Whether a file begins as gzipped data does. */
export async function isGzipped(path: string): Promise<boolean> {
  for await (const piece of createReadStream(path, { end: 1 })) {
    const bytes = piece as Uint8Array;
    return bytes[0] === 0x1f && bytes[1] === 0x8b;
  }
  return false;
}

/** @throws EngineError `no-memory` when more would be kept of a file than may be */
export function claimBytes(path: string, wanted: number, { mostBytes = MOST_BYTES }: Reading): void {
  if (wanted <= mostBytes) return;
  throw new EngineError(
    'no-memory',
    phrase('{0} holds {1} MB of numbers, more than the {2} MB that are kept in memory', path, megabytes(wanted), megabytes(mostBytes)),
  );
} // prettier-ignore

export const megabytes = (bytes: number): string => (bytes / 2 ** 20).toFixed(bytes < 10 * 2 ** 20 ? 1 : 0);

function unreadable(path: string, error: unknown): EngineError {
  const code = systemCode(error);
  if (code === 'ENOENT') return new EngineError('missing-file', phrase('Data file not found: {0}', path));
  const message = error instanceof Error ? error.message : String(error);
  // zlib's own errors tell what of the packed data is wrong.
  if (code?.startsWith('Z_') || code === 'ERR_TRAILING_JUNK_AFTER_STREAM_END')
    return new EngineError('damaged-file', phrase('{0} is damaged: expected {1}, found {2}', path, 'gzip data', message), { cause: error });
  return new EngineError('missing-file', phrase('{0} cannot be read: {1}', path, message), { cause: error });
} // prettier-ignore
