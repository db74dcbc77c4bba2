import { build } from 'esbuild';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmBackend } from '../../engine/backends/wasm.ts';
import { installWorkbench } from '../host/install.ts';
import { node24, projectFolder } from '../host/paths.ts';
import { trainedBits } from '../unit/backends/trainedBits.ts';
import { generatedBits } from '../unit/data/generatedBits.ts';
import { launchBrowser } from './browser.ts';

const kernels = readFileSync(join(projectFolder, 'dist/kernels.wasm'));
/** Leaves the bits of weights that the kernels (as base64) train, and those of generated data. */
const program = `
  import { createWasmBackend } from ${JSON.stringify(join(projectFolder, 'engine/backends/wasm.ts'))};
  import { trainedBits } from ${JSON.stringify(join(projectFolder, 'test/unit/backends/trainedBits.ts'))};
  import { generatedBits } from ${JSON.stringify(join(projectFolder, 'test/unit/data/generatedBits.ts'))};
  globalThis.bitsOf = text => ({
    trained: trainedBits(createWasmBackend(Uint8Array.from(atob(text), c => c.charCodeAt(0))), 1),
    generated: generatedBits(),
  });
`;

describe('the same bits of all weights after 100 steps, and of generated data', () => {
  const expected = { trained: trainedBits(createWasmBackend(kernels), 1), generated: generatedBits() };
  let folder: string;
  let bundle: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-bits-'));
    bundle = join(folder, 'bits.cjs');
    const stdin = { contents: program, resolveDir: projectFolder };
    await build({ bundle: true, stdin, outfile: bundle, platform: 'neutral', format: 'iife', logLevel: 'error', mainFields: ['module', 'main'] });
  }); // prettier-ignore
  after(() => {
    rmSync(folder, { recursive: true });
  });

  it('in Node 24, which VS Code runs', async () => {
    await installWorkbench();
    const script = `require(process.argv[1]); console.log(JSON.stringify(bitsOf(process.argv[2])))`;
    const out = execFileSync(node24, ['-e', script, bundle, kernels.toString('base64')]).toString();
    assert.deepEqual(JSON.parse(out), expected);
  });

  it('in Chromium', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.evaluate(readFileSync(bundle, 'utf8'));
      const found = await page.evaluate(`bitsOf(${JSON.stringify(kernels.toString('base64'))})`);
      assert.deepEqual(found, expected);
    } finally {
      await browser.close();
    }
  });
});
