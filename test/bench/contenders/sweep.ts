/**
 * Our engine around the notes' network, one dimension at a time: prints Markdown tables of a training step's time and of
 * the network's memory. Every row is timed in turns with the notes' network, so that both meet the same weather.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Batch, Network } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError } from '../../../engine/errors.ts';
import { linkKernels, TILES } from '../../../engine/kernels/kernels.ts';
import { measureTile, PROBE_BYTES } from '../../../engine/kernels/tiles.ts';
import { median } from '../median.ts';
import { batchOf, CELL_KINDS, FEATURES, NOTES, operations, type Setting, specOf } from '../network.ts';

/** The built `dist` folder, and the dimensions that are swept; none: all. */
const [dist = '', ...dimensions] = process.argv.slice(2);
/** Values that Adam keeps for every weight, the weight and its gradient. */
const COPIES = 4;
/** Milliseconds that a row may take, and the steps it gets at least and at most. */
const [PATIENCE, LEAST, MOST] = [3000, 3, 15];

const SWEEPS: readonly (readonly [string, Setting, readonly Setting[]])[] = [
  ['Steps', NOTES, [10, 28, 100, 300, 5000].map(steps => ({ ...NOTES, steps }))],
  ['Steps, batch 16', { ...NOTES, batch: 16 }, [10, 28, 100, 300, 1000, 2000, 5000].map(steps => ({ ...NOTES, batch: 16, steps }))],
  ['Layers', NOTES, [1, 2, 3, 4, 6, 8].map(layers => ({ ...NOTES, layers }))],
  ['Units', NOTES, [16, 32, 64, 128, 150, 256, 512, 1024].map(units => ({ ...NOTES, units }))],
  ['Batch', NOTES, [1, 4, 8, 16, 32, 64, 150, 256, 512].map(batch => ({ ...NOTES, batch }))],
  ['Cells', NOTES, Object.values(CELL_KINDS).map(kind => ({ ...NOTES, kind }))],
]; // prettier-ignore

const backend = createWasmBackend(readFileSync(join(dist, 'kernels.wasm')));
const kernels = linkKernels(
  new WebAssembly.Module(readFileSync(join(dist, 'kernels.wasm'))),
  new WebAssembly.Memory({ initial: 4 }),
);
const probe = Math.ceil(kernels.reservedBytes() / PROBE_BYTES) * PROBE_BYTES;
for (let k = 0; k < 5; k++) peak();

function open(setting: Setting): Network {
  return backend.createNetwork(specOf(setting), { seed: 1, batchSize: setting.batch });
}

/** Bytes of weights, gradients, optimizer slots, the batch, activations and their gradients. */
function needed({ kind, layers, units, batch, steps }: Setting, network: Network): number {
  const weights = network.parameters.reduce((sum, { shape }) => sum + shape.reduce((size, n) => size * n, 1), 0);
  const values = batch * steps * (FEATURES + layers * units * (kind.kept + kind.slopes));
  return 4 * (COPIES * weights + values);
}

/** GFLOP/s of the best bare tile. */
function peak(): number {
  return Math.max(...TILES.map((_, shape) => measureTile(kernels, shape, probe, 10)));
}

/** Milliseconds of CPU, which other work on the machine changes less than the clock; there is one thread. */
function timed(network: Network, batch: Batch): number {
  const before = process.cpuUsage();
  network.trainStep(batch);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

function row(name: string, base: Setting, setting: Setting): string {
  let network: Network;
  try {
    network = open(setting);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    return `| ${name} | refused: ${error.message} | | | | |`;
  }
  const [own, other] = [batchOf(setting), batchOf(base)];
  const beside = open(base);
  timed(network, own);
  timed(beside, other);
  const [times, besides, tiles]: [number[], number[], number[]] = [[], [], []];
  const started = performance.now();
  while (times.length < LEAST || (times.length < MOST && performance.now() - started < PATIENCE)) {
    times.push(timed(network, own));
    besides.push(timed(beside, other));
    tiles.push(peak());
  }
  const ms = median(times);
  const growth = ms / median(besides) / (operations(setting) / operations(base));
  const speed = operations(setting) / ms / 1e6;
  return `| ${name} | ${ms.toFixed(1)} | ${growth.toFixed(2)} | ${speed.toFixed(1)} (${((100 * speed) / median(tiles)).toFixed(0)} %) | ${(network.bytes / 2 ** 20).toFixed(1)} | ${(network.bytes / needed(setting, network)).toFixed(2)} |`;
}

const LABELS: Readonly<Record<string, (setting: Setting) => string>> = {
  Layers: ({ layers }) => String(layers),
  Units: ({ units }) => String(units),
  Batch: ({ batch }) => String(batch),
  Cells: ({ kind }) => kind.title,
};

for (const [title, base, settings] of SWEEPS) {
  if (dimensions.length > 0 && !dimensions.some(dimension => title.startsWith(dimension))) continue;
  console.log(`| ${title} | step, ms of CPU | against linear | GFLOP/s (of the bare tile) | memory, MB | of what is needed |\n|---|---|---|---|---|---|`);
  for (const setting of settings) console.log(row((LABELS[title] ?? (({ steps }) => String(steps)))(setting), base, setting));
  console.log('');
} // prettier-ignore
