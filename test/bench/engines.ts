/** A training step of the notes' network in our engine and in others, taking turns. */
import { join } from 'node:path';
import type { OursOptions } from './contenders/ours.ts';
import { median } from './median.ts';
import { circumstances, type Section } from './results.ts';
import { Runner } from './runner.ts';
import { tensorflowFolder } from '../host/tensorflow.ts';
import { BENCH, NODE_20, NODE_24, PYTHON, type Ours } from './places.ts';

interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Steps, where fewer than the others' must do. */
  readonly steps?: number;
}

const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const script = (name: string): string => join(BENCH, 'contenders', name);

/** Everything that could run, and where it would come from. */
function contenders({ program, dist }: Ours): Contender[] {
  const ours = (options: Partial<OursOptions>) => [program, JSON.stringify({ dist, threads: 1, cell: 'lstm', ...options } satisfies OursOptions)]; // prettier-ignore
  const tensorflow = (threads: string): Pick<Contender, 'command' | 'args'> => ({ command: PYTHON, args: [script('tensorflow_step.py'), threads] }); // prettier-ignore
  const tfjsNode = (api: string): Pick<Contender, 'command' | 'args'> => ({ command: NODE_20 ?? NODE_24, args: [script('tfjs_node_step.mjs'), tensorflowFolder, api] }); // prettier-ignore
  return [
    { name: 'ours, Node 24', command: NODE_24, args: ours({}) },
    { name: 'ours, Node 24, 2 threads', command: NODE_24, args: ours({ threads: 2 }) },
    { name: 'ours, Node 24, relaxed', command: NODE_24, args: ours({ relaxed: true }) },
    { name: 'ours, Node 24, relaxed, 2 threads', command: NODE_24, args: ours({ relaxed: true, threads: 2 }) },
    ...(NODE_20 ? [{ name: 'ours, Node 20', command: NODE_20, args: ours({}) }] : []),
    { name: 'TensorFlow', ...tensorflow('1') },
    { name: 'TensorFlow, 2 threads', ...tensorflow('2') }, // two within an operation and two between: its best on two cores
    { name: 'PyTorch', command: '/usr/bin/python3', args: [script('torch_step.py'), '1'], env: ONE_THREAD },
    // Its best on two cores: one OpenMP thread and two of the BLAS.
    { name: 'PyTorch, 2 threads', command: '/usr/bin/python3', args: [script('torch_step.py'), '1'], env: { ...ONE_THREAD, OPENBLAS_NUM_THREADS: '2' } },
    { name: 'tfjs-node, public API', ...tfjsNode('public') },
    { name: 'tfjs-node, fused BlockLSTM', ...tfjsNode('fused') },
  ];
} // prettier-ignore

/** TensorFlow.js without TensorFlow is so slow that it gets a table of its own, with fewer steps. */
function slowContenders(ours: Ours): Contender[] {
  return [
    contenders(ours)[0]!,
    { name: 'tfjs wasm', command: process.execPath, args: [script('tfjs_step.mjs'), 'wasm'], steps: 5 },
    { name: 'tfjs cpu', command: process.execPath, args: [script('tfjs_step.mjs'), 'cpu'], steps: 2 },
  ];
} // prettier-ignore

/** @param chosen parts of names; none: all. */
export function enginesSection(ours: Ours, rounds: number, chosen: readonly string[]): Promise<Section> {
  return takeTurns('Against others', contenders(ours), rounds, chosen);
}

export function slowEnginesSection(ours: Ours, rounds: number): Promise<Section> {
  return takeTurns("Against TensorFlow.js' own backends", slowContenders(ours), rounds, []);
}

async function takeTurns(
  title: string,
  all: readonly Contender[],
  rounds: number,
  chosen: readonly string[],
): Promise<Section> {
  const where = circumstances();
  const problems: string[] = [];
  const runners: { contender: Contender; runner: Runner; title: string; times: number[]; used: number[] }[] = [];
  for (const contender of all) {
    if (chosen.length > 0 && !chosen.some(part => contender.name.includes(part))) continue;
    try {
      runners.push({ contender, ...(await Runner.start(contender)), times: [], used: [] });
    } catch (error) {
      problems.push(`${contender.name} could not run: ${(error as Error).message}`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contender, runner, times, used } of runners) {
      if (round >= (contender.steps ?? rounds)) continue;
      const [ms = NaN, cpu = NaN] = (await runner.ask('step')).split(' ').map(Number);
      times.push(ms);
      used.push(cpu);
    }
  }
  for (const { runner } of runners) runner.end();
  const base = runners[0];
  return {
    title,
    lines: [
      `${where} Medians of ${rounds} steps, taking turns (fewer where it says so); one thread each where nothing else is said. Ratios above 1: slower than ${base?.contender.name ?? 'the first'}.`,
      '',
      '| engine | version | step, ms | fastest, ms | CPU, ms | steps | clock, ratio | CPU, ratio |',
      '|---|---|---|---|---|---|---|---|',
      ...runners.map(({ contender, title, times, used }) => {
        const clock = median(times) / median(base!.times);
        const cpu = median(used) / median(base!.used);
        return `| ${contender.name} | ${title} | ${median(times).toFixed(1)} | ${Math.min(...times).toFixed(1)} | ${median(used).toFixed(1)} | ${times.length} | ${clock.toFixed(2)} | ${cpu.toFixed(2)} |`;
      }),
      '',
      ...problems.map(problem => `- ${problem}`),
      ...(problems.length > 0 ? [] : ['- Nothing was left out.']),
    ],
  };
}
