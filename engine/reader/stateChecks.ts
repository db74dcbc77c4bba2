/** What goes wrong when states are handed from one call to the next: their order, their number and their widths. */
import { phrase } from '../model/phrase.ts';
import type { Call } from './calls.ts';
import type { Unpacking } from './graph.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import { sizeText } from './sizes.ts';
import type { Abstract, CellObject, Tensor } from './values.ts';

type StateName = 'c' | 'h';

const WORDS: Readonly<Record<StateName, ReadonlySet<string>>> = {
  c: new Set(['c', 'cn', 'ct', 'cx', 'cell', 'cells']),
  h: new Set(['h', 'hn', 'ht', 'hx', 'hidden', 'hid']),
};

/** Which state a name speaks of: `state_c`, `c_n`, `hidden`; null where it speaks of none or of both. */
function stateNamed(text: string): StateName | null {
  const name = /(\w+)$/.exec(text)?.[1] ?? '';
  const words = name
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase()
    .split('_')
    .map(word => word.replace(/\d+$/, ''));
  const [c, h] = [words.some(word => WORDS.c.has(word)), words.some(word => WORDS.h.has(word))];
  return c === h ? null : c ? 'c' : 'h';
}

/** Which state a tensor is, where it comes out of a network. */
function stateOf(value: Abstract | undefined): StateName | null {
  if (value?.kind !== 'tensor') return null;
  const part = (value.ref ?? value.parts?.[0]?.ref)?.part;
  return part?.take === 'state' ? (part.state ?? 'h') : null;
}

const PAIR = /^[([]\s*([\w.]+)\s*,\s*([\w.]+)\s*,?\s*[)\]]$/;

/**
 * Warns where a pair of states is handed over the wrong way round: `(c, h)` to PyTorch and Keras, `(h, c)` to TensorFlow 1.
 * What a state comes from is heeded before what it is called.
 */
export function checkStateOrder(
  { args, reader }: Call,
  argument: string,
  [first, second]: readonly [StateName, StateName],
): void {
  const range = args.range(argument);
  const value = args.some(argument);
  if (range === null || value?.kind !== 'sequence' || value.items.length !== 2) return;
  const text = reader.textOf(range);
  const names = PAIR.exec(text)?.slice(1);
  const [a, b] = value.items.map((item, at) => stateOf(item) ?? (names === undefined ? null : stateNamed(names[at]!)));
  if (a !== second || b !== first) return;
  const message = phrase('The state is ({0}, {1}) here; this gives ({2}, {3})', first, second, second, first);
  reader.report({ range, severity: 'warning', code: 'state-order', message, ...swap(text, range, names) });
}

/** The same of a call that makes the pair of two arguments. */
export function checkPairOrder(
  { args, range, reader }: Call,
  order: readonly [StateName, StateName],
  values: readonly Abstract[],
): void {
  const places = order.map(name => args.range(name));
  const [first, second] = places;
  if (first == null || second == null) return;
  const texts = [reader.textOf(first), reader.textOf(second)];
  const [a, b] = values.map((value, at) => stateOf(value) ?? (/^[\w.]+$/.test(texts[at]!) ? stateNamed(texts[at]!) : null));
  if (a !== order[1] || b !== order[0]) return;
  const whole = { start: Math.min(first.start, second.start), end: Math.max(first.end, second.end) };
  const names = first.start < second.start ? texts : texts.toReversed();
  const message = phrase('The state is ({0}, {1}) here; this gives ({2}, {3})', ...order, order[1], order[0]);
  const fix = swap(reader.textOf(whole), whole, names);
  reader.report({ range, severity: 'warning', code: 'state-order', message, ...fix });
} // prettier-ignore

/** Warns where a tuple of states is taken apart under each other's names. */
export function swappedNames({ targets, items, text }: Unpacking): Diagnostic[] {
  const found = targets.flatMap((target, at) => {
    const [named, is] = [stateNamed(target.text), stateOf(items[at])];
    return named === null || is === null || named === is ? [] : [{ ...target, is }];
  });
  const [a, b] = found;
  if (a === undefined || b === undefined || found.length !== 2 || a.is === b.is) return [];
  const range = { start: a.range.start, end: b.range.end };
  const message = phrase('The state is ({0}, {1}) here: {2} is {3} and {4} is {5}', a.is, b.is, a.text, a.is, b.text, b.is);
  const between = text(range).slice(a.text.length, text(range).length - b.text.length);
  const fix = { title: SWAP, range, text: `${b.text}${between}${a.text}` };
  return [{ range, severity: 'warning', code: 'state-order', message, fix }];
} // prettier-ignore

const SWAP = phrase('Swap c and h');

function swap(text: string, range: TextRange, names: readonly string[] | undefined): Pick<Diagnostic, 'fix'> {
  const [a, b] = names ?? [];
  if (a === undefined || b === undefined) return {};
  const at = text.indexOf(a);
  const between = text.slice(at + a.length, text.lastIndexOf(b));
  const rest = text.slice(text.lastIndexOf(b) + b.length);
  return { fix: { title: SWAP, range, text: `${text.slice(0, at)}${b}${between}${a}${rest}` } };
}

/** Reports a state that is not as wide as the cell that starts from it. */
export function checkStateWidths(
  { args, range, reader }: Call,
  argument: string,
  parts: readonly (Tensor | undefined)[],
  states: readonly CellObject['states'][number][],
): void {
  for (const [at, state] of states.entries()) {
    const width = parts[at]?.axes?.at(-1)?.size;
    if (typeof width !== 'number' || typeof state.width !== 'number' || width === state.width) continue;
    const message = phrase('{0} of the cell is {1} wide, this first state {2}', state.name, sizeText(state.width), width);
    reader.report({ range: args.range(argument) ?? range, severity: 'error', code: 'size-mismatch', message });
    return;
  }
} // prettier-ignore

/** Reports a number of state tensors, or of layers in them, that is not the network's. */
export function checkStateCount({ args, range, reader }: Call, argument: string, given: number, wanted: number): void {
  if (given === wanted) return;
  const message = phrase('The initial state holds {0} tensors, the network has {1} states', given, wanted);
  reader.report({ range: args.range(argument) ?? range, severity: 'error', code: 'initial-state-layers', message });
}
