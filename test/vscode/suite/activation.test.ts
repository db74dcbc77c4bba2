import assert from 'node:assert/strict';
import * as vscode from 'vscode';

describe('the extension in VS Code', () => {
  it('is there, unpacked from its VSIX', () => {
    assert.ok(vscode.extensions.getExtension('rnn-explorer.rnn-explorer'));
  });

  it('activates without an error', async () => {
    const extension = vscode.extensions.getExtension('rnn-explorer.rnn-explorer');
    await extension?.activate();
    assert.equal(extension?.isActive, true);
  });

  it('registers every command that it contributes', async () => {
    const extension = vscode.extensions.getExtension('rnn-explorer.rnn-explorer');
    await extension?.activate();
    const { contributes } = extension?.packageJSON as { contributes: { commands: { command: string }[] } };
    const registered = new Set(await vscode.commands.getCommands(true));
    assert.deepEqual(
      contributes.commands.map(({ command }) => command).filter(command => !registered.has(command)),
      [],
    );
  });
});
