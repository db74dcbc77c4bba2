import assert from 'node:assert/strict';
import { MEASURES, measureOf } from '../../../engine/model/measures.ts';
import type { LossSpec, ModelSpec } from '../../../engine/model/spec.ts';
import { lstmClassifier } from './specs.ts';

function withLoss(change: Partial<LossSpec>, classes = 10): ModelSpec {
  const spec = lstmClassifier({ classes });
  return { ...spec, loss: { ...spec.loss!, ...change } };
}

describe('what a run is measured by', () => {
  it('is accuracy where there are classes, two of them included', () => {
    assert.equal(measureOf(withLoss({})), 'accuracy');
    assert.equal(measureOf(withLoss({ kind: 'softmax_cross_entropy' })), 'accuracy');
    assert.equal(measureOf(withLoss({ kind: 'sigmoid_cross_entropy' }, 1)), 'accuracy');
  });

  it('is the error that the loss of values is the mean of', () => {
    assert.equal(measureOf(withLoss({ kind: 'mean_squared_error' })), 'mean_squared_error');
    assert.equal(measureOf(withLoss({ kind: 'mean_absolute_error' })), 'mean_absolute_error');
    assert.equal(measureOf(withLoss({ kind: 'sigmoid_cross_entropy' }, 5)), 'cross_entropy');
  });

  it('is the bare loss where that is a sum', () => {
    assert.equal(measureOf(withLoss({ kind: 'mean_squared_error', reduction: 'sum' })), 'loss');
    const { loss: _, ...without } = lstmClassifier();
    assert.equal(measureOf(without), 'loss');
  });

  it('is perplexity where the program asks for it', () => {
    const spec = withLoss({});
    const asked = { ...spec, training: { ...spec.training, metrics: [{ kind: 'perplexity' as const }] } };
    assert.equal(measureOf(asked), 'perplexity');
  });

  it('counts right predictions, and takes perplexity from the mean cross-entropy', () => {
    assert.equal(MEASURES.accuracy.of({ loss: 0.3, correct: 45, count: 60 }), 0.75);
    assert.equal(MEASURES.perplexity.of({ loss: Math.log(7), correct: undefined, count: 60 }), Math.exp(Math.log(7)));
    assert.equal(MEASURES.mean_squared_error.of({ loss: 0.04, correct: undefined, count: 60 }), 0.04);
  });
});
