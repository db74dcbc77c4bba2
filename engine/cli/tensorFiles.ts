/** Tensors in the files that a person names on the command line, and the network that takes them. */
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Network } from '../backends/backend.ts';
import { createWasmBackend } from '../backends/wasm.ts';
import type { Values } from '../formats/dtypes.ts';
import { readNpy } from '../formats/npy.ts';
import { readSafetensors, type StoredTensor } from '../formats/safetensors.ts';
import type { NamedInputs } from '../inspection/namedInputs.ts';
import type { InputSpec, ModelSpec } from '../model/spec.ts';
import { readWeightFile } from '../weights/weightFile.ts';
import { fittingWeights } from '../weights/weights.ts';
import { readingFile, UsageError } from './output.ts';

/** What a model is fed with: one file of named tensors, or a file each. */
export interface FedFiles {
  /** Safetensors with `X`, `y`, `seq_length`, … */
  readonly inputs: string | undefined;
  /** npy: the sequence, the length of each row, the targets. */
  readonly input: string | undefined;
  readonly lengths: string | undefined;
  readonly targets: string | undefined;
  /** Safetensors with dropout masks. */
  readonly masks: string | undefined;
}

export async function readTensors(path: string): Promise<ReadonlyMap<string, StoredTensor>> {
  return readSafetensors(await readingFile(path, () => readFile(path)), path).tensors;
}

/** @throws UsageError, or EngineError naming the file and what is wrong with it. */
export async function readInputs(spec: ModelSpec, files: FedFiles): Promise<NamedInputs> {
  const inputs = new Map<string, Numeric>();
  if (files.inputs !== undefined) for (const [name, found] of await readTensors(files.inputs)) inputs.set(name, numeric(found));
  const single: readonly (readonly [InputSpec['role'], string, string | undefined])[] = [
    ['sequence', '--input', files.input],
    ['lengths', '--lengths', files.lengths],
    ['target', '--gradients', files.targets],
  ];
  for (const [role, option, path] of single) {
    if (path === undefined) continue;
    const fitting = spec.inputs.filter(one => one.role === role);
    if (fitting.length !== 1)
      throw new UsageError(`${option}: the model has ${fitting.length} inputs of that kind; give all inputs by their names with --inputs`);
    inputs.set(fitting[0]!.id, numeric(readNpy(await readingFile(path, () => readFile(path)), path)));
  }
  if (inputs.size === 0) throw new UsageError('What shall the model be fed with? Give --inputs or --input');
  if (files.masks === undefined) return { inputs };
  const masks = [...(await readTensors(files.masks))].map(([name, mask]) => [name, numeric(mask)] as const);
  return { inputs, masks: new Map(masks) };
} // prettier-ignore

/** The network of a model, with weights from a file. */
export async function openNetwork(spec: ModelSpec, weights: string, batchSize: number): Promise<Network> {
  const fitting = fittingWeights(spec, await readWeightFile(weights));
  // The build puts the kernels beside the command line.
  const backend = createWasmBackend(readFileSync(join(__dirname, 'kernels.wasm')));
  const network = backend.createNetwork(spec, { seed: 0, batchSize });
  network.setParameters(fitting);
  return network;
}

interface Numeric {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

function numeric({ shape, values }: { readonly shape: readonly number[]; readonly values: Values }): Numeric {
  return { shape, values: values instanceof BigInt64Array ? Array.from(values, Number) : values };
}
