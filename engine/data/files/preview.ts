/** What a person sees of a file before it is trained on: its beginning, the shapes it gives, and its first sample. */
import { EngineError } from '../../errors.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import { toldSizes } from '../dataSizes.ts';
import { type Demand, demandOf } from '../demand.ts';
import { isDemand } from '../ownFile.ts';
import type { ModelSpec } from '../../model/spec.ts';
import type { Dataset } from '../source.ts';
import type { FileChoices } from '../fileData.ts';
import type { FilePreview, PreviewSample } from '../../protocol/preview.ts';
import { megabytes, type Reading } from './bytes.ts';
import { type FileHead, headOf, loadFile, plan } from './plan.ts';
import { readCharacters } from './text.ts';

/** Rows of a table that are read for a preview. */
const EXCERPT = 5000;
const SHOWN_ROWS = 8;
const SHOWN_CHARACTERS = 1200;

/**
 * Reads the beginning of a table, or the whole of arrays and texts, and says what it gives to a model.
 * @throws EngineError where the file cannot be read at all, or `invalid-model` where no file can be given to the model;
 * what does not fit the model is told in the preview
 */
export async function previewFile(path: string, spec: ModelSpec, choices: FileChoices, reading: Reading): Promise<FilePreview> {
  const demand = demandOf(spec);
  if (!isDemand(demand)) throw new EngineError('invalid-model', demand);
  const head = await headOf(path, choices);
  const shown = await beginning(path, head, choices);
  try {
    const file = plan(path, head, demand, choices);
    const { dataset, notes, rows } = await loadFile(file, demand, reading, head.table ? { rows: EXCERPT } : undefined);
    const estimated = head.table !== undefined && rows >= EXCERPT;
    const factor = estimated ? Math.max(1, head.stamp.bytes / head.table.rowBytes / rows) : 1;
    const count = (split: 'train' | 'validation' | 'test'): number => Math.round(dataset[split].count * factor);
    return {
      ...shown,
      file,
      problem: undefined,
      notes: [...notes, ...widthNotes(dataset, demand)],
      steps: dataset.steps,
      features: dataset.features,
      targetAxes: dataset.targetAxes,
      classNames: dataset.classNames?.slice(0, 100),
      classes: dataset.classes,
      tokenNames: dataset.tokenNames,
      sizes: toldSizes(spec, dataset),
      counts: { train: count('train'), validation: count('validation'), test: count('test'), estimated },
      sample: firstSample(dataset),
    };
  } catch (error) {
    // Damage is told where it is; what does not fit can be chosen otherwise.
    if (!(error instanceof EngineError) || !['invalid-shape', 'unknown'].includes(error.code)) throw error;
    return { ...shown, ...NOTHING, problem: error.phrase };
  }
} // prettier-ignore

const NOTHING = {
  file: undefined,
  notes: [],
  steps: undefined,
  features: undefined,
  targetAxes: undefined,
  classNames: undefined,
  classes: undefined,
  tokenNames: undefined,
  sizes: undefined,
  counts: undefined,
  sample: undefined,
} as const;

type Shown = Pick<
  FilePreview,
  'path' | 'format' | 'bytes' | 'size' | 'columns' | 'rows' | 'arrays' | 'text' | 'dialect'
>;

async function beginning(path: string, { format, stamp, table, arrays }: FileHead, choices: FileChoices): Promise<Shown> {
  const text = format === 'text' ? await firstCharacters(path, choices) : undefined;
  return {
    path,
    format,
    bytes: stamp.bytes,
    size: stamp.bytes < 1 << 20 ? `${Math.ceil(stamp.bytes / 1024)} KB` : `${megabytes(stamp.bytes)} MB`,
    columns: table?.columns,
    rows: table?.rows.slice(0, SHOWN_ROWS).map(row => row.map(cell => cell.slice(0, 60))),
    dialect: table?.dialect,
    arrays: arrays?.map(({ name, type, shape }) => ({ name, type, shape })),
    text,
  };
} // prettier-ignore

async function firstCharacters(path: string, { encoding }: FileChoices): Promise<string> {
  const text = await readCharacters(path, encoding, {}, SHOWN_CHARACTERS);
  return Array.from({ length: text.length }, (_, index) => text.vocabulary[text.at(index)]).join('');
}

/** What a person may not expect. */
function widthNotes(dataset: Dataset, demand: Demand): Phrase[] {
  const { tokenNames, features } = dataset;
  const most = demand.vocabulary === null ? features : demand.vocabulary;
  if (!tokenNames || most === undefined || most <= tokenNames.length) return [];
  return [phrase('The text has {0} different characters; the model has room for {1}', tokenNames.length, most)];
}

function firstSample(dataset: Dataset): PreviewSample {
  const { steps, features, targetAxes, train, kind, classes, featureNames } = dataset;
  const inputs = new Float32Array(steps * features);
  train.readInputs([0], inputs);
  const size = targetAxes.reduce((all, one) => all * one, 1);
  const targets = classes === undefined ? new Float32Array(size) : new Int32Array(size);
  train.readTargets([0], targets);
  let length = steps;
  if (train.readLengths) {
    const lengths = new Int32Array(1);
    train.readLengths([0], lengths);
    length = lengths[0]!;
  }
  return { kind, steps: length, features, values: inputs.buffer, targets: Array.from(targets), featureNames };
}
