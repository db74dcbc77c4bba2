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
import { measureTile } from '../../../engine/kernels/tiles.ts';
import type { CellSpec } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { basicLstm, classifier } from '../../unit/backends/specs.ts';
import { median } from '../median.ts';

const [dist = ''] = process.argv.slice(2);
const [FEATURES, CLASSES] = [28, 10];
/** Values that Adam keeps for every weight, the weight and its gradient. */
const COPIES = 4;
/** Milliseconds that a row may take, and the steps it gets at least and at most. */
const [PATIENCE, LEAST, MOST] = [3000, 3, 15];

interface CellKind {
  readonly title: string;
  cell(units: number): CellSpec;
  /** Products of `units` columns at every step; values kept for the way back, and gradients, in units of `units`. */
  readonly gates: number;
  readonly kept: number;
  readonly slopes: number;
}

const CELLS: Readonly<Record<'lstm' | 'peephole' | 'gru' | 'rnn', CellKind>> = {
  // i, j, f, o, c, h; the gradients of the four pre-activations and of h
  lstm: { title: 'BasicLSTMCell', cell: basicLstm, gates: 4, kept: 6, slopes: 5 },
  peephole: { title: 'LSTMCell, peepholes', cell: units => ({ cell: 'lstm', className: 'LSTMCell', units, peepholes: true }), gates: 4, kept: 6, slopes: 5 },
  // r, u, candidate, r · h, h
  gru: { title: 'GRUCell', cell: units => ({ cell: 'gru', className: 'GRUCell', units }), gates: 3, kept: 5, slopes: 4 },
  rnn: { title: 'BasicRNNCell', cell: units => ({ cell: 'rnn', className: 'BasicRNNCell', units }), gates: 1, kept: 1, slopes: 2 },
}; // prettier-ignore

interface Setting {
  readonly kind: CellKind;
  readonly layers: number;
  readonly units: number;
  readonly batch: number;
  readonly steps: number;
}

const NOTES: Setting = { kind: CELLS.lstm, layers: 3, units: 150, batch: 150, steps: 28 };

const SWEEPS: readonly (readonly [string, Setting, readonly Setting[]])[] = [
  ['Steps', NOTES, [10, 28, 100, 300, 5000].map(steps => ({ ...NOTES, steps }))],
  ['Steps, batch 16', { ...NOTES, batch: 16 }, [10, 28, 100, 300, 1000, 2000, 5000].map(steps => ({ ...NOTES, batch: 16, steps }))],
  ['Layers', NOTES, [1, 2, 3, 4, 6, 8].map(layers => ({ ...NOTES, layers }))],
  ['Units', NOTES, [16, 32, 64, 128, 150, 256, 512, 1024].map(units => ({ ...NOTES, units }))],
  ['Batch', NOTES, [1, 4, 8, 16, 32, 64, 150, 256, 512].map(batch => ({ ...NOTES, batch }))],
  ['Cells', NOTES, Object.values(CELLS).map(kind => ({ ...NOTES, kind }))],
]; // prettier-ignore

const backend = createWasmBackend(readFileSync(join(dist, 'kernels.wasm')));
const kernels = linkKernels(
  new WebAssembly.Module(readFileSync(join(dist, 'kernels.wasm'))),
  new WebAssembly.Memory({ initial: 2 }),
);

function open({ kind, layers, units, batch, steps }: Setting): Network {
  const cells = Array.from({ length: layers }, () => kind.cell(units));
  const spec = classifier(cells, steps, FEATURES, CLASSES, { kind: 'adam', learningRate: 0.001 });
  return backend.createNetwork(spec, { seed: 1, batchSize: batch });
}

function batchOf({ batch, steps }: Setting): Batch {
  const random = new Random(1, 'bench');
  return {
    size: batch,
    steps,
    inputs: Float32Array.from({ length: batch * steps * FEATURES }, () => random.uniform()),
    targets: Int32Array.from({ length: batch }, (_, k) => k % CLASSES),
  };
}

/** Floating-point operations of the products of a step: forward, by the weights, and by what the layer reads. */
function operations({ kind, layers, units, batch, steps }: Setting): number {
  let products = 0;
  for (let layer = 0; layer < layers; layer++) {
    const input = layer === 0 ? FEATURES : units;
    products += 2 * (input + units) + units + (layer === 0 ? 0 : input);
  }
  return 2 * batch * steps * kind.gates * units * products;
}

/** Bytes of weights, gradients, optimizer slots, the batch, activations and their gradients. */
function needed({ kind, layers, units, batch, steps }: Setting, network: Network): number {
  const weights = network.parameters.reduce((sum, { shape }) => sum + shape.reduce((size, n) => size * n, 1), 0);
  const values = batch * steps * (FEATURES + layers * units * (kind.kept + kind.slopes));
  return 4 * (COPIES * weights + values);
}

function timed(network: Network, batch: Batch): number {
  const started = performance.now();
  network.trainStep(batch);
  return performance.now() - started;
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
    tiles.push(Math.max(...TILES.map((_, shape) => measureTile(kernels, shape, kernels.reservedBytes(), 10))));
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
  console.log(`| ${title} | step, ms | against linear | GFLOP/s (of the bare tile) | memory, MB | of what is needed |\n|---|---|---|---|---|---|`);
  for (const setting of settings) console.log(row((LABELS[title] ?? (({ steps }) => String(steps)))(setting), base, setting));
  console.log('');
} // prettier-ignore
