import type { TextRange } from '../../engine/reader/reading.ts';

/** Whether a name stands on the left of an assignment: `outputs, (c, h) = …`, not `f(outputs, c=…)`. */
export function isDefinition(text: string, { start, end }: TextRange): boolean {
  if (!/^[\w.]+$/.test(text.slice(start, end))) return false;
  const line = text.lastIndexOf('\n', start - 1) + 1;
  const rest = /^[\w.,\s()[\]*]*?(?=(?<![=!<>+\-*/%])=(?!=))/.exec(text.slice(end, end + 400))?.[0];
  if (rest === undefined || rest.includes('\n')) return false;
  const target = text.slice(line, end) + rest;
  // Targets are names, in brackets or not; a bracket behind a name is a call or a subscript.
  return /^[\s>]*(?:(?:const|let|var)\s+)?[\w.,\s()[\]*]+$/.test(target) && !/[\w)\]]\s*[([]/.test(target.replace(/\b(?:const|let|var)\s/, ''));
} // prettier-ignore
