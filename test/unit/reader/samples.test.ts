import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { sourceFor } from '../../../engine/data/sources.ts';
import { headline } from '../../../engine/model/headline.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { noteOf } from '../../../engine/reader/describe.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { hover } from './reading.ts';

const sample = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../../../extension/samples', name), 'utf8');

const HOVERS: readonly (readonly [expression: string, text: string])[] = [
  ['X', 'X: float32 [batch, 28 steps, 28 features] · input sequences'],
  ['y', 'y: int32 [batch] · class labels'],
  ['outputs', 'outputs: float32 [batch, 28 steps, 150] · h of the top layer at every step'],
  ['states', 'states: 3 × (c [batch, 150], h [batch, 150])'],
  ['states[-1]', 'states[-1]: (c [batch, 150], h [batch, 150]) · state of layer 3 after the last step'],
  ['states[-1][1]', 'states[-1][1]: float32 [batch, 150] · h of layer 3 at the last step'],
  ['top_layer_h_state', 'top_layer_h_state: float32 [batch, 150] · h of layer 3 at the last step'],
  ['logits', 'logits: float32 [batch, 10] · scores of the classes, before softmax'],
  ['xentropy', 'xentropy: float32 [batch] · cross-entropy of every row'],
  ['loss', 'loss: float32 scalar · loss that is minimised'],
  ['correct', 'correct: bool [batch] · whether the row is classified right'],
  ['accuracy', 'accuracy: float32 scalar · part of the rows that are classified right'],
  ['X_test', 'X_test: float32 [10000 rows, 28 steps, 28 features]'],
  ['y_test', 'y_test: uint8 [10000 rows] · digits 0 to 9'],
  ['lstm_cells', 'lstm_cells: 3 × BasicLSTMCell 150'],
  ['multi_cell', 'multi_cell: MultiRNNCell 3 × 150'],
];

for (const [file, language] of [
  ['mnist_lstm.py', 'python'],
  ['lstm_notes.md', 'markdown'],
] as const) {
  describe(`reader on the sample ${file}`, () => {
    const text = sample(file);
    const reading = readSource(text, language);
    const [program] = reading.models;

    it('describes the program completely', () => {
      assert.ok(program !== undefined);
      const { spec, open } = program;
      checkModelSpec(spec);
      assert.deepEqual(open, []);
      assert.equal(headline(spec), 'LSTM 3×150');
      assert.equal(spec.framework, 'tensorflow1');
      assert.deepEqual(
        spec.inputs.map(({ id, role }) => [id, role]),
        [
          ['X', 'sequence'],
          ['y', 'target'],
        ],
      );
      assert.deepEqual(
        spec.nodes.map(({ op, id }) => [op, id]),
        [
          ['recurrent', 'rnn'],
          ['dense', 'softmax'],
        ],
      );
      const [, dense] = spec.nodes;
      assert.ok(dense?.op === 'dense');
      assert.deepEqual(dense.input, { from: 'rnn', part: { take: 'state', layer: 2, state: 'h' } });
      assert.equal(spec.loss?.kind, 'sparse_softmax_cross_entropy');
      assert.deepEqual(spec.training, {
        optimizer: { kind: 'adam', learningRate: 0.001 },
        epochs: 10,
        batchSize: 150,
        metrics: [{ kind: 'accuracy' }],
      });
      assert.equal(spec.data?.kind, 'mnist');
    });

    it('puts the lens above the cells', () => {
      const { start, end } = program!.range;
      assert.equal(text.slice(start, end), 'lstm_cells = [tf.contrib.rnn.BasicLSTMCell(num_units=n_neurons)');
      assert.ok(start > text.indexOf('y = tf.placeholder'));
    });

    it('spans the program, from its imports to its training loop', () => {
      const { start, end } = program!.extent;
      const extent = text.slice(start, end);
      assert.ok(extent.includes('import tensorflow as tf') && extent.includes('sess.run(training_op'));
    });

    for (const [expression, expected] of HOVERS) {
      it(`says what ${expression} is wherever it stands`, () => {
        assert.equal(hover(reading, expression), expected);
      });
    }

    it('finds every occurrence of a tensor in the program', () => {
      const places = reading.symbols
        .filter(symbol => symbol.text === 'top_layer_h_state')
        .map(({ range }) => range.start);
      const program = text.slice(reading.models[0]!.extent.start, reading.models[0]!.extent.end);
      const offset = reading.models[0]!.extent.start;
      assert.deepEqual(
        places,
        [...program.matchAll(/top_layer_h_state/g)].map(match => offset + match.index),
      );
    });

    it('explains outputs where the notes tell it differently', () => {
      const outputs = reading.symbols.find(symbol => symbol.text === 'outputs');
      assert.match(formatPhrase(noteOf(outputs!.value)!), /^One tensor, not one per layer/);
    });

    it('has nothing to complain of', () => {
      assert.deepEqual(reading.diagnostics, []);
    });
  });
}

describe('reader on the fragments of a note', () => {
  const text = sample('lstm_notes.md');
  const { models } = readSource(text, 'markdown');

  it('offers the program with each lone cell in place of its own, and says so', () => {
    const told = models.map(({ spec, variant }) => [
      headline(spec),
      variant === undefined ? '' : formatPhrase(variant),
    ]);
    assert.deepEqual(told, [
      ['LSTM 3×150', ''],
      ['peephole LSTM 3×150', 'the program of this note with LSTMCell in place of its cells'],
      ['GRU 3×150', 'the program of this note with GRUCell in place of its cells'],
    ]);
    for (const { spec } of models) checkModelSpec(spec);
  });

  it('keeps what differs between the cells', () => {
    const cells = models.map(({ spec }) => spec.nodes.find(node => node.op === 'recurrent')!.cells[2]!);
    assert.deepEqual(
      cells.map(({ cell, peepholes }) => [cell, peepholes]),
      [
        ['lstm', undefined],
        ['lstm', true],
        ['gru', undefined],
      ],
    );
  });

  it('gives no lens to a fence that only repeats the cells of the program', () => {
    const first = text.indexOf('lstm_cells = [');
    assert.ok(models.every(({ range }) => range.start > first));
  });

  it('takes sizes from the fence that holds the program, not from an example in between', () => {
    const example = '\n```python\nn_steps = 2\nn_neurons = 5\noutputs\n```\n\n## GRU';
    const { models, symbols } = readSource(text.replace('\n## GRU', example), 'markdown');
    assert.equal(headline(models.at(-1)!.spec), 'GRU 3×150');
    const place = text.indexOf('\n## GRU');
    assert.ok(symbols.every(({ text, range }) => text !== 'outputs' || range.start < place));
  });
});

describe('the samples that are runs of the book', () => {
  const expected: Readonly<Record<string, readonly (readonly [title: string, data: string])[]>> = {
    'mnist_lstm.py': [['LSTM 3×150', 'mnist-rows']],
    'mnist_rnn.py': [['RNN 150', 'mnist-rows']],
    'mnist_relu_stack.py': [['RNN 3×100', 'mnist-rows']],
    'mnist_four_cells.py': [
      ['RNN 3×150', 'mnist-rows'],
      ['LSTM 3×150', 'mnist-rows'],
      ['peephole LSTM 3×150', 'mnist-rows'],
      ['GRU 3×150', 'mnist-rows'],
    ],
    'reber_gru.py': [['GRU 30', 'embedded-reber']],
    'time_series_projection.py': [['RNN 100', 'time-series']],
    'time_series_dense.py': [['RNN 100', 'time-series']],
  };
  for (const [name, models] of Object.entries(expected))
    it(`${name} trains with one click: its data, epochs and batches are known, and the engine runs all of it`, () => {
      const reading = readSource(sample(name), 'python');
      assert.deepEqual(
        reading.models.map(({ spec }) => [headline(spec), sourceFor(spec)?.id]),
        models,
      );
      for (const { spec, open } of reading.models) {
        assert.deepEqual([unsupported(spec), open], [[], []]);
        assert.ok(spec.training.epochs && spec.training.batchSize);
      }
      assert.deepEqual(reading.diagnostics, []);
    });
});

describe('reader on a program whose data cannot be told', () => {
  it('keeps the expression, and everything else', () => {
    const program = join(import.meta.dirname, '../../fixtures/programs/sensor_gru.py');
    const { models } = readSource(readFileSync(program, 'utf8'), 'python');
    const [model] = models;
    assert.deepEqual(model?.open, []);
    assert.deepEqual(model.spec.data, { kind: 'unknown', source: 'preprocess(df)' });
    assert.equal(headline(model.spec), 'GRU 48');
    assert.deepEqual([model.spec.training.epochs, model.spec.training.batchSize], [20, 32]);
  });
});
