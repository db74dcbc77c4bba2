/** What threads bring, and what they cost while they wait. */
import { availableParallelism } from 'node:os';
import type { OursOptions } from './contenders/ours.ts';
import { median } from './median.ts';
import { NODE_24, type Ours } from './places.ts';
import { circumstances, type Section } from './results.ts';
import { Runner } from './runner.ts';

export async function threadsSection({ program, dist }: Ours, rounds: number): Promise<Section> {
  const where = circumstances();
  const counts = Array.from({ length: Math.max(2, availableParallelism()) }, (_, k) => k + 1);
  const runners: Runner[] = [];
  for (const threads of counts) {
    const options: OursOptions = { dist, threads, cell: 'lstm' };
    runners.push((await Runner.start({ command: NODE_24, args: [program, JSON.stringify(options)] })).runner);
  }
  const times: number[][] = counts.map(() => []);
  for (let round = 0; round < rounds; round++)
    for (const [k, runner] of runners.entries()) times[k]!.push(Number((await runner.ask('step')).split(' ')[0]));
  const idle: number[] = [];
  for (const runner of runners) idle.push(Number(await runner.ask('idle')));
  const traces: number[] = [];
  for (let round = 0; round < 4 * rounds; round++) traces.push(Number(await runners[0]!.ask('trace')));
  for (const runner of runners) runner.end();
  const alone = times[0]!;
  return {
    title: 'Threads',
    lines: [
      where,
      '',
      '| threads | step, ms | fastest, ms | times as fast as one | by the fastest steps | processor while idle |',
      '|---|---|---|---|---|---|',
      ...counts.map((count, k) => {
        const own = times[k]!;
        return `| ${count} | ${median(own).toFixed(1)} | ${Math.min(...own).toFixed(1)} | ${(median(alone) / median(own)).toFixed(2)} | ${(Math.min(...alone) / Math.min(...own)).toFixed(2)} | ${(100 * idle[k]!).toFixed(3)} % of a core |`;
      }),
      '',
      `- One sample traced through the network with all gates: ${median(traces).toFixed(2)} ms (slowest of ${traces.length}: ${Math.max(...traces).toFixed(2)} ms)`,
    ],
  };
}
