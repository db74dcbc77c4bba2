/** A program as `trace` and `train` have it from the command line, held against what its framework computed. */
import assert from 'node:assert/strict';
import type { Network } from '../../../engine/backends/backend.ts';
import type { Numbers } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import type { StoredTensor } from '../../../engine/formats/safetensors.ts';
import { feedProgram, type NamedInputs } from '../../../engine/inspection/namedInputs.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { fittingWeights } from '../../../engine/weights/weights.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { errorOf } from '../reference/cases.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
/** Set to print the error of every tensor. */
const TABLE = process.env['RNN_ERRORS'] !== undefined;

export type Tensors = ReadonlyMap<string, StoredTensor>;

/** A program's text and the numbers of its framework. */
export interface Program {
  readonly name: string;
  readonly text: string;
  readonly inputs: Tensors;
  readonly weights: Tensors;
  readonly masks?: Tensors;
  readonly values: Tensors;
  readonly gradients: Tensors;
  /** Before each step of the program's own optimizer on this batch. */
  readonly losses: readonly number[];
}

export interface OpenedProgram {
  readonly spec: ModelSpec;
  readonly network: Network;
  readonly fed: NamedInputs;
}

/** @throws EngineError when the model cannot be run or something does not fit. */
export function open({ text, inputs, weights, masks }: Program): OpenedProgram {
  const spec = specOf(text);
  const network = backend.createNetwork(spec, { seed: 1, batchSize: 5 });
  network.setParameters(fittingWeights(spec, weights));
  return { spec, network, fed: { inputs: numbers(inputs), ...(masks && { masks: numbers(masks) }) } };
}

export function specOf(text: string): ModelSpec {
  const { models } = readSource(text, 'python');
  assert.equal(models.length, 1, 'a program has one model');
  return models[0]!.spec;
}

function numbers(tensors: Tensors): Map<string, Numbers> {
  return new Map(
    [...tensors].map(([name, { shape, values }]) => [name, { shape, values: Array.from(values, Number) }]),
  );
}

/** Values and gradients to 1e-5, losses to 1e-4. */
export function prove(program: Program): void {
  const { spec, network, fed } = open(program);
  const found = programTensors(spec, network, fed);
  const rows: Record<string, { shape: string; error: number }> = {};
  for (const group of ['values', 'gradients'] as const) {
    for (const [key, { shape, values }] of program[group]) {
      const own = found.find(one => one.group === group && one.name === key);
      assert.ok(own, `${group} of ${key} are missing among ${found.map(one => one.name).join(', ')}`);
      assert.deepEqual(own.shape, shape, `shape of ${key}`);
      rows[`${group}/${key}`] = { shape: shape.join('×'), error: errorOf(own.values, Array.from(values, Number)) };
    }
  }
  const { batch } = feedProgram(spec, fed);
  const steps = program.losses.map((loss, step) => {
    // The one batch is an epoch.
    network.setEpoch(step);
    return errorOf([network.trainStep(batch).loss], [loss]);
  });
  if (steps.length > 0) rows['losses'] = { shape: String(steps.length), error: Math.max(...steps) };
  if (TABLE) {
    process.stdout.write(`${program.name}\n`);
    console.table(rows);
  }
  for (const [key, { error }] of Object.entries(rows))
    assert.ok(error <= (key === 'losses' ? 1e-4 : 1e-5), `${key}: error ${error}`);
}
