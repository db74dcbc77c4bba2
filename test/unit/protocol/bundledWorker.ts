import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineClient } from '../../../engine/protocol/client.ts';
import { type EngineStart, engineThread } from '../../../engine/protocol/engineRunner.ts';

const ROOT = join(import.meta.dirname, '../../..');
const PLACES: EngineStart = {
  kernels: join(ROOT, 'dist'),
  data: join(ROOT, 'dist/data'),
};

/** The engine's worker, bundled as it ships, and what was started of it. */
export class BundledWorker {
  readonly #clients: EngineClient[] = [];
  #folder = '';

  async make(): Promise<void> {
    this.#folder = await mkdtemp(join(tmpdir(), 'rnn-worker-'));
    await build({
      bundle: true,
      entryPoints: { engineWorker: join(ROOT, 'engine/worker.ts'), kernelThread: join(ROOT, 'engine/kernelThread.ts') },
      outdir: this.#folder,
      platform: 'node',
      format: 'cjs',
      target: 'node20',
      logLevel: 'error',
    });
  }

  start(start: EngineStart = {}): EngineClient {
    const client = new EngineClient(engineThread(join(this.#folder, 'engineWorker.js'), { ...PLACES, ...start }));
    this.#clients.push(client);
    return client;
  }

  async remove(): Promise<void> {
    await Promise.all(this.#clients.map(client => client.kill()));
    await rm(this.#folder, { recursive: true, force: true });
  }
}
