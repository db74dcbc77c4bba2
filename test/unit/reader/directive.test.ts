import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { bindingOf, dataSource, sourceFor } from '../../../engine/data/sources.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { defaultSettings } from '../../../engine/runs/settings.ts';

const model = (
  name: string,
): string => `${name} = keras.Sequential([keras.Input(shape=(28, 28)), layers.LSTM(6), layers.Dense(10)])
${name}.compile(loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))
`;
const HEAD = 'import keras\nfrom keras import layers\n';

describe('the comment # rnn:', () => {
  it('says what the code does not: data, epochs, batch size, optimizer, learning rate', () => {
    const text = `${HEAD}# rnn: data=mnist epochs=3 batch_size=64, learning_rate=0.5 optimizer=sgd\n${model('net')}`;
    const { models, diagnostics } = readSource(text, 'python');
    assert.deepEqual(diagnostics, []);
    const { spec } = models[0]!;
    assert.deepEqual(spec.data, { kind: 'mnist', source: '# rnn: data=mnist' });
    assert.equal(sourceFor(spec)!.id, 'mnist-rows');
    assert.deepEqual(spec.training.optimizer, { kind: 'sgd', learningRate: 0.5 });
    const { epochs, batchSize, learningRate } = defaultSettings(spec);
    assert.deepEqual([epochs, batchSize, learningRate], [3, 64, 0.5]);
  });

  it('names a data source by its id, behind code too', () => {
    const text = `${HEAD}${model('net')}net.fit(X, y, epochs=9)  # rnn: data=random-labels\n`;
    assert.equal(sourceFor(readSource(text, 'python').models[0]!.spec)!.id, 'random-labels');
  });

  it('speaks of the model whose definition follows, after the last one of that', () => {
    const text = `${HEAD}# rnn: epochs=1\n${model('one')}# rnn: epochs=2\n${model('two')}# rnn: batch_size=5\n`;
    const [one, two] = readSource(text, 'python').models.map(({ spec }) => spec.training);
    assert.deepEqual([one!.epochs, one!.batchSize], [1, undefined]);
    assert.deepEqual([two!.epochs, two!.batchSize], [2, 5]);
  });

  it('is heeded in the fences of a note, and changes the program of the notes', () => {
    const note = readFileSync(join(import.meta.dirname, '../../../extension/samples/lstm_notes.md'), 'utf8');
    const changed = note.replace('lstm_cells = [', '# rnn: epochs=2 learning_rate=0.003\nlstm_cells = [');
    assert.notEqual(changed, note);
    const { training } = readSource(changed, 'markdown').models[0]!.spec;
    assert.equal(training.epochs, 2);
    assert.deepEqual(training.optimizer, { kind: 'adam', learningRate: 0.003 });
  });

  it('that cannot be heeded is told where it stands, with what there is', () => {
    const text = `${HEAD}# rnn: epoch=3 epochs=many learning_rate=-1 optimizer=magic data= batch_size=2.5\n${model('net')}`;
    const { diagnostics, models } = readSource(text, 'python');
    assert.deepEqual(
      diagnostics.map(({ range, message }) => [text.slice(range.start, range.end), formatPhrase(message)]),
      [
        [
          'epoch=3',
          'There is no setting "epoch"; there are data, seed, inputs, target, window, horizon, stride, epochs, batch_size, optimizer, learning_rate',
        ],
        ['epochs=many', 'epochs must be a whole number greater than 0, not "many"'],
        ['learning_rate=-1', 'learning_rate must be a number greater than 0, not "-1"'],
        ['optimizer=magic', 'optimizer must name an optimizer, such as adam or sgd, not "magic"'],
        ['data=', 'data must name data, such as mnist or the id of a data source, not ""'],
        ['batch_size=2.5', 'batch_size must be a whole number greater than 0, not "2.5"'],
      ],
    );
    assert.equal(models[0]!.spec.training.epochs, undefined);
  });

  it('says what of a file is fed, and how it is cut into windows', () => {
    const text = `${HEAD}# rnn: data=sensors.csv inputs=heat,damp, target=heat window=24 horizon=3, epochs=2\n${model('net')}`;
    const { models, diagnostics } = readSource(text, 'python');
    assert.deepEqual(diagnostics, []);
    const fed = { inputs: ['heat', 'damp'], targets: ['heat'], window: 24, horizon: 3 };
    assert.deepEqual(models[0]!.spec.data, { kind: 'file', source: 'sensors.csv', fed });
    assert.equal(models[0]!.spec.training.epochs, 2);
    checkModelSpec(models[0]!.spec);
  });

  it('that speaks of columns where no file is named, or of windows of no length, is told so', () => {
    const text = `${HEAD}# rnn: data=mnist inputs=heat\n${model('one')}# rnn: data=a.csv window=0 target=\n${model('two')}`;
    assert.deepEqual(
      readSource(text, 'python').diagnostics.map(({ message }) => formatPhrase(message)),
      [
        'inputs must name columns of a file that data= names, such as high,low, not "heat"',
        'window must be a number of steps of a file that data= names, not "0"',
        'target must name columns of a file that data= names, such as high,low, not ""',
      ],
    );
  });

  it('gives the seed of data that is generated, named or chosen by the person', () => {
    const text = `${HEAD}# rnn: data=random-labels seed=7\n${model('one')}# rnn: seed=0\n${model('two')}`;
    const { models, diagnostics } = readSource(text, 'python');
    assert.deepEqual(diagnostics, []);
    const [one, two] = models.map(({ spec }) => spec);
    assert.deepEqual(bindingOf(sourceFor(one!)!, one!), { source: 'random-labels', seed: 7 });
    assert.deepEqual(bindingOf(dataSource('delayed-recall'), two!), { source: 'delayed-recall', seed: 0 });
    assert.deepEqual(bindingOf(dataSource('mnist-rows'), two!), { source: 'mnist-rows' });
    checkModelSpec(one!);
  });

  it('whose seed is none, or of data that lies somewhere, is told so', () => {
    const text = `${HEAD}# rnn: data=mnist seed=7\n${model('one')}# rnn: data=a.csv seed=1\n${model('two')}# rnn: seed=-1\n${model('three')}`;
    assert.deepEqual(
      readSource(text, 'python').diagnostics.map(({ message }) => formatPhrase(message)),
      ['7', '1', '-1'].map(
        seed => `seed is that of generated data: a whole number from 0 to 4294967295, not "${seed}"`,
      ),
    );
  });

  it('in a string or another comment says nothing', () => {
    const text = `${HEAD}"""\n# rnn: epochs=3\n"""\n# see the manual: # rnn: epochs=3\n# rnn is short for recurrent network\n${model('net')}`;
    const { diagnostics, models } = readSource(text, 'python');
    assert.deepEqual(diagnostics, []);
    assert.equal(models[0]!.spec.training.epochs, undefined);
  });
});
