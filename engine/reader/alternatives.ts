/**
 * Programs that leave open what their network is (`if cell == 'lstm': … elif cell == 'gru': …` with an unknown `cell`) are
 * read once for each answer, and the readings put together: a model for each, and at each name all that it can be.
 */
import { phrase } from '../model/phrase.ts';
import { describeValue } from './describe.ts';
import { type Answer, type Answers, answerText, Choices, turns } from './evaluation/choices.ts';
import type {
  AlternativeValue,
  Diagnostic,
  ModelReading,
  Reading,
  SymbolReading,
  TextRange,
  Value,
} from './reading.ts';

/** How many readings are put together, and how much they may cost: expressions that are evaluated. */
const MOST_READINGS = 8;
const MOST_WORK = 60_000;

/** One reading, and how many expressions it has evaluated. */
export interface Attempt {
  readonly reading: Reading;
  readonly work: number;
}

interface Branch {
  readonly reading: Reading;
  /** The answers on which it rests, as texts, by their questions. */
  readonly when: ReadonlyMap<string, string>;
}

/** The reading of a program whose open conditions are answered each way. */
export function readAlternatives(read: (choices: Choices) => Attempt): Reading {
  const open = new Choices();
  const both = read(open);
  if (open.questions.size === 0) return both.reading;
  const most = Math.min(MOST_READINGS, Math.floor(MOST_WORK / Math.max(1, both.work)));
  const branches: Branch[] = [];
  // What differs from the first way in one answer comes before what differs in several.
  let waiting: Answers[] = [new Map<string, Answer>()];
  let readings = 0;
  while (waiting.length > 0 && readings < most) {
    const [answers, ...rest] = waiting;
    const choices = new Choices(open.questions, answers);
    const { reading } = read(choices);
    readings++;
    const when = new Map([...choices.answers].map(([subject, answer]) => [subject, answerText(subject, answer)]));
    if (!choices.impossible) branches.push({ reading, when });
    waiting = [...rest, ...choices.others].toSorted((a, b) => turns(a) - turns(b));
  }
  return branches.length === 0 ? undecided(both.reading, open.questions) : joined(branches, waiting.length === 0);
}

/** Says of models that they are read with more than one branch of open conditions at once. */
function undecided(reading: Reading, questions: ReadonlySet<string>): Reading {
  const open = phrase('this network depends on {0}, which is not known', [...questions].join(', '));
  return { ...reading, models: reading.models.map(model => ({ ...model, open: [...model.open, open] })) };
}

/** @param complete whether these are all. */
function joined(branches: readonly Branch[], complete: boolean): Reading {
  const [first] = branches;
  if (branches.length === 1) return first!.reading;
  const models: ModelReading[] = [];
  const places = branches.map(() => [] as number[]);
  for (const group of grouped(branches, ({ reading }) => reading.models, model => JSON.stringify([model.spec, model.range, model.open]))) {
    const inside = group.map(({ branch }) => branch);
    const outside = [...branches.keys()].filter(branch => !inside.includes(branch));
    const when = outside.length === 0 ? null : conditionsOf(branches, [inside, outside])[0]!;
    const [{ item }] = group as [(typeof group)[number]];
    for (const { branch, at } of group) places[branch]![at] = models.length;
    const variant = when === null ? null : complete ? phrase('where {0}', when) : phrase('where {0}; not all alternatives are read', when);
    models.push(variant === null || item.variant !== undefined ? item : { ...item, variant });
  } // prettier-ignore
  const ordered = inOrder(models);
  const placed = (branch: number, at: number): number => ordered.indexOf(models[places[branch]![at]!]!);
  const numbered = branches.map(({ reading, when }, branch) => ({
    when,
    reading: {
      ...reading,
      symbols: reading.symbols.map(symbol =>
        symbol.model === undefined ? symbol : { ...symbol, model: placed(branch, symbol.model) },
      ),
    },
  }));
  return { models: ordered, symbols: symbolsOf(numbered), diagnostics: diagnosticsOf(branches) };
}

interface Member<T> {
  readonly branch: number;
  readonly at: number;
  readonly item: T;
}

/** What several branches have in common, by a key, in the order of the first that has it. */
function grouped<T>(
  branches: readonly Branch[],
  itemsOf: (branch: Branch) => readonly T[],
  keyOf: (item: T) => string,
): Member<T>[][] {
  const groups = new Map<string, Member<T>[]>();
  for (const [branch, one] of branches.entries()) {
    for (const [at, item] of itemsOf(one).entries()) {
      const key = keyOf(item);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, [{ branch, at, item }]);
      else group.push({ branch, at, item });
    }
  }
  return [...groups.values()];
}

/** What tells each of several groups of branches from the others, by as few questions as do. */
function conditionsOf(branches: readonly Branch[], groups: readonly (readonly number[])[]): string[] {
  const told = (branch: number, subjects: readonly string[]): string =>
    subjects.flatMap(subject => branches[branch]!.when.get(subject) ?? []).join(' and ');
  const decides = (subjects: readonly string[]): boolean => {
    const owners = new Map<string, number>();
    return groups.every((group, at) =>
      group.every(branch => {
        const text = told(branch, subjects);
        const owner = owners.get(text) ?? at;
        owners.set(text, owner);
        return owner === at;
      }),
    );
  };
  let subjects = [...new Set(branches.flatMap(({ when }) => [...when.keys()]))];
  for (const subject of subjects) {
    const fewer = subjects.filter(other => other !== subject);
    if (decides(fewer)) subjects = fewer;
  }
  return groups.map(group => [...new Set(group.map(branch => told(branch, subjects)))].join(' or '));
}

/** All that each place of the text can be. */
function symbolsOf(branches: readonly Branch[]): SymbolReading[] {
  const placeOf = ({ range }: SymbolReading): string => `${range.start} ${range.end}`;
  const symbols = grouped(branches, ({ reading }) => reading.symbols, placeOf).map((group): SymbolReading => {
    const [{ item: first }] = group as [Member<SymbolReading>];
    const values = new Map<string, Member<SymbolReading>[]>();
    for (const member of group) {
      const key = keyOf(member.item.value);
      values.set(key, [...(values.get(key) ?? []), member]);
    }
    if (values.size === 1) return first;
    const groups = [...values.values()];
    const conditions = conditionsOf(
      branches,
      groups.map(members => members.map(({ branch }) => branch)),
    );
    const items = groups.flatMap(([member], at): readonly AlternativeValue[] => {
      const { value, model } = member!.item;
      // What one branch already has several values for stays so.
      if (value.kind === 'alternatives') return value.items;
      return [{ value, when: phrase('where {0}', conditions[at]!), ...(model === undefined ? {} : { model }) }];
    }); // prettier-ignore
    return { ...first, value: { kind: 'alternatives', items } };
  });
  return inOrder(symbols);
}

/** What a hover says of a value: two that say the same are the same. */
function keyOf(value: SymbolReading['value']): string {
  if (value.kind === 'alternatives') return JSON.stringify(value.items.map(item => keyOf(item.value)));
  return valueKey(value);
}

/** What tells values apart for a person: shapes, dtypes and meanings; of layers also what they compute. */
function valueKey(value: Value): string {
  const text = describeValue(value, JSON.stringify);
  return value.kind === 'layer' ? JSON.stringify([text, value.equations, value.parameters]) : text;
}

/** A fault counts where every branch that comes to its place has it: two conditions may hang together unseen. */
function diagnosticsOf(branches: readonly Branch[]): Diagnostic[] {
  const comes = ({ reading }: Branch, { start, end }: TextRange): boolean =>
    reading.symbols.some(({ range }) => range.start < end && start < range.end);
  const found = grouped(
    branches,
    ({ reading }) => reading.diagnostics,
    one => JSON.stringify([one.code, one.range]),
  );
  const counted = found.filter(group =>
    branches.every((branch, at) => group.some(member => member.branch === at) || !comes(branch, group[0]!.item.range)),
  );
  return inOrder(counted.map(([first]) => first!.item));
}

/** As they stand in the text, the longer before what it holds. */
export function inOrder<T extends { readonly range: TextRange }>(items: readonly T[]): T[] {
  return items.toSorted((a, b) => a.range.start - b.range.start || b.range.end - a.range.end);
}
