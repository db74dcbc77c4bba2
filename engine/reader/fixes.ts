/** Quick fixes: small changes of the text that are right wherever their diagnostic is. */
import { phrase } from '../model/phrase.ts';
import type { Diagnostic, TextRange } from './reading.ts';

/**
 * Gives a call one more argument; nothing where the call already names it.
 * @param argument `name=value`, or `name: value` for a call with its options in an object.
 */
export function giving(
  text: string,
  call: TextRange,
  argument: string,
  title = phrase('Give {0}', argument),
): Pick<Diagnostic, 'fix'> {
  const [name = ''] = argument.split(/[=:]/);
  const closing = (argument.includes(':') ? /\s*\}\s*\)$/ : /\s*\)$/).exec(text);
  if (closing === null || new RegExp(`\\b${name}\\s*[=:]`).test(text)) return {};
  const before = text.slice(0, closing.index);
  const end = call.start + before.length;
  const comma = /[({]$/.test(before) ? '' : before.endsWith(',') ? ' ' : ', ';
  return { fix: { title, range: { start: end, end }, text: `${comma}${argument}` } };
}

/** Makes a PyTorch layer take `[batch, steps, features]`. */
export function batchFirst(text: string, call: TextRange): Pick<Diagnostic, 'fix'> {
  return giving(text, call, 'batch_first=True');
}
