/** Sizes that the source leaves open, put into the description once they are known. */
import type { ModelSpec, Size } from './spec.ts';

/** Sizes by their names: `vocab_size`, `len(chars)`. */
export type Sizes = ReadonlyMap<string, number>;

/** Operators by how loosely they bind, as `sizes.ts` of the reader and `axes.ts` write them. */
const OPERATORS: readonly (readonly [string, (a: number, b: number) => number])[][] = [
  [
    [' + ', (a, b) => a + b],
    [' - ', (a, b) => a - b],
  ],
  [
    ['·', (a, b) => a * b],
    [' // ', (a, b) => Math.floor(a / b)],
  ],
];

/** A size with an operator or in brackets, taken apart; what cannot be is a name. */
type Parts =
  | { readonly left: string; readonly right: string; readonly apply: (a: number, b: number) => number }
  | { readonly inner: string; readonly sign: 1 | -1 };

function partsOf(text: string): Parts | undefined {
  for (const operators of OPERATORS) {
    let depth = 0;
    for (let at = text.length - 1; at > 0; at--) {
      if (')]}'.includes(text[at]!)) depth++;
      else if ('([{'.includes(text[at]!)) depth--;
      const found = depth === 0 ? operators.find(([sign]) => text.startsWith(sign, at)) : undefined;
      if (found) return { left: text.slice(0, at).trim(), right: text.slice(at + found[0].length).trim(), apply: found[1] };
    }
  }
  if (text.startsWith('-')) return { inner: text.slice(1), sign: -1 };
  return text.startsWith('(') && text.endsWith(')') ? { inner: text.slice(1, -1), sign: 1 } : undefined;
} // prettier-ignore

/** The number that a size is; undefined where a name in it is not among `sizes`. */
export function evaluateSize(size: Size, sizes: Sizes): number | undefined {
  if (typeof size === 'number') return size;
  const known = sizes.get(size);
  if (known !== undefined) return known;
  if (/^\d+$/.test(size)) return Number(size);
  const parts = partsOf(size);
  if (!parts) return undefined;
  if ('inner' in parts) {
    const inner = evaluateSize(parts.inner, sizes);
    return inner === undefined ? undefined : parts.sign * inner;
  }
  const [left, right] = [evaluateSize(parts.left, sizes), evaluateSize(parts.right, sizes)];
  return left === undefined || right === undefined ? undefined : parts.apply(left, right);
}

/** The names in a size. */
function namesIn(size: Size): string[] {
  if (typeof size === 'number' || /^\d+$/.test(size)) return [];
  const parts = partsOf(size);
  if (!parts) return [size];
  return 'inner' in parts ? namesIn(parts.inner) : [...namesIn(parts.left), ...namesIn(parts.right)];
}

/** The one unknown name of a size and what it must be for the size to be `value`: `vocab_size + 1` of 66 → 65. */
export function solveSize(size: Size, value: number, sizes: Sizes): readonly [name: string, value: number] | undefined {
  const unknown = [...new Set(namesIn(size))].filter(name => !sizes.has(name));
  const [name] = unknown;
  if (name === undefined || unknown.length > 1) return undefined;
  const at = (x: number): number => evaluateSize(size, new Map([...sizes, [name, x]]))!;
  const found = Math.round((value - at(0)) / (at(1) - at(0)));
  return found >= 1 && at(found) === value ? [name, found] : undefined;
}

/** Keys under which sizes stand in a description. */
const SIZE_KEYS = new Set(['size', 'units', 'vocabulary', 'steps']);
/** Stands where the reader has no name for a size. */
const NAMELESS = '?';

/** The names of all sizes that a description leaves open, in its order. */
export function openNames(spec: ModelSpec): readonly string[] {
  const names = new Set<string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === 'string' && SIZE_KEYS.has(key)) for (const name of namesIn(value)) names.add(name);
    if (typeof value !== 'object' || value === null) return;
    for (const [name, one] of Object.entries(value)) visit(one, Array.isArray(value) ? '' : name);
  };
  visit(spec, '');
  names.delete(NAMELESS);
  return [...names];
}

/** The description with the sizes put in wherever their names stand, also in sums and products. */
export function fillSizes(spec: ModelSpec, sizes: Sizes): ModelSpec {
  const fill = (value: unknown, key: string): unknown => {
    if (typeof value === 'string' && SIZE_KEYS.has(key)) return evaluateSize(value, sizes) ?? value;
    if (Array.isArray(value)) return value.map(one => fill(one, ''));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, fill(one, name)]));
  };
  return sizes.size === 0 ? spec : (fill(spec, '') as ModelSpec);
}
