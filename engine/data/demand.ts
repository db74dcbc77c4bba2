import { tensorAxes } from '../model/axes.ts';
import { isOfClasses, LOSSES } from '../model/losses.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec, Size } from '../model/spec.ts';

/** What a model is fed with and what it predicts, as far as data must fit; a size is undefined where the source leaves it open. */
export interface Demand {
  readonly steps: number | undefined;
  /** Values of a step; 1 where tokens go in by their numbers. */
  readonly features: number | undefined;
  /** Tokens go in by their numbers, below this one (undefined: open); null where they do not. */
  readonly vocabulary: number | undefined | null;
  /** Rows come with their lengths. */
  readonly lengths: boolean;
  /** One label of so many classes, values that are 0 or 1, or any values. */
  readonly target: 'labels' | 'binary' | 'values';
  /** Classes, or values of a target. */
  readonly width: number | undefined;
  /** A target at every step and not one a row. */
  readonly everyStep: boolean;
}

const known = (size: Size | undefined): number | undefined => (typeof size === 'number' ? size : undefined);

/** What a model demands of its data, or the reason why no file can be given to it. */
export function demandOf(spec: ModelSpec): Demand | Phrase {
  const sequences = spec.inputs.filter(({ role }) => role === 'sequence');
  const [sequence, second] = sequences;
  if (!sequence) return phrase('the model has no input sequence');
  const other = second ?? spec.inputs.find(({ role }) => role === 'state' || role === 'mask');
  if (other) return phrase('the model is also fed with "{0}"', other.id);
  const embedding = spec.nodes.find(node => node.op === 'embedding' && node.input.from === sequence.id);
  const axes = embedding ? 1 : 2;
  if (sequence.axes.length !== axes)
    return phrase('"{0}" has {1} axes after the batch, not steps and features', sequence.id, sequence.axes.length);
  const prediction = spec.loss && tensorAxes(spec, spec.loss.prediction);
  if (!spec.loss || !prediction) return phrase('the model has no loss');
  if (prediction.length === 0 || prediction.length > 2) return phrase('the model does not give one prediction for a sequence');
  const kind = spec.loss.kind;
  return {
    steps: known(sequence.axes[0]!.size),
    features: embedding ? 1 : known(sequence.axes[1]!.size),
    vocabulary: embedding?.op === 'embedding' ? known(embedding.vocabulary) : null,
    lengths: spec.inputs.some(({ role }) => role === 'lengths'),
    target: isOfClasses(kind) ? 'labels' : LOSSES[kind].target === 'binary' ? 'binary' : 'values',
    width: known(prediction.at(-1)),
    everyStep: prediction.length === 2,
  };
} // prettier-ignore
