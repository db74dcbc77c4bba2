/** Prints the bits that this Node trains with both builds: `node bitsInNode.js DIST THREADS…`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWasmBackend } from '../../engine/backends/wasm.ts';
import { nodeThreads } from '../../engine/backends/wasm/nodeThreads.ts';
import { teams } from '../../engine/backends/wasm/threadTeam.ts';
import { KERNEL_BUILDS } from '../../engine/kernels/builds.ts';
import { trainedBits } from '../unit/backends/trainedBits.ts';

const [dist = '', ...threads] = process.argv.slice(2);
const [plain, shared] = [KERNEL_BUILDS.plain, KERNEL_BUILDS.shared].map(({ file }) => readFileSync(join(dist, file)));
const backend = createWasmBackend(plain!, { gather: teams(shared!, nodeThreads(join(__dirname, 'kernelThread.js'))) });
const answer = {
  'plain build': trainedBits(createWasmBackend(plain!), 1),
  'build for threads, 1 thread': trainedBits(createWasmBackend(shared!, { build: KERNEL_BUILDS.shared }), 1),
  ...Object.fromEntries(
    threads.map(count => [`build for threads, ${count} threads`, trainedBits(backend, Number(count))]),
  ),
};
process.stdout.write(JSON.stringify(answer), () => process.exit());
