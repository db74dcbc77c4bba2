/** Specs that tests share. */
import type { CellSpec, Framework, GraphNode, ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';

/** A classifier over `[B, steps, features]`, TF1, stacked LSTM, dense softmax on h of the top layer. */
export function lstmClassifier({
  steps = 28,
  features = 28,
  units = [150, 150, 150],
  classes = 10,
  batchSize = 150,
  data = 'mnist',
} = {}): ModelSpec {
  return {
    version: 1,
    name: 'mnist_lstm',
    framework: 'tensorflow1',
    inputs: [
      {
        id: 'X',
        role: 'sequence',
        dtype: 'float32',
        axes: [
          { name: 'steps', size: steps },
          { name: 'features', size: features },
        ],
      },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
    nodes: [
      {
        op: 'recurrent',
        id: 'rnn',
        input: { from: 'X' },
        cells: units.map(one => ({ cell: 'lstm', className: 'BasicLSTMCell', units: one })),
        direction: 'forward',
        driver: 'dynamic_rnn',
        scope: 'rnn',
        stacked: units.length > 1,
      },
      {
        op: 'dense',
        id: 'logits',
        input: { from: 'rnn', part: { take: 'state', layer: units.length - 1, state: 'h' } },
        units: classes,
        activation: 'linear',
        useBias: true,
        scope: 'softmax',
      },
    ],
    loss: {
      kind: 'sparse_softmax_cross_entropy',
      prediction: { from: 'logits' },
      target: { from: 'y' },
      reduction: 'mean',
    },
    training: {
      optimizer: { kind: 'adam', learningRate: 0.001 },
      epochs: 10,
      batchSize,
      metrics: [{ kind: 'accuracy' }],
    },
    data: { kind: data },
    names: { outputs: { from: 'rnn', part: { take: 'outputs' } } },
  };
}

/** A model around these nodes, fed with `[B, 7, 4]` as in the frameworks' dumps. */
export function modelOf(framework: Framework, nodes: GraphNode[]): ModelSpec {
  return {
    version: 1,
    name: 'model',
    framework,
    inputs: [
      {
        id: 'X',
        role: 'sequence',
        dtype: 'float32',
        axes: [
          { name: 'steps', size: 7 },
          { name: 'features', size: 4 },
        ],
      },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
    nodes,
    training: {},
  };
}

/** A recurrent node with the given cells. */
export function recurrent(cells: CellSpec[], options: Partial<RecurrentNode> = {}): RecurrentNode {
  return {
    op: 'recurrent',
    id: 'rnn',
    input: { from: 'X' },
    cells,
    direction: 'forward',
    driver: 'layer',
    scope: 'rnn',
    stacked: false,
    ...options,
  };
}
