/** What an assignment gives a value to: names, attributes, entries, and parts of what is taken apart. */
import type { Graph } from '../graph.ts';
import { itemsOf, MAX_ITEMS, setEntry } from '../items.ts';
import type { Expression } from '../syntax.ts';
import { index } from '../tensors.ts';
import { type Abstract, held, list, number, type Scope, type Sequence, string, unknown } from '../values.ts';
import { methodEntry, prepare } from './entries.ts';
import type { Interpreter } from './interpreter.ts';

/** Gives a value to a target, and takes it apart where the target is a list of targets. */
export function assign(interpreter: Interpreter, target: Expression, value: Abstract, scope: Scope): void {
  switch (target.kind) {
    case 'name': {
      const named = held(value, target.id);
      const holder = target.outer === true ? holderOf(target.id, scope) : scope;
      holder.names.set(target.id, named);
      nameTensor(interpreter, target.id, named);
      interpreter.show(target.range, named);
      return;
    }
    case 'attribute': {
      const object = interpreter.evaluate(target.object, scope);
      const named = held(value, target.name);
      if (object.kind === 'instance' || object.kind === 'object') object.attributes.set(target.name, named);
      else if (object.kind === 'dict') setEntry(object, string(target.name), named);
      else if (target.name === 'trainable' && value.kind === 'boolean')
        sayTrainable(interpreter.graph, object, value.value);
      else if (object.kind === 'class') object.members.set(target.name, named);
      const setter = methodEntry(interpreter, `${object.kind}:${target.name}=`);
      setter?.result(prepare(interpreter, setter, [{ value: named, range: target.range }], target.range, object));
      nameTensor(interpreter, target.name, named);
      interpreter.show(target.range, named);
      return;
    }
    case 'subscript': {
      const object = interpreter.evaluate(target.object, scope);
      const key = interpreter.evaluate(target.index, scope);
      if (object.kind === 'dict') setEntry(object, key, value);
      if (object.kind === 'object') {
        const entry = methodEntry(interpreter, `${object.type}.__setitem__`);
        entry?.result(prepare(interpreter, entry, [key, value].map(given => ({ value: given, range: target.range })), target.range, object)); // prettier-ignore
      }
      if (
        object.kind === 'sequence' &&
        object.type === 'list' &&
        key.kind === 'number' &&
        object.items.at(key.value) !== undefined
      ) {
        (object.items as Abstract[])[key.value < 0 ? key.value + object.items.length : key.value] = value;
      }
      return;
    }
    case 'sequence': {
      const items = itemsOf(value);
      const star = target.items.findIndex(item => item.kind === 'starred');
      if (value.kind === 'sequence' && star < 0 && value.items.some(item => item.kind === 'tensor')) {
        const targets = target.items.map(({ range }) => ({ text: interpreter.textOf(range), range }));
        interpreter.graph.unpackings.push({ targets, items: value.items, text: range => interpreter.textOf(range) });
      }
      target.items.forEach((item, position) => {
        if (item.kind === 'starred') {
          const end = (items?.length ?? 0) - (target.items.length - position - 1);
          assign(interpreter, item.value, items === null ? value : list(items.slice(position, end)), scope);
          return;
        }
        const place =
          star >= 0 && position > star && items !== null ? items.length - (target.items.length - position) : position;
        const part =
          value.kind === 'many' ? value.item : items === null ? partOf(interpreter, value, position) : items[place];
        assign(interpreter, item, part ?? unknown(''), scope);
      });
      return;
    }
    default:
  }
}

/** A layer, or all layers of a model, is trained from now on, or no more. */
function sayTrainable(graph: Graph, of: Abstract, trained: boolean): void {
  if (of.kind === 'network') for (const layer of of.layers) sayTrainable(graph, layer, trained);
  if (of.kind !== 'layer') return;
  graph.trainable.delete(of.name);
  graph.trainable.set(of.name, trained);
}

/** One item of a value that cannot be taken apart. */
function partOf(interpreter: Interpreter, value: Abstract, position: number): Abstract {
  if (value.kind === 'tensor' && value.axes !== null)
    return index(interpreter.graph, value, [number(position)], { start: 0, end: 0 });
  return value.kind === 'unknown' ? unknown(value.text) : unknown('');
}

function nameTensor(interpreter: Interpreter, name: string, value: Abstract): void {
  if (value.kind === 'tensor' && value.ref !== undefined) interpreter.graph.names.set(name, value.ref);
  if (value.kind === 'sequence') nameParts(interpreter.graph, name, value);
}

/** `states[0].c`: the tensors of a tuple, and of tuples in it. */
function nameParts(graph: Graph, name: string, { items, fields }: Sequence, depth = 0): void {
  for (const [place, item] of items.slice(0, MAX_ITEMS).entries()) {
    const part = fields?.[place] === undefined ? `${name}[${place}]` : `${name}.${fields[place]}`;
    if (item.kind === 'tensor' && item.ref?.part?.take === 'state') graph.parts.set(part, item.ref);
    if (item.kind === 'sequence' && depth < 2) nameParts(graph, part, item, depth + 1);
  }
}

/** The scope in which a name has a value; the outermost for one that has none yet. */
function holderOf(name: string, scope: Scope): Scope {
  let at = scope;
  while (!at.names.has(name) && at.parent !== null) at = at.parent;
  return at;
}
