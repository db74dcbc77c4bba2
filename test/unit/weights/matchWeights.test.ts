import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EngineError } from '../../../engine/errors.ts';
import type { StoredTensor } from '../../../engine/formats/safetensors.ts';
import { matchWeights } from '../../../engine/weights/matchWeights.ts';
import { readWeightFile } from '../../../engine/weights/weightFile.ts';
import { readCase } from '../reference/cases.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');
const { spec } = readCase('tf1', 'lstm_peephole');
const file = join(FIXTURES, 'dumps/tf1/lstm_peephole/weights.safetensors');

type Tensors = Map<string, StoredTensor>;
const renamed = (tensors: ReadonlyMap<string, StoredTensor>, to: (name: string) => string): Tensors =>
  new Map([...tensors.values()].map(one => [to(one.name), { ...one, name: to(one.name) }]));

describe('weights of a file held against a model', () => {
  let stored: ReadonlyMap<string, StoredTensor>;
  let kernel: string;
  before(async () => {
    stored = await readWeightFile(file);
    kernel = [...stored.keys()].find(name => name.endsWith('lstm_cell/kernel'))!;
  });
  const changed = (change: (tensors: Tensors) => void) => {
    const tensors = new Map(stored);
    change(tensors);
    return matchWeights(spec, tensors);
  };

  it('all fit by the names of the framework', () => {
    const { rows, weights } = matchWeights(spec, stored);
    assert.ok(rows.every(({ verdict, from }) => verdict === 'fits' && from === undefined));
    assert.deepEqual([...weights!.find(({ name }) => name === kernel)!.values], [...(stored.get(kernel)!.values as Float32Array)]); // prettier-ignore
  });

  it('fit from an npz that numpy wrote, to the same bits', async () => {
    const npz = await readWeightFile(join(FIXTURES, 'data/lstm_weights.npz'));
    assert.deepEqual(matchWeights(spec, npz).weights, matchWeights(spec, stored).weights);
  });

  for (const [title, to] of [
    ["TensorFlow's :0", (name: string) => `${name}:0`],
    ["a scope around them, PyTorch's DataParallel", (name: string) => `module.${name}`],
    ['a scope around them', (name: string) => `model/${name}`],
    ['a scope less', (name: string) => name.split('/').slice(1).join('/')],
  ] as const)
    it(`fit with ${title}, and say the file's name`, () => {
      const { rows, weights } = matchWeights(spec, renamed(stored, to));
      assert.ok(weights);
      assert.ok(rows.every(({ name, from, verdict }) => verdict === 'fits' && from === to(name)));
    });

  it('say which is missing, first of all rows, and load nothing', () => {
    const { rows, weights } = changed(tensors => tensors.delete(kernel));
    assert.equal(weights, undefined);
    assert.deepEqual([rows[0]!.name, rows[0]!.verdict, rows[0]!.found], [kernel, 'missing', undefined]);
  });

  it('say both shapes of one that has another', () => {
    const { rows, weights } = changed(tensors =>
      tensors.set(kernel, { name: kernel, shape: [2, 2], values: new Float32Array(4) }),
    );
    assert.equal(weights, undefined);
    assert.equal(rows[0]!.verdict, 'refused');
    assert.equal(rows[0]!.found, '[2, 2]');
    assert.match(rows[0]!.reason!.text, /must be/);
  });

  it('refuse a value that is not finite, and whole numbers', () => {
    const { shape, values } = stored.get(kernel)!;
    const bad = Float32Array.from(values as Float32Array);
    bad[3] = NaN;
    assert.match(changed(tensors => tensors.set(kernel, { name: kernel, shape, values: bad })).rows[0]!.reason!.text, /finite/); // prettier-ignore
    const whole = new Int32Array(values.length);
    assert.match(changed(tensors => tensors.set(kernel, { name: kernel, shape, values: whole })).rows[0]!.reason!.text, /floating-point/); // prettier-ignore
  });

  it('leave what belongs to the optimizer, and what the model does not have, and say so', () => {
    const { rows, weights } = changed(tensors => {
      for (const name of [`${kernel}/Adam`, 'step', 'encoder/kernel']) tensors.set(name, { name, shape: [1], values: new Float32Array(1) }); // prettier-ignore
    });
    assert.ok(weights);
    const surplus = rows.filter(({ verdict }) => verdict === 'surplus').map(({ name, reason }) => [name, /optimizer/.test(reason!.text)]); // prettier-ignore
    assert.deepEqual(surplus, [[`${kernel}/Adam`, true], ['step', true], ['encoder/kernel', false]]); // prettier-ignore
  });

  it('name a file that is missing, or damaged', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rnn-weights-'));
    try {
      const damaged = join(folder, 'w.safetensors');
      writeFileSync(damaged, new Uint8Array([255, 255, 255, 255, 255, 255, 255, 127, 1, 2, 3]));
      const fails = (code: string, path: string) => (error: unknown): boolean => error instanceof EngineError && error.code === code && error.message.includes(path); // prettier-ignore
      await assert.rejects(readWeightFile(damaged), fails('damaged-file', damaged));
      writeFileSync(damaged, 'PK but no archive');
      await assert.rejects(readWeightFile(damaged), fails('damaged-file', damaged));
      await assert.rejects(readWeightFile(join(folder, 'none')), fails('missing-file', 'none'));
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
