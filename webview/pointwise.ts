/** The cell's pointwise equations with the numbers of one unit and one step put in. */
import type { PointwiseEquation, PointwiseFactor } from '../engine/cells/table.ts';
import { type ReadTrace, valueAt } from './gateTrace.ts';

export interface FilledFactor extends PointwiseFactor {
  /** The tensor's own value. */
  readonly raw: number;
  /** After `as` has been applied: what is multiplied. */
  readonly value: number;
}

export interface FilledEquation {
  readonly result: string;
  /** What the trace holds for the result. */
  readonly traced: number;
  readonly terms: readonly (readonly FilledFactor[])[];
}

const APPLY: Readonly<Record<NonNullable<PointwiseFactor['as']> | 'itself', (value: number) => number>> = {
  itself: value => value,
  tanh: Math.tanh,
  'one-minus': value => 1 - value,
};

/** float32 sums of a few products differ from ours by less than this, relative to 1. */
const TOLERANCE = 1e-4;

/**
 * Fills in an equation. @returns undefined where the trace lacks one of its tensors, or where the numbers do not meet
 * (another activation, clipping, a projection: then the equation is not the whole truth and is not shown).
 * Note: before the first step the states count as zero.
 */
export function fillEquation(
  equation: PointwiseEquation,
  trace: ReadTrace,
  step: number,
  unit: number,
): FilledEquation | undefined {
  const traced = valueAt(trace, equation.result, step, unit);
  if (traced === undefined) return undefined;
  const terms: FilledFactor[][] = [];
  let sum = 0;
  for (const term of equation.terms) {
    const factors: FilledFactor[] = [];
    for (const factor of term) {
      const at = factor.previous ? step - 1 : step;
      const raw = at < 0 ? 0 : valueAt(trace, factor.tensor, at, unit);
      if (raw === undefined) return undefined;
      factors.push({ ...factor, raw, value: APPLY[factor.as ?? 'itself'](raw) });
    }
    sum += factors.reduce((product, { value }) => product * value, 1);
    terms.push(factors);
  }
  if (Math.abs(sum - traced) > TOLERANCE * Math.max(1, Math.abs(traced))) return undefined;
  return { result: equation.result, traced, terms };
}
