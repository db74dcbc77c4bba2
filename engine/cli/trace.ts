import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { EngineError } from '../errors.ts';
import { writeNpy } from '../formats/npy.ts';
import { feedProgram } from '../inspection/namedInputs.ts';
import { type ProgramTensor, programTensors } from '../inspection/programTensors.ts';
import { formatPhrase, phrase } from '../model/phrase.ts';
import { print, UsageError } from './output.ts';
import { type ModelChoice, readSpec } from './modelFile.ts';
import { type FedFiles, openNetwork, readInputs } from './tensorFiles.ts';

export interface TraceOptions extends ModelChoice, FedFiles {
  readonly weights: string | undefined;
  /** Also the gradients with respect to every gate and state at every step. */
  readonly stepGradients: boolean;
  /** Folder for the tensors. */
  readonly out: string | undefined;
}

/** `trace FILE`: writes every tensor that the model computes for one batch as npy, and `index.json`. */
export async function trace(options: TraceOptions): Promise<void> {
  const { weights, out } = options;
  if (weights === undefined) throw new UsageError('trace: which weights? Give --weights W.safetensors');
  if (out === undefined) throw new UsageError('trace: where to? Give --out DIR');
  const spec = await readSpec(options);
  const inputs = await readInputs(spec, options);
  if (options.stepGradients && ![...inputs.inputs.keys()].some(id => spec.inputs.some(one => one.id === id && one.role === 'target')))
    throw new UsageError('trace: --step-gradients needs targets, in --inputs or by --gradients');
  const network = await openNetwork(spec, weights, feedProgram(spec, inputs).batch.size);
  const tensors = programTensors(spec, network, inputs, { stepGradients: options.stepGradients });
  const files = fileNames(tensors);
  const index = tensors.map(({ group, name, shape, meaning }, k) => ({
    name: nameOf(group, name),
    file: files[k]!,
    dtype: 'float32',
    shape,
    meaning: formatPhrase(meaning),
  }));
  try {
    for (const [k, { shape, values }] of tensors.entries()) {
      const path = join(out, files[k]!);
      await mkdir(dirname(path), { recursive: true });
      await writeFile(path, new Uint8Array(writeNpy({ shape, values })));
    }
    const content = { version: 1, model: spec.name, framework: spec.framework, tensors: index };
    await writeFile(join(out, 'index.json'), `${JSON.stringify(content, null, 2)}\n`);
  } catch (error) {
    throw new EngineError('storage', phrase('{0} cannot be written: {1}', out, error instanceof Error ? error.message : String(error)), { cause: error });
  }
  print(`${tensors.length} tensors in ${join(out, 'index.json')}`);
} // prettier-ignore

const nameOf = (group: ProgramTensor['group'], name: string): string =>
  group === 'gradients' ? `gradients/${name}` : name;

/** File names without characters that a file system refuses, different also where it ignores case. */
function fileNames(tensors: readonly ProgramTensor[]): string[] {
  const used = new Set(['index.json']);
  return tensors.map(({ group, name }) => {
    const plain = name.replace(/[^\w.[\]-]+/g, '-');
    for (let number = 1; ; number++) {
      const file = nameOf(group, `${plain}${number === 1 ? '' : `~${number}`}.npy`);
      if (used.has(file.toLowerCase())) continue;
      used.add(file.toLowerCase());
      return file;
    }
  });
}
