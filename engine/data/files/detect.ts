/** Which format a file has: by its first bytes, and where those are text, by its name and its lines. */
import { basename } from 'node:path';
import { EngineError } from '../../errors.ts';
import { NPY_MAGIC } from '../../formats/npyHeader.ts';
import { phrase } from '../../model/phrase.ts';
import type { Encoding } from '../fileData.ts';
import { readHead } from './bytes.ts';
import { decodeText } from './decode.ts';

export type FileFormat = 'npy' | 'npz' | 'idx' | 'table' | 'text';

const HEAD = 1 << 14;
/** Beginnings of files that numbers are kept in, and that only the library that wrote them reads. */
const REFUSED: readonly (readonly [string, string])[] = [
  ['PAR1', 'Parquet'],
  ['\x89HDF', 'HDF5'],
  ['MATLAB', 'MATLAB'],
  ['\x80\x03', 'pickle'],
  ['\x80\x04', 'pickle'],
  ['\x80\x05', 'pickle'],
  ['ARROW1', 'Arrow'],
];

/** @throws EngineError `missing-file`, `damaged-file`, or `unsupported` naming what can be read */
export async function detectFormat(path: string, encoding?: Encoding): Promise<FileFormat> {
  const head = await readHead(path, HEAD);
  if (head.length === 0) throw new EngineError('damaged-file', phrase('{0} is empty', path));
  if (NPY_MAGIC.every((byte, place) => head[place] === byte)) return 'npy';
  if (head[0] === 0x50 && head[1] === 0x4b) return 'npz';
  const name = basename(path).toLowerCase().replace(/\.gz$/, '');
  if (head[0] === 0 && head[1] === 0 && ([8, 9, 11, 12, 13, 14].includes(head[2] ?? 0) || /[.-]idx/.test(name)))
    return 'idx';
  const beginning = Buffer.from(head.subarray(0, 8)).toString('latin1');
  const refused = REFUSED.find(([magic]) => beginning.startsWith(magic));
  if (refused)
    throw new EngineError('unsupported', phrase('{0} is a {1} file. What can be read is npy, npz, CSV, IDX and text: save it as one of them', path, refused[1])); // prettier-ignore
  // What is named as an array and begins otherwise is damaged, which its reader says.
  const array = /\.(npy|npz)$/.exec(name)?.[1];
  if (array !== undefined) return array as FileFormat;
  if (/\.(csv|tsv)$/.test(name)) return 'table';
  let text = '';
  for await (const part of decodeText(once(wholeLines(head)), path, encoding)) text += part;
  return looksLikeTable(text.split('\n').slice(0, 20), /\.(txt|md|text|log)$/.test(name)) ? 'table' : 'text';
}

// eslint-disable-next-line @typescript-eslint/require-await -- pieces come asynchronously elsewhere
async function* once(piece: Uint8Array): AsyncGenerator<Uint8Array> {
  yield piece;
}

/** The bytes without a last line that is cut off, or all of one long line but its last character. */
function wholeLines(head: Uint8Array): Uint8Array {
  if (head.length < HEAD) return head;
  const end = head.lastIndexOf(0x0a) + 1;
  return head.subarray(0, end > 0 ? end + (end % 2) : HEAD - 4);
}

/** @param prose what is named as text must be numbers throughout to be a table */
function looksLikeTable(lines: readonly string[], prose: boolean): boolean {
  const rows = lines.filter(line => line.trim() !== '' && !line.startsWith('#'));
  const fields = rows.slice(0, -1).map(line => line.split(/[,;\t| ]/));
  const [first] = fields;
  if (!first || fields.some(row => row.length !== first.length)) return false;
  const numeric = (row: readonly string[]): boolean => row.every(cell => cell.trim() !== '' && Number.isFinite(Number(cell))); // prettier-ignore
  return prose ? fields.every(numeric) : first.length > 1 || fields.slice(1).every(numeric);
}
