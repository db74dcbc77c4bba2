import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import { runReference } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { LOSSES } from '../../../engine/model/losses.ts';
import type { Activation, Framework, LossSpec, ModelSpec } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { errorOf } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm } from './specs.ts';

const [BATCH, STEPS, FEATURES, WIDTH] = [5, 4, 3, 3];
/** A batch in which some rows are shorter, one of length 0. */
const LENGTHS = Int32Array.of(4, 2, 0, 3, 1);

/** Losses of what is above 0, or of probabilities. */
const HEADS: Partial<Record<LossSpec['kind'], Activation>> = { poisson: 'softplus', kl_divergence: 'softmax' };

/** An LSTM with a head on every step. */
function tagger(framework: Framework, loss: Pick<LossSpec, 'kind' | 'reduction'> & Partial<LossSpec>): ModelSpec {
  const targets = loss.kind === 'sparse_softmax_cross_entropy' ? [] : [{ name: 'values', size: WIDTH }];
  const keras = framework !== 'tensorflow1';
  return {
    version: 1,
    name: 'tagger',
    framework,
    inputs: [
      { id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: STEPS }, { name: 'features', size: FEATURES }] },
      { id: 'n', role: 'lengths', dtype: 'int32', axes: [] },
      { id: 'y', role: 'target', dtype: 'float32', axes: [{ name: 'steps', size: STEPS }, ...targets] },
    ],
    nodes: [
      { op: 'recurrent', id: 'rnn', input: { from: 'X' }, cells: [keras ? { cell: 'lstm', className: 'LSTM', units: 4 } : basicLstm(4)], direction: 'forward', driver: keras ? 'layer' : 'dynamic_rnn', scope: 'rnn', stacked: false, ...(keras && { returnSequences: true }) },
      { op: 'dense', id: 'head', input: { from: 'rnn', part: { take: 'outputs' } }, units: WIDTH, activation: HEADS[loss.kind] ?? 'linear', useBias: true, scope: 'head' },
    ],
    loss: { prediction: { from: 'head' }, target: { from: 'y' }, ...loss },
    training: { optimizer: { kind: 'sgd' } },
  };
} // prettier-ignore

function batchFor({ loss }: ModelSpec, ignored: boolean): Batch {
  const random = new Random(7);
  const labels = loss!.kind === 'sparse_softmax_cross_entropy';
  const rows = BATCH * STEPS;
  return {
    size: BATCH,
    steps: STEPS,
    inputs: Float32Array.from({ length: rows * FEATURES }, () => random.normal()),
    lengths: LENGTHS,
    targets: labels
      ? Int32Array.from({ length: rows }, (_, row) => (ignored && row % 3 === 0 ? -1 : random.below(WIDTH)))
      : Float32Array.from({ length: rows * WIDTH }, () => Math.abs(random.normal())),
  };
}

function open(spec: ModelSpec) {
  return createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 }).createNetwork(spec, { seed: 5, batchSize: BATCH });
}

const CASES: readonly (Pick<LossSpec, 'kind' | 'reduction'> & Partial<LossSpec>)[] = (
  Object.keys(LOSSES) as LossSpec['kind'][]
).flatMap(kind =>
  (['mean', 'sum', 'mean_over_mask'] as const).flatMap(reduction => [
    ...(reduction === 'mean_over_mask' ? [] : [{ kind, reduction }]),
    { kind, reduction, mask: { from: 'n' } },
    ...(kind === 'sparse_softmax_cross_entropy' ? [{ kind, reduction, ignoreLabel: -1 }, { kind, reduction, ignoreLabel: -1, mask: { from: 'n' } }] : []),
  ]),
); // prettier-ignore
const WEIGHTS = [0.2, 1.5, 3];
const OPTIONS: readonly (Pick<LossSpec, 'kind' | 'reduction'> & Partial<LossSpec>)[] = [
  ...(['sparse_softmax_cross_entropy', 'softmax_cross_entropy', 'sigmoid_cross_entropy'] as const).flatMap(kind => [
    { kind, reduction: 'mean', labelSmoothing: 0.2 } as const,
    { kind, reduction: 'mean', classWeights: WEIGHTS } as const,
    { kind, reduction: 'sum', classWeights: WEIGHTS, labelSmoothing: 0.3, mask: { from: 'n' } } as const,
  ]),
  { kind: 'sparse_softmax_cross_entropy', reduction: 'mean_over_weights', classWeights: WEIGHTS },
  {
    kind: 'sparse_softmax_cross_entropy',
    reduction: 'mean_over_weights',
    classWeights: WEIGHTS,
    labelSmoothing: 0.1,
    ignoreLabel: -1,
  },
  { kind: 'sigmoid_cross_entropy', reduction: 'mean', positiveWeights: [2.5] },
  {
    kind: 'sigmoid_cross_entropy',
    reduction: 'mean',
    positiveWeights: WEIGHTS,
    classWeights: [1, 0.5, 2],
    labelSmoothing: 0.1,
  },
  { kind: 'huber', reduction: 'mean', delta: 0.3 },
  { kind: 'poisson', reduction: 'mean', epsilon: 0.1 },
];

describe('losses of the WebAssembly engine against the float64 reference: loss and gradients to 1e-5 of the largest', () => {
  for (const framework of ['tensorflow1', 'keras3'] as const) {
    for (const loss of [...CASES, ...OPTIONS]) {
      const { kind, reduction, mask, ...options } = loss;
      const what = `${kind}, ${reduction}${mask ? ', masked' : ''}, ${JSON.stringify(options)}`;
      it(`${framework}: ${what}`, () => {
        const spec = tagger(framework, loss);
        const network = open(spec);
        const batch = batchFor(spec, loss.ignoreLabel !== undefined);
        const run = runReference(spec, {
          inputs: new Map([
            ['X', { shape: [BATCH, STEPS, FEATURES], values: batch.inputs }],
            ['n', { shape: [BATCH], values: LENGTHS }],
            ['y', { shape: batch.targets!.length === BATCH * STEPS ? [BATCH, STEPS] : [BATCH, STEPS, WIDTH], values: batch.targets! }],
          ]),
          weights: new Map(network.getParameters().map(({ name, shape, values }) => [name, { shape, values }])),
        }); // prettier-ignore
        const found = network.evaluate(batch).loss;
        assert.ok(Math.abs(found - run.loss!) <= 1e-5 * Math.max(1, Math.abs(run.loss!)), `${found}, not ${run.loss}`);
        const expected = run.gradients();
        for (const { name, values } of network.gradients(batch)) {
          const error = errorOf(values, expected.get(name)!.values);
          assert.ok(error <= 1e-5, `${name}: error ${error}`);
        }
      });
    }
  }
});

describe('a loss', () => {
  it('takes labels for rows with a 1 among zeros', () => {
    const spec = tagger('tensorflow1', { kind: 'softmax_cross_entropy', reduction: 'mean' });
    const network = open(spec);
    const batch = batchFor(spec, false);
    const labels = Int32Array.from({ length: BATCH * STEPS }, (_, row) => row % WIDTH);
    const rows = Float32Array.from({ length: labels.length * WIDTH }, (_, k) =>
      labels[Math.floor(k / WIDTH)] === k % WIDTH ? 1 : 0,
    );
    assert.equal(
      network.evaluate({ ...batch, targets: labels }).loss,
      network.evaluate({ ...batch, targets: rows }).loss,
    );
    assert.throws(() => network.evaluate({ ...batch, targets: labels.fill(WIDTH) }), /from 0 to 2, but value 0 is 3/);
  });

  it('over steps counts the right ones among those that count', () => {
    const count = (loss: Partial<LossSpec>): [number | undefined, number] => {
      const spec = tagger('tensorflow1', { kind: 'sparse_softmax_cross_entropy', reduction: 'mean', ...loss });
      const network = open(spec);
      const batch = batchFor(spec, false);
      const { shape, values } = network.values(batch).nodes.get('head')!;
      assert.deepEqual(shape, [BATCH, STEPS, WIDTH]);
      const best = (row: number): number => {
        const logits = values.subarray(row * WIDTH, (row + 1) * WIDTH);
        return logits.indexOf(Math.max(...logits));
      };
      // Every other label is what the network says, the others are next to it.
      const labels = Int32Array.from({ length: BATCH * STEPS }, (_, row) => (best(row) + (row % 2)) % WIDTH);
      const result = network.evaluate({ ...batch, targets: labels });
      return [result.correct, result.count];
    };
    assert.deepEqual(count({}), [10, 20]);
    // Rows of 4, 2, 0, 3 and 1 steps: at even places 2, 1, 0, 2 and 1 of them.
    assert.deepEqual(count({ mask: { from: 'n' } }), [6, 10]);
  });

  it('is 0 and trains nothing where every row is left out', () => {
    const spec = tagger('pytorch', { kind: 'sparse_softmax_cross_entropy', reduction: 'mean', ignoreLabel: -1 });
    const network = open(spec);
    const batch = { ...batchFor(spec, false), targets: new Int32Array(BATCH * STEPS).fill(-1) };
    const before = network.getParameters();
    assert.equal(network.trainStep(batch).loss, 0);
    assert.deepEqual(network.getParameters(), before);
  });

  it('that is finite, with a gradient that is not, changes no weight', () => {
    const spec = tagger('tensorflow1', { kind: 'mean_squared_error', reduction: 'sum' });
    const network = open(spec);
    const batch = batchFor(spec, false);
    const huge = { ...batch, targets: new Float32Array(batch.targets!.length).fill(3e38) };
    const before = network.getParameters();
    const result = network.trainStep(huge);
    assert.ok(Number.isFinite(result.loss));
    assert.equal(result.diverged, true);
    assert.deepEqual(network.getParameters(), before);
  });
});

describe('a first state', () => {
  it('that the model does not have is refused by name', () => {
    const spec = tagger('tensorflow1', { kind: 'mean_squared_error', reduction: 'mean' });
    const batch = { ...batchFor(spec, false), states: { h_7: new Float32Array(BATCH * 4) } };
    assert.throws(() => open(spec).evaluate(batch), /The model has no input h_7/);
  });
});
