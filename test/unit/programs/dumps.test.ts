import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from '../../../engine/backends/backend.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { readSafetensors, type StoredTensor } from '../../../engine/formats/safetensors.ts';
import { feedProgram, type NamedInputs } from '../../../engine/inspection/namedInputs.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { fittingWeights } from '../../../engine/weights/weights.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { caseNames, errorOf, type Folder } from '../reference/cases.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
/** Set to print the error of every tensor. */
const TABLE = process.env['RNN_ERRORS'] !== undefined;

interface Program {
  readonly spec: ModelSpec;
  readonly network: Network;
  readonly inputs: NamedInputs;
  readonly read: (file: string) => ReadonlyMap<string, StoredTensor>;
  readonly losses: readonly number[];
}

const placeOf = (folder: Folder, name: string): string =>
  join(import.meta.dirname, '../../fixtures/dumps', folder, name);

function specOf(folder: Folder, name: string): ModelSpec {
  return readSource(readFileSync(join(placeOf(folder, name), 'model.py'), 'utf8'), 'python').models[0]!.spec;
}

/** A program as `trace FILE --weights --inputs --masks` has it. */
function open(folder: Folder, name: string): Program {
  const place = placeOf(folder, name);
  const read = (file: string) => readSafetensors(readFileSync(join(place, `${file}.safetensors`)), file).tensors;
  const spec = specOf(folder, name);
  const network = backend.createNetwork(spec, { seed: 1, batchSize: 5 });
  network.setParameters(fittingWeights(spec, read('weights')));
  const masks = existsSync(join(place, 'masks.safetensors')) ? { masks: numbers(read('masks')) } : {};
  const { losses_of_50_steps_on_this_batch: losses } = JSON.parse(readFileSync(join(place, 'case.json'), 'utf8')) as {
    losses_of_50_steps_on_this_batch: number[];
  };
  return { spec, network, inputs: { inputs: numbers(read('inputs')), ...masks }, read, losses };
}

function numbers(tensors: ReadonlyMap<string, StoredTensor>): Map<string, { shape: readonly number[]; values: number[] }> {
  return new Map([...tensors].map(([name, { shape, values }]) => [name, { shape, values: Array.from(values, Number) }]));
} // prettier-ignore

for (const folder of ['tf1', 'torch', 'keras3', 'keras2'] as const) {
  describe(`programs of ${folder} as the reader reads them and the WebAssembly engine runs them`, () => {
    for (const name of caseNames(folder)) {
      const [reason] = unsupported(specOf(folder, name));
      if (reason) {
        it(`${name}: refused, ${formatPhrase(reason)}`, () => {
          assert.throws(() => open(folder, name), { code: 'unsupported', message: formatPhrase(reason) });
        });
        continue;
      }
      it(`${name}: values and gradients to 1e-5, losses of 50 steps to 1e-4`, () => {
        const { spec, network, inputs, read, losses } = open(folder, name);
        const found = programTensors(spec, network, inputs);
        const rows: Record<string, { shape: string; error: number }> = {};
        for (const group of ['values', 'gradients'] as const) {
          for (const [key, { shape, values }] of read(group)) {
            const own = found.find(one => one.group === group && one.name === key);
            assert.ok(own, `${group} of ${key} are missing among ${found.map(one => one.name).join(', ')}`);
            assert.deepEqual(own.shape, shape, `shape of ${key}`);
            rows[`${group}/${key}`] = {
              shape: shape.join('×'),
              error: errorOf(own.values, Array.from(values, Number)),
            };
          }
        }
        const { batch } = feedProgram(spec, inputs);
        const steps = losses.map(loss => errorOf([network.trainStep(batch).loss], [loss]));
        if (steps.length > 0) rows['losses'] = { shape: String(steps.length), error: Math.max(...steps) };
        if (TABLE) {
          process.stdout.write(`${folder}/${name}\n`);
          console.table(rows);
        }
        for (const [key, { error }] of Object.entries(rows))
          assert.ok(error <= (key === 'losses' ? 1e-4 : 1e-5), `${key}: error ${error}`);
      });
    }
  });
}
