/** The model that a person names on the command line: in a program, or as a `ModelSpec` by itself. */
import { headline } from '../model/headline.ts';
import { formatPhrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ModelReading } from '../reader/reading.ts';
import { UsageError } from './output.ts';
import { type ReadFile, readModelFile } from './read.ts';

export interface ModelChoice {
  readonly file: string;
  /** Name of the model, or its number in the file, from 1. */
  readonly model: string | undefined;
}

/** The description of a model in a program, or in a `*.rnn.json`. @throws EngineError or UsageError */
export async function readSpec(choice: ModelChoice): Promise<ModelSpec> {
  return pickModel(choice, await readModelFile(choice.file)).spec;
}

/** The model of a file that was asked for. @throws UsageError when it is not there, or several are and none was named. */
export function pickModel({ file, model }: ModelChoice, { text, reading }: ReadFile): ModelReading {
  const { models, diagnostics } = reading;
  const names = models.map(({ spec }, index) => `${index + 1} ${spec.name} (${headline(spec)})`).join(', ');
  if (models.length === 0) {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    if (!problem) throw new UsageError(`${file} holds no recurrent model`);
    const line = text.slice(0, problem.range.start).split('\n').length;
    throw new UsageError(`${file} holds no recurrent model: line ${line}: ${formatPhrase(problem.message)}`);
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
