import { createHash } from 'node:crypto';
import type { TextRange } from '../reader/reading.ts';

/**
 * SHA-256 of a model's extent in its text, hexadecimal: whether the source has changed since a run. Line ends do not
 * count, so that a checkout on another system is no change.
 */
export function sourceHash(text: string, { start, end }: TextRange): string {
  return createHash('sha256').update(text.slice(start, end).replaceAll('\r\n', '\n')).digest('hex');
}
