/**
 * Windows of one curve, f(t) = t sin(t)/3 + 2 sin(5t), each to be followed one step ahead.
 * Source: Géron, "Hands-On Machine Learning with Scikit-Learn and TensorFlow" (2017), chapter 14.
 */
import { LOSSES } from '../model/losses.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { sine } from '../portableMath.ts';
import { generatedDataset } from './generator.ts';
import { isReason, sequenceShape } from './sequenceShape.ts';
import { DEFAULT_SEED, type DataSource } from './source.ts';

/** The curve runs from 0 to END, a point every RESOLUTION. */
const END = 30;
const RESOLUTION = 0.1;
const POINTS = END / RESOLUTION;
const DEFAULT_STEPS = 20;
/**
 * Note: the book draws new windows for every batch; here the same 5,000 come again in each epoch, which is 100 steps of
 * 50 windows as the book prints them. They lie so close that it is all the same.
 */
const COUNTS = { train: 5_000, validation: 1_000, test: 1_000 } as const;

/** The curve, to the same bits on every machine. */
export function curve(t: number): number {
  return (t * sine(t)) / 3 + 2 * sine(5 * t);
}

export const timeSeries: DataSource = {
  id: 'time-series',
  title: phrase('Time series (generated)'),
  description: phrase('7,000 windows of the curve t·sin(t)/3 + 2·sin(5t); the model says at every step what comes next'),
  kind: 'series',
  seeded: true,
  names: ['time_series'],
  fits,
  load({ seed = DEFAULT_SEED }, spec) {
    const shape = sequenceShape(spec);
    const { steps = DEFAULT_STEPS, everyStep } = isReason(shape) ? { everyStep: true } : shape;
    const described = { kind: 'series', steps, features: 1, targetAxes: everyStep ? [steps, 1] : [1], classes: undefined } as const;
    return generatedDataset(described, COUNTS, seed, (random, inputs, target) => {
      const start = random.uniform() * (END - steps * RESOLUTION);
      for (let step = 0; step < steps; step++) inputs[step] = curve(start + step * RESOLUTION);
      const first = steps + 1 - target.length;
      for (let k = 0; k < target.length; k++) target[k] = curve(start + (first + k) * RESOLUTION);
    });
  },
}; // prettier-ignore

function fits(spec: ModelSpec): true | Phrase {
  const shape = sequenceShape(spec);
  if (isReason(shape)) return shape;
  const { steps = DEFAULT_STEPS, features, loss, width } = shape;
  if (!LOSSES[loss.kind].isDistance) return phrase('the loss is {0}, not an error of predicted values', loss.kind);
  if (features !== 1 || width !== 1)
    return phrase('a series has one value a step, the model reads {0} and predicts {1}', features, width);
  return steps < POINTS || phrase('the curve has {0} points, the model reads {1}', POINTS, steps);
}
