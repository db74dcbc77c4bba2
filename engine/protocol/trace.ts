/** What a trace of one sample looks like on every hop: worker → host → page. Tensors travel as float32 `ArrayBuffer`s. */
import type { Static } from '@sinclair/typebox';
import type { CellId, ValueScale } from '../cells/table.ts';
import type { SampleKind } from '../data/source.ts';
import { literals } from '../model/schema.ts';

/** How the units are ordered from top to bottom. */
export const UnitOrder = literals(['similarity', 'decision', 'index']);
export type UnitOrder = Static<typeof UnitOrder>;

/** One input sequence with what is known of it. */
export interface Sample {
  /** Row of the test split. */
  readonly index: number;
  readonly kind: SampleKind;
  readonly steps: number;
  readonly features: number;
  /** float32 `[T, D]`. */
  readonly values: ArrayBuffer;
  /** Names of the tokens, where it has any. */
  readonly tokenNames?: readonly string[] | undefined;
  /** Names of the features, where they have any. */
  readonly featureNames?: readonly string[] | undefined;
  /** Class label, where there are classes. */
  readonly label: number | undefined;
  /** Where not one class is asked for the whole sequence. */
  readonly answer?: Answer | undefined;
}

/** What is asked of the network for one sample, and what it gives. */
export interface Answer {
  /** Values, or numbers of classes. */
  readonly of: 'values' | 'labels';
  /** At every step, or once after the last one. */
  readonly everyStep: boolean;
  /** Values at a step, or of the one answer. */
  readonly width: number;
  /** float32 `[T, width]`, or `[width]`. */
  readonly wanted: ArrayBuffer;
  /** As `wanted`; of labels the likeliest. */
  readonly given: ArrayBuffer;
}

/** The answer for the training panel: one sample, and what the network makes of it now. */
export interface AnsweredSample {
  readonly sample: Sample;
  readonly classNames: readonly string[] | undefined;
  readonly sampleCount: number;
  /** Softmax over the logits where there are classes. */
  readonly probabilities: readonly number[] | undefined;
  /** Training steps that the weights have seen; 0 for seeded weights. */
  readonly step: number;
  readonly epoch: number;
}

/** A tensor of one sample as a page draws it: rows × columns with its meaning and its scale. */
export interface TensorTile {
  /** `f`, `c`, `outputs`. */
  readonly id: string;
  readonly title: string;
  readonly meaning: string;
  readonly scale: ValueScale;
  /** Bounds of the colour scale, the same for all samples: [0, 1] for gates, ± something for c. */
  readonly bounds: readonly [number, number];
  /** `[rows, columns]` with the names of the axes, as in `[28 steps, 150 units]`. */
  readonly rows: { readonly name: string; readonly count: number };
  readonly columns: { readonly name: string; readonly count: number };
  /** float32, row after row. */
  readonly values: ArrayBuffer;
}

/** One row of a tensor of a trace; row -1 is the last. */
export interface TensorRow {
  /** Id of a `TensorTile`. */
  readonly tensor: string;
  readonly row: number;
}

/** One layer (and direction) that can be picked. */
export interface LayerInfo {
  readonly index: number;
  /** The cell's: `LSTM`. The host adds the place among the layers. */
  readonly title: string;
  /** Among the layers of its direction, from 1. */
  readonly number: number;
  readonly cell: CellId;
  readonly units: number;
  readonly direction: 'forward' | 'backward';
  /** How its framework writes tensors of the cell table that it calls otherwise: `{ j: 'g' }`. */
  readonly letters: Readonly<Record<string, string>>;
  /** Equations of its cell as its framework writes them. */
  readonly equations: readonly string[];
}

/** The answer for the gate inspector: one sample in one layer. */
export interface GateTrace {
  readonly sample: Sample;
  readonly classNames: readonly string[] | undefined;
  readonly sampleCount: number;
  /** Softmax over the logits where there are classes. */
  readonly probabilities: readonly number[] | undefined;
  readonly layers: readonly LayerInfo[];
  readonly layer: number;
  /** `[T, U]` each, in the order of the cell table. */
  readonly tensors: readonly TensorTile[];
  /** Units from top to bottom: a permutation of 0 … U-1. */
  readonly order: readonly number[];
  /** Part of each unit in the winning logit `[U]`, by unit index (not by place in the order). */
  readonly contributions: readonly number[] | undefined;
  /** Training steps that the weights have seen; 0 for seeded weights. */
  readonly step: number;
  readonly epoch: number;
}

/** The answer for the tensor inspector: what the program's names hold for one sample, and whether they agree. */
export interface TensorTrace {
  readonly sample: Sample;
  readonly classNames: readonly string[] | undefined;
  readonly sampleCount: number;
  readonly probabilities: readonly number[] | undefined;
  /** `outputs` `[T, H]`, and per layer `c[k]`, `h[k]` `[T, U]` over all steps. */
  readonly tensors: readonly TensorTile[];
  /** The states as the driver returns them, e.g. `states[2].h` `[1, U]`. */
  readonly states: readonly TensorTile[];
  /** Equalities that hold by the rules of the driver, with the numbers that prove them. */
  readonly proofs: readonly {
    /** `outputs[-1]` and `states[-1].h`. */
    readonly left: string;
    readonly right: string;
    readonly maxDifference: number;
    /** Where the two sides lie: a tile of `tensors` or `states` by its id, and a row of it. */
    readonly leftAt: TensorRow;
    readonly rightAt: TensorRow;
  }[];
  readonly step: number;
  readonly epoch: number;
}
