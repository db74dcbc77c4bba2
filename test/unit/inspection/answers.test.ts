import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { answeredSample, buffersOf, gateTrace, type Inspected } from '../../../engine/inspection/traces.ts';
import { Survey } from '../../../engine/inspection/survey.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { UNTRAINED } from '../../../engine/training/trainer.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { readTestSample } from '../../../engine/training/batches.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { loadNow } from '../data/loadNow.ts';
import { sequenceModel } from '../data/sequenceModel.ts';
import { lstmClassifier } from '../model/specs.ts';

function open(source: string, spec: ModelSpec): Inspected {
  const dataset = loadNow(source, spec, 3);
  const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 5, batchSize: 4 });
  return { spec, dataset, network, survey: new Survey(network, dataset), state: UNTRAINED };
}

describe('the decision of one logit, right or wrong', () => {
  const file = join(import.meta.dirname, '../../../extension/samples/reber_gru.py');
  const spec = readSource(readFileSync(file, 'utf8'), 'python').models[0]!.spec;

  it('has parts of the units that add up to it, for the answer that is given: units are in their order, not by index', () => {
    const model = open('embedded-reber', spec);
    for (const sample of [0, 1, 2, 3, 4, 5]) {
      const { contributions, order, probabilities } = gateTrace(model, { sample, layer: 0, order: 'decision' });
      const [logit] = model.network.trace(readTestSample(model.dataset, sample, spec)).logits;
      const sum = contributions!.reduce((total, part) => total + part); // biases start as zeros
      const sign = probabilities![1]! < 0.5 ? -1 : 1;
      assert.ok(Math.abs(sum - sign * logit!) < 1e-5, `${sum}, ${logit}`);
      const parts = order.map(unit => Math.abs(contributions![unit]!));
      assert.deepEqual(
        parts,
        parts.toSorted((a, b) => b - a),
      );
      assert.notEqual(parts[0], 0);
    }
  });
});

describe('what is asked for a sample and what the network gives', () => {
  it('are values at every step, in the order of the steps', () => {
    const model = open('time-series', sequenceModel({ steps: 20, features: 1, width: 1 }));
    const read = answeredSample(model, { sample: 7 });
    const { answer, values, label } = read.sample;
    assert.deepEqual([answer?.of, answer?.everyStep, answer?.width, label], ['values', true, 1, undefined]);
    const [wanted, given] = [new Float32Array(answer!.wanted), new Float32Array(answer!.given)];
    // The window one step ahead.
    assert.deepEqual(wanted.slice(0, 19), new Float32Array(values).slice(1));
    assert.deepEqual(given, model.network.trace(readTestSample(model.dataset, 7, model.spec)).logits);
    assert.deepEqual(buffersOf(read), [values, answer!.wanted, answer!.given]);
  });

  it('are one value after the last step', () => {
    const model = open('adding-problem', sequenceModel({ steps: 10, features: 2, width: 1, everyStep: false }));
    const { answer, values } = answeredSample(model, { sample: 2 }).sample;
    assert.deepEqual([answer?.everyStep, new Float32Array(answer!.given).length], [false, 1]);
    const numbers = new Float32Array(values);
    const sum = numbers.reduce((total, value, k) => (k % 2 === 1 && value === 1 ? total + numbers[k - 1]! : total), 0);
    assert.equal(new Float32Array(answer!.wanted)[0], Math.fround(sum));
  });

  it('are labels at every step, the likeliest for what is given', () => {
    const spec = sequenceModel({ steps: 40, features: 10, width: 9, loss: 'sparse_softmax_cross_entropy' });
    const model = open('copy-memory', spec);
    const { answer } = answeredSample(model, { sample: 0 }).sample;
    const { logits } = model.network.trace(readTestSample(model.dataset, 0, model.spec));
    const likeliest = Array.from({ length: 40 }, (_, step) => {
      const row = logits.subarray(step * 9, (step + 1) * 9);
      return row.indexOf(Math.max(...row));
    });
    assert.deepEqual([answer?.of, ...new Float32Array(answer!.given)], ['labels', ...likeliest]);
    assert.deepEqual([...new Float32Array(answer!.wanted)].slice(0, 30), new Array<number>(30).fill(8));
  });

  it('is nothing beside the label where a sequence has one class', () => {
    const model = open('delayed-recall', lstmClassifier({ steps: 12, features: 3, units: [4], classes: 3 }));
    const { sample, probabilities } = answeredSample(model, { sample: 1 });
    assert.deepEqual([sample.answer, typeof sample.label, probabilities?.length], [undefined, 'number', 3]);
  });

  it('keeps the names of the columns', () => {
    const model = open('adding-problem', sequenceModel({ steps: 10, features: 2, width: 1, everyStep: false }));
    assert.deepEqual(answeredSample(model, { sample: 0 }).sample.featureNames, ['value', 'mark']);
  });
});
