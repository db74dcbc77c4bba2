import assert from 'node:assert/strict';
import { TILES } from '../../../engine/kernels/kernels.ts';
import { MemoryPlan } from '../../../engine/kernels/memory.ts';
import { PackedMatrix, Products } from '../../../engine/kernels/products.ts';
import { fastestTile, measureTile } from '../../../engine/kernels/tiles.ts';
import { Random } from '../../../engine/random.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { openKernels } from './kernels.ts';

const { memory, kernels, plan } = openKernels(1 << 26);
const start = plan.end;
const random = new Random(7);
const numbers = (count: number): Float32Array => Float32Array.from({ length: count }, () => random.normal());

/** One running sum in float32 over k in ascending order: what every product must give to the bit. */
function runningSum(depth: number, a: (k: number) => number, b: (k: number) => number, from = 0): number {
  let sum = from;
  for (let k = 0; k < depth; k++) sum = Math.fround(sum + Math.fround(a(k) * b(k)));
  return sum;
}

function put(at: number, values: Float32Array): number {
  memory.floats(at, values.length).set(values);
  return at;
}

describe('products: one running sum over k to the bit, in every tile shape', () => {
  for (const [shape, { rows, columns }] of TILES.entries()) {
    const products = new Products(kernels, shape);

    it(`${rows}×${columns}: rows times weights at odd sizes, with one or two parts, onto zeros or what is there`, () => {
      for (const [m, x, h, n] of [[1, 1, 0, 1], [3, 5, 4, 10], [5, 28, 150, 13], [150, 28, 5, 24], [7, 300, 331, 9], [250, 3, 2, 5], [4, 7, 0, 600]] as const) {
        for (const add of [false, true]) {
          const own = new MemoryPlan(start);
          const [X, H, W, C] = [numbers(m * x), numbers(m * h), numbers((x + h) * n), numbers(m * n)];
          const [xAt, hAt, wAt, cAt] = [put(own.floats(m * x), X), put(own.floats(m * h), H), put(own.floats(W.length), W), put(own.floats(m * n + 1), C)];
          const packed = new PackedMatrix(products, 'forward', () => ({ at: wAt, stride: n * 4, rows: x + h, columns: n }));
          packed.plan(own);
          const scratch = own.floats(Products.rowScratch(m, x + h));
          memory.floats(cAt + m * n * 4, 1)[0] = 42;
          packed.pack();
          products.rowsTimesWeights(xAt, x * 4, x, hAt, h * 4, h, packed, cAt, n * 4, m, add, scratch);
          const found = memory.floats(cAt, m * n);
          for (let row = 0; row < m; row++) {
            for (let column = 0; column < n; column++) {
              const a = (k: number) => (k < x ? X[row * x + k]! : H[row * h + k - x]!);
              const expected = runningSum(x + h, a, k => W[k * n + column]!, add ? C[row * n + column]! : 0);
              assert.equal(found[row * n + column], expected, `[${row}, ${column}] of ${m} × ${n}, ${x} + ${h}`);
            }
          }
          assert.equal(memory.floats(cAt + m * n * 4, 1)[0], 42, 'nothing is written past the end');
        }
      }
    }); // prettier-ignore

    it(`${rows}×${columns}: the transposed weights, and a product over the first part alone`, () => {
      const [m, depth, n] = [6, 602, 31];
      const own = new MemoryPlan(start);
      const [A, W] = [numbers(m * depth), numbers(n * depth)];
      const [aAt, wAt, cAt] = [put(own.floats(A.length), A), put(own.floats(W.length), W), own.floats(m * n)];
      const packed = new PackedMatrix(products, 'backward', () => ({
        at: wAt,
        stride: depth * 4,
        rows: n,
        columns: depth,
      }));
      packed.plan(own);
      const scratch = own.floats(Products.rowScratch(m, depth));
      packed.pack();
      for (const first of [depth, 150, 1]) {
        products.rowsTimesWeights(aAt, depth * 4, first, 0, 0, 0, packed, cAt, n * 4, m, false, scratch);
        const found = memory.floats(cAt, m * n);
        for (let k = 0; k < m * n; k++) {
          const [row, column] = [Math.floor(k / n), k % n];
          assert.equal(found[k], runningSum(first, q => A[row * depth + q]!, q => W[column * depth + q]!)); // prettier-ignore
        }
      }
    });

    it(`${rows}×${columns}: sums of outer products over all rows, whole or in shares of columns`, () => {
      for (const [total, skip, x, h, n] of [[1, 1, 1, 1, 1], [6, 2, 3, 5, 7], [600, 150, 28, 5, 20], [700, 0, 5, 0, 10]] as const) {
        const own = new MemoryPlan(start);
        const [X, H, D] = [numbers(total * x), numbers(total * h).fill(0, 0, skip * h), numbers(total * n)];
        const [xAt, hAt, dAt] = [put(own.floats(X.length), X), put(own.floats(H.length), H), put(own.floats(D.length), D)];
        const [gAt, biasAt] = [own.floats((x + h) * n), own.floats(n)];
        const scratch = own.floats(Products.sumScratch(total, Math.max(x, h), n));
        for (const shares of [1, 2, 3]) {
          memory.floats(gAt, (x + h) * n).fill(NaN);
          for (let share = 0; share < shares; share++) {
            const [first, end] = [Math.floor((n * share) / shares), Math.floor((n * (share + 1)) / shares)];
            if (first < end) products.sumOfOuterProducts(xAt, x * 4, x, hAt, h * 4, h, skip, dAt, n * 4, total, gAt, n * 4, biasAt, first, end, false, scratch);
          }
          const found = memory.floats(gAt, (x + h) * n);
          for (let k = 0; k < (x + h) * n; k++) {
            const [row, column] = [Math.floor(k / n), k % n];
            const a = (q: number) => (row < x ? X[q * x + row]! : H[q * h + row - x]!);
            assert.equal(found[k], runningSum(total, a, q => D[q * n + column]!), `[${row}, ${column}]`);
          }
          const bias = memory.floats(biasAt, n);
          for (let column = 0; column < n; column++) assert.equal(bias[column], runningSum(total, () => 1, q => D[q * n + column]!)); // prettier-ignore
        }
      }
    }); // prettier-ignore
  }

  it('measures all tile shapes and chooses one of them', () => {
    for (const shape of TILES.keys()) assert.ok(measureTile(kernels, shape, start, 3) > 0.1);
    assert.ok(TILES[fastestTile(new WebAssembly.Module(KERNEL_BYTES))]);
  });
});
