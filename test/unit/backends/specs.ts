/** Models written by hand, as the reader would read them from the programs of the dumps. */
import type { CellSpec, ModelSpec, OptimizerSpec } from '../../../engine/model/spec.ts';

export function basicLstm(units: number): CellSpec {
  return { cell: 'lstm', className: 'BasicLSTMCell', units };
}

/** A stack of cells under `dynamic_rnn`, softmax on the last h of the top layer, sparse cross-entropy. */
export function classifier(cells: CellSpec[], steps: number, features: number, classes: number, optimizer: OptimizerSpec): ModelSpec {
  return {
    version: 1,
    name: 'classifier',
    framework: 'tensorflow1',
    inputs: [
      { id: 'X', role: 'sequence', dtype: 'float32', axes: [{ name: 'steps', size: steps }, { name: 'features', size: features }] },
      { id: 'y', role: 'target', dtype: 'int32', axes: [] },
    ],
    nodes: [
      { op: 'recurrent', id: 'rnn', input: { from: 'X' }, cells, direction: 'forward', driver: 'dynamic_rnn', scope: 'rnn', stacked: cells.length > 1 },
      { op: 'dense', id: 'logits', input: { from: 'rnn', part: { take: 'state', layer: cells.length - 1, state: 'h' } }, units: classes, activation: 'linear', useBias: true, scope: 'softmax' },
    ],
    loss: { kind: 'sparse_softmax_cross_entropy', prediction: { from: 'logits' }, target: { from: 'y' }, reduction: 'mean' },
    training: { optimizer },
  };
} // prettier-ignore
