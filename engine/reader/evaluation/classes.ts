/** What classes of the program have, with what they inherit. */
import type { Abstract, ClassValue } from '../values.ts';
import { MAX_CALL_DEPTH } from './bounds.ts';

/** Classes of which models and layers are made. */
const MODULES = /(?:^|\.)(?:Module|Model|Layer|LightningModule)$/;

/** A member of a class, or the one that it inherits. */
export function memberOf(of: ClassValue, name: string, depth = 0): Abstract | null {
  const own = of.members.get(name);
  if (own !== undefined) return own;
  if (depth > MAX_CALL_DEPTH) return null;
  for (const base of of.bases) {
    const inherited = base.kind === 'class' ? memberOf(base, name, depth + 1) : null;
    if (inherited !== null) return inherited;
  }
  return null;
}

/** The fields of a data class or a named tuple, in order: those of what it derives from come first. */
export function fieldsOf(of: ClassValue, depth = 0): string[] {
  const inherited = of.bases.flatMap(base => {
    if (base.kind === 'class') return depth < MAX_CALL_DEPTH ? fieldsOf(base, depth + 1) : [];
    return base.kind === 'object' && base.type === 'namedtuple' ? [...base.attributes.keys()] : [];
  });
  const own = [...of.members].filter(([, member]) => member.kind !== 'function').map(([name]) => name);
  return [...new Set([...inherited, ...own])];
}

/** Whether a class is a model of a framework, by what it derives from. */
export function isModule(of: ClassValue, depth = 0): boolean {
  return of.bases.some(base => {
    if (base.kind === 'class') return depth < MAX_CALL_DEPTH && isModule(base, depth + 1);
    const name = base.kind === 'path' ? base.path : base.kind === 'unknown' ? base.text : '';
    if (name === '' || name === 'object' || name === 'builtins.object') return false;
    // A base that another file defines: its forward pass tells.
    return MODULES.test(name) || of.members.has('forward') || of.members.has('call');
  });
}
