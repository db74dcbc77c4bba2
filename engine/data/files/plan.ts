/**
 * From a file, a model and what a person says of them to the choice that is kept and the samples that it gives. The
 * preview, the command line and training all come through here.
 */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { EngineError } from '../../errors.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import type { Demand } from '../demand.ts';
import type { Arrangement, FileChoices, FileData, Scaling } from '../fileData.ts';
import type { Dataset } from '../source.ts';
import { type ArrayFile, type ArrayHead, type NumberArray, openIdx, openNpy, openNpz, product } from './arrays.ts';
import { type FileStamp, type Reading, stampOf } from './bytes.ts';
import { detectFormat, type FileFormat } from './detect.ts';
import { type Column, misfit, rowSamples, type RowSource, windowSamples } from './samples.ts';
import { type ColumnHead, readTable, readTableHead, type TableHead } from './table.ts';
import { readCharacters } from './text.ts';
import { characterSamples, lineSamples } from './textSamples.ts';

/** What the beginning of a file shows. */
export interface FileHead {
  readonly format: FileFormat;
  readonly stamp: FileStamp;
  readonly table?: TableHead;
  /** Arrays of an npy, npz or IDX file; those of a second file with the targets are not among them. */
  readonly arrays?: readonly ArrayHead[];
  readonly targetsPath?: string;
}

const WINDOW = 20;
const CHARACTERS = 64;
const LONGEST_LINE = 200;
const PART = 0.1;

/** Names under which programs keep arrays, the first that is there. */
const INPUT_NAMES = ['x_train', 'X_train', 'train_x', 'trainX', 'X', 'x', 'inputs', 'data', 'features', 'images', 'train_images', 'arr_0']; // prettier-ignore
const TARGET_NAMES = ['y_train', 'Y_train', 'train_y', 'trainY', 'y', 'Y', 'targets', 'target', 'labels', 'label', 'train_labels', 'arr_1']; // prettier-ignore
const TEST_NAMES = [['x_test', 'y_test'], ['X_test', 'y_test'], ['X_test', 'Y_test'], ['test_x', 'test_y'], ['testX', 'testY'], ['test_images', 'test_labels']] as const; // prettier-ignore
/** Columns that are predicted, and columns that only count. */
const TARGET_COLUMN = /^(target|label|class|y|close|value|output)s?$/i;
const COUNTING_COLUMN = /^(unnamed.*|column 1|index|id|row|time|date|datetime|timestamp|step|t)$/i;

/** @throws EngineError as the readers of the formats */
export async function headOf(path: string, choices: FileChoices): Promise<FileHead> {
  const stamp = await stampOf(path);
  const format = await detectFormat(path, choices.encoding);
  if (format === 'text' || choices.arrangement === 'characters' || choices.arrangement === 'lines')
    return { format: 'text', stamp };
  if (format === 'table') {
    const { header, delimiter, encoding } = choices;
    const given = { ...(header !== undefined && { header }), ...(delimiter && { delimiter }), ...(encoding && { encoding }) };
    return { format, stamp, table: await readTableHead(path, given) };
  }
  const { heads } = await openArrays(path, format);
  const targetsPath = choices.targetsPath ?? (format === 'npz' ? undefined : targetsBeside(path));
  return { format, stamp, arrays: heads, ...(targetsPath && { targetsPath }) };
} // prettier-ignore

/** Windows of a long text lie side by side; of a short one they overlap, so that there are some thousands. */
function strideOf(bytes: number, window: number): number {
  return Math.min(window, Math.max(1, Math.floor(bytes / 3000)));
}

function openArrays(path: string, format: FileFormat): Promise<ArrayFile> {
  return format === 'npz' ? openNpz(path) : format === 'idx' ? openIdx(path) : openNpy(path);
}

/** The file of the targets that lies beside one of inputs: `y_train.npy` beside `X_train.npy`. */
function targetsBeside(path: string): string | undefined {
  const name = basename(path);
  const names = [
    name.replace(/^[xX](?=[._-]|$)/, 'y'),
    name.replace('images-idx3', 'labels-idx1'),
    name.replace(/inputs?|features/i, 'targets'),
    name.replace(/inputs?|features|images/i, 'labels'),
  ];
  const beside = names.filter(other => other !== name).map(other => join(dirname(path), other));
  return beside.find(other => existsSync(other));
}

/** The choice that a person's words and the model leave, guessed where they say nothing. */
export function plan(path: string, head: FileHead, demand: Demand, choices: FileChoices): FileData {
  const { stamp, table, targetsPath } = head;
  return {
    path,
    ...(targetsPath && { targetsPath }),
    ...(table && { dialect: table.dialect }),
    ...(head.format === 'text' && choices.encoding && { encoding: choices.encoding }),
    arrangement: arrange(head, demand, choices),
    validation: choices.validation ?? PART,
    test: choices.test ?? PART,
    stamp: { bytes: stamp.bytes, modified: stamp.modified },
  };
}

function arrange(head: FileHead, demand: Demand, choices: FileChoices): Arrangement {
  const window = demand.steps ?? choices.window;
  if (head.format === 'text') {
    const kind = choices.arrangement ?? (demand.target === 'labels' && !demand.everyStep && demand.width !== undefined && demand.width < 20 ? 'lines' : 'characters');
    if (kind === 'lines') return { kind, longest: window ?? LONGEST_LINE, labelled: !demand.everyStep };
    const characters = window ?? CHARACTERS;
    return { kind: 'characters', window: characters, stride: choices.stride ?? strideOf(head.stamp.bytes, characters) };
  }
  if (head.table) return arrangeColumns(head.table.columns, demand, choices);
  const arrays = head.arrays ?? [];
  const named = (names: readonly string[]): string | undefined => names.find(name => arrays.some(one => one.name === name));
  const { inputs: asked, ...others } = choices;
  const chosen = arrays.find(({ name }) => name !== '' && name === asked?.[0]);
  const array = chosen ?? arrays.find(({ name }) => name === named(INPUT_NAMES)) ?? arrays[0];
  if (!array) throw misfit(phrase('the file has no column of numbers that could be read'));
  const inputs = array.name;
  const targets = choices.targets?.[0] ?? named(TARGET_NAMES) ?? (head.targetsPath ? '' : undefined);
  // One array by itself is a series, or a table whose last column is the target.
  if ((targets === undefined || targets === inputs || arrays.length === 1) && !head.targetsPath && array.shape.length < 3)
    return arrangeColumns(columnsOfShape(array), demand, chosen ? others : choices);
  const test = TEST_NAMES.find(([x, y]) => inputs !== x && arrays.some(({ name }) => name === x) && arrays.some(({ name }) => name === y));
  const bytes = array.type === 'uint8' && demand.vocabulary === null;
  const scaling: Scaling = choices.scaling ?? (bytes ? 'bytes' : 'none');
  return { kind: 'arrays', inputs, targets: targets ?? '', ...(test && { test: { inputs: test[0], targets: test[1] } }), scaling };
} // prettier-ignore

function columnsOfShape({ shape }: ArrayHead): ColumnHead[] {
  return Array.from({ length: product(shape.slice(1)) }, (_, column) => ({ name: String(column), kind: 'numbers' }));
}

function arrangeColumns(columns: readonly ColumnHead[], demand: Demand, choices: FileChoices): Arrangement {
  const usable = columns.filter(({ kind }) => kind !== 'text');
  const numbers = usable.filter(({ kind }) => kind === 'numbers');
  const labels = demand.target !== 'values';
  const size = demand.steps !== undefined && demand.features !== undefined ? demand.steps * demand.features : undefined;
  const everyColumn = columns.length - 1;
  const rows = choices.arrangement === 'rows' || (choices.arrangement === undefined && size !== undefined && size > 1 && everyColumn === size && demand.steps !== 1); // prettier-ignore
  const named = usable.find(({ name }) => TARGET_COLUMN.test(name));
  const word = usable.find(({ kind }) => kind === 'classes');
  const target = (labels ? (word ?? named) : named) ?? (labels || rows ? usable.at(-1) : undefined);
  if (rows) {
    const targets = choices.targets ?? (target ? [target.name] : []);
    const inputs = choices.inputs ?? columns.filter(({ name, kind }) => kind === 'numbers' && !targets.includes(name)).map(({ name }) => name); // prettier-ignore
    return { kind: 'rows', inputs: some(inputs), targets: some(targets), scaling: choices.scaling ?? 'standardise' };
  }
  const counting = numbers.length > (demand.features ?? 1) ? numbers.filter(({ name, counts }) => !counts && !COUNTING_COLUMN.test(name)) : numbers; // prettier-ignore
  let inputs = choices.inputs;
  let targets = choices.targets ?? (target && [target.name]);
  if (!inputs) {
    const free = counting.map(({ name }) => name);
    const others = free.filter(name => !targets?.includes(name));
    const wanted = demand.features ?? free.length;
    // What is predicted is among what is seen, unless the model takes just the others.
    inputs = labels || others.length === wanted ? others : free;
    if (inputs.length > wanted) {
      const first = targets?.filter(name => free.includes(name)) ?? [];
      const rest = inputs.filter(name => !first.includes(name));
      inputs = labels ? rest.slice(0, wanted) : [...first, ...rest].slice(0, wanted);
    }
  }
  targets ??= [inputs.at(-1) ?? ''];
  // A model of as many values as it reads predicts all of them.
  if (!choices.targets && !labels && demand.width !== undefined && demand.width > 1 && demand.width === inputs.length)
    targets = inputs;
  return {
    kind: 'windows',
    inputs: some(inputs),
    targets: some(targets),
    window: demand.steps ?? choices.window ?? WINDOW,
    horizon: choices.horizon ?? (labels ? 0 : 1),
    stride: choices.stride ?? 1,
    scaling: choices.scaling ?? (demand.vocabulary === null ? 'standardise' : 'none'),
  };
}

function some(names: readonly string[]): string[] {
  if (names.length === 0) throw misfit(phrase('the file has no column of numbers that could be read'));
  return [...names];
}

/** What reading gave. */
export interface LoadedFile {
  readonly dataset: Dataset;
  /** What was mended or left out. */
  readonly notes: readonly Phrase[];
  /** Rows (characters, lines) that were read. */
  readonly rows: number;
}

/** Rows or characters of a file that are read at most: for a preview. */
export interface Excerpt {
  readonly rows: number;
}

/**
 * Reads a file by a choice that was made.
 * @throws EngineError `damaged-file` with path, line or offset; `invalid-shape` naming what does not fit the model;
 *   `no-memory`, `missing-file`, `cancelled`
 */
export async function loadFile(file: FileData, demand: Demand, reading: Reading, excerpt?: Excerpt): Promise<LoadedFile> {
  const paths = [file.path, ...(file.targetsPath === undefined ? [] : [file.targetsPath])];
  const before = await Promise.all(paths.map(stampOf));
  const loaded = await loadParts(file, demand, reading, excerpt);
  const after = await Promise.all(paths.map(stampOf));
  const changed = paths.find((_, at) => before[at]!.bytes !== after[at]!.bytes || before[at]!.modified !== after[at]!.modified);
  // Of a beginning it is all the same what comes after it.
  if (changed !== undefined && !excerpt) throw new EngineError('damaged-file', phrase('{0} has changed while it was read', changed));
  return loaded;
} // prettier-ignore

async function loadParts(file: FileData, demand: Demand, reading: Reading, excerpt?: Excerpt): Promise<LoadedFile> {
  const { path, arrangement, encoding } = file;
  const parts = { validation: file.validation, test: file.test };
  if (arrangement.kind === 'characters' || arrangement.kind === 'lines') {
    const text = await readCharacters(path, encoding, reading);
    const dataset = arrangement.kind === 'characters' ? characterSamples(text, arrangement, parts, demand) : lineSamples(text, arrangement, parts, demand);
    return { dataset, notes: [], rows: text.length };
  }
  if (arrangement.kind === 'arrays') return loadArrays(file, arrangement, demand, reading);
  const { columns, rows, notes } = await loadColumns(file, [...arrangement.inputs, ...arrangement.targets], reading, excerpt);
  const inputs = arrangement.inputs.map(name => columns.get(name)!);
  const targets = arrangement.targets.map(name => columns.get(name)!);
  const word = inputs.find(({ classes }) => classes && demand.vocabulary === null);
  if (word) throw misfit(phrase('"{0}" holds words, the model reads numbers', word.name));
  if (arrangement.kind === 'windows')
    return { dataset: windowSamples(rows, inputs, targets, arrangement, parts, demand), notes, rows };
  const source: RowSource = {
    rows,
    width: inputs.length,
    input: (row, place) => inputs[place]!.at(row),
    targetWidth: targets.length,
    target: (row, place) => targets[place]!.at(row),
    classes: targets[0]?.classes,
  };
  return { dataset: rowSamples(source, undefined, arrangement.scaling, parts, demand), notes, rows };
} // prettier-ignore

interface LoadedColumns {
  readonly rows: number;
  readonly columns: ReadonlyMap<string, Column>;
  readonly notes: readonly Phrase[];
}

async function loadColumns({ path, dialect }: FileData, names: readonly string[], reading: Reading, excerpt?: Excerpt): Promise<LoadedColumns> {
  const wanted = [...new Set(names)];
  if (dialect) return readTable(path, await readTableHead(path, dialect), wanted, reading, excerpt?.rows);
  const format = await detectFormat(path);
  const file = await openArrays(path, format);
  const array = await file.load(file.heads.find(({ shape }) => shape.length > 0 && shape.length < 3)?.name ?? '', reading);
  const column = (name: string): Column => {
    const place = Number(name);
    if (!Number.isInteger(place) || place < 0 || place >= array.width)
      throw new EngineError('unknown', phrase('{0} has no column "{1}"; there are {2}', path, name, `0 … ${array.width - 1}`));
    return { name, classes: undefined, at: row => array.at(row, place) };
  };
  return { rows: array.rows, columns: new Map(wanted.map(name => [name, column(name)])), notes: [] };
} // prettier-ignore

async function loadArrays(
  { path, targetsPath, validation, test }: FileData,
  arrangement: Extract<Arrangement, { kind: 'arrays' }>,
  demand: Demand,
  reading: Reading,
): Promise<LoadedFile> {
  const file = await openArrays(path, await detectFormat(path));
  const targetFile = targetsPath ? await openArrays(targetsPath, await detectFormat(targetsPath)) : file;
  const pair = async (inputs: string, targets: string): Promise<RowSource> =>
    rowSource(await file.load(inputs, reading), await targetFile.load(targets, reading));
  const source = await pair(arrangement.inputs, arrangement.targets);
  const tests = arrangement.test && (await pair(arrangement.test.inputs, arrangement.test.targets));
  const dataset = rowSamples(source, tests, arrangement.scaling, { validation, test }, demand);
  return { dataset, notes: [], rows: source.rows };
}

function rowSource(inputs: NumberArray, targets: NumberArray): RowSource {
  if (inputs.rows !== targets.rows) throw misfit(phrase('there are {0} inputs and {1} targets', inputs.rows, targets.rows));
  return {
    rows: inputs.rows,
    width: inputs.width,
    features: inputs.shape.length > 2 ? inputs.shape.at(-1) : undefined,
    input: (row, place) => inputs.at(row, place),
    targetWidth: targets.width,
    target: (row, place) => targets.at(row, place),
    classes: undefined,
  };
} // prettier-ignore
