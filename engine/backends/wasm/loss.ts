import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import { phrase } from '../../model/phrase.ts';
import type { LossSpec } from '../../model/spec.ts';
import type { BatchResult } from '../backend.ts';
import type { Tensor } from './part.ts';
import { eachRun, type Shape, type Slice } from './part.ts';

type Targets = Int32Array | Float32Array;

/** The arithmetic of one kind of loss. */
interface LossKind {
  /** Whether targets are one label a row, and not as many values as the prediction has. */
  readonly labels: boolean;
  /** A single logit decides between two: above 0 it says 1. */
  readonly binary?: boolean;
  /** Losses of rows and the gradient by their predictions, times `scale`. */
  run(kernels: Kernels, at: { prediction: number; targets: number; slopes: number; losses: number; correct: number }, rows: number, width: number, scale: number): void;
} // prettier-ignore

const KINDS: Partial<Record<LossSpec['kind'], LossKind>> = {
  sparse_softmax_cross_entropy: {
    labels: true,
    run(kernels, { prediction, targets, slopes, losses, correct }, rows, width, scale) {
      kernels.softmaxCrossEntropy(prediction, targets, rows, width, scale, slopes, losses, correct);
    },
  },
  sigmoid_cross_entropy: {
    labels: false,
    binary: true,
    run(kernels, { prediction, targets, slopes, losses }, rows, width, scale) {
      kernels.sigmoidCrossEntropy(prediction, targets, rows, width, scale, slopes, losses);
    },
  },
  mean_squared_error: {
    labels: false,
    run(kernels, { prediction, targets, slopes, losses }, rows, width, scale) {
      kernels.valueError(0, prediction, targets, rows, width, scale, slopes, losses);
    },
  },
  mean_absolute_error: {
    labels: false,
    run(kernels, { prediction, targets, slopes, losses }, rows, width, scale) {
      kernels.valueError(1, prediction, targets, rows, width, scale, slopes, losses);
    },
  },
};

/** The loss over predictions `[B, W]` or `[T, B, W]`: the mean over all of them, or their sum. */
export class Loss {
  readonly prediction: Tensor;
  readonly #kernels: Kernels;
  readonly #kind: LossKind;
  readonly #mean: boolean;
  readonly #ignored: number | undefined;
  /** Bytes of the steps that count, where the loss leaves others out. */
  readonly #alive: (() => number) | undefined;
  /** As they are fed, and in the order of the predictions. */
  #fed = 0;
  #targets = 0;
  #losses = 0;
  #correct = 0;
  /** A byte a row, where rows are left out by their label; rows that count, when some are left out. */
  #counted = 0;
  /** Rows that count in the batch that was fed; every thread needs it for the scale of the gradient. */
  count = 0;

  /** @param alive address of the bytes that say which steps count. */
  constructor(kernels: Kernels, prediction: Tensor, spec: LossSpec, alive: () => number) {
    this.#kernels = kernels;
    this.#kind = KINDS[spec.kind]!;
    this.#mean = spec.reduction !== 'sum';
    this.#ignored = spec.ignoreLabel;
    this.#alive = spec.mask ? alive : spec.ignoreLabel !== undefined ? () => this.#counted : undefined;
    this.prediction = prediction;
    prediction.readBy('whole');
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    const rows = this.prediction.rows(shape);
    this.#fed = plan.floats(rows * this.#targetWidth);
    this.#targets = plan.floats(rows * this.#targetWidth);
    this.#losses = plan.reserve(rows * 8);
    this.#correct = plan.reserve(rows);
    this.#counted = plan.reserve(rows);
  }

  /** @throws EngineError `invalid-shape` that names what was expected and found. */
  check(targets: Targets | undefined, shape: Shape): void {
    const { width } = this.prediction;
    const count = this.prediction.rows(shape) * this.#targetWidth;
    if (targets?.length !== count)
      throw new EngineError(
        'invalid-shape',
        phrase('There must be {0} target values, but there are {1}.', count, targets?.length ?? 0),
      );
    if (!this.#kind.labels) {
      const bad = targets.findIndex(value => !Number.isFinite(value));
      if (bad >= 0)
        throw new EngineError(
          'invalid-shape',
          phrase('Targets must be finite, but value {0} is {1}.', bad, String(targets[bad])),
        );
      return;
    }
    const bad = targets.findIndex(
      label => label !== this.#ignored && (!Number.isInteger(label) || label < 0 || label >= width),
    );
    if (bad >= 0)
      throw new EngineError(
        'invalid-shape',
        phrase('Labels must be from 0 to {0}, but label {1} is {2}.', width - 1, bad, targets[bad]!),
      );
  }

  /** Targets `[B]`, `[B, W]`, or with the steps behind the batch. */
  feed(memory: EngineMemory, targets: Targets, shape: Shape): void {
    const { sequence } = this.prediction;
    const rows = this.prediction.rows(shape);
    const at = sequence ? this.#fed : this.#targets;
    const view = this.#kind.labels ? memory.integers(at, targets.length) : memory.floats(at, targets.length);
    view.set(targets);
    if (sequence) this.#kernels.batchToSteps(this.#fed, this.#targets, shape.batch, shape.steps, this.#targetWidth);
    if (this.#ignored !== undefined) {
      const labels = memory.integers(this.#targets, rows);
      const counted = memory.bytesAt(this.#counted, rows);
      labels.forEach((label, row) => (counted[row] = label === this.#ignored ? 0 : 1));
      // Any label will do where the row is left out.
      labels.forEach((label, row) => (labels[row] = label === this.#ignored ? 0 : label));
    }
    this.count = rows;
    if (this.#alive) this.count = memory.bytesAt(this.#alive(), rows).reduce((sum, byte) => sum + byte, 0);
  }

  /** Losses of the rows and, with `slopes`, the gradient of the loss by their predictions. */
  run(shape: Shape, slice: Slice, slopes: boolean): void {
    const { prediction } = this;
    const { width } = prediction;
    const scale = this.#mean ? 1 / (this.count * this.#targetWidth) : 1;
    eachRun(prediction.sequence, shape, slice, (first, rows) => {
      this.#kind.run(
        this.#kernels,
        {
          prediction: prediction.at(shape) + first * width * 4,
          targets: this.#targets + first * this.#targetWidth * 4,
          slopes: slopes ? prediction.slopes + first * prediction.slopeStride : 0,
          losses: this.#losses + first * 8,
          correct: this.#correct + first,
        },
        rows,
        width,
        scale,
      );
      if (slopes && this.#alive) {
        const at = prediction.slopes + first * prediction.slopeStride;
        this.#kernels.maskRows(at, at, this.#alive() + first, rows, width);
      }
    });
  }

  /** Sums in the order of the rows. */
  result(memory: EngineMemory, shape: Shape): BatchResult {
    const rows = this.prediction.rows(shape);
    const alive = this.#alive && memory.bytesAt(this.#alive(), rows);
    let loss = 0;
    memory.doubles(this.#losses, rows).forEach((row, k) => (loss += alive?.[k] === 0 ? 0 : row));
    let correct: number | undefined;
    if (this.#kind.labels && !this.prediction.sequence) {
      correct = 0;
      for (const row of memory.bytesAt(this.#correct, rows)) correct += row;
    } else if (this.#kind.binary && this.prediction.width === 1 && !this.prediction.sequence) {
      const targets = memory.floats(this.#targets, rows);
      correct = 0;
      for (const [row, logit] of memory.floats(this.prediction.at(shape), rows).entries())
        if (logit > 0 === targets[row]! > 0.5) correct++;
    }
    return { loss: this.#mean ? loss / (this.count * this.#targetWidth) : loss, correct };
  }

  get #targetWidth(): number {
    return this.#kind.labels ? 1 : this.prediction.width;
  }
}
