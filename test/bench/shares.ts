/**
 * How near our engine comes to the peak: what the bare register tile reaches on the same machine in the same process, for
 * stacks of every cell of the notes' size.
 */
import type { OursOptions, Profile } from './contenders/ours.ts';
import { median } from './median.ts';
import { CELL_KINDS, type CellName } from './network.ts';
import { NODE_20, NODE_24, type Ours } from './places.ts';
import { circumstances, type Section } from './results.ts';
import { Runner } from './runner.ts';

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
const best = (tiles: string): number => Math.max(...(JSON.parse(tiles) as number[]));
const clock = (answer: string): number => Number(answer.split(' ')[0]);

/** @param chosen cells; none: all. */
export async function sharesSection(ours: Ours, rounds: number, chosen: readonly string[]): Promise<Section> {
  const where = circumstances();
  const names = (Object.keys(CELL_KINDS) as CellName[]).filter(name => chosen.length === 0 || chosen.includes(name));
  const start = async (node: string, options: Partial<OursOptions>) => {
    const all: OursOptions = { dist: ours.dist, threads: 1, cell: 'lstm', ...options };
    return (await Runner.start({ command: node, args: [ours.program, JSON.stringify(all)] })).runner;
  };
  const alone: string[] = [];
  const together: string[] = [];
  const profiles: Profile[] = [];
  for (const cell of names) {
    for (const node of cell === 'lstm' && NODE_20 ? [NODE_24, NODE_20] : [NODE_24]) {
      const runner = await start(node, { cell, profile: true });
      const profile = JSON.parse(await runner.ask('profile')) as Profile;
      runner.end();
      const { ms, peak, parts } = profile;
      const products = parts['multiply']!;
      const speed = products.operations / products.ms / 1e6;
      const whole = products.operations / ms / 1e6;
      alone.push(
        `| ${CELL_KINDS[cell].title}${node === NODE_24 ? '' : ', Node 20'} | ${peak.toFixed(1)} | ${speed.toFixed(1)} | ${percent(speed / peak)} | ${ms.toFixed(1)} | ${percent(whole / peak)} |`,
      );
      if (node !== NODE_24) continue;
      profiles.push(profile);
      const [one, two] = [await start(node, { cell }), await start(node, { cell, threads: 2 })];
      const [ones, twos, shares]: [number[], number[], number[]] = [[], [], []];
      const tiles: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const both = await Promise.all([one.ask('peak'), two.ask('peak')]);
        tiles.push(both.reduce((sum, answer) => sum + best(answer), 0));
        ones.push(clock(await one.ask('step')));
        twos.push(clock(await two.ask('step')));
        shares.push(products.operations / twos.at(-1)! / 1e6 / tiles.at(-1)!);
      }
      for (const runner of [one, two]) runner.end();
      const top = products.operations / Math.min(...twos) / 1e6 / median(tiles);
      together.push(
        `| ${CELL_KINDS[cell].title} | ${median(ones).toFixed(1)} | ${median(twos).toFixed(1)} | ${(median(ones) / median(twos)).toFixed(2)} | ${(Math.min(...ones) / Math.min(...twos)).toFixed(2)} | ${median(tiles).toFixed(1)} | ${percent(median(shares))} | ${percent(top)} |`,
      );
    }
  }
  const kernels = [...new Set(profiles.flatMap(({ parts }) => Object.keys(parts)))]
    .map(name => ({ name, own: profiles.map(({ parts }) => parts[name]?.ms ?? 0) }))
    .filter(({ own }) => own.some(ms => ms >= 0.05))
    .sort((a, b) => Math.max(...b.own) - Math.max(...a.own));
  const titles = names.map(name => CELL_KINDS[name].title).join(' | ');
  const rest = profiles.map(({ ms, parts }) => ms - Object.values(parts).reduce((sum, part) => sum + part.ms, 0));
  return {
    title: 'Shares of the peak',
    lines: [
      `${where} The peak is the best of the three bare tiles (4×8, 3×12, 5×8) over panels in the first cache, the best of many half milliseconds after V8 has compiled it for good, in the same process between the steps. One thread: medians over 15 steps of each call of a kernel and of each gap between two, which other work on the machine hardly touches.`,
      '',
      '| cells, 3 × 150 | tile, GFLOP/s | products, GFLOP/s | of the tile | step, ms | whole step, of the tile |',
      '|---|---|---|---|---|---|',
      ...alone,
      '',
      `Two threads against one, by the clock, ${rounds} steps by turns; "both tiles" are measured on both cores at once.`,
      '',
      '| cells, 3 × 150 | one, ms | two, ms | faster, times | fastest steps, times | both tiles, GFLOP/s | step, of both tiles | fastest step |',
      '|---|---|---|---|---|---|---|---|',
      ...together,
      '',
      'Milliseconds of a step by kernel, one thread:',
      '',
      `| kernel | ${titles} |`,
      `|---|${names.map(() => '---|').join('')}`,
      ...kernels.map(({ name, own }) => `| ${name} | ${own.map(ms => ms.toFixed(2)).join(' | ')} |`),
      `| between kernels | ${rest.map(ms => ms.toFixed(2)).join(' | ')} |`,
    ],
  };
}
