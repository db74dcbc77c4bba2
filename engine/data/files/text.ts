/** Text as numbers of characters: a byte for each as long as there are no more than 256 different ones. */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import type { Encoding } from '../fileData.ts';
import { claimBytes, readPieces, type Reading } from './bytes.ts';
import { Chunks } from './chunks.ts';
import { decodeText } from './decode.ts';

/** Characters and their numbers, in the order of `sorted(set(text))`. */
export interface CharacterText {
  readonly length: number;
  /** Number of a character in the vocabulary. */
  at(index: number): number;
  readonly vocabulary: readonly string[];
  /** First character of every line, and behind the last one where another would begin. */
  readonly lineStarts: { readonly length: number; at(line: number): number };
}

/** Different characters: as many as there are in the basic plane of Unicode. */
const MOST_CHARACTERS = 1 << 16;
const LINE_END = 0x0a;

/**
 * Reads a text. Characters are code points, as in Python.
 * @param mostCharacters stops after that many: for a preview
 * @throws EngineError `damaged-file` with the offset where it is no text, `no-memory`, `cancelled`
 */
export async function readCharacters(
  path: string,
  encoding?: Encoding,
  reading: Reading = {},
  mostCharacters = Infinity,
): Promise<CharacterText> {
  let narrow = new Chunks<Uint8Array | Uint16Array>(length => new Uint8Array(length));
  const lineStarts = new Chunks(length => new Uint32Array(length));
  /** Code points in the order in which they came. */
  const came: number[] = [];
  const numbers = new Int32Array(0x110000).fill(-1);
  let newLine = true;
  for await (const part of decodeText(readPieces(path, reading), path, encoding)) {
    for (let place = 0; place < part.length && narrow.length < mostCharacters; place++) {
      const code = part.codePointAt(place)!;
      if (code > 0xffff) place++;
      let number = numbers[code]!;
      if (number < 0) {
        if (came.length === MOST_CHARACTERS) throw new EngineError('damaged-file', phrase('{0} has more than {1} different characters: it is no text', path, MOST_CHARACTERS)); // prettier-ignore
        number = numbers[code] = came.length;
        came.push(code);
        if (came.length === 257) narrow = widened(narrow);
      }
      if (newLine) lineStarts.push(narrow.length);
      newLine = code === LINE_END;
      narrow.push(number);
    }
    claimBytes(path, narrow.bytes + lineStarts.bytes, reading);
    if (narrow.length >= mostCharacters) break;
  }
  if (narrow.length === 0) throw new EngineError('damaged-file', phrase('{0} is empty', path));
  lineStarts.push(narrow.length);
  const sorted = [...came].sort((a, b) => a - b);
  const rank = Uint16Array.from(came, code => sorted.indexOf(code));
  return {
    length: narrow.length,
    at: index => rank[narrow.at(index)]!,
    vocabulary: sorted.map(code => String.fromCodePoint(code)),
    lineStarts,
  };
}

function widened(narrow: Chunks<Uint8Array | Uint16Array>): Chunks<Uint8Array | Uint16Array> {
  const wide = new Chunks<Uint8Array | Uint16Array>(length => new Uint16Array(length));
  for (let index = 0; index < narrow.length; index++) wide.push(narrow.at(index));
  return wide;
}
