import { MEASURES, type MeasureId } from '../model/measures.ts';
import { formatPhrase } from '../model/phrase.ts';
import type { MetricRow } from './format.ts';

/** A number as numpy prints a float32: the fewest digits that give the same float32 back, `0.9533333`, `1.0`. */
export function formatFloat32(value: number): string {
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return String(single).toLowerCase().replace('infinity', 'inf');
  for (let digits = 1; digits < 9; digits++) {
    const text = String(Number(single.toPrecision(digits)));
    if (Math.fround(Number(text)) === single) return /[.e]/.test(text) ? text : `${text}.0`;
  }
  return String(Number(single.toPrecision(9)));
}

/**
 * The line that the notes' program prints at the end of an epoch:
 * `Epoch 0 Train accuracy = 0.9533333 Test accuracy = 0.9544`.
 */
export function epochLine({ epoch, train, test }: Extract<MetricRow, { kind: 'epoch' }>, measure: MeasureId): string {
  const name = formatPhrase(MEASURES[measure].short);
  return `Epoch ${epoch} Train ${name} = ${formatFloat32(train)} Test ${name} = ${formatFloat32(test)}`;
}
