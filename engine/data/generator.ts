/** Data that is made up on the spot. Every row has a seed of its own, so nothing is stored. */
import { Random } from '../random.ts';
import type { Dataset, Split } from './source.ts';

/** Writes the inputs `[T, D]` and the target of one row. */
export type MakeRow = (random: Random, inputs: Float32Array, target: Int32Array | Float32Array) => void;

/** Rows in each split. */
export interface SplitCounts {
  readonly train: number;
  readonly validation: number;
  readonly test: number;
}

/** A data set of generated rows: the same seed gives the same bits on every machine. */
export function generatedDataset(
  shape: Omit<Dataset, keyof SplitCounts>,
  counts: SplitCounts,
  seed: number,
  make: MakeRow,
): Dataset {
  const size = shape.steps * shape.features;
  const targetSize = shape.targetAxes.reduce((product, axis) => product * axis, 1);
  const split = (name: keyof SplitCounts): Split => {
    const unread = new Float32Array(size);
    const unreadTarget = shape.classes === undefined ? new Float32Array(targetSize) : new Int32Array(targetSize);
    const row = (index: number, inputs: Float32Array, target: Int32Array | Float32Array): void => {
      make(new Random(seed, `${name} ${index}`), inputs, target);
    };
    return {
      count: counts[name],
      readInputs(rows, into) {
        for (let n = 0; n < rows.length; n++) row(rows[n]!, into.subarray(n * size, (n + 1) * size), unreadTarget);
      },
      readTargets(rows, into) {
        for (let n = 0; n < rows.length; n++)
          row(rows[n]!, unread, into.subarray(n * targetSize, (n + 1) * targetSize));
      },
    };
  };
  return { ...shape, train: split('train'), validation: split('validation'), test: split('test') };
}
