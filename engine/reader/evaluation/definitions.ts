/** Functions and classes as the text defines them. */
import { type Expression, type FunctionSyntax, rangeOf, type Statement } from '../syntax.ts';
import type { Abstract, ClassValue, FunctionValue, Scope } from '../values.ts';
import type { Interpreter } from './interpreter.ts';

/** A function, with the values that its defaults have where it is defined. */
export function makeFunction(
  interpreter: Interpreter,
  name: string,
  code: FunctionSyntax,
  scope: Scope,
): FunctionValue {
  const defaults = new Map<string, Abstract>();
  for (const parameter of code.parameters) {
    if (parameter.default !== undefined) defaults.set(parameter.name, interpreter.evaluate(parameter.default, scope));
  }
  return { kind: 'function', name, code, scope, defaults };
}

/** A function without a name; one with statements may be the program itself, called by nobody in the text. */
export function makeLambda(
  interpreter: Interpreter,
  expression: Expression & { kind: 'lambda' },
  assignedTo: string | null,
  scope: Scope,
): FunctionValue {
  const made = makeFunction(interpreter, assignedTo ?? 'lambda', expression, scope);
  if (isStatements(expression.body) && interpreter.isHere(expression.range)) interpreter.uncalled.set(expression, made);
  return made;
}

/** Runs the body of a class and binds its name. */
export function defineClass(interpreter: Interpreter, statement: Statement & { kind: 'class' }, scope: Scope): void {
  const bases = statement.bases
    .filter(base => base.name === undefined)
    .map(base => interpreter.evaluate(base.value, scope));
  const members = new Map<string, Abstract>();
  const made: ClassValue = { kind: 'class', name: statement.name, bases, members, range: statement.range };
  interpreter.block(statement.body, {
    names: members,
    parent: { names: new Map([['__class__', made]]), parent: scope, frame: scope.frame },
    frame: scope.frame,
  });
  scope.names.set(statement.name, made);
  if (interpreter.isHere(statement.range)) interpreter.classes.push(made);
}

/** A function as its decorators make it. */
export function decorated(made: FunctionValue, decorators: readonly Expression[]): FunctionValue {
  for (const decorator of decorators) {
    const name = decorator.kind === 'name' ? decorator.id : decorator.kind === 'attribute' ? decorator.name : '';
    if (name === 'staticmethod') return { ...made, role: 'static' };
    if (name === 'classmethod') return { ...made, role: 'class' };
    // Also those that remember: `@lazy_property`.
    if (/property$/.test(name)) return { ...made, role: 'property' };
  }
  return made;
}

/** Whether a function has statements: a lambda of Python has an expression. */
export function isStatements(body: FunctionSyntax['body']): body is readonly Statement[] {
  return Array.isArray(body);
}

/** The text of a function's body. */
export function bodyText(interpreter: Interpreter, { code }: FunctionValue): string {
  if (code.kind === 'function') return interpreter.textOf(code.bodyRange);
  return interpreter.textOf(isStatements(code.body) ? rangeOf(code.body) : code.body.range);
}
