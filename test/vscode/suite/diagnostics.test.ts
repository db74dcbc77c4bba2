import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { activated, eventually, openText } from '../helpers.ts';

const FAULTY = `import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.LSTM(4, 6)
    def forward(self, x):
        out, (c_n, h_n) = self.rnn(x)
        return out[:, -1]
`;

async function found(document: vscode.TextDocument, count: number): Promise<vscode.Diagnostic[]> {
  await activated();
  let own: vscode.Diagnostic[] = [];
  await eventually(() => {
    own = vscode.languages.getDiagnostics(document.uri).filter(({ source }) => source === 'RNN Explorer');
    assert.equal(own.length, count);
  });
  return own;
}

async function fixes(document: vscode.TextDocument, { range }: vscode.Diagnostic): Promise<vscode.CodeAction[]> {
  return vscode.commands.executeCommand<vscode.CodeAction[]>(
    'vscode.executeCodeActionProvider',
    document.uri,
    range,
    vscode.CodeActionKind.QuickFix.value,
  );
}

describe('diagnostics in VS Code', () => {
  it('stand in the Problems view, and their fixes mend the program', async () => {
    const document = await openText('python', FAULTY);
    const diagnostics = await found(document, 2);
    assert.deepEqual(diagnostics.map(({ code }) => code).toSorted(), ['state-order', 'time-major-as-batch-major']);
    for (const diagnostic of diagnostics) {
      const title = diagnostic.code === 'state-order' ? 'Swap c and h' : 'Give batch_first=True';
      const fix = (await fixes(document, diagnostic)).find(action => action.title === title);
      assert.ok(fix?.edit, title);
      await vscode.workspace.applyEdit(fix.edit);
    }
    assert.ok(document.getText().includes('out, (h_n, c_n) = self.rnn(x)'));
    assert.ok(document.getText().includes('nn.LSTM(4, 6, batch_first=True)'));
    await found(document, 0);
  });

  it('say in a note what it tells otherwise than the framework, with a link', async () => {
    const program =
      'import tensorflow as tf\nX = tf.placeholder(tf.float32, [None, 7, 4])\noutputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)\n';
    const document = await openText('markdown', `outputs is a tuple over layers.\n\n\`\`\`python\n${program}\`\`\`\n`);
    const [told] = await found(document, 1);
    assert.equal(told!.severity, vscode.DiagnosticSeverity.Information);
    assert.equal(document.getText(told!.range), 'outputs is a tuple over layers');
    assert.ok(typeof told!.code === 'object' && told!.code.target.scheme === 'https');
  });
});

describe('inlay hints in VS Code', () => {
  const hints = async (document: vscode.TextDocument): Promise<string[]> => {
    const whole = new vscode.Range(0, 0, document.lineCount, 0);
    const shown = await vscode.commands.executeCommand<vscode.InlayHint[]>(
      'vscode.executeInlayHintProvider',
      document.uri,
      whole,
    );
    return shown.map(
      ({ label, position }) =>
        `${document.lineAt(position.line).text.slice(0, position.character).trim()}${label as string}`,
    );
  };
  const program =
    'import tensorflow as tf\nX = tf.placeholder(tf.float32, [None, 7, 4])\noutputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(6), X, dtype=tf.float32)\n';

  it('are off until they are wanted, and then follow the text', async () => {
    const document = await openText('python', program);
    await activated();
    assert.deepEqual(await hints(document), []);
    const settings = vscode.workspace.getConfiguration('rnnExplorer');
    await settings.update('inlayHints.enabled', true, vscode.ConfigurationTarget.Global);
    try {
      assert.deepEqual(await hints(document), [
        'X: [batch, 7 steps, 4 features]',
        'outputs: [batch, 7 steps, 6]',
        'outputs, state: [batch, 6]',
      ]);
      const edit = new vscode.WorkspaceEdit();
      const at = document.getText().indexOf('6)');
      edit.replace(document.uri, new vscode.Range(document.positionAt(at), document.positionAt(at + 1)), '9');
      await vscode.workspace.applyEdit(edit);
      assert.ok((await hints(document)).includes('outputs: [batch, 7 steps, 9]'));
    } finally {
      await settings.update('inlayHints.enabled', undefined, vscode.ConfigurationTarget.Global);
    }
  });
});
