/** The notes' network, its kin and batches for them, as all contenders have them. */
import type { Batch } from '../../engine/backends/backend.ts';
import type { CellSpec, ModelSpec } from '../../engine/model/spec.ts';
import { Random } from '../../engine/random.ts';
import { basicLstm, classifier } from '../unit/backends/specs.ts';

export const [FEATURES, CLASSES] = [28, 10];

export interface CellKind {
  readonly title: string;
  cell(units: number): CellSpec;
  /** Products of `units` columns at every step; values kept for the way back, and gradients, in units of `units`. */
  readonly gates: number;
  readonly kept: number;
  readonly slopes: number;
}

export const CELL_KINDS = {
  // i, j, f, o, c, h; the gradients of the four pre-activations and of h
  lstm: { title: 'BasicLSTMCell', cell: basicLstm, gates: 4, kept: 6, slopes: 5 },
  peephole: { title: 'LSTMCell, peepholes', cell: units => ({ cell: 'lstm', className: 'LSTMCell', units, peepholes: true }), gates: 4, kept: 6, slopes: 5 },
  // r, u, candidate, r · h, h
  gru: { title: 'GRUCell', cell: units => ({ cell: 'gru', className: 'GRUCell', units }), gates: 3, kept: 5, slopes: 4 },
  rnn: { title: 'BasicRNNCell', cell: units => ({ cell: 'rnn', className: 'BasicRNNCell', units }), gates: 1, kept: 1, slopes: 2 },
} as const satisfies Readonly<Record<string, CellKind>>; // prettier-ignore

export type CellName = keyof typeof CELL_KINDS;

export interface Setting {
  readonly kind: CellKind;
  readonly layers: number;
  readonly units: number;
  readonly batch: number;
  readonly steps: number;
}

/** The network of the notes: 3 × LSTM 150, batch 150, 28 steps of 28 features. */
export const NOTES: Setting = { kind: CELL_KINDS.lstm, layers: 3, units: 150, batch: 150, steps: 28 };

export function specOf({ kind, layers, units, steps }: Setting): ModelSpec {
  const cells = Array.from({ length: layers }, () => kind.cell(units));
  return classifier(cells, steps, FEATURES, CLASSES, { kind: 'adam', learningRate: 0.001 });
}

export function batchOf({ batch, steps }: Pick<Setting, 'batch' | 'steps'>): Batch {
  const random = new Random(1, 'bench');
  return {
    size: batch,
    steps,
    inputs: Float32Array.from({ length: batch * steps * FEATURES }, () => random.uniform()),
    targets: Int32Array.from({ length: batch }, (_, k) => k % CLASSES),
  };
}

/** Floating-point operations of the recurrent layers' products in a step: forward, by the weights, and by what a layer reads. */
export function operations({ kind, layers, units, batch, steps }: Setting): number {
  let products = 0;
  for (let layer = 0; layer < layers; layer++) {
    const input = layer === 0 ? FEATURES : units;
    products += 2 * (input + units) + units + (layer === 0 ? 0 : input);
  }
  return 2 * batch * steps * kind.gates * units * products;
}
