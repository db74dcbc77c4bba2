/** Points of curves: kept as they come, thinned before they are drawn. No DOM in here. */

/** One curve's points in the order of x; grows without copying each time. */
export class Points {
  #data = new Float64Array(512);
  #count = 0;

  get count(): number {
    return this.#count;
  }
  x(index: number): number {
    return this.#data[2 * index]!;
  }
  y(index: number): number {
    return this.#data[2 * index + 1]!;
  }

  /** Adds points given as x and y in turn. Points that are not after the last one are known already and left out. */
  append(pairs: Float64Array): void {
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      const [x, y] = [pairs[at]!, pairs[at + 1]!];
      if (this.#count > 0 && x <= this.x(this.#count - 1)) continue;
      if (2 * this.#count === this.#data.length) {
        const larger = new Float64Array(2 * this.#data.length);
        larger.set(this.#data);
        this.#data = larger;
      }
      this.#data[2 * this.#count] = x;
      this.#data[2 * this.#count + 1] = y;
      this.#count++;
    }
  }
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

/**
 * Min–max decimation: cuts the points into `buckets` of equal width in x and keeps the lowest and the highest of each,
 * in order, so that no spike is lost. Values that are not finite are kept: they break the line.
 */
export function thin(points: readonly Point[], buckets: number): readonly Point[] {
  if (points.length <= 2 * buckets) return points;
  const first = points[0]!.x;
  const width = (points.at(-1)!.x - first) / buckets || 1;
  const kept: Point[] = [];
  let at = 0;
  while (at < points.length) {
    const bucket = Math.min(buckets - 1, Math.floor((points[at]!.x - first) / width));
    let [lowest, highest, broken] = [at, at, -1];
    for (; at < points.length && Math.min(buckets - 1, Math.floor((points[at]!.x - first) / width)) === bucket; at++) {
      const { y } = points[at]!;
      if (!Number.isFinite(y)) broken = at;
      else if (!(y >= points[lowest]!.y)) lowest = at;
      if (!(y <= points[highest]!.y)) highest = at;
    }
    for (const index of new Set([lowest, highest, broken].filter(each => each >= 0).sort((a, b) => a - b)))
      kept.push(points[index]!);
  }
  return kept;
}

/**
 * Exponential moving average with its start corrected, as in Adam: the first value is the first point's own.
 * Points that are further apart weigh more, so that sparse and dense curves are smoothed over the same time.
 * @param weight of the past over a distance of 1 in x, in [0, 1).
 */
export function smooth(points: readonly Point[], weight: number): readonly Point[] {
  if (weight === 0) return points;
  let [average, rest, before] = [0, 1, (points[0]?.x ?? 0) - 1];
  return points.map(({ x, y }) => {
    if (!Number.isFinite(y)) return { x, y };
    const past = weight ** (x - before);
    before = x;
    average = past * average + (1 - past) * y;
    rest *= past;
    return { x, y: average / (1 - rest) };
  });
}

/** All points of a curve. */
export function toList(points: Points): Point[] {
  return Array.from({ length: points.count }, (_, index) => ({ x: points.x(index), y: points.y(index) }));
}
