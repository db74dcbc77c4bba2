import assert from 'node:assert/strict';
import type { RunHead, TrainingChange, TrainingSnapshot } from '../../../engine/protocol/pages.ts';
import { TrainingState } from '../../../webview/trainingState.ts';

const run: RunHead = {
  id: 'a',
  title: 'run 1',
  status: 'running',
  created: '2026-11-23T12:00:00Z',
  model: { headline: 'LSTM 3×150', parameters: 470_110, source: 'mnist_lstm.py', line: 1 },
  reason: undefined,
  sourceChanged: false,
  open: true,
  resumable: false,
};
const latest = { loss: 1, train: undefined, test: undefined, sliceRows: undefined };
const points = (...pairs: number[]) => [{ id: 'loss' as const, points: Float64Array.from(pairs).buffer }];
const snapshot: TrainingSnapshot = {
  run,
  model: run.model,
  runs: [],
  settings: { epochs: 1, batchSize: 150, learningRate: 0.001, seed: 1, examples: null },
  measure: { id: 'accuracy', title: 'accuracy', short: 'accuracy' },
  exampleCount: null,
  sizes: [],
  data: 'MNIST rows',
  engine: 'WebAssembly',
  progress: undefined,
  latest,
  curves: points(1, 2.3, 2, 2.2),
  lines: ['Epoch 0'],
  stepsPerEpoch: 366,
  sequence: 7,
};
const change = (sequence: number, extra: Partial<TrainingChange> = {}): TrainingChange => ({
  sequence,
  run,
  progress: undefined,
  latest,
  append: [],
  newLines: [],
  ...extra,
});

describe('the training panel', () => {
  it('adds changes to its snapshot, one after the other', () => {
    const state = new TrainingState(snapshot);
    assert.ok(
      state.apply(change(8, { append: points(3, 2.1), newLines: ['Epoch 1'], latest: { ...latest, loss: 2.1 } })),
    );
    assert.equal(state.curve('loss').count, 3);
    assert.deepEqual(state.lines, ['Epoch 0', 'Epoch 1']);
    assert.equal(state.now.latest.loss, 2.1);
  });
  it('asks for a new snapshot when a change was lost', () => {
    assert.equal(new TrainingState(snapshot).apply(change(9)), false);
  });
  it('leaves out a change that its snapshot has already', () => {
    const state = new TrainingState(snapshot);
    assert.ok(state.apply(change(7, { newLines: ['again'] })));
    assert.deepEqual(state.lines, ['Epoch 0']);
  });
  it('asks for a new snapshot when changes are of another run', () => {
    assert.equal(new TrainingState(snapshot).apply(change(8, { run: { ...run, id: 'b' } })), false);
  });
});
