/** What data tells of the sizes that a program takes from it: `vocab_size = len(chars)`, `X.shape[2]`. */
import { EngineError } from '../errors.ts';
import { tensorAxes } from '../model/axes.ts';
import { evaluateSize, fillSizes, openNames, type Sizes, solveSize } from '../model/openSizes.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec, Size } from '../model/spec.ts';
import { unsupported } from '../model/support.ts';
import { demandOf } from './demand.ts';
import type { Dataset } from './source.ts';

/** Rows whose tokens are looked at in one go. */
const CHUNK = 256;
/** Stands for any number that data may tell; most products and sums can be solved for it. */
const ANY = 5040;

/** The sizes of data, as they meet those of a model. */
interface Extents {
  readonly steps: number;
  readonly features: number;
  /** Tokens are numbers below this one; only asked for where tokens go in by their numbers. */
  readonly vocabulary: () => number;
  /** Classes, or values of a target. */
  readonly width: number;
  /** A model may have room for more classes than there are. */
  readonly classes: boolean;
}

/** A size of the model, that of the data which it meets, and whether it may be larger. */
interface Meeting {
  readonly size: Size;
  readonly value: () => number;
  readonly room: boolean;
}

function meetings(spec: ModelSpec, extents: Extents): Meeting[] {
  const sequence = spec.inputs.find(({ role }) => role === 'sequence')!;
  const embedding = spec.nodes.find(node => node.op === 'embedding' && node.input.from === sequence.id);
  const prediction = tensorAxes(spec, spec.loss!.prediction)!;
  const { steps, features, vocabulary, width, classes } = extents;
  const read: Meeting =
    embedding?.op === 'embedding'
      ? { size: embedding.vocabulary, value: vocabulary, room: true }
      : { size: sequence.axes[1]!.size, value: () => features, room: false };
  return [
    read,
    { size: prediction.at(-1)!, value: () => width, room: classes },
    { size: sequence.axes[0]!.size, value: () => steps, room: false },
  ];
}

function solve(all: readonly Meeting[]): Map<string, number> {
  const sizes = new Map<string, number>();
  // A name by itself tells more than one in a sum.
  const bare = (one: Meeting): boolean => solveSize(one.size, 1, new Map())?.[1] === 1;
  for (const one of [...all.filter(bare), ...all.filter(other => !bare(other))]) {
    const value = typeof one.size === 'string' ? one.value() : 0;
    const now = evaluateSize(one.size, sizes);
    const [name, found] = (now === undefined || (one.room && now < value) ? solveSize(one.size, value, one.room ? new Map() : sizes) : undefined) ?? []; // prettier-ignore
    if (name !== undefined) sizes.set(name, found!);
  }
  return sizes;
}

/**
 * The sizes of a model that its data tells, by the names that they have in the source.
 * @throws EngineError `invalid-shape` where one name would have to be two sizes
 */
export function sizesOf(spec: ModelSpec, dataset: Dataset): Sizes {
  if ('text' in demandOf(spec)) return new Map();
  const { steps, features, targetAxes, classes, tokenNames } = dataset;
  const vocabulary = (): number => tokenNames?.length ?? countTokens(dataset);
  const width = classes ?? targetAxes.at(-1) ?? 1;
  const all = meetings(spec, { steps, features, vocabulary, width, classes: classes !== undefined });
  const sizes = solve(all);
  for (const { size, value, room } of all) {
    const filled = typeof size === 'string' ? evaluateSize(size, sizes) : undefined;
    if (filled === undefined || (room ? filled >= value() : filled === value())) continue;
    throw new EngineError('invalid-shape', phrase('the data does not fit: "{0}" would have to be {1} and {2}', size, filled, value())); // prettier-ignore
  }
  return sizes;
}

/** Those of them that are asked for, and not only named by us: how many steps there are need not be known. */
export function toldSizes(spec: ModelSpec, dataset: Dataset): (readonly [name: string, value: number])[] {
  const { ofTheData } = readiness(spec, []);
  return [...sizesOf(spec, dataset)].filter(([name]) => ofTheData.includes(name));
}

/** One more than the largest token. */
function countTokens({ steps, features, train, validation, test }: Dataset): number {
  const values = new Float32Array(CHUNK * steps * features);
  let largest = 0;
  for (const split of [train, validation, test])
    for (let first = 0; first < split.count; first += CHUNK) {
      const rows = Array.from({ length: Math.min(CHUNK, split.count - first) }, (_, n) => first + n);
      split.readInputs(rows, values);
      for (let n = 0; n < rows.length * steps * features; n++) largest = Math.max(largest, values[n]!);
    }
  return Math.floor(largest) + 1;
}

/** The model of a reading with the sizes put in that were given for it. */
export function withSizes<M extends { readonly spec: ModelSpec; readonly open: readonly Phrase[] }>(model: M, sizes: Sizes): M {
  if (sizes.size === 0) return model;
  return { ...model, spec: fillSizes(model.spec, sizes), open: stillOpen(model.open, sizes) };
} // prettier-ignore

/** What the reader left open and these sizes do not tell. */
function stillOpen(open: readonly Phrase[], sizes: Sizes): Phrase[] {
  return open.filter(({ args = [] }) => {
    const size = args.at(-1);
    return typeof size !== 'string' || evaluateSize(size, sizes) === undefined;
  });
}

/** What keeps a model from being trained, and which of its sizes wait for the data. */
export interface Readiness {
  /** Reasons that neither data nor the person helps against, most important first. */
  readonly obstacles: readonly Phrase[];
  /** Names of the sizes without which it cannot be run, and which data will tell. */
  readonly ofTheData: readonly string[];
  /** Names of those that only the person can tell. */
  readonly ofThePerson: readonly string[];
}

/** @param open what the reader left open */
export function readiness(spec: ModelSpec, open: readonly Phrase[]): Readiness {
  const all = 'text' in demandOf(spec) ? [] : meetings(spec, { steps: ANY, features: ANY, vocabulary: () => ANY, width: ANY, classes: true }); // prettier-ignore
  const told = solve(all);
  const sizes = new Map([...openNames(spec).map(name => [name, ANY] as const), ...told]);
  const refused = (one: Sizes): Phrase[] => unsupported(fillSizes(spec, one));
  const left = refused(sizes);
  const needed = [...sizes.keys()].filter(name => refused(new Map([...sizes].filter(([key]) => key !== name))).length > left.length); // prettier-ignore
  return {
    obstacles: [...left, ...stillOpen(open, sizes)],
    ofTheData: needed.filter(name => told.has(name)),
    ofThePerson: needed.filter(name => !told.has(name)),
  };
}
