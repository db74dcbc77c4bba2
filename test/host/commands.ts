import { spawn } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** A command that could not be started or did not end with 0. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /**
   * @param commandLine as a person would type it
   * @param reason how it ended: `exit code 1`, `signal SIGKILL`, `command not found`
   * @param tail its last lines of output
   */
  constructor(commandLine: string, reason: string, tail: string) {
    super(`${commandLine}: ${reason}${tail === '' ? '' : `\n${tail}`}`);
  }
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Lets the person see the output as it comes; otherwise it is collected and shown only in an error. */
  readonly show?: boolean;
}

/** Runs a command to its end and gives back what it wrote to stdout. Throws `CommandError` unless it ends with 0. */
export function run(
  command: string,
  commandArguments: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  const commandLine = [command, ...commandArguments].join(' ');
  return new Promise((resolve, reject) => {
    const child = spawn(command, commandArguments, {
      cwd: options.cwd,
      env: options.env ?? process.env,
      stdio: ['ignore', options.show ? 'inherit' : 'pipe', options.show ? 'inherit' : 'pipe'],
    });
    let output = '';
    let everything = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      output += chunk.toString();
      everything += chunk.toString();
    });
    child.stderr?.on('data', (chunk: Buffer) => (everything += chunk.toString()));
    child.once('error', error => {
      const missing = 'code' in error && error.code === 'ENOENT';
      reject(new CommandError(commandLine, missing ? 'command not found' : error.message, ''));
    });
    child.once('close', (code, signal) => {
      if (code === 0) resolve(output);
      else
        reject(
          new CommandError(
            commandLine,
            signal ? `signal ${signal}` : `exit code ${String(code)}`,
            lastLines(everything, 25),
          ),
        );
    });
  });
}

/** The last `count` lines of a text. */
export function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Finds an executable on the PATH; `undefined` when there is none. */
export function findExecutable(name: string, path = process.env['PATH'] ?? ''): string | undefined {
  return path
    .split(delimiter)
    .filter(folder => folder !== '')
    .map(folder => join(folder, name))
    .find(isExecutable);
}

/** Whether a path is a file that this user may execute. */
export function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
