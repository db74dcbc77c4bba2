/** Where the ticks of a training axis stand: epochs under steps. */

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
