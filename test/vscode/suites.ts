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
}

export const suites: readonly Suite[] = [
  { name: 'samples', tests: join(projectFolder, 'test', 'vscode', 'suite'), workspace: samplesFolder },
];
