/** What a hover shows of a model as it stands: the spread of its tensors over some test samples. Plain JSON. */
import type { CellId } from '../cells/table.ts';

/** The values of one tensor over all samples, steps and units. */
export interface Summary {
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly std: number;
  /** Of gates: share of values below 0.1 and above 0.9, where a gate is as good as closed or open (Karpathy et al., 2015). */
  readonly saturated?: { readonly closed: number; readonly open: number };
  /** Of one sample, where it is small enough to print; row after row. */
  readonly example?: { readonly shape: readonly number[]; readonly values: readonly number[] };
}

export interface LayerStatistics {
  /** Id of the recurrent node. */
  readonly node: string;
  /** Within the node and direction, from 0 at the bottom. */
  readonly layer: number;
  readonly direction: 'forward' | 'backward';
  readonly cell: CellId;
  /** Gates and states at every step, by their id in the cell table. */
  readonly tensors: Readonly<Record<string, Summary>>;
  /** States after the last step. */
  readonly finals: Readonly<Record<string, Summary>>;
}

export interface ModelStatistics {
  readonly samples: number;
  /** Training steps that the weights have seen; 0 for seeded weights. */
  readonly step: number;
  readonly layers: readonly LayerStatistics[];
  /** What the last recurrent node puts out at every step. */
  readonly outputs: Summary;
  /** What the loss reads: logits or predicted values. */
  readonly prediction: Summary;
}
