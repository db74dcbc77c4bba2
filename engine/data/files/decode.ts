/** Bytes to text: UTF-8 unless a mark at the beginning or the person says otherwise; never guessed, so that nothing is garbled. */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import type { Encoding } from '../fileData.ts';

/** Encoding of a text by the mark at its beginning; undefined where there is none. */
function markedEncoding(head: Uint8Array): Encoding | undefined {
  if (head[0] === 0xff && head[1] === 0xfe) return 'utf-16le';
  if (head[0] === 0xfe && head[1] === 0xff) return 'utf-16be';
  if (head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf) return 'utf-8';
  return undefined;
}

/**
 * Decodes pieces of a file; every line end is `\n`, as Python's `open` gives them, and the mark is left out.
 * @param path names the file in errors
 * @throws EngineError `damaged-file` with the offset of the first byte that is no text in this encoding
 */
export async function* decodeText(
  pieces: AsyncIterable<Uint8Array>,
  path: string,
  encoding?: Encoding,
): AsyncGenerator<string> {
  let decoder: InstanceType<typeof TextDecoder> | undefined;
  let used: Encoding = encoding ?? 'utf-8';
  let offset = 0;
  let held = '';
  /** Bytes of a character that has begun in the piece before. */
  let begun = new Uint8Array(0);
  const settle = (text: string, last: boolean): string => {
    let whole = held + text;
    held = '';
    // Whether \r stands alone is known with the next piece.
    if (!last && whole.endsWith('\r')) {
      held = '\r';
      whole = whole.slice(0, -1);
    }
    return whole.includes('\r') ? whole.replace(/\r\n?/g, '\n') : whole;
  };
  for await (const piece of pieces) {
    if (!decoder) {
      used = encoding ?? markedEncoding(piece) ?? 'utf-8';
      decoder = new TextDecoder(used, { fatal: true });
    }
    const zero = used === 'utf-8' || used === 'latin1' ? piece.indexOf(0) : -1;
    if (zero >= 0) throw notText(path, offset + zero, used, 0);
    let text: string;
    try {
      text = decoder.decode(piece, { stream: true });
    } catch {
      const bytes = Buffer.concat([begun, piece]);
      const place = firstBad(bytes, used);
      throw notText(path, offset - begun.length + place, used, bytes[place] ?? 0);
    }
    const wideZero = text.indexOf('\0');
    if (wideZero >= 0) throw notText(path, offset + 2 * wideZero, used, 0);
    begun = piece.slice(-4);
    begun = begun.subarray(begun.length - unfinished(begun, used));
    offset += piece.length;
    yield settle(text, false);
  }
  let rest = '';
  try {
    rest = decoder?.decode() ?? '';
  } catch {
    throw notText(path, offset - begun.length, used, begun[0] ?? 0);
  }
  const last = settle(rest, true);
  if (last !== '') yield last;
}

function notText(path: string, offset: number, encoding: Encoding, byte: number): EngineError {
  const hex = `0x${byte.toString(16).padStart(2, '0')}`;
  return new EngineError(
    'damaged-file',
    encoding === 'utf-8' && byte !== 0
      ? phrase('{0} is not UTF-8: byte {1} at offset {2}. If it is in another encoding, choose Latin-1 or UTF-16', path, hex, offset)
      : phrase('{0} is not {1} text: byte {2} at offset {3}', path, encoding, hex, offset),
  );
} // prettier-ignore

/** Place of the first byte that cannot be decoded. */
function firstBad(bytes: Uint8Array, encoding: Encoding): number {
  let [good, bad] = [0, bytes.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(0, middle), { stream: true });
      good = middle;
    } catch {
      bad = middle;
    }
  }
  // The bytes before it may have begun the character that it does not go on with.
  return good - unfinished(bytes.subarray(0, good), encoding);
}

/** Bytes at the end that begin a character which is not complete. */
function unfinished(tail: Uint8Array, encoding: Encoding): number {
  if (encoding !== 'utf-8') return 0;
  for (let back = 1; back <= Math.min(3, tail.length); back++) {
    const byte = tail[tail.length - back]!;
    if ((byte & 0xc0) === 0x80) continue;
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? back : 0;
  }
  return 0;
}
