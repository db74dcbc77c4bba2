/** The same short run in VS Code, with the panel and the gate inspector open and live, and on the command line. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import type { CDPSession, Frame } from 'playwright-core';
import { pageOf, Workbench, type OpenOptions } from '../browser/workbench.ts';
import { readSafetensors } from '../../engine/formats/safetensors.ts';
import type { MetricRow } from '../../engine/runs/format.ts';
import { node24 } from '../host/paths.ts';
import { extensionsFolder } from '../host/server.ts';
import { findProcess, threadSeconds } from './hostThreads.ts';

/** What is trained on both sides; the epoch ends with all 10,000 test digits. */
const RUN = { epochs: 1, batchSize: 150, examples: 3_000, learningRate: 0.001, seed: 42 } as const;
export const RUN_TITLE = `one epoch of ${RUN.examples.toLocaleString('en-US')} digits, batch ${RUN.batchSize}`;

/** One run, as it was told and as the system saw it. */
interface Measured {
  /** What the engine says that its epochs took: training, evaluation, and whatever it answered meanwhile. */
  readonly seconds: number;
  /** CPU of the engine's thread from the first step to the end; NaN where the system does not tell. */
  readonly engineCpu: number;
  /** Bytes of all weights of the last checkpoint, by name. */
  readonly weights: ReadonlyMap<string, string>;
}

export interface Comparison {
  readonly panel: Measured[];
  readonly commandLine: Measured[];
  /** Share of the time that the extension host's main thread computes while a run is shown. */
  readonly hostBusy: number[];
  /** The same of the thread in which the window and its pages live. */
  readonly windowBusy: number[];
  /** Traces that the gate inspector showed in a second. */
  readonly traces: number[];
  /** All checkpoints have the same bits. */
  readonly sameBits: boolean;
}

/** Runs take turns, the command line first. The first pair warms up and does not count. */
export async function compareTraining(
  rounds: number,
  options: OpenOptions,
  say: (line: string) => void,
): Promise<Comparison> {
  const workbench = await Workbench.open(options);
  const out = mkdtempSync(join(tmpdir(), 'rnn-bench-runs-'));
  try {
    await workbench.openFile('mnist_lstm.py');
    const shown = await ShownTraining.open(workbench);
    const found = { hostBusy: [] as number[], windowBusy: [] as number[], traces: [] as number[] };
    const [panel, commandLine]: [Measured[], Measured[]] = [[], []];
    for (let round = 0; round <= rounds; round++) {
      const alone = await onCommandLine(workbench, out);
      const { measured, hostBusy, windowBusy, traces } = await shown.run();
      say(`  pair ${round} of ${rounds}: command line ${alone.seconds.toFixed(2)} s (CPU ${alone.engineCpu.toFixed(2)}), VS Code ${measured.seconds.toFixed(2)} s (CPU ${measured.engineCpu.toFixed(2)})`);
      commandLine.push(alone);
      panel.push(measured);
      found.hostBusy.push(hostBusy);
      found.windowBusy.push(windowBusy);
      found.traces.push(traces);
    }
    const [first, ...others] = [...panel, ...commandLine].map(({ weights }) => JSON.stringify([...weights].sort()));
    const counted = <T>(all: readonly T[]): T[] => all.slice(1);
    return {
      panel: counted(panel),
      commandLine: counted(commandLine),
      hostBusy: counted(found.hostBusy),
      windowBusy: counted(found.windowBusy),
      traces: counted(found.traces),
      sameBits: others.every(other => other === first),
    };
  } finally {
    await workbench.close();
    rmSync(out, { recursive: true, force: true });
  }
} // prettier-ignore

/** Where the workbench keeps everything: settings, extensions, stored runs. */
const dataFolder = ({ workspace }: Workbench): string => join(dirname(workspace), 'data');

async function onCommandLine(workbench: Workbench, out: string): Promise<Measured> {
  const extensions = extensionsFolder(dataFolder(workbench));
  const folder = readdirSync(extensions).find(name => existsSync(join(extensions, name, 'dist/cli.js')))!;
  const settings = {
    ...{ epochs: RUN.epochs, batch: RUN.batchSize, examples: RUN.examples, 'learning-rate': RUN.learningRate },
    ...{ seed: RUN.seed, out },
  };
  const child = spawn(
    node24,
    [
      ...[join(extensions, folder, 'dist/cli.js'), 'train', join(workbench.workspace, 'mnist_lstm.py'), '--json'],
      ...Object.entries(settings).map(([name, value]) => `--${name}=${value}`),
    ],
    { stdio: ['ignore', 'pipe', 'ignore'] },
  );
  const rows: MetricRow[] = [];
  let run = '';
  let began: ReadonlyMap<number, number> | undefined;
  let ended: ReadonlyMap<number, number> = new Map();
  for await (const line of createInterface({ input: child.stdout })) {
    const said = JSON.parse(line) as MetricRow | { readonly kind: 'run'; readonly id: string } | { readonly kind: 'end' };
    if (said.kind === 'run') run = said.id;
    else if (said.kind !== 'end') {
      rows.push(said);
      began ??= threadSeconds(child.pid!);
      if (said.kind === 'epoch') ended = threadSeconds(child.pid!);
    }
  }
  return measuredOf(rows, busiest(began ?? new Map(), ended, child.pid!), join(out, run));
} // prettier-ignore

/** A window with the training panel and the gate inspector open. */
class ShownTraining {
  readonly #workbench: Workbench;
  readonly #training: Frame;
  readonly #gates: Frame;
  /** Counts from the moment on at which it is opened. */
  readonly #session: CDPSession;
  readonly #host: number | undefined;

  private constructor(workbench: Workbench, training: Frame, gates: Frame, session: CDPSession) {
    this.#session = session;
    this.#workbench = workbench;
    this.#training = training;
    this.#gates = gates;
    this.#host = findProcess(workbench.server.pid, '--type=extensionHost');
  }

  static async open(workbench: Workbench): Promise<ShownTraining> {
    await workbench.clickLens('Train Model');
    const [training, gates] = [
      await workbench.extensionPage(pageOf('training')),
      await workbench.extensionPage(pageOf('gates')),
    ];
    const session = await workbench.page.context().newCDPSession(workbench.page);
    await session.send('Performance.enable');
    const shown = new ShownTraining(workbench, training, gates, session);
    await until(async () => (await shown.#step()) >= 1);
    await training.getByRole('button', { name: 'Stop' }).click();
    await training.locator('main.training[data-status="stopped"]').waitFor();
    return shown;
  }

  async run(): Promise<{
    readonly measured: Measured;
    readonly hostBusy: number;
    readonly windowBusy: number;
    readonly traces: number;
  }> {
    const page = this.#training;
    for (const [name, value] of Object.entries(RUN))
      await page.locator(`[data-setting="${name}"] input`).fill(String(value));
    await page.getByRole('button', { name: /^Start/ }).click();
    await page.locator('main.training[data-status="running"]').waitFor();
    await until(async () => (await this.#step()) >= 1);
    const host = this.#host ?? 0;
    const [began, paintedBefore, since] = [threadSeconds(host), await this.#windowSeconds(), performance.now()];
    const traced = new Set<string>();
    await until(async () => {
      traced.add((await this.#gates.locator('main.gates').getAttribute('data-trace-step')) ?? '');
      return (await page.locator('main.training').getAttribute('data-status')) === 'finished';
    });
    const [ended, paintedAfter] = [threadSeconds(host), await this.#windowSeconds()];
    const seconds = (performance.now() - since) / 1000;
    const id = (await page.locator('main.training').getAttribute('data-run'))!;
    const folder = storedRun(this.#workbench, id);
    const rows = readFileSync(join(folder, 'metrics.jsonl'), 'utf8').trim().split('\n');
    return {
      measured: measuredOf(rows.map(row => JSON.parse(row) as MetricRow), busiest(began, ended, host), folder),
      hostBusy: ((ended.get(host) ?? NaN) - (began.get(host) ?? NaN)) / seconds,
      windowBusy: (paintedAfter - paintedBefore) / seconds,
      traces: traced.size / seconds,
    };
  } // prettier-ignore

  async #step(): Promise<number> {
    return Number(await this.#training.locator('main.training').getAttribute('data-step'));
  }

  /** Seconds that the main thread of the window has worked so far: scripts, layout and painting of workbench and pages. */
  async #windowSeconds(): Promise<number> {
    const { metrics } = await this.#session.send('Performance.getMetrics');
    return metrics.find(({ name }) => name === 'TaskDuration')!.value;
  }
}

/** Looks seldom enough not to disturb what is measured. */
async function until(good: () => Promise<boolean>, seconds = 300): Promise<void> {
  const deadline = Date.now() + 1000 * seconds;
  while (!(await good())) {
    if (Date.now() > deadline) throw new Error(`Nothing came of a run within ${seconds} s`);
    await pause(200);
  }
}

function storedRun(workbench: Workbench, id: string): string {
  const storage = join(dataFolder(workbench), 'User', 'workspaceStorage');
  const run = readdirSync(storage, { recursive: true, encoding: 'utf8' }).find(path => path.endsWith(join('runs', id)));
  if (run === undefined) throw new Error(`Run ${id} is not stored in ${storage}`);
  return join(storage, run);
}

/** CPU of the thread that has worked most, the main one left out. */
function busiest(began: ReadonlyMap<number, number>, ended: ReadonlyMap<number, number>, main: number): number {
  const spent = [...ended].filter(([id]) => id !== main).map(([id, seconds]) => seconds - (began.get(id) ?? 0));
  return spent.length > 0 ? Math.max(...spent) : NaN;
}

function measuredOf(rows: readonly MetricRow[], engineCpu: number, run: string): Measured {
  const seconds = rows.reduce((sum, row) => sum + (row.kind === 'epoch' ? row.seconds : 0), 0);
  const checkpoints = readdirSync(run, { recursive: true, encoding: 'utf8' }).filter(path => path.endsWith('.safetensors'));
  const last = checkpoints.sort().at(-1);
  if (last === undefined) throw new Error(`${run} holds no checkpoint`);
  const file = join(run, last);
  const weights = new Map<string, string>();
  for (const [name, { values }] of readSafetensors(readFileSync(file), file).tensors)
    weights.set(name, Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64'));
  return { seconds, engineCpu, weights };
} // prettier-ignore
