import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { FileChoices } from '../../../engine/data/fileData.ts';
import type { RunState } from '../../../extension/runs/runState.ts';
import type { Studio } from '../../../extension/studio.ts';
import { activated, eventually, lensTitles, openSample, openText } from '../helpers.ts';

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

  /** A character model in PyTorch that takes the size of its vocabulary from its text. */
  const characters = (text: string): string => `import torch
import torch.nn as nn
chars = sorted(set(open('${text}').read()))
vocab_size = len(chars)
class CharRNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(vocab_size, 4)
        self.rnn = nn.GRU(4, 8, batch_first=True)
        self.fc = nn.Linear(8, vocab_size)
    def forward(self, x):
        return self.fc(self.rnn(self.emb(x))[0])
model = CharRNN()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(model.parameters())
for epoch in range(1):
    loss = criterion(model(x).transpose(1, 2), y)
    loss.backward()
    optimizer.step()
`;

  it('gives the sizes that the code takes from it: the lens names them, the run has them', async () => {
    const path = await write('song.txt', 'to be or not to be, '.repeat(80));
    const document = await openText('python', characters('song.txt'));
    assert.ok((await lensTitles(document)).includes('size of the data: vocab_size'));
    await bind(document, path);
    const run = await trained();
    assert.equal(run.record.status, 'finished', run.head().reason);
    const sizes = run.record.spec.nodes.flatMap(node => (node.op === 'embedding' ? node.vocabulary : node.op === 'dense' ? node.units : [])); // prettier-ignore
    assert.deepEqual(sizes, [8, 8]);
    const trace = await studio.inspection.trace({ sample: 0, layer: -1, order: 'index' }, new AbortController().signal);
    assert.equal(trace.sample.kind, 'tokens');
  });

  it('tells those sizes before the run; what only the person knows is asked for once, remembered, and on the lens', async () => {
    const path = await write('tune.txt', 'to be or not to be, '.repeat(80));
    const code = characters('tune.txt').replace('import torch\n', 'import sys\nimport torch\nhidden_size = int(sys.argv[1])\n').replace('GRU(4, 8', 'GRU(4, hidden_size').replace('Linear(8', 'Linear(hidden_size');
    const document = await openText('python', code);
    assert.ok((await lensTitles(document)).includes('size to be given: hidden_size'));
    const [model] = await studio.finder.modelsOf(document);
    await studio.sizes.remember(model!.key, { hidden_size: 6 });
    assert.ok((await lensTitles(document)).includes('hidden_size = 6'));
    await bind(document, path);
    const { spec } = studio.sizes.known(model!).reading;
    const told = await studio.engine.request('sizes', { model: 'tune', spec, data: studio.data.known(model!)! });
    assert.deepEqual(told, [['vocab_size', 8]]);
    const run = await trained();
    assert.equal(run.record.status, 'finished', run.head().reason);
    const sizes = run.record.spec.nodes.flatMap(node => (node.op === 'recurrent' ? node.cells[0]!.units : node.op === 'dense' ? node.units : []));
    assert.deepEqual(sizes, [6, 8]);
  }); // prettier-ignore

  it('drawn from another seed is remembered for the model, and from that of its comment when the field is empty', async () => {
    const document = await openText('python', 'from tensorflow import keras\n# rnn: data=delayed-recall seed=5\nmodel = keras.Sequential([keras.Input(shape=(12, 2)), keras.layers.LSTM(8), keras.layers.Dense(3)])\nmodel.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n');
    const [model] = await studio.finder.modelsOf(document);
    const known = (): unknown => studio.data.known(model!);
    assert.deepEqual(known(), { source: 'delayed-recall', seed: 5 });
    await studio.data.drawnFrom(9, studio.data.known(model!)!, model!);
    assert.deepEqual(known(), { source: 'delayed-recall', seed: 9 });
    await studio.data.drawnFrom(null, studio.data.known(model!)!, model!);
    assert.deepEqual(known(), { source: 'delayed-recall', seed: 5 });
  }); // prettier-ignore

  it('that takes long to read is given up when the run is stopped', async () => {
    const path = await write('long.csv', `wave\n${'0.125\n0.25\n'.repeat(1_500_000)}`);
    const document = await openText('python', 'from tensorflow import keras\nmodel = keras.Sequential([keras.Input(shape=(12, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])\nmodel.compile("adam", loss="mse")\n'); // prettier-ignore
    await bind(document, path);
    const end = trained();
    await eventually(() => {
      assert.ok((studio.runs.active?.loading ?? 0) > 0);
    });
    await studio.runs.stop();
    const run = await end;
    assert.equal(run.record.status, 'stopped', run.head().reason);
    assert.equal(run.opened, undefined);
    await vscode.workspace.fs.delete(vscode.Uri.file(path));
  });

  const dataPages = (): string[] => vscode.window.tabGroups.all.flatMap(({ tabs }) => tabs.flatMap(({ input, label }) => (input instanceof vscode.TabInputWebview && input.viewType.includes('rnnExplorer.data') ? label : []))); // prettier-ignore
  /** Presses Train, waits for the page that shows a file, and closes it: turning away. */
  const shown = async (): Promise<string[]> => {
    const training = studio.train(undefined);
    await eventually(() => {
      assert.ok(dataPages().length > 0);
    });
    const labels = dataPages();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
    await training;
    return labels;
  };

  it('that a fence of a note loads is shown before the model of the note is trained', async () => {
    await write('verse.txt', 'to be or not to be, '.repeat(80));
    await openText('markdown', `# Letters\n\n\`\`\`python\n${characters('verse.txt')}\`\`\`\n`);
    assert.match((await shown()).join(), /verse\.txt/);
  });

  it('that a comment in a notebook names is shown before its model is trained', async () => {
    await write('tide.csv', `level\n${'1\n2\n'.repeat(200)}`);
    const cell = (source: string) => ({ cell_type: 'code', source, metadata: {}, outputs: [], execution_count: null });
    const cells = [
      cell('from tensorflow import keras\n# rnn: data=tide.csv epochs=1'),
      cell('# rnn: data=tide.csv\nmodel = keras.Sequential([keras.Input(shape=(12, 1)), keras.layers.LSTM(8), keras.layers.Dense(1)])\nmodel.compile("adam", loss="mse")'),
    ];
    const path = await write('tide.ipynb', JSON.stringify({ cells, metadata: { language_info: { name: 'python' } }, nbformat: 4, nbformat_minor: 5 }));
    await vscode.window.showNotebookDocument(await vscode.workspace.openNotebookDocument(vscode.Uri.file(path)));
    assert.match((await shown()).join(), /tide\.csv/);
  }); // prettier-ignore

  it('that the comment of a sample names, with all that is fed of it, is trained on without a question', async () => {
    await openSample('sensor_forecast.py');
    const end = trained();
    await eventually(() => {
      assert.ok(studio.runs.active !== undefined);
    });
    assert.deepEqual(dataPages(), []);
    await studio.runs.stop();
    const { record } = await end;
    assert.match(record.data.file?.path ?? '', /sensor_readings\.csv$/);
  });
});
