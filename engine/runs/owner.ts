/** Who works on a run: a file that names the process, touched while it lives. */
import { randomUUID } from 'node:crypto';
import { readFile, rm, stat, utimes } from 'node:fs/promises';
import { hostname } from 'node:os';
import { type Static, Type } from '@sinclair/typebox';
import { Value } from '@sinclair/typebox/value';
import { replaceFile, systemCode } from './files.ts';

const Owner = Type.Object({
  process: Type.Integer(),
  host: Type.String(),
  /** Made when the process starts: a later process may get the same id. */
  start: Type.String(),
});
type Owner = Static<typeof Owner>;

const START = randomUUID();
const BEAT = 5_000;
/** A sign of life older than this counts as none: a process id that was given to someone else, another machine. */
const SILENCE = 60_000;

/** This process as the owner of a run, from `claim` to `release`. */
export class Ownership {
  readonly #path: string;
  readonly #beat: NodeJS.Timeout;

  private constructor(path: string) {
    this.#path = path;
    this.#beat = setInterval(() => {
      const now = new Date();
      void utimes(path, now, now).catch(() => undefined); // the folder may have been deleted
    }, BEAT);
    this.#beat.unref();
  }

  /** @throws EngineError `storage` */
  static async claim(path: string): Promise<Ownership> {
    await replaceFile(path, JSON.stringify({ process: process.pid, host: hostname(), start: START } satisfies Owner));
    return new Ownership(path);
  }

  async release(): Promise<void> {
    clearInterval(this.#beat);
    await rm(this.#path, { force: true });
  }
}

/** Who the file names: this process, another one that lives, or nobody (any more). */
export async function ownerAt(path: string): Promise<'us' | 'other' | 'nobody'> {
  let text: string;
  let age: number;
  try {
    text = await readFile(path, 'utf8');
    age = Date.now() - (await stat(path)).mtimeMs;
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return 'nobody';
    throw error;
  }
  const owner = parse(text);
  if (!owner) return 'nobody';
  if (owner.host !== hostname()) return age < SILENCE ? 'other' : 'nobody';
  if (owner.process === process.pid) return owner.start === START ? 'us' : 'nobody';
  return age < SILENCE && lives(owner.process) ? 'other' : 'nobody';
}

function parse(text: string): Owner | undefined {
  try {
    const owner: unknown = JSON.parse(text);
    return Value.Check(Owner, owner) ? owner : undefined;
  } catch {
    return undefined;
  }
}

function lives(id: number): boolean {
  try {
    process.kill(id, 0); // only asks
    return true;
  } catch (error) {
    return systemCode(error) === 'EPERM'; // it lives, and is someone else's
  }
}
