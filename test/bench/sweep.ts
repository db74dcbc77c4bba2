import { execFileSync } from 'node:child_process';
import { circumstances, type Section } from './results.ts';

/** Cost and memory by steps, layers, units, batch and cell. @param program the built sweep */
export function sweepSection(node: string, program: string, dist: string, dimensions: readonly string[]): Section[] {
  const where = circumstances();
  const tables = execFileSync(node, [program, dist, ...dimensions], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }); // prettier-ignore
  return tables
    .trim()
    .split('\n\n')
    .map(table => ({
      title: `One dimension at a time: ${table.slice(2, table.indexOf(' |')).toLowerCase()}`,
      lines: [
        `${where} Ours on one thread around the notes' network. *Against linear* is the time beside that of the notes' network (batch 16 where it says so), measured by turns, over the ratio of their operations: 1 is linear growth. *What is needed* are weights, gradients, Adam's slots, the batch, and for every step, row and layer the gates and states with the gradients of pre-activations and h.`,
        '',
        ...table.split('\n'),
      ],
    }));
}
