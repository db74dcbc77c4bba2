/** Quick fixes: small changes of the text that are right wherever their diagnostic is. */
import { phrase } from '../model/phrase.ts';
import type { Diagnostic, TextRange } from './reading.ts';

/** Gives a call one more argument; nothing where the call already names it. */
export function giving(
  text: string,
  call: TextRange,
  argument: string,
  title = phrase('Give {0}', argument),
): Pick<Diagnostic, 'fix'> {
  const [name = ''] = argument.split('=');
  if (!text.endsWith(')') || new RegExp(`\\b${name}\\s*=`).test(text)) return {};
  const before = text.slice(0, -1).trimEnd();
  const end = call.start + before.length;
  const comma = before.endsWith('(') ? '' : before.endsWith(',') ? ' ' : ', ';
  return { fix: { title, range: { start: end, end }, text: `${comma}${argument}` } };
}

/** Makes a PyTorch layer take `[batch, steps, features]`. */
export function batchFirst(text: string, call: TextRange): Pick<Diagnostic, 'fix'> {
  return giving(text, call, 'batch_first=True');
}
