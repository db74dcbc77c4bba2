/** Statements, run once as their language would; what stops a block is told to whoever runs it. */
import type { Expression, Statement } from '../syntax.ts';
import { type Abstract, NONE, type Scope, unknown } from '../values.ts';
import { assign } from './binding.ts';
import { MAX_WORK } from './bounds.ts';
import { either } from './branches.ts';
import { type Completion, NEXT } from './completion.ts';
import { decide } from './conditions.ts';
import { decorated, defineClass, makeFunction } from './definitions.ts';
import { bindImport, bindImportFrom } from './imports.ts';
import type { Interpreter } from './interpreter.ts';
import { loop, typicalRound } from './iteration.ts';
import { binary } from './operators.ts';

/** Runs statements up to the first that does not go on to the next. */
export function runBlock(interpreter: Interpreter, statements: readonly Statement[], scope: Scope): Completion {
  for (const statement of statements) {
    if (interpreter.work > MAX_WORK) return NEXT;
    const completion = execute(interpreter, statement, scope);
    if (completion.kind !== 'next') return completion;
  }
  return NEXT;
}

function execute(interpreter: Interpreter, statement: Statement, scope: Scope): Completion {
  interpreter.work++;
  interpreter.statement = statement.range;
  if (interpreter.isHere(statement.range)) interpreter.graph.place = statement.range;
  switch (statement.kind) {
    case 'expression':
      interpreter.evaluate(statement.value, scope);
      return NEXT;
    case 'assign': {
      const [target] = statement.targets;
      interpreter.assignedTo = target?.kind === 'name' ? target.id : target?.kind === 'attribute' ? target.name : null;
      const value = interpreter.evaluate(statement.value, scope);
      interpreter.assignedTo = null;
      for (const each of statement.targets) assign(interpreter, each, value, scope);
      return NEXT;
    }
    case 'declare':
      if (!scope.names.has(statement.name)) scope.names.set(statement.name, unknown(statement.name));
      return NEXT;
    case 'update': {
      const old = interpreter.evaluate(statement.target, scope);
      const value = binary(
        interpreter,
        statement.operator,
        old,
        interpreter.evaluate(statement.value, scope),
        statement.range,
      );
      if (value.kind === 'sequence') interpreter.grew(value);
      const inner = interpreter.loops.at(-1);
      const counts = value.kind === 'number' && inner?.typical === true && inner.frame === interpreter.frame;
      assign(
        interpreter,
        statement.target,
        counts ? unknown(interpreter.textOf(statement.target.range)) : value,
        scope,
      );
      return NEXT;
    }
    case 'import':
      bindImport(interpreter, statement, scope);
      return NEXT;
    case 'import-from':
      bindImportFrom(interpreter, statement, scope);
      return NEXT;
    case 'if': {
      const { found, asked } = decide(interpreter, statement.test, scope);
      if (found === null) return either(interpreter, statement, scope, asked);
      const completion = interpreter.block(found ? statement.body : statement.otherwise, scope);
      if (completion.kind !== 'raise') return completion;
      // A program that ends with an error is rather one that is not understood, unless this reading has chosen to go there.
      if (interpreter.choices.answers.size > 0 && asked.size > 0) interpreter.choices.impossible = true;
      return NEXT;
    }
    case 'for':
      return loop(interpreter, statement, scope);
    case 'while': {
      interpreter.evaluate(statement.test, scope);
      const completion = typicalRound(interpreter, statement.body, scope);
      return completion.kind === 'return' ? completion : NEXT;
    }
    case 'with':
      return runWith(interpreter, statement, scope);
    case 'try':
      return attempt(interpreter, statement, scope);
    case 'function': {
      const made = makeFunction(interpreter, statement.name, statement, scope);
      if (interpreter.isHere(statement.range)) interpreter.uncalled.set(statement, made);
      for (const decorator of statement.decorators) interpreter.evaluate(decorator, scope);
      scope.names.set(statement.name, decorated(made, statement.decorators));
      return NEXT;
    }
    case 'class':
      defineClass(interpreter, statement, scope);
      return NEXT;
    case 'delete':
      for (const target of statement.targets) remove(interpreter, target, scope);
      return NEXT;
    case 'return':
      return { kind: 'return', value: statement.value === null ? NONE : interpreter.evaluate(statement.value, scope) };
    case 'yield':
      interpreter.yielded?.push(interpreter.evaluate(statement.value, scope));
      return NEXT;
    case 'break':
    case 'continue':
    case 'raise':
      return { kind: statement.kind };
    case 'other':
      return NEXT;
  }
}

/** What the body of a `try` defines stands; handlers and what follows them add to it. */
function attempt(interpreter: Interpreter, { bodies }: Statement & { kind: 'try' }, scope: Scope): Completion {
  const [body = [], ...others] = bodies;
  const completion = interpreter.block(body, scope);
  const defined = [...scope.names];
  for (const other of others) interpreter.block(other, scope);
  for (const [name, value] of defined) scope.names.set(name, value);
  return completion.kind === 'raise' ? NEXT : completion;
}

function runWith(interpreter: Interpreter, statement: Statement & { kind: 'with' }, scope: Scope): Completion {
  let opened = 0;
  for (const { value, target } of statement.items) {
    const context = interpreter.evaluate(value, scope);
    if (context.kind === 'scope') {
      interpreter.scopes.push(context.name);
      opened++;
    }
    if (target !== null) assign(interpreter, target, context, scope);
  }
  const completion = interpreter.block(statement.body, scope);
  interpreter.scopes.length -= opened;
  return completion;
}

function remove(interpreter: Interpreter, target: Expression, scope: Scope): void {
  if (target.kind !== 'subscript') return;
  const [object, key] = [interpreter.evaluate(target.object, scope), interpreter.evaluate(target.index, scope)];
  if (object.kind !== 'dict' || key.kind !== 'string') return;
  object.entries.delete(key.value);
  const at = object.pairs.findIndex(([own]) => own.kind === 'string' && own.value === key.value);
  if (at >= 0) (object.pairs as (readonly [Abstract, Abstract])[]).splice(at, 1);
}
