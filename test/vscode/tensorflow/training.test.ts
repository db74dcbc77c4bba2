import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import * as vscode from 'vscode';
import type { RunState } from '../../../extension/runs/runState.ts';
import type { Studio } from '../../../extension/studio.ts';
import { activated, openText } from '../helpers.ts';

const PROGRAM = 'from tensorflow import keras\n# rnn: data=delayed-recall epochs=1 batch_size=50\nmodel = keras.Sequential([keras.Input(shape=(12, 2)), keras.layers.LSTM(8), keras.layers.Dense(3)])\nmodel.compile("adam", loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True))\n'; // prettier-ignore

describe('TensorFlow in VS Code, by the setting', function () {
  this.timeout(120_000);
  let studio: Studio;
  before(async () => {
    studio = await (await activated()).studio();
    assert.equal(vscode.workspace.getConfiguration('rnnExplorer').get('engine.backend'), 'tensorflow');
  });

  const trained = async (): Promise<RunState> => {
    const end = new Promise<RunState>(resolve => {
      const listening = studio.runs.onDidEnd(run => {
        listening.dispose();
        resolve(run);
      });
    });
    await openText('python', PROGRAM);
    await studio.train(undefined);
    return end;
  };

  it('is said to be missing, with what to do', async () => {
    const run = await trained();
    assert.equal(run.record.status, 'failed');
    assert.match(run.head().reason ?? '', /TensorFlow is not installed\. Run "RNN Explorer: Install TensorFlow"/);
  });

  it('trains, learns, and hands out its gates once it is there', async () => {
    mkdirSync(dirname(studio.tensorflowFolder), { recursive: true });
    symlinkSync(process.env['RNN_EXPLORER_TENSORFLOW']!, studio.tensorflowFolder);
    const run = await trained();
    assert.equal(run.record.status, 'finished', run.head().reason);
    assert.match(run.record.engine, /^TensorFlow, /);
    assert.ok(run.curves.tested! > 0.6, String(run.curves.tested));
    const trace = await studio.inspection.trace({ sample: 0, layer: -1, order: 'index' }, new AbortController().signal);
    assert.ok(trace.tensors.length >= 6);
  });
});
