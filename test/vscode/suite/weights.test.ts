import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as vscode from 'vscode';
import { readSafetensors, writeSafetensors } from '../../../engine/formats/safetensors.ts';
import type { ModelArgument } from '../../../extension/commands/commandIds.ts';
import type { Studio } from '../../../extension/studio.ts';
import { activated, openText, recurrentProgram } from '../helpers.ts';

describe('weights of files in VS Code', () => {
  let studio: Studio;
  let folder: string;
  let argument: ModelArgument;
  const data = { source: 'delayed-recall' };
  before(async () => {
    studio = await (await activated()).studio();
    folder = mkdtempSync(join(tmpdir(), 'rnn-weights-'));
    const document = await openText('python', recurrentProgram());
    const [model] = await studio.finder.currentModels();
    assert.ok(model);
    await studio.data.remember(model.key, data);
    argument = { uri: document.uri.toString(), key: model.key };
  });
  after(async () => {
    rmSync(folder, { recursive: true, force: true });
    await vscode.commands.executeCommand('workbench.action.closeAllEditors');
  });
  const trace = () => studio.inspection.trace({ sample: 0, layer: -1, order: 'index' }, new AbortController().signal);
  const numbers = (one: Awaited<ReturnType<typeof trace>>) => one.tensors.map(({ values }) => [...new Float32Array(values)]); // prettier-ignore

  it('are exported from a run by their names, and give the same gates when they are loaded again', async () => {
    const [model] = await studio.finder.currentModels();
    assert.ok(model);
    const ended = new Promise(resolve => {
      const listening = studio.runs.onDidEnd(run => {
        listening.dispose();
        resolve(run);
      });
    });
    await studio.runs.start({
      spec: model.reading.spec,
      settings: { epochs: 1, batchSize: 50, learningRate: 0.01, seed: 1, examples: 500 },
      data,
      source: { uri: argument.uri, hash: model.hash, line: model.position.line },
      modelKey: model.key,
    });
    await ended;
    const trained = numbers(await trace());
    const file = join(folder, 'weights.safetensors');
    await studio.exportWeights(vscode.Uri.file(file));
    const { tensors } = readSafetensors(readFileSync(file), file);
    assert.ok([...tensors.keys()].every(name => !name.includes('Adam') && name !== 'step'));

    await studio.loadWeights(argument, file);
    assert.equal(studio.inspection.subject()?.weights, 'weights.safetensors');
    assert.equal(studio.inspection.subject()?.run, undefined);
    assert.deepEqual(numbers(await trace()), trained);
  });

  it('that do not fit change nothing', async () => {
    const before = studio.inspection.subject();
    const file = join(folder, 'other.safetensors');
    writeFileSync(file, new Uint8Array(writeSafetensors([{ name: 'other', shape: [1], values: new Float32Array(1) }])));
    await studio.loadWeights(argument, file);
    assert.deepEqual(studio.inspection.subject(), before);
  });
});
