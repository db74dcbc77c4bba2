/** The programs of `test/fixtures/dumps` with the specs of `test/fixtures/specs`, and how near two tensors are. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Numbers, ReferenceInputs } from '../../../engine/backends/reference/reference.ts';
import { readSafetensors } from '../../../engine/formats/safetensors.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';

const FIXTURES = join(import.meta.dirname, '../../fixtures');

export type Folder = 'tf1' | 'torch' | 'keras3' | 'keras2';

export function caseNames(folder: Folder): string[] {
  return readdirSync(join(FIXTURES, 'dumps', folder));
}

export interface Case {
  readonly spec: ModelSpec;
  readonly given: ReferenceInputs;
  /** What the framework computed. */
  readonly values: ReadonlyMap<string, Numbers>;
  readonly gradients: ReadonlyMap<string, Numbers>;
  readonly losses: readonly number[];
}

export function readCase(folder: Folder, name: string): Case {
  const place = join(FIXTURES, 'dumps', folder, name);
  const masks = existsSync(join(place, 'masks.safetensors'));
  const { losses_of_50_steps_on_this_batch } = JSON.parse(readFileSync(join(place, 'case.json'), 'utf8')) as { losses_of_50_steps_on_this_batch: number[] }; // prettier-ignore
  return {
    spec: readSpec(folder, name),
    given: {
      inputs: readNumbers(join(place, 'inputs.safetensors')),
      weights: readNumbers(join(place, 'weights.safetensors')),
      ...(masks && { masks: readNumbers(join(place, 'masks.safetensors')) }),
    },
    values: readNumbers(join(place, 'values.safetensors')),
    gradients: readNumbers(join(place, 'gradients.safetensors')),
    losses: losses_of_50_steps_on_this_batch,
  };
}

export function readSpec(folder: Folder, name: string): ModelSpec {
  return checkModelSpec(JSON.parse(readFileSync(join(FIXTURES, 'specs', folder, `${name}.rnn.json`), 'utf8')));
}

function readNumbers(path: string): Map<string, Numbers> {
  const { tensors } = readSafetensors(readFileSync(path), path);
  return new Map(
    [...tensors].map(([name, { shape, values }]) => [name, { shape, values: Array.from(values, Number) }]),
  );
}

/** Largest difference in units of max(1, largest magnitude expected); infinite where the numbers of values differ. */
export function errorOf(found: ArrayLike<number>, expected: ArrayLike<number>): number {
  if (found.length !== expected.length) return Infinity;
  let difference = 0;
  let magnitude = 1;
  for (let k = 0; k < expected.length; k++) {
    if (!Number.isFinite(found[k]!)) return Infinity;
    difference = Math.max(difference, Math.abs(found[k]! - expected[k]!));
    magnitude = Math.max(magnitude, Math.abs(expected[k]!));
  }
  return difference / magnitude;
}

/** Every tensor that the framework computed must be there, in its shape and within the bound. @returns the largest error. */
export function compare(
  found: ReadonlyMap<string, Numbers>,
  expected: ReadonlyMap<string, Numbers>,
  bound: number,
): number {
  let worst = 0;
  for (const [name, { shape, values }] of expected) {
    const own = found.get(name);
    assert.ok(own, `${name} is missing among ${[...found.keys()].join(', ')}`);
    // TensorFlow, Keras and PyTorch dump the loss, a scalar, as one value.
    if (name !== 'loss') assert.deepEqual(own.shape, shape, `shape of ${name}`);
    const error = errorOf(own.values, values);
    assert.ok(error <= bound, `${name}: error ${error}`);
    worst = Math.max(worst, error);
  }
  return worst;
}
