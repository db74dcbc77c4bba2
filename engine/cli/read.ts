import { readFile, stat } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { Reading } from '../reader/reading.ts';
import { readSource, surroundingsOf } from '../reader/read.ts';
import { LONGEST_FILE } from '../reader/siblings.ts';
import { print, readingFile, UsageError } from './output.ts';

const LANGUAGES: Readonly<Record<string, string>> = {
  '.py': 'python',
  '.md': 'markdown',
  '.markdown': 'markdown',
  '.js': 'javascript',
  '.mjs': 'javascript',
  '.cjs': 'javascript',
  '.jsx': 'javascript',
  '.ts': 'typescript',
  '.mts': 'typescript',
  '.cts': 'typescript',
  '.tsx': 'typescript',
  '.rnn.json': 'rnn.json',
};

/** A file that was read, with its text. */
export interface ReadFile {
  readonly text: string;
  readonly reading: Reading;
}

/** @throws UsageError for a kind of file that is not read, EngineError `missing-file`. */
export async function readModelFile(path: string): Promise<ReadFile> {
  const ending = Object.keys(LANGUAGES).find(one => path.toLowerCase().endsWith(one));
  const language = ending === undefined ? undefined : LANGUAGES[ending];
  if (language === undefined)
    throw new UsageError(`${path}: only files ending in ${Object.keys(LANGUAGES).join(', ')} can be read`);
  const text = await readingFile(path, () => readFile(path, 'utf8'));
  const { root, path: inside } = placeOf(path);
  const surroundings = await surroundingsOf(inside, text, language, one => readSibling(join(root, one)));
  return { text, reading: readSource(text, language, { surroundings }) };
}

/** The folder under which a program may import: where the command line stands, or that of the file. */
function placeOf(path: string): { readonly root: string; readonly path: string } {
  const whole = resolve(path);
  const inside = relative(process.cwd(), whole);
  const isBelow = !inside.startsWith('..') && !isAbsolute(inside);
  return isBelow
    ? { root: process.cwd(), path: inside.split(sep).join('/') }
    : { root: dirname(whole), path: basename(whole) };
}

async function readSibling(path: string): Promise<string | undefined> {
  try {
    const { size } = await stat(path);
    return size > LONGEST_FILE ? undefined : await readFile(path, 'utf8');
  } catch {
    return undefined; // most places at which a module might stand are empty
  }
}

/** `read FILE…`: prints what the reader finds as JSON: an object for one file, a list for several. */
export async function read(paths: readonly string[]): Promise<void> {
  if (paths.length === 0) throw new UsageError('read: which file?');
  const found = [];
  for (const file of paths) found.push({ file, ...(await readModelFile(file)).reading });
  print(JSON.stringify(found.length === 1 ? found[0] : found, null, 2));
}
