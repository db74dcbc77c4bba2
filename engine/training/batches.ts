import type { Batch } from '../backends/backend.ts';
import type { Dataset, Split } from '../data/source.ts';
import type { GraphNode, ModelSpec } from '../model/spec.ts';
import { Random } from '../random.ts';

/** Reads rows of a split into one batch after another; the memory of a batch is used again for the next. */
export class BatchReader {
  readonly #dataset: Dataset;
  readonly #split: Split;
  readonly #inputs: Float32Array<ArrayBuffer>;
  /** Labels or values of one row. */
  readonly #targetSize: number;
  readonly #targets: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>;
  readonly #lengths: Int32Array<ArrayBuffer>;

  constructor(dataset: Dataset, split: Split, largest: number) {
    this.#dataset = dataset;
    this.#split = split;
    this.#inputs = new Float32Array(largest * dataset.steps * dataset.features);
    this.#targetSize = dataset.targetAxes.reduce((product, size) => product * size, 1);
    const targets = largest * this.#targetSize;
    this.#targets = dataset.classes === undefined ? new Float32Array(targets) : new Int32Array(targets);
    this.#lengths = new Int32Array(largest);
  }

  /** The batch of these rows; valid until the next call. */
  read(rows: ArrayLike<number>): Batch {
    const { steps, features } = this.#dataset;
    const size = rows.length;
    const inputs = this.#inputs.subarray(0, size * steps * features);
    const targets = this.#targets.subarray(0, size * this.#targetSize);
    this.#split.readInputs(rows, inputs);
    this.#split.readTargets(rows, targets);
    if (!this.#split.readLengths) return { size, steps, inputs, targets };
    const lengths = this.#lengths.subarray(0, size);
    this.#split.readLengths(rows, lengths);
    return { size, steps, inputs, targets, lengths };
  }
}

/** What counts steps from an end of the row, its padding among them. */
const COUNTS_STEPS: ReadonlySet<GraphNode['op']> = new Set<GraphNode['op']>(['select_step', 'reduce_steps', 'reverse_steps', 'flatten']); // prettier-ignore

/**
 * The inputs of one test row by itself, `[1, T, D]`: without its padding where that changes nothing of what the model
 * computes. An empty row keeps one step of it.
 */
export function readTestSample({ steps, features, test }: Dataset, row: number, { inputs: own, nodes }: ModelSpec): Batch {
  const inputs = new Float32Array(steps * features);
  test.readInputs([row], inputs);
  if (!test.readLengths) return { size: 1, steps, inputs };
  const lengths = new Int32Array(1);
  test.readLengths([row], lengths);
  const passesOver = own.some(({ role }) => role === 'lengths') || nodes.some(node => node.op === 'masking' || (node.op === 'embedding' && node.maskZero === true));
  const kept = !passesOver || nodes.some(({ op }) => COUNTS_STEPS.has(op)) ? steps : Math.max(1, lengths[0]!);
  return { size: 1, steps: kept, inputs: inputs.subarray(0, kept * features), lengths };
} // prettier-ignore

/**
 * The order of the rows in an epoch. It depends on seed and epoch alone, so that a run that goes on from a checkpoint
 * sees the same batches as one that was never cut off.
 * Note: TensorFlow's `next_batch` carries the remainder of an epoch into a batch of the next one and does not shuffle
 * again before it is used up; here every epoch is shuffled and its remainder left out.
 * @param shuffled false where states go on from row to row of neighbouring batches.
 */
export function epochOrder(count: number, seed: number, epoch: number, shuffled = true): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  if (shuffled) new Random(seed, `shuffle ${epoch}`).shuffle(order);
  return order;
}

/** The rows from `first` to before `end`, in their own order. */
export function rowsBetween(first: number, end: number): Uint32Array {
  return Uint32Array.from({ length: end - first }, (_, row) => first + row);
}
