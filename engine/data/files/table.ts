/** Tables in text: CSV with its delimiter, quotes, header and missing values, read row by row; only wanted columns are kept. */
import { CsvError, parse } from 'csv-parse';
import { once } from 'node:events';
import { EngineError } from '../../errors.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import type { Dialect } from '../fileData.ts';
import { claimBytes, readHead, readPieces, type Reading } from './bytes.ts';
import { Chunks } from './chunks.ts';
import { decodeText } from './decode.ts';

export interface ColumnHead {
  readonly name: string;
  /** `classes` are words or whole numbers that repeat; `text` is neither and cannot be learned from. */
  readonly kind: 'numbers' | 'classes' | 'text';
  /** The first column, where it only counts the rows. */
  readonly counts?: boolean;
}

/** What the beginning of a table shows. */
export interface TableHead {
  readonly dialect: Dialect;
  readonly columns: readonly ColumnHead[];
  /** The first rows as they are written. */
  readonly rows: readonly (readonly string[])[];
  /** Bytes of a row, on average. */
  readonly rowBytes: number;
}

/** Columns of numbers; of a column of words the numbers count its classes, in the order of the alphabet. */
export interface Table {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  /** What was mended or left out. */
  readonly notes: readonly Phrase[];
}

export interface Column {
  readonly name: string;
  at(row: number): number;
  /** Names of its classes; undefined for a column of numbers. */
  readonly classes: readonly string[] | undefined;
}

const HEAD_BYTES = 1 << 16;
const HEAD_ROWS = 1000;
const DELIMITERS = [',', ';', '\t', '|', ' '];
const MISSING: ReadonlySet<string> = new Set(['', 'na', 'n/a', 'nan', 'null', 'none', '?', '-']);
/** Different words that a column of classes may have. */
export const MOST_CLASSES = 1000;
const MOST_COLUMNS = 10_000;
/** Characters of one row: an open quote must not swallow the file. */
const LONGEST_ROW = 1 << 20;

const isMissing = (text: string): boolean => text.length < 5 && MISSING.has(text.trim().toLowerCase());

function toNumber(text: string, decimal: Dialect['decimal']): number {
  if (decimal === ',') text = text.replace(',', '.');
  // `Number` reads an empty text as 0 and 0x10 as 16.
  return /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?\s*$/i.test(text) ? Number(text) : infinite(text);
}

function infinite(text: string): number {
  const word = text.trim().toLowerCase();
  if (word === 'true') return 1;
  return word === 'false' ? 0 : NaN;
}

/** Reads the beginning of a table. @throws EngineError `damaged-file` where the file holds none */
export async function readTableHead(path: string, given: Partial<Dialect> = {}): Promise<TableHead> {
  const { lines, sample } = await firstLines(path, given.encoding);
  const delimiter = given.delimiter ?? guessDelimiter(sample);
  const rows: string[][] = [];
  const first = { delimiter, header: false, decimal: '.', ...(given.encoding && { encoding: given.encoding }) } as const;
  await eachRow(`${sample.join('\n')}\n`, path, first, row => rows.push(row));
  const width = rows[0]!.length;
  if (width > MOST_COLUMNS) throw new EngineError('damaged-file', phrase('{0} has {1} columns, more than {2}', path, width, MOST_COLUMNS)); // prettier-ignore
  const decimal = given.decimal ?? guessDecimal(rows, delimiter);
  const header = given.header ?? guessHeader(rows, decimal);
  const body = header ? rows.slice(1) : rows;
  const names = uniqueNames(header ? rows[0]! : rows[0]!.map((_, index) => String(index)));
  const columns = names.map((name, index) => ({
    ...(index === 0 && countsRows(body, decimal) && { counts: true }), name, kind: kindOf(body.map(row => row[index] ?? ''), decimal) }));
  return {
    dialect: { delimiter, header, decimal, ...(given.encoding && { encoding: given.encoding }) },
    columns,
    rows: body,
    rowBytes: (Buffer.byteLength(lines.join('\n')) + 1) / lines.length,
  };
} // prettier-ignore

interface FirstLines {
  readonly lines: readonly string[];
  /** Those that are neither empty nor comments. */
  readonly sample: readonly string[];
}

/** The lines of the beginning of a file, of a longer one where the first row is that long. */
async function firstLines(path: string, encoding: Dialect['encoding'], most = HEAD_BYTES): Promise<FirstLines> {
  const bytes = await readHead(path, most);
  let text = '';
  for await (const part of decodeText(toPieces(bytes, most), path, encoding)) text += part;
  const lines = text.split('\n');
  const whole = bytes.length < most;
  if (!whole) lines.pop();
  const comment = text.startsWith('#') ? '#' : '';
  const sample = lines.filter(line => line.trim() !== '' && !(comment && line.startsWith(comment))).slice(0, HEAD_ROWS);
  if (sample.length > 0) return { lines, sample };
  if (whole) throw new EngineError('damaged-file', phrase('{0} is empty', path));
  if (most === HEAD_BYTES) return firstLines(path, encoding, 2 * LONGEST_ROW);
  throw tooLong(path, lines.length + 1);
}

const tooLong = (path: string, line: number, cause?: unknown): EngineError =>
  new EngineError('damaged-file', phrase('{0}, line {1}: a quote that is not closed, or a row of more than {2} characters', path, line, LONGEST_ROW), { cause }); // prettier-ignore

// eslint-disable-next-line @typescript-eslint/require-await -- pieces come asynchronously elsewhere
async function* toPieces(bytes: Uint8Array, most: number): AsyncGenerator<Uint8Array> {
  // What was cut off within a character is no fault of the file.
  const cut = bytes.length < most ? 0 : bytes.length - (bytes.lastIndexOf(0x0a) + 1);
  yield bytes.subarray(0, bytes.length - (cut < bytes.length ? cut : 0));
}

/** The delimiter that cuts all lines into the same number of fields, and into the most. */
function guessDelimiter(lines: readonly string[]): string {
  let best = { delimiter: ',', fields: 1 };
  for (const delimiter of DELIMITERS) {
    const counts = lines.slice(0, 50).map(line => line.replace(/"[^"]*"/g, '').split(delimiter).length);
    if (counts.every(count => count === counts[0]) && counts[0]! > best.fields)
      best = { delimiter, fields: counts[0]! };
  }
  if (best.fields > 1) return best.delimiter;
  // A ragged table is told where it is ragged, by the delimiter that is there at all.
  return DELIMITERS.slice(0, 4).find(one => lines[0]!.includes(one)) ?? ',';
}

function guessDecimal(rows: readonly (readonly string[])[], delimiter: string): Dialect['decimal'] {
  if (delimiter === ',') return '.';
  const cells = rows.slice(0, 50).flat();
  return cells.some(cell => /^\s*[-+]?\d+,\d+\s*$/.test(cell)) && !cells.some(cell => /^\s*[-+]?\d+\.\d+\s*$/.test(cell)) ? ',' : '.'; // prettier-ignore
}

/** A first row of words alone, over a column of numbers or over other words. */
function guessHeader([first, ...rest]: readonly (readonly string[])[], decimal: Dialect['decimal']): boolean {
  if (!first || first.some(cell => !Number.isNaN(toNumber(cell, decimal)))) return false;
  if (rest.length === 0) return true;
  const below = first.map((_, column) => rest.slice(0, 50).map(row => row[column] ?? ''));
  if (below.some(cells => cells.some(cell => !Number.isNaN(toNumber(cell, decimal))))) return true;
  return first.every((cell, column) => !below[column]!.includes(cell));
}

function kindOf(cells: readonly string[], decimal: Dialect['decimal']): ColumnHead['kind'] {
  const there = cells.filter(cell => !isMissing(cell));
  if (there.length === 0) return 'text';
  if (there.every(cell => !Number.isNaN(toNumber(cell, decimal)))) return 'numbers';
  const different = new Set(there).size;
  return different <= Math.max(2, there.length / 2) && different <= MOST_CLASSES ? 'classes' : 'text';
}

function countsRows(rows: readonly (readonly string[])[], decimal: Dialect['decimal']): boolean {
  const values = rows.slice(0, 100).map(row => toNumber(row[0] ?? '', decimal));
  const step = values[1]! - values[0]!;
  return values.length > 2 && step !== 0 && values.every((value, row) => Number.isInteger(value) && value === values[0]! + row * step); // prettier-ignore
}

function uniqueNames(names: readonly string[]): string[] {
  const seen = new Set<string>();
  return names.map((name, index) => {
    let unique = name.trim() || `column ${index + 1}`;
    while (seen.has(unique)) unique += `.${index + 1}`;
    seen.add(unique);
    return unique;
  });
}

/**
 * Reads the wanted columns of a table.
 * @param mostRows stops after that many rows: for a preview
 * @throws EngineError `damaged-file` with path and line, `no-memory`, `cancelled`
 */
export async function readTable(
  path: string,
  { dialect, columns: heads }: TableHead,
  wanted: readonly string[],
  reading: Reading = {},
  mostRows = Infinity,
): Promise<Table> {
  const places = wanted.map(name => {
    const place = heads.findIndex(head => head.name === name);
    if (place < 0)
      throw new EngineError(
        'unknown',
        phrase('{0} has no column "{1}"; there are {2}', path, name, heads.map(head => head.name).join(', ')),
      );
    return place;
  });
  const growing = places.map(place => new GrowingColumn(heads[place]!, dialect.decimal));
  let rows = 0;
  let first = dialect.header;
  const take = (row: readonly string[], line: number): void => {
    if (first) {
      first = false;
      return;
    }
    if (rows >= mostRows) return;
    rows++;
    for (let k = 0; k < places.length; k++) {
      const cell = row[places[k]!]!;
      if (!growing[k]!.push(cell))
        throw new EngineError(
          'damaged-file',
          phrase('{0}, line {1}, column "{2}": expected {3}, found "{4}"', path, line, growing[k]!.name, growing[k]!.expected, cell.slice(0, 40)),
        ); // prettier-ignore
    }
    if ((rows & 0xffff) === 1) claimBytes(path, growing.reduce((sum, { bytes }) => sum + bytes, 0), reading); // prettier-ignore
  };
  const text = decodeText(readPieces(path, reading), path, dialect.encoding);
  await eachRow(text, path, dialect, take, () => rows >= mostRows);
  if (rows === 0) throw new EngineError('damaged-file', phrase('{0} is empty', path));
  const notes = growing.flatMap(column => column.finish());
  return { rows, columns: new Map(growing.map(column => [column.name, column])), notes };
}

class GrowingColumn implements Column {
  readonly name: string;
  readonly expected: string;
  readonly #decimal: Dialect['decimal'];
  readonly #values = new Chunks(length => new Float64Array(length));
  readonly #words: Map<string, number> | undefined;
  /** Number of a class by the order in which it came. */
  #rank: Uint16Array | undefined;
  #missing = 0;
  classes: readonly string[] | undefined;

  constructor({ name, kind }: ColumnHead, decimal: Dialect['decimal']) {
    this.name = name;
    this.#decimal = decimal;
    if (kind !== 'numbers') this.#words = new Map();
    this.expected = this.#words ? `one of at most ${MOST_CLASSES} classes` : 'a number';
  }

  get bytes(): number {
    return this.#values.bytes;
  }

  /** @returns whether the cell is what the column holds */
  push(cell: string): boolean {
    if (this.#words) {
      const word = cell.trim();
      let number = this.#words.get(word);
      if (number === undefined) {
        if (this.#words.size >= MOST_CLASSES || word.length > 200) return false;
        number = this.#words.size;
        this.#words.set(word, number);
      }
      this.#values.push(number);
      return true;
    }
    const value = toNumber(cell, this.#decimal);
    if (Number.isFinite(value)) {
      this.#values.push(value);
      return true;
    }
    if (!Number.isNaN(value) || !isMissing(cell)) return false;
    this.#missing++;
    this.#values.push(NaN);
    return true;
  }

  /** Sorts the classes, and gives what is missing the value before it (at the beginning the first one). */
  finish(): Phrase[] {
    if (this.#words) {
      const came = [...this.#words.keys()];
      const sorted = came.toSorted(byNumberOrName);
      this.classes = sorted;
      this.#rank = Uint16Array.from(came, word => sorted.indexOf(word));
    }
    if (this.#missing === 0) return [];
    const values = this.#values;
    let last = NaN;
    for (let row = 0; row < values.length && Number.isNaN(last); row++) last = values.at(row);
    if (Number.isNaN(last)) last = 0;
    for (let row = 0; row < values.length; row++) {
      if (Number.isNaN(values.at(row))) values.set(row, last);
      else last = values.at(row);
    }
    return [phrase('{0} missing values of "{1}" take the value before them', this.#missing, this.name)];
  }

  at(row: number): number {
    const value = this.#values.at(row);
    return this.#rank ? this.#rank[value]! : value;
  }
}

function byNumberOrName(a: string, b: string): number {
  const [x, y] = [Number(a), Number(b)];
  if (Number.isFinite(x) && Number.isFinite(y)) return x - y;
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Hands every row to `take`, with its line counted from 1. Rows of another length than the first are an error. */
async function eachRow(
  text: string | AsyncIterable<string>,
  path: string,
  { delimiter }: Dialect,
  take: (row: string[], line: number) => void,
  enough: () => boolean = () => false,
): Promise<void> {
  const parser = parse({
    delimiter,
    skip_empty_lines: true,
    comment: '#',
    comment_no_infix: true,
    relax_quotes: true,
    max_record_size: LONGEST_ROW,
    // Handing out rows here and nothing there keeps no row in memory.
    on_record: (row: string[], { lines }) => {
      take(row, lines);
      return null;
    },
  });
  const fault: { error?: unknown } = {};
  const ended = once(parser, 'end').catch(() => undefined);
  parser.on('error', error => {
    fault.error ??= error;
  });
  parser.resume();
  try {
    if (typeof text === 'string') parser.write(text);
    else
      for await (const part of text) {
        if (parser.errored || enough()) break;
        if (!parser.write(part)) await Promise.race([once(parser, 'drain'), ended]);
      }
    parser.end();
    await ended;
  } catch (error) {
    fault.error ??= error;
  }
  parser.destroy();
  if (fault.error !== undefined && !(enough() && fault.error instanceof CsvError))
    throw toEngineError(fault.error, path);
}

function toEngineError(error: unknown, path: string): EngineError {
  if (error instanceof EngineError) return error;
  if (!(error instanceof CsvError)) {
    const message = error instanceof Error ? error.message : String(error);
    return new EngineError('damaged-file', phrase('{0} cannot be read: {1}', path, message), { cause: error });
  }
  const line = typeof error['lines'] === 'number' ? error['lines'] : 1;
  const record: unknown = error['record'];
  const found = Array.isArray(record) ? record.length : 0;
  if (error.code === 'CSV_QUOTE_NOT_CLOSED' || error.code === 'CSV_MAX_RECORD_SIZE') return tooLong(path, line, error);
  const what: Phrase =
    error.code === 'CSV_RECORD_INCONSISTENT_FIELDS_LENGTH'
      ? phrase('{0}, line {1}: a row of {2} fields, where the rows before have others', path, line, found)
      : phrase('{0}, line {1}: {2}', path, line, error.message);
  return new EngineError('damaged-file', what, { cause: error });
} // prettier-ignore
