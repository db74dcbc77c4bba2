import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import { VALUE_LOSSES } from '../../kernels/valueLosses.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import { phrase } from '../../model/phrase.ts';
import { isKerasLike } from '../../model/axes.ts';
import { isOfClasses, LOSSES } from '../../model/losses.ts';
import type { Framework, LossSpec } from '../../model/spec.ts';
import type { BatchResult } from '../backend.ts';
import { checkWhole, isAmongTop } from '../batches.ts';
import type { Marks } from './marks.ts';
import type { Tensor } from './part.ts';
import { eachRun, type Shape, type Slice } from './part.ts';

type Targets = Int32Array | Float32Array;

/** `keras.backend.epsilon` */
const KERAS_EPSILON = 1e-7;

/** Where the tensors of some rows are; `weights` of classes and `positive` weights are 0 where there are none. */
interface Places {
  readonly prediction: number;
  readonly targets: number;
  readonly slopes: number;
  readonly losses: number;
  readonly correct: number;
  readonly weights: number;
  readonly positive: number;
}

interface Rows {
  readonly rows: number;
  readonly width: number;
  /** Factor of the gradient. */
  readonly scale: number;
}

/** Losses of rows and the gradient by their predictions, times `scale`. */
type Run = (kernels: Kernels, at: Places, rows: Rows, spec: LossSpec) => void;

/** The arithmetic of one kind of loss. */
interface LossKind {
  readonly run: Run;
  /** A single logit decides between two: above 0 it says 1. */
  readonly binary?: boolean;
  /** Changes targets that stand for others, in place. */
  readonly prepare?: (targets: Float32Array, framework: Framework) => void;
}

const values =
  (kind: keyof typeof VALUE_LOSSES, parameter = (_: LossSpec): number => 0): Run =>
  (kernels, { prediction, targets, slopes, losses }, { rows, width, scale }, spec) => {
    kernels.valueLosses(VALUE_LOSSES[kind], parameter(spec), prediction, targets, rows, width, scale, slopes, losses);
  };

/** Labels 0 and 1 become -1 and 1: always in TensorFlow 1, in Keras where a batch has no other. */
function hingeTargets(targets: Float32Array, framework: Framework): void {
  const keras = framework === 'keras2' || framework === 'keras3';
  if (framework === 'tensorflow1' || (keras && targets.every(target => target === 0 || target === 1)))
    targets.forEach((target, k) => (targets[k] = 2 * target - 1));
}

const KINDS: Record<LossSpec['kind'], LossKind> = {
  sparse_softmax_cross_entropy: {
    run(kernels, { prediction, targets, slopes, losses, correct, weights }, { rows, width, scale }, { labelSmoothing = 0 }) {
      kernels.sparseSoftmaxCrossEntropy(prediction, targets, rows, width, weights, labelSmoothing, scale, slopes, losses, correct);
    },
  },
  softmax_cross_entropy: {
    run(kernels, { prediction, targets, slopes, losses, correct, weights }, { rows, width, scale }, { labelSmoothing = 0 }) {
      kernels.softmaxCrossEntropy(prediction, targets, rows, width, weights, labelSmoothing, scale, slopes, losses, correct);
    },
  },
  sigmoid_cross_entropy: {
    binary: true,
    run(kernels, { prediction, targets, slopes, losses, weights, positive }, { rows, width, scale }, { labelSmoothing = 0 }) {
      kernels.sigmoidCrossEntropy(prediction, targets, rows, width, weights, positive, labelSmoothing, scale, slopes, losses);
    },
  },
  mean_squared_error: { run: values('mean_squared_error') },
  mean_absolute_error: { run: values('mean_absolute_error') },
  huber: { run: values('huber', ({ delta = 1 }) => delta) },
  log_cosh: { run: values('log_cosh') },
  hinge: { run: values('hinge'), prepare: hingeTargets },
  squared_hinge: { run: values('squared_hinge'), prepare: hingeTargets },
  poisson: { run: values('poisson', ({ epsilon = KERAS_EPSILON }) => epsilon) },
  poisson_of_logarithms: { run: values('poisson_of_logarithms') },
  kl_divergence: { run: values('kl_divergence') },
  kl_divergence_of_logarithms: { run: values('kl_divergence_of_logarithms') },
  mean_absolute_percentage_error: { run: values('mean_absolute_percentage_error') },
  mean_squared_logarithmic_error: { run: values('mean_squared_logarithmic_error') },
  cosine_similarity: {
    run(kernels, { prediction, targets, slopes, losses }, { rows, width, scale }) {
      kernels.cosineSimilarity(prediction, targets, rows, width, scale, slopes, losses);
    },
  },
}; // prettier-ignore

/** The loss over predictions `[B, W]` or `[T, B, W]`: the mean over all of them, or their sum. */
export class Loss {
  readonly prediction: Tensor;
  readonly #kernels: Kernels;
  readonly #kind: LossKind;
  readonly #spec: LossSpec;
  readonly #framework: Framework;
  /** Targets are one label a row, and not as many values as the prediction has. */
  readonly #labels: boolean;
  readonly #classes: boolean;
  /** What a row's sum of losses is divided by: the number of its values, where their mean is meant. */
  readonly #perRow: number;
  /** Steps that count, where the loss has a mask. */
  readonly #mask: Marks | undefined;
  /** A row is right when its class is among so many that are predicted. */
  readonly #topK: number;
  /** As they are fed, and in the order of the predictions. */
  #fed = 0;
  #targets = 0;
  #losses = 0;
  #correct = 0;
  /** A byte a row, 0 where it is left out by the mask or by its label; used where the loss leaves rows out. */
  #counted = 0;
  /** Weights of classes, and of a yes, one for each value of a row; 0 where there are none. */
  #weights = 0;
  #positive = 0;
  /**
   * What the mean of the batch that was fed is divided by: rows, or the weights of their classes; every thread needs it for
   * the scale of the gradient.
   */
  count = 0;

  /** @param mask steps that count. @param topK a row is right when its class is among so many that are predicted. */
  constructor(
    kernels: Kernels,
    prediction: Tensor,
    framework: Framework,
    spec: LossSpec,
    mask: Marks | undefined,
    topK: number,
  ) {
    this.#kernels = kernels;
    this.#kind = KINDS[spec.kind];
    this.#spec = spec;
    this.#framework = framework;
    this.#labels = LOSSES[spec.kind].target === 'label';
    this.#classes = isOfClasses(spec.kind);
    // Note: Keras' `sum` adds up the rows' means; PyTorch's and TF1's add up every value.
    const mean = spec.reduction !== 'sum' || isKerasLike(framework);
    this.#perRow = LOSSES[spec.kind].ofRow || !mean ? 1 : prediction.width;
    this.#mask = mask;
    this.#topK = topK;
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
    if (this.#spec.classWeights) this.#weights = plan.floats(this.prediction.width);
    if (this.#spec.positiveWeights) this.#positive = plan.floats(this.prediction.width);
  }

  /** @throws EngineError `invalid-shape` that names what was expected and found. */
  check(targets: Targets | undefined, shape: Shape): void {
    const { width } = this.prediction;
    const id = this.#spec.target.from;
    const count = this.prediction.rows(shape) * this.#widthOf(targets);
    if (targets?.length !== count)
      throw new EngineError(
        'invalid-shape',
        phrase('The input {0} must have {1} values, but has {2}.', id, count, targets?.length ?? 0),
      );
    if (!this.#areLabels(targets)) {
      const bad = targets.findIndex(value => !Number.isFinite(value));
      if (bad >= 0)
        throw new EngineError(
          'invalid-shape',
          phrase('The input {0} must be finite, but value {1} is {2}.', id, bad, String(targets[bad])),
        );
      return;
    }
    checkWhole(id, targets, width - 1, this.#spec.ignoreLabel);
  }

  /** Targets `[B]`, `[B, W]`, or with the steps behind the batch. Labels stand for rows with a 1 among zeros, too. */
  feed(memory: EngineMemory, targets: Targets, shape: Shape): void {
    const { sequence, width } = this.prediction;
    const rows = this.prediction.rows(shape);
    const at = sequence ? this.#fed : this.#targets;
    this.#feedWeights(memory);
    if (this.#labels) memory.integers(at, rows).set(targets);
    else if (this.#areLabels(targets)) {
      const values = memory.floats(at, rows * width).fill(0);
      targets.forEach((label, row) => (values[row * width + label] = 1));
    } else {
      const fed = memory.floats(at, targets.length);
      fed.set(targets);
      this.#kind.prepare?.(fed, this.#framework);
    }
    if (sequence) {
      const { batch, steps } = shape.along(this.prediction.axis);
      this.#kernels.batchToSteps(this.#fed, this.#targets, batch, steps, this.#targetWidth);
    }
    this.count = rows;
    if ((this.#leavesOut || this.#byWeights) && !this.countsLate) this.countRows(memory, shape);
  }

  /** Weights of classes, and those of a yes; one of these stands for all values of a row. */
  #feedWeights(memory: EngineMemory): void {
    const { classWeights, positiveWeights } = this.#spec;
    const { width } = this.prediction;
    if (classWeights) memory.floats(this.#weights, width).set(classWeights);
    if (positiveWeights) memory.floats(this.#positive, width).set(positiveWeights.length === width ? positiveWeights : Array.from({ length: width }, () => positiveWeights[0]!)); // prettier-ignore
  }

  /** Losses of the rows and, with `slopes`, the gradient of the loss by their predictions. */
  run(shape: Shape, slice: Slice, slopes: boolean): void {
    const { prediction } = this;
    const { width } = prediction;
    const scale = this.#share;
    eachRun(prediction.sequence, shape.along(prediction.axis), slice, (first, rows) => {
      this.#kind.run(
        this.#kernels,
        {
          prediction: prediction.at(shape) + first * width * 4,
          targets: this.#targets + first * this.#targetWidth * 4,
          slopes: slopes ? prediction.slopes + first * prediction.slopeStride : 0,
          losses: this.#losses + first * 8,
          correct: this.#correct + first,
          weights: this.#weights,
          positive: this.#positive,
        },
        { rows, width, scale },
        this.#spec,
      );
      if (slopes && this.#leavesOut) {
        const at = prediction.slopes + first * prediction.slopeStride;
        this.#kernels.maskRows(at, at, this.#counted + first, rows, width);
      }
    });
  }

  /** Sums in the order of the rows. */
  result(memory: EngineMemory, shape: Shape): BatchResult {
    const rows = this.prediction.rows(shape);
    const counted = this.#leavesOut ? memory.bytesAt(this.#counted, rows) : undefined;
    let loss = 0;
    memory.doubles(this.#losses, rows).forEach((row, k) => (loss += counted?.[k] === 0 ? 0 : row));
    const right = this.#rightOnes(memory, shape);
    let [correct, count] = [0, 0];
    for (let row = 0; row < rows; row++) {
      if (counted?.[row] === 0) continue;
      count++;
      if (right?.(row)) correct++;
    }
    return { loss: loss * this.#share, correct: right && correct, count };
  }

  /** Whether the prediction of a row is right; undefined where the loss has no classes. */
  #rightOnes(memory: EngineMemory, shape: Shape): ((row: number) => boolean) | undefined {
    const rows = this.prediction.rows(shape);
    if (this.#classes) {
      if (this.#topK > 1) return row => this.#isAmongTop(memory, shape, row);
      const correct = memory.bytesAt(this.#correct, rows);
      return row => correct[row] === 1;
    }
    if (!this.#kind.binary || this.prediction.width !== 1) return undefined;
    const targets = memory.floats(this.#targets, rows);
    const logits = memory.floats(this.prediction.at(shape), rows);
    return row => logits[row]! > 0 === targets[row]! > 0.5;
  }

  #isAmongTop(memory: EngineMemory, shape: Shape, row: number): boolean {
    const { width } = this.prediction;
    const logits = memory.floats(this.prediction.at(shape) + row * width * 4, width);
    let label = 0;
    if (this.#labels) label = memory.integers(this.#targets + row * 4, 1)[0]!;
    else {
      const targets = memory.floats(this.#targets + row * width * 4, width);
      targets.forEach((target, k) => { if (target > targets[label]!) label = k; }); // prettier-ignore
    }
    return isAmongTop(logits, label, this.#topK);
  }

  /** Whether rows can be counted only after the forward pass. */
  get countsLate(): boolean {
    return this.#mask?.late === true;
  }

  /** Marks the rows that count, and finds out what the mean is divided by. */
  countRows(memory: EngineMemory, shape: Shape): void {
    const rows = this.prediction.rows(shape);
    const { ignoreLabel, reduction } = this.#spec;
    const counted = memory.bytesAt(this.#counted, rows);
    if (this.#mask) counted.set(memory.bytesAt(this.#mask.at, rows));
    else counted.fill(1);
    if (ignoreLabel !== undefined && this.#labels) {
      const labels = memory.integers(this.#targets, rows);
      for (let row = 0; row < rows; row++) {
        if (labels[row] !== ignoreLabel) continue;
        counted[row] = 0;
        labels[row] = 0; // any label will do where the row is left out
      }
    }
    // Rows that are masked still count in a plain mean, as `tf.reduce_mean(losses * mask)` has it; ignored labels never do.
    if (reduction === 'mean_over_mask' || ignoreLabel !== undefined) this.count = counted.reduce((sum, byte) => sum + byte, 0);
    if (!this.#byWeights) return;
    const labels = memory.integers(this.#targets, rows);
    const weights = memory.floats(this.#weights, this.prediction.width);
    this.count = counted.reduce((sum, byte, row) => (byte === 0 ? sum : sum + weights[labels[row]!]!), 0);
  } // prettier-ignore

  /** Note: where no row counts the loss is 0, as in Keras; PyTorch and TF1 divide by zero. */
  get #divisor(): number {
    return (this.#spec.reduction === 'sum' || this.count === 0 ? 1 : this.count) * this.#perRow;
  }

  /** Part of the loss that each of the rows' sums has. */
  get #share(): number {
    return (this.#spec.factor ?? 1) / this.#divisor;
  }

  get #byWeights(): boolean {
    return this.#spec.reduction === 'mean_over_weights' && this.#labels && this.#spec.classWeights !== undefined;
  }

  get #leavesOut(): boolean {
    return this.#mask !== undefined || this.#spec.ignoreLabel !== undefined;
  }

  #areLabels(targets: Targets | undefined): boolean {
    return this.#labels || (this.#classes && targets instanceof Int32Array);
  }

  #widthOf(targets: Targets | undefined): number {
    return this.#areLabels(targets) ? 1 : this.prediction.width;
  }

  get #targetWidth(): number {
    return this.#labels ? 1 : this.prediction.width;
  }
}
