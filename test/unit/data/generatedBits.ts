/** What generated data is, to the bit; runs in Node and in a browser. */
import { addingProblem } from '../../../engine/data/addingProblem.ts';
import { copyMemory } from '../../../engine/data/copyMemory.ts';
import { delayedRecall } from '../../../engine/data/generated.ts';
import { embeddedReber } from '../../../engine/data/reber.ts';
import type { DataSource } from '../../../engine/data/source.ts';
import { timeSeries } from '../../../engine/data/timeSeries.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { BatchReader, rowsBetween } from '../../../engine/training/batches.ts';
import { hash } from '../backends/trainedBits.ts';
import { lstmClassifier } from '../model/specs.ts';
import { sequenceModel } from './sequenceModel.ts';

const CASES: readonly (readonly [DataSource, ModelSpec])[] = [
  [timeSeries, sequenceModel({ steps: 20, features: 1, width: 1 })],
  [addingProblem, sequenceModel({ steps: 50, features: 2, width: 1, everyStep: false })],
  [copyMemory, sequenceModel({ steps: 40, features: 10, width: 9, loss: 'sparse_softmax_cross_entropy' })],
  [embeddedReber, lstmClassifier()],
  [delayedRecall, lstmClassifier({ steps: 12, features: 3, classes: 3 })],
];

/** A hash of all bits of 500 rows of each split of each source, inputs and targets. */
export function generatedBits(): Record<string, string> {
  return Object.fromEntries(
    CASES.map(([source, spec]) => {
      const dataset = source.load({ source: source.id, seed: 7 }, spec, { directory: '' });
      if (dataset instanceof Promise) throw new TypeError(`${source.id} is not made up on the spot`);
      const batches = [dataset.train, dataset.validation, dataset.test].map(split =>
        new BatchReader(dataset, split, 500).read(rowsBetween(0, 500)),
      );
      return [source.id, hash(batches.flatMap(({ inputs, targets }) => [inputs, targets!]))];
    }),
  );
}
