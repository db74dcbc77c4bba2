/** Conditions: whether they hold, and what is known of a value that one chooses. */
import { symbol } from '../sizes.ts';
import type { Expression } from '../syntax.ts';
import { type Abstract, type Scope, unknown } from '../values.ts';
import { makeDifference } from './differences.ts';
import type { Interpreter } from './interpreter.ts';
import { differ } from './operators.ts';

/** Whether a test holds, null where that is open, and the questions on which that depends. */
export function decide(
  interpreter: Interpreter,
  test: Expression,
  scope: Scope,
): { readonly found: boolean | null; readonly asked: ReadonlySet<string> } {
  const { choices } = interpreter;
  const { found, asked } = choices.during(() => interpreter.truth(interpreter.evaluate(test, scope)));
  if (found?.kind === 'boolean') return { found: found.value, asked };
  if (asked.size > 0) return { found: null, asked };
  // What depends on nothing that has a name goes by its own words; in a loop those mean another thing in each round.
  const words = interpreter.textOf(test.range).replaceAll(/\s+/g, ' ');
  const counts = interpreter.loops.some(({ variable }) => variable.split(/\W+/).some(name => new RegExp(`\\b${name}\\b`).test(words))); // prettier-ignore
  return counts ? { found: null, asked } : { found: choices.holds(words), asked: new Set([words]) };
}

/** One of two values, whichever it is: a size by its name, what is no part of the network as unknown. */
export function eitherValue(
  interpreter: Interpreter,
  one: Abstract,
  other: Abstract,
  name: string,
  asked: ReadonlySet<string>,
): Abstract {
  if (makeDifference(interpreter, one, other)) interpreter.choices.ask(asked);
  if (differ(one, other)) return { kind: 'size', size: symbol(name) };
  return unlike(one, other) ? unknown(name) : one;
}

/** Whether two values are different texts, numbers or truths. */
function unlike(a: Abstract, b: Abstract): boolean {
  const plain = (value: Abstract): string | number | boolean | null =>
    value.kind === 'string' || value.kind === 'number' || value.kind === 'boolean' ? value.value : null;
  const [one, other] = [plain(a), plain(b)];
  return one !== null && other !== null && one !== other;
}
