import { execFileSync } from 'node:child_process';
import type { Section } from './results.ts';

/** What loading large files of one's own costs. @param program the built measurement */
export function dataSection(node: string, program: string, dist: string): Section {
  const table = execFileSync(node, ['--expose-gc', program, dist], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return {
    title: "A person's own files",
    lines: [
      'Each file is loaded in a process of its own, from the disk cache. *Numbers* are what must be kept: 8 bytes a value of the chosen columns, 1 byte a character. *Kept* is what the process holds after a collection beyond what it held before, *peak* its greatest resident size beyond that before. *Host waits* is the longest time for which the thread that started the worker was held up while the worker loaded the same file, *cancel* how long after asking the worker had stopped reading.',
      '',
      ...table.trimEnd().split('\n'),
    ],
  };
} // prettier-ignore
