/** Modules of the workspace, run when they are imported, and what import statements take from them. */
import { parseJson } from '../json.ts';
import type { Statement } from '../syntax.ts';
import { type Abstract, type Scope, string } from '../values.ts';
import { MAX_CALL_DEPTH } from './bounds.ts';
import type { Interpreter } from './interpreter.ts';
import { named } from './lookup.ts';

/** A module of the workspace by the name under which a program imports it; null for a library. */
export function imported(interpreter: Interpreter, name: string): Abstract | null {
  const found = interpreter.siblings?.find(name, interpreter.path) ?? null;
  if (found === null) return null;
  const known = interpreter.modules.get(found.path);
  if (known !== undefined) return known;
  const names = new Map<string, Abstract>([['__name__', string(name)]]);
  const made = { kind: 'object' as const, type: 'module', attributes: names };
  // A module that is imported while it imports has the names that it has so far.
  interpreter.modules.set(found.path, made);
  if (found.path.endsWith('.json')) {
    const data = parseJson(found.text);
    names.set('default', data);
    if (data.kind === 'dict') for (const [key, value] of data.entries) names.set(key, value);
    return made;
  }
  if (interpreter.depth >= MAX_CALL_DEPTH) return made;
  const state = [interpreter.path, interpreter.statement, interpreter.assignedTo, interpreter.graph.place] as const;
  interpreter.path = found.path;
  interpreter.graph.place = null;
  interpreter.depth++;
  interpreter.language.exports(names);
  interpreter.block(found.module.body, { names, parent: null, frame: 0 });
  interpreter.language.exported(names);
  interpreter.depth--;
  [interpreter.path, interpreter.statement, interpreter.assignedTo, interpreter.graph.place] = state;
  return made;
}

/** `import a.b as c` and `import a.b`, which binds `a`. */
export function bindImport(
  interpreter: Interpreter,
  { module, alias }: Statement & { kind: 'import' },
  scope: Scope,
): void {
  const found = imported(interpreter, module);
  if (alias !== null) {
    scope.names.set(alias, found ?? { kind: 'path', path: module });
    return;
  }
  const [top = '', ...inside] = module.split('.');
  if (found === null) {
    scope.names.set(top, { kind: 'path', path: top });
    return;
  }
  let at = imported(interpreter, top) ?? scope.names.get(top);
  if (at?.kind !== 'object') at = { kind: 'object', type: 'module', attributes: new Map() };
  scope.names.set(top, at);
  for (const [position, name] of inside.entries()) {
    const whole = module
      .split('.')
      .slice(0, position + 2)
      .join('.');
    const part: Abstract = imported(interpreter, whole) ?? { kind: 'object', type: 'module', attributes: new Map() };
    if (at.kind === 'object') at.attributes.set(name, part);
    at = part;
  }
}

/** `from a import b`: a name of the module, or a module of the package. */
export function bindImportFrom(
  interpreter: Interpreter,
  { module, names }: Statement & { kind: 'import-from' },
  scope: Scope,
): void {
  const found = imported(interpreter, module);
  for (const { name, alias } of names) {
    if (name === '*') {
      if (found?.kind !== 'object') {
        interpreter.stars.push(module);
        continue;
      }
      for (const [each, value] of found.attributes) if (/^[A-Za-z]/.test(each)) scope.names.set(each, value);
      continue;
    }
    const own = found?.kind === 'object' ? found.attributes.get(name) : undefined;
    const inside = own ?? imported(interpreter, module.endsWith('.') ? module + name : `${module}.${name}`);
    scope.names.set(alias, inside ?? named(interpreter, `${module}.${name}`));
  }
}
