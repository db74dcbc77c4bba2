/**
 * What a run is measured by beside its loss: by what its test rows are judged, what its curves and printed lines are
 * called. A new measure is one entry here and a case of `measureOf`.
 */
import { tensorAxes } from './axes.ts';
import { isOfClasses } from './losses.ts';
import { type Phrase, phrase } from './phrase.ts';
import { literals } from './schema.ts';
import type { ModelSpec } from './spec.ts';

/** What the network finds for some rows, the mean over them. */
export interface Judged {
  readonly loss: number;
  /** Predictions that are right; undefined where the loss has no classes. */
  readonly correct: number | undefined;
  /** Predictions that count. */
  readonly count: number;
}

export interface Measure {
  /** `mean squared error` */
  readonly title: Phrase;
  /** As a lens or the status bar has room for it, and as programs print it: `MSE`. */
  readonly short: Phrase;
  readonly better: 'higher' | 'lower';
  /** A share is written as percent; an error as the loss is. */
  readonly written: 'percent' | 'number';
  /** It is the loss itself: one curve says both. */
  readonly isLoss: boolean;
  readonly of: (judged: Judged) => number;
}

const loss = ({ loss: mean }: Judged): number => mean;

export const MEASURES = {
  accuracy: {
    title: phrase('accuracy'),
    short: phrase('accuracy'),
    better: 'higher',
    written: 'percent',
    isLoss: false,
    of: ({ correct = Number.NaN, count }) => correct / count,
  },
  mean_squared_error: {
    title: phrase('mean squared error'),
    short: phrase('MSE'),
    better: 'lower',
    written: 'number',
    isLoss: true,
    of: loss,
  },
  mean_absolute_error: {
    title: phrase('mean absolute error'),
    short: phrase('MAE'),
    better: 'lower',
    written: 'number',
    isLoss: true,
    of: loss,
  },
  perplexity: {
    title: phrase('perplexity'),
    short: phrase('perplexity'),
    better: 'lower',
    written: 'number',
    isLoss: false,
    of: ({ loss: mean }) => Math.exp(mean),
  },
  /** Of yes and no for several things at once, which have no one class. */
  cross_entropy: {
    title: phrase('cross-entropy'),
    short: phrase('cross-entropy'),
    better: 'lower',
    written: 'number',
    isLoss: true,
    of: loss,
  },
  /** Where the loss is a sum and so no mean of anything. */
  loss: { title: phrase('loss'), short: phrase('loss'), better: 'lower', written: 'number', isLoss: true, of: loss },
} as const satisfies Record<string, Measure>;

export const MeasureId = literals(Object.keys(MEASURES) as (keyof typeof MEASURES)[]);
export type MeasureId = keyof typeof MEASURES;

/** The measure of a model: what its program asks for, else what its loss suggests. */
export function measureOf(spec: ModelSpec): MeasureId {
  const { loss: judged, training } = spec;
  if (!judged) return 'loss';
  const {
    kind,
    reduction,
    prediction,
    factor = 1,
    penalties,
    labelSmoothing = 0,
    classWeights,
    positiveWeights,
  } = judged;
  const changed = penalties ?? classWeights ?? positiveWeights;
  // Times a number, summed, smoothed, weighted or with penalties, it is no mean error any more.
  const isMean = reduction !== 'sum' && factor === 1 && labelSmoothing === 0 && changed === undefined;
  const asked = training.metrics?.[0]?.kind;
  if (isOfClasses(kind)) return asked === 'perplexity' && isMean ? asked : 'accuracy';
  if (kind === 'sigmoid_cross_entropy') {
    if (tensorAxes(spec, prediction)?.at(-1) === 1) return 'accuracy';
    return isMean ? 'cross_entropy' : 'loss';
  }
  return isMean && (kind === 'mean_squared_error' || kind === 'mean_absolute_error') ? kind : 'loss';
}

/** k of the program's `in_top_k`. */
export function topKOf({ training: { metrics = [] } }: ModelSpec): number {
  return metrics.find(({ kind }) => kind === 'accuracy')?.topK ?? 1;
}
