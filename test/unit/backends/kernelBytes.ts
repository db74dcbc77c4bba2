import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The compiled kernels (`node esbuild.config.mjs --only=kernels`). */
export const KERNEL_BYTES = readFileSync(join(import.meta.dirname, '../../../dist/kernels.wasm'));
