import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CommandError, findExecutable, run } from './commands.ts';
import { projectFolder } from './paths.ts';

/** A desktop VS Code that can be used, or the reason why there is none. */
export type Desktop = { readonly code: string; readonly version: string } | { readonly reason: string };

/** Looks for `code` on the PATH, with a display to show it on and of a version that takes the extension. */
export async function findDesktop(environment: NodeJS.ProcessEnv = process.env): Promise<Desktop> {
  const code = findExecutable(process.platform === 'win32' ? 'code.cmd' : 'code', environment['PATH']);
  if (code === undefined) return { reason: 'no desktop VS Code (`code`) is on the PATH' };
  const shows = ['DISPLAY', 'WAYLAND_DISPLAY', 'VSCODE_IPC_HOOK_CLI', 'WSL_DISTRO_NAME'];
  if (process.platform === 'linux' && !shows.some(name => environment[name]))
    return { reason: `${code} is there but no display to show it on` };
  try {
    const version = (await run(code, ['--version'], { env: environment })).split('\n')[0]!.trim();
    const needed = neededVersion();
    if (isOlder(version, needed)) return { reason: `${code} is version ${version}, and ${needed} is needed` };
    return { code, version };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { reason: error.message };
  }
}

/** Installs the extension in a desktop VS Code and opens a folder with one file of it. Throws `CommandError`. */
export async function openDesktop(code: string, vsix: string, folder: string, file: string): Promise<void> {
  await run(code, ['--install-extension', vsix, '--force']);
  await run(code, ['--new-window', folder, '--goto', file]);
}

/** The oldest VS Code that the extension runs in, such as `1.101.0`. */
function neededVersion(): string {
  const { engines } = JSON.parse(readFileSync(join(projectFolder, 'package.json'), 'utf8')) as {
    engines: { vscode: string };
  };
  return engines.vscode.replace(/^[^\d]*/, '');
}

/** Whether a version such as `1.99.3` is older than another. */
function isOlder(version: string, other: string): boolean {
  const [mine, theirs] = [version, other].map(text => text.split('.').map(part => Number.parseInt(part, 10)));
  for (let at = 0; at < 3; at++) if (mine![at] !== theirs![at]) return (mine![at] ?? 0) < (theirs![at] ?? 0);
  return false;
}
