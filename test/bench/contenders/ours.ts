/**
 * Our engine: answers every line on stdin. `step` is one training step in milliseconds by the clock and of CPU; in JSON, `peak` is the speed
 * of each bare tile in GFLOP/s, `trace` one sample in milliseconds, `profile` the milliseconds of one step by kernel.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { teams } from '../../../engine/backends/wasm/threadTeam.ts';
import { type Kernels, linkKernels, TILES } from '../../../engine/kernels/kernels.ts';
import { measureTile } from '../../../engine/kernels/tiles.ts';
import { NOTES, notesBatch } from '../network.ts';

/** The built `dist` folder, the number of threads, and `profile` where kernels are timed. */
const [dist = '', threads = '1', mode] = process.argv.slice(2);
const bytes = readFileSync(join(dist, 'kernels.wasm'));
const profiled = mode === 'profile';
const spent = new Map<string, { ms: number; operations: number }>();
if (profiled) watchKernels();

const backend = createWasmBackend(bytes, {
  gather: teams(readFileSync(join(dist, 'kernelsShared.wasm')), join(dist, 'kernelThread.js')),
});
const network = backend.createNetwork(NOTES, { seed: 1, batchSize: 150, threads: Number(threads) });
const batch = notesBatch(150);
for (let k = 0; k < 5; k++) network.trainStep(batch);
for (let k = 0; k < 30; k++) network.trace(batch);

const memory = new WebAssembly.Memory({ initial: 2 });
const kernels = linkKernels(new WebAssembly.Module(bytes), memory);

const answers: Record<string, () => unknown> = {
  trace: () => timed(() => network.trace(batch)),
  peak: () => TILES.map((_, shape) => measureTile(kernels, shape, kernels.reservedBytes(), 40)),
  profile: () => {
    spent.clear();
    const ms = timed(() => network.trainStep(batch));
    return { ms, parts: Object.fromEntries(spent) };
  },
};

process.stdout.write(
  `${backend.title}, ${network.threads} thread${network.threads === 1 ? '' : 's'}, Node ${process.versions.node}\n`,
);
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${line === 'step' ? step() : JSON.stringify(answers[line]!())}\n`);
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

/** Puts a clock around every kernel of the instances to come. */
function watchKernels(): void {
  const plain = WebAssembly.Instance;
  const watched = function (module: WebAssembly.Module, imports: WebAssembly.Imports) {
    const { exports } = new plain(module, imports);
    const clocked = Object.entries(exports).map(([name, kernel]) => {
      if (typeof kernel !== 'function') return [name, kernel];
      const call = kernel as (...numbers: number[]) => unknown;
      return [
        name,
        (...numbers: number[]) => {
          const started = performance.now();
          const result = call(...numbers);
          const entry = spent.get(name) ?? { ms: 0, operations: 0 };
          entry.ms += performance.now() - started;
          if (name === ('multiply' satisfies keyof Kernels))
            entry.operations += 2 * numbers[7]! * numbers[8]! * numbers[9]!;
          spent.set(name, entry);
          return result;
        },
      ];
    });
    return { exports: Object.fromEntries(clocked) as WebAssembly.Exports };
  };
  WebAssembly.Instance = watched as unknown as typeof WebAssembly.Instance;
}
