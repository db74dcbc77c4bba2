/**
 * What notes say of `outputs` and `states` and the frameworks do otherwise, told where it is said. Source: TensorFlow 1.15
 * `rnn.py`, documentation of `dynamic_rnn`: `outputs` is one tensor of the top layer, `state` has the structure of the
 * cell's `state_size`.
 */
import { phrase, type Phrase } from '../model/phrase.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import { STACK_OUTPUTS } from './recurrent.ts';

const DOCUMENTATION = 'https://www.tensorflow.org/versions/r1.15/api_docs/python/tf/nn/dynamic_rnn';
const LAYERS_FIRST = phrase(
  'The layers come first: a tuple over layers, the bottom layer first; of an LSTM each is (c, h), both [batch, units].',
);

/** Words on one line, in which neither of the two is spoken of again. */
const WORDS = '(?:(?!outputs?\\b|states?\\b)[^\\n]){0,120}?';
const LAYERS_SECOND = '[[（(]\\s*batch[\\w ]*[,，]\\s*(?:multiple |number of |n_?|num_?)?layers\\b[^\\]\\n]*\\]';

const CLAIMS: readonly { readonly pattern: RegExp; readonly truth: Phrase }[] = [
  { pattern: new RegExp(`\\boutputs?(?![\\w[])${WORDS}(?:不是|并非)\\s*\`?tensor\`?${WORDS}tuple(?:\`?[。，,]?\\s*\\[[^\\]\\n]*\\])?`, 'gi'), truth: STACK_OUTPUTS },
  { pattern: new RegExp(`\\boutputs?\`?\\s+(?:is|are)\\s+(?:a\\s+)?tuples?\\b(?:\\s+(?:over|of)\\s+(?:the\\s+)?(?:layers|tensors)\\b)?`, 'gi'), truth: STACK_OUTPUTS },
  { pattern: new RegExp(`\\boutputs?(?![\\w[])${WORDS}${LAYERS_SECOND}`, 'gi'), truth: STACK_OUTPUTS },
  { pattern: new RegExp(`\\bstates?(?![\\w[])${WORDS}${LAYERS_SECOND}`, 'gi'), truth: LAYERS_FIRST },
]; // prettier-ignore

/** What prose outside the fences of a note claims, each claim once. */
export function claimsIn(text: string, fences: readonly TextRange[]): Diagnostic[] {
  const found = CLAIMS.flatMap(({ pattern, truth }) =>
    [...text.matchAll(pattern)].map((match): Diagnostic => {
      const range = { start: match.index, end: match.index + match[0].length };
      return { range, severity: 'information', code: 'note-on-states', message: truth, link: DOCUMENTATION };
    }),
  );
  const overlap = (a: TextRange, b: TextRange): boolean => a.start < b.end && b.start < a.end;
  return found.filter(
    ({ range }, at) =>
      !fences.some(fence => overlap(fence, range)) && !found.slice(0, at).some(other => overlap(other.range, range)),
  );
}
