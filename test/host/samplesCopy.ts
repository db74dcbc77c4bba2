import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';

/** What became of the copy of the samples. */
export interface SamplesCopy {
  readonly folder: string;
  /** Files that were written now: all of them the first time, those that are new or have changed in the project later. */
  readonly written: readonly string[];
  /** Files that a person has edited or deleted since they were copied, and that stay as they are. */
  readonly kept: readonly string[];
}

/** SHA-256 of every file that was copied into a folder, as it was copied. */
type Copied = Record<string, string>;

/**
 * Copies the samples to `folder`, or brings an earlier copy there up to date without touching what a person has changed.
 * A folder of that name that is no copy of ours is left alone: `folder-2`, `folder-3`, … is taken instead.
 *
 * @param recordFile remembers what was copied where, which is how edits are told from old samples
 */
export function copySamples(samples: string, folder: string, recordFile: string): SamplesCopy {
  const records = readRecords(recordFile);
  const files = filesBelow(samples);
  const target = chooseFolder(resolve(folder), path => path in records || isSame(samples, path, files));
  const before = records[target] ?? {};
  const copied: Copied = { ...before };
  const written: string[] = [];
  const kept: string[] = [];
  mkdirSync(target, { recursive: true });
  for (const file of files) {
    const [current, wanted] = [hash(join(target, file)), hash(join(samples, file))!];
    if (current !== before[file] && current !== wanted) {
      kept.push(file);
      continue;
    }
    copied[file] = wanted;
    if (current === wanted) continue;
    mkdirSync(dirname(join(target, file)), { recursive: true });
    cpSync(join(samples, file), join(target, file));
    written.push(file);
  }
  mkdirSync(dirname(recordFile), { recursive: true });
  const known = Object.entries(records).filter(([path]) => existsSync(path));
  writeFileSync(recordFile, JSON.stringify({ ...Object.fromEntries(known), [target]: copied }, null, 1));
  return { folder: target, written, kept };
}

/** The first of `folder`, `folder-2`, … that does not exist, is empty, or is ours. */
function chooseFolder(folder: string, isOurs: (path: string) => boolean): string {
  for (let number = 1; ; number++) {
    const path = number === 1 ? folder : `${folder}-${number}`;
    if (!existsSync(path) || readdirSync(path).length === 0 || isOurs(path)) return path;
  }
}

function isSame(samples: string, folder: string, files: readonly string[]): boolean {
  return files.every(file => hash(join(folder, file)) === hash(join(samples, file)));
}

/** Paths of all files below a folder, relative to it. */
function filesBelow(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile())
    .map(entry => relative(folder, join(entry.parentPath, entry.name)))
    .sort();
}

function hash(file: string): string | undefined {
  return existsSync(file) ? createHash('sha256').update(readFileSync(file)).digest('hex') : undefined;
}

function readRecords(file: string): Record<string, Copied> {
  return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Record<string, Copied>) : {};
}
