/** Values as sequences and as texts, as every language has them. */
import { sizeText } from './sizes.ts';
import { type Abstract, list, shortText, string, unknown } from './values.ts';

/** Longer lists than this are known by their typical item only. */
export const MAX_ITEMS = 512;

/** The items of a value, or null where they cannot be told one by one. */
export function itemsOf(value: Abstract | undefined): readonly Abstract[] | null {
  switch (value?.kind) {
    case 'sequence':
      return value.items;
    case 'dict':
      return isOpen(value) ? null : value.pairs.map(([key]) => key);
    case 'string':
      return value.value.length > MAX_ITEMS ? null : Array.from(value.value, string);
    default:
      return null;
  }
}

/** Whether a dict has been filled with keys that are not known, and so nobody knows how many. */
export function isOpen(dict: Abstract & { kind: 'dict' }): boolean {
  return dict.pairs.some(([key]) => key.kind === 'unknown' || key.kind === 'size');
}

/** The entries of a dict as pairs; where it is open, many of the typical one. */
export function pairsOf(
  dict: Abstract & { kind: 'dict' },
  view: (pair: readonly [Abstract, Abstract]) => Abstract,
): Abstract {
  const views = dict.pairs.map(view);
  return isOpen(dict) ? { kind: 'many', item: views[0]!, count: unknown('') } : list(views);
}

/** The typical item of a value. */
export function typicalItem(value: Abstract): Abstract {
  if (value.kind === 'many') return value.item;
  if (value.kind === 'dict') return value.pairs[0]?.[0] ?? unknown('');
  return itemsOf(value)?.[0] ?? unknown('');
}

/** A value as text, where that is known. */
export function textOf(value: Abstract | undefined): string | null {
  switch (value?.kind) {
    case 'string':
      return value.value;
    case 'number':
      return value.integer || !Number.isInteger(value.value) ? String(value.value) : value.value.toFixed(1);
    case 'boolean':
    case 'none':
      return shortText(value);
    case 'size':
      return sizeText(value.size);
    default:
      return null;
  }
}

/** Sets an entry of a dict; one with too many stays as it is. */
export function setEntry(dict: Abstract & { kind: 'dict' }, key: Abstract, value: Abstract): void {
  if (dict.pairs.length >= MAX_ITEMS) return;
  const name = key.kind === 'string' ? key.value : key.kind === 'number' ? String(key.value) : null;
  const pairs = dict.pairs as (readonly [Abstract, Abstract])[];
  if (name !== null) dict.entries.set(name, value);
  const at = name === null ? -1 : pairs.findIndex(([own]) => own.kind === key.kind && textOf(own) === name);
  if (at >= 0) pairs[at] = [key, value];
  else pairs.push([key, value]);
}

/** A tuple, list or dictionary with something else in the place of each part; null for what has no parts. */
export function withParts(value: Abstract, part: (item: Abstract) => Abstract): Abstract | null {
  if (value.kind === 'sequence') return { ...value, items: value.items.map(part) };
  if (value.kind !== 'dict') return null;
  const pairs = value.pairs.map(([key, item]) => [key, part(item)] as const);
  return { ...value, pairs, entries: new Map([...value.entries].map(([key, item]) => [key, part(item)])) };
}
