import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import * as vscode from 'vscode';
import type { RnnExplorerApi } from '../../extension/extension.ts';

/** The extension, activated. */
export async function activated(): Promise<RnnExplorerApi> {
  const extension = vscode.extensions.getExtension<RnnExplorerApi>('rnn-explorer.rnn-explorer');
  assert.ok(extension);
  return extension.activate();
}

/** Opens a file of the workspace, which is a copy of the samples. */
export async function openSample(name: string): Promise<vscode.TextDocument> {
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  const document = await vscode.workspace.openTextDocument(vscode.Uri.joinPath(folder.uri, name));
  await vscode.window.showTextDocument(document);
  return document;
}

const EXTENSIONS = { python: 'py', markdown: 'md', javascript: 'js', typescript: 'ts', json: 'rnn.json' } as const;

/** Writes a text into a new file of the workspace and opens it: untitled documents ask to be saved when they are closed. */
export async function openText(language: keyof typeof EXTENSIONS, content: string): Promise<vscode.TextDocument> {
  const name = `${randomUUID()}.${EXTENSIONS[language]}`;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  assert.ok(folder);
  await vscode.workspace.fs.writeFile(vscode.Uri.joinPath(folder.uri, name), Buffer.from(content));
  return openSample(name);
}

/** Titles of our lenses in a document, in their order. */
export async function lensTitles(document: vscode.TextDocument): Promise<string[]> {
  await activated();
  const lenses = await vscode.commands.executeCommand<vscode.CodeLens[]>(
    'vscode.executeCodeLensProvider',
    document.uri,
    100,
  );
  return lenses.flatMap(({ command }) => command?.title ?? []);
}

/** Text of the hovers at the first place of a word. */
export async function hoverAt(document: vscode.TextDocument, code: string): Promise<string> {
  await activated();
  const at = document.getText().indexOf(code);
  assert.ok(at >= 0, `${code} is not in the document`);
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    'vscode.executeHoverProvider',
    document.uri,
    document.positionAt(at),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map(content => (content instanceof vscode.MarkdownString ? content.value : ''))
    .join('\n');
}

/** Tries until it does not throw, for half a timeout of a test. */
export async function eventually(work: () => unknown, patience = 15_000): Promise<void> {
  const end = Date.now() + patience;
  for (;;) {
    try {
      await work();
      return;
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise(resolve => setTimeout(resolve, 50));
    }
  }
}

/** A small program in TensorFlow 1 on sequences of 5 × 3 with 4 classes; its sizes stand before the line `# model`. */
export function recurrentProgram(units = '8'): string {
  return `import tensorflow as tf
n_steps = 5
n_inputs = 3
n_neurons = ${units}
n_outputs = 4
# model
X = tf.placeholder(tf.float32, [None, n_steps, n_inputs])
y = tf.placeholder(tf.int32, [None])
cells = [tf.nn.rnn_cell.BasicLSTMCell(num_units=n_neurons) for layer in range(2)]
outputs, states = tf.nn.dynamic_rnn(tf.nn.rnn_cell.MultiRNNCell(cells), X, dtype=tf.float32)
logits = tf.layers.dense(outputs[:, -1], n_outputs)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.AdamOptimizer(learning_rate=0.01).minimize(loss)
`;
}
