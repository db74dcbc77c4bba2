import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env?: Record<string, string>;
}

/** A process that tells its version in a first line and then answers one line with one line. */
export class Runner {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  #errors = '';

  private constructor({ command, args, env }: Program) {
    this.#child = spawn(command, args, { env: { ...process.env, ...env } });
    this.#child.stderr.on('data', (chunk: Buffer) => (this.#errors = (this.#errors + chunk.toString()).slice(-500)));
    this.#child.on('error', error => (this.#errors += error.message));
    // Writing to a process that has ended is told by the missing answer.
    this.#child.stdin.on('error', () => undefined);
    this.#lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]();
  }

  /** @throws Error with the last line of what the program complained of. */
  static async start(program: Program): Promise<{ runner: Runner; title: string }> {
    const runner = new Runner(program);
    try {
      return { runner, title: await runner.#line() };
    } catch (error) {
      runner.end();
      throw error;
    }
  }

  ask(question: string): Promise<string> {
    this.#child.stdin.write(`${question}\n`);
    return this.#line();
  }

  end(): void {
    this.#child.stdin.end();
    this.#child.kill();
  }

  async #line(): Promise<string> {
    const next = await this.#lines.next();
    if (next.done) throw new Error(this.#errors.trim().split('\n').at(-1) ?? 'ended without an answer');
    return next.value;
  }
}
