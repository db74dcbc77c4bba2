/** The losses by kind: what they ask of a target, and what of a row is one loss. */
import type { LossSpec } from './spec.ts';

export interface LossTraits {
  /** `label`: one class a row; `distribution`: a part for each class; `binary`: 0 or 1 for each value; `values`: any. */
  readonly target: 'label' | 'distribution' | 'binary' | 'values';
  /** A row has one loss, and not one for each of its values. */
  readonly ofRow?: true;
  /** It says how far predicted values are from the targets. */
  readonly isDistance?: true;
}

export const LOSSES: Readonly<Record<LossSpec['kind'], LossTraits>> = {
  sparse_softmax_cross_entropy: { target: 'label', ofRow: true },
  softmax_cross_entropy: { target: 'distribution', ofRow: true },
  sigmoid_cross_entropy: { target: 'binary' },
  mean_squared_error: { target: 'values', isDistance: true },
  mean_absolute_error: { target: 'values', isDistance: true },
  huber: { target: 'values', isDistance: true },
  log_cosh: { target: 'values', isDistance: true },
  mean_absolute_percentage_error: { target: 'values', isDistance: true },
  mean_squared_logarithmic_error: { target: 'values', isDistance: true },
  hinge: { target: 'values' },
  squared_hinge: { target: 'values' },
  poisson: { target: 'values' },
  poisson_of_logarithms: { target: 'values' },
  kl_divergence: { target: 'values', ofRow: true },
  kl_divergence_of_logarithms: { target: 'values' },
  cosine_similarity: { target: 'values', ofRow: true },
};

/** Whether a loss is of classes, of which the one with the greatest logit is predicted. */
export function isOfClasses(kind: LossSpec['kind']): boolean {
  const { target } = LOSSES[kind];
  return target === 'label' || target === 'distribution';
}
