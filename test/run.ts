// `npm test`: builds, then runs every part of the tests, or only the parts named (`node --import tsx test/run.ts unit browser`).
// Prints a line for each part and last of all `N passed, N failed`, summed from what Mocha wrote. Ends with a code other
// than 0 when a test failed or a part could not run.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, run } from './host/commands.ts';
import { installChromium } from './host/chromium.ts';
import { installWorkbench } from './host/install.ts';
import { projectFolder, resultsFolder } from './host/paths.ts';
import { addCounts, readCount, type Count } from './host/results.ts';
import { freshVsix } from './host/vsix.ts';
import { runSuite } from './vscode/runSuites.ts';
import { suites } from './vscode/suites.ts';

interface Part {
  readonly name: string;
  readonly what: string;
  /** Runs the tests and gives back the files that Mocha's results stand in. Throws when they could not run. */
  run(): Promise<string[]>;
}

const parts: readonly Part[] = [
  { name: 'unit', what: 'unit tests', run: () => mocha('unit', ['test/unit/**/*.test.ts']) },
  {
    name: 'vscode',
    what: "tests inside VS Code's extension host",
    run: async () => {
      const results = suites.map(suite => join(resultsFolder, `vscode-${suite.name}.json`));
      for (const [at, suite] of suites.entries()) await runSuite(suite, results[at]!);
      return results;
    },
  },
  {
    name: 'browser',
    what: 'end-to-end tests of the workbench in Chromium',
    run: () => mocha('browser', ['test/browser/*.test.ts', '--config', 'test/browser/mocharc.json']),
  },
];

async function main(names: readonly string[]): Promise<void> {
  const unknown = names.find(name => !parts.some(part => part.name === name));
  if (unknown !== undefined)
    throw new Error(`There is no part ${unknown}; there are ${parts.map(part => part.name).join(', ')}.`);
  const chosen = parts.filter(part => names.length === 0 || names.includes(part.name));
  rmSync(resultsFolder, { recursive: true, force: true });
  mkdirSync(resultsFolder, { recursive: true });
  await prepare(chosen);
  const lines: string[] = [];
  const counts: Count[] = [];
  let complete = true;
  for (const part of chosen) {
    heading(part.what);
    const started = Date.now();
    const outcome = await runPart(part);
    counts.push(...outcome.counts);
    complete &&= outcome.problem === undefined;
    const { passed, failed, skipped } = addCounts(outcome.counts);
    const told = `${part.name.padEnd(8)} ${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
    const problem = outcome.problem === undefined ? '' : `  COULD NOT RUN: ${outcome.problem}`;
    lines.push(`${told}  (${((Date.now() - started) / 1000).toFixed(0)} s)${problem}`);
  }
  heading('Result');
  const sum = addCounts(counts);
  console.log(`${lines.join('\n')}\n${sum.passed} passed, ${sum.failed} failed`);
  if (!complete || sum.failed > 0) process.exitCode = 1;
}

/** Installs and builds what the chosen parts need; unit tests alone need no VS Code, only kernels and data. */
async function prepare(chosen: readonly Part[]): Promise<void> {
  heading('Build');
  if (chosen.every(part => part.name === 'unit')) {
    await run(process.execPath, ['esbuild.config.mjs', '--only=kernels,assets'], { cwd: projectFolder });
    return;
  }
  await freshVsix();
  await installWorkbench();
  await installChromium();
}

async function runPart(part: Part): Promise<{ counts: Count[]; problem?: string }> {
  let files: string[];
  try {
    files = await part.run();
  } catch (error) {
    return { counts: [], problem: error instanceof Error ? error.message : String(error) };
  }
  const counts = files.map(readCount);
  const missing = files.filter((_file, at) => counts[at] === undefined);
  const known = counts.filter(count => count !== undefined);
  if (missing.length > 0) return { counts: known, problem: `ended before its tests did (no ${missing.join(', ')})` };
  if (addCounts(known).passed + addCounts(known).failed === 0) return { counts: known, problem: 'it holds no tests' };
  return { counts: known };
}

/** Runs Mocha in a process of its own, showing what it says. */
async function mocha(name: string, mochaArguments: readonly string[]): Promise<string[]> {
  const results = join(resultsFolder, `${name}.json`);
  const reporter = ['--reporter', join('test', 'host', 'reporter.cjs'), '--reporter-option', `output=${results}`];
  try {
    await run(process.execPath, ['node_modules/mocha/bin/mocha.js', ...mochaArguments, ...reporter], {
      cwd: projectFolder,
      show: true,
    });
  } catch (error) {
    // Failed tests stand in the results.
    if (!(error instanceof CommandError)) throw error;
  }
  return [results];
}

function heading(text: string): void {
  console.log(`\n── ${text} ──`);
}

main(process.argv.slice(2)).catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  console.log('0 passed, 0 failed');
  process.exitCode = 1;
});
