/** Truncated back-propagation by windows: a batch is cut in windows of its steps, each a training step of its own. */
import type { ModelSpec } from '../model/spec.ts';
import { truncationOf } from '../model/truncation.ts';
import type { Batch, BatchResult } from './backend.ts';

interface Work {
  /** Throws where the whole batch does not fit: it must before it is cut. */
  readonly check: (batch: Batch) => void;
  readonly run: (window: Batch) => BatchResult;
}

/** Does all of a batch, or one window of its steps after the other until one diverges; the result is that of the whole batch. */
export function overWindows(spec: ModelSpec, batch: Batch, { check, run }: Work): BatchResult {
  const { steps: length, windows } = truncationOf(spec) ?? { steps: 0, windows: false };
  if (!windows || batch.steps <= length) return run(batch);
  check(batch);
  const { reduction, ignoreLabel } = spec.loss!;
  const parts: (BatchResult & { weight: number })[] = [];
  for (let first = 0; first < batch.steps; first += length) {
    const window = stepsOf(batch, first, Math.min(first + length, batch.steps));
    const result = run(window);
    if (result.diverged) return result;
    // A mean over all steps weighs a window by its steps, one over those that count by them.
    const byCount = reduction === 'mean_over_mask' || ignoreLabel !== undefined;
    parts.push({ ...result, weight: reduction === 'sum' ? 1 : byCount ? result.count : window.steps });
  }
  const sum = (of: (part: (typeof parts)[number]) => number) => parts.reduce((total, part) => total + of(part), 0);
  const whole = reduction === 'sum' ? 1 : Math.max(1, sum(({ weight }) => weight)); // prettier-ignore
  return {
    loss: sum(({ loss, weight }) => loss * weight) / whole,
    correct: parts[0]!.correct === undefined ? undefined : sum(({ correct }) => correct!),
    count: sum(({ count }) => count),
  };
}

/** Steps of a batch whose only sequence and targets have all of them. */
function stepsOf(batch: Batch, first: number, end: number): Batch {
  const { size, steps, inputs, targets, lengths, masks } = batch;
  const cut = <A extends Float32Array | Int32Array>(values: A): A => {
    const width = values.length / (size * steps);
    const window = values.slice(0, size * (end - first) * width) as A;
    for (let row = 0; row < size; row++)
      window.set(
        values.subarray((row * steps + first) * width, (row * steps + end) * width),
        row * (end - first) * width,
      );
    return window;
  };
  return {
    size,
    steps: end - first,
    inputs: cut(inputs),
    ...(targets && { targets: cut(targets) }),
    ...(lengths && { lengths: lengths.map(length => Math.min(Math.max(length - first, 0), end - first)) }),
    ...(masks && { masks }),
  };
}
