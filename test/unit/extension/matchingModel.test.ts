import assert from 'node:assert/strict';
import { matchingModel } from '../../../extension/models/matchingModel.ts';

describe('the model of a run in its source', () => {
  const program = ['rnn', 'lstm', 'gru'].map(key => ({ key, hash: 'text' }));

  it('is the one of its name where several share a text', () => {
    assert.equal(matchingModel(program, { key: 'gru', hash: 'text' })?.key, 'gru');
    assert.equal(matchingModel(program, { key: 'gru', hash: 'text before an edit' })?.key, 'gru');
  });
  it('is the one of its text where that has another name now', () => {
    const fences = [
      { key: 'note#lstm', hash: 'new' },
      { key: 'note#lstm.1', hash: 'old' },
    ];
    assert.equal(matchingModel(fences, { key: 'note#lstm', hash: 'old' })?.key, 'note#lstm.1');
  });
  it('is none where neither is there', () => {
    assert.equal(matchingModel(program, { key: 'peephole', hash: 'text' }), undefined);
  });
});
