import { type Kernels, linkKernels, TILES } from './kernels.ts';

/** Depth of the panels in the measurement: long enough to hide the tile's ends, short enough for the first cache. */
const DEPTH = 256;
const PANEL = 16 * DEPTH * 4;
/** Memory that a measurement uses, from an address that is a multiple of 64. */
export const PROBE_BYTES = 3 * PANEL;

/** Speed of a bare tile in GFLOP/s: the best of several runs of about half a millisecond. */
export function measureTile(kernels: Kernels, shape: number, at: number, runs: number): number {
  const { rows, columns } = TILES[shape]!;
  const times = 64;
  let best = 0;
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    kernels.bareTile(shape, at, at + PANEL, at + 2 * PANEL, DEPTH, times);
    const seconds = (performance.now() - started) / 1000;
    if (seconds > 0) best = Math.max(best, (2 * rows * columns * DEPTH * times) / seconds / 1e9);
  }
  return best;
}

/**
 * The fastest tile shape on this processor and this V8, by a measurement of some 10 ms; which one it is changes no bit of
 * any result.
 */
export function fastestTile(module: WebAssembly.Module, shared = false): number {
  const memory = new WebAssembly.Memory({ initial: 2, maximum: 65536, shared });
  const kernels = linkKernels(module, memory);
  const at = kernels.reservedBytes();
  // Warm up first: V8 compiles the kernels twice, and the second code is the fast one.
  for (let shape = 0; shape < TILES.length; shape++) measureTile(kernels, shape, at, 8);
  const speeds = TILES.map((_, shape) => measureTile(kernels, shape, at, 12));
  return speeds.indexOf(Math.max(...speeds));
}
