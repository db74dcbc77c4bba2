/** What the weights of small networks are after 100 steps, to the bit; runs in Node and in a browser. */
import type { Backend } from '../../../engine/backends/backend.ts';
import type { CellSpec, LossSpec, ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { basicLstm, classifier } from './specs.ts';

const [ROWS, STEPS, FEATURES, CLASSES] = [11, 6, 4, 3];
const dropout = { wrapper: 'dropout', inputKeep: 0.8, outputKeep: 0.7 } as const;

const CELLS: Readonly<Record<string, CellSpec>> = {
  'LSTM with dropout': { ...basicLstm(7), wrappers: [dropout] },
  'peephole LSTM with projection': { cell: 'lstm', className: 'LSTMCell', units: 7, peepholes: true, projection: { units: 5 } },
  GRU: { cell: 'gru', className: 'GRUCell', units: 7 },
  RNN: { cell: 'rnn', className: 'BasicRNNCell', units: 7, activation: 'relu' },
  // Cells that are composed of single operations.
  'layer-normalized LSTM with recurrent dropout': { cell: 'lstm', className: 'LayerNormBasicLSTMCell', units: 7, layerNorm: { gain: 1, shift: 0 }, recurrentDropout: 0.2 },
  'LSTM of coupled gates with layer normalization and projection': { cell: 'lstm', className: 'CoupledInputForgetGateLSTMCell', units: 7, coupledInputForget: true, peepholes: true, layerNorm: { gain: 1, shift: 0 }, projection: { units: 5 } },
  'GRU of other activations with variational dropout': { cell: 'gru', className: 'GRUCell', units: 7, activation: 'gelu', recurrentActivation: 'softplus', wrappers: [{ ...dropout, stateKeep: 0.9, variational: true }] },
  'RNN with swish between projections': { cell: 'rnn', className: 'BasicRNNCell', units: 7, activation: 'swish', wrappers: [{ wrapper: 'input_projection', units: 3 }, { wrapper: 'output_projection', units: 5 }] },
}; // prettier-ignore

/** Arithmetic outside of cells that reaches the weights: powers, cosines and logarithms. */
const TRAININGS: Readonly<Record<string, Pick<ModelSpec, 'framework' | 'training'> & { readonly loss: Partial<LossSpec> }>> = {
  'NAdam, a rate along a cosine, smoothed labels': { framework: 'pytorch', training: { optimizer: { kind: 'nadam', learningRate: 0.01 }, learningRateDecay: { kind: 'cosine', steps: 80 } }, loss: { labelSmoothing: 0.1, classWeights: [1, 0.5, 2], reduction: 'mean_over_weights' } },
  'Ftrl of an odd power, an exponential rate, Poisson': { framework: 'keras3', training: { optimizer: { kind: 'ftrl', learningRate: 0.1, ratePower: -0.3 }, learningRateDecay: { kind: 'exponential', rate: 0.9, steps: 30 } }, loss: { kind: 'poisson_of_logarithms' } },
}; // prettier-ignore

/** Two layers of a cell over rows of different lengths. */
function spec(cell: CellSpec): ModelSpec {
  const model = classifier([cell, cell], STEPS, FEATURES, CLASSES, { kind: 'adam', learningRate: 0.01 });
  const [recurrent, ...others] = model.nodes;
  return {
    ...model,
    inputs: [...model.inputs, { id: 'seq_length', role: 'lengths', dtype: 'int32', axes: [] }],
    nodes: [{ ...recurrent!, sequenceLength: { from: 'seq_length' } } as typeof recurrent & object, ...others],
  };
}

/** A layer of GRU, trained so. */
function trained({ framework, training, loss }: (typeof TRAININGS)[string]): ModelSpec {
  const cell: CellSpec = { cell: 'gru', className: 'GRU', units: 7 };
  const model = classifier([cell], STEPS, FEATURES, CLASSES, { kind: 'sgd' });
  const [recurrent, ...others] = model.nodes;
  const layer: RecurrentNode = { ...(recurrent as RecurrentNode), driver: 'layer', stacked: false };
  return { ...model, framework, nodes: [layer, ...others], training, loss: { ...model.loss!, ...loss } };
}

/** A hash of all bits of all weights, by network. @param threads that share the batch */
export function trainedBits(backend: Backend, threads: number): Record<string, string> {
  const random = new Random(3);
  const batch = {
    size: ROWS,
    steps: STEPS,
    inputs: Float32Array.from({ length: ROWS * STEPS * FEATURES }, () => random.normal()),
    lengths: Int32Array.from({ length: ROWS }, (_, row) => (row * 5) % (STEPS + 1)),
    targets: Int32Array.from({ length: ROWS }, () => random.below(CLASSES)),
  };
  const values = { ...batch, targets: Float32Array.from({ length: ROWS * CLASSES }, () => random.uniform()) };
  const { lengths: _, ...whole } = batch;
  const networks = [
    ...Object.entries(CELLS).map(([name, cell]) => ({ name, model: spec(cell), fed: batch })),
    ...Object.entries(TRAININGS).map(([name, training]) => {
      const model = trained(training);
      return { name, model, fed: model.loss!.kind.includes('softmax') ? whole : { ...whole, targets: values.targets } };
    }),
  ];
  return Object.fromEntries(
    networks.map(({ name, model, fed }) => {
      const network = backend.createNetwork(model, { seed: 5, batchSize: ROWS, threads });
      for (let step = 0; step < 100; step++) network.trainStep(fed);
      const bits = hash(network.getParameters().map(({ values }) => values));
      network.dispose();
      return [name, bits];
    }),
  );
}

/** FNV-1a over the bytes, 64 bits. */
export function hash(arrays: readonly (Float32Array | Int32Array)[]): string {
  let value = 0xcbf29ce484222325n;
  for (const array of arrays)
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16);
}
