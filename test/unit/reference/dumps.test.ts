import assert from 'node:assert/strict';
import { runReference, trainReference } from '../../../engine/backends/reference/reference.ts';
import { caseNames, compare, errorOf, type Folder, readCase } from './cases.ts';

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
        const ofValues = compare(run.values(), values, 1e-5);
        const ofGradients = compare(run.gradients(), gradients, 1e-5);
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
