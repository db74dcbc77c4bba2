import { execFileSync } from 'node:child_process';

/** Lines of Markdown: cost and memory by steps, layers, units, batch and cell. @param program the built sweep */
export function sweepSection(node: string, program: string, dist: string): string[] {
  const tables = execFileSync(node, [program, dist], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return [
    '## One dimension at a time',
    '',
    "Ours on one thread, around the notes' network (3 × LSTM 150, batch 150, 28 steps of 28 features). *Against linear* is the time beside that of the notes' network (batch 16 where it says so), measured by turns, over the ratio of their operations: 1 is linear growth. *What is needed* are weights, gradients, Adam's slots, the batch, and for every step, row and layer the gates and states with the gradients of pre-activations and h.",
    '',
    ...tables.trimEnd().split('\n'),
    '',
  ];
}
