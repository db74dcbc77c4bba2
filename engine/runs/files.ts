/** Writes that are there whole or not at all, with errors that name the path. */
import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';

/** Code of a system error: `ENOENT`, `ENOSPC`. */
export function systemCode(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** Does something on disk. @throws EngineError `storage` naming the path and the system's reason. */
export async function storing<T>(path: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof EngineError) throw error;
    const reason = systemCode(error) === 'ENOSPC' ? 'the disk is full' : error instanceof Error ? error.message : String(error);
    throw new EngineError('storage', phrase('{0} cannot be written: {1}', path, reason), { cause: error });
  }
} // prettier-ignore

/** Replaces a file as a whole: after a crash it is the old one or the new one. @throws EngineError `storage` */
export async function replaceFile(path: string, data: string | Uint8Array): Promise<void> {
  await storing(path, async () => {
    const temporary = `${path}.${randomUUID().slice(0, 8)}.tmp`;
    try {
      const file = await open(temporary, 'wx');
      try {
        await file.writeFile(data);
        await file.sync();
      } finally {
        await file.close();
      }
      await renameOver(temporary, path);
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => undefined);
      throw error;
    }
  });
}

/** Windows refuses to replace a file that a virus scanner or another window has open for a moment. */
async function renameOver(from: string, to: string): Promise<void> {
  for (let pause = 10; ; pause *= 2) {
    try {
      await rename(from, to);
      return;
    } catch (error) {
      const code = systemCode(error);
      if (pause > 500 || (code !== 'EPERM' && code !== 'EACCES' && code !== 'EBUSY')) throw error;
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }
}
