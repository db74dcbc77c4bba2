import { tensorAxes } from '../model/axes.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { LossSpec, ModelSpec, Size } from '../model/spec.ts';

/** What a model over one sequence takes in and says: `[B, steps, features]`, and `width` values a row or a step. */
export interface SequenceShape {
  /** Undefined where the model takes any number of steps. */
  readonly steps: number | undefined;
  readonly features: number;
  readonly loss: LossSpec;
  /** Classes, or predicted values. */
  readonly width: number;
  /** The model predicts at every step, and not once for the sequence. */
  readonly everyStep: boolean;
}

/** The shape of a model over one sequence of vectors, or the reason why the model is none (or leaves a size open). */
export function sequenceShape(spec: ModelSpec): SequenceShape | Phrase {
  const fed = spec.inputs.filter(input => input.role !== 'target');
  const sequence = fed.find(input => input.role === 'sequence');
  if (!sequence) return phrase('the model has no input sequence');
  const other = fed.find(input => input !== sequence);
  if (other) return phrase('the model is also fed with "{0}"', other.id);
  if (sequence.axes.length !== 2)
    return phrase('"{0}" has {1} axes after the batch, not steps and features', sequence.id, sequence.axes.length);
  const { loss } = spec;
  if (!loss) return phrase('the model has no loss');
  const prediction = tensorAxes(spec, loss.prediction);
  const width = prediction?.at(-1);
  if (width === undefined || prediction!.length > 2)
    return phrase('the model does not give one prediction for a sequence or for a step');
  const [steps, features] = [sequence.axes[0]!.size, sequence.axes[1]!.size];
  const open = [features, width].find((size: Size) => typeof size === 'string');
  if (open !== undefined) return phrase('the size "{0}" is open', open);
  return {
    steps: typeof steps === 'number' ? steps : undefined,
    features: Number(features),
    loss,
    width: Number(width),
    everyStep: prediction!.length === 2,
  };
}

/** Whether it is a reason and not a shape. */
export function isReason(shape: object): shape is Phrase {
  return 'text' in shape;
}
