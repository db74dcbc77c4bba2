/** Cuts columns and arrays into samples: windows of a series, or rows. Nothing is copied before a batch asks for it. */
import { EngineError } from '../../errors.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import { Random } from '../../random.ts';
import type { Demand } from '../demand.ts';
import type { Scaling } from '../fileData.ts';
import type { Dataset, SampleKind, Split } from '../source.ts';
import { MOST_CLASSES } from './table.ts';

/** A series of numbers, one a row. */
export interface Column {
  readonly name: string;
  at(row: number): number;
  /** Names of its classes, which its numbers count; undefined for a column of numbers. */
  readonly classes: readonly string[] | undefined;
}

/** Parts of the rows that are kept for validation and test. */
export interface Parts {
  readonly validation: number;
  readonly test: number;
}

export const misfit = (reason: Phrase): EngineError => new EngineError('invalid-shape', reason);

type Part = 'train' | 'validation' | 'test';

/** First row and count of each part; a part that is wanted is not empty. */
export function partsOf(rows: number, { validation, test }: Parts): Readonly<Record<Part, readonly [number, number]>> {
  const tests = Math.min(rows - 1, test > 0 ? Math.max(1, Math.round(rows * test)) : 0);
  const validations = Math.min(rows - 1 - tests, Math.round(rows * validation));
  const trains = rows - tests - validations;
  return { train: [0, trains], validation: [trains, validations], test: [trains + validations, tests] };
}

/** What is subtracted from a column and what it is divided by. */
interface Scale {
  readonly mean: number;
  readonly deviation: number;
}

/** Over the training rows alone, so that nothing of the test part is known beforehand. */
function scaleOf(column: Column, first: number, rows: number, scaling: Scaling): Scale {
  if (scaling === 'none') return { mean: 0, deviation: 1 };
  if (scaling === 'bytes') return { mean: 0, deviation: 255 };
  let mean = 0;
  let squares = 0;
  // Welford's way keeps its digits where the mean is large.
  for (let n = 0; n < rows; n++) {
    const value = column.at(first + n);
    const step = value - mean;
    mean += step / (n + 1);
    squares += step * (value - mean);
  }
  const deviation = Math.sqrt(squares / Math.max(1, rows));
  return { mean, deviation: deviation > 0 ? deviation : 1 };
}

/** The labels of a column of words or whole numbers. */
interface Labels {
  readonly classes: number;
  readonly names: readonly string[];
  at(row: number): number;
}

/**
 * Numbers that lie within the model's classes stand for themselves; others are numbered by their size.
 * @throws EngineError `invalid-shape` when there are more different labels than classes
 */
function labelsOf(column: Column, rows: number, classes: number | undefined): Labels {
  if (column.classes) {
    const found = column.classes.length;
    if (classes !== undefined && found > classes) throw misfit(phrase('"{0}" has {1} different labels, the model tells {2} classes apart', column.name, found, classes)); // prettier-ignore
    return { classes: classes ?? found, names: column.classes, at: row => column.at(row) };
  }
  const different = new Set<number>();
  for (let row = 0; row < rows && different.size <= MOST_CLASSES; row++) different.add(column.at(row));
  const sorted = [...different].sort((a, b) => a - b);
  const whole = sorted.every(Number.isInteger);
  if (!whole || sorted.length > MOST_CLASSES) throw misfit(phrase('"{0}" holds no labels: there must be words or whole numbers that repeat', column.name)); // prettier-ignore
  const most = classes ?? sorted.length;
  if (sorted[0]! >= 0 && sorted.at(-1)! < most)
    return {
      classes: most,
      names: Array.from({ length: most }, (_, label) => String(label)),
      at: row => column.at(row),
    };
  if (sorted.length > most) throw misfit(phrase('"{0}" has {1} different labels, the model tells {2} classes apart', column.name, sorted.length, most)); // prettier-ignore
  const numbers = new Map(sorted.map((value, label) => [value, label]));
  return { classes: most, names: sorted.map(String), at: row => numbers.get(column.at(row))! };
}

/** How the targets of a row are read: `width` labels or values. */
interface Targets {
  readonly classes: number | undefined;
  readonly classNames?: readonly string[];
  at(row: number, place: number): number;
}

function targetsOf(columns: readonly Column[], rows: number, scales: readonly Scale[], demand: Demand): Targets {
  if (demand.target === 'values')
    return {
      classes: undefined,
      at: (row, place) => (columns[place]!.at(row) - scales[place]!.mean) / scales[place]!.deviation,
    };
  const labels = columns.map(column => labelsOf(column, rows, demand.target === 'binary' ? 2 : demand.width));
  if (demand.target === 'binary') return { classes: undefined, at: (row, place) => labels[place]!.at(row) };
  if (columns.length !== 1) throw misfit(phrase('there must be one column of labels, not {0}', columns.length));
  const [label] = labels;
  return { classes: label!.classes, classNames: label!.names, at: row => label!.at(row) };
}

const kindOf = (features: number, scaling: Scaling, series: boolean): SampleKind =>
  scaling === 'bytes' ? 'image' : series || features === 1 ? 'series' : 'vectors';

export interface WindowCut {
  readonly window: number;
  readonly horizon: number;
  readonly stride: number;
  readonly scaling: Scaling;
}

/**
 * Windows of a series. A model with K values for one target column predicts K rows one after another.
 * @throws EngineError `invalid-shape` naming what does not fit the model
 */
export function windowSamples(
  rows: number,
  inputs: readonly Column[],
  targets: readonly Column[],
  cut: WindowCut,
  parts: Parts,
  demand: Demand,
): Dataset {
  const { window, horizon, stride, scaling } = cut;
  const tokens = demand.vocabulary !== null;
  if (demand.steps !== undefined && demand.steps !== window)
    throw misfit(phrase('the model reads {0} steps, a window has {1}', demand.steps, window));
  if (demand.features !== undefined && demand.features !== inputs.length)
    throw misfit(
      phrase('the model reads {0} values at a step, {1} columns are chosen', demand.features, inputs.length),
    );
  let ahead = 1;
  if (demand.target !== 'labels' && demand.width !== undefined) {
    ahead = demand.width / targets.length;
    if (!Number.isInteger(ahead)) throw misfit(phrase('the model predicts {0} values, {1} columns are chosen as targets', demand.width, targets.length)); // prettier-ignore
  }
  const whole = partsOf(rows, parts);
  // Tokens are numbers of words, and are not scaled.
  const scales = inputs.map(column => scaleOf(column, ...whole.train, tokens ? 'none' : scaling));
  const targetScales = targets.map(column => scaleOf(column, ...whole.train, scaling));
  const read = targetsOf(targets, rows, targetScales, demand);
  if (tokens) for (const column of inputs) checkTokens(column, rows, demand);
  const span = window + horizon + ahead - 1;
  const features = inputs.length;
  const width = targets.length * ahead;
  const split = (part: Part): Split => {
    const [first, count] = whole[part];
    const fitting = count < span ? 0 : Math.floor((count - span) / stride) + 1;
    const begin = (sample: number): number => first + sample * stride;
    return {
      count: fitting,
      readInputs(samples, into) {
        let place = 0;
        for (let n = 0; n < samples.length; n++)
          for (let step = 0; step < window; step++)
            for (let feature = 0; feature < features; feature++) {
              const { mean, deviation } = scales[feature]!;
              into[place++] = (inputs[feature]!.at(begin(samples[n]!) + step) - mean) / deviation;
            }
      },
      readTargets(samples, into) {
        let place = 0;
        for (let n = 0; n < samples.length; n++)
          for (let step = demand.everyStep ? 0 : window - 1; step < window; step++)
            for (let value = 0; value < width; value++) {
              const row = begin(samples[n]!) + step + horizon + Math.floor(value / targets.length);
              into[place++] = read.at(row, value % targets.length);
            }
      },
    };
  };
  const dataset: Dataset = {
    kind: tokens ? 'tokens' : kindOf(features, scaling, true),
    steps: window,
    features,
    targetAxes: targetAxes(demand, window, read.classes === undefined ? width : undefined),
    classes: read.classes,
    ...(read.classNames && { classNames: read.classNames }),
    featureNames: inputs.map(({ name }) => name),
    train: split('train'),
    validation: split('validation'),
    test: split('test'),
  };
  if (dataset.train.count === 0 || dataset.test.count === 0)
    throw misfit(phrase('{0} rows are too few for windows of {1} in the parts to train on and to test on', rows, span));
  return dataset;
}

/** A label or one value a row has no axis of its own. */
function targetAxes(demand: Demand, steps: number, width: number | undefined): readonly number[] {
  return [...(demand.everyStep ? [steps] : []), ...(width === undefined ? [] : [width])];
}

function checkTokens(column: Column, rows: number, { vocabulary }: Demand): void {
  for (let row = 0; row < rows; row++) {
    const value = column.at(row);
    if (!Number.isInteger(value) || value < 0 || (typeof vocabulary === 'number' && value >= vocabulary))
      throw misfit(phrase('the model reads numbers of tokens from 0 to {0}, but "{1}" holds {2}', (vocabulary ?? Infinity) - 1, column.name, value)); // prettier-ignore
  }
}

/** Samples that lie ready: one a row. */
export interface RowSource {
  readonly rows: number;
  /** Values of the inputs of a row, steps one after another. */
  readonly width: number;
  /** Values of a step, where the file says it: the last of three axes. */
  readonly features?: number | undefined;
  input(row: number, place: number): number;
  /** Values of the targets of a row. */
  readonly targetWidth: number;
  target(row: number, place: number): number;
  /** Of a column of words. */
  readonly classes: readonly string[] | undefined;
}

/**
 * Rows as samples, drawn at random into the parts with the same draw every time; the rows of `test` are a test part of
 * their own.
 * @throws EngineError `invalid-shape` naming what does not fit the model
 */
export function rowSamples(
  source: RowSource,
  test: RowSource | undefined,
  scaling: Scaling,
  parts: Parts,
  demand: Demand,
): Dataset {
  const tokens = demand.vocabulary !== null;
  const features = demand.features ?? source.features ?? (demand.steps === undefined ? 1 : source.width / demand.steps);
  const steps = demand.steps ?? source.width / features;
  if (steps * features !== source.width || !Number.isInteger(steps))
    throw misfit(phrase('a sample has {0} values, the model reads {1} steps of {2}', source.width, demand.steps ?? '?', features));
  if (test && (test.width !== source.width || test.targetWidth !== source.targetWidth))
    throw misfit(phrase('the test samples are not like those to train on'));
  const perStep = demand.everyStep ? steps : 1;
  const expected = perStep * (demand.target === 'labels' ? 1 : (demand.width ?? source.targetWidth / perStep));
  // One-hot labels are given to a model of class labels as their numbers.
  const oneHot = demand.target === 'labels' && source.targetWidth === perStep * (demand.width ?? 0) && source.targetWidth > 1;
  if (source.targetWidth !== expected && !oneHot)
    throw misfit(phrase('a target has {0} values, the model predicts {1}', source.targetWidth, expected));
  const total = source.rows;
  if (!test && parts.test === 0) throw misfit(phrase('there must be a part to test on'));
  if (total < 2) throw misfit(phrase('there are {0} samples: too few to train on some and test on others', total));
  const order = Uint32Array.from({ length: total }, (_, row) => row);
  if (!test) new Random(42, 'parts').shuffle(order);
  const whole = partsOf(total, test ? { ...parts, test: 0 } : parts);
  const shared: Scale = { mean: 0, deviation: scaling === 'bytes' ? 255 : 1 };
  // A feature has one scale at all steps.
  const featureScale = (feature: number): Scale =>
    scaling === 'standardise' && !tokens
      ? scaleOf({ name: '', classes: undefined, at: n => source.input(order[Math.floor(n / steps)]!, (n % steps) * features + feature) }, 0, whole.train[1] * steps, scaling)
      : tokens ? { mean: 0, deviation: 1 } : shared;
  const scales = Array.from({ length: features }, (_, feature) => featureScale(feature));
  const columns = Array.from({ length: oneHot ? 1 : expected }, (_, place) => targetColumn(source, place, oneHot));
  const tests = test && Array.from({ length: oneHot ? 1 : expected }, (_, place) => targetColumn(test, place, oneHot));
  const targetScales = columns.map(column => scaleOf(column, 0, total, demand.target === 'values' && scaling === 'standardise' ? 'standardise' : 'none'));
  const read = readerOf(columns, total, targetScales, demand);
  const readTest = tests && (demand.target === 'values' ? readerOf(tests, 0, targetScales, demand) : labelledLike(read, tests));
  const split = (from: RowSource, targets: Targets, row: (sample: number) => number, count: number): Split => ({
    count,
    readInputs(samples, into) {
      let place = 0;
      for (let n = 0; n < samples.length; n++)
        for (let value = 0; value < from.width; value++) {
          const { mean, deviation } = scales[value % features]!;
          into[place++] = (from.input(row(samples[n]!), value) - mean) / deviation;
        }
    },
    readTargets(samples, into) {
      let place = 0;
      for (let n = 0; n < samples.length; n++)
        for (let value = 0; value < columns.length; value++) into[place++] = targets.at(row(samples[n]!), value);
    },
  });
  const own = (part: Part): Split => split(source, read, sample => order[whole[part][0] + sample]!, whole[part][1]);
  const image = scaling === 'bytes' && steps > 1 && features > 1;
  return {
    kind: tokens ? 'tokens' : image ? 'image' : kindOf(features, 'none', false),
    steps,
    features,
    targetAxes: targetAxes(demand, steps, read.classes === undefined ? expected / perStep : undefined),
    classes: read.classes,
    ...(read.classNames && { classNames: source.classes ?? read.classNames }),
    train: own('train'),
    validation: own('validation'),
    test: test && readTest ? split(test, readTest, sample => sample, test.rows) : own('test'),
  };
} // prettier-ignore

function targetColumn(source: RowSource, place: number, oneHot: boolean): Column {
  const at = oneHot ? (row: number) => hottest(source, row) : (row: number) => source.target(row, place);
  return { name: 'y', at, classes: source.classes };
}

function hottest(source: RowSource, row: number): number {
  let best = 0;
  for (let place = 1; place < source.targetWidth; place++)
    if (source.target(row, place) > source.target(row, best)) best = place;
  return best;
}

/** Labels at every step share one numbering; values have a scale each. */
function readerOf(columns: readonly Column[], rows: number, scales: readonly Scale[], demand: Demand): Targets {
  if (demand.target !== 'labels' || columns.length === 1) return targetsOf(columns, rows, scales, demand);
  const all: Column = {
    name: 'y',
    classes: columns[0]!.classes,
    at: place => columns[place % columns.length]!.at(Math.floor(place / columns.length)),
  };
  const labels = labelsOf(all, rows * columns.length, demand.width);
  return {
    classes: labels.classes,
    classNames: labels.names,
    at: (row, place) => labels.at(row * columns.length + place),
  };
}

/** The test labels by the numbering of the training ones, where both are numbers. */
function labelledLike(read: Targets, columns: readonly Column[]): Targets {
  const numbers = new Map(read.classNames?.map((name, label) => [name, label]));
  return {
    ...read,
    at: (row, place) => {
      const value = columns[place]!.at(row);
      return numbers.get(String(value)) ?? value;
    },
  };
}
