/** Dropout with keep masks that are given, so that what random numbers decided elsewhere can be computed again. */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import { multiply, scale } from './operations.ts';
import type { Tensor } from './tensor.ts';

/**
 * Drops values: `x * mask / keep`. The masks are named:
 * - `step3.input`, `step3.state`, `step3.output` of a cell in TF1's `DropoutWrapper`, before it `bw.` in the backward
 *   direction and `cell_2.` in a stack; of a second wrapper around the first, `step3.input_1` and so on;
 * - `<node id>.input.<gate>` and `<node id>.state.<gate>` of Keras' `dropout` and `recurrent_dropout`, with `bw.` and
 *   `cell_2.` after the id;
 * - `<node id>.step3.candidate` of TF1's `LayerNormBasicLSTMCell`;
 * - the id of a dropout node;
 * - `<node id>.layer0`, `[B, T, H]`, of PyTorch's dropout above a layer.
 */
export type Dropout = (name: string, x: Tensor, keep: number) => Tensor;

/**
 * @param masks 1 keeps, 0 drops; `[B, U]`, or `[1, U]` for one mask for all rows. Without masks nothing is dropped, as
 *   when a model is evaluated.
 * @throws EngineError `unknown` when some masks are given but not this one.
 */
export function dropoutBy(masks: ReadonlyMap<string, Tensor> | undefined): Dropout {
  return (name, x, keep) => {
    if (!masks || keep === 1) return x;
    const mask = masks.get(name);
    if (!mask) throw new EngineError('unknown', phrase('There is no dropout mask {0}.', name));
    return scale(multiply(x, mask), 1 / keep);
  };
}
