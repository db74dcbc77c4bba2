import type { SourceText } from '../source.ts';

const CLOSERS: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };
const KEYWORD = /^(?:import|from|def|class|with|for|if|elif|else|while|try|except|return|print|@)\b/;
const ASSIGNMENT = /^[A-Za-z_][\w.]*(?:\[[^\]]*\])?(?:\s*,\s*[A-Za-z_]\w*)*\s+(?:[-+*/]?=)(?!=)\s*\S/;

interface Open {
  readonly closer: string;
}

/**
 * Closes brackets that a program leaves open, so that the fault stays in its own statement: a line that is indented no
 * deeper than the statement with the open bracket and begins as only a statement does, ends that statement.
 */
export function closeBrackets(source: SourceText): SourceText {
  const { text } = source;
  const insertions: { position: number; text: string }[] = [];
  let open: Open[] = [];
  let statementIndent = 0;
  let lastToken = 0;
  let position = 0;
  const close = (): void => {
    const closers = open.map(({ closer }) => closer).reverse();
    insertions.push({ position: lastToken, text: closers.join('') });
    open = [];
  };
  while (position < text.length) {
    const lineEnd = text.indexOf('\n', position) < 0 ? text.length : text.indexOf('\n', position);
    const line = text.slice(position, lineEnd);
    const indent = line.length - line.trimStart().length;
    const content = line.trimStart();
    if (content !== '') {
      const begins = KEYWORD.test(content) || (ASSIGNMENT.test(content) && !content.trimEnd().endsWith(','));
      if (open.length > 0 && indent <= statementIndent && begins) close();
      if (open.length === 0) statementIndent = indent;
    }
    position = scanLine(position, lineEnd);
  }
  if (open.length > 0) close();
  return insertions.length === 0 ? source : source.insert(insertions);

  /** Reads brackets and strings up to the end of the line, or of the string that begins on it. */
  function scanLine(from: number, lineEnd: number): number {
    let at = from;
    while (at < lineEnd) {
      const character = text[at]!;
      if (character === '#') return lineEnd + 1;
      if (character === '"' || character === "'") {
        const triple = text.startsWith(character.repeat(3), at);
        const quote = triple ? character.repeat(3) : character;
        let end = at + quote.length;
        const limit = triple ? text.length : lineEnd;
        while (end < limit && !text.startsWith(quote, end)) end += text[end] === '\\' ? 2 : 1;
        at = Math.min(end + quote.length, triple ? text.length : lineEnd);
        lastToken = at;
        if (at > lineEnd) {
          const next = text.indexOf('\n', at);
          return scanLine(at, next < 0 ? text.length : next);
        }
        continue;
      }
      const closer = CLOSERS[character];
      if (closer !== undefined) open.push({ closer });
      else if (open.length > 0 && open.at(-1)!.closer === character) open.pop();
      if (character.trim() !== '') lastToken = at + 1;
      at++;
    }
    return lineEnd + 1;
  }
}
