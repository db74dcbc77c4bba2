/** Holds an engine's training against that of the frameworks: optimizers, schedules, states that stay, windows. */
import assert from 'node:assert/strict';
import type { Backend, Network } from '../../../engine/backends/backend.ts';
import { feedProgram } from '../../../engine/inspection/namedInputs.ts';
import { readTraining, type Trained, TRAININGS } from '../reference/training.ts';

/** @param bound of the error of a loss, as it stands in the name of the tests: `1e-5` */
export function trainsAsToldBy(title: string, backend: Backend, bound: string): void {
  const open = ({ spec, given }: Trained): Network => {
    const network = backend.createNetwork(spec, { seed: 1, batchSize: 3 });
    network.setParameters(
      [...given.weights].map(([name, { shape, values }]) => ({ name, shape, values: Float32Array.from(values) })),
    );
    return network;
  };

  for (const { file } of TRAININGS) {
    const { cases } = readTraining(file);
    describe(`${title} trains as ${file} tells: losses of six epochs to ${bound}`, () => {
      for (const one of cases)
        it(one.name, () => {
          const losses = train(open(one), one, 0, one.losses.length);
          one.losses.forEach((expected, step) => { assert.ok(Math.abs(losses[step]! - expected) <= Number(bound) * Math.max(1, expected), `step ${step}: ${losses[step]}, expected ${expected}`); }); // prettier-ignore
        });
    });
  }

  describe(`${title}: states that stay`, () => {
    const stateful = readTraining('training-tf.json').cases[0]!;

    it('go on after weights, slots and states were put into another network, to the same bits', () => {
      const [one, other] = [open(stateful), open(stateful)];
      train(one, stateful, 0, 2);
      other.setParameters(one.getParameters());
      other.setOptimizerState(one.getOptimizerState());
      assert.deepEqual(train(other, stateful, 2, 5), train(one, stateful, 2, 5));
    });

    it('begin anew when they are reset, and are not touched by evaluations and traces', () => {
      const { batch } = feedProgram(stateful.spec, stateful.given);
      const [one, other] = [open(stateful), open(stateful)];
      for (const network of [one, other]) network.setLearningRate(1e-30);
      const first = one.trainStep(batch).loss;
      assert.equal(one.evaluate(batch).loss, first);
      one.trace(batch);
      one.inputGradients(batch);
      other.trainStep(batch);
      const second = one.trainStep(batch).loss;
      assert.equal(other.trainStep(batch).loss, second);
      assert.notEqual(second, first);
      one.resetStates();
      assert.equal(one.trainStep(batch).loss, first);
    });

    it('are refused for another number of rows', () => {
      const { batch } = feedProgram(stateful.spec, stateful.given);
      const network = open(stateful);
      network.trainStep(batch);
      const fewer = { ...batch, size: 2, inputs: batch.inputs.subarray(0, 40), targets: batch.targets!.subarray(0, 4) };
      assert.throws(() => network.trainStep(fewer), /Stateful layers hold the states of 3 rows, but the batch has 2/);
    });
  });

  describe(`${title}: the accuracy of a program that asks for the k best`, () => {
    it('counts rows whose class has fewer than k before it, as `in_top_k` does', () => {
      const { spec, given } = readTraining('training-torch.json').cases[2]!;
      const { batch } = feedProgram(spec, given);
      const correct = (topK: number) =>
        open({
          spec: { ...spec, training: { ...spec.training, metrics: [{ kind: 'accuracy', topK }] } },
          given,
          name: '',
          losses: [],
        }).evaluate(batch).correct;
      const { nodes } = open({ spec, given, name: '', losses: [] }).values(batch);
      const logits = [...nodes.get('fc')!.values];
      const ranks = [...batch.targets!].map((label, row) => {
        const own = logits.slice(3 * row, 3 * row + 3);
        return own.filter(one => one > own[label]!).length;
      });
      assert.deepEqual(
        [1, 2, 3].map(correct),
        [1, 2, 3].map(k => ranks.filter(rank => rank < k).length),
      );
      assert.ok(new Set([1, 2, 3].map(correct)).size > 1);
    });
  });

  describe(`${title}: truncated back-propagation`, () => {
    const windows = readTraining('training-torch.json').cases[0]!;

    it('looks at a whole sequence window by window, to the same loss as at once', () => {
      const { batch } = feedProgram(windows.spec, windows.given);
      const whole = { ...windows, spec: { ...windows.spec, training: { optimizer: { kind: 'sgd' as const } } } };
      assert.ok(Math.abs(open(windows).evaluate(batch).loss - open(whole).evaluate(batch).loss) < 1e-6);
    });
  });
}

/** Losses before the steps of some epochs on the one batch. */
function train(network: Network, { spec, given }: Trained, from: number, to: number): number[] {
  const { batch } = feedProgram(spec, given);
  return Array.from({ length: to - from }, (_, k) => {
    network.setEpoch(from + k);
    return network.trainStep(batch).loss;
  });
}
