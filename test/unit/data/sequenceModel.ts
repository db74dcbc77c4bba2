import type { LossSpec, ModelSpec } from '../../../engine/model/spec.ts';

interface Shape {
  readonly steps: number | string;
  readonly features: number;
  readonly width: number;
  readonly everyStep?: boolean;
  readonly loss?: LossSpec['kind'];
}

/** A GRU with a dense head, on every step or on its last state. */
export function sequenceModel({ steps, features, width, everyStep = true, loss = 'mean_squared_error' }: Shape): ModelSpec {
  const axes = [{ name: 'steps', size: steps }, { name: 'features', size: features }];
  const head = everyStep ? { take: 'outputs' } as const : { take: 'state', state: 'h' } as const;
  return {
    version: 1,
    name: 'sequence_model',
    framework: 'tensorflow1',
    inputs: [
      { id: 'X', role: 'sequence', dtype: 'float32', axes },
      { id: 'y', role: 'target', dtype: 'float32', axes: everyStep ? [axes[0]!] : [] },
    ],
    nodes: [
      { op: 'recurrent', id: 'rnn', input: { from: 'X' }, cells: [{ cell: 'gru', className: 'GRUCell', units: 8 }], direction: 'forward', driver: 'dynamic_rnn', scope: 'rnn', stacked: false },
      { op: 'dense', id: 'head', input: { from: 'rnn', part: head }, units: width, activation: 'linear', useBias: true, scope: 'head' },
    ],
    loss: { kind: loss, prediction: { from: 'head' }, target: { from: 'y' }, reduction: 'mean' },
    training: { optimizer: { kind: 'adam', learningRate: 0.01 }, epochs: 1, batchSize: 50 },
  };
} // prettier-ignore
