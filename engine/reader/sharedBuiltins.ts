/** Functions that every language has under its own name. */
import type { Call } from './calls.ts';
import { itemsOf, MAX_ITEMS } from './items.ts';
import { countBetween } from './sizes.ts';
import { type Abstract, boolean, dimension, fromDimension, list, type Many, number, unknown } from './values.ts';

/** A list of which only the typical item is known. */
export function many(item: Abstract, count: Abstract): Many {
  return { kind: 'many', item, count };
}

/** Numbers from a start to an end; the typical one where there are too many or the ends are not known. */
export function range({ args, reader }: Call): Abstract {
  const given = args.rest;
  const [start, stop, step] =
    given.length === 1 ? [number(0), given[0], number(1)] : [given[0], given[1], given[2] ?? number(1)];
  const [from, to, by] = [dimension(start), dimension(stop), dimension(step)];
  if (typeof from === 'number' && typeof to === 'number' && typeof by === 'number' && by !== 0) {
    const count = Math.max(0, Math.ceil((to - from) / by));
    if (count <= MAX_ITEMS) return list(Array.from({ length: count }, (_, at) => number(from + at * by)));
    return many({ kind: 'unknown', text: '', number: true }, number(count));
  }
  const count = countBetween(from, to, by);
  const down = typeof by === 'number' && by < 0;
  const item: Abstract = {
    kind: 'unknown',
    text: reader.assignedTo ?? '',
    number: true,
    ...(down ? { backwards: true } : {}),
  };
  return many(item, count === null ? unknown('') : fromDimension(count));
}

/** A function of one number; what is not known stays what it is. */
export function numeric(convert: (value: number) => number, integer: boolean): (call: Call) => Abstract {
  return ({ args }) => {
    const [value] = args.rest;
    if (value?.kind === 'number') return number(convert(value.value), integer);
    if (value?.kind === 'string' && value.value.trim() !== '' && !Number.isNaN(Number(value.value))) {
      return number(convert(Number(value.value)), integer);
    }
    return value?.kind === 'unknown' ? { ...value, number: true } : (value ?? number(0));
  };
}

/** The largest or smallest of several numbers, or of one list. */
export function extreme(pick: (...values: number[]) => number): (call: Call) => Abstract {
  return ({ args }) => {
    const values = args.rest.length === 1 ? (itemsOf(args.rest[0]) ?? []) : args.rest;
    const numbers = values.map(value => (value.kind === 'number' ? value.value : NaN));
    return numbers.length === 0 || numbers.some(Number.isNaN) ? unknown('') : number(pick(...numbers));
  };
}

/** Whether a value counts as true, every object among them; null where that cannot be told. */
export function truthOf(value: Abstract | undefined): Abstract | null {
  switch (value?.kind) {
    case 'boolean':
      return value;
    case 'number':
      return boolean(value.value !== 0);
    case 'string':
      return boolean(value.value !== '');
    case 'none':
      return boolean(false);
    case 'unknown':
    case 'size':
    case undefined:
      return null;
    default:
      return boolean(true);
  }
}
