import { MAX_ITEMS } from './items.ts';
import { type Abstract, boolean, list, NONE, number, string, unknown } from './values.ts';

const DEEPEST = 20;

/** What a JSON text holds; unknown where it is none. */
export function parseJson(text: string): Abstract {
  try {
    return fromJson(JSON.parse(text), 0);
  } catch {
    return unknown('');
  }
}

function fromJson(value: unknown, depth: number): Abstract {
  if (depth > DEEPEST) return unknown('');
  switch (typeof value) {
    case 'number':
      return number(value);
    case 'string':
      return string(value);
    case 'boolean':
      return boolean(value);
    default:
      if (value === null || typeof value !== 'object') return NONE;
      if (Array.isArray(value)) return list(value.slice(0, MAX_ITEMS).map(item => fromJson(item, depth + 1)));
  }
  const entries = Object.entries(value).slice(0, MAX_ITEMS);
  const made = new Map(entries.map(([key, item]) => [key, fromJson(item, depth + 1)]));
  return { kind: 'dict', entries: made, pairs: [...made].map(([key, item]) => [string(key), item] as const) };
}
