/** Data that is made up on the spot for any sequence classifier. */
import { phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { Random } from '../random.ts';
import { type ClassifierShape, classifierShape } from './classifier.ts';
import { EngineError } from '../errors.ts';
import { generatedDataset, type SplitCounts } from './generator.ts';
import { isReason } from './sequenceShape.ts';
import { DEFAULT_SEED, type Dataset, type DataSource } from './source.ts';

/** For a model that takes any number of steps. */
const DEFAULT_STEPS = 20;

type SampleShape = ClassifierShape & { readonly steps: number };

/** Writes the inputs `[T, D]` of one row and gives its label. */
type LabelledRow = (random: Random, into: Float32Array) => number;

/** A generated data set: sizes of its splits, and the maker of its rows for a shape and a seed. */
interface Recipe {
  readonly counts: SplitCounts;
  readonly maker: (shape: SampleShape, seed: number) => LabelledRow;
}

/**
 * Delayed recall: somewhere in the first quarter stands a pattern that belongs to the class, the rest is noise, and the
 * class is asked for after the last step: the network must hold on to what it saw.
 */
const DELAYED_RECALL: Recipe = {
  counts: { train: 10_000, validation: 1_000, test: 2_000 },
  maker({ steps, features, classes }, seed) {
    const width = Math.min(3, Math.max(1, Math.floor(steps / 4)));
    const starts = Math.max(1, Math.floor(steps / 4));
    const patterns = classPatterns(classes, width * features, seed);
    return (random, into) => {
      const label = random.below(classes);
      const start = random.below(starts) * features;
      for (let place = 0; place < into.length; place++) into[place] = 0.1 * random.normal();
      const pattern = patterns[label]!;
      for (let place = 0; place < pattern.length; place++) into[start + place]! += pattern[place]!;
      return label;
    };
  },
};

/** Every value of the pattern takes evenly spaced levels in [-1, 1] over the classes, so that no two classes agree. */
function classPatterns(classes: number, length: number, seed: number): readonly Float32Array[] {
  const random = new Random(seed, 'patterns');
  const patterns = Array.from({ length: classes }, () => new Float32Array(length));
  const levels = Float32Array.from({ length: classes }, (_, level) => (2 * level) / (classes - 1) - 1);
  for (let place = 0; place < length; place++) {
    random.shuffle(levels);
    for (let one = 0; one < classes; one++) patterns[one]![place] = levels[one]!;
  }
  return patterns;
}

/** Noise whose labels have nothing to do with it. */
const RANDOM_LABELS: Recipe = {
  counts: { train: 1_000, validation: 100, test: 500 },
  maker:
    ({ classes }) =>
    (random, into) => {
      for (let place = 0; place < into.length; place++) into[place] = random.normal();
      return random.below(classes);
    },
};

export const delayedRecall: DataSource = {
  id: 'delayed-recall',
  title: phrase('Delayed recall (generated)'),
  description: phrase('A pattern early in the noise must be remembered to the last step; made for the shape of the model'),
  kind: 'vectors',
  seeded: true,
  names: [],
  fits: fitsClassifier,
  load: (binding, spec) => generate(DELAYED_RECALL, spec, binding.seed ?? DEFAULT_SEED),
}; // prettier-ignore

export const randomLabels: DataSource = {
  id: 'random-labels',
  title: phrase('Random numbers with random labels'),
  description: phrase('Only to see the model run: there is nothing to learn, test accuracy stays at chance'),
  kind: 'vectors',
  seeded: true,
  names: [],
  fits: fitsClassifier,
  load: (binding, spec) => generate(RANDOM_LABELS, spec, binding.seed ?? DEFAULT_SEED),
};

function fitsClassifier(spec: ModelSpec): ReturnType<DataSource['fits']> {
  const shape = classifierShape(spec);
  if (isReason(shape)) return shape;
  return shape.classes >= 2 || phrase('the model tells {0} classes apart, not two or more', shape.classes);
}

function generate(recipe: Recipe, spec: ModelSpec, seed: number): Dataset {
  const wanted = classifierShape(spec);
  if (isReason(wanted)) throw new EngineError('invalid-model', wanted);
  const shape = { ...wanted, steps: wanted.steps ?? DEFAULT_STEPS };
  const label = recipe.maker(shape, seed);
  const described = { kind: shape.features === 1 ? 'series' : 'vectors', ...shape, targetAxes: [] } as const;
  return generatedDataset(described, recipe.counts, seed, (random, inputs, target) => {
    target[0] = label(random, inputs);
  });
}
