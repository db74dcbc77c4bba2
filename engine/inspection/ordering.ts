/** The orders in which units are shown: so that a picture of hundreds of units can be read. */
import { optimalLeafOrder } from './leafOrder.ts';
import { euclideanDistances, wardTree } from './ward.ts';

/** Optimal leaf ordering takes time with the cube of the units; beyond this the order of the tree must do. */
const MOST_LEAVES = 320;

/**
 * Units whose h runs alike stand together. @param rows h over many samples and steps, unit by unit `[U, n]`.
 * @returns a permutation of 0 … U-1.
 */
export function similarityOrder(rows: Float32Array, units: number): number[] {
  const distances = euclideanDistances(rows, units);
  const tree = wardTree(distances);
  return units <= MOST_LEAVES ? optimalLeafOrder(tree, distances) : [...tree.leaves];
}

/** The units with the largest part in the decision first, whichever its sign. */
export function decisionOrder(contributions: ArrayLike<number>): number[] {
  const part = (unit: number): number => Math.abs(contributions[unit]!);
  return indexOrder(contributions.length).sort((a, b) => part(b) - part(a) || a - b);
}

export function indexOrder(units: number): number[] {
  return Array.from({ length: units }, (_, unit) => unit);
}

/** The order or its reverse, whichever is nearer to an earlier one: so that a picture does not turn upside down. */
export function alignOrder(order: readonly number[], earlier: readonly number[]): number[] {
  const place = new Float64Array(order.length);
  earlier.forEach((unit, index) => (place[unit] = index));
  const middle = (order.length - 1) / 2;
  const agreement = order.reduce((sum, unit, index) => sum + (index - middle) * (place[unit]! - middle), 0);
  return agreement < 0 ? order.toReversed() : [...order];
}
