import { type Phrase, phrase } from '../model/phrase.ts';

/** Why a run ended whose loss or gradient is not finite any more. @param layer where that began, from 1; absent after the last one */
export function divergence({ step, layer }: { readonly step: number; readonly layer?: number | undefined }): Phrase {
  return layer === undefined
    ? phrase('The loss or its gradient became NaN or infinite at step {0}', step)
    : phrase(
        'The loss or its gradient became NaN or infinite at step {0}; it began in recurrent layer {1}',
        step,
        layer,
      );
}
