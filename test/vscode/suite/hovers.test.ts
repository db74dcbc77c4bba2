import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, eventually, hoverAt, openSample, openText, recurrentProgram } from '../helpers.ts';

describe('hovers in VS Code', () => {
  it('say type, named axes and meaning of the tensors of the sample', async () => {
    const document = await openSample('mnist_lstm.py');
    const expected = {
      'outputs, states': ['outputs: float32 [batch, 28 steps, 150]', 'h of the top layer at every step'],
      'states =': ['states: 3 × (c [batch, 150], h [batch, 150])'],
      top_layer_h_state: ['float32 [batch, 150]', 'h of layer 3 at the last step'],
      'logits =': ['logits: float32 [batch, 10]'],
    };
    for (const [code, parts] of Object.entries(expected)) {
      const text = await hoverAt(document, code);
      for (const part of parts) assert.ok(text.includes(part), `${part} in the hover on ${code}: ${text}`);
    }
  });

  it('link to the tensor inspector, and trust no other command', async () => {
    const document = await openText('python', recurrentProgram());
    const [hover] = await vscode.commands.executeCommand<vscode.Hover[]>(
      'vscode.executeHoverProvider',
      document.uri,
      document.positionAt(document.getText().indexOf('outputs, states')),
    );
    const [content] = (hover?.contents ?? []) as vscode.MarkdownString[];
    assert.match(content?.value ?? '', /\(command:rnnExplorer\.openTensorInspector\?/);
    assert.deepEqual(content?.isTrusted, { enabledCommands: ['rnnExplorer.openTensorInspector'] });
  });

  it('say nothing about names that are no tensors', async () => {
    const document = await openText('python', recurrentProgram());
    assert.equal(await hoverAt(document, 'import tensorflow'), '');
  });

  it('say on a cell what it computes, its weights and the order of its gates', async () => {
    const document = await openSample('mnist_lstm.py');
    const text = await hoverAt(document, 'multi_cell =');
    for (const part of ['i, j, f, o = split([x(t); h(t-1)] W + b)', 'multi_rnn_cell/cell_2', '468,600 parameters'])
      assert.ok(text.includes(part), `${part} in ${text}`);
  });

  it('tell what tensors hold once the model is inspected, and answer before that', async () => {
    const document = await openSample('mnist_lstm.py');
    assert.ok(!(await hoverAt(document, 'logits =')).includes('min `'));
    const studio = await (await activated()).studio();
    await studio.inspect({ uri: document.uri.toString(), key: `${document.uri.toString()}#multi_cell` });
    await eventually(async () => {
      const text = await hoverAt(document, 'outputs, states');
      assert.match(text, /min `-?\d/);
      assert.ok(text.includes('on weights that are not trained'), text);
    });
    assert.ok((await hoverAt(document, 'multi_cell =')).includes('closed'));
  });
});
