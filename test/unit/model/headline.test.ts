import assert from 'node:assert/strict';
import { headline } from '../../../engine/model/headline.ts';
import type { CellSpec } from '../../../engine/model/spec.ts';
import { lstmClassifier, modelOf, recurrent } from './specs.ts';

const lstm = (units: number | string): CellSpec => ({ cell: 'lstm', className: 'LSTM', units });

describe('headline', () => {
  it('counts equal layers', () => {
    assert.equal(headline(lstmClassifier()), 'LSTM 3×150');
    assert.equal(headline(lstmClassifier({ units: [64] })), 'LSTM 64');
  });

  it('names different layers one after the other, of one stack or of several', () => {
    const gru = recurrent([{ cell: 'gru', className: 'GRU', units: 32 }], { id: 'gru', input: { from: 'rnn' } });
    assert.equal(headline(modelOf('keras3', [recurrent([lstm(64)]), gru])), 'LSTM 64 + GRU 32');
    assert.equal(headline(modelOf('keras3', [recurrent([lstm(64), lstm(64), lstm(32)])])), 'LSTM 2×64 + LSTM 32');
  });

  it('tells both directions, projections and open sizes', () => {
    const both = recurrent([lstm(128), lstm(128)], { direction: 'bidirectional' });
    assert.equal(headline(modelOf('pytorch', [both])), 'BiLSTM 2×128');
    const uneven = recurrent([lstm(6)], { direction: 'bidirectional', backwardCells: [lstm(5)] });
    assert.equal(headline(modelOf('tensorflow1', [uneven])), 'BiLSTM 6/5');
    assert.equal(headline(modelOf('pytorch', [recurrent([{ ...lstm(8), projection: { units: 5 } }])])), 'LSTM 8→5');
    assert.equal(headline(modelOf('pytorch', [recurrent([lstm('hidden_size')])])), 'LSTM hidden_size');
  });
});
