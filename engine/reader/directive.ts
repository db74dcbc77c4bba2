/**
 * The comment `# rnn: data=mnist epochs=5 batch_size=64 learning_rate=0.01 optimizer=adam`, or `# rnn: data=prices.csv
 * inputs=high,low target=high window=20`, or `# rnn: data=adding-problem seed=7`: what a person wants and the code does not say, or says otherwise. It speaks of
 * the model whose definition follows, after the last one of that.
 */
import { Value } from '@sinclair/typebox/value';
import { type Phrase, phrase } from '../model/phrase.ts';
import { DataSpec, FedSpec, type ModelSpec, OptimizerSpec, TrainingSpec } from '../model/spec.ts';
import type { FoundModel } from './models.ts';
import type { Language } from './language.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import type { SourceText } from './source.ts';

/** One `key=value` of a comment. */
interface Wish {
  readonly key: string;
  readonly value: string;
  readonly range: TextRange;
}

interface Setting {
  /** The model with the wish granted; undefined where the value cannot be. */
  apply(spec: ModelSpec, value: string): ModelSpec | undefined;
  /** What the value must be. */
  refusal(key: string, value: string): Phrase;
}

const withTraining = (spec: ModelSpec, change: Partial<TrainingSpec>): ModelSpec | undefined => {
  const training = { ...spec.training, ...change };
  return Value.Check(TrainingSpec, training) ? { ...spec, training } : undefined;
};
/** Says more of the file that the model is trained on. */
const withFed = (spec: ModelSpec, change: FedSpec): ModelSpec | undefined => {
  const fed = { ...spec.data?.fed, ...change };
  return spec.data?.kind === 'file' && Value.Check(FedSpec, fed) ? { ...spec, data: { ...spec.data, fed } } : undefined;
};
/** Data that lies somewhere is not drawn from a seed. */
const LYING: readonly string[] = ['file', 'mnist', 'mnist-rows'];
/** Another seed of the data that is generated. */
const withSeed = (spec: ModelSpec, seed: number): ModelSpec | undefined => {
  const data = { kind: 'unknown', ...spec.data, seed };
  return !LYING.includes(data.kind) && Value.Check(DataSpec, data) ? { ...spec, data } : undefined;
};
const columns = (key: 'inputs' | 'targets'): Setting => ({
  apply: (spec, value) => withFed(spec, { [key]: value.split(',') }),
  refusal: (written, value) =>
    phrase('{0} must name columns of a file that data= names, such as high,low, not "{1}"', written, value),
});
const rows = (key: 'window' | 'horizon' | 'stride'): Setting => ({
  apply: (spec, value) => withFed(spec, { [key]: value === '' ? NaN : Number(value) }),
  refusal: (written, value) =>
    phrase('{0} must be a number of steps of a file that data= names, not "{1}"', written, value),
});
const notACount: Setting['refusal'] = (key, value) =>
  phrase('{0} must be a whole number greater than 0, not "{1}"', key, value);

/** In the order in which they are heeded: the learning rate is that of the optimizer, columns are those of the data. */
const SETTINGS: Readonly<Record<string, Setting>> = {
  data: {
    apply: (spec, value) => {
      if (value === '') return undefined;
      // A name has no dot and no folder.
      const data = /[./\\]/.test(value) ? { kind: 'file', source: value } : { kind: value, source: `# rnn: data=${value}` };
      return { ...spec, data };
    },
    refusal: (key, value) => phrase('{0} must name data, such as mnist or the id of a data source, not "{1}"', key, value),
  },
  seed: {
    apply: (spec, value) => withSeed(spec, value === '' ? NaN : Number(value)),
    refusal: (key, value) => phrase('{0} is that of generated data: a whole number from 0 to 4294967295, not "{1}"', key, value),
  },
  inputs: columns('inputs'),
  target: columns('targets'),
  window: rows('window'),
  horizon: rows('horizon'),
  stride: rows('stride'),
  epochs: { apply: (spec, value) => withTraining(spec, { epochs: Number(value) }), refusal: notACount },
  batch_size: { apply: (spec, value) => withTraining(spec, { batchSize: Number(value) }), refusal: notACount },
  optimizer: {
    apply: (spec, value) => {
      // Options of another optimizer would mean something else.
      const optimizer: unknown = spec.training.optimizer?.kind === value ? spec.training.optimizer : { kind: value };
      return Value.Check(OptimizerSpec, optimizer) ? withTraining(spec, { optimizer }) : undefined;
    },
    refusal: (key, value) => phrase('{0} must name an optimizer, such as adam or sgd, not "{1}"', key, value),
  },
  learning_rate: {
    apply: (spec, value) =>
      withTraining(spec, { optimizer: { kind: 'adam', ...spec.training.optimizer, learningRate: value === '' ? NaN : Number(value) } }),
    refusal: (key, value) => phrase('{0} must be a number greater than 0, not "{1}"', key, value),
  },
}; // prettier-ignore
const KEYS = Object.keys(SETTINGS);

/** Grants what the comments of the sources wish; what cannot be granted is told where it stands. */
export function heedDirectives(
  models: readonly FoundModel[],
  sources: readonly SourceText[],
  language: Language,
): { readonly models: readonly FoundModel[]; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const heeded = [...models];
  for (const { key, value, range } of sources.flatMap(source => wishesIn(source, language)).toSorted(byOrder)) {
    const complain = (message: Phrase) => diagnostics.push({ range, severity: 'warning', code: 'directive', message });
    const setting = Object.hasOwn(SETTINGS, key) ? SETTINGS[key] : undefined;
    if (!setting) {
      complain(phrase('There is no setting "{0}"; there are {1}', key, KEYS.join(', ')));
      continue;
    }
    const following = heeded.findIndex(({ model }) => model.range.end > range.start);
    const index = following < 0 ? heeded.length - 1 : following;
    const found = heeded[index];
    if (!found) continue;
    const spec = setting.apply(found.model.spec, value);
    if (spec) heeded[index] = { ...found, model: { ...found.model, spec } };
    else complain(setting.refusal(key, value));
  }
  return { models: heeded, diagnostics };
}

const byOrder = (a: Wish, b: Wish): number => KEYS.indexOf(a.key) - KEYS.indexOf(b.key);

const DIRECTIVE = /(?:#|\/\/|\/\*)\s*rnn:/;

/** Whether a text may hold such a comment. */
export function mayDirect(text: string): boolean {
  return DIRECTIVE.test(text);
}

function wishesIn(source: SourceText, language: Language): Wish[] {
  if (!mayDirect(source.text)) return [];
  return language.comments(source).flatMap(({ text, from }): Wish[] => {
    const directive = DIRECTIVE.exec(text);
    if (directive?.index !== 0) return [];
    const at = directive[0].length;
    // A comma stands between wishes, or in a list where no other key follows it: `inputs=high,low, epochs=3`.
    return [...text.slice(at).matchAll(/([^\s=,]+)(?:=([^\s,]*(?:,[^\s,=]+(?![^\s,]*=))*))?/g)].map(match => ({
      key: match[1]!,
      value: match[2] ?? '',
      range: {
        start: source.offset(from + at + match.index),
        end: source.offset(from + at + match.index + match[0].length),
      },
    }));
  });
}
