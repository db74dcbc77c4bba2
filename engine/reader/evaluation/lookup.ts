/** What a name, an attribute or a subscript stands for. */
import type { TextRange } from '../reading.ts';
import { index, sliceSize } from '../tensors.ts';
import {
  type Abstract,
  dimension,
  fromDimension,
  type FunctionValue,
  type Instance,
  isScalar,
  type Scope,
  shortText,
  unknown,
} from '../values.ts';
import { subjectOf } from './choices.ts';
import { memberOf } from './classes.ts';
import { isPart } from './differences.ts';
import { methodEntry, prepare } from './entries.ts';
import { callFunction } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { unbound } from './unbound.ts';

/** Types of objects of which the program sets the attributes. */
const SETTINGS: ReadonlySet<string> = new Set(['namespace', 'flags', 'settings']);

/** The value of a name: of the innermost scope that has it, else what the language means by it. */
export function lookup(interpreter: Interpreter, name: string, scope: Scope): Abstract {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return unbound(interpreter, name) ?? unknown(name);
}

/** What stands under a path of a library: an object that the language knows, or the path itself. */
export function named(interpreter: Interpreter, path: string): Abstract {
  if (interpreter.language.shared(path) === 'flags') return interpreter.flags;
  return interpreter.language.constant(path) ?? { kind: 'path', path };
}

/** A method of an object that holds settings, or a setting that the text does not give. */
function methodOrUnknown(interpreter: Interpreter, object: Abstract & { kind: 'object' }, name: string): Abstract {
  const settings = SETTINGS.has(object.type) && methodEntry(interpreter, `${object.type}.${name}`) === null;
  return settings ? unknown(name) : { kind: 'method', of: object, name };
}

function bound(interpreter: Interpreter, value: Abstract, self: Instance): Abstract {
  if (value.kind !== 'function' || value.role === 'static') return value;
  const bound: FunctionValue = { ...value, self: value.role === 'class' ? self.of : self };
  return value.role === 'property' ? callFunction(interpreter, bound, [], bound.self) : bound;
}

/** An attribute of a value. */
export function attributeOf(interpreter: Interpreter, object: Abstract, name: string, range: TextRange): Abstract {
  const native = interpreter.language.attribute(object, name);
  if (native !== null) return native;
  switch (object.kind) {
    case 'path':
      return named(interpreter, `${object.path}.${name}`);
    case 'instance': {
      const own = object.attributes.get(name);
      if (own !== undefined) return own;
      const member = memberOf(object.of, name);
      if (member !== null) return bound(interpreter, member, object);
      return object.of.bases.length === 0 ? unknown(name) : { kind: 'method', of: object, name };
    }
    case 'super': {
      for (const base of object.of.bases) {
        const member = base.kind === 'class' ? memberOf(base, name) : null;
        if (member !== null) return bound(interpreter, member, object.instance);
      }
      return { kind: 'method', of: object, name };
    }
    case 'class': {
      const member = memberOf(object, name);
      if (member?.kind === 'function' && member.role === 'class') return { ...member, self: object };
      return member ?? unknown(`${object.name}.${name}`);
    }
    case 'object':
      return object.attributes.get(name) ?? methodOrUnknown(interpreter, object, name);
    case 'sequence': {
      const field = object.fields?.indexOf(name) ?? -1;
      return field >= 0 ? object.items[field]! : { kind: 'method', of: object, name };
    }
    case 'unknown':
      if (methodEntry(interpreter, `unknown.${name}`) !== null) return { kind: 'method', of: object, name };
      return unknown(object.text === '' ? name : `${object.name ?? object.text}.${name}`);
    default: {
      const getter = methodEntry(interpreter, `${object.kind}:${name}`);
      if (getter === null) return { kind: 'method', of: object, name };
      return getter.result(prepare(interpreter, getter, [], range, object));
    }
  }
}

/** The entry of a table that a reading chooses by a key that is not known: `{'lstm': LSTMCell, 'gru': GRUCell}[cell]`. */
export function oneOf(
  interpreter: Interpreter,
  { pairs, entries }: Abstract & { kind: 'dict' },
  key: Abstract,
): Abstract | null {
  const names = [...entries.keys()];
  if (names.length < pairs.length || subjectOf(key) === '') return null;
  const open = interpreter.choices.isOpen(key) || [...entries.values()].some(entry => isPart(interpreter, entry));
  const found = open ? interpreter.pick(key, names) : null;
  return found?.kind === 'string' ? (entries.get(found.value) ?? null) : null;
}

/** Whether all entries of a dict are numbers, known or not: places of characters in a vocabulary. */
function holdsNumbers({ pairs }: Abstract & { kind: 'dict' }): boolean {
  return pairs.length > 0 && pairs.every(([, value]) => isScalar(value));
}

/** `object[key]`. */
export function subscript(interpreter: Interpreter, object: Abstract, key: Abstract, range: TextRange): Abstract {
  switch (object.kind) {
    case 'sequence': {
      if (key.kind === 'number') {
        const item = object.items.at(key.value) ?? unknown('');
        // What has no name goes by the words of the program.
        const nameless = item.kind === 'unknown' && item.name === undefined && item.text === '' && item.number !== true;
        return nameless ? { ...item, text: interpreter.textOf(range).slice(0, 60) } : item;
      }
      if (key.kind !== 'slice') return object.items[0] === undefined ? unknown('') : object.items[0];
      const [from, to, step] = key.bounds.map(bound => (bound.kind === 'number' ? bound.value : null));
      if (key.bounds.some(bound => bound.kind !== 'number' && bound.kind !== 'none'))
        return object.items[0] === undefined ? object : { kind: 'many', item: object.items[0], count: unknown('') };
      if (step === -1 && from === null && to === null) return { ...object, items: [...object.items].reverse() };
      return { kind: 'sequence', type: object.type, items: object.items.slice(from ?? undefined, to ?? undefined) };
    }
    case 'dict': {
      const chosen = key.kind === 'unknown' ? oneOf(interpreter, object, key) : null;
      if (chosen !== null) return chosen;
      const name = key.kind === 'string' ? key.value : key.kind === 'number' ? String(key.value) : null;
      const found = name === null ? undefined : object.entries.get(name);
      if (found !== undefined) return found;
      return { kind: 'unknown', text: shortText(key), ...(holdsNumbers(object) ? { number: true } : {}) };
    }
    case 'many':
      if (key.kind !== 'slice') return object.item;
      return { ...object, count: fromDimension(sliceSize(dimension(object.count), key.bounds)) };
    case 'tensor':
      return index(
        interpreter.graph,
        object,
        key.kind === 'sequence' && key.type === 'tuple' ? key.items : [key],
        range,
      );
    case 'unknown':
      // A part of something unknown still comes from it.
      return { kind: 'unknown', text: object.text, name: interpreter.textOf(range).slice(0, 60) };
    case 'object': {
      const entry = methodEntry(interpreter, `${object.type}.__getitem__`);
      if (entry !== null) return entry.result(prepare(interpreter, entry, [{ value: key, range }], range, object));
      return (key.kind === 'string' ? object.attributes.get(key.value) : undefined) ?? unknown(shortText(key));
    }
    case 'instance':
      return (key.kind === 'string' ? object.attributes.get(key.value) : undefined) ?? unknown(shortText(key));
    default:
      return unknown('');
  }
}
