/** Text that is parsed, and where each of its characters stands in the text that the person has open. */

/** The line in which an offset stands, from 1. */
export function lineNumber(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length;
}

interface Segment {
  /** Offset in the parsed text. */
  readonly at: number;
  /** Offset in the original text. */
  readonly from: number;
  /** Length in both; 0 for text that was put in and stands nowhere. */
  readonly length: number;
}

/**
 * A piece of program text cut out of a document: a whole file, one fence of a note, a notebook cell. Lines may have lost
 * their indentation, and brackets may have been put in where the program forgot them.
 */
export class SourceText {
  readonly text: string;
  readonly #segments: readonly Segment[];

  constructor(parts: readonly { readonly text: string; readonly from: number; readonly inserted?: boolean }[]) {
    const segments: Segment[] = [];
    let at = 0;
    for (const { text, from, inserted = false } of parts) {
      segments.push({ at, from, length: inserted ? 0 : text.length });
      at += text.length;
    }
    this.text = parts.map(part => part.text).join('');
    this.#segments = segments;
  }

  /** Where a character of `text` stands in the document. */
  offset(position: number): number {
    const segments = this.#segments;
    let low = 0;
    let high = segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (segments[middle]!.at <= position) low = middle;
      else high = middle - 1;
    }
    const segment = segments[low];
    return segment === undefined ? position : segment.from + Math.min(position - segment.at, segment.length);
  }

  /** The same text with pieces put in before the given positions, which must ascend. */
  insert(insertions: readonly { readonly position: number; readonly text: string }[]): SourceText {
    const parts: { text: string; from: number; inserted?: boolean }[] = [];
    const boundaries = [...this.#segments.map(segment => segment.at), ...insertions.map(({ position }) => position)];
    const cuts = [...new Set(boundaries)].sort((a, b) => a - b);
    const put = new Map<number, string[]>();
    for (const { position, text } of insertions) put.set(position, [...(put.get(position) ?? []), text]);
    cuts.forEach((cut, index) => {
      for (const text of put.get(cut) ?? []) parts.push({ text, from: this.offset(cut), inserted: true });
      parts.push({ text: this.text.slice(cut, cuts[index + 1] ?? this.text.length), from: this.offset(cut) });
    });
    return new SourceText(parts);
  }
}

/** A document that is program text as a whole. */
export function wholeText(text: string): SourceText {
  return new SourceText([{ text, from: 0 }]);
}
