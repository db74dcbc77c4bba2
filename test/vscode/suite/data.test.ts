import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { FileChoices } from '../../../engine/data/fileData.ts';
import type { RunState } from '../../../extension/runs/runState.ts';
import type { Studio } from '../../../extension/studio.ts';
import { activated, openSample, openText } from '../helpers.ts';

describe("a person's own file in VS Code", () => {
  let studio: Studio;
  let folder: vscode.Uri;
  before(async () => {
    studio = await (await activated()).studio();
    folder = vscode.workspace.workspaceFolders![0]!.uri;
  });
  afterEach(async () => {
    await studio.runs.stop();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  const write = async (name: string, content: string): Promise<string> => {
    const uri = vscode.Uri.joinPath(folder, name);
    await vscode.workspace.fs.writeFile(uri, Buffer.from(content));
    return uri.fsPath;
  };
  /** What the data page does: looks at the file, and remembers the choice for the model. */
  const bind = async (document: vscode.TextDocument, path: string, choices: FileChoices = {}): Promise<void> => {
    const [model] = await studio.finder.modelsOf(document);
    assert.ok(model);
    const { file, problem } = await studio.engine.request('preview', { path, spec: model.reading.spec, choices });
    assert.ok(file, JSON.stringify(problem));
    await studio.data.remember(model.key, { source: 'own-file', file });
  };
  /** Trains the model of the document to its end. */
  const trained = async (): Promise<RunState> => {
    const end = new Promise<RunState>(resolve => {
      const listening = studio.runs.onDidEnd(run => {
        listening.dispose();
        resolve(run);
      });
    });
    await studio.train(undefined);
    return end;
  };

  it('a table: a few steps, kept with the run', async () => {
    const path = await write('waves.csv', `time,wave\n${Array.from({ length: 400 }, (_, n) => `${n},${Math.sin(n / 8).toFixed(4)}`).join('\n')}`); // prettier-ignore
    const document = await openText('python', 'from tensorflow import keras\n# rnn: epochs=2 batch_size=32\nmodel = keras.Sequential([keras.Input(shape=(12, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])\nmodel.compile("adam", loss="mse")\n'); // prettier-ignore
    await bind(document, path);
    const run = await trained();
    assert.equal(run.record.status, 'finished', run.head().reason);
    assert.equal(run.curves.lines.length, 2);
    assert.deepEqual(run.record.data.file?.arrangement, { kind: 'windows', inputs: ['wave'], targets: ['wave'], window: 12, horizon: 1, stride: 1, scaling: 'standardise' }); // prettier-ignore
    assert.equal(run.record.data.file.path, path);
  });

  it('a text: characters, with their names for the inspectors', async () => {
    const path = await write('rhyme.txt', 'one for the money, two for the show\n'.repeat(20));
    const document = await openText('python', 'from tensorflow import keras\n# rnn: epochs=1 batch_size=16\nmodel = keras.Sequential([keras.Input(shape=(16,)), keras.layers.Embedding(32, 4), keras.layers.GRU(8, return_sequences=True), keras.layers.Dense(32)])\nmodel.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n'); // prettier-ignore
    await bind(document, path);
    const run = await trained();
    assert.equal(run.record.status, 'finished', run.head().reason);
    const trace = await studio.inspection.trace({ sample: 0, layer: -1, order: 'index' }, new AbortController().signal);
    assert.deepEqual([trace.sample.kind, trace.sample.steps, trace.sample.features], ['tokens', 16, 1]);
    assert.ok(trace.sample.tokenNames?.includes('m') && trace.sample.tokenNames.includes('↵'));
  });

  it('that vanished, or is damaged, ends the run before it begins, with the path and the line', async () => {
    const path = await write('gone.csv', `wave\n${'1\n2\n'.repeat(100)}`);
    const document = await openText('python', 'from tensorflow import keras\nmodel = keras.Sequential([keras.Input(shape=(12, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])\nmodel.compile("adam", loss="mse")\n'); // prettier-ignore
    await bind(document, path);
    await write('gone.csv', `wave\n${'1\n2\n'.repeat(1000)}x\n`);
    assert.match((await trained()).head().reason ?? '', /gone\.csv, line 2002, column "wave": expected a number, found "x"/);
    await vscode.workspace.fs.delete(vscode.Uri.file(path));
    const run = await trained();
    assert.equal(run.record.status, 'failed');
    assert.match(run.head().reason ?? '', /Data file not found: .*gone\.csv/);
    assert.equal(run.opened, undefined);
  }); // prettier-ignore

  it('that the comment of a sample names is shown before it is trained on', async () => {
    await openSample('sensor_forecast.py');
    const training = studio.train(undefined);
    const page = (): boolean => vscode.window.tabGroups.all.some(({ tabs }) => tabs.some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.includes('rnnExplorer.data'))); // prettier-ignore
    const end = Date.now() + 15_000;
    while (!page() && Date.now() < end) await new Promise(resolve => setTimeout(resolve, 50));
    assert.ok(page());
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await training; // closing the page is turning away
    assert.equal(studio.runs.active, undefined);
  });
});
