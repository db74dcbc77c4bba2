import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { activate } from '../../../engine/backends/reference/activations.ts';
import { tensor } from '../../../engine/backends/reference/tensor.ts';
import type { Activation } from '../../../engine/model/spec.ts';
import { errorOf } from './cases.ts';

const { x, values } = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/beyond/activations-torch.json'), 'utf8')) as { x: number[]; values: Record<Activation, number[]> }; // prettier-ignore

describe("the activations of the float64 reference: PyTorch's values to 1e-13", () => {
  for (const [name, expected] of Object.entries(values))
    it(name, () => {
      const error = errorOf(activate(name as Activation, tensor([1, x.length], x)).values, expected);
      assert.ok(error <= 1e-13, `error ${error}`);
    });

  it('has the old hard sigmoid, clip(0.2 x + 0.5, 0, 1), beside that of Keras 3', () => {
    const at = tensor([4], [-3, 0, 1, 3]);
    assert.deepEqual([...activate('hard_sigmoid', at).values], [0, 0.5, 0.7, 1]);
    assert.deepEqual([...activate('hard_sigmoid_keras3', at).values], [0, 0.5, 4 / 6, 1]);
  });
});
