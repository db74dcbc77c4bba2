/** What a person waits for in a window that has just opened: activation, hovers, the first point, the first gates. */
import { setTimeout as pause } from 'node:timers/promises';
import { Workbench, pageOf, type OpenOptions } from '../browser/workbench.ts';
import { BrowserClock } from './hostClock.ts';

const SAMPLE = 'mnist_lstm.py';
/** How long a person reads before the first click, in a window that is asked for its first use at leisure, in ms. */
const LEISURE = 8_000;
/** Repetitions in a window that has done it before. */
const WARM = 3;

/** All in ms. */
export interface Waits {
  readonly activation: number[];
  readonly firstHover: number[];
  readonly hover: number[];
  readonly coldTrain: number[];
  readonly settledTrain: number[];
  readonly warmTrain: number[];
  readonly coldInspect: number[];
  readonly settledInspect: number[];
  readonly warmInspect: number[];
  readonly hoverWhileTraining: number[];
}

/** Opens four windows a round: the first click goes on Train or on Inspect, at once or when the window is at rest. */
export async function measureWaits(rounds: number, options: OpenOptions, say: (line: string) => void): Promise<Waits> {
  const waits: Waits = {
    ...{ activation: [], firstHover: [], hover: [], coldTrain: [], settledTrain: [], warmTrain: [] },
    ...{ coldInspect: [], settledInspect: [], warmInspect: [], hoverWhileTraining: [] },
  };
  for (let round = 1; round <= rounds; round++) {
    await inWindow(options, (workbench, clock) => measureTraining(workbench, clock, waits));
    await inWindow(options, (workbench, clock) => measureInspection(workbench, clock, waits));
    await inWindow(options, async (workbench, clock) => {
      await pause(LEISURE);
      waits.settledTrain.push(await clock.time('click', 'chart', () => workbench.clickLens('Train Model')));
    });
    await inWindow(options, async (workbench, clock) => {
      await pause(LEISURE);
      waits.settledInspect.push(await clock.time('click', 'gates', () => workbench.clickLens('Inspect')));
    });
    say(`  windows ${4 * round} of ${4 * rounds}: ${JSON.stringify(waits, (_, value: unknown) => (typeof value === 'number' ? Math.round(value) : value))}`);
  }
  return waits;
} // prettier-ignore

async function inWindow(
  options: OpenOptions,
  work: (workbench: Workbench, clock: BrowserClock) => Promise<void>,
): Promise<void> {
  const workbench = await Workbench.open(options);
  try {
    const clock = await BrowserClock.in(workbench);
    await workbench.openFile(SAMPLE);
    await workbench.lens('Train Model').waitFor();
    await work(workbench, clock);
  } finally {
    await workbench.close();
  }
}

async function measureTraining(workbench: Workbench, clock: BrowserClock, waits: Waits): Promise<void> {
  waits.coldTrain.push(await clock.time('click', 'chart', () => workbench.clickLens('Train Model')));
  const page = await workbench.extensionPage(pageOf('training'));
  for (let time = 0; time < WARM; time++) {
    waits.hoverWhileTraining.push(await hover(workbench, clock));
    await page.getByRole('button', { name: 'Stop' }).click();
    await page.locator('main.training[data-status="stopped"]').waitFor();
    waits.warmTrain.push(await clock.time('click', 'chart', () => workbench.clickLens('Train Model')));
  }
}

async function measureInspection(workbench: Workbench, clock: BrowserClock, waits: Waits): Promise<void> {
  waits.firstHover.push(await hover(workbench, clock));
  for (let time = 0; time < WARM; time++) waits.hover.push(await hover(workbench, clock));
  waits.coldInspect.push(await clock.time('click', 'gates', () => workbench.clickLens('Inspect')));
  for (let time = 0; time < WARM; time++) {
    // A hidden view loses its page: the next click builds it anew.
    await workbench.command('View: Show Explorer');
    await workbench.page.locator('.explorer-folders-view').waitFor();
    waits.warmInspect.push(await clock.time('click', 'gates', () => workbench.clickLens('Inspect')));
  }
  waits.activation.push(await activation(workbench));
}

function hover(workbench: Workbench, clock: BrowserClock): Promise<number> {
  return clock.time('mouse', 'hover', () => workbench.hover('outputs, states =', 'outputs'));
}

/** VS Code's own measure: loading the code and calling `activate`. */
async function activation(workbench: Workbench): Promise<number> {
  // The list holds only the rows that fit.
  await workbench.page.setViewportSize({ width: 1400, height: 2400 });
  await workbench.command('Developer: Show Running Extensions');
  const row = workbench.page.locator('.runtime-extensions-editor .extension', { hasText: 'RNN Explorer' });
  const said = await row.locator('.activation-time').first().innerText();
  const found = /(\d+)\s*ms/.exec(said);
  if (!found) throw new Error(`VS Code says of the activation only: ${said}`);
  return Number(found[1]);
}
