/** Loops and comprehensions: each item where they are known, else the typical one. */
import { itemsOf, MAX_ITEMS, setEntry, typicalItem } from '../items.ts';
import type { TextRange } from '../reading.ts';
import type { Expression, Statement } from '../syntax.ts';
import { index } from '../tensors.ts';
import { type Abstract, fromDimension, list, number, type Scope, type Sequence, unknown } from '../values.ts';
import { assign } from './binding.ts';
import { MAX_ITERATIONS, MAX_LOOP_WORK } from './bounds.ts';
import { type Completion, NEXT } from './completion.ts';
import type { Interpreter } from './interpreter.ts';

/** Runs a loop: each round where its items are known and few, else a typical one. */
export function loop(interpreter: Interpreter, statement: Statement & { kind: 'for' }, scope: Scope): Completion {
  const iterable = iterated(interpreter, interpreter.evaluate(statement.iterable, scope), statement.iterable.range);
  const items = itemsOf(iterable);
  const count = iterable.kind === 'many' ? iterable.count : items === null ? unknown('') : number(items.length);
  const variable = interpreter.textOf(statement.target.range);
  const start = interpreter.work;
  const rounds = items === null || items.length > MAX_ITERATIONS ? [typicalItem(iterable)] : items;
  interpreter.loops.push({
    variable,
    count,
    text: interpreter.textOf(statement.iterable.range),
    typical: items === null || rounds.length !== items.length,
    frame: interpreter.frame,
    grown: new Set(),
  });
  let completion = NEXT;
  for (const item of rounds) {
    const counter: Abstract =
      item.kind === 'number' ? { kind: 'unknown', text: variable, number: true } : unknown(variable);
    const bound = items !== null && rounds.length !== items.length ? counter : item;
    assign(interpreter, statement.target, bound, scope);
    const ended = interpreter.block(statement.body, scope);
    if (ended.kind === 'return') completion = ended;
    if (ended.kind === 'return' || ended.kind === 'break' || interpreter.work - start > MAX_LOOP_WORK) break;
  }
  const ended = interpreter.loops.pop();
  if (items === null || rounds.length !== items.length) repeat(interpreter, ended?.grown ?? new Set(), count, scope);
  return completion.kind === 'return' ? completion : interpreter.block(statement.otherwise, scope);
}

/** Runs the body of a loop whose rounds nobody counts. */
export function typicalRound(interpreter: Interpreter, body: readonly Statement[], scope: Scope): Completion {
  const grown = new Set<Sequence>();
  interpreter.rounds.push(grown);
  const completion = interpreter.block(body, scope);
  interpreter.rounds.pop();
  repeat(interpreter, grown, unknown(''), scope);
  return completion;
}

/** What a loop runs over: a tensor is the many slices along its first axis. */
function iterated(interpreter: Interpreter, value: Abstract, range: TextRange): Abstract {
  if (value.kind !== 'tensor' || value.axes === null) return value;
  if (value.parts !== undefined) return list(value.parts);
  const item = index(interpreter.graph, value, [unknown('')], range);
  return { kind: 'many', item, count: fromDimension(value.axes[0]?.size ?? null) };
}

/** Lists that grew in a loop of which only the typical round was run: as many of what they got as there are rounds. */
function repeat(interpreter: Interpreter, grown: ReadonlySet<Sequence>, count: Abstract, scope: Scope): void {
  if (grown.size === 0) return;
  const holders: Map<string, Abstract>[] = interpreter.instances.map(instance => instance.attributes);
  for (let at: Scope | null = scope; at !== null; at = at.parent) holders.push(at.names);
  const replaced = new Set<Sequence>();
  for (const names of holders) {
    for (const [name, value] of names) {
      if (value.kind === 'sequence') names.set(name, manyOf(value, grown, count, replaced));
    }
  }
  // Where it stands in the loop nobody can tell its length.
  for (const { items } of replaced) (items as Abstract[]).length = 0;
}

/** Deeper lists are not looked through. */
const MAX_NESTING = 3;

/** A list that has grown as many of its last item; also inside other lists. */
function manyOf(
  value: Sequence,
  grown: ReadonlySet<Sequence>,
  count: Abstract,
  replaced: Set<Sequence>,
  depth = 0,
): Abstract {
  if (grown.has(value)) {
    const last = value.items.at(-1);
    if (last === undefined) return value;
    replaced.add(value);
    return { kind: 'many', item: last, count };
  }
  if (value.type === 'list' && depth < MAX_NESTING) {
    for (const [at, item] of value.items.entries())
      if (item.kind === 'sequence') (value.items as Abstract[])[at] = manyOf(item, grown, count, replaced, depth + 1);
  }
  return value;
}

/** What a comprehension collects. */
export function comprehension(
  interpreter: Interpreter,
  expression: Expression & { kind: 'comprehension' },
  scope: Scope,
): Abstract {
  const inner: Scope = { names: new Map(), parent: scope, frame: scope.frame };
  const items: Abstract[] = [];
  const pairs: [Abstract, Abstract][] = [];
  let typical = null as Abstract | null;
  const start = interpreter.work;
  const step = (depth: number): void => {
    const clause = expression.clauses[depth];
    if (clause === undefined) {
      if (expression.key !== undefined)
        pairs.push([interpreter.evaluate(expression.key, inner), interpreter.evaluate(expression.element, inner)]);
      else items.push(interpreter.evaluate(expression.element, inner));
      return;
    }
    const iterable = iterated(interpreter, interpreter.evaluate(clause.iterable, inner), clause.iterable.range);
    const all = itemsOf(iterable);
    if (all === null) typical = iterable.kind === 'many' ? iterable.count : unknown('');
    for (const item of all ?? [typicalItem(iterable)]) {
      if (interpreter.work - start > MAX_LOOP_WORK || items.length + pairs.length >= MAX_ITEMS) return;
      assign(interpreter, clause.target, item, inner);
      const kept = clause.conditions.every(condition => {
        const test = interpreter.truth(interpreter.evaluate(condition, inner));
        return test?.kind !== 'boolean' || test.value;
      });
      if (kept) step(depth + 1);
    }
  };
  step(0);
  if (expression.type === 'dict') {
    const made: Abstract = { kind: 'dict', entries: new Map(), pairs: [] };
    for (const [key, value] of pairs) setEntry(made, key, value);
    return made;
  }
  if (typical !== null) return { kind: 'many', item: items[0] ?? unknown(''), count: typical };
  return list(items);
}
