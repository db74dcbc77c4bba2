import { join } from 'node:path';
import { projectFolder, samplesFolder } from '../host/paths.ts';
import type { Settings } from '../host/settings.ts';

/** Tests that run together in one window of VS Code, inside its extension host. */
export interface Suite {
  readonly name: string;
  /** Folder of the project whose `*.test.ts` run. */
  readonly tests: string;
  /** Folder whose copy is the workspace. */
  readonly workspace: string;
  /** Workspace settings, written into the copy. */
  readonly settings?: Settings;
  /** Variables of the environment in which the tests run. */
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs where TensorFlow could be set up (`npm run test:tensorflow`). @param folder into which it was */
export const tensorflowSuite = (folder: string): Suite => ({
  name: 'tensorflow',
  tests: join(projectFolder, 'test', 'vscode', 'tensorflow'),
  workspace: samplesFolder,
  settings: { 'rnnExplorer.engine.backend': 'tensorflow' },
  environment: { RNN_EXPLORER_TENSORFLOW: folder },
});

export const suites: readonly Suite[] = [
  { name: 'samples', tests: join(projectFolder, 'test', 'vscode', 'suite'), workspace: samplesFolder },
];
