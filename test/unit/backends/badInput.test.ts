import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import type { Numbers } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import { feedProgram } from '../../../engine/inspection/namedInputs.ts';
import type { ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';

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
    ['lengths beyond the steps', { ...GOOD, lengths: Int32Array.of(1, 5) }, /whole numbers from 0 to 4, but value 1 is 5/],
    ['too few lengths', { ...GOOD, lengths: Int32Array.of(1) }, /must have 2 values, but has 1/],
    ['labels out of range', { ...GOOD, targets: Int32Array.of(-1, 0) }, /The input y must hold whole numbers from 0 to 2, but value 0 is -1/],
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

describe('tokens that are no rows of the embedding are refused by name', () => {
  const sequence = SPEC.inputs.find(({ role }) => role === 'sequence')!;
  const spec: ModelSpec = {
    ...classifier([basicLstm(4)], 3, 2, 3, { kind: 'sgd' }),
    inputs: [
      { ...sequence, id: 'X', axes: [{ name: 'steps', size: 3 }] },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
  };
  const [recurrent, ...rest] = spec.nodes;
  const nodes: ModelSpec['nodes'] = [
    { op: 'embedding', id: 'words', input: { from: 'X' }, vocabulary: 5, units: 2, scope: 'words' },
    { ...(recurrent as RecurrentNode), input: { from: 'words' } },
    ...rest,
  ];
  const network = backend.createNetwork({ ...spec, nodes }, { seed: 1, batchSize: 1 });
  for (const token of [5, -1, 1.5])
    it(String(token), () => {
      const batch = { size: 1, steps: 3, inputs: Float32Array.of(0, 4, token), targets: Int32Array.of(1) };
      const expected = `The input X must hold whole numbers from 0 to 4, but value 2 is ${token}.`;
      assert.equal(
        refusal(() => network.trainStep(batch), 'invalid-shape'),
        expected,
      );
    });
});

describe('what is fed by name holds whole numbers where labels and lengths are asked for', () => {
  const spec = classifier([basicLstm(4)], 3, 2, 3, { kind: 'sgd' });
  const X = { shape: [2, 3, 2], values: new Float32Array(12) };
  for (const label of [1.5, Number.NaN, 2 ** 32])
    it(String(label), () => {
      const inputs = new Map<string, Numbers>([['X', X], ['y', { shape: [2], values: [0, label] }]]); // prettier-ignore
      const expected = `The input y must hold whole numbers, but value 1 is ${label}.`;
      assert.equal(
        refusal(() => feedProgram(spec, { inputs }), 'invalid-shape'),
        expected,
      );
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
