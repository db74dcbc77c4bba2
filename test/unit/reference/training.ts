import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbers, ReferenceInputs } from '../../../engine/backends/reference/reference.ts';
import type { DecaySpec, ModelSpec } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';

/** How a framework trained (`test/fixtures/beyond/make_training.py`). */
export interface Trained {
  readonly name: string;
  readonly spec: ModelSpec;
  readonly given: ReferenceInputs;
  /** Before each step on the one batch; of a sequence in windows, the mean over them. */
  readonly losses: readonly number[];
}

/** The learning rate of the first 25 steps or epochs, from `rate` on. */
export interface Rates {
  readonly name: string;
  readonly decay: DecaySpec;
  readonly rate: number;
  readonly rates: readonly number[];
}

/** Keras in float64 still computes learning rates in float32. */
export const TRAININGS = [
  { file: 'training-torch.json', referenceBound: 1e-12 },
  { file: 'training-tf.json', referenceBound: 1e-8 },
] as const;

export function readTraining(file: string): { readonly cases: readonly Trained[]; readonly rates: readonly Rates[] } {
  const path = join(import.meta.dirname, '../../fixtures/beyond', file);
  const { cases, rates } = JSON.parse(readFileSync(path, 'utf8')) as {
    cases: (Omit<Trained, 'spec' | 'given'> & {
      spec: unknown;
      inputs: Record<string, Numbers>;
      weights: Record<string, Numbers>;
    })[];
    rates: Rates[];
  };
  return {
    rates,
    cases: cases.map(({ name, spec, inputs, weights, losses }) => ({
      name,
      spec: checkModelSpec(spec),
      given: { inputs: new Map(Object.entries(inputs)), weights: new Map(Object.entries(weights)) },
      losses,
    })),
  };
}
