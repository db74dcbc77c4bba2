/** A condition that is not known: both branches run from the same beginning, and what the first makes holds. */
import type { Expression, Statement } from '../syntax.ts';
import { type Abstract, type Layer, list, type Network, type Scope } from '../values.ts';
import { isOfTraining } from './choices.ts';
import { type Completion, NEXT } from './completion.ts';
import { eitherValue } from './conditions.ts';
import { isPart, makeDifference } from './differences.ts';
import type { Interpreter } from './interpreter.ts';
import { lookup } from './lookup.ts';

/** Both branches of a condition that is not known; where they only differ in what no network depends on the first stands. */
export function either(
  interpreter: Interpreter,
  statement: Statement & { kind: 'if' },
  scope: Scope,
  asked: ReadonlySet<string>,
): Completion {
  const { test } = statement;
  // `if not is_training: … else: …`: what stands is what is trained.
  const turned = test.kind === 'unary' && test.operator === 'not' && [...asked].some(isOfTraining);
  const [body, otherwise] = turned ? [statement.otherwise, statement.body] : [statement.body, statement.otherwise];
  const self = lookup(interpreter, 'self', scope);
  const holders = [scope.names, ...(self.kind === 'instance' ? [self.attributes] : [])];
  const before = holders.map(names => [...names]);
  const grown = growing(scope, holders);
  const other = interpreter.block(otherwise, scope);
  const after = holders.map(names => new Map(names));
  for (const one of grown) one.leave();
  holders.forEach((names, at) => {
    names.clear();
    for (const [name, value] of before[at]!) names.set(name, value);
  });
  const every = roundsOf(interpreter, test, scope);
  if (every !== undefined) interpreter.every.push(every);
  const first = interpreter.block(body, scope);
  if (every !== undefined) interpreter.every.pop();
  const both = first.kind !== 'raise' && other.kind !== 'raise';
  const part = (value: Abstract): boolean => value.kind !== 'tensor' && value.kind !== 'sequence' && isPart(interpreter, value); // prettier-ignore
  if (both && grown.some(one => one.differs(interpreter))) interpreter.choices.ask(asked);
  if (both && returnsDiffer(interpreter, first, other)) interpreter.choices.ask(asked);
  holders.forEach((names, at) => {
    for (const [name, value] of names) if (both && !after[at]!.has(name) && part(value)) interpreter.choices.ask(asked);
    for (const [name, value] of after[at]!) {
      const current = names.get(name);
      if (current === undefined) {
        if (both && part(value)) interpreter.choices.ask(asked);
        names.set(name, value);
      } else if (other.kind !== 'next') continue;
      else if (first.kind !== 'next') names.set(name, value);
      else if (current !== value) names.set(name, eitherValue(interpreter, current, value, name, asked));
    }
  });
  for (const one of grown) one.choose(first.kind === 'next', other.kind === 'next');
  return other.kind === 'next' ? NEXT : first;
}

/** Whether it matters for the network where the branches return. */
function returnsDiffer(interpreter: Interpreter, first: Completion, other: Completion): boolean {
  if (first.kind === 'return' && other.kind === 'return') return makeDifference(interpreter, first.value, other.value);
  const [returned] = [first, other].filter(one => one.kind === 'return');
  return returned !== undefined && isPart(interpreter, returned.value);
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

  /** Whether the branches add different parts of a network. */
  differs(interpreter: Interpreter): boolean {
    const [mine, others] = [this.#items, this.#other].map(items => list(items.slice(this.#before.length)));
    return makeDifference(interpreter, others!, mine!);
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
