import { build } from 'esbuild';
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWasmBackend } from '../../engine/backends/wasm.ts';
import { KERNEL_BUILDS } from '../../engine/kernels/builds.ts';
import { installWorkbench } from '../host/install.ts';
import { node24, projectFolder } from '../host/paths.ts';
import { trainedBits } from '../unit/backends/trainedBits.ts';
import type { Answer } from './bitsWorker.ts';
import { launchBrowser } from './browser.ts';

const { plain, shared } = KERNEL_BUILDS;
const dist = join(projectFolder, 'dist');
const THREADS = [2, 3, 4];

/** Asks a worker of the page for the bits that it trains; runs in the page. */
const ask = `async () => {
  const bytesOf = async file => new Uint8Array(await (await fetch(file)).arrayBuffer());
  const order = { plain: await bytesOf('${plain.file}'), shared: await bytesOf('${shared.file}'), threads: ${JSON.stringify(THREADS)} };
  const worker = new Worker('bitsWorker.js');
  return new Promise(done => {
    worker.onmessage = ({ data }) => (data === 'begun' ? worker.postMessage({ order }) : done(data));
    worker.onerror = event => done({ error: event.message });
  });
}`;

describe('the same bits of all weights after 100 steps of LSTM, GRU and RNN, fused and composed', function () {
  this.timeout(180_000);
  const expected = trainedBits(createWasmBackend(readFileSync(join(dist, plain.file))), 1);
  let folder: string;
  let server: Server;
  let address: string;
  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'rnn-bits-'));
    const common = { bundle: true, outdir: folder, logLevel: 'error' } as const;
    await build({ ...common, entryPoints: [join(import.meta.dirname, 'bitsWorker.ts')], platform: 'browser', format: 'iife' });
    await build({ ...common, entryPoints: { bitsInNode: join(import.meta.dirname, 'bitsInNode.ts'), kernelThread: join(projectFolder, 'engine/kernelThread.ts') }, platform: 'node', format: 'cjs' });
    server = createServer(({ url = '/' }, response) => {
      // Without these two there is no SharedArrayBuffer.
      const headers = { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' };
      const place = [plain.file, shared.file].some(file => file === url.slice(1)) ? dist : folder;
      if (url === '/') response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end('<!doctype html>');
      else if (url === '/bitsWorker.js' || place === dist) response.writeHead(200, { ...headers, 'Content-Type': url.endsWith('.js') ? 'text/javascript' : 'application/wasm' }).end(readFileSync(join(place, url.slice(1))));
      else response.writeHead(404).end();
    });
    await new Promise<void>(listening => server.listen(0, '127.0.0.1', listening));
    address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  }); // prettier-ignore
  after(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  function assertAll(answer: Answer): void {
    const names = ['plain build', ...[1, ...THREADS].map(count => `build for threads, ${count} thread${count === 1 ? '' : 's'}`)]; // prettier-ignore
    assert.deepEqual(answer, Object.fromEntries(names.map(name => [name, expected])));
  }

  it('in this Node, single-threaded and with 1 to 4 threads over shared memory', () => {
    const out = execFileSync(process.execPath, [join(folder, 'bitsInNode.js'), dist, ...THREADS.map(String)]);
    assertAll(JSON.parse(out.toString()) as Answer);
  });

  it('in Node 24, which VS Code runs, single-threaded and with 1 to 4 threads over shared memory', async () => {
    await installWorkbench();
    const out = execFileSync(node24, [join(folder, 'bitsInNode.js'), dist, ...THREADS.map(String)]);
    assertAll(JSON.parse(out.toString()) as Answer);
  });

  it('in Chromium, single-threaded and with 1 to 4 web workers over shared memory', async () => {
    const browser = await launchBrowser();
    try {
      const page = await browser.newPage();
      await page.goto(address);
      const { answer, error } = await page.evaluate<{ answer?: Answer; error?: string }>(`(${ask})()`);
      assert.equal(error, undefined);
      assertAll(answer!);
    } finally {
      await browser.close();
    }
  });
});
