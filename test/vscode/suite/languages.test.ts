import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, hoverAt, lensTitles, openSample, openText } from '../helpers.ts';

const PROGRAM = `import * as tf from '@tensorflow/tfjs';
const input = tf.input({ shape: [7, 3] });
const hidden = tf.layers.lstm({ units: 5 }).apply(input);
const model = tf.model({ inputs: input, outputs: tf.layers.dense({ units: 2 }).apply(hidden) });
`;

describe('JavaScript and descriptions of models in VS Code', () => {
  it('have lenses: the sample in TensorFlow.js and the description of a model', async () => {
    assert.deepEqual((await lensTitles(await openSample('mnist_lstm.js'))).slice(0, 3), ['▶ Train Model', 'Inspect', 'LSTM 2×64 · 57,482 parameters']);
    assert.deepEqual((await lensTitles(await openSample('mnist_gru.rnn.json'))).slice(0, 3), ['▶ Train Model', 'Inspect', 'GRU 64 · 18,698 parameters']);
  }); // prettier-ignore

  it('show shapes on hover, in JavaScript and TypeScript', async () => {
    for (const language of ['javascript', 'typescript'] as const) {
      const document = await openText(language, PROGRAM);
      assert.match(await hoverAt(document, 'hidden'), /float32 \[batch, 5\]/);
    }
  });

  it('have diagnostics with their place', async () => {
    const text = PROGRAM.replace('.apply(hidden)', '.apply(tf.layers.gru({ units: 4 }).apply(hidden))');
    const document = await openText('typescript', text);
    await eventually(() => {
      const [found] = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'RNN Explorer');
      assert.equal(found?.code, 'return-sequences-missing');
      assert.equal(document.getText(found.range), 'tf.layers.lstm({ units: 5 })');
    });
  });

  it('complete and check a description by its schema', async () => {
    const sample = (await openSample('mnist_gru.rnn.json')).getText();
    const document = await openText('json', sample.replace('"framework": "pytorch"', '"framework": ""'));
    const at = document.positionAt(document.getText().indexOf('"framework": ""') + '"framework": "'.length);
    await eventually(async () => {
      const list = await vscode.commands.executeCommand<vscode.CompletionList>('vscode.executeCompletionItemProvider', document.uri, at);
      assert.ok(list.items.some(({ label }) => label === '"tensorflowjs"'));
    });
    await eventually(() => {
      const found = vscode.languages.getDiagnostics(document.uri);
      assert.ok(found.some(({ source, range }) => source === 'RNN Explorer' && range.start.line === at.line));
    });
    assert.deepEqual(await lensTitles(document), []);
  }); // prettier-ignore

  it('take constants from files beside them, also from what is not saved yet', async () => {
    const config = await openText('javascript', 'export const UNITS = 6;\n');
    const name = config.uri.path.split('/').at(-1)!;
    const text = `import { UNITS } from './${name}';\n${PROGRAM.replace('units: 5', 'units: UNITS')}`;
    const document = await openText('javascript', text);
    assert.ok((await lensTitles(document)).some(title => title.startsWith('LSTM 6 ')));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(config.uri, config.lineAt(0).range, 'export const UNITS = 9;');
    await vscode.workspace.applyEdit(edit);
    assert.ok(config.isDirty);
    assert.ok((await lensTitles(document)).some(title => title.startsWith('LSTM 9 ')));
    await config.save();
  });

  it('are left alone where they have nothing to do with recurrent networks', async () => {
    const document = await openText('javascript', 'export const answer = 42;\n');
    assert.deepEqual(await lensTitles(document), []);
  });
});
