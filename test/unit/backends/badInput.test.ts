import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';

const axes = (steps: number, features: number) => [{ name: 'steps', size: steps }, { name: 'features', size: features }]; // prettier-ignore
const gru = { cell: 'gru', className: 'GRUCell', units: 3 } as const;
const common = {
  op: 'recurrent' as const,
  cells: [gru],
  direction: 'forward' as const,
  driver: 'dynamic_rnn' as const,
  stacked: false,
};

/** An encoder with lengths and a decoder with a mask; all steps of the decoder side by side. */
const SPEC: ModelSpec = {
  version: 1,
  name: 'model',
  framework: 'tensorflow1',
  inputs: [
    { id: 'X', role: 'sequence', dtype: 'float32', axes: axes(4, 2) },
    { id: 'Z', role: 'sequence', dtype: 'float32', axes: axes(3, 2) },
    { id: 'length', role: 'lengths', dtype: 'int32', axes: [] },
    { id: 'counts', role: 'mask', dtype: 'bool', axes: [{ name: 'steps', size: 3 }] },
    { id: 'y', role: 'target', dtype: 'int32', axes: [] },
  ],
  nodes: [
    { ...common, id: 'encoder', input: { from: 'X' }, scope: 'encoder/rnn', sequenceLength: { from: 'length' } },
    { ...common, id: 'decoder', input: { from: 'Z' }, scope: 'decoder/rnn', mask: { from: 'counts' }, initialState: { kind: 'given', tensors: [{ from: 'encoder', part: { take: 'state' } }] } },
    { op: 'flatten', id: 'flat', input: { from: 'decoder', part: { take: 'outputs' } } },
    { op: 'dense', id: 'head', input: { from: 'flat' }, units: 3, activation: 'linear', useBias: true, scope: 'head' },
  ],
  loss: { kind: 'sparse_softmax_cross_entropy', prediction: { from: 'head' }, target: { from: 'y' }, reduction: 'mean' },
  training: { optimizer: { kind: 'sgd' } },
}; // prettier-ignore

const Z = new Float32Array(12).fill(0.5);
const counts = Float32Array.of(1, 1, 0, 1, 1, 1);
const GOOD: Batch = {
  size: 2,
  steps: 4,
  inputs: new Float32Array(16).fill(0.25),
  targets: Int32Array.of(0, 2),
  lengths: Int32Array.of(4, 0),
  others: { Z, counts },
};

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 });

function refusal(work: () => unknown, code: ErrorCode): string {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, code);
    return error.message;
  }
  assert.fail('nothing was refused');
}

describe('what a model with several inputs is fed with is checked before any step runs', () => {
  const network = backend.createNetwork(SPEC, { seed: 1, batchSize: 2 });
  const cases: readonly (readonly [string, Batch, RegExp])[] = [
    ['a second sequence that is missing', { ...GOOD, others: { counts } }, /The input Z is missing/],
    ['a second sequence that does not fit', { ...GOOD, others: { Z: Z.subarray(1), counts } }, /Z must be \[2, steps, 2\], but has 11 values/],
    ['a second sequence that is not finite', { ...GOOD, others: { Z: Z.map((z, k) => (k === 3 ? Infinity : z)), counts } }, /Z must be finite, but value 3 is Infinity/],
    ['a sequence of other steps than are joined', { ...GOOD, others: { Z: new Float32Array(8), counts } }, /flat joins 3 steps, but there are 2/],
    ['a mask that does not fit', { ...GOOD, others: { Z, counts: counts.subarray(1) } }, /The mask counts must be \[2, 3\], but has 5 values/],
    ['an input that the model has not', { ...GOOD, others: { Z, counts, W: Z } }, /has no input W/],
    ['lengths beyond the steps', { ...GOOD, lengths: Int32Array.of(1, 5) }, /from 0 to 4, but length 1 is 5/],
    ['too few lengths', { ...GOOD, lengths: Int32Array.of(1) }, /2 lengths, but there are 1/],
    ['labels out of range', { ...GOOD, targets: Int32Array.of(-1, 0) }, /from 0 to 2, but label 0 is -1/],
    ['an empty batch', { ...GOOD, size: 0 }, /empty: 0 rows/],
  ]; // prettier-ignore

  for (const [what, batch, message] of cases)
    it(what, () => {
      const before = network.getParameters();
      for (const work of [() => network.trainStep(batch), () => network.inputGradients(batch)])
        assert.match(refusal(work, 'invalid-shape'), message);
      assert.deepEqual(network.getParameters(), before);
      assert.ok(Number.isFinite(network.evaluate(GOOD).loss));
    });
});

describe('what a model description says is checked', () => {
  it('an option that there is not', () => {
    const strange = { ...SPEC, training: { optimizer: { kind: 'sgd', learningrate: 0.1 } } };
    assert.match(
      refusal(() => checkModelSpec(strange), 'invalid-model'),
      /learningrate/,
    );
  });

  it('an optimizer that the framework has not', () => {
    const strange: ModelSpec = { ...SPEC, training: { optimizer: { kind: 'amsgrad' } } };
    assert.match(
      refusal(() => backend.createNetwork(strange, { seed: 1, batchSize: 2 }), 'unsupported'),
      /tensorflow1 has no optimizer amsgrad/,
    );
  });
});
