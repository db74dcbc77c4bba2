import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbers, ReferenceInputs } from '../../../engine/backends/reference/reference.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';

/** A program beyond the dumps and what its framework computed (`test/fixtures/beyond`, README there). */
export interface Program {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly given: ReferenceInputs;
  readonly values: ReadonlyMap<string, Numbers>;
  readonly gradients: ReadonlyMap<string, Numbers>;
  /** Before each step of training on this batch, where the framework was trained. */
  readonly losses: readonly number[];
}

type Tensors = Record<string, Numbers>;

/** The programs of one file. */
export function readBeyond(file: string): Program[] {
  const text = readFileSync(join(import.meta.dirname, '../../fixtures/beyond', file), 'utf8');
  const { cases } = JSON.parse(text) as {
    cases: {
      name: string;
      spec: unknown;
      inputs: Tensors;
      weights: Tensors;
      values: Tensors;
      gradients: Tensors;
      masks?: Tensors;
      losses?: number[];
    }[];
  };
  const mapOf = (tensors: Tensors) => new Map(Object.entries(tensors));
  return cases.map(({ name, spec, inputs, weights, values, gradients, masks, losses = [] }) => ({
    name,
    spec: checkModelSpec(spec),
    given: { inputs: mapOf(inputs), weights: mapOf(weights), ...(masks && { masks: mapOf(masks) }) },
    values: mapOf(values),
    gradients: mapOf(gradients),
    losses,
  }));
}

export const BEYOND: readonly { readonly title: string; readonly file: string; readonly referenceBound: number }[] = [
  { title: 'PyTorch in float64', file: 'programs-torch.json', referenceBound: 1e-12 },
  { title: 'TensorFlow 1 in float64', file: 'programs-tf1.json', referenceBound: 1e-12 },
  { title: 'Keras 3', file: 'programs-keras3.json', referenceBound: 1e-5 },
  { title: 'TensorFlow 1.15 (contrib)', file: 'programs-contrib.json', referenceBound: 1e-5 },
  { title: 'TensorFlow.js', file: 'programs-tfjs.json', referenceBound: 1e-5 },
];
