import assert from 'node:assert/strict';
import { type ReferenceInputs, runReference } from '../../../engine/backends/reference/reference.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';

/**
 * The arrays that the notes print, from the run of "Setting the sequence lengths" in A. Géron's notebook
 * `14_recurrent_neural_networks.ipynb` (2018-08-06). The weights are not printed: those of x follow from the outputs at
 * step 0, those of h are the smallest that give the outputs at step 1.
 */
const Wx = [
  [-0.1545662, 0.3044204, -0.0501144, 0.436365, 0.4182044],
  [-0.3140819, -0.3458874, 0.4805611, 0.3489599, -0.5485707],
  [-0.6135501, 0.2562894, 0.0724114, -0.3813201, 0.380068],
];
const Wh = [
  [1.0756462, -0.3405254, 0.1562406, -0.5944135, 0.2347166],
  [-0.026282, 0.3412615, -0.0087081, 0.0971078, -0.1316059],
  [-0.0400467, -0.3208082, -0.3310455, -0.6966351, 0.4468849],
  [0.8592085, 0.3079216, 0.0723879, -0.4155332, 0.0120606],
  [-0.0669578, 0.3385774, -0.022083, 0.1008997, -0.1269171],
];
const OUTPUTS = [
  [-0.9123188, 0.16516446, 0.5548655, -0.39159346, 0.20846416],
  [-1, 0.956726, 0.99831694, 0.99970174, 0.96518576],
  [-0.9998612, 0.6702289, 0.9723653, 0.6631046, 0.74457586],
  [0, 0, 0, 0, 0],
  [-0.99999976, 0.8967997, 0.9986295, 0.9647514, 0.93662],
  [-0.9999526, 0.9681953, 0.96002865, 0.98706263, 0.85459226],
  [-0.96435434, 0.99501586, -0.36150697, 0.9983378, 0.999497],
  [-0.9613586, 0.9568762, 0.7132288, 0.97729224, -0.0958299],
];
/** Of each row the output at its last step. */
const STATES = [1, 2, 5, 7].map(row => OUTPUTS[row]!);

const spec: ModelSpec = checkModelSpec({
  version: 1,
  name: 'notes',
  framework: 'tensorflow1',
  inputs: [
    { id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: 2 }, { name: 'features', size: 3 }] },
    { id: 'seq_length', role: 'lengths', dtype: 'int32', axes: [] },
  ],
  nodes: [
    {
      op: 'recurrent',
      id: 'rnn',
      input: { from: 'X' },
      cells: [{ cell: 'rnn', className: 'BasicRNNCell', units: 5 }],
      direction: 'forward',
      driver: 'dynamic_rnn',
      scope: 'rnn',
      stacked: false,
      sequenceLength: { from: 'seq_length' },
    },
  ],
  training: {},
}); // prettier-ignore
const given = (lengths: number[]): ReferenceInputs => ({
  inputs: new Map([
    ['X', { shape: [4, 2, 3], values: [0, 1, 2, 9, 8, 7, 3, 4, 5, 0, 0, 0, 6, 7, 8, 6, 5, 4, 9, 0, 1, 3, 2, 1] }],
    ['seq_length', { shape: [4], values: lengths }],
  ]),
  weights: new Map([
    ['rnn/basic_rnn_cell/kernel', { shape: [8, 5], values: [...Wx, ...Wh].flat() }],
    ['rnn/basic_rnn_cell/bias', { shape: [5], values: [0, 0, 0, 0, 0] }],
  ]),
});

function assertClose(found: Float64Array, expected: readonly number[]): void {
  assert.equal(found.length, expected.length);
  expected.forEach((value, k) => {
    assert.ok(Math.abs(found[k]! - value) <= 1e-6, `value ${k}: ${found[k]} instead of ${value}`);
  });
}

describe('the arrays that the notes print, to 1e-6', () => {
  it('are outputs and states of lengths 2, 1, 2, 2', () => {
    const values = runReference(spec, given([2, 1, 2, 2])).values();
    assertClose(values.get('outputs')!.values, OUTPUTS.flat());
    assertClose(values.get('states')!.values, STATES.flat());
  });

  it('refuses a length beyond the steps', () => {
    assert.throws(() => runReference(spec, given([2, 3, 2, 2])), /seq_length: lengths from 0 to 2 expected, found 3/);
  });
});
