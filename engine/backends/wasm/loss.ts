import type { Kernels } from '../../kernels/kernels.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import type { BatchResult } from '../backend.ts';
import type { Shape, Slice, Tensor } from './part.ts';

/** Mean softmax cross-entropy of logits `[B, classes]` against labels. */
export class SoftmaxCrossEntropy {
  readonly logits: Tensor;
  readonly #kernels: Kernels;
  #labels = 0;
  #losses = 0;
  #correct = 0;

  constructor(kernels: Kernels, logits: Tensor) {
    this.#kernels = kernels;
    this.logits = logits;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    const { batch } = shape;
    this.logits.planSlopes(plan, shape);
    this.#labels = plan.reserve(batch * 4);
    this.#losses = plan.reserve(batch * 8);
    this.#correct = plan.reserve(batch);
  }

  setLabels(memory: EngineMemory, labels: Int32Array): void {
    memory.integers(this.#labels, labels.length).set(labels);
  }

  /** Losses of the rows and, with `slopes`, the gradient of the mean loss by their logits. */
  run(shape: Shape, { first, rows }: Slice, slopes: boolean): void {
    const { logits } = this;
    const at = logits.at(shape) + first * logits.width * 4;
    const slopesAt = slopes ? logits.slopes + first * logits.slopeStride : 0;
    this.#kernels.softmaxCrossEntropy(
      at,
      this.#labels + first * 4,
      rows,
      logits.width,
      1 / shape.batch,
      slopesAt,
      this.#losses + first * 8,
      this.#correct + first,
    );
  }

  /** Sums in the order of the rows. */
  result(memory: EngineMemory, { batch }: Shape): BatchResult {
    let loss = 0;
    for (const row of memory.doubles(this.#losses, batch)) loss += row;
    let correct = 0;
    for (const row of memory.bytesAt(this.#correct, batch)) correct += row;
    return { loss: loss / batch, correct };
  }
}
