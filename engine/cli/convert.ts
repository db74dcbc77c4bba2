import { writeFile } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { writeSafetensors } from '../formats/safetensors.ts';
import { phrase } from '../model/phrase.ts';
import { convertWeights } from '../weights/convert.ts';
import { type ModelChoice, readOpenSpec } from './modelFile.ts';
import { print, UsageError } from './output.ts';
import { readTensors } from './tensorFiles.ts';

export interface ConvertOptions extends ModelChoice {
  readonly weights: string | undefined;
  /** File of the model that shall have the weights, and which one there. */
  readonly to: string | undefined;
  readonly toModel: string | undefined;
  readonly out: string | undefined;
}

/** `convert FILE`: carries weights over to the same function in another framework. */
export async function convert(options: ConvertOptions): Promise<void> {
  const { weights, to, toModel, out } = options;
  if (weights === undefined) throw new UsageError('convert: which weights? Give --weights W.safetensors');
  if (to === undefined) throw new UsageError('convert: for which model? Give --to FILE');
  if (out === undefined) throw new UsageError('convert: where to? Give --out W2.safetensors');
  const target = await readOpenSpec({ file: to, model: toModel, sizes: options.sizes });
  const converted = convertWeights(await readOpenSpec(options), await readTensors(weights), target);
  try {
    await writeFile(out, new Uint8Array(writeSafetensors(converted)));
  } catch (error) {
    throw new EngineError('storage', phrase('{0} cannot be written: {1}', out, error instanceof Error ? error.message : String(error)), { cause: error });
  }
  print(`${converted.length} weights in ${out}`);
} // prettier-ignore
