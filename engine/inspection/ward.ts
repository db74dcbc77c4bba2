/** Hierarchical clustering of units: Ward's linkage by chains of nearest neighbours (Murtagh 1983). */

/** A cluster: a leaf (an item by its index) or two clusters. */
export interface Cluster {
  /** Items in it. */
  readonly leaves: readonly number[];
  readonly parts: readonly [Cluster, Cluster] | undefined;
}

/** Distances between n items `[n, n]`, row after row. */
export interface Distances {
  readonly count: number;
  readonly values: Float64Array;
}

/**
 * Euclidean distances between rows. @param rows `[n, width]`, row after row.
 */
export function euclideanDistances(rows: Float32Array, count: number): Distances {
  const width = rows.length / count;
  const values = new Float64Array(count * count);
  for (let a = 0; a < count; a++)
    for (let b = a + 1; b < count; b++) {
      let sum = 0;
      for (let place = 0, p = a * width, q = b * width; place < width; place++, p++, q++) {
        const difference = rows[p]! - rows[q]!;
        sum += difference * difference;
      }
      values[a * count + b] = values[b * count + a] = Math.sqrt(sum);
    }
  return { count, values };
}

/** Joins the items step by step, always where the variance within clusters grows least. @returns the root. */
export function wardTree({ count, values }: Distances): Cluster {
  // Squared distances between the clusters that are left, by the index of their first item (Lance and Williams).
  const squared = values.map(distance => distance * distance);
  const clusters: (Cluster | undefined)[] = Array.from({ length: count }, (_, item) => ({ leaves: [item], parts: undefined }));
  const chain: number[] = [];
  for (let left = count; left > 1; left--) {
    if (chain.length === 0) chain.push(clusters.findIndex(cluster => cluster !== undefined));
    for (;;) {
      const tip = chain.at(-1)!;
      const before = chain.at(-2);
      const nearest = nearestCluster(squared, clusters, tip, before);
      if (nearest !== before) {
        chain.push(nearest);
        continue;
      }
      chain.length -= 2;
      merge(squared, clusters, Math.min(tip, before), Math.max(tip, before));
      break;
    }
  }
  return clusters.find(cluster => cluster !== undefined)!;
} // prettier-ignore

/** The cluster that is nearest to one; the last of the chain wins a tie, so that chains end. */
function nearestCluster(
  squared: Float64Array,
  clusters: readonly (Cluster | undefined)[],
  tip: number,
  before: number | undefined,
): number {
  let nearest = before;
  let least = before === undefined ? Infinity : squared[tip * clusters.length + before]!;
  for (let other = 0; other < clusters.length; other++) {
    if (other === tip || !clusters[other]) continue;
    const distance = squared[tip * clusters.length + other]!;
    if (nearest === undefined || distance < least) {
      nearest = other;
      least = distance;
    }
  }
  return nearest!;
}

/** Puts cluster b into a. */
function merge(squared: Float64Array, clusters: (Cluster | undefined)[], a: number, b: number): void {
  const count = clusters.length;
  const [first, second] = [clusters[a]!, clusters[b]!];
  const [sizeA, sizeB] = [first.leaves.length, second.leaves.length];
  const between = squared[a * count + b]!;
  for (let other = 0; other < count; other++) {
    const cluster = clusters[other];
    if (!cluster || other === a || other === b) continue;
    const size = cluster.leaves.length;
    const toA = (sizeA + size) * squared[a * count + other]!;
    const toB = (sizeB + size) * squared[b * count + other]!;
    const joined = (toA + toB - size * between) / (sizeA + sizeB + size);
    squared[a * count + other] = squared[other * count + a] = joined;
  }
  clusters[a] = { leaves: [...first.leaves, ...second.leaves], parts: [first, second] };
  clusters[b] = undefined;
}
