/** Where the command line writes: results to standard output, everything said along the way to standard error. */
import { EngineError, type ErrorCode } from '../errors.ts';
import { phrase } from '../model/phrase.ts';

/** How the command ends. */
export const EXIT = { success: 0, failure: 1, usage: 2, interrupted: 130 } as const;

/** What the person must do otherwise: not a fault of the program. */
export class UsageError extends Error {}

export function print(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function say(line: string): void {
  clearStatus();
  process.stderr.write(`${line}\n`);
}

let statusShown = false;

/** One line that is written over by the next; only where a person looks at it. */
export function showStatus(line: string): void {
  if (!process.stderr.isTTY) return;
  const width = Math.max(20, process.stderr.columns || 80);
  process.stderr.write(`\r\x1b[K${line.slice(0, width - 1)}`);
  statusShown = true;
}

export function clearStatus(): void {
  if (statusShown) process.stderr.write('\r\x1b[K');
  statusShown = false;
}

/** Reads a file that the person named. @throws EngineError `missing-file` */
export async function readingFile<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('missing-file' satisfies ErrorCode, phrase('{0} cannot be read: {1}', path, reason), { cause: error });
  }
} // prettier-ignore
