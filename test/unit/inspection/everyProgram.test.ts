import assert from 'node:assert/strict';
import type { Dataset, Split } from '../../../engine/data/source.ts';
import { feedProgram } from '../../../engine/inspection/namedInputs.ts';
import { Survey } from '../../../engine/inspection/survey.ts';
import { gateTrace, type Inspected, tensorTrace } from '../../../engine/inspection/traces.ts';
import { CELLS } from '../../../engine/cells/table.ts';
import { UNTRAINED } from '../../../engine/training/trainer.ts';
import { DUMP_FOLDERS, readDump } from '../programs/dumps.ts';
import { FURTHER, OPEN, readProgram } from '../programs/further.ts';
import { open, type Program } from '../programs/prove.ts';
import { caseNames } from '../reference/cases.ts';

/** What a program was fed as a data set; null where it takes more than a data set holds, such as first states. */
function inspected(program: Program): Inspected | null {
  const { spec, network, fed } = open(program);
  if (spec.inputs.some(({ role }) => role === 'state' || role === 'mask')) return null;
  if (spec.inputs.filter(({ role }) => role === 'sequence').length > 1) return null;
  const { size, steps, inputs, lengths } = feedProgram(spec, fed).batch;
  const features = inputs.length / size / steps;
  const split: Split = {
    count: size,
    readInputs: (rows, into) => {
      const width = steps * features;
      Array.from(rows).forEach((row, at) => {
        into.set(inputs.subarray(row * width, (row + 1) * width), at * width);
      });
    },
    readTargets: () => undefined,
    ...(lengths && {
      readLengths: (rows, into) => {
        into.set(Array.from(rows, row => lengths[row]!));
      },
    }),
  };
  const shape = { kind: 'vectors', steps, features, targetAxes: [], classes: undefined } as const;
  const dataset: Dataset = { ...shape, train: split, validation: split, test: split };
  return { spec, dataset, network, survey: new Survey(network, dataset), state: UNTRAINED };
}

/** Every layer gate by gate, and all tensors, as pages ask for them. */
function inspect(model: Inspected): void {
  const { layers } = gateTrace(model, { sample: 1, layer: -1, order: 'similarity' });
  assert.ok(layers.length > 0);
  const { sample, tensors: all, states, proofs } = tensorTrace(model, { sample: 1 });
  assert.ok(all.length > layers.length && states.length >= layers.length);
  // Past the end of a row, and in Keras at a masked last step of both directions, outputs are 0 and the state stays.
  const ends = new Int32Array([sample.steps]);
  model.dataset.test.readLengths?.([1], ends);
  if (ends[0] === sample.steps && !model.spec.nodes.some(({ op }) => op === 'masking'))
    for (const { left, right, maxDifference } of proofs) assert.equal(maxDifference, 0, `${left} is ${right}`);
  for (const { index, cell, units } of layers) {
    const { tensors } = gateTrace(model, { sample: 1, layer: index, order: 'decision' });
    for (const { id } of CELLS[cell].tensors) {
      const tile = tensors.find(one => one.id === id);
      // A projection makes h narrower than the gates: then it stands in the tensor inspector only.
      if (!tile)
        assert.ok(id === 'h' && states.some(({ title, columns }) => title.endsWith('h') && columns.count < units), id);
      else assert.ok(new Float32Array(tile.values).every(Number.isFinite), id);
    }
  }
}

/** A test that is passed over where the program takes more than a data set holds. */
const shows = (program: () => Program): Mocha.Func =>
  function () {
    const model = inspected(program());
    if (model === null) this.skip();
    else inspect(model);
  };

describe('the inspectors show every gate and state of every layer of', () => {
  for (const folder of DUMP_FOLDERS)
    for (const name of caseNames(folder))
      it(
        `${folder}/${name}`,
        shows(() => readDump(folder, name)),
      );
  for (const { folder, names } of FURTHER)
    for (const name of names.filter(one => OPEN[`${folder}/${one}`] === undefined))
      it(
        `${folder}/${name}.py`,
        shows(() => readProgram(folder, name)),
      );
});
