import assert from 'node:assert/strict';
import { activate } from '../../../engine/backends/reference/activations.ts';
import { multiply, sum } from '../../../engine/backends/reference/operations.ts';
import { gradients, type Tensor, tensor } from '../../../engine/backends/reference/tensor.ts';
import { Activation } from '../../../engine/model/spec.ts';
import { errorOf } from '../reference/cases.ts';
import { USES } from '../reference/uses.ts';
import { device, tf } from './device.ts';

/** A scalar in which every value has its own weight. */
function weighted(x: Tensor): Tensor {
  const size = x.shape.reduce((product, one) => product * one, 1);
  return sum(
    multiply(
      x,
      tensor(
        x.shape,
        Array.from({ length: size }, (_, k) => Math.cos(k + 1)),
      ),
    ),
  );
}

/** Result and gradients of an operation in TensorFlow. */
function inTensorflow(use: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]) {
  return device.scoped(() => {
    const handles = inputs.map(input => device.handleOf(input));
    const { grads } = tf.engine().gradients(() => {
      const leaves = handles.map(handle => device.wrap(handle));
      return device.handleOf(weighted(use(...leaves))).asScalar();
    }, handles);
    const result = use(...handles.map(handle => device.wrap(handle)));
    return { shape: result.shape, values: result.values, slopes: grads.map(grad => grad.dataSync()) };
  });
}

function check(use: (...inputs: Tensor[]) => Tensor, inputs: readonly Tensor[]): void {
  const expected = use(...inputs);
  const found = inTensorflow(use, inputs);
  assert.deepEqual(found.shape, expected.shape);
  assert.ok(errorOf(found.values, expected.values) <= 1e-5);
  for (const [k, slopes] of gradients(weighted(expected), inputs).entries())
    assert.ok(errorOf(found.slopes[k]!, slopes) <= 1e-5, `gradient ${k}`);
}

describe('the operations in TensorFlow agree with float64, gradients too, to 1e-5', () => {
  for (const [name, [inputs, use]] of Object.entries(USES)) {
    it(name, () => {
      check(use, inputs);
    });
  }

  for (const { const: activation } of (Activation as unknown as { anyOf: { const: Activation }[] }).anyOf) {
    it(`activation ${activation}`, () => {
      check(x => activate(activation, x), [tensor([3, 6], [-7, -3.2, -2.6, -2.4, -1.1, -0.3, 0.2, 0.4, 0.9, 1.6, 2.4, 2.61, 2.9, 3.2, 5.9, 6.1, 2.2, -0.01])]); // prettier-ignore
    });
  }
});
