/**
 * Our engine: answers every line on stdin. `step` is one training step in milliseconds by the clock and of CPU; in JSON,
 * `peak` is the speed of each bare tile in GFLOP/s, `trace` one sample in milliseconds, `profile` the milliseconds of
 * one step by kernel, `idle` what waiting costs, `weights` all weights.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { nodeThreads } from '../../../engine/backends/wasm/nodeThreads.ts';
import { teams } from '../../../engine/backends/wasm/threadTeam.ts';
import { KERNEL_BUILDS, type KernelBuild } from '../../../engine/kernels/builds.ts';
import { type Kernels, linkKernels, TILES } from '../../../engine/kernels/kernels.ts';
import { PROBE_BYTES, measureTile } from '../../../engine/kernels/tiles.ts';
import { median } from '../median.ts';
import { batchOf, CELL_KINDS, type CellName, NOTES, specOf } from '../network.ts';

export interface OursOptions {
  /** The built `dist` folder. */
  readonly dist: string;
  readonly threads: number;
  readonly cell: CellName;
  /** With relaxed multiply-add. */
  readonly relaxed?: boolean;
  /** Times every kernel. */
  readonly profile?: boolean;
}

/** What `profile` answers. */
export interface Profile {
  /** Milliseconds of a step. */
  readonly ms: number;
  /** Best tile between the steps, GFLOP/s. */
  readonly peak: number;
  readonly parts: Readonly<Record<string, { readonly ms: number; readonly operations: number }>>;
}

const { dist, threads, cell, relaxed = false, profile = false } = JSON.parse(process.argv[2]!) as OursOptions;
const { plain, shared, relaxed: fast } = KERNEL_BUILDS;
const bytesOf = ({ file }: KernelBuild) => readFileSync(join(dist, file));
const build = relaxed ? fast : plain;
const module = new WebAssembly.Module(bytesOf(build));
// The peak is that of the kernels as they are, so they are linked before the clocks are put around them.
const bare = linkKernels(module, new WebAssembly.Memory({ initial: 4, maximum: 65536, shared: build.shared }));
/** Calls of kernels in the order of a step, which is always the same. */
let calls: { readonly name: string; readonly started: number; readonly ended: number; readonly operations: number }[] =
  [];
if (profile) watchKernels();

const backend = createWasmBackend(bytesOf(build), {
  build,
  gather: teams(bytesOf(relaxed ? fast : shared), nodeThreads(join(dist, 'kernelThread.js'))),
});
const setting = { ...NOTES, kind: CELL_KINDS[cell] };
const network = backend.createNetwork(specOf(setting), { seed: 1, batchSize: setting.batch, threads });
const batch = batchOf(setting);
for (let k = 0; k < 5; k++) network.trainStep(batch);
for (let k = 0; k < 30; k++) network.trace(batch);
/** Long enough for V8 to compile the tile again, with all its art, and for the processor to reach its clock. */
for (let k = 0; k < 5; k++) peak();

const answers: Record<string, () => unknown> = {
  trace: () => timed(() => network.trace(batch)),
  peak,
  profile: profileSteps,
  idle,
  weights: () => network.getParameters().map(({ values }) => [...values]),
};

process.stdout.write(
  `${backend.title}, ${network.threads} thread${network.threads === 1 ? '' : 's'}, Node ${process.versions.node}\n`,
);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${line === 'step' ? step() : JSON.stringify(await answers[line]!())}\n`);
}

/** GFLOP/s of each bare tile: the best of 40 times half a millisecond, over panels that lie in the first cache. */
function peak(): number[] {
  const at = bare.reservedBytes();
  return TILES.map((_, shape) => measureTile(bare, shape, Math.ceil(at / PROBE_BYTES) * PROBE_BYTES, 40));
}

/** Part of a core that all threads together use while nothing is asked of them: the median of five half seconds after a step. */
async function idle(): Promise<number> {
  network.trainStep(batch);
  const shares: number[] = [];
  for (let k = 0; k < 5; k++) {
    const before = process.cpuUsage();
    await pause(500);
    const { user, system } = process.cpuUsage(before);
    shares.push((user + system) / 500_000);
  }
  return median(shares);
}

function step(): string {
  const before = process.cpuUsage();
  const ms = timed(() => network.trainStep(batch));
  const { user, system } = process.cpuUsage(before);
  return `${ms} ${(user + system) / 1000}`;
}

function timed(work: () => void): number {
  const started = performance.now();
  work();
  return performance.now() - started;
}

/**
 * 15 steps with a clock around every kernel. Of each call in the step, and of each gap before one, the median counts, so
 * that what else runs on the machine, which meets few of them, leaves no trace.
 */
function profileSteps(): Profile {
  const steps: { readonly calls: typeof calls; readonly gaps: number[] }[] = [];
  let best = 0;
  for (let round = 0; round < 15; round++) {
    calls = [];
    let last = performance.now();
    network.trainStep(batch);
    const end = performance.now();
    const gaps = [...calls, { started: end, ended: end }].map(({ started, ended }) => {
      const gap = started - last;
      last = ended;
      return gap;
    });
    steps.push({ calls, gaps });
    best = Math.max(best, ...peak());
  }
  const parts: Record<string, { ms: number; operations: number }> = {};
  let ms = 0;
  for (let k = 0; k <= calls.length; k++) ms += median(steps.map(({ gaps }) => gaps[k]!));
  calls.forEach(({ name, operations }, k) => {
    const own = median(steps.map(step => step.calls[k]!.ended - step.calls[k]!.started));
    const part = (parts[name] ??= { ms: 0, operations: 0 });
    part.ms += own;
    part.operations += operations;
    ms += own;
  });
  return { ms, peak: best, parts };
}

/** Puts a clock around every kernel of the instances to come. */
function watchKernels(): void {
  const plain = WebAssembly.Instance;
  const watched = function (module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const { exports } = new plain(module, imports);
    const clocked = Object.entries(exports).map(([name, kernel]) => {
      if (typeof kernel !== 'function') return [name, kernel];
      const call = kernel as (...numbers: number[]) => unknown;
      const isProduct = name === ('multiply' satisfies keyof Kernels);
      return [
        name,
        (...numbers: number[]) => {
          const started = performance.now();
          const result = call(...numbers);
          const ended = performance.now();
          calls.push({
            name,
            started,
            ended,
            operations: isProduct ? 2 * numbers[7]! * numbers[8]! * numbers[9]! : 0,
          });
          return result;
        },
      ];
    });
    return { exports: Object.fromEntries(clocked) as WebAssembly.Exports };
  };
  WebAssembly.Instance = watched as unknown as typeof WebAssembly.Instance;
}
