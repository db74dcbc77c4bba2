/** Where the modules of a program stand in each other. */
import type { WeightPlace } from '../graph.ts';
import type { Abstract, Instance } from '../values.ts';
import { MAX_CALL_DEPTH } from './bounds.ts';
import { isModule } from './classes.ts';
import type { Interpreter } from './interpreter.ts';

/** The place of a module's weights: the outermost module that holds it, and its name in there. Null for what is no module. */
export function placeOf(interpreter: Interpreter, module: Abstract): WeightPlace | null {
  const modules = interpreter.instances.filter(({ of }) => isModule(of));
  const held = new Set(modules.flatMap(({ attributes }) => [...attributes.values()]));
  for (const root of modules.filter(one => !held.has(one))) {
    const path = pathIn(root, module);
    if (path !== null) return { root, path };
  }
  if (module.kind === 'tensor') return module.parameter === undefined ? null : { root: null, path: module.parameter };
  // A module by itself: a Sequential that is the whole model.
  return module.kind === 'layer' || module.kind === 'instance' ? { root: null, path: '' } : null;
}

function pathIn(holder: Instance | (Abstract & { kind: 'sequence' }), module: Abstract, depth = 0): string | null {
  if (isSame(holder, module)) return '';
  if (depth > MAX_CALL_DEPTH) return null;
  const parts: Iterable<readonly [string | number, Abstract]> = holder.kind === 'instance' ? holder.attributes : holder.items.entries(); // prettier-ignore
  for (const [name, part] of parts) {
    const inside =
      part.kind === 'instance' || part.kind === 'sequence' ? pathIn(part, module, depth + 1) : isSame(part, module) ? '' : null;
    if (inside !== null) return inside === '' ? String(name) : `${name}.${inside}`;
  }
  return null;
} // prettier-ignore

function isSame(one: Abstract, other: Abstract): boolean {
  if (one.kind === 'layer' && other.kind === 'layer')
    return one.identity !== undefined && one.identity === other.identity;
  return one === other;
}
