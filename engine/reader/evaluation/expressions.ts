/** The value of an expression. */
import { itemsOf, setEntry, textOf } from '../items.ts';
import type { Expression } from '../syntax.ts';
import { type Abstract, boolean, NONE, number, type Scope, string, unknown } from '../values.ts';
import { assign } from './binding.ts';
import { MAX_WORK } from './bounds.ts';
import { callExpression } from './calling.ts';
import { decide, eitherValue } from './conditions.ts';
import { makeLambda } from './definitions.ts';
import type { Interpreter } from './interpreter.ts';
import { comprehension } from './iteration.ts';
import { attributeOf, lookup, subscript } from './lookup.ts';
import { binary, unary } from './operators.ts';

/** What an expression is worth, as far as that is known. */
export function evaluate(interpreter: Interpreter, expression: Expression, scope: Scope): Abstract {
  if (++interpreter.work > MAX_WORK) return unknown('');
  const assignedTo = interpreter.assignedTo;
  interpreter.assignedTo = null;
  const value = valueOf(interpreter, expression, scope, assignedTo);
  return value.kind === 'unknown' ? interpreter.choices.assumed(value) : value;
}

function valueOf(interpreter: Interpreter, expression: Expression, scope: Scope, assignedTo: string | null): Abstract {
  switch (expression.kind) {
    case 'name': {
      const value = lookup(interpreter, expression.id, scope);
      interpreter.show(expression.range, value);
      return value;
    }
    case 'number':
      return number(expression.value, expression.integer);
    case 'string': {
      const pieces = expression.parts.map(part =>
        typeof part === 'string' ? part : textOf(interpreter.evaluate(part, scope)),
      );
      return pieces.some(piece => piece === null) ? unknown('') : string(pieces.join(''));
    }
    case 'constant':
      if (expression.value === '...') return { kind: 'ellipsis' };
      return expression.value === null ? NONE : boolean(expression.value);
    case 'attribute': {
      const value = attributeOf(
        interpreter,
        interpreter.evaluate(expression.object, scope),
        expression.name,
        expression.range,
      );
      interpreter.show(expression.range, value);
      return value;
    }
    case 'subscript': {
      const object = interpreter.evaluate(expression.object, scope);
      const value = subscript(interpreter, object, interpreter.evaluate(expression.index, scope), expression.range);
      interpreter.show(expression.range, value);
      return value;
    }
    case 'slice': {
      const [lower, upper, step] = expression.bounds.map(bound =>
        bound === null ? NONE : interpreter.evaluate(bound, scope),
      );
      return { kind: 'slice', bounds: [lower!, upper!, step!] };
    }
    case 'call':
      return callExpression(interpreter, expression, scope, assignedTo);
    case 'unary':
      return unary(interpreter, expression.operator, interpreter.evaluate(expression.operand, scope), expression.range);
    case 'binary': {
      const left = interpreter.evaluate(expression.left, scope);
      const right = interpreter.evaluate(expression.right, scope);
      return binary(interpreter, expression.operator, left, right, expression.range);
    }
    case 'conditional': {
      const { found: test, asked } = decide(interpreter, expression.test, scope);
      // A way that this reading has chosen is gone alone, as that of a statement.
      if (test !== null && asked.size > 0)
        return interpreter.evaluate(test ? expression.then : expression.otherwise, scope);
      const then = interpreter.evaluate(expression.then, scope);
      const otherwise = interpreter.evaluate(expression.otherwise, scope);
      if (test !== null) return test ? then : otherwise;
      // A size that depends on what is not known has the name of what it is put into, or the words of the program.
      const text = assignedTo ?? interpreter.textOf(expression.range).replaceAll(/\s+/g, ' ').slice(0, 40);
      return eitherValue(interpreter, then, otherwise, text, asked);
    }
    case 'sequence': {
      const items = itemValues(interpreter, expression.items, scope);
      return { kind: 'sequence', type: expression.type === 'tuple' ? 'tuple' : 'list', items };
    }
    case 'starred':
      return interpreter.evaluate(expression.value, scope);
    case 'dict': {
      const made: Abstract = { kind: 'dict', entries: new Map(), pairs: [] };
      for (const { key, value } of expression.entries) {
        const item = interpreter.evaluate(value, scope);
        if (key !== null) setEntry(made, interpreter.evaluate(key, scope), item);
        else if (item.kind === 'dict') for (const [name, part] of item.pairs) setEntry(made, name, part);
      }
      return made;
    }
    case 'comprehension':
      return comprehension(interpreter, expression, scope);
    case 'lambda':
      return makeLambda(interpreter, expression, assignedTo, scope);
    case 'assignment': {
      const value = interpreter.evaluate(expression.value, scope);
      assign(interpreter, expression.target, value, scope);
      return value;
    }
    case 'unknown':
      return unknown('');
  }
}

function itemValues(interpreter: Interpreter, expressions: readonly Expression[], scope: Scope): Abstract[] {
  return expressions.flatMap(item => {
    const value = interpreter.evaluate(item, scope);
    return item.kind === 'starred' ? (itemsOf(value) ?? [value]) : [value];
  });
}
