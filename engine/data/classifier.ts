import { tensorAxes } from '../model/axes.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec, Size } from '../model/spec.ts';

/** What a model that puts a whole sequence into one of K classes takes in: `[B, steps, features]` and labels `[B]`. */
export interface ClassifierShape {
  /** Undefined where the model takes any number of steps. */
  readonly steps: number | undefined;
  readonly features: number;
  readonly classes: number;
}

/** The shape of a sequence classifier, or the reason why the model is none (or leaves a size open). */
export function classifierShape(spec: ModelSpec): ClassifierShape | Phrase {
  const fed = spec.inputs.filter(input => input.role !== 'target');
  const sequence = fed.find(input => input.role === 'sequence');
  if (!sequence) return phrase('the model has no input sequence');
  const other = fed.find(input => input !== sequence);
  if (other) return phrase('the model is also fed with "{0}"', other.id);
  if (sequence.axes.length !== 2)
    return phrase('"{0}" has {1} axes after the batch, not steps and features', sequence.id, sequence.axes.length);
  if (!spec.loss) return phrase('the model has no loss');
  // Labels stand for one-hot rows, too.
  if (spec.loss.kind !== 'sparse_softmax_cross_entropy' && spec.loss.kind !== 'softmax_cross_entropy')
    return phrase('the loss is {0}, not a cross-entropy over class labels', spec.loss.kind);
  const prediction = tensorAxes(spec, spec.loss.prediction);
  if (prediction?.length !== 1) return phrase('the model does not give one prediction for a sequence');
  const [steps, features, classes] = [sequence.axes[0]!.size, sequence.axes[1]!.size, prediction[0]!];
  const open = [features, classes].find((size: Size) => typeof size === 'string');
  if (open !== undefined) return phrase('the size "{0}" is open', open);
  return { steps: typeof steps === 'number' ? steps : undefined, features: Number(features), classes: Number(classes) };
}

/** Whether it is a reason and not a shape. */
export function isReason(shape: ClassifierShape | Phrase): shape is Phrase {
  return 'text' in shape;
}
