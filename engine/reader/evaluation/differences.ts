/** Whether the branches of an open condition make different networks, or only differ in what no network depends on. */
import { mentionsRecurrence } from '../mention.ts';
import { mayHaveSameSize } from '../sizes.ts';
import type { Abstract, Layer, Tensor } from '../values.ts';
import { isModule } from './classes.ts';
import { bodyText } from './definitions.ts';
import type { Interpreter } from './interpreter.ts';

/** How deep tuples are compared. */
const MAX_DEPTH = 3;

/** Whether it matters for the network which of two values a name has. Where one is not known nothing can be said. */
export function makeDifference(interpreter: Interpreter, a: Abstract, b: Abstract, depth = 0): boolean {
  if (a === b || a.kind === 'unknown' || b.kind === 'unknown' || depth > MAX_DEPTH) return false;
  if (a.kind !== b.kind) return isPart(interpreter, a) || isPart(interpreter, b);
  switch (a.kind) {
    case 'cells':
      return specsOf(a) !== specsOf(b as typeof a);
    case 'layer':
      return layersDiffer(a, b as typeof a);
    case 'tensor':
      return tensorsDiffer(a, b as typeof a);
    case 'optimizer':
      return JSON.stringify(a.spec) !== JSON.stringify((b as typeof a).spec);
    case 'sequence': {
      const { items } = b as typeof a;
      if (a.items.length !== items.length) return [...a.items, ...items].some(item => isPart(interpreter, item));
      return a.items.some((item, at) => makeDifference(interpreter, item, items[at]!, depth + 1));
    }
    case 'instance':
      return a.of !== (b as typeof a).of && isPart(interpreter, a);
    case 'path':
      return a.path !== (b as typeof a).path && isPart(interpreter, a);
    case 'network':
    case 'function':
    case 'class':
      return isPart(interpreter, a);
    default:
      return false;
  }
}

/** Whether a value is a part of a network, or makes one. */
export function isPart(interpreter: Interpreter, value: Abstract, depth = 0): boolean {
  switch (value.kind) {
    case 'cells':
    case 'layer':
    case 'network':
      return true;
    case 'tensor':
      return value.ref !== undefined;
    case 'sequence':
      return depth < MAX_DEPTH && value.items.some(item => isPart(interpreter, item, depth + 1));
    case 'path':
      return mentionsRecurrence(value.path);
    case 'instance':
      return isModule(value.of);
    case 'class':
      return isModule(value) || mentionsRecurrence(interpreter.textOf(value.range));
    case 'function':
      return mentionsRecurrence(bodyText(interpreter, value));
    default:
      return false;
  }
}

function specsOf({ className, cells }: Abstract & { kind: 'cells' }): string {
  return JSON.stringify([className, cells.map(cell => cell.spec)]);
}

function layersDiffer(a: Layer, b: Layer): boolean {
  const facts = (layer: Layer): string => {
    const { cells: _cells, ...options } = layer.recurrent ?? { cells: null };
    return JSON.stringify([layer.className, layer.cells.map(cell => cell.spec), options, layer.activation]);
  };
  return facts(a) !== facts(b);
}

function tensorsDiffer(a: Tensor, b: Tensor): boolean {
  if (a.derivation?.op === 'loss' && b.derivation?.op === 'loss') return a.derivation.kind !== b.derivation.kind;
  if (JSON.stringify(a.ref) !== JSON.stringify(b.ref)) return true;
  return a.axes !== null && b.axes !== null && !mayHaveSameSize(a.axes, b.axes);
}
