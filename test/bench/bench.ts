/**
 * `npm run bench`: our engine against others, against the peak of its own tile, and along one dimension at a time.
 * `--only=engines,tfjs backends,shares,threads,relaxed,sweep,reader,data,VS Code` measures some parts, and `PART:NAME` some of a part
 * (`engines:ours`, `shares:gru`, `sweep:Batch`); the other parts of RESULTS.md stay as they are.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { dataSection } from './data.ts';
import { enginesSection, slowEnginesSection } from './engines.ts';
import { hostSection } from './host.ts';
import { BENCH, NODE_24, type Ours } from './places.ts';
import { readerSection } from './reader.ts';
import { relaxedSection } from './relaxed.ts';
import { type Section, writeSections } from './results.ts';
import { setUp } from './setup.ts';
import { sharesSection } from './shares.ts';
import { sweepSection } from './sweep.ts';
import { threadsSection } from './threads.ts';

const root = join(BENCH, '../..');
const argument = (name: string): string | undefined =>
  process.argv.find(one => one.startsWith(`--${name}=`))?.slice(name.length + 3);
const rounds = Number(argument('rounds') ?? 15);
/** Windows that are opened for each first use in VS Code, and pairs of runs. */
const HOST_ROUNDS = 5;

/** Parts that can be measured, each by some of its names; none: all of it. */
const PARTS: Readonly<Record<string, (ours: Ours, chosen: readonly string[]) => Section | readonly Section[] | Promise<Section>>> = {
  engines: (ours, chosen) => enginesSection(ours, rounds, chosen),
  'tfjs backends': ours => slowEnginesSection(ours, rounds),
  shares: (ours, chosen) => sharesSection(ours, rounds, chosen),
  threads: ours => threadsSection(ours, rounds),
  relaxed: ours => relaxedSection(ours, rounds),
  sweep: ({ dist }, chosen) => sweepSection(NODE_24, join(built, 'sweep.mjs'), dist, chosen),
  reader: () => ({ title: 'Reading source code', lines: readerSection(NODE_24, join(built, 'reader.mjs'), root).slice(2) }),
  data: ({ dist }) => dataSection(NODE_24, join(built, 'data.mjs'), dist),
  'VS Code': async () => ({ title: 'In VS Code', lines: (await hostSection(HOST_ROUNDS)).slice(2) }),
}; // prettier-ignore

/** Programs of ours, as one file each. */
const built = join(tmpdir(), `rnn-explorer-bench-${process.pid}`);

async function main(): Promise<void> {
  const chosen = argument('only')?.split(',').map(part => part.split(':')); // prettier-ignore
  const strange = chosen?.find(([part = '']) => !(part in PARTS));
  if (strange) throw new Error(`There is no part "${strange[0]}"; there are ${Object.keys(PARTS).join(', ')}`);
  await setUp({ python: false });
  const ours = await buildOurs();
  for (const [part, measure] of Object.entries(PARTS)) {
    const own = chosen?.filter(([name]) => name === part);
    if (own?.length === 0) continue;
    try {
      const sections = [await measure(ours, own?.flatMap(([, name]) => (name === undefined ? [] : [name])) ?? [])].flat();
      writeSections(sections);
      for (const { title, lines } of sections) console.log(`## ${title}\n\n${lines.join('\n')}\n`);
    } catch (error) {
      console.error(`${part} could not be measured: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  rmSync(built, { recursive: true, force: true });
} // prettier-ignore

async function buildOurs(): Promise<Ours> {
  execFileSync('node', ['esbuild.config.mjs', '--only=kernels,node'], { cwd: root, stdio: 'inherit' });
  mkdirSync(built, { recursive: true });
  await build({
    entryPoints: ['ours.ts', 'sweep.ts', 'reader.ts', 'data.ts'].map(name => join(BENCH, 'contenders', name)),
    outdir: built,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    // Packages that are not modules ask for Node's own parts.
    banner: { js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  return { program: join(built, 'ours.mjs'), dist: join(root, 'dist') };
}

void main();
