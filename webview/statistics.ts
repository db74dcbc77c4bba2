/** Statistics and histogram of a tensor's values. No DOM in here. */

export interface Statistics {
  readonly count: number;
  /** Of the finite values; NaN where there is none. */
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Standard deviation of the population, as `numpy.std`. */
  readonly std: number;
  /** Share of the finite values whose size is above 0.9. */
  readonly saturated: number;
  readonly nan: number;
  readonly infinite: number;
}

export function statisticsOf(values: Float32Array): Statistics {
  let [min, max, sum, saturated, nan, infinite] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0, 0, 0];
  for (const value of values) {
    if (Number.isNaN(value)) nan++;
    else if (!Number.isFinite(value)) infinite++;
    else {
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
      if (Math.abs(value) > 0.9) saturated++;
    }
  }
  const finite = values.length - nan - infinite;
  if (finite === 0)
    return {
      count: values.length,
      min: Number.NaN,
      max: Number.NaN,
      mean: Number.NaN,
      std: Number.NaN,
      saturated: 0,
      nan,
      infinite,
    };
  const mean = sum / finite;
  let squares = 0;
  for (const value of values) if (Number.isFinite(value)) squares += (value - mean) ** 2;
  return {
    count: values.length,
    min,
    max,
    mean,
    std: Math.sqrt(squares / finite),
    saturated: saturated / finite,
    nan,
    infinite,
  };
}

/** Counts of finite values in bins of equal width over `[low, high]`; what lies outside counts to the outer bins. */
export function histogramOf(values: Float32Array, low: number, high: number, bins: number): Uint32Array {
  const counts = new Uint32Array(bins);
  for (const value of values)
    if (Number.isFinite(value))
      counts[Math.min(bins - 1, Math.max(0, Math.floor(((value - low) / (high - low || 1)) * bins)))]!++;
  return counts;
}
