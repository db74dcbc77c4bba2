import { isOfClasses } from '../model/losses.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { isReason, sequenceShape } from './sequenceShape.ts';

/** What a model that puts a whole sequence into one of K classes takes in: `[B, steps, features]` and labels `[B]`. */
export interface ClassifierShape {
  /** Undefined where the model takes any number of steps. */
  readonly steps: number | undefined;
  readonly features: number;
  readonly classes: number;
}

/** The shape of a sequence classifier, or the reason why the model is none (or leaves a size open). */
export function classifierShape(spec: ModelSpec): ClassifierShape | Phrase {
  const shape = sequenceShape(spec);
  if (isReason(shape)) return shape;
  const { steps, features, loss, width, everyStep } = shape;
  // Labels stand for one-hot rows, too.
  if (!isOfClasses(loss.kind)) return phrase('the loss is {0}, not a cross-entropy over class labels', loss.kind);
  if (everyStep) return phrase('the model does not give one prediction for a sequence');
  return { steps, features, classes: width };
}
