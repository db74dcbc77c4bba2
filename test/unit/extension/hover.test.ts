import assert from 'node:assert/strict';
import { formatPhrase, phrase } from '../../../engine/model/phrase.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import type { SymbolReading, TensorValue } from '../../../engine/reader/reading.ts';
import { hoverText, symbolAt } from '../../../extension/language/hoverText.ts';
import { withoutMagics } from '../../../extension/language/notebookMagics.ts';
import { tileOf } from '../../../extension/language/tensorLink.ts';

const outputs: TensorValue = {
  kind: 'tensor',
  dtype: 'float32',
  axes: [
    { name: 'batch', size: null },
    { name: 'steps', size: 28 },
    { name: 'units', size: 150 },
  ],
  meaning: phrase('h of the top layer at every step'),
  ref: { from: 'rnn', part: { take: 'outputs' } },
};
const symbol = (text: string, start: number, value: SymbolReading['value'] = outputs): SymbolReading => ({
  ...{ text, value, range: { start, end: start + text.length } },
});

describe('hoverText', () => {
  it('says name, type, shape and meaning in one line of code', () => {
    assert.equal(
      hoverText(symbol('outputs', 0), formatPhrase),
      '```python\noutputs: float32 [batch, 28 steps, 150] · h of the top layer at every step\n```',
    );
  });

  it('puts the meaning into the language of the person', () => {
    assert.match(
      hoverText(symbol('outputs', 0), () => '顶层每一步的 h'),
      /150\] · 顶层每一步的 h\n```$/,
    );
  });

  it('writes an expression over several lines in one', () => {
    assert.match(hoverText(symbol('states[\n  -1\n]', 0), formatPhrase), /```python\nstates\[ -1 \]: /);
  });

  it('lets no text of the source become a link or a picture', () => {
    const evil = phrase('{0} of it', '[x](command:evil) <img src=x>');
    const text = hoverText(symbol('outputs', 0, { ...outputs, meaning: evil, note: evil }), formatPhrase);
    // The meaning stands in the fence, where nothing is a link.
    assert.match(text, / · \[x\].* of it\n```\n/);
    assert.ok(text.includes('\\[x\\]\\(command:evil\\) \\<img src=x\\>'));
  });

  it('cannot be broken out of by a fence in the source', () => {
    const text = hoverText(symbol('a["```"]', 0), formatPhrase);
    assert.ok(text.startsWith('````python\n'));
  });

  it('lists the weights and equations of a cell, the first dozen of a large stack', () => {
    const parameters = Array.from({ length: 20 }, (_, index) => ({ name: `kernel_${index}`, shape: [178, 600] }));
    const text = hoverText(
      symbol('cell', 0, {
        kind: 'layer',
        framework: 'tensorflow1',
        className: 'LSTMCell',
        parameters,
        equations: ['h = o * c'],
      }),
      formatPhrase,
    );
    assert.match(text, /kernel_11 {2}\[178, 600\]\n…\n/);
    assert.ok(!text.includes('kernel_12'));
    assert.ok(text.includes('h = o * c'));
  });
});

describe('symbolAt', () => {
  const symbols = [symbol('states[-1][1]', 10), symbol('states', 10), symbol('X', 40)];
  it('takes the name under the pointer before the expression around it', () => {
    assert.equal(symbolAt(symbols, 12)?.text, 'states');
    assert.equal(symbolAt(symbols, 20)?.text, 'states[-1][1]');
  });
  it('finds nothing between the names', () => {
    assert.equal(symbolAt(symbols, 30), undefined);
    assert.equal(symbolAt(symbols, 41), undefined);
  });
});

describe('tileOf', () => {
  const state = (layer: number, which: 'c' | 'h'): TensorValue => ({
    ...outputs,
    ref: { from: 'rnn', part: { take: 'state', layer, state: which } },
  });
  const stack = (cell: 'lstm' | 'gru', layers: number): ModelSpec => ({
    version: 1,
    name: 'cell',
    framework: 'tensorflow1',
    inputs: [],
    nodes: [
      {
        op: 'recurrent',
        id: 'rnn',
        input: { from: 'X' },
        cells: Array.from({ length: layers }, () => ({ cell, className: 'Cell', units: 8 })),
        direction: 'forward',
        driver: 'dynamic_rnn',
        scope: 'rnn',
        stacked: layers > 1,
      },
    ],
    training: {},
  });

  it('names the tile of outputs and of the states of a layer', () => {
    assert.equal(tileOf(outputs, stack('lstm', 3)), 'outputs');
    assert.equal(tileOf(state(2, 'c'), stack('lstm', 3)), 'states[2].c');
  });
  it('leaves out the layer where there is one, and the state where the cell has one', () => {
    assert.equal(tileOf(state(0, 'c'), stack('lstm', 1)), 'states.c');
    assert.equal(tileOf(state(1, 'h'), stack('gru', 2)), 'states[1]');
  });
  it('takes the last state of a tuple: h of the top layer', () => {
    const pair = (layer: number) => ({ kind: 'tuple', items: [state(layer, 'c'), state(layer, 'h')] }) as const;
    assert.equal(tileOf({ kind: 'tuple', items: [pair(0), pair(1)] }, stack('lstm', 2)), 'states[1].h');
  });
  it('knows no tile for what is not of the recurrent part', () => {
    assert.equal(tileOf({ ...outputs, ref: { from: 'softmax' } }, stack('lstm', 1)), undefined);
  });
});

describe('withoutMagics', () => {
  it('turns magics into comments without moving anything', () => {
    const code = '%matplotlib inline\nx = 5 % 3\n  !pip install y\n%%time\nz = x';
    const read = withoutMagics(code);
    assert.equal(read, '#matplotlib inline\nx = 5 % 3\n  #pip install y\n#%time\nz = x');
    assert.equal(read.length, code.length);
  });
});
