/** Values as sequences and as texts, as every language has them. */
import { sizeText } from './sizes.ts';
import { type Abstract, shortText, string, unknown } from './values.ts';

/** Longer lists than this are known by their typical item only. */
export const MAX_ITEMS = 512;

/** The items of a value, or null where they cannot be told one by one. */
export function itemsOf(value: Abstract | undefined): readonly Abstract[] | null {
  switch (value?.kind) {
    case 'sequence':
      return value.items;
    case 'dict':
      return value.pairs.map(([key]) => key);
    case 'string':
      return value.value.length > MAX_ITEMS ? null : Array.from(value.value, string);
    default:
      return null;
  }
}

/** The typical item of a value. */
export function typicalItem(value: Abstract): Abstract {
  if (value.kind === 'many') return value.item;
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
