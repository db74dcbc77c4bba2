/**
 * Optimal leaf ordering (Bar-Joseph, Gifford and Jaakkola 2001): of all orders that keep the clusters of a tree together,
 * the one in which neighbours are nearest, by dynamic programming over the outermost leaves of each cluster.
 */
import type { Cluster, Distances } from './ward.ts';

/** The leaves of the tree in that order; its two readings are equal, the one that begins with the lower item is taken. */
export function optimalLeafOrder(root: Cluster, { count, values: distances }: Distances): number[] {
  // Least length of a cluster that begins with leaf u and ends with leaf w, at [u, w]: only one cluster has both as ends.
  const lengths = new Float64Array(count * count);
  const toNext = new Float64Array(count);
  for (const cluster of inOrderOfMerging(root)) {
    const [a, b] = cluster.parts!;
    const endsOfB = new Map(b.leaves.map(w => [w, otherEnds(b, w)]));
    for (const u of a.leaves) {
      const endsOfA = otherEnds(a, u);
      // From u through a to each leaf k with which b may begin.
      for (const k of b.leaves) {
        let least = Infinity;
        for (const m of endsOfA) least = Math.min(least, lengths[u * count + m]! + distances[m * count + k]!);
        toNext[k] = least;
      }
      for (const w of b.leaves) {
        let least = Infinity;
        for (const k of endsOfB.get(w)!) least = Math.min(least, toNext[k]! + lengths[k * count + w]!);
        lengths[u * count + w] = lengths[w * count + u] = least;
      }
    }
  }
  if (!root.parts) return [...root.leaves];
  const [a, b] = root.parts;
  let [first, last] = [a.leaves[0]!, b.leaves[0]!];
  for (const u of a.leaves)
    for (const w of b.leaves) if (lengths[u * count + w]! < lengths[first * count + last]!) [first, last] = [u, w];
  const order: number[] = [];
  write(root, first, last, distances, lengths, count, order);
  return order[0]! <= order.at(-1)! ? order : order.reverse();
}

/** The leaves that can stand at the far end of a cluster that begins with leaf u: those of its other part. */
function otherEnds(cluster: Cluster, u: number): readonly number[] {
  if (!cluster.parts) return cluster.leaves;
  const [a, b] = cluster.parts;
  return a.leaves.includes(u) ? b.leaves : a.leaves;
}

/** Clusters of two parts, each after its parts. */
function inOrderOfMerging(root: Cluster): Cluster[] {
  const found: Cluster[] = [];
  const open = [root];
  for (let cluster = open.pop(); cluster; cluster = open.pop()) {
    if (!cluster.parts) continue;
    found.push(cluster);
    open.push(...cluster.parts);
  }
  return found.reverse();
}

/** Appends the leaves of a cluster from u to w in the least length. */
function write(
  cluster: Cluster,
  u: number,
  w: number,
  distances: Float64Array,
  lengths: Float64Array,
  count: number,
  into: number[],
): void {
  if (!cluster.parts) {
    into.push(u);
    return;
  }
  const [a, b] = cluster.parts[0].leaves.includes(u) ? cluster.parts : [cluster.parts[1], cluster.parts[0]];
  let best = Infinity;
  let [endOfA, startOfB] = [u, w];
  for (const m of otherEnds(a, u))
    for (const k of otherEnds(b, w)) {
      const length = lengths[u * count + m]! + distances[m * count + k]! + lengths[k * count + w]!;
      if (length < best) [best, endOfA, startOfB] = [length, m, k];
    }
  write(a, u, endOfA, distances, lengths, count, into);
  write(b, startOfB, w, distances, lengths, count, into);
}
