/**
 * `npm run bench:setup`: puts what our engine is compared with into folders of its own: TensorFlow.js and Node 24 from npm,
 * Debian's PyTorch, and, where PyPI can be reached, TensorFlow (250 MB) and tfjs-node with TensorFlow's library. Whatever
 * could not be set up shows in the bench as a contender that could not run.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { installTensorflow } from '../host/tensorflow.ts';
import { BENCH, MODULES, PYTHON, PYTHON_FOLDER } from './places.ts';

const TENSORFLOW = 'tensorflow-cpu==2.15.1';

/** @param python also what comes from PyPI, which takes minutes. */
export async function setUp({ python }: { readonly python: boolean }): Promise<void> {
  if (!existsSync(MODULES))
    attempt('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', '--no-package-lock']);
  // Debian's PyTorch calls whatever BLAS there is; without OpenBLAS that is the slow reference.
  if (
    existsSync('/usr/bin/apt-get') &&
    process.getuid?.() === 0 &&
    !existsSync('/usr/share/doc/libopenblas0-pthread')
  ) {
    attempt('apt-get', ['install', '-y', '-qq', 'python3-torch', 'libopenblas0-pthread']);
  }
  if (!python) return;
  if (!existsSync(PYTHON)) {
    attempt('python3', ['-m', 'venv', PYTHON_FOLDER]);
    attempt(PYTHON, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', TENSORFLOW]);
  }
  await installTensorflow().catch((error: unknown) => {
    console.error(String(error));
  });
}

/** Runs a command whose failure shows later, as a contender that could not run. */
function attempt(command: string, args: readonly string[]): void {
  try {
    execFileSync(command, args, { cwd: BENCH, stdio: ['ignore', 'ignore', 'inherit'] });
  } catch (error) {
    console.error(`${command} ${args.join(' ')}: ${(error as Error).message}`);
  }
}

if (process.argv[1] === import.meta.filename) void setUp({ python: true });
