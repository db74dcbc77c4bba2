import { phrase } from '../model/phrase.ts';
import type { Call } from './calls.ts';

/** How a name says which of the two it is; names that leave it open, such as `dropout`, say nothing. */
const SAYS = { keep: /(?:^|_)keep/i, drop: /(?:^|_)(?:drop|dropout)_?(?:rate|prob|probability|p)$/i } as const;
/** What programs of TensorFlow 1 call `dropout_prob` is often the part that is kept; a rate never is. */
const RATE = /rate$/i;

/**
 * Warns where the name of a value says that it is the part that is kept, and the argument takes the part that is dropped
 * (Keras, PyTorch), or the other way round (TensorFlow 1).
 */
export function checkDropout({ args, reader }: Call, argument: string, meant: 'keep' | 'drop'): void {
  const range = args.range(argument);
  if (range === null) return;
  const text = reader.textOf(range);
  const name = /^(?:\w+\.)*(\w+)$/.exec(text)?.[1];
  const said = meant === 'keep' ? 'drop' : 'keep';
  if (name === undefined || !SAYS[said].test(name) || SAYS[meant].test(name)) return;
  if (meant === 'keep' && !RATE.test(name)) return;
  const message =
    meant === 'keep'
      ? phrase('{0} is the part that is kept, but {1} names the part that is dropped', argument, text)
      : phrase('{0} is the part that is dropped, but {1} names the part that is kept', argument, text);
  const fix = { title: phrase('Give {0}', `1 - ${text}`), range, text: `1 - ${text}` };
  reader.report({ range, severity: 'warning', code: 'keep-or-drop', message, fix });
}
