import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { lastLines, run } from './commands.ts';
import { node24, serverEntry } from './paths.ts';
import type { Settings } from './settings.ts';

/** The VS Code server did not start or ended by itself; the message holds the end of its log. */
export class ServerError extends Error {
  override readonly name = 'ServerError';
}

export interface ServerOptions {
  /** Holds everything the server writes: settings, installed extensions, state, logs. */
  readonly dataFolder: string;
  /** Port on loopback; 0, the default, takes a free one. */
  readonly port?: number;
  /** Asks for this password before anything is served; without one everybody on this machine is let in. */
  readonly password?: string;
  /** What the page says that asks for the password. */
  readonly signIn?: { readonly title: string; readonly hint: string };
  /**
   * Lets the address of a page name an extension under development and a test entry. VS Code then also suppresses
   * notifications, so tests of what a person sees leave this off and install the VSIX.
   */
  readonly testDriver?: boolean;
  /** Folder that a window shows which asks for none. */
  readonly folder?: string;
  /** Added to the environment of the server and so of its extension host. */
  readonly env?: NodeJS.ProcessEnv;
}

export interface Server {
  readonly port: number;
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Process id of the server; its whole process group is ours. */
  readonly pid: number;
  /** Resolves with the reason when the server ends without `stop` having been called. */
  readonly ended: Promise<string>;
  log(): string;
  /** Ends the server, its extension hosts and terminals. */
  stop(): Promise<void>;
}

const startTimeout = 60_000;
const stopTimeout = 5_000;

/** Writes the settings of a person into a data folder before the server starts; `keep` leaves existing ones alone. */
export function writeSettings(dataFolder: string, settings: Settings, keep = false): void {
  const file = settingsFile(dataFolder);
  if (keep && existsSync(file)) return;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(settings, null, 2)}\n`);
}

/** `settings.json` of a data folder. */
export function settingsFile(dataFolder: string): string {
  return join(dataFolder, 'User', 'settings.json');
}

/** Where a data folder keeps its installed extensions. */
export function extensionsFolder(dataFolder: string): string {
  return join(dataFolder, 'extensions');
}

/** Installs a packaged extension as a person would: `--install-extension FILE --force`. */
export async function installExtension(dataFolder: string, vsix: string): Promise<void> {
  const installing = ['--install-extension', resolve(vsix), '--force'];
  await run(node24, [...serverArguments(dataFolder), ...installing], { env: serverEnvironment(dataFolder, {}) });
}

/** Starts VS Code's server on loopback and waits until it listens. */
export async function startServer(options: ServerOptions): Promise<Server> {
  const { dataFolder, port = 0, password, folder, signIn, testDriver = false } = options;
  const serving = [
    ...['--bind-addr', `127.0.0.1:${port}`, '--auth', password === undefined ? 'none' : 'password'],
    ...['--disable-telemetry', '--disable-update-check', '--disable-getting-started-override', '--ignore-last-opened'],
    ...(testDriver ? ['--vscode-option', 'enable-smoke-test-driver'] : []),
    ...(signIn === undefined ? [] : signInArguments(dataFolder, signIn)),
    ...(folder === undefined ? [] : [folder]),
  ];
  const child = spawn(node24, [...serverArguments(dataFolder), ...serving], {
    env: serverEnvironment(dataFolder, { ...options.env, ...(password === undefined ? {} : asksFor(password)) }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own: Ctrl+C reaches us only, and one signal ends the server with all that it started.
    detached: true,
  });
  const group = new ProcessGroup(child);
  let log = '';
  const listening = new Promise<number>((found, failed) => {
    const read = (chunk: Buffer): void => {
      log += chunk.toString();
      const address = /HTTP server listening on http:\/\/127\.0\.0\.1:(\d+)/.exec(log);
      if (address) found(Number(address[1]));
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    void group.ended.then(reason => {
      failed(new ServerError(`VS Code's server ended while starting (${reason}).\n${lastLines(log, 20)}`));
    });
  });
  const timedOut = AbortSignal.timeout(startTimeout);
  const tooLate = new Promise<never>((_found, failed) => {
    timedOut.addEventListener('abort', () => {
      failed(
        new ServerError(`VS Code's server did not listen within ${startTimeout / 1000} s.\n${lastLines(log, 20)}`),
      );
    });
  });
  try {
    const bound = await Promise.race([listening, tooLate]);
    return {
      port: bound,
      origin: `http://127.0.0.1:${bound}`,
      pid: child.pid!,
      ended: group.ended,
      log: () => log,
      stop: () => group.stop(),
    };
  } catch (error) {
    await group.stop();
    throw error;
  }
}

function serverArguments(dataFolder: string): string[] {
  mkdirSync(extensionsFolder(dataFolder), { recursive: true });
  // Without a configuration of its own code-server writes one, with a password, into the home folder.
  const config = join(dataFolder, 'server.yaml');
  writeFileSync(config, 'auth: none\n');
  return [
    serverEntry,
    '--config',
    config,
    '--user-data-dir',
    dataFolder,
    '--extensions-dir',
    extensionsFolder(dataFolder),
  ];
}

function signInArguments(dataFolder: string, { title, hint }: NonNullable<ServerOptions['signIn']>): string[] {
  const words = join(dataFolder, 'words.json');
  writeFileSync(
    words,
    JSON.stringify({ WELCOME: title, LOGIN_BELOW: '', LOGIN_USING_HASHED_PASSWORD: hint, SUBMIT: 'Open' }),
  );
  return ['--app-name', title, '--i18n', words];
}

/**
 * The password as code-server takes it from its environment, never from the command line, which everybody can read.
 * Given the plain one it would run Argon2, a slow hash against guessing, at every request, which made the first window
 * take three times as long; a password of random letters needs none.
 */
function asksFor(password: string): NodeJS.ProcessEnv {
  return { HASHED_PASSWORD: createHash('sha256').update(password).digest('hex') };
}

function serverEnvironment(dataFolder: string, added: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(
    // An integrated terminal of another VS Code sets VSCODE_*; `npm run` sets npm_*; neither is meant for this one.
    ([name]) => !/^(VSCODE_|ELECTRON_|npm_|PORT$|PASSWORD$|HASHED_PASSWORD$|NODE_OPTIONS$)/.test(name),
  );
  // The server's own logs and sockets follow the data folder as well.
  return { ...Object.fromEntries(kept), XDG_DATA_HOME: join(dataFolder, 'share'), ...added };
}

/** A detached child process together with everything that it has started. */
class ProcessGroup {
  readonly ended: Promise<string>;
  readonly #child: ChildProcess;
  #stopping = false;
  readonly #atExit = (): void => {
    this.#kill('SIGKILL');
  };

  constructor(child: ChildProcess) {
    this.#child = child;
    process.once('exit', this.#atExit);
    this.ended = new Promise(resolve => {
      child.once('error', error => {
        resolve(error.message);
      });
      child.once('exit', (code, signal) => {
        if (!this.#stopping) resolve(signal ?? `exit code ${String(code)}`);
      });
    });
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    const { exitCode, signalCode } = this.#child;
    if (exitCode === null && signalCode === null && this.#child.pid !== undefined) {
      const gone = new Promise<void>(resolve => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      await Promise.race([gone, pause(stopTimeout, undefined, { ref: false })]);
    }
    this.#kill('SIGKILL');
    process.off('exit', this.#atExit);
  }

  #kill(signal: NodeJS.Signals): void {
    try {
      if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
    } catch {
      // Nothing of the group is left.
    }
  }
}
