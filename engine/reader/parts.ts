/**
 * Definitions of a program that have nothing to do with each other, nor with what its module does, are parts of it: each is
 * read as a program of its own, with the imports and constants that it names. What is read of a part holds until its own
 * text changes, wherever it stands then, so that a keystroke costs the reading of one part.
 */
import { inOrder } from './alternatives.ts';
import type { Attempt } from './alternatives.ts';
import type { Reading, SymbolReading, TextRange } from './reading.ts';
import { lineNumber } from './source.ts';
import type { Expression, Statement } from './syntax.ts';

/** What a program shares without naming it: flags, collections of its graph. */
const SHARED = /\b[Ff][Ll][Aa][Gg][Ss]\b|\bget_(?:collection|total_loss|losses|default_graph)\b|\bglobals\b/;
/** Settings that a reading finds by what they are usually called. */
const USUAL_SETTING = /^(?:batch_?size|n_?batch)$/i;

/** How much all parts may cost: expressions that are evaluated. */
const MOST_WORK = 300_000;

/** A statement of a module. */
interface Piece {
  /** When it is run: its place among all. */
  readonly order: number;
  readonly statement: Statement;
  /** Whole lines. */
  readonly range: TextRange;
  /** A setting is an import or a constant: it may be run for each part anew. */
  readonly kind: 'definition' | 'setting' | 'act';
  /** The names that it gives a value. */
  readonly binds: readonly string[];
  readonly words: Words;
}

/** What the text of a statement names. */
interface Words {
  readonly names: readonly string[];
  /** Attributes of objects that are not its own, and those that its own objects store. */
  readonly others: readonly string[];
  readonly stored: readonly string[];
}

interface Part {
  readonly pieces: readonly Piece[];
  /** Whether something that stands at a place is told by this part; null for everything. */
  readonly tells: ((range: TextRange) => boolean) | null;
}

interface Known extends Attempt {
  /** Where its pieces stood. */
  readonly starts: readonly number[];
  /** Their lines, where the reading tells of lines. */
  readonly lines: readonly number[] | null;
}

/** What the parts of the last version of a text were read as. */
export class PartMemory {
  #known = new Map<string, Known>();
  #words = new Map<string, Words>();

  /**
   * The reading of a program.
   * @param context what a reading depends on besides the text of its part.
   * @param read reads statements as a program.
   */
  read(
    body: readonly Statement[],
    text: string,
    context: string,
    read: (statements: readonly Statement[]) => Attempt,
  ): Reading {
    const known = new Map<string, Known>();
    const words = new Map<string, Words>();
    const wordsOf = (piece: string): Words => {
      const found = this.#words.get(piece) ?? wordsIn(piece);
      words.set(piece, found);
      return found;
    };
    const readings: Reading[] = [];
    let work = 0;
    for (const { pieces, tells } of partsOf(body, text, wordsOf)) {
      if (work > MOST_WORK) break;
      const key = [context, ...pieces.map(({ range }) => text.slice(range.start, range.end))].join('\0');
      const starts = pieces.map(({ range }) => range.start);
      const lines = (): number[] => starts.map(start => lineNumber(text, start));
      const before = this.#known.get(key);
      const holds = before !== undefined && (before.lines === null || before.lines.join() === lines().join());
      const attempt = holds ? before : read(pieces.map(({ statement }) => statement));
      const reading = holds
        ? moved(before.reading, before.starts, starts)
        : tells === null
          ? attempt.reading
          : told(attempt.reading, tells);
      known.set(key, { reading, work: attempt.work, starts, lines: tellsLines(reading) ? lines() : null });
      readings.push(reading);
      work += attempt.work;
    }
    this.#known = known;
    this.#words = words;
    return together(readings);
  }
}

/** The parts of a program; the first is the module's own, with all that it names. */
function partsOf(body: readonly Statement[], text: string, wordsOf: (piece: string) => Words): Part[] {
  const constants = new Set<string>();
  const pieces = body
    .map((statement, order) => ({ statement, order }))
    .toSorted((a, b) => a.statement.range.start - b.statement.range.start)
    .map(({ statement, order }): Piece => {
      const { kind, binds } = roleOf(statement, constants);
      if (kind === 'setting') for (const name of binds) constants.add(name);
      const range = linesOf(statement, text);
      return { order, statement, range, kind, binds, words: wordsOf(text.slice(range.start, range.end)) };
    });
  const everything = pieces.some(({ kind, binds }) => kind === 'act' && binds.includes('*'));
  if (everything || SHARED.test(text)) return [{ pieces: asRun(pieces), tells: null }];
  const module = pieces.length;
  const group = [...pieces.keys(), module];
  const groupOf = (at: number): number => {
    let root = at;
    while (group[root] !== root) root = group[root] = group[group[root]!]!;
    return root;
  };
  const connect = (one: number, other: number): void => {
    group[groupOf(one)] = groupOf(other);
  };
  const owners = indexed(pieces, ({ binds }) => binds);
  const storing = indexed(pieces, ({ words }) => words.stored);
  pieces.forEach(({ kind, binds, words }, at) => {
    if (kind === 'act') connect(at, module);
    if (kind === 'setting') return;
    // A name that is given several things may be any of them.
    if (binds.some(name => owners.get(name)!.length > 1)) connect(at, module);
    for (const name of words.names) {
      for (const owner of owners.get(name) ?? []) if (pieces[owner]!.kind !== 'setting') connect(at, owner);
    }
    for (const name of words.others) for (const owner of storing.get(name) ?? []) connect(at, owner);
  });
  const members = new Map<number, Piece[]>([[groupOf(module), []]]);
  pieces.forEach((piece, at) => {
    if (piece.kind === 'setting') return;
    const root = groupOf(at);
    const others = members.get(root);
    if (others === undefined) members.set(root, [piece]);
    else others.push(piece);
  });
  const apart = [...members].flatMap(([root, own]) => (root === groupOf(module) ? [] : own.map(({ range }) => range)));
  const isApart = within(apart);
  const settings = pieces.filter(({ kind }) => kind === 'setting');
  const usual = settings.filter(({ binds }) => binds.some(name => name === '*' || USUAL_SETTING.test(name)));
  return [...members].map(([root, own]): Part => {
    const isModule = root === groupOf(module);
    const needed = isModule ? settings : settingsOf(own, usual, pieces, owners);
    const all = asRun([...needed, ...own]);
    const isOwn = within(own.map(({ range }) => range));
    return { pieces: all, tells: !isModule ? isOwn : apart.length === 0 ? null : range => !isApart(range) };
  });
}

/** In the order in which they are run. */
function asRun(pieces: readonly Piece[]): Piece[] {
  return pieces.toSorted((a, b) => a.order - b.order);
}

function indexed(pieces: readonly Piece[], keysOf: (piece: Piece) => readonly string[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  pieces.forEach((piece, at) => {
    for (const key of keysOf(piece)) {
      const places = found.get(key);
      if (places === undefined) found.set(key, [at]);
      else places.push(at);
    }
  });
  return found;
}

/** The settings that definitions name, and those that these name; those that readings look for are everybody's. */
function settingsOf(
  own: readonly Piece[],
  usual: readonly Piece[],
  pieces: readonly Piece[],
  owners: ReadonlyMap<string, number[]>,
): Piece[] {
  const found = new Set<Piece>();
  const waiting = [...own, ...usual];
  for (let piece = waiting.pop(); piece !== undefined; piece = waiting.pop()) {
    if (piece.kind === 'setting') {
      if (found.has(piece)) continue;
      found.add(piece);
    }
    for (const name of piece.words.names) {
      for (const owner of owners.get(name) ?? []) if (pieces[owner]!.kind === 'setting') waiting.push(pieces[owner]!);
    }
  }
  return [...found];
}

/** Whether the start of a range is in one of these, which must ascend. */
function within(ranges: readonly TextRange[]): (range: TextRange) => boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  return ({ start }) => {
    const found = sorted[lastAt(sorted.length, at => sorted[at]!.start <= start)];
    return found !== undefined && start < found.end;
  };
}

/** The last of so many places for which something holds that holds for all before it; -1 for none. */
function lastAt(count: number, holds: (at: number) => boolean): number {
  let [low, high] = [-1, count - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (holds(middle)) low = middle;
    else high = middle - 1;
  }
  return low;
}

function linesOf(statement: Statement, text: string): TextRange {
  const { range } = statement;
  const decorators = statement.kind === 'function' || statement.kind === 'class' ? statement.decorators : [];
  const from = Math.min(range.start, ...decorators.map(each => each.range.start));
  const end = text.indexOf('\n', range.end);
  return { start: text.lastIndexOf('\n', from - 1) + 1, end: end < 0 ? text.length : end };
}

function wordsIn(piece: string): Words {
  const all = (pattern: RegExp): string[] => [...new Set(Array.from(piece.matchAll(pattern), ([, word]) => word!))];
  return {
    names: all(/(?<![\w$.])([A-Za-z_$][\w$]*)/g),
    others: all(/(?<!\b(?:self|this))\.([A-Za-z_$][\w$]*)/g),
    stored: all(/\b(?:self|this)\.([A-Za-z_$][\w$]*)\s*=(?!=)/g),
  };
}

function roleOf(statement: Statement, settings: ReadonlySet<string>): Pick<Piece, 'kind' | 'binds'> {
  const binds = [...boundIn(statement)];
  switch (statement.kind) {
    case 'function':
    case 'class':
      return { kind: 'definition', binds };
    case 'import':
    case 'import-from':
      return { kind: 'setting', binds };
    case 'assign':
      return { kind: statement.targets.every(({ kind }) => kind === 'name') && isConstant(statement.value, settings) ? 'setting' : 'act', binds }; // prettier-ignore
    default:
      return { kind: 'act', binds };
  }
}

/** Whether an expression has the same value whenever it is evaluated, and nothing can change that. */
function isConstant(expression: Expression, settings: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'number':
    case 'constant':
      return true;
    case 'string':
      return expression.parts.every(part => typeof part === 'string');
    case 'name':
      return settings.has(expression.id);
    case 'unary':
      return isConstant(expression.operand, settings);
    case 'binary':
      return isConstant(expression.left, settings) && isConstant(expression.right, settings);
    case 'sequence':
      return expression.type === 'tuple' && expression.items.every(item => isConstant(item, settings));
    default:
      return false;
  }
}

/** The names that a statement may give another value, wherever in it that happens; `*` for any. */
function boundIn(statement: Statement): Set<string> {
  const names = new Set<string>();
  const target = (expression: Expression): void => {
    if (expression.kind === 'name') names.add(expression.id);
    else if (expression.kind === 'attribute' || expression.kind === 'subscript') target(expression.object);
    else if (expression.kind === 'starred') target(expression.value);
    else if (expression.kind === 'sequence') expression.items.forEach(target);
  };
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null) return;
    if (Array.isArray(node)) {
      node.forEach(visit);
      return;
    }
    const syntax = node as Statement | Expression;
    switch (syntax.kind) {
      case 'function':
      case 'class':
        names.add(syntax.name);
        return;
      case 'lambda':
        return;
      case 'import':
        names.add(syntax.alias ?? syntax.module.split('.')[0]!);
        return;
      case 'import-from':
        for (const { alias } of syntax.names) names.add(alias);
        return;
      case 'declare':
        names.add(syntax.name);
        return;
      case 'assign':
        syntax.targets.forEach(target);
        break;
      case 'update':
      case 'for':
      case 'assignment':
        target(syntax.target);
        break;
      case 'with':
        for (const item of syntax.items) if (item.target !== null) target(item.target);
        break;
      default:
    }
    Object.values(syntax).forEach(visit);
  };
  visit(statement);
  return names;
}

/** What a part tells of a program; of models and faults in what it only uses another part tells. */
function told(reading: Reading, tells: (range: TextRange) => boolean): Reading {
  const models = reading.models.map(({ range }) => tells(range));
  const places = models.map((_, at) => models.slice(0, at).filter(Boolean).length);
  return {
    models: reading.models.filter((_, at) => models[at]),
    symbols: reading.symbols.filter(({ range }) => tells(range)).map(symbol => renumbered(symbol, at => (models[at] ? places[at] : undefined))),
    diagnostics: reading.diagnostics.filter(({ range }) => tells(range)),
  };
} // prettier-ignore

/** A symbol whose models have other numbers. */
function renumbered(symbol: SymbolReading, number: (model: number) => number | undefined): SymbolReading {
  const one = <T extends { readonly model?: number }>(item: T): T => {
    if (item.model === undefined) return item;
    const { model, ...rest } = item;
    const next = number(model);
    return next === model ? item : ((next === undefined ? rest : { ...rest, model: next }) as T);
  };
  const { value } = symbol;
  return one(value.kind === 'alternatives' ? { ...symbol, value: { ...value, items: value.items.map(one) } } : symbol);
}

/** Whether a reading says in which line something stands. */
function tellsLines({ symbols }: Reading): boolean {
  return symbols.some(
    ({ value }) => value.kind === 'alternatives' && value.items.some(({ when }) => typeof when.args?.[0] === 'number'),
  );
}

/** A reading of pieces that stand elsewhere now. */
function moved(reading: Reading, before: readonly number[], after: readonly number[]): Reading {
  if (before.every((start, at) => start === after[at])) return reading;
  const order = [...before.keys()].sort((a, b) => before[a]! - before[b]!);
  const rangeOf = ({ start, end }: TextRange): TextRange => {
    const piece =
      order[
        Math.max(
          0,
          lastAt(order.length, at => before[order[at]!]! <= start),
        )
      ]!;
    const by = after[piece]! - before[piece]!;
    return { start: start + by, end: end + by };
  };
  return {
    models: reading.models.map(model => ({ ...model, range: rangeOf(model.range) })),
    symbols: reading.symbols.map(symbol => ({ ...symbol, range: rangeOf(symbol.range) })),
    diagnostics: reading.diagnostics.map(one => ({
      ...one,
      range: rangeOf(one.range),
      ...(one.fix && { fix: { ...one.fix, range: rangeOf(one.fix.range) } }),
    })),
  };
}

/** Readings of one text as one. */
export function together(readings: readonly Reading[]): Reading {
  const [only] = readings;
  if (readings.length === 1) return only!;
  const all = readings.flatMap(({ models }) => models);
  const models = inOrder(all);
  const places = new Map(models.map((model, at) => [model, at]));
  let before = 0;
  const symbols = readings.flatMap(reading => {
    const from = before;
    before += reading.models.length;
    return reading.symbols.map(symbol => renumbered(symbol, at => places.get(all[from + at]!)));
  });
  return { models, symbols: inOrder(symbols), diagnostics: inOrder(readings.flatMap(({ diagnostics }) => diagnostics)) };
} // prettier-ignore
