/**
 * Sizes that may be partly unknown: integers, or polynomials over the named symbols of the source with integer
 * coefficients. Two sizes are the same exactly when they are the same polynomial.
 */
import type { Size } from '../model/spec.ts';

/** Monomials (`hidden_size`, `a·b`, the empty string for the constant) and their coefficients, none of them 0. */
export interface Symbolic {
  readonly terms: ReadonlyMap<string, number>;
}

export type Dimension = number | Symbolic;

const TIMES = '·';
const MAX_TERMS = 8;

/** A size that only has a name. */
export function symbol(name: string): Symbolic {
  return { terms: new Map([[name, 1]]) };
}

function termsOf(value: Dimension): ReadonlyMap<string, number> {
  return typeof value === 'number' ? new Map(value === 0 ? [] : [['', value]]) : value.terms;
}

function normalise(terms: Map<string, number>): Dimension | null {
  for (const [name, factor] of terms) if (factor === 0) terms.delete(name);
  if (terms.size === 0) return 0;
  if (terms.size === 1 && terms.has('')) return terms.get('')!;
  return terms.size > MAX_TERMS ? null : { terms };
}

export function add(a: Dimension, b: Dimension, sign: 1 | -1 = 1): Dimension | null {
  const terms = new Map(termsOf(a));
  for (const [name, factor] of termsOf(b)) terms.set(name, (terms.get(name) ?? 0) + sign * factor);
  return normalise(terms);
}

export function multiply(a: Dimension, b: Dimension): Dimension | null {
  const terms = new Map<string, number>();
  for (const [left, m] of termsOf(a)) {
    for (const [right, n] of termsOf(b)) {
      const names = [...left.split(TIMES), ...right.split(TIMES)].filter(name => name !== '');
      const name = names.sort().join(TIMES);
      terms.set(name, (terms.get(name) ?? 0) + m * n);
    }
  }
  return normalise(terms);
}

/** `a // b`; a symbol of its own where it does not divide evenly. */
export function divide(a: Dimension, b: Dimension): Dimension | null {
  if (b === 0) return null;
  if (typeof a === 'number' && typeof b === 'number') return Math.floor(a / b);
  if (equal(a, b)) return 1;
  if (typeof b === 'number') {
    const divided = [...termsOf(a)].map(([name, factor]): [string, number] => [name, factor / b]);
    if (divided.every(([, factor]) => Number.isInteger(factor))) return normalise(new Map(divided));
  } else if (b.terms.size === 1 && typeof a !== 'number' && a.terms.size === 1) {
    const [[left, m]] = [...a.terms] as [[string, number]];
    const [[right, n]] = [...b.terms] as [[string, number]];
    const names = left.split(TIMES);
    const rest = right.split(TIMES).every(name => {
      const at = names.indexOf(name);
      if (at >= 0) names.splice(at, 1);
      return at >= 0;
    });
    if (rest && Number.isInteger(m / n)) return normalise(new Map([[names.join(TIMES), m / n]]));
  }
  return symbol(`${bracketed(a)} // ${bracketed(b)}`);
}

export function equal(a: Dimension, b: Dimension): boolean {
  if (typeof a === 'number' || typeof b === 'number') return a === b;
  return a.terms.size === b.terms.size && [...a.terms].every(([name, factor]) => b.terms.get(name) === factor);
}

interface Sized {
  readonly size: Dimension | null;
}

/** Whether axes may be of the same sizes as far as is known: of symbols nobody can tell. */
export function mayHaveSameSize(a: readonly Sized[], b: readonly Sized[]): boolean {
  const mayBeEqual = (one: Dimension | null, other: Dimension | null): boolean =>
    typeof one === 'number' || typeof other === 'number' ? one === other : true;
  return a.length === b.length && a.every(({ size }, at) => mayBeEqual(size, b[at]!.size));
}

/** How many numbers there are from one to before another, `by` from each to the next; null where that cannot be told. */
export function countBetween(from: Dimension | null, to: Dimension | null, by: Dimension | null): Dimension | null {
  if (from === null || to === null || by === null) return null;
  const distance = add(to, from, -1);
  return by === 1 || distance === null ? distance : divide(distance, by);
}

function bracketed(value: Dimension): string {
  const text = sizeText(value);
  return /^[\w.]+$/.test(text) ? text : `(${text})`;
}

/** `150`, `hidden_size`, `2·hidden_size + 1`. */
export function sizeText(value: Dimension): string {
  if (typeof value === 'number') return String(value);
  const terms = [...value.terms].sort(([a], [b]) => (a === '' ? 1 : b === '' ? -1 : a < b ? -1 : 1));
  return terms
    .map(([name, factor], index) => {
      const magnitude = Math.abs(factor);
      const text = name === '' ? String(magnitude) : magnitude === 1 ? name : `${magnitude}${TIMES}${name}`;
      if (index === 0) return factor < 0 ? `-${text}` : text;
      return `${factor < 0 ? ' - ' : ' + '}${text}`;
    })
    .join('');
}

/** The size as the model description has it. */
export function toSize(value: Dimension): Size {
  return typeof value === 'number' ? Math.max(1, value) : sizeText(value);
}
