import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { optimalLeafOrder } from '../../../engine/inspection/leafOrder.ts';
import { alignOrder, decisionOrder, similarityOrder } from '../../../engine/inspection/ordering.ts';
import { type Cluster, euclideanDistances, wardTree } from '../../../engine/inspection/ward.ts';
import { Random } from '../../../engine/random.ts';

interface Case {
  readonly name: string;
  readonly rows: readonly (readonly number[])[];
  readonly clusters: readonly (readonly number[])[];
  /** Of scipy's order: the sum of distances between neighbours. */
  readonly length: number;
  /** The least of all ways to turn the clusters around, where they could all be tried. */
  readonly shortest: number | null;
}

/** Made by scipy (`make_orderings.py`). */
const CASES = JSON.parse(
  readFileSync(join(import.meta.dirname, '../../fixtures/inspection/orderings.json'), 'utf8'),
) as Case[];

function clustersOf(cluster: Cluster): number[][] {
  if (!cluster.parts) return [];
  return [...cluster.parts.flatMap(clustersOf), cluster.leaves.toSorted((a, b) => a - b)];
}

const isPermutation = (order: readonly number[], count: number): void => {
  assert.deepEqual(order.toSorted((a, b) => a - b), Array.from({ length: count }, (_, item) => item));
}; // prettier-ignore

describe('order by similarity', () => {
  for (const { name, rows, clusters, length, shortest } of CASES) {
    const values = Float32Array.from(rows.flat());
    const distances = euclideanDistances(values, rows.length);

    it(`joins ${name} into the clusters of scipy's Ward linkage`, () => {
      const text = (sets: readonly (readonly number[])[]): string[] => sets.map(set => set.join(' ')).sort();
      assert.deepEqual(text(clustersOf(wardTree(distances))), text(clusters));
    });

    it(`orders ${name} so that neighbours are nearest: never longer than scipy, the shortest where all were tried, to 1e-9`, () => {
      const found = optimalLeafOrder(wardTree(distances), distances);
      const place = new Map(found.map((item, index) => [item, index]));
      for (const cluster of clusters) {
        const places = cluster.map(item => place.get(item)!);
        assert.equal(Math.max(...places) - Math.min(...places), cluster.length - 1, `cluster ${cluster.join(' ')}`);
      }
      const walked = found.slice(1).reduce((sum, item, index) => sum + distances.values[found[index]! * rows.length + item]!, 0);
      assert.ok(walked <= length + 1e-9, `length ${walked}, scipy ${length}`);
      if (shortest !== null) assert.ok(Math.abs(walked - shortest) < 1e-9, `length ${walked}, shortest ${shortest}`);
    }); // prettier-ignore
  }

  it('takes a fraction of a second for 150 units over 200 samples of 28 steps', function () {
    this.timeout(3000);
    const random = new Random(1);
    const rows = Float32Array.from({ length: 150 * 5600 }, () => random.normal());
    isPermutation(similarityOrder(rows, 150), 150);
  });

  it('takes units that are all alike, a single unit, and more units than leaves can be ordered', () => {
    isPermutation(similarityOrder(new Float32Array(12), 4), 4);
    assert.deepEqual(similarityOrder(new Float32Array(3), 1), [0]);
    const random = new Random(1);
    isPermutation(
      similarityOrder(
        Float32Array.from({ length: 400 * 4 }, () => random.normal()),
        400,
      ),
      400,
    );
  });

  it('does not turn upside down from one time to the next', () => {
    assert.deepEqual(alignOrder([4, 3, 2, 0, 1], [0, 1, 2, 3, 4]), [1, 0, 2, 3, 4]);
    assert.deepEqual(alignOrder([0, 2, 1, 3, 4], [0, 1, 2, 3, 4]), [0, 2, 1, 3, 4]);
  });
});

describe('order by part in the decision', () => {
  it('puts the largest part first, for or against', () => {
    assert.deepEqual(decisionOrder(Float32Array.of(0.1, -3, 2, 0, 0)), [1, 2, 0, 3, 4]);
  });
});
