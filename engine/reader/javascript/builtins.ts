/** JavaScript's own functions and the methods of its arrays, objects and texts, as far as programs build models with them. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { itemsOf, MAX_ITEMS, textOf, typicalItem } from '../items.ts';
import { parseJson } from '../json.ts';
import { extreme, many, numeric, range, truthOf } from '../sharedBuiltins.ts';
import {
  type Abstract,
  boolean,
  dimension,
  list,
  NONE,
  fromDimension,
  number,
  type Sequence,
  shortText,
  string,
  tuple,
  unknown,
} from '../values.ts';
import { sliceSize } from '../tensors.ts';
import { COUNT } from './parse.ts';

function lengthOf(value: Abstract): Abstract {
  if (value.kind === 'many') return value.count;
  const items = itemsOf(value);
  return items === null ? unknown('length') : number(items.length);
}

/** `Array.from({length: n}, make)` and `Array.from(values, make)`. */
function arrayFrom({ args, reader, range: at }: Call): Abstract {
  const [of = unknown(''), make] = args.rest;
  const count = of.kind === 'dict' ? of.entries.get('length') : undefined;
  const values = count === undefined ? of : ofLength(count);
  return make === undefined ? values : mapped({ values, make, reader, range: at });
}

/** An array of that many undefined items. */
function ofLength(count: Abstract): Abstract {
  const size = dimension(count);
  return typeof size === 'number' && size >= 0 && size <= MAX_ITEMS
    ? list(Array.from({ length: size }, () => NONE))
    : many(NONE, count);
}

interface Mapping extends Pick<Call, 'reader' | 'range'> {
  readonly values: Abstract;
  readonly make: Abstract;
}

/** What a function gives of every item, which it is called with beside its place. */
function each({ values, make, reader, range: at }: Mapping): readonly Abstract[] | null {
  const items = itemsOf(values);
  return items?.map((item, place) => reader.call(make, [item, number(place)], at)) ?? null;
}

function mapped(mapping: Mapping): Abstract {
  const made = each(mapping);
  if (made !== null) return list(made);
  const { values, make, reader, range: at } = mapping;
  const item = reader.call(make, [typicalItem(values), unknown('index')], at);
  return many(item, lengthOf(values));
}

/** A method that calls a function on every item. */
function overItems(result: (of: readonly Abstract[], made: readonly Abstract[]) => Abstract): CallEntry {
  return {
    signature: 'callback',
    result: ({ self, args, reader, range: at }) => {
      const made = each({ values: self, make: args.get('callback') ?? NONE, reader, range: at });
      return made === null ? unknown('') : result(itemsOf(self) ?? [], made);
    },
  };
}

const holds = (value: Abstract): boolean =>
  truthOf(value)?.kind === 'boolean' && (truthOf(value) as { value: boolean }).value;

function push({ self, args, reader }: Call): Abstract {
  if (self.kind !== 'sequence') return NONE;
  const own = self.items as Abstract[];
  for (const item of args.rest) if (own.length < MAX_ITEMS) own.push(item);
  reader.grew(self);
  return number(own.length);
}

function fill({ self, args }: Call): Abstract {
  const value = args.rest[0] ?? NONE;
  if (self.kind === 'many') return many(value, self.count);
  return self.kind === 'sequence' ? list(self.items.map(() => value)) : self;
}

/** Goes on from a first value; with functions of two sizes or layers it is the fold that they describe. */
function reduce({ self, args, reader, range: at }: Call): Abstract {
  const items = itemsOf(self);
  const [make = NONE, first] = args.rest;
  if (items === null) return unknown('');
  const start = first ?? items[0] ?? unknown('');
  return items.slice(first === undefined ? 1 : 0).reduce((total, item, place) => reader.call(make, [total, item, number(place)], at), start);
} // prettier-ignore

/** An array of which only the length is known. */
function part({ self, args }: Call): Abstract {
  const [from, to] = args.rest;
  if (args.rest.some(bound => bound.kind === 'sequence')) return unknown('');
  const count = self.kind === 'many' ? dimension(self.count) : null;
  const size = sliceSize(count, [from ?? NONE, to ?? NONE, NONE]);
  return many(self.kind === 'many' ? self.item : unknown(''), size === null ? unknown('') : fromDimension(size));
}

/** Calls a function on an item of an array of which only the typical one is known. */
function seen({ self, args, reader, range: at }: Call): Abstract {
  reader.call(args.rest[0] ?? NONE, [self.kind === 'many' ? self.item : unknown(''), { kind: 'unknown', text: 'index', number: true }], at); // prettier-ignore
  return NONE;
}

/** The different ones of values that are known. */
function distinct({ args }: Call): Abstract {
  const items = args.rest.length === 0 ? [] : itemsOf(args.rest[0]);
  const texts = items?.map(item => (textOf(item) === null ? null : `${item.kind} ${textOf(item)}`));
  if (items === null || texts === undefined || texts.includes(null)) return many(typicalItem(args.rest[0] ?? NONE), unknown('')); // prettier-ignore
  return list(items.filter((_, at) => texts.indexOf(texts[at]!) === at));
}

function sliced({ self, args }: Call): Abstract {
  const [from, to] = args.rest.map(bound => (bound.kind === 'number' ? bound.value : null));
  if (self.kind !== 'sequence' || from === null || to === null) return self;
  return list(self.items.slice(from, to));
}

const entry = (result: CallEntry['result']): CallEntry => ({ signature: '*values', result });

function ofObject(pick: (of: Abstract & { kind: 'dict' }) => readonly Abstract[]): CallEntry {
  return entry(({ args }) => (args.rest[0]?.kind === 'dict' ? list(pick(args.rest[0])) : unknown('')));
}

function assigned({ args }: Call): Abstract {
  const [target, ...more] = args.rest;
  if (target?.kind !== 'dict') return target ?? NONE;
  for (const from of more) if (from.kind === 'dict') for (const [key, value] of from.entries) setEntry(target, key, value);
  return target;
} // prettier-ignore

function setEntry(dict: Abstract & { kind: 'dict' }, key: string, value: Abstract): void {
  if (dict.entries.size >= MAX_ITEMS) return;
  dict.entries.set(key, value);
  (dict.pairs as (readonly [Abstract, Abstract])[]).push([string(key), value]);
}

/** JSON that stands in the program as a text. */
function parsed({ args }: Call): Abstract {
  const [text] = args.rest;
  return text?.kind === 'string' ? parseJson(text.value) : unknown('');
}

/** By path. `require` gives the module itself, as an import does. */
export const FUNCTIONS: CallTable = {
  [COUNT]: entry(range),
  require: entry(({ args, reader }) => {
    const [name] = args.rest;
    return name?.kind === 'string' ? (reader.imported(name.value) ?? { kind: 'path', path: name.value }) : NONE;
  }),
  Array: entry(({ args }) => (args.rest.length === 1 ? ofLength(args.rest[0]!) : list(args.rest))),
  'Array.from': entry(arrayFrom),
  Set: entry(distinct),
  'Array.isArray': entry(({ args }) => {
    const kind = args.rest[0]?.kind ?? 'unknown';
    return kind === 'unknown' ? unknown('') : boolean(kind === 'sequence' || kind === 'many');
  }),
  'Array.of': entry(({ args }) => list(args.rest)),
  'Object.keys': ofObject(of => [...of.entries.keys()].map(string)),
  'Object.values': ofObject(of => [...of.entries.values()]),
  'Object.entries': ofObject(of => [...of.entries].map(([key, value]) => tuple([string(key), value]))),
  'Object.assign': entry(assigned),
  'Object.freeze': entry(({ args }) => args.rest[0] ?? NONE),
  'JSON.parse': entry(parsed),
  'Math.floor': entry(numeric(Math.floor, true)),
  'Math.ceil': entry(numeric(Math.ceil, true)),
  'Math.round': entry(numeric(Math.round, true)),
  'Math.trunc': entry(numeric(Math.trunc, true)),
  'Math.abs': entry(numeric(Math.abs, false)),
  'Math.sqrt': entry(numeric(Math.sqrt, false)),
  'Math.log2': entry(numeric(Math.log2, false)),
  'Math.max': entry(extreme(Math.max)),
  'Math.min': entry(extreme(Math.min)),
  'Math.pow': entry(({ args }) => {
    const [base, power] = args.rest;
    return base?.kind === 'number' && power?.kind === 'number' ? number(base.value ** power.value) : unknown('');
  }),
  Number: entry(numeric(value => value, false)),
  parseInt: entry(numeric(Math.trunc, true)),
  parseFloat: entry(numeric(value => value, false)),
  String: entry(({ args }) => {
    const text = textOf(args.rest[0]);
    return text === null ? unknown('') : string(text);
  }),
  Boolean: entry(({ args }) => truthOf(args.rest[0]) ?? unknown('')),
};

/** Methods by the kind of their object. */
export const METHODS: CallTable = {
  'sequence.push': entry(push),
  'sequence.map': { signature: 'callback', result: ({ self, args, reader, range: at }) => mapped({ values: self, make: args.get('callback') ?? NONE, reader, range: at }) },
  'many.map': { signature: 'callback', result: ({ self, args, reader, range: at }) => mapped({ values: self, make: args.get('callback') ?? NONE, reader, range: at }) },
  'many.fill': entry(fill),
  'many.slice': entry(part),
  'many.forEach': entry(seen),
  'many.filter': entry(({ self }) => (self.kind === 'many' ? many(self.item, unknown('')) : self)),
  'many.reverse': entry(({ self }) => self),
  'many.concat': entry(({ self }) => (self.kind === 'many' ? many(self.item, unknown('')) : self)),
  'many.flat': entry(({ self }) => (self.kind === 'many' && self.item.kind === 'many' ? many(self.item.item, unknown('')) : self)),
  'many.at': entry(({ self }) => (self.kind === 'many' ? self.item : self)),
  'many.split': entry(({ self }) => self),
  'unknown.slice': entry(part),
  'unknown.map': { signature: 'callback', result: ({ self, args, reader, range: at }) => many(reader.call(args.get('callback') ?? NONE, [unknown(''), { kind: 'unknown', text: 'index', number: true }], at), unknown(`${shortText(self)}.length`)) },
  'unknown.forEach': entry(seen),
  'string.slice': entry(({ self, args }) => {
    const [from, to] = args.rest.map(bound => (bound.kind === 'number' ? bound.value : null));
    return self.kind === 'string' && from !== null && to !== null ? string(self.value.slice(from, to)) : unknown('');
  }),
  'many.keys': entry(({ self }) => self),
  'sequence.forEach': overItems(() => NONE),
  'sequence.filter': overItems((of, made) => list(of.filter((_, place) => holds(made[place]!)))),
  'sequence.flatMap': overItems((_, made) => list(made.flatMap(item => (item.kind === 'sequence' ? item.items : [item])))),
  'sequence.reduce': entry(reduce),
  'sequence.fill': entry(fill),
  'sequence.slice': entry(sliced),
  'sequence.concat': entry(({ self, args }) => (self.kind === 'sequence' ? list([self, ...args.rest].flatMap(item => (item.kind === 'sequence' ? item.items : [item])).slice(0, MAX_ITEMS)) : self)),
  'sequence.reverse': entry(({ self }) => (self.kind === 'sequence' ? list([...self.items].reverse()) : self)),
  'sequence.at': entry(({ self, args }) => (self.kind === 'sequence' && args.rest[0]?.kind === 'number' ? (self.items.at(args.rest[0].value) ?? NONE) : unknown(''))),
  'sequence.keys': entry(({ self }) => list((self as Sequence).items.map((_, place) => number(place)))),
  'sequence.values': entry(({ self }) => self),
  'sequence.entries': entry(({ self }) => list((self as Sequence).items.map((item, place) => tuple([number(place), item])))),
  'sequence.join': entry(({ self, args }) => {
    const texts = (itemsOf(self) ?? []).map(textOf);
    return texts.some(text => text === null) ? unknown('') : string(texts.join(textOf(args.rest[0]) ?? ','));
  }),
  'string.toLowerCase': entry(({ self }) => (self.kind === 'string' ? string(self.value.toLowerCase()) : self)),
  'string.toUpperCase': entry(({ self }) => (self.kind === 'string' ? string(self.value.toUpperCase()) : self)),
  'string.split': entry(({ self, args }) => (self.kind === 'string' && args.rest[0]?.kind === 'string' ? list(self.value.split(args.rest[0].value).slice(0, MAX_ITEMS).map(string)) : unknown(''))),
  'number.toString': entry(({ self }) => string(textOf(self) ?? '')),
}; // prettier-ignore

/** `length`, and the entries of an object, of which one that is not there is undefined. */
export function attribute(object: Abstract, name: string): Abstract | null {
  if (name === 'length' && (object.kind === 'sequence' || object.kind === 'many' || object.kind === 'string')) return lengthOf(object);
  if (object.kind !== 'dict') return null;
  return object.entries.get(name) ?? NONE;
} // prettier-ignore
