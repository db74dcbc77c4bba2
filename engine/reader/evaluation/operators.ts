/** Operators on values that may be unknown. */
import { itemsOf, MAX_ITEMS, textOf } from '../items.ts';
import type { TextRange } from '../reading.ts';
import { add, type Dimension, divide, equal, multiply } from '../sizes.ts';
import { type Abstract, boolean, dimension, fromDimension, number, shortText, string, unknown } from '../values.ts';
import { subjectOf } from './choices.ts';
import { methodEntry, prepare } from './entries.ts';
import type { Interpreter } from './interpreter.ts';

/** `operator operand`. */
export function unary(interpreter: Interpreter, operator: string, operand: Abstract, range: TextRange): Abstract {
  if (operator === 'not') {
    const test = interpreter.truth(operand);
    return test?.kind === 'boolean' ? boolean(!test.value) : unknown('');
  }
  if (operator === '-' && operand.kind === 'number') return number(-operand.value, operand.integer);
  if (operator === '-' && operand.kind === 'size') return fromDimension(multiply(operand.size, -1));
  const entry = operator === '-' ? methodEntry(interpreter, `${operand.kind}.__neg__`) : null;
  if (entry !== null) return entry.result(prepare(interpreter, entry, [], range, operand));
  return operator === '+' || operand.kind === 'tensor' ? operand : unknown('');
}

/** `left operator right`: by the tables first, which know tensors, then by arithmetic. */
export function binary(
  interpreter: Interpreter,
  operator: string,
  left: Abstract,
  right: Abstract,
  range: TextRange,
): Abstract {
  const entry =
    methodEntry(interpreter, `${left.kind}${operator}`) ?? methodEntry(interpreter, `${operator}${right.kind}`);
  if (entry !== null) {
    const given = [
      { value: left, range },
      { value: right, range },
    ];
    return entry.result(prepare(interpreter, entry, given, range, left));
  }
  if (operator === '+' && (left.kind === 'string' || right.kind === 'string')) {
    const [before, after] = [textOf(left), textOf(right)];
    return before === null || after === null ? unknown('') : string(before + after);
  }
  if (operator === '??') return left.kind === 'none' ? right : left;
  if (operator === '%' && left.kind === 'string') return formatted(left.value, right);
  if (operator === '+' && left.kind === 'sequence' && right.kind === 'sequence') {
    return { kind: 'sequence', type: left.type, items: [...left.items, ...right.items].slice(0, MAX_ITEMS) };
  }
  if (operator === '+' && [left, right].every(({ kind }) => kind === 'many' || kind === 'sequence'))
    return joined(left, right);
  if (operator === '*' && left.kind === 'sequence') return repeated(left, right);
  if (operator === '*' && right.kind === 'sequence') return repeated(right, left);
  if (operator === 'and' || operator === 'or') {
    const test = interpreter.truth(left);
    if (test?.kind !== 'boolean') {
      // What is open stays open, unless the other side alone decides.
      const decides = right.kind === 'boolean' && right.value === (operator === 'or');
      return decides || (operator === 'and' && right.kind !== 'boolean') ? right : left;
    }
    return test.value === (operator === 'and') ? right : left;
  }
  if (/^(?:==|!=|<>|<|>|<=|>=|is|is not|in|not in)$/.test(operator)) return compare(interpreter, operator, left, right);
  return arithmetic(operator, left, right) ?? unknown(interpreter.textOf(range).slice(0, 60));
}

/** Two lists, one after the other, of which not all items are known one by one. */
function joined(left: Abstract, right: Abstract): Abstract {
  const part = (of: Abstract): { item: Abstract | undefined; count: Abstract } =>
    of.kind === 'many' ? of : { item: (itemsOf(of) ?? [])[0], count: number(itemsOf(of)?.length ?? 0) };
  const [one, other] = [part(left), part(right)];
  const item = left.kind === 'many' ? one.item : (other.item ?? one.item);
  return { kind: 'many', item: item ?? unknown(''), count: arithmetic('+', one.count, other.count) ?? unknown('') };
}

function repeated(sequence: Abstract & { kind: 'sequence' }, times: Abstract): Abstract {
  if (sequence.items.length !== 1 && times.kind !== 'number')
    return { kind: 'many', item: sequence.items[0] ?? unknown(''), count: unknown('') };
  if (times.kind !== 'number') return { kind: 'many', item: sequence.items[0] ?? unknown(''), count: times };
  const count = Math.max(0, Math.min(times.value, Math.floor(MAX_ITEMS / Math.max(1, sequence.items.length))));
  return { kind: 'sequence', type: sequence.type, items: Array.from({ length: count }, () => sequence.items).flat() };
}

/** `'%d units' % 3`; unknown where a part is. */
function formatted(pattern: string, values: Abstract): Abstract {
  const parts = values.kind === 'sequence' ? [...values.items] : [values];
  let complete = true as boolean;
  const text = pattern.replace(/%[-+0-9.]*[a-zA-Z]/g, () => {
    const piece = textOf(parts.shift());
    complete &&= piece !== null;
    return piece ?? '';
  });
  return complete ? string(text) : unknown('');
}

function compare(interpreter: Interpreter, operator: string, left: Abstract, right: Abstract): Abstract {
  const negate = operator === '!=' || operator === '<>' || operator === 'is not' || operator === 'not in';
  if (operator === 'in' || operator === 'not in') {
    const items = itemsOf(right);
    const key = textOf(left);
    if (right.kind === 'string' && left.kind === 'string') return boolean(right.value.includes(left.value) !== negate);
    if (items === null || items.some(item => textOf(item) === null)) return unknown('');
    if (left.kind === 'unknown' && right.kind === 'sequence') return assume(interpreter, left, items, negate);
    if (key === null) return unknown('');
    return boolean(items.some(item => item.kind === left.kind && textOf(item) === key) !== negate);
  }
  const ordered = operator.startsWith('<') || operator.startsWith('>');
  if (left.kind === 'unknown' || right.kind === 'unknown' || left.kind === 'size' || right.kind === 'size') {
    if (!ordered && left.kind === 'unknown' && textOf(right) !== null)
      return assume(interpreter, left, [right], negate);
    const [a, b] = [shortText(left), shortText(right)];
    return unknown(a === '' || b === '' ? '' : `${a} ${operator} ${b}`);
  }
  if (left.kind === 'number' && right.kind === 'number') {
    const [a, b] = [left.value, right.value];
    const results: Readonly<Record<string, boolean>> = { '<': a < b, '>': a > b, '<=': a <= b, '>=': a >= b };
    return boolean(results[operator] ?? (a === b) !== negate);
  }
  if (ordered) return unknown('');
  const [a, b] = [textOf(left), textOf(right)];
  if (left.kind === 'none' || right.kind === 'none') return boolean((left.kind === right.kind) !== negate);
  return a === null || b === null ? unknown('') : boolean((left.kind === right.kind && a === b) !== negate);
}

/** Whether something unknown is one of some values, as far as this reading assumes anything of it. */
function assume(interpreter: Interpreter, subject: Abstract, values: readonly Abstract[], negate: boolean): Abstract {
  const found = interpreter.isCounter(subject) ? undefined : interpreter.choices.among(subjectOf(subject), values);
  return found === undefined ? unknown('') : boolean((found !== null) !== negate);
}

function arithmetic(operator: string, left: Abstract, right: Abstract): Abstract | null {
  if (left.kind === 'boolean') return arithmetic(operator, number(Number(left.value)), right);
  if (right.kind === 'boolean') return arithmetic(operator, left, number(Number(right.value)));
  if (left.kind === 'number' && right.kind === 'number') {
    const [a, b] = [left.value, right.value];
    const integer = left.integer && right.integer;
    switch (operator) {
      case '+':
        return number(a + b, integer);
      case '-':
        return number(a - b, integer);
      case '*':
        return number(a * b, integer);
      case '/':
        return b === 0 ? null : number(a / b, false);
      case '//':
        return b === 0 ? null : number(Math.floor(a / b), integer);
      case '%':
        return b === 0 ? null : number(a - Math.floor(a / b) * b, integer);
      case '**':
        return Math.abs(b) > 64 ? null : number(a ** b, integer && b >= 0);
      default:
        return null;
    }
  }
  const [a, b] = [dimension(left), dimension(right)];
  if (a === null || b === null) return null;
  const result: Readonly<Record<string, (a: Dimension, b: Dimension) => Dimension | null>> = {
    '+': add,
    '-': (x, y) => add(x, y, -1),
    '*': multiply,
    '//': divide,
    '/': (x, y) => (equal(x, y) ? 1 : divide(x, y)),
  };
  const size = result[operator]?.(a, b) ?? null;
  return size === null ? null : fromDimension(size);
}

/** Whether two values are sizes, and not the same one. */
export function differ(a: Abstract, b: Abstract): boolean {
  const [one, other] = [a, b].map(value =>
    value.kind === 'number' && value.integer ? value.value : value.kind === 'size' ? value.size : null,
  );
  return one != null && other != null && !equal(one, other);
}
