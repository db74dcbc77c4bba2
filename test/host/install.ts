// Installs a real VS Code (code-server: server, workbench, extension host) with the Node 24 that it needs, from the npm
// registry only, into a git-ignored folder of the project. Nothing outside that folder is touched.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { CommandError, run } from './commands.ts';
import { withLock } from './lock.ts';
import { hostFolder, node24, node24Folder, nodePackage, serverEntry, serverFolder, versions } from './paths.ts';

/** The test host could not be installed; the message says which part, what failed and how to go on. */
export class InstallError extends Error {
  override readonly name = 'InstallError';
}

const stampFile = join(hostFolder, 'installed.json');
const stamp = JSON.stringify({ ...versions, nodePackage, layout: 1 });
const quiet = ['--no-audit', '--no-fund', '--no-update-notifier', '--loglevel=error'];

/** Whether the host of exactly these versions stands ready. */
export function isInstalled(): boolean {
  return (
    existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp && existsSync(node24) && existsSync(serverEntry)
  );
}

/**
 * Installs the workbench unless it is there: about 255 MB fetched, 805 MB on disk, half a minute on a fast line. Safe to
 * call from several processes at once; a half-done installation is finished by the next call. Throws `InstallError`.
 */
export async function installWorkbench(say: (line: string) => void = console.log): Promise<void> {
  if (isInstalled()) return;
  if (process.platform === 'win32')
    throw new InstallError('code-server does not run on Windows: install desktop VS Code with `code` on the PATH.');
  await withLock(
    join(hostFolder, 'install.lock'),
    () => {
      say('Waiting for another process that is installing VS Code …');
    },
    async () => {
      if (!isInstalled()) await install(say);
    },
  );
}

async function install(say: (line: string) => void): Promise<void> {
  const started = Date.now();
  rmSync(stampFile, { force: true });
  say(
    `Installing VS Code ${versions.vscode} (code-server ${versions.codeServer}) and Node ${versions.node} from npm, once …`,
  );
  writeFileSync(
    join(hostFolder, 'package.json'),
    JSON.stringify({
      name: 'rnn-explorer-host',
      private: true,
      version: '0.0.0',
      dependencies: { 'code-server': versions.codeServer, [nodePackage]: versions.node },
    }),
  );
  // code-server's own postinstall refuses every Node but 24 and compiles addons that need more of the system; its steps
  // that matter are the ones below.
  await npm('code-server and Node 24', hostFolder, ['install', '--ignore-scripts', '--engine-strict=false']);
  say(`  1 of 4 · code-server and Node (${seconds(started)})`);
  await npm("VS Code's own packages", serverFolder, ['install', '--omit=dev', '--ignore-scripts']);
  say(`  2 of 4 · VS Code's own packages (${seconds(started)})`);
  await npm("the built-in extensions' packages", join(serverFolder, 'extensions'), [
    'install',
    '--omit=dev',
    '--ignore-scripts',
  ]);
  const suffix = process.platform === 'darwin' ? 'darwin' : 'linux';
  link(`code-${suffix}.sh`, join(serverFolder, 'bin', 'remote-cli', 'code-server'));
  link(`browser-${suffix}.sh`, join(serverFolder, 'bin', 'helpers', 'browser.sh'));
  say(`  3 of 4 · built-in extensions (${seconds(started)})`);
  await compileAddons(say);
  await probe();
  const unfinished = `${stampFile}.${process.pid}`;
  writeFileSync(unfinished, stamp);
  renameSync(unfinished, stampFile);
  say(`  4 of 4 · ready (${seconds(started)})`);
}

/**
 * Two small addons come without a prebuilt binary: spdlog (log files) and native-watchdog. They are compiled with the
 * headers that the Node package carries; without a compiler the workbench runs all the same.
 */
async function compileAddons(say: (line: string) => void): Promise<void> {
  try {
    await npm('two native addons', serverFolder, ['rebuild', '@vscode/spdlog', '@vscode/native-watchdog']);
  } catch (error) {
    if (!(error instanceof InstallError)) throw error;
    say(
      '  Warning: python3, make and g++ are needed to compile the log addon; VS Code runs without its own log files.',
    );
  }
}

async function probe(): Promise<void> {
  try {
    await run(node24, [serverEntry, '--config', join(hostFolder, 'config.yaml'), '--version']);
  } catch (error) {
    throw explained('code-server was installed but does not start', error);
  }
}

async function npm(what: string, cwd: string, npmArguments: readonly string[]): Promise<void> {
  try {
    await run('npm', [...npmArguments, ...quiet], { cwd, env: npmEnvironment() });
  } catch (error) {
    throw explained(`${what} could not be installed`, error);
  }
}

/** The registry and proxy settings of the person stay; what `npm run` adds about this project and the headers of another Node do not. */
function npmEnvironment(): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    ([name]) =>
      !/^npm_(package|lifecycle)_/.test(name) &&
      !/^npm_config_(local_prefix|omit|only|production|nodedir)$/i.test(name),
  );
  return {
    ...Object.fromEntries(kept),
    NODE_ENV: 'development',
    npm_config_nodedir: node24Folder,
    // Addons must be compiled for, and probed by, the Node that will load them.
    PATH: existsSync(node24) ? [join(node24Folder, 'bin'), process.env['PATH']].join(delimiter) : process.env['PATH'],
  };
}

function explained(what: string, error: unknown): InstallError {
  const reason = error instanceof CommandError ? error.message : String(error);
  return new InstallError(
    `${what}.\n${reason}\n` +
      `Is the npm registry reachable (npm ping) and is there 1 GB of free space in ${hostFolder}? ` +
      'Run the same command again to go on where it stopped; delete that folder to start afresh.',
    { cause: error },
  );
}

function link(target: string, file: string): void {
  rmSync(file, { force: true });
  mkdirSync(join(file, '..'), { recursive: true });
  symlinkSync(target, file);
}

function seconds(since: number): string {
  return `${((Date.now() - since) / 1000).toFixed(0)} s`;
}
