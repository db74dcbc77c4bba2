import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './commands.ts';
import { withLock } from './lock.ts';
import { hostFolder, projectFolder, vsixFile } from './paths.ts';

/** What the packaged extension is made from. */
const inputs = [
  ...['engine', 'extension', 'webview', 'package.json', 'package.nls.json', 'esbuild.config.mjs', '.vscodeignore'],
  ...['README.md', 'CHANGELOG.md', 'LICENSE'],
];

/**
 * Builds and packages the extension (`npm run package`) unless the VSIX is newer than everything it is made from, and
 * gives back its path. Several processes may ask at once. `RNN_VSIX` names one that is packaged already. Throws
 * `CommandError` with the compiler's words.
 */
export async function freshVsix(say: (line: string) => void = console.log): Promise<string> {
  const given = process.env['RNN_VSIX'];
  if (given !== undefined && given !== '') return given;
  await withLock(
    join(hostFolder, 'package.lock'),
    () => {
      say('Waiting for another process that is building …');
    },
    async () => {
      if (isFresh()) return;
      const started = Date.now();
      say('Building and packaging the extension …');
      await run('npm', ['run', '--silent', 'package'], { cwd: projectFolder });
      const megabytes = (statSync(vsixFile).size / 1e6).toFixed(1);
      say(`  ${vsixFile} (${megabytes} MB, ${((Date.now() - started) / 1000).toFixed(1)} s)`);
    },
  );
  return vsixFile;
}

function isFresh(): boolean {
  if (!existsSync(vsixFile)) return false;
  const packaged = statSync(vsixFile).mtimeMs;
  return inputs.every(input => newest(join(projectFolder, input)) < packaged);
}

/** Time of the latest change in a file or folder, in ms; 0 when it is not there. A folder's own time tells of deletions. */
function newest(path: string): number {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return 0;
  if (!stat.isDirectory()) return stat.mtimeMs;
  return readdirSync(path).reduce((latest, name) => Math.max(latest, newest(join(path, name))), stat.mtimeMs);
}
