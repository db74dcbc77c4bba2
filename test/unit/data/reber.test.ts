import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { embeddedReber, reberString } from '../../../engine/data/reber.ts';
import { sourceFor } from '../../../engine/data/sources.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { BatchReader, readTestSample, rowsBetween } from '../../../engine/training/batches.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { lstmClassifier } from '../model/specs.ts';
import { loadNow } from './loadNow.ts';

const SAMPLE = readFileSync(join(import.meta.dirname, '../../../extension/samples/reber_gru.py'), 'utf8');
const [model] = readSource(SAMPLE, 'python').models;
const spec: ModelSpec = model!.spec;
const load = (seed: number) => loadNow('embedded-reber', spec, seed);

/** The grammar once more, as an expression. After T S* X come S and the end, or X and the tail; after P the tail. */
const TAIL = 'T*V(?:PXT*V)*(?:V|PS)';
const INNER = `B(?:TS*X(?:S|X${TAIL})|P${TAIL})E`;

const EMBEDDED = new RegExp(`^B(?:T${INNER}T|P${INNER}P)E$`);

describe('strings of the embedded Reber grammar', () => {
  it('are right at even rows, by the grammar written as a regular expression, and differ from a right one by one letter at odd rows', () => {
    let stillRight = 0;
    for (let row = 0; row < 5_000; row++) {
      const { text, right } = reberString(1, 'train', row);
      assert.equal(right, row % 2 === 0);
      if (right) assert.match(text, EMBEDDED);
      else if (EMBEDDED.test(text)) stillRight++;
      if (!right)
        assert.ok(
          EMBEDDED.test(text) ||
            Array.from(text).some((_, place) =>
              Array.from('BEPSTVX').some(letter =>
                EMBEDDED.test(text.slice(0, place) + letter + text.slice(place + 1)),
              ),
            ),
        );
    }
    assert.ok(stillRight < 25, `${stillRight} of 2,500 are right all the same`);
  });

  it('are the same on every machine: the first of seed 1', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map(row => reberString(1, 'train', row).text),
      ['BTBPTVPSETE', 'BTBVSXSETE', 'BTBPTVVETE', 'BTBPTTTTTTVETE'],
    );
    assert.notEqual(reberString(2, 'train', 0).text, reberString(1, 'train', 0).text);
  });

  it('reach the network as one-hot letters with their lengths, zeros after the end', () => {
    const dataset = load(1);
    assert.deepEqual([dataset.train.count, dataset.validation.count, dataset.test.count], [10_000, 5_000, 5_000]);
    const { inputs, lengths, targets } = new BatchReader(dataset, dataset.test, 2).read([7, 0]);
    assert.deepEqual(Array.from(targets!), [0, 1]);
    [7, 0].forEach((row, n) => {
      const { text } = reberString(1, 'test', row);
      assert.equal(lengths![n], text.length);
      const letters = Array.from({ length: dataset.steps }, (_, step) => {
        const from = (n * dataset.steps + step) * 7;
        const place = inputs.subarray(from, from + 7).indexOf(1);
        assert.equal(
          inputs.subarray(from, from + 7).reduce((sum, value) => sum + value, 0),
          place < 0 ? 0 : 1,
        );
        return place < 0 ? '' : dataset.tokenNames![place]!;
      });
      assert.equal(letters.join(''), text);
      const one = readTestSample(dataset, row, spec);
      assert.deepEqual([one.steps, one.inputs.length], [text.length, text.length * 7]);
    });
  });

  it('are counted as told right by the sign of the logit, the same padded in a batch and by themselves', () => {
    const dataset = load(1);
    const network = createWasmBackend(KERNEL_BYTES).createNetwork(spec, { seed: 1, batchSize: 50 });
    network.setLearningRate(0.02);
    const training = new BatchReader(dataset, dataset.train, 50);
    for (let step = 0; step < 20; step++) network.trainStep(training.read(rowsBetween(step * 50, step * 50 + 50)));
    const { correct } = network.evaluate(new BatchReader(dataset, dataset.test, 50).read(rowsBetween(0, 50)));
    const alone = Array.from(rowsBetween(0, 50)).filter(
      row => network.trace(readTestSample(dataset, row, spec)).logits[0]! > 0 === (row % 2 === 0),
    );
    assert.equal(correct, alone.length);
    assert.ok(correct > 0 && correct < 50);
    network.dispose();
  });

  it('fit the sample, and no model without lengths', () => {
    assert.equal(embeddedReber.fits(spec), true);
    assert.equal(sourceFor(spec), embeddedReber);
    assert.equal(typeof embeddedReber.fits(lstmClassifier()), 'object');
    const withoutLengths = { ...spec, inputs: spec.inputs.filter(({ role }) => role !== 'lengths') };
    assert.equal(typeof embeddedReber.fits(withoutLengths), 'object');
  });
});
