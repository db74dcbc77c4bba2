/** What relaxed multiply-add brings, and what it changes. */
import type { OursOptions, Profile } from './contenders/ours.ts';
import { median } from './median.ts';
import { NODE_24, type Ours } from './places.ts';
import { circumstances, type Section } from './results.ts';
import { Runner } from './runner.ts';

export async function relaxedSection({ program, dist }: Ours, rounds: number): Promise<Section> {
  const where = circumstances();
  const start = async (options: Partial<OursOptions>) => {
    const all: OursOptions = { dist, threads: 1, cell: 'lstm', ...options };
    return (await Runner.start({ command: NODE_24, args: [program, JSON.stringify(all)] })).runner;
  };
  const [plain, relaxed] = [await start({}), await start({ relaxed: true })];
  const times: [number[], number[]] = [[], []];
  // The same weights and batch in both: so many steps have gone before the first that is timed.
  const STEPS = 100 - 5;
  for (let round = 0; round < STEPS; round++) {
    for (const [k, runner] of [plain, relaxed].entries()) {
      const ms = Number((await runner.ask('step')).split(' ')[0]);
      if (round >= STEPS - rounds) times[k as 0 | 1].push(ms);
    }
  }
  const [exact, other] = await Promise.all(
    [plain, relaxed].map(async runner => (JSON.parse(await runner.ask('weights')) as number[][]).flat()),
  );
  for (const runner of [plain, relaxed]) runner.end();
  const differences = exact!.map((weight, k) => Math.abs(weight - other![k]!));
  const largest = differences.reduce((most, difference) => Math.max(most, difference), 0);
  const norm = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
  const profiles: Profile[] = [];
  for (const options of [{}, { relaxed: true }]) {
    const runner = await start({ ...options, profile: true });
    profiles.push(JSON.parse(await runner.ask('profile')) as Profile);
    runner.end();
  }
  const [own, fast] = profiles as [Profile, Profile];
  const speed = ({ parts }: Profile): string =>
    (parts['multiply']!.operations / parts['multiply']!.ms / 1e6).toFixed(1);
  return {
    title: 'Relaxed multiply-add',
    lines: [
      where,
      '',
      '| kernels | step, ms | fastest, ms | bare tile, GFLOP/s | products, GFLOP/s | kernels of a step, ms |',
      '|---|---|---|---|---|---|',
      `| plain | ${median(times[0]).toFixed(1)} | ${Math.min(...times[0]).toFixed(1)} | ${own.peak.toFixed(1)} | ${speed(own)} | ${own.ms.toFixed(1)} |`,
      `| relaxed | ${median(times[1]).toFixed(1)} | ${Math.min(...times[1]).toFixed(1)} | ${fast.peak.toFixed(1)} | ${speed(fast)} | ${fast.ms.toFixed(1)} |`,
      '',
      `- ${(median(times[0]) / median(times[1])).toFixed(2)} times as fast by the clock, ${(own.ms / fast.ms).toFixed(2)} times by the medians of the kernels' calls`,
      `- After 100 steps on one batch from the same weights: weights differ by ${largest.toExponential(1)} at most, and by ${(norm(differences) / norm(exact!)).toExponential(1)} of their norm`,
    ],
  };
}
