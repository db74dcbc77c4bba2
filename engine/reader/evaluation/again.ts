/**
 * A module that a program calls again: with nothing new it gives what it gave, and no second network. Where the shapes
 * are others (another batch, one step in place of many), those are worked out aside.
 */
import type { GivenArgument } from '../calls.ts';
import type { Graph } from '../graph.ts';
import { sizeText } from '../sizes.ts';
import { tensorsOf } from '../tensors.ts';
import { type Abstract, type Instance, tensor, type Tensor } from '../values.ts';
import type { Interpreter } from './interpreter.ts';

/** Lists inside lists are compared to this depth. */
const MAX_NESTING = 4;

/** Whether an argument brings no tensor of a network into a module but the module's own: what it gave before. */
export function isNothingNew(graph: Graph, self: Instance, value: Abstract, depth = 0): boolean {
  switch (value.kind) {
    case 'unknown':
    case 'none':
    case 'number':
    case 'boolean':
    case 'size':
    case 'string':
      return true;
    case 'tensor': {
      const from = value.ref?.from ?? value.eachOf?.from;
      if (value.parts !== undefined) return value.parts.every(part => isNothingNew(graph, self, part, depth + 1)); // prettier-ignore
      return from === undefined || graph.nodes.get(from)?.root === self;
    }
    case 'sequence':
      return depth < MAX_NESTING && value.items.every(item => isNothingNew(graph, self, item, depth + 1)); // prettier-ignore
    default:
      return false;
  }
}

/** What tells calls apart by the shapes of what they are given. @param which whether also by the tensors themselves. */
export function shapesOf(given: readonly GivenArgument[], which: boolean): string {
  const refs = which ? JSON.stringify(given.flatMap(({ value }) => tensorsOf(value) ?? []).map(tensorKey)) : '';
  return given.map(({ name = '', value }) => `${name}=${shapeText(value)}`).join(';') + refs;
}

const tensorKey = ({ ref, parts }: Tensor): unknown => ref ?? parts?.map(part => part.ref) ?? null;

/** Whether all that is given can be told apart: tensors of the network, shapes of others, and plain values. */
export function isTold(given: readonly GivenArgument[]): boolean {
  return given.every(({ value }) => value.kind !== 'unknown' || value.text !== '');
}

function shapeText(value: Abstract, depth = 0): string {
  switch (value.kind) {
    case 'tensor':
      return value.axes === null ? '?' : `[${value.axes.map(({ size }) => (size === null ? '' : sizeText(size))).join()}]`;
    case 'sequence':
      return depth < MAX_NESTING ? `(${value.items.map(item => shapeText(item, depth + 1)).join()})` : '…';
    case 'number':
    case 'boolean':
    case 'string':
      return String(value.value);
    default:
      return value.kind;
  }
} // prettier-ignore

/** Runs a call aside: what it makes is forgotten, what it gives has the shapes of this call and is what it was before. */
export function runAside(interpreter: Interpreter, self: Instance, before: Abstract, run: () => Abstract): Abstract {
  const { diagnostics, graph, instances } = interpreter;
  const { length } = diagnostics;
  const held = [...new Set([self, ...instances])].map(one => ({ one, attributes: new Map(one.attributes) }));
  const value = graph.aside(run);
  diagnostics.splice(length);
  for (const { one, attributes } of held) {
    for (const [name, now] of one.attributes) {
      const own = attributes.get(name);
      if (own !== now) one.attributes.set(name, inShapesOf(own ?? now, now));
    }
  }
  return inShapesOf(before, value);
}

/** What was given before, in the shapes of another call. */
function inShapesOf(before: Abstract, now: Abstract, depth = 0): Abstract {
  if (now.kind === 'tensor') {
    const same = before.kind === 'tensor' && before.axes?.length === now.axes?.length ? before : null;
    if (same === null) return tensor(now.dtype, now.axes, { ...(now.meaning && { meaning: now.meaning }), lost: true });
    const parts = same.parts?.map((part, at) => inShapesOf(part, now.parts?.[at] ?? part, depth + 1));
    return { ...same, axes: now.axes, ...(parts?.every(part => part.kind === 'tensor') && { parts }) };
  }
  if (now.kind !== 'sequence' || depth >= MAX_NESTING) return now;
  const own = before.kind === 'sequence' ? before.items : [];
  return { ...now, items: now.items.map((item, at) => inShapesOf(own[at] ?? item, item, depth + 1)) };
}
