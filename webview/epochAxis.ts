/** Where the ticks of a training chart stand. No DOM in here. */

/** Up to `most` whole epochs, evenly apart, within `[0, steps]`; each as its step and its number. */
export function epochTicks(steps: number, stepsPerEpoch: number, most: number): { value: number; epoch: number }[] {
  const epochs = Math.floor(steps / stepsPerEpoch + 1e-9);
  const stride = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000].find(each => epochs / each <= most) ?? epochs;
  return Array.from({ length: Math.floor(epochs / stride) + 1 }, (_, index) => ({
    value: index * stride * stepsPerEpoch,
    epoch: index * stride,
  }));
}

/** The end of the axis: of the epoch under way, so that the picture stands still while it fills. */
export function axisEnd(lastStep: number, stepsPerEpoch: number | undefined): number {
  if (!stepsPerEpoch) return Math.max(10, lastStep);
  return Math.max(1, Math.ceil(lastStep / stepsPerEpoch)) * stepsPerEpoch;
}

/** Which multiples of a power of ten may carry a tick, from the finest to the coarsest. */
const FACTORS: readonly (readonly number[])[] = [
  ...[0.1, 0.25, 0.5, 1].map(step => Array.from({ length: Math.round(9 / step) }, (_, index) => 1 + index * step)),
  [1, 2, 5],
  [1],
];
const MOST_TICKS = 7;

/** Round numbers within the range, as fine as they fit; powers of ten where even 1, 2 and 5 would be many. */
export function logarithmicTicks(low: number, high: number): number[] {
  if (!(low > 0) || !(high > low)) return [];
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  const powers = Array.from({ length: last - first + 1 }, (_, index) => first + index);
  const within = (factors: readonly number[]): number[] =>
    powers
      .flatMap(power => factors.map(factor => Number((factor * 10 ** power).toPrecision(3))))
      .filter(tick => tick >= low && tick <= high);
  return FACTORS.map(within).find(ticks => ticks.length <= MOST_TICKS) ?? within([1]);
}
