/** How long a program trains, read off the loops around a training step. */
import type { Loop, Reader } from './calls.ts';
import type { TrainingRecord } from './graph.ts';
import type { Abstract } from './values.ts';

const LOOPS_OVER_EPOCHS = /epoch/i;

/** Whether a loop says that it goes over epochs. */
export function isEpochs({ variable, text }: Loop): boolean {
  return LOOPS_OVER_EPOCHS.test(variable) || LOOPS_OVER_EPOCHS.test(text);
}

/** Epochs and iterations, from the loops in which a training step is run. */
export function countLoops(training: TrainingRecord, reader: Reader, batchSize: number | null): void {
  const loops = reader.loops;
  // Every round of a loop runs the step; what the loops say is the same each time.
  if (training.counted === loops.length) return;
  training.counted = loops.length;
  training.batchSize ??= batchSize ?? plainNumber(reader.global(/^(?:batch_?size|n_?batch)$/i));
  const named = loops.find(isEpochs);
  const epochs = named ?? (loops.length > 1 ? loops[0] : undefined);
  if (epochs !== undefined) training.epochs ??= plainNumber(epochs.count);
  else if (loops[0] !== undefined) training.iterations ??= plainNumber(loops[0].count);
}

function plainNumber(value: Abstract | null): number | null {
  return value?.kind === 'number' && Number.isInteger(value.value) && value.value > 0 ? value.value : null;
}
