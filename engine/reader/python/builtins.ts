/** Python's own functions and the methods of its lists, dicts and texts, as far as programs build models with them. */
import type { Arguments, Call, CallEntry, CallTable, Reader } from '../calls.ts';
import { extreme, many, numeric, range, truthOf } from '../sharedBuiltins.ts';
import type { TextRange } from '../reading.ts';
import { isOpen, itemsOf, MAX_ITEMS, pairsOf, setEntry, textOf, typicalItem } from '../items.ts';
import { add, type Dimension } from '../sizes.ts';
import {
  type Abstract, boolean, dimension, fromDimension, list, NONE, number, type Sequence, shortText, string, tuple, unknown,
} from '../values.ts'; // prettier-ignore

function zip({ args }: Call): Abstract {
  const [only] = args.rest;
  // zip(*pairs) of pairs of which only the typical one is known arrives as that one.
  if (args.rest.length === 1 && only?.kind === 'many' && only.item.kind === 'sequence') {
    return tuple(only.item.items.map(item => many(item, only.count)));
  }
  if (args.rest.length === 1 && only?.kind === 'many' && only.item.kind === 'many')
    return many(many(only.item.item, only.count), only.item.count);
  const columns = args.rest.map(itemsOf);
  if (columns.every(column => column !== null)) {
    const length = Math.min(...columns.map(column => column.length), MAX_ITEMS);
    return list(
      Array.from({ length: columns.length === 0 ? 0 : length }, (_, row) => tuple(columns.map(column => column[row]!))),
    );
  }
  const counts = args.rest.find(value => value.kind === 'many');
  return many(tuple(args.rest.map(typicalItem)), counts?.kind === 'many' ? counts.count : unknown(''));
}

function length({ args, reader, range }: Call): Abstract {
  const [of] = args.rest;
  if (of?.kind === 'many') return of.count;
  if (of?.kind === 'tensor') return fromDimension(of.axes?.[0]?.size ?? null);
  const items = itemsOf(of);
  if (items !== null) return number(items.length);
  const counted = of?.kind === 'object' ? of.attributes.get('length') : undefined;
  if (counted !== undefined) return counted;
  return unknown(of?.kind === 'dict' ? reader.textOf(range) : `len(${of === undefined ? '' : shortText(of)})`);
}

function sequenceOf(type: 'tuple' | 'list'): (call: Call) => Abstract {
  return ({ args }) => {
    const [of] = args.rest;
    if (of === undefined) return { kind: 'sequence', type, items: [] };
    const items = itemsOf(of);
    return items === null ? of : { kind: 'sequence', type, items };
  };
}

/** The different ones of values that are known; of others nobody knows how many differ. */
function distinct({ args, reader, range }: Call): Abstract {
  const items = args.rest.length === 0 ? null : itemsOf(args.rest[0]);
  const texts = items?.map(item => (textOf(item) === null ? null : `${item.kind} ${textOf(item)}`));
  if (items == null || texts === undefined || texts.includes(null)) return unknown(reader.textOf(range).slice(0, 60));
  return list(items.filter((_, at) => texts.indexOf(texts[at]!) === at));
}

/** What `dict(…)` makes of a dict or of pairs, and of named arguments. */
export function dictOf(args: Arguments): Abstract & { kind: 'dict' } {
  const [given] = args.rest;
  const items = given?.kind === 'many' ? [given.item] : (itemsOf(given) ?? []);
  const pairs = given?.kind === 'dict' ? [...given.pairs] : items.flatMap(pairOf);
  for (const name of args.names()) pairs.push([string(name), args.get(name)!]);
  const entries = new Map(
    pairs.flatMap(([key, value]) => (textOf(key) === null ? [] : [[textOf(key)!, value] as const])),
  );
  return { kind: 'dict', entries, pairs };
}

/** A dict of names. */
export function entriesOf(names: ReadonlyMap<string, Abstract>): Abstract & { kind: 'dict' } {
  return { kind: 'dict', entries: new Map(names), pairs: [...names].map(([name, value]) => [string(name), value]) };
}

/** Whether an object is known to have no such attribute: all of what it has stands in the text. */
function lacks(object: Abstract, name: string): boolean {
  if (object.kind === 'object') return ['namespace', 'settings'].includes(object.type) && !object.attributes.has(name);
  if (object.kind === 'dict') return object.byName === true && !object.entries.has(name);
  if (object.kind !== 'instance') return false;
  const { of, attributes } = object;
  return of.bases.every(isObject) && !attributes.has(name) && !of.members.has(name);
}

const isObject = (base: Abstract): boolean => base.kind === 'path' && base.path.endsWith('object');

function pairOf(item: Abstract): (readonly [Abstract, Abstract])[] {
  const [key, value] = itemsOf(item) ?? [];
  return key === undefined || value === undefined ? [] : [[key, value]];
}

export const BUILTINS: CallTable = {
  range: { signature: '*values', result: range },
  xrange: { signature: '*values', result: range },
  zip: { signature: '*values', result: zip },
  len: { signature: '*values', result: length },
  int: { signature: '*values', result: numeric(Math.trunc, true) },
  float: { signature: '*values', result: numeric(value => value, false) },
  abs: { signature: '*values', result: numeric(Math.abs, false) },
  round: { signature: '*values', result: numeric(Math.round, true) },
  max: { signature: '*values', result: extreme(Math.max) },
  min: { signature: '*values', result: extreme(Math.min) },
  sum: {
    signature: '*values',
    result: ({ args }) => {
      const [of] = args.rest;
      // Over all weights of a module, of which one stands for all.
      if (of?.kind === 'many' && of.item.kind === 'penalty') return of.item;
      const sizes = itemsOf(of)?.map(dimension);
      if (sizes === undefined || sizes.some(size => size === null)) return unknown('');
      return fromDimension(
        (sizes as Dimension[]).reduce<Dimension | null>((total, size) => (total === null ? null : add(total, size)), 0),
      );
    },
  },
  list: { signature: '*values', result: sequenceOf('list') },
  set: { signature: '*values', result: distinct },
  frozenset: { signature: '*values', result: distinct },
  tuple: { signature: '*values', result: sequenceOf('tuple') },
  reversed: {
    signature: '*values',
    result: ({ args }) => {
      const [of] = args.rest;
      const items = itemsOf(of);
      if (of?.kind === 'many' && of.item.kind === 'unknown') {
        const { backwards, ...item } = of.item;
        return many(backwards === true ? item : { ...item, backwards: true }, of.count);
      }
      return items === null ? (of ?? unknown('')) : list([...items].reverse());
    },
  },
  iter: { signature: '*values', result: ({ args }) => args.rest[0] ?? unknown('') },
  // The typical one of as many as there are.
  next: {
    signature: 'values, default=None',
    result: ({ args, reader, range }) => {
      const of = args.get('values');
      // One weight of a module, of which nothing is known, is no item.
      return of?.kind === 'many' && of.item.kind !== 'object' ? of.item : unknown(reader.textOf(range).slice(0, 60));
    },
  },
  map: {
    signature: 'function, *values',
    result: ({ args, reader, range }) => {
      const [make = unknown(''), columns] = [args.get('function'), args.rest];
      const all = columns.map(itemsOf);
      if (all.length > 0 && all.every(items => items !== null)) {
        const length = Math.min(...all.map(items => items.length), MAX_ITEMS);
        return list(Array.from({ length }, (_, row) => reader.call(make, all.map(items => items[row]!), range))); // prettier-ignore
      }
      const counts = columns.find(value => value.kind === 'many');
      return many(reader.call(make, columns.map(typicalItem), range), counts?.kind === 'many' ? counts.count : unknown('')); // prettier-ignore
    },
  },
  filter: { signature: 'function, values', result: ({ args }) => args.get('values') ?? unknown('') },
  sorted: { signature: 'values, key=None, reverse=False', result: ({ args }) => args.get('values') ?? unknown('') },
  enumerate: {
    signature: 'values, start=0',
    result: ({ args }) => {
      const values = args.get('values') ?? unknown('');
      const items = itemsOf(values);
      const start = args.number('start') ?? 0;
      if (items === null)
        return many(
          tuple([{ kind: 'unknown', text: 'i', number: true }, typicalItem(values)]),
          values.kind === 'many' ? values.count : unknown(''),
        );
      return list(items.map((item, at) => tuple([number(start + at), item])));
    },
  },
  str: {
    signature: '*values',
    result: ({ args }) => {
      const [value] = args.rest;
      if (value?.kind === 'string') return value;
      return value?.kind === 'number' ? string(shortText(value)) : unknown('');
    },
  },
  bool: {
    signature: '*values',
    result: ({ args }) => truth(args.rest[0]) ?? unknown(''),
  },
  open: {
    signature: 'file, mode=None',
    result: ({ args }) => ({ kind: 'object', type: 'file', attributes: new Map([['name', args.get('file') ?? NONE]]) }),
  },
  getattr: {
    signature: 'object, name, default',
    result: ({ args, reader, range }) => {
      const [object, fallback] = [args.get('object') ?? NONE, args.get('default')];
      const name = args.string('name') ?? recurrentClass(object, args.get('name'), reader);
      if (name === undefined) return unknown('');
      if (fallback !== undefined && lacks(object, name)) return fallback;
      return reader.attribute(object, name, range);
    },
  },
  hasattr: {
    signature: 'object, name',
    result: ({ args }) => {
      const [object, name] = [args.get('object'), args.string('name')];
      if (name === undefined || object === undefined) return unknown('');
      if (lacks(object, name)) return boolean(false);
      const holds = (object.kind === 'instance' || object.kind === 'object') && object.attributes.has(name);
      return holds ? boolean(true) : unknown('');
    },
  },
  setattr: {
    signature: 'object, name, value',
    result: ({ args }) => {
      const [object, name, value] = [args.get('object'), args.string('name'), args.get('value')];
      if (name === undefined || value === undefined) return NONE;
      if (object?.kind === 'instance' || object?.kind === 'object') object.attributes.set(name, value);
      return NONE;
    },
  },
  vars: {
    signature: '*values',
    result: ({ args }) => {
      const [of] = args.rest;
      return of?.kind === 'instance' || of?.kind === 'object' ? entriesOf(of.attributes) : unknown('');
    },
  },
  print: { signature: '*values', result: () => NONE },
  dict: {
    signature: '',
    result: ({ args }) => dictOf(args),
  },
};

/** The recurrent classes of modules by which programs take one whose name they are told. */
const RECURRENT_CLASSES: readonly { readonly module: RegExp; readonly names: readonly string[] }[] = [
  { module: /^torch\.nn$/, names: ['LSTM', 'GRU', 'RNN'] },
  { module: /(?:^|\.)layers$/, names: ['LSTM', 'GRU', 'SimpleRNN'] },
  { module: /(?:^|\.)(?:rnn_cell|contrib\.rnn)$/, names: ['LSTMCell', 'GRUCell', 'BasicRNNCell'] },
];

/** The class that a reading takes for `getattr(nn, rnn_type)` with an unknown `rnn_type`. */
function recurrentClass(object: Abstract, name: Abstract | undefined, reader: Reader): string | undefined {
  if (object.kind !== 'path' || name?.kind !== 'unknown' || !/rnn|cell|lstm|gru|recurrent|layer/i.test(shortText(name)))
    return undefined;
  const names = RECURRENT_CLASSES.find(({ module }) => module.test(object.path))?.names;
  const found = names === undefined ? null : reader.pick(name, names);
  return found?.kind === 'string' ? found.value : undefined;
}

/** Whether Python takes a value for true: a list or dict where it holds something; null where that cannot be told. */
export function truth(value: Abstract | undefined): Abstract | null {
  if (value?.kind === 'sequence') return boolean(value.items.length > 0);
  if (value?.kind === 'dict') return isOpen(value) ? null : boolean(value.pairs.length > 0);
  return truthOf(value);
}

const grow = (self: Sequence, items: readonly Abstract[]): void => {
  const own = self.items as Abstract[];
  for (const item of items) if (own.length < MAX_ITEMS) own.push(item);
};

/** A number that goes by what the program says. */
function numberOf(reader: Reader, range: TextRange): Abstract {
  return { kind: 'unknown', text: reader.textOf(range).slice(0, 60), number: true };
}

/** Methods by the kind of their object. */
/** What is read of a file: characters of which nobody knows how many. */
const FILE_TEXT: Abstract = many(unknown(''), unknown('len(text)'));
const ofFile = (name: string, value: Abstract): CallTable => ({ [`file.${name}`]: { signature: '*options', result: () => value } }); // prettier-ignore
/** A text that only has a length, which such a method may change. */
const ofText = (names: readonly string[]): CallTable =>
  Object.fromEntries(names.map(name => [`many.${name}`, { signature: '*options', result: ({ self }) => (self.kind === 'many' ? many(self.item, unknown('')) : self) }])); // prettier-ignore
const ofWords = (names: readonly string[]): CallTable =>
  Object.fromEntries(names.map(name => [`many.${name}`, { signature: '*options', result: () => many(many(unknown(''), unknown('')), unknown('')) }])); // prettier-ignore

export const BUILTIN_METHODS: CallTable = {
  ...ofFile('read', FILE_TEXT),
  ...ofFile('readline', many(unknown(''), unknown(''))),
  ...ofFile('readlines', many(many(unknown(''), unknown('')), unknown(''))),
  ...ofText(['strip', 'replace', 'rstrip', 'lstrip']),
  ...ofWords(['split', 'splitlines']),
  ...Object.fromEntries(['lower', 'upper', 'decode', 'encode'].map(name => [`many.${name}`, { signature: '*options', result: ({ self }) => self } satisfies CallEntry])), // prettier-ignore
  'sequence.append': {
    signature: 'item',
    result: ({ self, args, reader }) => {
      if (self.kind === 'sequence') {
        grow(self, [args.get('item') ?? unknown('')]);
        reader.grew(self);
      }
      return NONE;
    },
  },
  ...Object.fromEntries(['sequence', 'many'].map(kind => [`${kind}.index`, { signature: 'item', result: ({ reader, range }: Call) => numberOf(reader, range) }])), // prettier-ignore
  // Iterators of older programs.
  ...Object.fromEntries(['next', '__next__'].map(name => [`many.${name}`, { signature: '', result: ({ self }: Call) => typicalItem(self) }])), // prettier-ignore
  'string.find': { signature: 'sub', result: ({ reader, range }) => numberOf(reader, range) },
  'string.index': { signature: 'sub', result: ({ reader, range }) => numberOf(reader, range) },
  'sequence.extend': {
    signature: 'items',
    result: ({ self, args }) => {
      if (self.kind === 'sequence') grow(self, itemsOf(args.get('items')) ?? []);
      return NONE;
    },
  },
  'dict.update': {
    signature: '',
    result: ({ self, args }) => {
      if (self.kind !== 'dict') return NONE;
      for (const [key, value] of dictOf(args).pairs) setEntry(self, key, value);
      return NONE;
    },
  },
  'dict.setdefault': {
    signature: 'key, default=None',
    result: ({ self, args }) => {
      const [key, value] = [args.get('key') ?? unknown(''), args.get('default') ?? NONE];
      const known = self.kind === 'dict' ? self.entries.get(textOf(key) ?? '') : undefined;
      if (self.kind === 'dict' && known === undefined) setEntry(self, key, value);
      return known ?? value;
    },
  },
  'dict.get': {
    signature: 'key, default=None',
    result: ({ self, args, reader }) => {
      const key = args.get('key');
      if (self.kind !== 'dict' || key === undefined) return NONE;
      const chosen = key.kind === 'unknown' ? reader.oneOf(self, key) : null;
      return chosen ?? self.entries.get(args.string('key') ?? '') ?? args.get('default') ?? NONE;
    },
  },
  'dict.items': {
    signature: '',
    result: ({ self }) => (self.kind === 'dict' ? pairsOf(self, pair => tuple([...pair])) : unknown('')),
  },
  'dict.keys': {
    signature: '',
    result: ({ self }) => (self.kind === 'dict' ? pairsOf(self, ([key]) => key) : unknown('')),
  },
  'dict.values': {
    signature: '',
    result: ({ self }) => (self.kind === 'dict' ? pairsOf(self, ([, value]) => value) : unknown('')),
  },
  'string.format': {
    signature: '*values',
    result: ({ self, args }) => {
      if (self.kind !== 'string') return unknown('');
      let next = 0;
      let complete = true as boolean;
      const text = self.value.replace(/\{(\w*)(?::[^}]*)?\}/g, (_, field: string) => {
        const value =
          field === '' ? args.rest[next++] : /^\d+$/.test(field) ? args.rest[Number(field)] : args.get(field);
        const piece = textOf(value);
        complete &&= piece !== null;
        return piece ?? '';
      });
      return complete ? string(text) : unknown('');
    },
  },
  'string.join': {
    signature: 'iterable',
    result: ({ self, args }) => {
      const texts = itemsOf(args.get('iterable'))?.map(item => (item.kind === 'string' ? item.value : null));
      return self.kind === 'string' && texts?.every(text => text !== null) === true ? string(texts.join(self.value)) : unknown(''); // prettier-ignore
    },
  },
  'string.split': {
    signature: 'sep=None, maxsplit=-1',
    result: ({ self, args }) => {
      const separator = args.some('sep');
      if (self.kind !== 'string' || args.isGiven('maxsplit') || (separator !== undefined && separator.kind !== 'string')) return unknown(''); // prettier-ignore
      const parts = separator === undefined ? self.value.trim().split(/\s+/) : self.value.split(separator.value);
      return parts.length > MAX_ITEMS ? unknown('') : list(parts.map(string));
    },
  },
  'string.lower': {
    signature: '',
    result: ({ self }) => (self.kind === 'string' ? string(self.value.toLowerCase()) : unknown('')),
  },
  'string.upper': {
    signature: '',
    result: ({ self }) => (self.kind === 'string' ? string(self.value.toUpperCase()) : unknown('')),
  },
};
