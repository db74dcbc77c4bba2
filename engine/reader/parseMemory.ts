import type { Parser, Tree } from '@lezer/common';
import { TreeFragment } from '@lezer/common';
import { PartMemory } from './parts.ts';

/** A text and its tree, in the pieces that the parser can take over. */
interface Parsed {
  readonly parser: Parser;
  readonly text: string;
  readonly tree: Tree;
  readonly fragments: readonly TreeFragment[];
}

/**
 * Remembers the trees of the last version of a text and what was read of its parts, so that the next version is parsed and
 * read only where it differs. One memory belongs to one open text; what it remembers changes no result, only the time that it takes.
 *
 * Note: behind a fault, such as a bracket that is not closed yet, the parser may take over statements that it would not find in a
 * text that it sees for the first time. Once the fault is gone both are the same again.
 */
export class ParseMemory {
  /** What programs of this text were read as. */
  readonly programs = new PartMemory();
  readonly #parts = new Map<string, ParseMemory>();
  readonly #parsed = new Map<string, Parsed>();

  /** The memory of a part of the text that is parsed on its own: a fence, a script of one language. */
  part(name: string): ParseMemory {
    const known = this.#parts.get(name) ?? new ParseMemory();
    this.#parts.set(name, known);
    return known;
  }

  /** @param form tells apart texts that are made of the same part, such as the repaired one. */
  parse(parser: Parser, text: string, form: string): Tree {
    const old = this.#parsed.get(form);
    const known = old?.parser === parser ? old : undefined;
    if (known?.text === text) return known.tree;
    const fragments = known === undefined ? [] : TreeFragment.applyChanges(known.fragments, [change(known.text, text)]);
    const tree = parser.parse(text, fragments);
    this.#parsed.set(form, { parser, text, tree, fragments: TreeFragment.addTree(tree, fragments) });
    return tree;
  }
}

/** The one stretch in which two texts differ. */
function change(before: string, after: string): { fromA: number; toA: number; fromB: number; toB: number } {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before.charCodeAt(start) === after.charCodeAt(start)) start++;
  let end = 0;
  const most = shorter - start;
  while (end < most && before.charCodeAt(before.length - 1 - end) === after.charCodeAt(after.length - 1 - end)) end++;
  return { fromA: start, toA: before.length - end, fromB: start, toB: after.length - end };
}
