/** Installs packages by the npm that the person has, into a folder that stays as it was unless all went well. */
import { spawn } from 'node:child_process';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { EngineError } from '../../engine/errors.ts';
import { phrase } from '../../engine/model/phrase.ts';

export interface NpmInstall {
  /** Will hold `node_modules`. */
  readonly folder: string;
  /** `@tensorflow/tfjs-node@4.22.0` */
  readonly packages: readonly string[];
  readonly signal: AbortSignal;
  /** Told every line that npm writes. */
  readonly line: (text: string) => void;
  /** Looks whether what was installed works; where it throws, nothing stays. */
  readonly tryOut?: (folder: string) => Promise<void>;
  /** Environment in which npm is looked for; that of this process where it is left out. */
  readonly env?: NodeJS.ProcessEnv;
}

/**
 * @throws EngineError `missing-file` when there is no npm, `cancelled`, `storage` with npm's reason when it fails, or what
 *   `tryOut` throws; the folder is then as it was.
 */
export async function npmInstall({
  folder,
  packages,
  signal,
  line,
  tryOut,
  env = process.env,
}: NpmInstall): Promise<void> {
  const fresh = `${folder}.new`;
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    await writeFile(`${fresh}/package.json`, '{ "private": true }\n');
    await runNpm(['install', '--no-audit', '--no-fund', '--foreground-scripts', ...packages], fresh, {
      signal,
      line,
      env,
    });
    await tryOut?.(fresh);
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    if (error instanceof EngineError) throw error;
    const reason = error instanceof Error ? error.message : String(error);
    throw new EngineError('storage', phrase('{0} cannot be written: {1}', folder, reason), { cause: error });
  }
}

/** Lines of npm's that are kept for the message, where none says what went wrong. */
const LAST_LINES = 3;
/** A line of what npm has run that says what went wrong: `Error: getaddrinfo ENOTFOUND host`. */
const REASON = /^(?:[A-Za-z]*Error|fatal error|gyp ERR!): .*/;

function runNpm(args: readonly string[], cwd: string, { signal, line, env }: Required<Pick<NpmInstall, 'signal' | 'line' | 'env'>>): Promise<void> {
  return new Promise((resolve, reject) => {
    // On Windows npm is a script, which only a shell can start; the arguments are our own.
    const npm = spawn('npm', args, { cwd, env, signal, shell: process.platform === 'win32', stdio: ['ignore', 'pipe', 'pipe'] });
    const last: string[] = [];
    let reason: string | undefined;
    for (const stream of [npm.stdout, npm.stderr])
      stream.on('data', (chunk: Buffer) => {
        for (const text of chunk.toString().split('\n').filter(one => one.trim() !== '')) {
          line(text);
          reason ??= REASON.exec(text.trim())?.[0];
          last.push(text.trim());
          if (last.length > LAST_LINES) last.shift();
        }
      });
    npm.once('error', error => {
      if (signal.aborted) reject(new EngineError('cancelled', phrase('The installation was cancelled')));
      else if ('code' in error && error.code === 'ENOENT')
        reject(new EngineError('missing-file', phrase('npm was not found on the PATH. Install Node.js, which brings it, and start VS Code again.')));
      else reject(error);
    });
    npm.once('close', code => {
      if (code === 0) resolve();
      else reject(new EngineError('storage', phrase('npm has failed (exit code {0}): {1}', code ?? 'unknown', reason ?? last.join(' · '))));
    });
  });
} // prettier-ignore
