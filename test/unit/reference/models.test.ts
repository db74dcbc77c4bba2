import assert from 'node:assert/strict';
import { type Numbers, type ReferenceInputs, runReference } from '../../../engine/backends/reference/reference.ts';
import { modelParameters } from '../../../engine/model/parameters.ts';
import type { CellSpec, Framework, GraphNode, LossSpec, ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { Random } from '../../../engine/random.ts';
import { modelOf, recurrent } from '../model/specs.ts';
import { someNumbers } from './differences.ts';

const STEP = 1e-5;
const [B, T, D] = [3, 7, 4];

const lstm = (options: Partial<CellSpec>): CellSpec => ({ cell: 'lstm', className: 'LSTMCell', units: 3, ...options });
const gru = (options: Partial<CellSpec>): CellSpec => ({ cell: 'gru', className: 'GRUCell', units: 3, ...options });
const rnn = (options: Partial<CellSpec>): CellSpec => ({
  cell: 'rnn',
  className: 'BasicRNNCell',
  units: 3,
  ...options,
});
const tf1 = (cells: CellSpec[], options: Partial<RecurrentNode> = {}): GraphNode[] => [
  recurrent(cells, { driver: 'dynamic_rnn', stacked: cells.length > 1, ...options }),
];

/** What the frameworks' dumps do not cover. */
const MODELS: Record<string, [Framework, GraphNode[], Partial<LossSpec>?]> = {
  'coupled input and forget gates with peepholes': ['tensorflow1', tf1([lstm({ coupledInputForget: true, peepholes: true })])],
  'layer normalization of an LSTM': ['tensorflow1', tf1([lstm({ className: 'LayerNormBasicLSTMCell', layerNorm: { gain: 1, shift: 0 } })])],
  'cuDNN-compatible GRU of TF1': ['tensorflow1', tf1([gru({ className: 'CudnnCompatibleGRUCell', resetAfter: true })])],
  'input and output projections around the cells of a stack': ['tensorflow1', tf1([
    rnn({ wrappers: [{ wrapper: 'input_projection', units: 5, activation: 'tanh' }] }),
    gru({ wrappers: [{ wrapper: 'output_projection', units: 2 }] }),
  ])],
  'layer normalization with coupled gates, peepholes and a projection': ['tensorflow1', tf1([lstm({ className: 'CoupledInputForgetGateLSTMCell', coupledInputForget: true, peepholes: true, projection: { units: 2 }, layerNorm: { gain: 1, shift: 0 } })])],
  'layers of cuDNN in both directions': ['tensorflow1', tf1([lstm({ className: 'CudnnLSTM' }), lstm({ className: 'CudnnLSTM' })], { direction: 'bidirectional', driver: 'layer' })],
  'layers of cuDNN that begin with learned states': ['tensorflow1', tf1([lstm({ className: 'CudnnLSTM' }), lstm({ className: 'CudnnLSTM' })], { direction: 'bidirectional', driver: 'layer', initialState: { kind: 'learned', names: ['c0', 'h0'] } })],
  'layers of cuDNN GRU': ['tensorflow1', tf1([gru({ className: 'CudnnGRU' }), gru({ className: 'CudnnGRU' })], { driver: 'layer' })],
  'projections within projections': ['tensorflow1', tf1([gru({ wrappers: [{ wrapper: 'output_projection', units: 2, activation: 'swish' }, { wrapper: 'input_projection', units: 5 }, { wrapper: 'output_projection', units: 3 }, { wrapper: 'input_projection', units: 2 }] })])],
  'a leaky rectifier with a slope of its own, softmax as gate': ['keras3', [recurrent([gru({ className: 'GRU', activation: 'leaky_relu', negativeSlope: 0.3, recurrentActivation: 'softmax' })], { returnSequences: true })]],
  'cells that share weights': ['tensorflow1', tf1([gru({ units: 4 }), gru({ units: 4, sharesWeightsWith: 0 })])],
  'a stack in both directions': ['tensorflow1', tf1([lstm({}), gru({})], { direction: 'bidirectional' })],
  'every activation of an RNN stack': ['tensorflow1', tf1(
    (['sigmoid', 'elu', 'selu', 'softplus', 'softsign', 'swish', 'gelu', 'gelu_tanh', 'leaky_relu', 'linear'] as const).map(activation => rnn({ activation })),
  )],
  'Keras cells with hard sigmoids, both directions averaged': ['keras3', [
    recurrent([lstm({ className: 'LSTM', recurrentActivation: 'hard_sigmoid_keras3' })], { direction: 'bidirectional', merge: 'average', returnSequences: true }),
  ]],
  'embedded dense layers, steps summed': ['pytorch', [
    { op: 'dense', id: 'below', input: { from: 'X' }, units: 3, activation: 'tanh', useBias: false, scope: 'below' },
    recurrent([gru({ className: 'GRU' }), gru({ className: 'GRU' })], { input: { from: 'below' } }),
    { op: 'reduce_steps', id: 'sum', input: { from: 'rnn' }, by: 'sum' },
  ]],
  'the greatest of all steps, added to the last': ['pytorch', [
    recurrent([rnn({ className: 'RNN' })]),
    { op: 'reduce_steps', id: 'max', input: { from: 'rnn' }, by: 'max' },
    { op: 'select_step', id: 'step', input: { from: 'rnn' }, step: -1 },
    { op: 'combine', id: 'added', inputs: [{ from: 'max' }, { from: 'step' }], by: 'add' },
  ]],
  'an encoder whose last output is repeated for a decoder, products combined, all steps flattened': ['keras3', [
    recurrent([gru({ className: 'GRU' })]),
    { op: 'repeat', id: 'repeat', input: { from: 'rnn' }, steps: 4 },
    recurrent([gru({ className: 'GRU', resetAfter: false })], { id: 'one', scope: 'one', input: { from: 'repeat' }, returnSequences: true }),
    recurrent([rnn({ className: 'SimpleRNN' })], { id: 'other', scope: 'other', input: { from: 'repeat' }, returnSequences: true }),
    { op: 'combine', id: 'product', inputs: [{ from: 'one' }, { from: 'other' }], by: 'multiply' },
    { op: 'activation', id: 'soft', input: { from: 'product' }, activation: 'softmax' },
    { op: 'flatten', id: 'flatten', input: { from: 'soft' } },
  ]],
  'targets as probabilities of classes': ['keras3', [
    recurrent([lstm({ className: 'LSTM' })]),
    { op: 'dense', id: 'dense', input: { from: 'rnn' }, units: 3, activation: 'softmax', useBias: true, scope: 'dense' },
  ], { kind: 'softmax_cross_entropy', fromLogits: false }],
  'the absolute error, summed': ['tensorflow1', tf1([gru({})]), { kind: 'mean_absolute_error', reduction: 'sum' }],
}; // prettier-ignore

/** The model with a loss on its last node, and random numbers for everything that it is fed with. */
function withNumbers(name: string): { spec: ModelSpec; given: ReferenceInputs } {
  const [framework, nodes, loss] = MODELS[name]!;
  const random = new Random(3, name);
  const draft = modelOf(framework, nodes);
  const numbers = (shape: number[]): Numbers => ({ shape, values: someNumbers(random, shape.reduce((a, b) => a * b, 1)) }); // prettier-ignore
  const weights = new Map(modelParameters(draft).map(one => [one.name, numbers(one.shape as number[])]));
  const x = numbers([B, T, D]);
  const prediction = { from: nodes.at(-1)!.id };
  const full: ModelSpec = {
    ...draft,
    inputs: [draft.inputs[0]!],
    names: { prediction },
  };
  const predicted = runReference(full, { inputs: new Map([['X', x]]), weights })
    .values()
    .get('prediction')!;
  const axes = predicted.shape.slice(1).map(size => ({ name: 'axis', size }));
  return {
    spec: checkModelSpec({
      ...full,
      inputs: [...full.inputs, { id: 'y', role: 'target', dtype: 'float32', axes }],
      loss: { kind: 'mean_squared_error', prediction, target: { from: 'y' }, reduction: 'mean', ...loss },
    }),
    given: { inputs: new Map([['X', x], ['y', numbers([...predicted.shape])]]), weights }, // prettier-ignore
  };
}

function moved(numbers: Numbers, k: number, by: number): Numbers {
  const values = Float64Array.from(numbers.values);
  values[k]! += by;
  return { ...numbers, values };
}

describe('the float64 reference beyond the dumps: gradients agree with central differences to 1e-6 of the largest', () => {
  for (const name of Object.keys(MODELS)) {
    it(name, () => {
      const { spec, given } = withNumbers(name);
      const gradients = runReference(spec, given).gradients();
      assert.equal(gradients.size, given.weights.size + 1);
      for (const [tensor, { values }] of gradients) {
        const of = tensor === 'X' ? ('inputs' as const) : ('weights' as const);
        const at = (k: number, by: number): number =>
          runReference(spec, { ...given, [of]: new Map([...given[of], [tensor, moved(given[of].get(tensor)!, k, by)]]) }).loss!; // prettier-ignore
        // Up to five values of each tensor, spread over it.
        const some = Array.from({ length: Math.min(5, values.length) }, (_, k) => Math.floor((k * values.length) / 5) % values.length); // prettier-ignore
        for (const k of some) {
          const slope = (8 * (at(k, STEP) - at(k, -STEP)) - (at(k, 2 * STEP) - at(k, -2 * STEP))) / (12 * STEP);
          const largest = values.reduce((a, b) => Math.max(a, Math.abs(b)), 1e-3);
          assert.ok(Math.abs(slope - values[k]!) <= 1e-6 * largest, `${tensor}[${k}]: ${values[k]} and ${slope}`);
        }
      }
    });
  }
});

describe('the float64 reference on what hangs together', () => {
  it('sees no step past the end of a row: other numbers there change nothing', () => {
    const nodes = tf1([lstm({ peepholes: true }), gru({})], { sequenceLength: { from: 'lengths' } });
    const spec: ModelSpec = {
      ...modelOf('tensorflow1', nodes),
      inputs: [modelOf('tensorflow1', nodes).inputs[0]!, { id: 'lengths', role: 'lengths', dtype: 'int32', axes: [] }],
    };
    const random = new Random(5);
    const weights = new Map(
      modelParameters(spec).map(({ name, shape }) => [name, { shape: shape as number[], values: someNumbers(random, shape.reduce<number>((a, b) => a * Number(b), 1)) }]),
    ); // prettier-ignore
    const x = someNumbers(random, B * T * D);
    const other = x.map((value, k) => (Math.floor(k / D) % T >= 3 ? value + 100 : value));
    const run = (values: Float64Array) =>
      runReference(spec, {
        inputs: new Map<string, Numbers>([['X', { shape: [B, T, D], values }], ['lengths', { shape: [B], values: [3, 0, 2] }]]),
        weights,
      }).values(); // prettier-ignore
    const [first, second] = [run(x), run(other)];
    for (const name of ['outputs', 'states[0].c', 'states[0].h', 'states[1]']) assert.deepEqual(first.get(name), second.get(name), name);
    const states = first.get('states[1]')!.values;
    const outputs = first.get('outputs')!.values;
    assert.deepEqual([...states.slice(0, 3)], [...outputs.slice(2 * 3, 3 * 3)], 'state of row 0 is its output at step 2');
    assert.deepEqual([...states.slice(3, 6)], [0, 0, 0], 'a row of length 0 keeps its first state');
    assert.ok(outputs.slice(T * 3, 2 * T * 3).every(value => value === 0), 'its outputs are zeros');
  }); // prettier-ignore

  it('gives the gradient of every gate and state at every step: that of the last h is what the head hands back', () => {
    const { spec, given } = withNumbers('the absolute error, summed');
    const last: ModelSpec = { ...spec, loss: { ...spec.loss!, kind: 'mean_squared_error' } };
    const run = runReference(last, given);
    const slopes = run.stepGradients();
    assert.deepEqual(
      [...slopes.keys()],
      ['z_r', 'z_u', 'z_n', 'r', 'u', 'n', 'h'].map(id => `gates.${id}`),
    );
    const h = run.values().get('gates.h')!;
    const y = given.inputs.get('y')!.values;
    for (let b = 0; b < B; b++)
      for (let u = 0; u < 3; u++) {
        const k = (b * T + T - 1) * 3 + u;
        // The loss is the sum of (h - y)² over all steps: the last h is in one term and in no later step.
        const expected = 2 * (h.values[k]! - y[k]!);
        assert.ok(Math.abs(slopes.get('gates.h')!.values[k]! - expected) < 1e-12);
      }
  });
});

describe('the LayerNorm cell of TF1', () => {
  const { spec, given } = withNumbers('layer normalization of an LSTM');

  it('normalizes c: with gain 1 and shift 0 its mean over the units is 0 and its variance 1', () => {
    const plain = new Map(given.weights);
    plain.set('rnn/layer_norm_basic_lstm_cell/state/gamma', { shape: [3], values: [1, 1, 1] });
    plain.set('rnn/layer_norm_basic_lstm_cell/state/beta', { shape: [3], values: [0, 0, 0] });
    const c = runReference(spec, { ...given, weights: plain }).values().get('gates.c')!.values; // prettier-ignore
    for (let row = 0; row < B * T; row++) {
      const units = [...c.slice(3 * row, 3 * row + 3)];
      assert.ok(Math.abs(units.reduce((a, b) => a + b)) < 1e-9, `mean of row ${row}`);
      assert.ok(Math.abs(units.reduce((a, b) => a + b * b, 0) / 3 - 1) < 1e-6, `variance of row ${row}`);
    }
  });

  it('drops its candidate alone, by a mask for each step', () => {
    const node = spec.nodes[0] as RecurrentNode;
    const dropping: ModelSpec = {
      ...spec,
      nodes: [{ ...node, cells: [{ ...node.cells[0]!, recurrentDropout: 0.5 }] }],
    };
    const masks = new Map(Array.from({ length: T }, (_, t) => [`rnn.step${t}.candidate`, { shape: [1, 3], values: [1, 0, 1] }] as const)); // prettier-ignore
    const j = runReference(dropping, { ...given, masks })
      .values()
      .get('gates.j')!.values;
    const plain = runReference(spec, given).values().get('gates.j')!.values;
    for (let row = 0; row < B * T; row++) assert.equal(Math.abs(j[3 * row + 1]!), 0);
    for (let b = 0; b < B; b++)
      assert.ok(Math.abs(j[b * T * 3]! - 2 * plain[b * T * 3]!) < 1e-12, 'kept ones count double');
  });
});

describe('what the float64 reference refuses, naming it', () => {
  const { spec, given } = withNumbers('the absolute error, summed');
  const y: Numbers = { shape: [B], values: [0, 1, 2] };
  const labels: ModelSpec = {
    ...spec,
    inputs: [spec.inputs[0]!, { id: 'y', role: 'target', dtype: 'int32', axes: [] }],
    nodes: [...spec.nodes, { op: 'select_step', id: 'step', input: { from: 'rnn' }, step: -1 }],
    loss: { kind: 'sparse_softmax_cross_entropy', prediction: { from: 'step' }, target: { from: 'y' }, reduction: 'mean' },
  }; // prettier-ignore
  const run = (of: ModelSpec, more: Partial<ReferenceInputs> = {}) => runReference(of, { ...given, ...more });
  const without = (name: string): Map<string, Numbers> => new Map([...given.weights].filter(([key]) => key !== name));
  const REFUSALS: Record<string, [() => unknown, RegExp]> = {
    'a weight that is missing': [() => run(spec, { weights: without('rnn/gru_cell/gates/bias') }), /rnn\/gru_cell\/gates\/bias is missing/],
    'a weight of another shape': [() => run(spec, { weights: new Map([...given.weights, ['rnn/gru_cell/gates/bias', y]]) }), /gates\/bias: \[6\] expected, found \[3\]/],
    'a weight that the model has not': [() => run(spec, { weights: new Map([...given.weights, ['other', y]]) }), /no weight other/],
    'an input that is missing': [() => run(spec, { inputs: new Map() }), /input X is missing/],
    'an input of another shape': [() => run(spec, { inputs: new Map([['X', y]]) }), /input X: \[batch, 7, 4\] expected, found \[3\]/],
    'a label that is no class': [() => run(labels, { inputs: new Map([...given.inputs, ['y', { ...y, values: [0, 3, 1] }]]) }), /y: labels from 0 to 2 expected, found 3/],
    'a size that is a symbol': [() => run({ ...spec, nodes: tf1([gru({ units: 'n_neurons' })]) }), /size n_neurons of GRUCell is not known/],
    'a number that an embedding has no row for': [() => run(
      { ...spec, inputs: [{ ...spec.inputs[0]!, axes: spec.inputs[0]!.axes.slice(0, 1) }], nodes: [{ op: 'embedding', id: 'embedding', input: { from: 'X' }, vocabulary: 2, units: 1, scope: 'embedding' }] },
      { inputs: new Map([['X', { shape: [1, 7], values: [0, 1, 1, 0, 2, 0, 0] }]]), weights: new Map([['embedding', { shape: [2, 1], values: [1, 2] }]]) },
    ), /X: numbers from 0 to 1 expected, found 2/],
    'a step beyond the sequence': [() => run({ ...labels, nodes: [labels.nodes[0]!, { op: 'select_step', id: 'step', input: { from: 'rnn' }, step: 7 }] }, { inputs: new Map([...given.inputs, ['y', y]]) }), /step: step 7 of 7 steps/],
    'a tensor that is not in the graph': [() => run({ ...spec, loss: { ...spec.loss!, prediction: { from: 'nothing' } } }), /"nothing".* not in the graph/],
    'gradients without a target': [() => run(spec, { inputs: new Map([['X', given.inputs.get('X')!]]) }).gradients(), /Without a loss and its target/],
  }; // prettier-ignore
  for (const [what, [attempt, message]] of Object.entries(REFUSALS))
    it(what, () => {
      assert.throws(attempt, message);
    });
});
