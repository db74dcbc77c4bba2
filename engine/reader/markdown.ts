import { parser } from '@lezer/markdown';
import { ParseMemory } from './parseMemory.ts';
import { SourceText } from './source.ts';

/** One fenced block of a note. */
export interface Fence {
  /** Language after the opening fence, in lower case; empty when there is none. */
  readonly language: string;
  readonly source: SourceText;
  /** Offsets of its contents in the note. */
  readonly start: number;
  readonly end: number;
}

/** The fenced code blocks of a Markdown document, also inside lists and quotes. */
export function fencesOf(text: string, memory = new ParseMemory()): Fence[] {
  const fences: Fence[] = [];
  memory.parse(parser, text, 'note').iterate({
    enter: node => {
      if (node.name !== 'FencedCode') return;
      const info = node.node.getChild('CodeInfo');
      const language =
        info === null ? '' : (/^\{?\.?([\w+-]*)/.exec(text.slice(info.from, info.to))?.[1] ?? '').toLowerCase();
      const pieces = node.node.getChildren('CodeText');
      const [first] = pieces;
      const last = pieces.at(-1);
      if (first === undefined || last === undefined) return;
      // Each piece is a run of text without the marks of lists and quotes around it.
      const parts = pieces.map(piece => ({ text: text.slice(piece.from, piece.to), from: piece.from }));
      fences.push({ language, source: new SourceText(dedented(parts)), start: first.from, end: last.to });
    },
  });
  return fences;
}

/** Takes away the indentation that all lines share, as a block pasted from inside a function has. */
function dedented(
  parts: readonly { readonly text: string; readonly from: number }[],
): { text: string; from: number }[] {
  const lines = parts.flatMap(part => {
    const found: { text: string; from: number }[] = [];
    let at = 0;
    for (const line of part.text.split(/(?<=\n)/)) {
      found.push({ text: line, from: part.from + at });
      at += line.length;
    }
    return found;
  });
  const indents = lines
    .filter(line => line.text.trim() !== '')
    .map(line => line.text.length - line.text.trimStart().length);
  const indent = indents.length === 0 ? 0 : Math.min(...indents);
  if (indent === 0) return [...parts];
  return lines.map(line => ({
    text: line.text.slice(Math.min(indent, line.text.length - line.text.trimStart().length)),
    from: line.from + Math.min(indent, line.text.length - line.text.trimStart().length),
  }));
}
