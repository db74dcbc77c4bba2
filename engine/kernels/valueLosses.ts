import type { LossSpec } from '../model/spec.ts';

/** Losses that are summed over values of a row, by their numbers in the kernels (`assembly/loss.ts` has the formulas). */
export const VALUE_LOSSES = {
  mean_squared_error: 0,
  mean_absolute_error: 1,
  huber: 2,
  log_cosh: 3,
  hinge: 4,
  squared_hinge: 5,
  poisson: 6,
  poisson_of_logarithms: 7,
  kl_divergence: 8,
  kl_divergence_of_logarithms: 9,
  mean_absolute_percentage_error: 10,
  mean_squared_logarithmic_error: 11,
} as const satisfies Partial<Record<LossSpec['kind'], number>>;
