/**
 * The adding problem: of a sequence of numbers two are marked, and the model says their sum after the last step.
 * Source: Hochreiter and Schmidhuber (1997), "Long short-term memory", 5.4; in the form of Le, Jaitly and Hinton (2015),
 * "A simple way to initialize recurrent networks of rectified linear units", 4.1: one mark in each half.
 */
import { LOSSES } from '../model/losses.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { generatedDataset } from './generator.ts';
import { isReason, sequenceShape } from './sequenceShape.ts';
import { DEFAULT_SEED, type DataSource } from './source.ts';

const DEFAULT_STEPS = 50;
const COUNTS = { train: 10_000, validation: 1_000, test: 1_000 } as const;

export const addingProblem: DataSource = {
  id: 'adding-problem',
  title: phrase('Adding problem (generated)'),
  description: phrase('12,000 sequences of numbers in [0, 1), two of them marked; the model says the sum of those two. Who always says 1 has an error of 0.167'),
  kind: 'series',
  seeded: true,
  names: ['adding_problem'],
  fits,
  load({ seed = DEFAULT_SEED }, spec) {
    const shape = sequenceShape(spec);
    const steps = (isReason(shape) ? undefined : shape.steps) ?? DEFAULT_STEPS;
    const half = Math.floor(steps / 2);
    const described = { kind: 'series', steps, features: 2, featureNames: ['value', 'mark'], targetAxes: [1], classes: undefined } as const;
    return generatedDataset(described, COUNTS, seed, (random, inputs, target) => {
      const marked = [random.below(half), half + random.below(steps - half)];
      for (let step = 0; step < steps; step++) {
        inputs[2 * step] = random.uniform();
        inputs[2 * step + 1] = marked.includes(step) ? 1 : 0;
      }
      target[0] = inputs[2 * marked[0]!]! + inputs[2 * marked[1]!]!;
    });
  },
}; // prettier-ignore

function fits(spec: ModelSpec): true | Phrase {
  const shape = sequenceShape(spec);
  if (isReason(shape)) return shape;
  const { steps = DEFAULT_STEPS, features, loss, width, everyStep } = shape;
  if (!LOSSES[loss.kind].isDistance) return phrase('the loss is {0}, not an error of predicted values', loss.kind);
  if (features !== 2) return phrase('a step has a value and a mark, the model reads {0}', features);
  if (everyStep || width !== 1) return phrase('a sequence has one sum: the model must predict one value for it');
  return steps >= 2 || phrase('two numbers are added, the model reads {0}', steps);
}
