/** Calls: of functions and classes of the program, and of frameworks by their tables. */
import { entryOf, type GivenArgument } from '../calls.ts';
import { itemsOf } from '../items.ts';
import type { TextRange } from '../reading.ts';
import type { Argument, Expression } from '../syntax.ts';
import { type Abstract, NONE, type Scope, unknown } from '../values.ts';
import { assign } from './binding.ts';
import { methodEntry, prepare } from './entries.ts';
import { callFunction } from './functions.ts';
import type { Interpreter } from './interpreter.ts';
import { lookup } from './lookup.ts';
import { callInstance, instantiate } from './objects.ts';

/** What a call in the text gives. */
export function callExpression(
  interpreter: Interpreter,
  expression: Expression & { kind: 'call' },
  scope: Scope,
  assignedTo: string | null,
): Abstract {
  const { callee, range } = expression;
  if (callee.kind === 'name' && callee.id === 'super') {
    const self = lookup(interpreter, 'self', scope);
    const of = lookup(interpreter, '__class__', scope);
    if (self.kind === 'instance' && of.kind === 'class') return { kind: 'super', of, instance: self };
  }
  const target = interpreter.evaluate(callee, scope);
  const given = givenArguments(interpreter, expression.arguments, scope);
  interpreter.assignedTo = assignedTo;
  const value = apply(interpreter, target, given, range, interpreter.textOf(range).slice(0, 60));
  interpreter.assignedTo = null;
  if (callee.kind === 'attribute' && changesInPlace(callee.name, target, value))
    assign(interpreter, callee.object, value, scope);
  // A wrapper around a layer is made by the call around its call.
  const outer = value.kind === 'layer' && (value.made === undefined || (range.start <= value.made.start && value.made.end <= range.end)); // prettier-ignore
  const made = outer ? { ...value, made: range } : value;
  if (made.kind === 'cells' || made.kind === 'layer' || made.kind === 'instance') interpreter.show(callee.range, made);
  return made;
}

/** Whether a method makes its tensor what it gives: `x.squeeze_(0)`. */
function changesInPlace(name: string, target: Abstract, value: Abstract): boolean {
  return /[a-z]_$/.test(name) && target.kind === 'method' && target.of.kind === 'tensor' && value.kind === 'tensor';
}

function givenArguments(interpreter: Interpreter, args: readonly Argument[], scope: Scope): GivenArgument[] {
  return args.flatMap((argument): GivenArgument[] => {
    const value = interpreter.evaluate(argument.value, scope);
    const { range } = argument.value;
    if (argument.star === 1) return (itemsOf(value) ?? [value]).map(item => ({ value: item, range }));
    if (argument.star === 2) {
      if (value.kind !== 'dict') return [];
      return [...value.entries].map(([name, item]) => ({ name, value: item, range }));
    }
    return [argument.name === undefined ? { value, range } : { name: argument.name, value, range }];
  });
}

/** Calls anything that can be called; what nothing describes gives an unknown that goes by `text`. */
export function apply(
  interpreter: Interpreter,
  callee: Abstract,
  given: readonly GivenArgument[],
  range: TextRange,
  text: string,
): Abstract {
  switch (callee.kind) {
    case 'function':
      return callFunction(interpreter, callee, given, callee.self);
    case 'class':
      return instantiate(interpreter, callee, given);
    case 'instance':
      return callInstance(interpreter, callee, given, range, text);
    case 'path': {
      const own = entryOf(interpreter.language.functions, interpreter.language.canonical(callee.path));
      if (own !== undefined) return own.result(prepare(interpreter, own, given, range, NONE));
      for (const framework of interpreter.language.frameworks) {
        const known = framework.canonical(callee.path);
        const entry = known === null ? undefined : entryOf(framework.calls, known.name);
        if (entry !== undefined) return entry.result(prepare(interpreter, entry, given, range, NONE, known!.framework));
      }
      return unknown(text);
    }
    case 'method': {
      const kind = callee.of.kind === 'object' ? callee.of.type : callee.of.kind;
      const entry = methodEntry(interpreter, `${kind}.${callee.name}`);
      return entry === null ? unknown(text) : entry.result(prepare(interpreter, entry, given, range, callee.of));
    }
    default: {
      const kind = callee.kind === 'object' ? callee.type : callee.kind;
      const entry = methodEntry(interpreter, `${kind}.__call__`);
      return entry === null ? unknown(text) : entry.result(prepare(interpreter, entry, given, range, callee));
    }
  }
}
