/** The model that a person names on the command line: in a program, or as a `ModelSpec` by itself. */
import { readFile } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import { headline } from '../model/headline.ts';
import { formatPhrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { checkModelSpec } from '../model/validate.ts';
import type { ModelReading, Reading } from '../reader/reading.ts';
import { readingFile, UsageError } from './output.ts';
import { readModelFile } from './read.ts';

export interface ModelChoice {
  readonly file: string;
  /** Name of the model, or its number in the file, from 1. */
  readonly model: string | undefined;
}

/** Reads `*.rnn.json` or a program. @throws EngineError or UsageError */
export async function readSpec(choice: ModelChoice): Promise<ModelSpec> {
  const { file } = choice;
  if (!file.endsWith('.json')) return pickModel(choice, (await readModelFile(file)).reading).spec;
  const text = await readingFile(file, () => readFile(file, 'utf8'));
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new EngineError('invalid-model', phrase('{0} is no JSON: {1}', file, error instanceof Error ? error.message : String(error)));
  }
  return checkModelSpec(data);
} // prettier-ignore

/** The model of a file that was asked for. @throws UsageError when it is not there, or several are and none was named. */
export function pickModel({ file, model }: ModelChoice, { models, diagnostics }: Reading): ModelReading {
  const names = models.map(({ spec }, index) => `${index + 1} ${spec.name} (${headline(spec)})`).join(', ');
  if (models.length === 0) {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    throw new UsageError(`${file} holds no recurrent model${problem ? `: ${formatPhrase(problem.message)}` : ''}`);
  }
  if (model === undefined) {
    if (models.length > 1) throw new UsageError(`${file} holds several models: ${names}. Choose one with --model`);
    return models[0]!;
  }
  const named = models.filter(({ spec }) => spec.name === model);
  const picked = named[0] ?? (/^\d+$/.test(model) ? models[Number(model) - 1] : undefined);
  if (!picked) throw new UsageError(`${file} holds no model "${model}": there are ${names}`);
  return picked;
}
