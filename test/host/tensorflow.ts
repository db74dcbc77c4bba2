// Sets up tfjs-node with TensorFlow's own library, from package registries alone, in a git-ignored folder of the project:
// the package from the npm registry without its own download, libtensorflow 2.15.1 out of PyPI's wheel of tensorflow-cpu,
// and the binding compiled against it from the sources that the npm package carries.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommandError, findExecutable, run } from './commands.ts';
import { withLock } from './lock.ts';
import { hostFolder } from './paths.ts';

/** Folder whose `node_modules` hold tfjs-node with its library, after `installTensorflow`. */
export const tensorflowFolder = join(hostFolder, 'tensorflow');

const TFJS_NODE = '4.22.0';
const TENSORFLOW = '2.15.1';

/** TensorFlow could not be set up; the message says what is missing or what failed. */
export class TensorflowSetupError extends Error {
  override readonly name = 'TensorflowSetupError';
}

const stampFile = join(tensorflowFolder, 'installed.json');

export function isTensorflowInstalled(): boolean {
  return existsSync(stampFile);
}

/**
 * Sets TensorFlow up unless it is there: some 250 MB fetched, 600 MB on disk, half a minute on a fast line. Needs Linux on
 * x64, python3 with pip, g++ and PyPI. Throws `TensorflowSetupError`.
 */
export async function installTensorflow(say: (line: string) => void = console.log): Promise<void> {
  if (isTensorflowInstalled()) return;
  if (process.platform !== 'linux' || process.arch !== 'x64')
    throw new TensorflowSetupError(
      `TensorFlow is set up on Linux x64 only; this is ${process.platform} ${process.arch}`,
    );
  const missing = ['python3', 'g++', 'npm'].filter(name => findExecutable(name) === undefined);
  if (missing.length > 0) throw new TensorflowSetupError(`${missing.join(', ')} not found on the PATH`);
  mkdirSync(hostFolder, { recursive: true });
  await withLock(
    join(hostFolder, 'tensorflow.lock'),
    () => {
      say('Another process sets TensorFlow up; waiting for it');
    },
    async () => {
      if (isTensorflowInstalled()) return;
      say('Setting up TensorFlow (tfjs-node with its library)');
      rmSync(tensorflowFolder, { recursive: true, force: true });
      mkdirSync(tensorflowFolder, { recursive: true });
      const wheels = mkdtempSync(join(tmpdir(), 'rnn-tensorflow-'));
      try {
        await setUp(wheels);
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        throw new TensorflowSetupError(error.message);
      } finally {
        rmSync(wheels, { recursive: true, force: true });
      }
      writeFileSync(stampFile, JSON.stringify({ tfjsNode: TFJS_NODE, tensorflow: TENSORFLOW }));
    },
  );
}

/** Parts of the wheel that the binding is compiled against and runs with. */
const WHEEL_PARTS = ['libtensorflow_', 'include/tensorflow/c/', 'include/tensorflow/tsl/', 'include/tsl/', 'include/tensorflow/core/platform/']; // prettier-ignore
const UNPACK =
  'import sys, zipfile; w = zipfile.ZipFile(sys.argv[1]); w.extractall(sys.argv[2], [n for n in w.namelist() if n.startswith(tuple("tensorflow/" + p for p in sys.argv[3:]))])';

async function setUp(wheels: string): Promise<void> {
  writeFileSync(join(tensorflowFolder, 'package.json'), '{ "private": true }\n');
  // prettier-ignore
  await run('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error', `@tensorflow/tfjs-node@${TFJS_NODE}`, 'node-api-headers'], { cwd: tensorflowFolder });
  // prettier-ignore
  await run('python3', ['-m', 'pip', 'download', '-q', '--no-deps', '--only-binary=:all:', '--python-version', '3.11', '--platform', 'manylinux_2_17_x86_64', '--platform', 'manylinux2014_x86_64', '-d', wheels, `tensorflow-cpu==${TENSORFLOW}`]);
  const wheel = readdirSync(wheels).find(name => name.endsWith('.whl'));
  await run('python3', ['-c', UNPACK, join(wheels, wheel!), wheels, ...WHEEL_PARTS]);
  const modules = join(tensorflowFolder, 'node_modules');
  const tfjsNode = join(modules, '@tensorflow', 'tfjs-node');
  const libraries = join(tfjsNode, 'deps', 'lib');
  const binding = join(tfjsNode, 'lib', 'napi-v8');
  mkdirSync(libraries, { recursive: true });
  mkdirSync(binding, { recursive: true });
  for (const name of ['libtensorflow_cc.so', 'libtensorflow_framework.so']) {
    await run('cp', [join(wheels, 'tensorflow', `${name}.2`), join(libraries, `${name}.2`)]);
    symlinkSync(`${name}.2`, join(libraries, name));
  }
  const sources = ['tfjs_backend.cc', 'tfjs_binding.cc'].map(name => join(tfjsNode, 'binding', name));
  const include = [join(tfjsNode, '..'), join(wheels, 'tensorflow', 'include'), join(modules, 'node-api-headers', 'include')]; // prettier-ignore
  const made = join(binding, 'tfjs_binding.node');
  await run('g++', [
    ...['-O2', '-shared', '-fPIC', '-std=c++17', '-DNAPI_VERSION=8', '-DBUILDING_NODE_EXTENSION'],
    ...include.map(folder => `-I${folder}`),
    ...sources,
    ...['-o', `${made}.new`, `-L${libraries}`, '-ltensorflow_cc', '-ltensorflow_framework'],
    '-Wl,-rpath,$ORIGIN/../../deps/lib',
  ]);
  renameSync(`${made}.new`, made);
}
