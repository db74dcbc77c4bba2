import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Numbers, runReference } from '../../../engine/backends/reference/reference.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { compare } from './cases.ts';

/** A program beyond the dumps and what its framework computed (`test/fixtures/beyond`, README there). */
interface Program {
  readonly name: string;
  readonly spec: unknown;
  readonly inputs: Record<string, Numbers>;
  readonly weights: Record<string, Numbers>;
  readonly values: Record<string, Numbers>;
  readonly gradients: Record<string, Numbers>;
}

const mapOf = (record: Record<string, Numbers>): Map<string, Numbers> => new Map(Object.entries(record));

function proven(title: string, file: string, bound: number): void {
  const { cases } = JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/beyond', file), 'utf8')) as { cases: Program[] }; // prettier-ignore
  describe(`programs beyond the dumps, as ${title} computes them: values and gradients to ${bound}`, () => {
    for (const { name, spec, inputs, weights, values, gradients } of cases)
      it(name, () => {
        const run = runReference(checkModelSpec(spec), { inputs: mapOf(inputs), weights: mapOf(weights) });
        compare(run.values(), mapOf(values), bound);
        compare(run.gradients(), mapOf(gradients), bound);
      });
  });
}

proven('PyTorch in float64', 'programs-torch.json', 1e-12);
proven('Keras 3', 'programs-keras3.json', 1e-5);
proven('TensorFlow.js', 'programs-tfjs.json', 1e-5);
