/** The files beside a program that it imports constants, functions and classes from. They are read, never run. */
import type { Language } from './language.ts';
import { SourceText } from './source.ts';
import type { SyntaxModule } from './syntax.ts';

/** Longer files, in characters, are data or generated. */
export const LONGEST_FILE = 200_000;
/** How many files are looked at for one program, and how many imports deep. */
const MOST_FILES = 24;
const DEEPEST = 5;
/** Imports of one file that are followed. */
const MOST_IMPORTS = 64;

/** A program among the files that it may import from. Paths have `/` between folders, from the root of what may be read. */
export interface Surroundings {
  /** `src/train.py` */
  readonly path: string;
  readonly files: ReadonlyMap<string, string>;
}

/**
 * Reads the files that a program imports, and those that they import.
 * @param read text of a file under the root; undefined where there is none.
 */
export async function gatherSiblings(
  path: string,
  text: string,
  language: Language,
  read: (path: string) => Promise<string | undefined>,
): Promise<Surroundings> {
  const files = new Map<string, string>();
  const asked = new Set([path]);
  let waiting = [{ path, text }];
  for (let depth = 0; depth < DEEPEST && waiting.length > 0; depth++) {
    const next: typeof waiting = [];
    for (const from of waiting) {
      for (const module of language.imports(from.text).slice(0, MOST_IMPORTS)) {
        for (const candidate of language.placesOf(module, from.path)) {
          if (files.size >= MOST_FILES) return { path, files };
          if (files.has(candidate)) break;
          if (asked.has(candidate)) continue;
          asked.add(candidate);
          const found = await read(candidate);
          if (found === undefined || found.length > LONGEST_FILE) continue;
          files.set(candidate, found);
          next.push({ path: candidate, text: found });
          break;
        }
      }
    }
    waiting = next;
  }
  return { path, files };
}

/** A path below the root, without `.` and `..`; null where it leads out of it. */
export function normalised(path: string): string | null {
  const parts: string[] = [];
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts.join('/');
}

export function folderOf(path: string): string {
  const at = path.lastIndexOf('/');
  return at < 0 ? '' : path.slice(0, at);
}

/** One file, as the evaluator runs it. */
export interface Sibling {
  readonly path: string;
  readonly text: string;
  readonly module: SyntaxModule;
}

/** The modules of the surroundings, parsed when they are asked for. Their ranges stand behind the program's own text. */
export class Siblings {
  readonly path: string;
  /** All files, one after the other. */
  readonly text: string;
  readonly #language: Language;
  readonly #files: ReadonlyMap<string, string>;
  readonly #starts = new Map<string, number>();
  readonly #parsed = new Map<string, Sibling>();

  /** @param start length of the program's own text. */
  constructor({ path, files }: Surroundings, language: Language, start: number) {
    this.path = path;
    this.#language = language;
    this.#files = files;
    let at = start;
    for (const [name, text] of files) {
      this.#starts.set(name, at);
      at += text.length;
    }
    this.text = [...files.values()].join('');
  }

  /** The module that a program in a file imports by that name; null where it is none of these files. */
  find(module: string, from: string): Sibling | null {
    const path = this.#language.placesOf(module, from).find(place => this.#files.has(place));
    if (path === undefined) return null;
    const known = this.#parsed.get(path);
    if (known !== undefined) return known;
    const text = this.#files.get(path)!;
    const source = new SourceText([{ text, from: this.#starts.get(path)! }]);
    const isData = path.endsWith('.json');
    const made = { path, text, module: isData ? { body: [], faults: [] } : this.#language.parse(source) };
    this.#parsed.set(path, made);
    return made;
  }
}
