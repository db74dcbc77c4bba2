import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { eventually, lensTitles, openSample, openText, recurrentProgram } from '../helpers.ts';

describe('lenses in VS Code', () => {
  it('stand above the model of the sample: train, inspect, size', async () => {
    const document = await openSample('mnist_lstm.py');
    const titles = await lensTitles(document);
    assert.deepEqual(titles.slice(0, 3), ['▶ Train Model', 'Inspect', 'LSTM 3×150 · 470,110 parameters']);
  });

  it('stand above a model inside a Markdown note', async () => {
    const document = await openText('markdown', `# Note\n\n\`\`\`python\n${recurrentProgram()}\`\`\`\n`);
    assert.ok((await lensTitles(document)).includes('▶ Train Model'));
  });

  it('stand in the cell of a notebook that defines the model, though its sizes stand in another cell', async () => {
    const [sizes, model] = recurrentProgram().split('# model\n');
    const cell = (code: string) => new vscode.NotebookCellData(vscode.NotebookCellKind.Code, code, 'python');
    const data = new vscode.NotebookData([cell(`%matplotlib inline\n${sizes!}`), cell(model!)]);
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', data);
    await vscode.window.showNotebookDocument(notebook);
    assert.deepEqual(await lensTitles(notebook.cellAt(0).document), []);
    assert.ok((await lensTitles(notebook.cellAt(1).document)).includes('LSTM 2×8 · 964 parameters'));
  });

  it('say why a model cannot be trained', async () => {
    const document = await openText('python', 'import torch.nn as nn\nclass Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n        self.rnn = nn.LSTM(8, 4, args.layers)\n    def forward(self, x):\n        return self.rnn(x)[0]\n'); // prettier-ignore
    const titles = await lensTitles(document);
    assert.ok(titles.includes('▶ Train Model'));
    assert.ok(
      titles.some(title => title.startsWith('$(warning)')),
      titles.join(' | '),
    );
  });

  it('name the size that the person is asked for', async () => {
    const document = await openText('python', recurrentProgram('args.units'));
    const titles = await lensTitles(document);
    assert.ok(titles.includes('size to be given: args.units'), titles.join(' | '));
  });

  it('are not there for a file without a model', async () => {
    const document = await openText('python', 'import os\nprint(os.name)\n');
    assert.deepEqual(await lensTitles(document), []);
  });

  it('follow the text while it is typed', async () => {
    const document = await openText('python', recurrentProgram());
    const edit = new vscode.WorkspaceEdit();
    const units = document.getText().indexOf('n_neurons = 8') + 'n_neurons = '.length;
    edit.replace(document.uri, new vscode.Range(document.positionAt(units), document.positionAt(units + 1)), '16');
    await vscode.workspace.applyEdit(edit);
    await eventually(async () => {
      assert.ok((await lensTitles(document)).some(title => title.startsWith('LSTM 2×16')));
    });
  });

  it('go when they are switched off', async () => {
    const document = await openSample('mnist_lstm.py');
    const settings = vscode.workspace.getConfiguration('rnnExplorer');
    await settings.update('codeLens.enabled', false, vscode.ConfigurationTarget.Global);
    try {
      assert.deepEqual(await lensTitles(document), []);
    } finally {
      await settings.update('codeLens.enabled', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
