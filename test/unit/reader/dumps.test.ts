import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelSpec, Size } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { caseNames, type Folder, readSpec } from '../reference/cases.ts';
import { essence } from './reading.ts';

// The expected specs are those with which the reference engine reproduces the framework's own numbers.
const FOLDERS: readonly Folder[] = ['tf1', 'keras2', 'keras3', 'torch'];

/**
 * PyTorch's programs do not say how many steps they are fed: that stays a symbol. And where they do not say which label
 * does not count, it is -100.
 */
function asWritten(spec: ModelSpec, folder: Folder): ModelSpec {
  if (folder !== 'torch') return spec;
  const { loss } = spec;
  const open = (axis: { name: string; size: Size }): { name: string; size: Size } =>
    axis.name === 'steps' ? { ...axis, size: 'steps' } : axis;
  return {
    ...spec,
    inputs: spec.inputs.map(input => ({ ...input, axes: input.axes.map(open) })),
    ...(loss?.kind === 'sparse_softmax_cross_entropy' && { loss: { ignoreLabel: -100, ...loss } }),
  };
}

for (const folder of FOLDERS) {
  describe(`reader on the programs that ran in ${folder}`, () => {
    for (const name of caseNames(folder)) {
      it(`reads ${name} as the model that gives the framework's numbers`, () => {
        const text = readFileSync(join(import.meta.dirname, '../../fixtures/dumps', folder, name, 'model.py'), 'utf8');
        const { models } = readSource(text, 'python');
        assert.deepEqual(
          models.map(({ open }) => open),
          [[]],
        );
        assert.deepEqual(essence(models[0]!.spec), essence(asWritten(readSpec(folder, name), folder)));
      });
    }
  });
}
