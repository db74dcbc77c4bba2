/** A function of the program, run with what is known of its arguments. */
import type { GivenArgument } from '../calls.ts';
import { type Abstract, type FunctionValue, NONE, type Scope, string, tuple, unknown } from '../values.ts';
import { MAX_CALL_DEPTH } from './bounds.ts';
import { isStatements } from './definitions.ts';
import type { Interpreter } from './interpreter.ts';

/** What a function of the program returns. */
export function callFunction(
  interpreter: Interpreter,
  callee: FunctionValue,
  given: readonly GivenArgument[],
  self: Abstract | undefined,
): Abstract {
  interpreter.uncalled.delete(callee.code);
  if (interpreter.depth >= MAX_CALL_DEPTH) return unknown(callee.name);
  const names = new Map<string, Abstract>();
  const positional = [
    ...(self === undefined ? [] : [self]),
    ...given.filter(item => item.name === undefined).map(item => item.value),
  ];
  for (const parameter of callee.code.parameters) {
    const named = given.find(item => item.name === parameter.name);
    let value = named?.value ?? (parameter.star === undefined ? positional.shift() : undefined);
    if (parameter.star === 1) value = tuple(positional.splice(0));
    if (parameter.star === 2) {
      const known = new Set(callee.code.parameters.map(({ name }) => name));
      const others = given.filter(item => item.name !== undefined && !known.has(item.name));
      value = {
        kind: 'dict',
        entries: new Map(others.map(item => [item.name!, item.value])),
        pairs: others.map(item => [string(item.name!), item.value] as const),
      };
    }
    value ??= callee.defaults.get(parameter.name) ?? unknown(parameter.name);
    names.set(parameter.name, value);
    interpreter.show(parameter.range, value);
  }
  const { frame, assignedTo, statement, callers, yielded: outer } = interpreter;
  const { place } = interpreter.graph;
  interpreter.frame = ++interpreter.frames;
  if (interpreter.isHere(statement)) interpreter.callers = { statement, outer: callers };
  interpreter.assignedTo = null;
  const yielded: Abstract[] = [];
  interpreter.yielded = yielded;
  interpreter.depth++;
  const scope: Scope = { names, parent: callee.scope, frame: interpreter.frame };
  const { body } = callee.code;
  const result = isStatements(body)
    ? interpreter.block(body, scope)
    : { kind: 'return' as const, value: interpreter.evaluate(body, scope) };
  interpreter.depth--;
  interpreter.yielded = outer;
  interpreter.frame = frame;
  interpreter.callers = callers;
  interpreter.assignedTo = assignedTo;
  interpreter.statement = statement;
  interpreter.graph.place = place;
  // A generator gives what it yields, one after the other; the first stands for all.
  const [first] = yielded;
  if (first !== undefined) return { kind: 'many', item: first, count: unknown('') };
  return result.kind === 'return' ? result.value : NONE;
}
