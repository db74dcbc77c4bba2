import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import { fittingSources } from '../../../engine/data/sources.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { RunStore } from '../../../engine/runs/store.ts';
import { defaultSettings } from '../../../engine/runs/settings.ts';
import type { RunSettings } from '../../../engine/runs/format.ts';
import { type RunRequest, RunService } from '../../../extension/runs/runService.ts';
import type { RunState } from '../../../extension/runs/runState.ts';
import type { Studio } from '../../../extension/studio.ts';
import { activated, eventually, openSample, openText, recurrentProgram } from '../helpers.ts';

const tiny: RunSettings = { epochs: 2, batchSize: 50, learningRate: 0.01, seed: 1, examples: 500 };

function request(settings: Partial<RunSettings> = {}): RunRequest {
  const [model] = readSource(recurrentProgram(), 'python').models;
  assert.ok(model);
  const [data] = fittingSources(model.spec);
  assert.ok(data);
  return {
    ...{ spec: model.spec, settings: { ...tiny, ...settings }, data: { source: data.id }, modelKey: 'test' },
    source: { uri: 'untitled:test.py', hash: '0', line: 9 },
  };
}

/** For questions that must not come. */
const unasked = (): Promise<never> => Promise.reject(new Error('Nobody should be asked.'));

describe('training in VS Code', () => {
  let studio: Studio;
  let log: vscode.LogOutputChannel;
  before(async () => {
    log = vscode.window.createOutputChannel('Test', { log: true });
    studio = await (await activated()).studio();
  });
  /** Resolves when the run has ended and everything of it is written. */
  const ended = (run: RunState): Promise<void> =>
    new Promise(resolve => {
      const listening = studio.runs.onDidEnd(each => {
        if (each !== run) return;
        listening.dispose();
        resolve();
      });
    });
  after(() => {
    log.dispose();
  });
  afterEach(async () => {
    await studio.runs.stop();
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });

  it('runs in the worker to its end, with a point for every step and a line for every epoch', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    assert.equal(run.record.status, 'finished', run.head().reason);
    const loss = run.curves.since().find(({ id }) => id === 'loss');
    assert.equal(loss?.points.byteLength, 20 * 2 * 8);
    assert.equal(run.curves.lines.length, 2);
    assert.match(run.curves.lines[1] ?? '', /^Epoch 1 Train accuracy = [\d.]+ Test accuracy = [\d.]+$/);
  });

  it('says how to get TensorFlow where the setting asks for it and it is not installed, and goes back', async () => {
    const settings = vscode.workspace.getConfiguration('rnnExplorer');
    try {
      await settings.update('engine.backend', 'tensorflow', vscode.ConfigurationTarget.Global);
      const refused = await studio.runs.start(request());
      assert.ok(refused);
      await ended(refused);
      assert.equal(refused.record.status, 'failed');
      assert.match(refused.head().reason ?? '', /Install TensorFlow/);
    } finally {
      await settings.update('engine.backend', undefined, vscode.ConfigurationTarget.Global);
    }
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    assert.equal(run.record.status, 'finished', run.head().reason);
    assert.match(run.record.engine, /WebAssembly/);
  });

  it('is stored as it goes: another reader of the folder finds record, metrics and the last checkpoint', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    const stored = await new RunStore(studio.runsFolder).read(run.id);
    assert.equal(stored.record.status, 'finished');
    assert.deepEqual(stored.record.settings, tiny);
    assert.equal(stored.rows.filter(({ kind }) => kind === 'step').length, 20);
    assert.deepEqual(stored.checkpoint, { epoch: 2, step: 20 });
  });

  it('is there again for a service that starts anew, with its curves and its gates', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    const nobody = { askConflict: unasked, tellWaiting: unasked, tellChangedData: unasked, tellUnwritten: unasked };
    const anew = new RunService(studio.engine, new RunStore(studio.runsFolder), log, nobody);
    try {
      const again = await anew.find(run.id);
      assert.ok(again);
      assert.deepEqual(again.curves.since(), run.curves.since());
      assert.deepEqual(again.curves.lines, run.curves.lines);
      assert.ok(await anew.lastCheckpoint(again));
    } finally {
      anew.dispose();
    }
  });

  it('says that its source has changed once it has', async () => {
    const document = await openText('python', recurrentProgram());
    const [model] = await studio.finder.modelsOf(document);
    assert.ok(model);
    const source = { uri: document.uri.toString(), hash: model.hash, line: model.position.line };
    const run = await studio.runs.start({ ...request(), source });
    assert.ok(run);
    await ended(run);
    assert.equal(run.head().sourceChanged, false);
    const edit = new vscode.WorkspaceEdit();
    edit.insert(document.uri, new vscode.Position(4, 0), 'n_outputs = 5\n');
    await vscode.workspace.applyEdit(edit);
    await document.save();
    await eventually(() => {
      assert.equal(run.head().sourceChanged, true);
    });
  });

  it('is deleted with everything of it', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    await studio.runs.remove(run);
    assert.equal(await studio.runs.find(run.id), undefined);
    await assert.rejects(new RunStore(studio.runsFolder).read(run.id));
  });

  it('hands out gates, c and h of a sample when it has ended, and on seeded weights before', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    const { inspection } = studio;
    const signal = new AbortController().signal;
    inspection.show({ run });
    const trained = await inspection.trace({ sample: 0, layer: 1, order: 'index' }, signal);
    assert.deepEqual(
      trained.tensors.map(({ id }) => id),
      ['i', 'j', 'f', 'o', 'c', 'h'],
    );
    assert.equal(trained.step, 20);
    const { spec, data, source } = run.record;
    inspection.show({ model: { spec, data, source, settings: defaultSettings(spec) } });
    const seeded = await inspection.trace({ sample: 0, layer: 1, order: 'index' }, signal);
    assert.equal(seeded.step, 0);
    assert.notDeepEqual(new Float32Array(seeded.tensors[2]!.values), new Float32Array(trained.tensors[2]!.values));
  });

  it('proves that the last row of outputs is h of the top layer', async () => {
    const run = await studio.runs.start(request());
    assert.ok(run);
    await ended(run);
    studio.inspection.show({ run });
    const { proofs } = await studio.inspection.tensors({ sample: 3 }, new AbortController().signal);
    assert.ok(proofs.length > 0);
    for (const { left, right, maxDifference } of proofs) assert.equal(maxDifference, 0, `${left} and ${right}`);
  });

  it('pauses, resumes and stops', async () => {
    const run = await studio.runs.start(request({ epochs: 5000 }));
    assert.ok(run);
    await eventually(() => {
      assert.ok(run.progress && run.progress.step > 3);
    });
    await studio.runs.pause();
    assert.equal(run.record.status, 'paused');
    await studio.runs.resume();
    assert.equal(run.record.status, 'running');
    await studio.runs.stop();
    assert.equal(run.record.status, 'stopped');
    assert.equal(studio.runs.active, undefined);
  });

  it('goes on from the last checkpoint after the worker has died, and no request hangs', async () => {
    const run = await studio.runs.start(request({ epochs: 400 }));
    assert.ok(run);
    await eventually(() => {
      assert.ok((run.checkpoint?.epoch ?? 0) >= 1);
    });
    studio.inspection.show({ run });
    const asked = studio.inspection.trace({ sample: 0, layer: 0, order: 'index' }, new AbortController().signal);
    const failed = ended(run);
    await studio.engine.kill();
    await Promise.allSettled([asked]);
    await failed;
    assert.equal(run.record.status, 'failed');
    assert.equal(run.head().resumable, true);
    assert.notEqual(run.head().reason, undefined);
    const { step } = run.checkpoint!;
    await studio.runs.resumeFromCheckpoint(run);
    await eventually(() => {
      assert.ok(run.progress && run.progress.step > step);
    });
    await studio.runs.stop();
    assert.equal(run.record.status, 'stopped');
  });

  it('says why it ended when the loss diverges, and keeps the curve', async () => {
    const run = await studio.runs.start(request({ learningRate: 3e38, epochs: 50 }));
    assert.ok(run);
    await ended(run);
    assert.equal(run.record.status, 'diverged');
    assert.match(run.head().reason ?? '', /step \d+/);
    assert.ok(run.curves.since().some(({ id, points }) => id === 'loss' && points.byteLength > 0));
  });

  it('starts by the command from the file that is open, beside the code, and leaves the cursor there', async () => {
    const document = await openText('python', recurrentProgram());
    await studio.data.remember('test', request().data);
    const [model] = await studio.finder.modelsOf(document);
    assert.ok(model);
    await studio.data.remember(model.key, request().data);
    await vscode.commands.executeCommand('rnnExplorer.trainModel');
    const run = studio.runs.active;
    assert.ok(run);
    assert.equal(vscode.window.activeTextEditor?.document, document);
    await eventually(() => {
      const tabs = vscode.window.tabGroups.all.flatMap(({ tabs: each }) => each);
      assert.ok(
        tabs.some(
          ({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith('rnnExplorer.training'),
        ),
      );
    });
    await ended(run);
  });

  it('trains the file that was worked with last when a panel has the focus', async () => {
    const document = await openSample('mnist_lstm.py');
    await vscode.commands.executeCommand('workbench.action.closeSidebar');
    await vscode.commands.executeCommand('rnnExplorer.openTrainingPanel');
    const current = await studio.finder.currentDocument();
    assert.equal(current?.uri.toString(), document.uri.toString());
  });

  it('finds the note behind its Markdown preview', async () => {
    const document = await openText('markdown', `# Note\n\n\`\`\`python\n${recurrentProgram()}\`\`\`\n`);
    await vscode.commands.executeCommand('markdown.showPreview', document.uri);
    await eventually(async () => {
      assert.equal(vscode.window.activeTextEditor, undefined);
      assert.equal((await studio.finder.currentModels()).length, 1);
    });
  });
});
