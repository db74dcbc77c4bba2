import assert from 'node:assert/strict';
import { type Numbers, runReference, trainReference } from '../../../engine/backends/reference/reference.ts';
import { caseNames, errorOf, type Folder, readCase } from './cases.ts';

/** Every tensor that the framework computed must be there, in its shape and within 1e-5. @returns the largest error. */
function compare(found: ReadonlyMap<string, Numbers>, expected: ReadonlyMap<string, Numbers>): number {
  let worst = 0;
  for (const [name, { shape, values }] of expected) {
    const own = found.get(name);
    assert.ok(own, `${name} is missing among ${[...found.keys()].join(', ')}`);
    // TensorFlow, Keras and PyTorch dump the loss, a scalar, as one value.
    if (name !== 'loss') assert.deepEqual(own.shape, shape, `shape of ${name}`);
    const error = errorOf(own.values, values);
    assert.ok(error <= 1e-5, `${name}: error ${error}`);
    worst = Math.max(worst, error);
  }
  return worst;
}

const digits = (error: number): string => error.toExponential(1);

function provenBy(title: string, folder: Folder, count: number): void {
  describe(`The float64 reference computes what ${title} computed: values and gradients to 1e-5, losses to 1e-4`, () => {
    it(`knows all ${count} programs`, () => {
      assert.equal(caseNames(folder).length, count);
    });
    for (const name of caseNames(folder)) {
      it(name, function () {
        const { spec, given, values, gradients, losses } = readCase(folder, name);
        const run = runReference(spec, given);
        const ofValues = compare(run.values(), values);
        const ofGradients = compare(run.gradients(), gradients);
        // The programs with dropout drew other masks at every step and have no losses.
        const found = trainReference(spec, given, losses.length);
        const ofLosses = found.map((loss, step) => errorOf([loss], [losses[step]!]));
        ofLosses.forEach((error, step) => {
          assert.ok(error <= 1e-4, `loss before step ${step}: error ${error}`);
        });
        const errors = [ofValues, ofGradients, Math.max(0, ...ofLosses)].map(digits);
        this.test!.title += ` (values ${errors[0]}, gradients ${errors[1]}, losses ${errors[2]})`;
      });
    }
  });
}

provenBy('TensorFlow 1', 'tf1', 22);
provenBy('PyTorch', 'torch', 23);
provenBy('Keras 3', 'keras3', 25);
provenBy('Keras 2', 'keras2', 12);
