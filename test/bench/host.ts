/**
 * What a person waits for in VS Code (the packaged extension in the real workbench under Chromium), as a section of
 * RESULTS.md. `npx tsx test/bench/host.ts [--rounds=5]` measures only this.
 */
import { loadavg } from 'node:os';
import { freshVsix } from '../host/vsix.ts';
import { compareTraining, RUN_TITLE } from './hostTraining.ts';
import { measureWaits } from './hostWaits.ts';
import { median } from './median.ts';

/** @returns lines of Markdown. */
export async function hostSection(rounds: number, say: (line: string) => void = console.error): Promise<string[]> {
  const vsix = await freshVsix(say);
  const options = { vsix, settings: { 'editor.hover.delay': 0 } };
  const load = loadavg()[0]!;
  const waits = await measureWaits(rounds, options, say);
  const { panel, commandLine, hostBusy, windowBusy, traces, sameBits } = await compareTraining(rounds, options, say);
  const row = (what: string, values: readonly number[], target = ''): string =>
    `| ${what} | ${median(values).toFixed(0)} | ${Math.min(...values).toFixed(0)} | ${Math.max(...values).toFixed(0)} | ${values.length} | ${target} |`;
  const seconds = (of: typeof panel): number => median(of.map(one => one.seconds));
  const cpu = (of: typeof panel): number => median(of.map(one => one.engineCpu));
  const slower = (by: number): string => `${by >= 1 ? '+' : ''}${(100 * (by - 1)).toFixed(1)} %`;
  const percent = (share: number): string => (Number.isFinite(share) ? `${(100 * share).toFixed(0)} %` : 'not told');
  const pairs = panel.map((one, index) => one.seconds / commandLine[index]!.seconds);
  return [
    '## In VS Code',
    '',
    `The packaged extension in the workbench under Chromium, on ${new Date().toISOString().slice(0, 16)} UTC; load of the machine before: ${load.toFixed(1)}. Times are taken in the browser, from the press of the mouse to the frame that shows what was waited for. "First" is the first use in a window of a browser profile that has never opened VS Code: at once, VS Code still starts and registers the service worker of its pages, which takes 2.2 to 2.7 s of the time and ends before our page is asked for.`,
    '',
    '| what | median, ms | fastest | slowest | times | target |',
    '|---|---|---|---|---|---|',
    row('activation, as VS Code measures it', waits.activation, '< 50'),
    row('first Train, 8 s after the lens stood → first point on the chart', waits.settledTrain, '< 2000'),
    row('first Train, at once when the lens stands → first point', waits.coldTrain, '< 2000'),
    row('Train again → first point', waits.warmTrain, '< 2000'),
    row('first Inspect, 8 s after the lens stood → gates on seeded weights', waits.settledInspect, '< 1000'),
    row('first Inspect, at once when the lens stands → gates', waits.coldInspect, '< 1000'),
    row('Inspect again, view hidden meanwhile → gates', waits.warmInspect, '< 1000'),
    row('first hover → shape', waits.firstHover),
    row('hover → shape', waits.hover),
    row('hover → shape while training', waits.hoverWhileTraining),
    '',
    `Training with panel and gate inspector open and live against the command line, ${RUN_TITLE}, all 10,000 test digits at its end, by turns, ${panel.length} pairs:`,
    '',
    '| | command line | VS Code | difference | target |',
    '|---|---|---|---|---|',
    `| seconds of the epochs, median | ${seconds(commandLine).toFixed(2)} | ${seconds(panel).toFixed(2)} | ${slower(seconds(panel) / seconds(commandLine))} (median of pairs ${slower(median(pairs))}) | < 5 % |`,
    `| CPU seconds of the engine's thread, median | ${cpu(commandLine).toFixed(2)} | ${cpu(panel).toFixed(2)} | ${slower(cpu(panel) / cpu(commandLine))} | |`,
    '',
    `- Weights of the last checkpoints: ${sameBits ? 'the same bits in all runs of both' : '**they differ**'}`,
    `- While it trains the extension host's main thread computes ${percent(median(hostBusy))} of the time, the window's main thread ${percent(median(windowBusy))}; the gate inspector shows ${median(traces).toFixed(1)} traces a second`,
    '',
  ];
} // prettier-ignore

if (process.argv[1] === import.meta.filename) {
  const rounds = Number(process.argv.find(argument => argument.startsWith('--rounds='))?.slice(9) ?? 5);
  void hostSection(rounds).then(lines => {
    console.log(lines.join('\n'));
  });
}
