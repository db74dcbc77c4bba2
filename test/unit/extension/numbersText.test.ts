import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { ModelStatistics, Summary } from '../../../engine/protocol/statistics.ts';
import type { Value } from '../../../engine/reader/reading.ts';
import { numbersText, summaryOf } from '../../../extension/language/numbersText.ts';
import { lstmClassifier } from '../model/specs.ts';

const spec = lstmClassifier({ steps: 6, features: 3, units: [5, 4], classes: 3, batchSize: 20 });
const node = spec.nodes.find(({ op }) => op === 'recurrent')!.id;
const summary = (mean: number, more: Partial<Summary> = {}): Summary => ({ min: -1, mean, max: 1, std: 0.25, ...more });
const layer = (at: number): ModelStatistics['layers'][number] => ({
  ...{ node, layer: at, direction: 'forward', cell: 'lstm' },
  tensors: { i: summary(at, { saturated: { closed: 0.25, open: 0.031 } }), h: summary(10 + at) },
  finals: {
    c: summary(20 + at),
    h: summary(30 + at, { example: { shape: [4], values: [0.5, 0.25, -1, 0].map(Math.fround) } }),
  },
});
const statistics: ModelStatistics = {
  ...{ samples: 20, step: 1098, layers: [layer(0), layer(1)] },
  outputs: summary(40),
  prediction: summary(50),
};
const tensor = (ref: Value & { kind: 'tensor' } extends { ref?: infer R } ? R : never): Value => ({
  ...{ kind: 'tensor', dtype: 'float32', axes: [], ref },
}); // prettier-ignore
const text = (value: Value, of = statistics): string => numbersText(value, spec, of, formatPhrase).join('\n');

describe('numbersText', () => {
  it('finds the summary of every tensor of a model that can be hovered', () => {
    const mean = (part: Parameters<typeof summaryOf>[0]['part']): number | undefined =>
      summaryOf({ from: node, ...(part && { part }) }, spec, statistics)?.mean;
    assert.equal(mean({ take: 'outputs' }), 40);
    assert.equal(mean({ take: 'state', layer: 0, state: 'c' }), 20);
    assert.equal(mean({ take: 'state', layer: 1, state: 'h' }), 31);
    assert.equal(mean({ take: 'state' }), 31);
    assert.equal(summaryOf(spec.loss!.prediction, spec, statistics)?.mean, 50);
    assert.equal(summaryOf({ from: 'X' }, spec, statistics), undefined);
  });

  it('tells spread and origin, and prints a small tensor as NumPy does', () => {
    const shown = text(tensor({ from: node, part: { take: 'state', layer: 1, state: 'h' } }));
    assert.ok(shown.includes('min `-1` · mean `31` · max `1` · std `0.25`'), shown);
    assert.ok(shown.includes('over 20 test samples, after 1,098 training steps'));
    assert.ok(shown.includes('```text\n[ 0.5   0.25 -1.    0.  ]\n```'), shown);
  });

  it('says that weights are not trained', () => {
    const shown = text(tensor({ from: node, part: { take: 'outputs' } }), { ...statistics, step: 0 });
    assert.ok(shown.includes('on weights that are not trained'));
  });

  it('tells of a stack how many of its gates are closed and open, layer by layer', () => {
    const shown = text({ kind: 'layer', framework: 'tensorflow1', className: 'MultiRNNCell', node });
    assert.ok(shown.includes('| `i` input gate · layer 1 | 0 | 0.25 | 25 % | 3.1 % |'), shown);
    assert.ok(shown.includes('layer 2'));
  });

  it('tells of one cell of a stack its own gates only', () => {
    const shown = text({ kind: 'layer', framework: 'tensorflow1', className: 'LSTMCell', node, layers: [1] });
    assert.ok(shown.includes('| `i` input gate | 1 | 0.25 | 25 % | 3.1 % |'), shown);
  });

  it('says nothing of a tensor that the engine does not follow', () => {
    assert.equal(text(tensor({ from: 'X' })), '');
    assert.equal(text({ kind: 'tuple', items: [] }), '');
  });
});
