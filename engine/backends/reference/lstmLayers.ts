/** Layers of plain LSTM, each over all its steps at once, for an arithmetic that has such an operation. */
import type { CellSpec, Framework } from '../../model/spec.ts';
import type { Named } from './cells.ts';
import { CELL_DEFAULTS, type CellWeights } from './dialects.ts';
import { type Arithmetic, sequence, stepOf, stepsOf } from './operations.ts';
import { type Direction, type LayerRun, reversed, type StackRun, type Watch } from './recurrent.ts';

/** Whether a cell is an LSTM of tanh and sigmoid in which nothing is clipped, projected, normalized, dropped or wrapped. */
export function isPlainLstm(framework: Framework, cell: CellSpec): boolean {
  const gate = cell.recurrentActivation ?? CELL_DEFAULTS[framework].recurrentActivation;
  if (cell.cell !== 'lstm' || gate !== 'sigmoid' || (cell.activation ?? 'tanh') !== 'tanh') return false;
  const { cellClip, projection, coupledInputForget, layerNorm, inputDropout = 0, recurrentDropout = 0, wrappers = [] } = cell; // prettier-ignore
  const changed = cellClip ?? projection ?? layerNorm ?? (coupledInputForget === true || undefined);
  return changed === undefined && inputDropout === 0 && recurrentDropout === 0 && wrappers.length === 0;
}

/** @param x `[B, T, D]` @param stack layers from the bottom, with their first states. */
export function runLstmLayers(
  lstm: NonNullable<Arithmetic['lstm']>,
  framework: Framework,
  x: Parameters<typeof lstm>[0],
  direction: Direction,
  stack: readonly {
    readonly cell: CellSpec;
    readonly layer: number;
    readonly weights: CellWeights;
    readonly now: Named;
  }[],
  watch: Watch | undefined,
): StackRun {
  const T = x.shape[1]!;
  /** Steps as they were computed, in the order of the input; the same turns them back. */
  const inOrder = <V>(steps: readonly V[]): V[] => (direction === 'forward' ? [...steps] : [...steps].reverse());
  let below = direction === 'forward' ? x : reversed(x);
  const layers = stack.map(({ cell, layer, weights, now }): LayerRun => {
    const forgetBias = cell.forgetBias ?? CELL_DEFAULTS[framework].forgetBias;
    const run = lstm(below, { weights, forgetBias, c: now['c']!, h: now['h']! });
    const { c, h } = run;
    const last = stepOf(h, T - 1);
    below = watch ? sequence(inOrder(inOrder(stepsOf(h)).map((one, t) => watch(direction, layer, t, one)))) : h;
    return {
      direction,
      layer,
      cell,
      // Taken apart only where somebody looks at them.
      get steps() {
        const byName = Object.entries(run).map(([name, all]) => [name, inOrder(stepsOf(all))] as const);
        return Array.from({ length: T }, (_, t) => Object.fromEntries(byName.map(([name, all]) => [name, all[t]!])));
      },
      final: { c: stepOf(c, T - 1), h: watch?.(direction, layer, undefined, last) ?? last },
    };
  });
  const outputs = stepsOf(below);
  return { outputs: inOrder(outputs), last: outputs.at(-1)!, layers };
}
