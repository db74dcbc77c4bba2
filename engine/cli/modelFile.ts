/** The model that a person names on the command line: in a program, or as a `ModelSpec` by itself. */
import { readiness, withSizes } from '../data/dataSizes.ts';
import { headline } from '../model/headline.ts';
import { openNames } from '../model/openSizes.ts';
import { formatPhrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { ModelReading } from '../reader/reading.ts';
import { lineNumber } from '../reader/source.ts';
import { UsageError } from './output.ts';
import { type ReadFile, readModelFile } from './read.ts';

/** Sizes that the program leaves open, as `--size NAME=N` gives them. */
export type GivenSizes = ReadonlyMap<string, number>;

export interface ModelChoice {
  readonly file: string;
  /** Name of the model, or its number in the file, from 1. */
  readonly model: string | undefined;
  readonly sizes: GivenSizes;
}

/** The description of a model in a program, or in a `*.rnn.json`, with no size left open. @throws EngineError or UsageError */
export async function readSpec(choice: ModelChoice): Promise<ModelSpec> {
  const model = pickModel(choice, await readModelFile(choice.file));
  const { ofTheData, ofThePerson } = readiness(model.spec, model.open);
  askFor([...ofThePerson, ...ofTheData]);
  return model.spec;
}

/** The same, with sizes open that are not given. */
export async function readOpenSpec(choice: ModelChoice): Promise<ModelSpec> {
  return pickModel(choice, await readModelFile(choice.file)).spec;
}

/** @throws UsageError that says how the sizes are given, unless there are none */
export function askFor(sizes: readonly string[]): void {
  if (sizes.length === 0) return;
  const written = (name: string): string => (/^\w+$/.test(name) ? name : `'${name}'`);
  throw new UsageError(
    `The program leaves ${sizes.map(name => `"${name}"`).join(', ')} open: give ${sizes.map(name => `--size ${written(name)}=N`).join(' ')}`,
  );
}

/** @throws UsageError where one is no `NAME=N` */
export function givenSizes(texts: readonly string[]): GivenSizes {
  return new Map(
    texts.map(text => {
      const at = text.lastIndexOf('=');
      const value = Number(text.slice(at + 1));
      if (at < 1 || !(Number.isSafeInteger(value) && value >= 1))
        throw new UsageError(
          `--size: "${text}" is not a name and a whole number greater than 0, such as hidden_size=128`,
        );
      return [text.slice(0, at).trim(), value] as const;
    }),
  );
}

/**
 * The model of a file that was asked for, with the sizes that were given.
 * @throws UsageError when it is not there, several are and none was named, or it has no such size
 */
export function pickModel({ sizes, ...choice }: ModelChoice, file: ReadFile): ModelReading {
  const model = namedModel(choice, file);
  const names = openNames(model.spec);
  const strange = [...sizes.keys()].find(name => !names.includes(name));
  if (strange !== undefined)
    throw new UsageError(`--size: the program leaves no size "${strange}" open; ${names.length > 0 ? `there are ${names.join(', ')}` : 'all are known'}`);
  return withSizes(model, sizes);
} // prettier-ignore

function namedModel({ file, model }: Omit<ModelChoice, 'sizes'>, { text, reading }: ReadFile): ModelReading {
  const { models, diagnostics } = reading;
  const names = models
    .map(({ spec, variant }, index) => {
      const told = variant === undefined ? headline(spec) : `${headline(spec)}, ${formatPhrase(variant)}`;
      return `${index + 1} ${spec.name} (${told})`;
    })
    .join(', ');
  if (models.length === 0) {
    const problem = diagnostics.find(({ severity }) => severity === 'error');
    if (!problem) throw new UsageError(`${file} holds no recurrent model`);
    const line = lineNumber(text, problem.range.start);
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
