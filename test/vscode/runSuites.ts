import { TestRunFailedError, runTests } from '@vscode/test-electron';
import { build, type BuildOptions } from 'esbuild';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { installChromium } from '../host/chromium.ts';
import { installWorkbench } from '../host/install.ts';
import { hostFolder, projectFolder } from '../host/paths.ts';
import { freshVsix } from '../host/vsix.ts';
import { unzip } from '../host/zip.ts';
import type { Suite } from './suites.ts';

const bundleFolder = join(hostFolder, 'suites');

/**
 * Runs a suite with Mocha inside the extension host of VS Code, on the unpacked VSIX and a copy of the suite's workspace.
 * Its results are written to `resultsFile` when the run ends; a run that dies leaves none.
 *
 * `VSCODE_EXECUTABLE` names a desktop VS Code to run it in, or is `download` to fetch one; without it a stand-in
 * (`stand-in`: the real workbench in Chromium) is used.
 */
export async function runSuite(suite: Suite, resultsFile: string): Promise<void> {
  rmSync(resultsFile, { force: true });
  const desktop = process.env['VSCODE_EXECUTABLE'];
  if (desktop === undefined) {
    await installWorkbench();
    await installChromium();
  }
  const vsix = await freshVsix();
  const folder = mkdtempSync(join(tmpdir(), 'rnn-suite-'));
  try {
    const extension = join(folder, 'extension');
    unzip(vsix, extension, 'extension/');
    const workspace = join(folder, 'workspace');
    copyWorkspace(suite, workspace);
    await runTests({
      ...(desktop === 'download'
        ? {}
        : { vscodeExecutablePath: desktop ?? join(projectFolder, 'test', 'vscode', 'stand-in') }),
      extensionDevelopmentPath: extension,
      extensionTestsPath: join(bundleFolder, 'insideHost.cjs'),
      extensionTestsEnv: {
        RNN_TEST_FILES: JSON.stringify(await bundle(suite)),
        RNN_TEST_RESULTS: resultsFile,
        ...suite.environment,
      },
      launchArgs: [workspace, '--disable-extensions'],
    });
  } catch (error) {
    // Failed tests stand in the results; whoever reads them also sees when there are none.
    if (!(error instanceof TestRunFailedError)) throw error;
    console.error(`VS Code: ${error.message}`);
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

function copyWorkspace(suite: Suite, workspace: string): void {
  cpSync(suite.workspace, workspace, { recursive: true });
  if (suite.settings === undefined) return;
  mkdirSync(join(workspace, '.vscode'), { recursive: true });
  writeFileSync(join(workspace, '.vscode', 'settings.json'), JSON.stringify(suite.settings));
}

/** Bundles the tests, which the extension host could not load as TypeScript; gives back the bundles' paths. */
async function bundle(suite: Suite): Promise<string[]> {
  const names = readdirSync(suite.tests).filter(name => name.endsWith('.test.ts'));
  if (names.length === 0) throw new Error(`There is no *.test.ts in ${suite.tests}.`);
  const outdir = join(bundleFolder, suite.name);
  rmSync(outdir, { recursive: true, force: true });
  const common: BuildOptions = {
    bundle: true,
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    sourcemap: 'inline',
    outExtension: { '.js': '.cjs' },
    external: ['vscode', 'mocha'],
    logLevel: 'warning',
  };
  await build({
    ...common,
    entryPoints: [join(projectFolder, 'test', 'vscode', 'insideHost.ts')],
    outdir: bundleFolder,
  });
  await build({ ...common, entryPoints: names.map(name => join(suite.tests, name)), outdir });
  return names.map(name => join(outdir, name.replace(/\.ts$/, '.cjs')));
}
