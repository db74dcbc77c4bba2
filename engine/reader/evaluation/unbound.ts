/** Names that no statement binds: those of modules of which everything is imported, and what programs mean by others. */
import { entryOf } from '../calls.ts';
import type { Abstract } from '../values.ts';
import type { Interpreter } from './interpreter.ts';

/** What a name stands for that nothing in the text binds; null where nobody can tell. */
export function unbound(interpreter: Interpreter, name: string): Abstract | null {
  const { language, stars } = interpreter;
  for (const module of stars.toReversed()) if (isKnown(interpreter, `${module}.${name}`)) return path(module, name);
  const meant = language.name(name);
  if (meant !== null) return meant;
  // From `from ours import *` everything may come; a fragment leaves its imports out.
  const { packages, modules } = language.usual(interpreter.text);
  const module = stars.length > 0 ? modules.get(name) : undefined;
  if (module !== undefined) return { kind: 'path', path: module };
  const found = /^[A-Z]/.test(name) ? packages.find(each => isKnown(interpreter, `${each}.${name}`)) : undefined;
  return found === undefined ? null : path(found, name);
}

function path(module: string, name: string): Abstract {
  return { kind: 'path', path: `${module}.${name}` };
}

/** Whether a framework has a call of that path. */
function isKnown({ language }: Interpreter, path: string): boolean {
  return language.frameworks.some(framework => {
    const known = framework.canonical(path);
    return known !== null && entryOf(framework.calls, known.name) !== undefined;
  });
}
