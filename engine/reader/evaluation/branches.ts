/** A condition that is not known: both branches run from the same beginning, and what the first makes holds. */
import { symbol } from '../sizes.ts';
import type { Expression, Statement } from '../syntax.ts';
import type { Abstract, Layer, Network, Scope } from '../values.ts';
import { type Completion, NEXT } from './completion.ts';
import type { Interpreter } from './interpreter.ts';
import { lookup } from './lookup.ts';
import { differ } from './operators.ts';

/** A size that differs between the branches is known by its name only. */
export function either(
  interpreter: Interpreter,
  { test, body, otherwise }: Statement & { kind: 'if' },
  scope: Scope,
): Completion {
  const self = lookup(interpreter, 'self', scope);
  const holders = [scope.names, ...(self.kind === 'instance' ? [self.attributes] : [])];
  const before = holders.map(names => [...names]);
  const grown = growing(scope, holders);
  const other = interpreter.block(otherwise, scope);
  const after = holders.map(names => [...names]);
  for (const one of grown) one.leave();
  holders.forEach((names, at) => {
    names.clear();
    for (const [name, value] of before[at]!) names.set(name, value);
  });
  const every = roundsOf(interpreter, test, scope);
  if (every !== undefined) interpreter.every.push(every);
  const first = interpreter.block(body, scope);
  if (every !== undefined) interpreter.every.pop();
  holders.forEach((names, at) => {
    for (const [name, value] of after[at]!) {
      const current = names.get(name);
      if (current === undefined) names.set(name, value);
      else if (other.kind !== 'next') continue;
      else if (first.kind !== 'next') names.set(name, value);
      else if (differ(current, value)) names.set(name, { kind: 'size', size: symbol(name) });
    }
  });
  for (const one of grown) one.choose(first.kind === 'next', other.kind === 'next');
  return other.kind === 'next' ? NEXT : first;
}

/** For how many rounds of a loop a condition holds once (`(i + 1) % 4 == 0`): null where that is not known; undefined for another condition. */
function roundsOf(interpreter: Interpreter, test: Expression, scope: Scope): number | null | undefined {
  if (test.kind !== 'binary') return undefined;
  if (test.operator === 'or') return roundsOf(interpreter, test.left, scope);
  if (test.operator !== '==' || test.left.kind !== 'binary' || test.left.operator !== '%') return undefined;
  const every = interpreter.evaluate(test.left.right, scope);
  return every.kind === 'number' ? every.value : null;
}

/** A list or a Sequential that both branches may add to: the layers of one do not stand on those of the other. */
class Growing {
  readonly #items: Abstract[];
  readonly #network: Network | null;
  readonly #before: readonly Abstract[];
  #other: readonly Abstract[] = [];

  constructor(items: Abstract[], network: Network | null) {
    this.#items = items;
    this.#network = network;
    this.#before = [...items];
  }

  /** Ends the other branch, and begins anew. */
  leave(): void {
    this.#other = [...this.#items];
    this.#set(this.#before);
  }

  /** @param first whether the first branch goes on to what follows, `other` whether the other one does */
  choose(first: boolean, other: boolean): void {
    const [mine, others] = [this.#items.length, this.#other.length].map(length => length > this.#before.length);
    if (!others || !other) return;
    if (!mine || !first) this.#set(this.#other);
    else {
      const layers = this.#other.slice(this.#before.length) as Layer[];
      this.#network?.alternatives.push({ at: this.#before.length, layers });
    }
  }

  #set(items: readonly Abstract[]): void {
    this.#items.splice(0, this.#items.length, ...items);
  }
}

function growing(scope: Scope, holders: readonly ReadonlyMap<string, Abstract>[]): Growing[] {
  const found = new Map<Abstract[], Network | null>();
  const all = [...holders];
  for (let at = scope.parent; at !== null; at = at.parent) all.push(at.names);
  for (const names of all) {
    for (const value of names.values()) {
      if (value.kind === 'network') found.set(value.layers, value);
      else if (value.kind === 'sequence' && value.type === 'list') found.set(value.items as Abstract[], null);
    }
  }
  return [...found].map(([items, network]) => new Growing(items, network));
}
