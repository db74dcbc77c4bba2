import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { EngineError } from '../../../engine/errors.ts';
import { modelParameters } from '../../../engine/model/parameters.ts';
import type { CellSpec, Framework, ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { Random } from '../../../engine/random.ts';
import { convertWeights } from '../../../engine/weights/convert.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { errorOf } from '../reference/cases.ts';
import { readBeyond } from '../reference/beyond.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
const [B, T, D] = [3, 5, 4];

/** What a cell computes, from the frameworks' documentation and not from the engine. */
interface Means {
  readonly cell: string;
  readonly activation: string;
  readonly 'recurrent activation': string;
  readonly projection: number | string;
  readonly 'clip of the projection': number | string;
  readonly 'clip of c': number | string;
  readonly 'layer normalization': boolean;
  readonly reset: 'before' | 'after' | 'none';
  readonly peepholes: boolean;
  readonly coupled: boolean;
  readonly bias: boolean;
}

interface Entry {
  readonly title: string;
  readonly framework: Framework;
  readonly cell: CellSpec;
  readonly driver: RecurrentNode['driver'];
  readonly means: Means;
}

const PLAIN: Omit<Means, 'cell' | 'activation' | 'recurrent activation'> = { projection: 'none', 'clip of the projection': 'none', 'clip of c': 'none', 'layer normalization': false, reset: 'none', peepholes: false, coupled: false, bias: true }; // prettier-ignore

function entry(framework: Framework, className: string, options: Partial<CellSpec>, means: Partial<Means> = {}, driver: RecurrentNode['driver'] = framework === 'tensorflow1' ? 'dynamic_rnn' : 'layer'): Entry {
  const cell = /LSTM/.test(className) ? 'lstm' : /GRU/.test(className) ? 'gru' : 'rnn';
  const said = Object.entries(options).map(([key, value]) => `${key} ${JSON.stringify(value)}`).join(', '); // prettier-ignore
  return {
    title: `${framework} ${className}${said === '' ? '' : ` (${said})`}${driver === 'loop' ? ' in a loop' : ''}`,
    framework,
    cell: { cell, className, units: 5, ...options },
    driver,
    means: {
      ...PLAIN,
      cell,
      activation: 'tanh',
      'recurrent activation': cell === 'rnn' ? 'none' : 'sigmoid',
      ...(cell === 'gru' ? { reset: 'before' as const } : {}),
      ...means,
    },
  };
} // prettier-ignore

const projection = { units: 3 };
const PROJECTED = { projection: 3 };
const NORMED = { 'layer normalization': true };
const layerNorm = { gain: 1, shift: 0 };
const AFTER = { reset: 'after' } as const;
const HARD = { 'recurrent activation': 'hard_sigmoid' };
const RELU = { activation: 'relu' };

const CELLS: readonly Entry[] = [
  entry('tensorflow1', 'BasicRNNCell', {}),
  entry('tensorflow1', 'BasicRNNCell', RELU as Partial<CellSpec>, RELU),
  entry('tensorflow1', 'CudnnRNNTanh', {}, {}, 'layer'),
  entry('tensorflow1', 'CudnnRNNRelu', {}, RELU, 'layer'),
  entry('tensorflow1', 'BasicLSTMCell', {}),
  entry('tensorflow1', 'LSTMCell', { forgetBias: 0.3 }),
  entry('tensorflow1', 'LSTMCell', { peepholes: true }, { peepholes: true }),
  entry('tensorflow1', 'LSTMCell', { projection }, PROJECTED),
  entry('tensorflow1', 'LSTMCell', { projection: { units: 3, clip: 0.2 } }, { projection: 3, 'clip of the projection': 0.2 }),
  entry('tensorflow1', 'LSTMCell', { cellClip: 0.3 }, { 'clip of c': 0.3 }),
  entry('tensorflow1', 'LSTMBlockCell', { forgetBias: 0.3 }),
  entry('tensorflow1', 'LSTMBlockCell', { peepholes: true, cellClip: 0.3 }, { peepholes: true, 'clip of c': 0.3 }),
  entry('tensorflow1', 'LSTMBlockFusedCell', { name: 'lstm_fused_cell' }),
  entry('tensorflow1', 'CudnnLSTM', {}, {}, 'layer'),
  entry('tensorflow1', 'CudnnCompatibleLSTMCell', {}),
  entry('tensorflow1', 'LayerNormBasicLSTMCell', { layerNorm, forgetBias: 0.3 }, { ...NORMED, bias: false }),
  entry('tensorflow1', 'LayerNormBasicLSTMCell', {}),
  entry('tensorflow1', 'LayerNormLSTMCell', { layerNorm }, { ...NORMED, bias: false }),
  entry('tensorflow1', 'LayerNormLSTMCell', { layerNorm, peepholes: true }, { ...NORMED, bias: false, peepholes: true }),
  entry('tensorflow1', 'LayerNormLSTMCell', { layerNorm, projection }, { ...NORMED, bias: false, ...PROJECTED }),
  entry('tensorflow1', 'CoupledInputForgetGateLSTMCell', { coupledInputForget: true }, { coupled: true }),
  entry('tensorflow1', 'CoupledInputForgetGateLSTMCell', { coupledInputForget: true, peepholes: true }, { coupled: true, peepholes: true }),
  entry('tensorflow1', 'CoupledInputForgetGateLSTMCell', { coupledInputForget: true, projection }, { coupled: true, ...PROJECTED }),
  entry('tensorflow1', 'CoupledInputForgetGateLSTMCell', { coupledInputForget: true, layerNorm, forgetBias: 0.6 }, { coupled: true, ...NORMED, bias: false }),
  entry('tensorflow1', 'GRUCell', {}),
  entry('tensorflow1', 'GRUBlockCell', {}),
  entry('tensorflow1', 'GRUBlockCellV2', {}),
  entry('tensorflow1', 'CudnnGRU', {}, AFTER, 'layer'),
  entry('tensorflow1', 'CudnnCompatibleGRUCell', { resetAfter: true }, AFTER),
  ...(['keras2', 'keras3'] as const).flatMap(keras => [
    entry(keras, 'SimpleRNN', {}),
    entry(keras, 'SimpleRNN', { activation: 'relu' }, RELU),
    entry(keras, 'LSTM', {}),
    entry(keras, 'LSTM', { useBias: false }, { bias: false }),
    entry(keras, 'LSTM', { recurrentActivation: keras === 'keras2' ? 'hard_sigmoid' : 'hard_sigmoid_keras3' }, HARD),
    entry(keras, 'GRU', {}, AFTER),
    entry(keras, 'GRU', { resetAfter: false }),
    entry(keras, 'GRU', { recurrentActivation: keras === 'keras2' ? 'hard_sigmoid' : 'hard_sigmoid_keras3', resetAfter: false }, HARD),
  ]),
  entry('tensorflowjs', 'SimpleRNN', {}),
  entry('tensorflowjs', 'LSTM', {}, HARD),
  entry('tensorflowjs', 'LSTM', { recurrentActivation: 'sigmoid' }),
  entry('tensorflowjs', 'GRU', {}, HARD),
  entry('tensorflowjs', 'GRU', { recurrentActivation: 'sigmoid' }),
  entry('pytorch', 'RNN', {}),
  entry('pytorch', 'RNN', { activation: 'relu' }, RELU),
  entry('pytorch', 'LSTM', {}),
  entry('pytorch', 'LSTM', { projection }, PROJECTED),
  entry('pytorch', 'LSTM', { useBias: false }, { bias: false }),
  entry('pytorch', 'GRU', {}, AFTER),
  entry('pytorch', 'RNNCell', {}, {}, 'loop'),
  entry('pytorch', 'LSTMCell', {}, {}, 'loop'),
  entry('pytorch', 'GRUCell', {}, AFTER, 'loop'),
]; // prettier-ignore

function specOf({ framework, cell, driver }: Entry, node: Partial<RecurrentNode> = {}): ModelSpec {
  return checkModelSpec({
    version: 1,
    name: cell.className,
    framework,
    inputs: [
      { id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: T }, { name: 'features', size: D }] },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
    nodes: [
      { op: 'recurrent', id: 'rnn', input: { from: 'X' }, cells: [cell], direction: 'forward', driver, scope: 'rnn', stacked: false, ...node },
      { op: 'dense', id: 'logits', input: { from: 'rnn', part: { take: 'state', state: 'h' } }, units: 3, activation: 'linear', useBias: true, scope: 'fc' },
    ],
    loss: { kind: 'sparse_softmax_cross_entropy', prediction: { from: 'logits' }, target: { from: 'y' }, reduction: 'mean' },
    training: { optimizer: { kind: 'sgd' } },
  });
} // prettier-ignore

const random = new Random(11, 'every cell');
const some = (count: number): Float32Array<ArrayBuffer> => Float32Array.from({ length: count }, () => 1.6 * random.uniform() - 0.8); // prettier-ignore
const batch: Batch = { size: B, steps: T, inputs: some(B * T * D), targets: Int32Array.of(2, 0, 1) };

type Weights = Parameters<typeof convertWeights>[1];
const weightsFor = (spec: ModelSpec): Weights =>
  new Map(
    modelParameters(spec).map(({ name, shape }) => {
      const sizes = shape as number[];
      return [name, { name, shape: sizes, values: some(sizes.reduce((n, size) => n * size, 1)) }];
    }),
  );

/** The outputs at every step, the logits and the loss. */
function outcome(spec: ModelSpec, weights: Weights, fed = batch): number[] {
  const network = backend.createNetwork(spec, { seed: 1, batchSize: B });
  network.setParameters([...weights.values()].map(one => ({ ...one, values: one.values as Float32Array<ArrayBuffer> })));
  const { loss, nodes, recurrent } = network.values(fed);
  const outputs = [...recurrent.get('rnn')!.outputs.values()].flatMap(({ values }) => [...values]);
  network.dispose();
  return [...outputs, ...nodes.get('logits')!.values, loss!];
} // prettier-ignore

function convertible(from: Means, to: Means): boolean {
  return differing(from, to).length === 0;
}

/** Everything that stands in the way. */
function differing(from: Means, to: Means): string[] {
  const options = ['cell', 'activation', 'recurrent activation', 'projection', 'clip of the projection', 'clip of c', 'layer normalization', 'reset'] as const; // prettier-ignore
  return [
    ...options.filter(option => from[option] !== to[option]),
    ...(from.peepholes && !to.peepholes ? ['peepholes'] : []),
    ...(to.coupled && !from.coupled ? ['coupled'] : []),
    // What normalized gates have in place of a bias they take along.
    ...(from.bias && !to.bias ? ['bias'] : []),
  ];
}

/** What a refusal says is in the way. */
function reasonOf(message: string): string {
  const said = /compute different functions: ([a-z ]+?) is /.exec(message)?.[1];
  if (said === 'the reset gate') return 'reset';
  return said ?? /has no (bias|peepholes)/.exec(message)?.[1] ?? (message.includes('couples its input gate') ? 'coupled' : message); // prettier-ignore
}

describe('weights of every cell in every dialect for every other: the same outputs to 1e-5, or refused with a true reason', () => {
  for (const from of CELLS)
    it(from.title, () => {
      const spec = specOf(from);
      const weights = weightsFor(spec);
      const expected = outcome(spec, weights);
      for (const to of CELLS) {
        const target = specOf(to);
        const reasons = differing(from.means, to.means);
        try {
          const converted = convertWeights(spec, weights, target);
          assert.ok(
            convertible(from.means, to.means),
            `${to.title}: other ${reasons.join(', ')}, but weights are made`,
          );
          const error = errorOf(outcome(target, new Map(converted.map(one => [one.name, one]))), expected);
          assert.ok(error <= 1e-5, `${to.title}: error ${error}`);
        } catch (refusal) {
          if (!(refusal instanceof EngineError)) throw refusal;
          assert.equal(refusal.code, 'unsupported');
          assert.ok(reasons.includes(reasonOf(refusal.message)), `${to.title}: ${refusal.message}`);
        }
      }
    });
});

describe('weights of several layers and directions, learned first states and gates that happen to be coupled', () => {
  const same = (from: ModelSpec, to: ModelSpec): void => {
    const weights = weightsFor(from);
    const converted = convertWeights(from, weights, to);
    const error = errorOf(outcome(to, new Map(converted.map(one => [one.name, one]))), outcome(from, weights));
    assert.ok(error <= 1e-5, `error ${error}`);
  };
  const of = (framework: Framework, className: string): Entry =>
    CELLS.find(one => one.framework === framework && one.cell.className === className)!;
  const twice = (one: Entry): Partial<RecurrentNode> => ({ cells: [one.cell, one.cell], direction: 'bidirectional' });

  for (const [cudnn, torch] of [['CudnnLSTM', 'LSTM'], ['CudnnGRU', 'GRU'], ['CudnnRNNTanh', 'RNN']] as const)
    it(`two layers of ${cudnn} in both directions and PyTorch's ${torch}, each way`, () => {
      const [own, other] = [of('tensorflow1', cudnn), of('pytorch', torch)].map(one => specOf(one, twice(one)));
      same(own!, other!);
      same(other!, own!);
    }); // prettier-ignore

  it('learned first states of stacked TF1 cells and a PyTorch module, each way, and of a PyTorch cell', () => {
    const learned = (one: Entry, layers: number, ...names: string[]): ModelSpec =>
      specOf(one, { cells: new Array<CellSpec>(layers).fill(one.cell), stacked: layers > 1, initialState: { kind: 'learned', names } });
    const tf1 = learned(of('tensorflow1', 'BasicLSTMCell'), 2, 'c1', 'h1', 'c2', 'h2');
    const torch = learned(of('pytorch', 'LSTM'), 2, 'c0', 'h0');
    same(tf1, torch);
    same(torch, tf1);
    for (const [cudnn, module, ...names] of [['CudnnLSTM', 'LSTM', 'c0', 'h0'], ['CudnnGRU', 'GRU', 'h0']] as const) {
      const [own, other] = [of('tensorflow1', cudnn), of('pytorch', module)].map(one => specOf(one, { ...twice(one), initialState: { kind: 'learned', names: [...names] } }));
      same(own!, other!);
      same(other!, own!);
    }
    same(learned(of('pytorch', 'LSTM'), 1, 'c0', 'h0'), learned(of('pytorch', 'LSTMCell'), 1, 'c', 'h'));
  }); // prettier-ignore

  it('cuDNN layers go on from given states as a PyTorch module does', () => {
    const width = 5;
    const state = (id: string) => ({ id, role: 'state' as const, dtype: 'float32' as const, axes: [{ name: 'layers', size: 4 }, { name: 'units', size: width }] });
    const fed: Batch = { ...batch, states: { c0: some(B * 4 * width), h0: some(B * 4 * width) } };
    const [own, other] = [of('tensorflow1', 'CudnnLSTM'), of('pytorch', 'LSTM')].map((one): ModelSpec => {
      const spec = specOf(one, { ...twice(one), initialState: { kind: 'given', tensors: [{ from: 'c0' }, { from: 'h0' }] } });
      return { ...spec, inputs: [...spec.inputs, state('c0'), state('h0')] };
    });
    const weights = weightsFor(own!);
    const converted = new Map(convertWeights(own!, weights, other!).map(one => [one.name, one]));
    const expected = outcome(own!, weights, fed);
    assert.ok(errorOf(outcome(other!, converted, fed), expected) <= 1e-5);
    const elsewhere = { ...fed, states: { ...fed.states, c0: some(B * 4 * width) } };
    assert.ok(errorOf(outcome(own!, weights, elsewhere), expected) > 1e-3);
  }); // prettier-ignore

  it('a coupled cell comes back from one whose input gate has weights', () => {
    const coupled = CELLS.filter(one => one.cell.coupledInputForget);
    for (const one of coupled) {
      const spec = specOf(one);
      const { coupledInputForget: _, layerNorm: normed, ...plain } = one.cell;
      const className = normed ? 'LayerNormLSTMCell' : 'LSTMCell';
      const other = specOf({ ...one, cell: { ...plain, className, ...(normed && { layerNorm: normed }) } });
      const weights = weightsFor(spec);
      const there = new Map(convertWeights(spec, weights, other).map(weight => [weight.name, weight]));
      const back = new Map(convertWeights(other, there, spec).map(weight => [weight.name, weight]));
      assert.ok(errorOf(outcome(spec, back), outcome(spec, weights)) <= 1e-5, one.title);
    }
  });
});

describe('weights of contrib cells as TensorFlow 1.15 has them give its own outputs through the cells they are converted to, to 1e-5', () => {
  const as = (spec: ModelSpec, framework: Framework, cell: (own: CellSpec) => Partial<CellSpec> & { className: string }): ModelSpec => ({
    ...spec,
    framework,
    nodes: spec.nodes.map(node =>
      node.op !== 'recurrent' ? node : { ...node, cells: node.cells.map(one => ({ ...one, ...cell(one) })) }),
  });
  const programs = new Map(readBeyond('programs-contrib.json').map(one => [one.name, one]));
  const cases: readonly (readonly [string, string, Framework, (own: CellSpec) => Partial<CellSpec> & { className: string }])[] = [
    ['CoupledInputForgetGateLSTMCell', 'LSTMCell', 'tensorflow1', () => ({ className: 'LSTMCell', coupledInputForget: false })],
    ['CoupledInputForgetGateLSTMCell with peepholes and projection', 'LSTMCell', 'tensorflow1', () => ({ className: 'LSTMCell', coupledInputForget: false })],
    ['CoupledInputForgetGateLSTMCell with layer normalization', 'LayerNormLSTMCell', 'tensorflow1', () => ({ className: 'LayerNormLSTMCell', coupledInputForget: false })],
    ['LayerNormBasicLSTMCell, two layers', 'LayerNormLSTMCell', 'tensorflow1', () => ({ className: 'LayerNormLSTMCell', forgetBias: 0.2 })],
    ['LayerNormBasicLSTMCell without normalization', 'LSTMBlockCell', 'tensorflow1', () => ({ className: 'LSTMBlockCell' })],
    ['CudnnCompatibleLSTMCell', 'BasicLSTMCell', 'tensorflow1', () => ({ className: 'BasicLSTMCell', forgetBias: 1 })],
  ];
  for (const [name, title, framework, cell] of cases)
    it(`${name}: ${title}`, () => {
      const { spec, given, values } = programs.get(name)!;
      const target = { ...as(spec, framework, cell), training: { optimizer: { kind: 'sgd' as const } } };
      const weights: Weights = new Map([...given.weights].map(([key, { shape, values: floats }]) => [key, { name: key, shape: [...shape], values: Float32Array.from(floats) }]));
      const network = backend.createNetwork(target, { seed: 1, batchSize: given.inputs.get('X')!.shape[0]! });
      network.setParameters(convertWeights(spec, weights, target));
      const lengths = given.inputs.get('lengths');
      const { recurrent } = network.values({
        size: given.inputs.get("X")!.shape[0]!,
        steps: given.inputs.get("X")!.shape[1]!,
        inputs: Float32Array.from(given.inputs.get('X')!.values),
        ...(lengths && { lengths: Int32Array.from(lengths.values) }),
      });
      const outputs = [...recurrent.values()][0]!.outputs.get('forward')!;
      assert.ok(errorOf(outputs.values, Array.from(values.get('outputs')!.values)) <= 1e-5);
    });
}); // prettier-ignore
