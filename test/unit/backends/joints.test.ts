import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import { runReference } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import type { Activation, GraphNode, ModelSpec, TensorRef } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { errorOf } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';

const [BATCH, STEPS, FEATURES] = [5, 4, 3];

/** A Keras GRU whose outputs go through these nodes before the loss. */
function through(nodes: readonly GraphNode[], prediction: TensorRef, fromLogits = true): ModelSpec {
  return {
    version: 1,
    name: 'model',
    framework: 'keras3',
    inputs: [
      { id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: STEPS }, { name: 'features', size: FEATURES }] },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
    nodes: [
      { op: 'recurrent', id: 'gru', input: { from: 'X' }, cells: [{ cell: 'gru', className: 'GRU', units: 4 }], direction: 'forward', driver: 'layer', scope: 'gru', stacked: false, returnSequences: true },
      ...nodes,
    ],
    loss: { kind: 'sparse_softmax_cross_entropy', prediction, target: { from: 'y' }, fromLogits, reduction: 'mean' },
    training: { optimizer: { kind: 'sgd' } },
  };
} // prettier-ignore

const dense = (id: string, from: string, kind: Activation = 'linear'): GraphNode => ({ op: 'dense', id, input: { from }, units: 3, activation: kind, useBias: true, scope: id }); // prettier-ignore
const activation = (id: string, from: string, kind: Activation): GraphNode => ({ op: 'activation', id, input: { from }, activation: kind }); // prettier-ignore

const CASES: readonly (readonly [string, ModelSpec])[] = [
  ['an activation of a sequence', through([activation('relu', 'gru', 'relu'), { op: 'select_step', id: 'last', input: { from: 'relu' }, step: -1 }, dense('head', 'last')], { from: 'head' })],
  ['an activation of what is read elsewhere, too', through([{ op: 'select_step', id: 'last', input: { from: 'gru' }, step: -1 }, activation('tanh', 'last', 'tanh'), { op: 'combine', id: 'both', inputs: [{ from: 'last' }, { from: 'tanh' }], by: 'add' }, dense('head', 'both')], { from: 'head' })],
  ['softmax of its own before the loss', through([{ op: 'select_step', id: 'last', input: { from: 'gru' }, step: -1 }, dense('head', 'last'), activation('softmax', 'head', 'softmax')], { from: 'softmax' }, false)],
  ...(['gelu', 'gelu_tanh', 'swish', 'leaky_relu', 'softmax', 'log_softmax'] as const).flatMap(kind => [
    [`${kind} of a sequence`, through([activation('act', 'gru', kind), { op: 'select_step', id: 'last', input: { from: 'act' }, step: -1 }, dense('head', 'last')], { from: 'head' })] as const,
    [`a dense layer with ${kind} on every step`, through([dense('below', 'gru', kind), { op: 'reduce_steps', id: 'mean', input: { from: 'below' }, by: 'mean' }, dense('head', 'mean')], { from: 'head' })] as const,
  ]),
  ['a leaky rectifier of slope 0.3', through([{ op: 'activation', id: 'leaky', input: { from: 'gru' }, activation: 'leaky_relu', negativeSlope: 0.3 }, { op: 'reduce_steps', id: 'sum', input: { from: 'leaky' }, by: 'sum' }, dense('head', 'sum')], { from: 'head' })],
  ['steps in the other order, times a number', through([{ op: 'reverse_steps', id: 'turned', input: { from: 'gru' } }, { op: 'scale', id: 'less', input: { from: 'turned' }, factor: -0.3 }, { op: 'select_step', id: 'last', input: { from: 'less' }, step: 1 }, dense('head', 'last')], { from: 'head' })],
  ['the mean and the sum over the steps that count', through([{ op: 'count_steps', id: 'length', input: { from: 'X' }, besides: 0.5 }, { op: 'reduce_steps', id: 'mean', input: { from: 'gru' }, by: 'mean', mask: { from: 'length' } }, { op: 'reduce_steps', id: 'sum', input: { from: 'gru' }, by: 'sum', mask: { from: 'length' } }, { op: 'concatenate', id: 'both', inputs: [{ from: 'mean' }, { from: 'sum' }] }, dense('head', 'both')], { from: 'head' })],
  ['steps that count in the other order', through([{ op: 'count_steps', id: 'length', input: { from: 'X' }, besides: 0.5 }, { op: 'reverse_steps', id: 'turned', input: { from: 'gru' }, sequenceLength: { from: 'length' } }, { op: 'combine', id: 'both', inputs: [{ from: 'turned' }, { from: 'gru' }], by: 'add' }, { op: 'select_step', id: 'first', input: { from: 'both' }, step: 0 }, dense('head', 'first')], { from: 'head' })],
  ['the sum of all steps', through([{ op: 'reduce_steps', id: 'sum', input: { from: 'gru' }, by: 'sum' }, dense('head', 'sum')], { from: 'head' })],
  ['the mean of the steps that count', through([{ op: 'masking', id: 'mask', input: { from: 'X' }, value: 0.5 }, { op: 'reduce_steps', id: 'mean', input: { from: 'gru' }, by: 'mean', mask: { from: 'mask' } }, dense('head', 'mean')], { from: 'head' })],
  ['layer normalization of a sequence', through([{ op: 'normalize', id: 'norm', input: { from: 'gru' }, epsilon: 0.001, scope: 'norm' }, { op: 'combine', id: 'both', inputs: [{ from: 'norm' }, { from: 'gru' }], by: 'multiply' }, { op: 'reduce_steps', id: 'sum', input: { from: 'both' }, by: 'sum' }, dense('head', 'sum')], { from: 'head' })],
  ['layer normalization of the last step', through([{ op: 'select_step', id: 'last', input: { from: 'gru' }, step: -1 }, { op: 'normalize', id: 'norm', input: { from: 'last' }, epsilon: 0.001, scope: 'norm' }, dense('head', 'norm')], { from: 'head' })],
  ['the mean of all steps', through([{ op: 'reduce_steps', id: 'mean', input: { from: 'gru' }, by: 'mean' }, dense('head', 'mean')], { from: 'head' })],
]; // prettier-ignore

describe('parts without weights against the float64 reference: values and gradients to 1e-5 of the largest', () => {
  for (const [what, spec] of CASES) {
    it(what, () => {
      const random = new Random(3);
      const network = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 }).createNetwork(spec, { seed: 5, batchSize: BATCH }); // prettier-ignore
      const batch: Batch = {
        size: BATCH,
        steps: STEPS,
        // The last steps of some rows hold 0.5 alone.
        inputs: Float32Array.from({ length: BATCH * STEPS * FEATURES }, (_, k) =>
          Math.floor(k / FEATURES) % STEPS > 1 + (Math.floor(k / FEATURES / STEPS) % 3) ? 0.5 : random.normal(),
        ),
        targets: Int32Array.from({ length: BATCH }, () => random.below(3)),
      };
      const run = runReference(spec, {
        inputs: new Map([
          ['X', { shape: [BATCH, STEPS, FEATURES], values: batch.inputs }],
          ['y', { shape: [BATCH], values: batch.targets! }],
        ]),
        weights: new Map(network.getParameters().map(({ name, shape, values }) => [name, { shape, values }])),
      });
      const expected = run.gradients();
      for (const { name, values } of [...network.gradients(batch), ...network.inputGradients(batch)]) {
        const error = errorOf(values, expected.get(name)!.values);
        assert.ok(error <= 1e-5, `${name}: error ${error}`);
      }
      const { loss, nodes } = network.values(batch);
      assert.ok(Math.abs(loss! - run.loss!) <= 1e-5 * Math.max(1, run.loss!));
      const probabilities = nodes.get('softmax');
      if (probabilities)
        for (let row = 0; row < BATCH; row++)
          assert.ok(Math.abs(probabilities.values.subarray(3 * row, 3 * row + 3).reduce((a, b) => a + b) - 1) < 1e-6);
    });
  }
});
