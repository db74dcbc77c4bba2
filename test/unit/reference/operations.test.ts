import assert from 'node:assert/strict';
import { activate } from '../../../engine/backends/reference/activations.ts';
import * as operations from '../../../engine/backends/reference/operations.ts';
import { gradients, type Tensor, tensor } from '../../../engine/backends/reference/tensor.ts';
import { Activation } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { gradientError, someTensor } from './differences.ts';
import { USES } from './uses.ts';

const random = new Random(8, 'operations');
const of = (...shape: number[]): Tensor => someTensor(random, ...shape);

/** A scalar of any tensor in which every value has its own weight. */
function weighted(x: Tensor): Tensor {
  const weights = tensor(x.shape, x.values.map((_, k) => Math.cos(k + 1))); // prettier-ignore
  return operations.sum(operations.multiply(x, weights));
}

describe('the tape: gradients agree with central differences to 1e-6 of the largest', () => {
  it('has a use of every operation to check', () => {
    assert.deepEqual(Object.keys(USES).sort(), Object.keys(operations).sort());
  });

  for (const [name, [inputs, use]] of Object.entries(USES)) {
    it(name, () => {
      const error = gradientError((...given) => weighted(use(...given)), inputs);
      assert.ok(error <= 1e-6, `error ${error}`);
    });
  }

  for (const { const: activation } of (Activation as unknown as { anyOf: { const: Activation }[] }).anyOf) {
    it(`activation ${activation}`, () => {
      const x = tensor([3, 6], [-7, -3.2, -2.6, -2.4, -1.1, -0.3, 0.2, 0.4, 0.9, 1.6, 2.4, 2.6, 2.9, 3.2, 5.9, 6.1, 8, -0.01]); // prettier-ignore
      const error = gradientError(given => weighted(activate(activation, given)), [x]);
      assert.ok(error <= 1e-6, `error ${error}`);
    });
  }

  it('sums what reaches a tensor by several ways before it passes on', () => {
    const x = tensor([1], [3]);
    const square = operations.multiply(x, x);
    const y = operations.sum(operations.add(operations.multiply(square, square), square));
    assert.deepEqual([...gradients(y, [x])[0]!], [4 * 27 + 2 * 3]);
  });

  it('gives zeros for what a scalar does not depend on', () => {
    const x = of(2);
    assert.deepEqual([...gradients(operations.sum(x), [of(3)])[0]!], [0, 0, 0]);
  });
});

describe('the operations', () => {
  const x = tensor([2, 3], [1, 2, 3, 4, 5, 6]);

  it('turn and cut as NumPy does', () => {
    assert.deepEqual([...operations.transpose(x).values], [1, 4, 2, 5, 3, 6]);
    assert.deepEqual([...operations.columns(x, 1, 3).values], [2, 3, 5, 6]);
    assert.deepEqual(operations.exchange(operations.reshape(x, [1, 2, 3]), 1).shape, [1, 3, 2]);
    assert.deepEqual([...operations.exchange(operations.reshape(x, [1, 2, 3]), 1).values], [1, 4, 2, 5, 3, 6]);
    assert.deepEqual([...operations.stepOf(operations.reshape(x, [1, 2, 3]), 1).values], [4, 5, 6]);
    assert.deepEqual([...operations.concatenate([x, x]).values], [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
  });

  it('multiply matrices', () => {
    assert.deepEqual([...operations.matmul(x, tensor([3, 2], [1, 0, 0, 1, 1, 1])).values], [4, 5, 10, 11]);
  });

  it('take the logarithm of a softmax of numbers that would overflow', () => {
    assert.deepEqual([...operations.logSoftmax(tensor([1, 2], [1000, 0])).values], [0, -1000]);
  });

  it('name the shapes that do not fit', () => {
    assert.throws(() => operations.matmul(x, x), /matmul: \[2, 3\] and \[2, 3\] do not fit/);
    assert.throws(() => operations.add(x, of(2)), /add: \[2, 3\] and \[2\] do not fit/);
  });
});
