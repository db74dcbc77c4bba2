import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { CommandError, findExecutable, isExecutable, run } from './commands.ts';

/** No Chromium is there and none can be installed; the message holds the command to run. */
export class ChromiumMissing extends Error {
  override readonly name = 'ChromiumMissing';
}

const names = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge'];
// The samples hold Chinese words; without a font for them pictures show empty boxes.
const installCommand = 'apt-get update && apt-get install -y --no-install-recommends chromium fonts-wqy-microhei';

/** A Chromium on this machine: `CHROMIUM_EXECUTABLE`, one on the PATH, or one that Playwright has fetched. */
export function findChromium(): string | undefined {
  const named = process.env['CHROMIUM_EXECUTABLE'];
  if (named !== undefined && named !== '') {
    if (!isExecutable(named))
      throw new ChromiumMissing(`CHROMIUM_EXECUTABLE is ${named}, which is not an executable file.`);
    return named;
  }
  const onPath = names.map(name => findExecutable(name)).find(found => found !== undefined);
  if (onPath !== undefined) return onPath;
  const fetched = chromium.executablePath();
  return existsSync(fetched) ? fetched : undefined;
}

/** Finds a Chromium, or installs Debian's when this process may (as root, or by sudo without a password). */
export async function installChromium(say: (line: string) => void = console.log): Promise<string> {
  const found = findChromium();
  if (found !== undefined) return found;
  if (findExecutable('apt-get') === undefined)
    throw new ChromiumMissing('No Chromium was found. Install Chromium or Chrome, or set CHROMIUM_EXECUTABLE to one.');
  const asRoot = await rootPrefix();
  if (asRoot === undefined) throw new ChromiumMissing(`No Chromium was found. Run as root: ${installCommand}`);
  say('Installing Chromium from Debian, once …');
  const [command, ...rest] = [...asRoot, 'sh', '-c', installCommand];
  try {
    await run(command, rest, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
  } catch (error) {
    const reason = error instanceof CommandError ? error.message : String(error);
    throw new ChromiumMissing(`Chromium could not be installed.\n${reason}\nRun as root: ${installCommand}`, {
      cause: error,
    });
  }
  const installed = findChromium();
  if (installed === undefined)
    throw new ChromiumMissing(`Debian's chromium is installed but not on the PATH (${process.env['PATH'] ?? ''}).`);
  return installed;
}

/** What to put before a command so that it runs as root: nothing, sudo, or `undefined` when it cannot. */
async function rootPrefix(): Promise<readonly string[] | undefined> {
  if (process.getuid?.() === 0) return [];
  try {
    await run('sudo', ['-n', 'true']);
    return ['sudo', '-n', '--preserve-env=DEBIAN_FRONTEND'];
  } catch {
    return undefined;
  }
}
