/**
 * Copy memory: symbols, a long blank, a sign to begin, and then the symbols are to be said again.
 * Source: Hochreiter and Schmidhuber (1997); in the form of Arjovsky, Shah and Bengio (2016), "Unitary evolution
 * recurrent neural networks", 4.1: ten of eight symbols.
 */
import { isOfClasses } from '../model/losses.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { generatedDataset } from './generator.ts';
import { isReason, sequenceShape } from './sequenceShape.ts';
import { DEFAULT_SEED, type DataSource } from './source.ts';

const DEFAULT_STEPS = 40;
const LONGEST = 10;
const COUNTS = { train: 10_000, validation: 1_000, test: 1_000 } as const;
const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const BLANK = '·';
const BEGIN = '▸';

/** Symbols that are copied: ten, or as many as have room before and after the sign. */
const copied = (steps: number): number => Math.min(LONGEST, Math.floor((steps - 1) / 2));

export const copyMemory: DataSource = {
  id: 'copy-memory',
  title: phrase('Copy memory (generated)'),
  description: phrase('12,000 rows of ten symbols, blanks, and a sign at which the symbols are to be said again'),
  kind: 'tokens',
  seeded: true,
  names: ['copy_memory'],
  fits,
  load({ seed = DEFAULT_SEED }, spec) {
    const shape = sequenceShape(spec);
    if (isReason(shape)) throw new RangeError(shape.text);
    const { steps = DEFAULT_STEPS, features, width } = shape;
    const symbols = features - 2;
    const [blank, begin] = [symbols, symbols + 1];
    const names = [...Array.from({ length: symbols }, (_, k) => LETTERS[k] ?? String(k)), BLANK, BEGIN];
    const length = copied(steps);
    const described = { kind: 'tokens', steps, features, targetAxes: [steps], classes: width, classNames: names.slice(0, width), tokenNames: names } as const;
    return generatedDataset(described, COUNTS, seed, (random, inputs, target) => {
      inputs.fill(0);
      target.fill(blank);
      for (let step = 0; step < steps; step++) {
        const symbol = step < length ? random.below(symbols) : step === steps - length - 1 ? begin : blank;
        inputs[step * features + symbol] = 1;
        if (step < length) target[steps - length + step] = symbol;
      }
    });
  },
}; // prettier-ignore

function fits(spec: ModelSpec): true | Phrase {
  const shape = sequenceShape(spec);
  if (isReason(shape)) return shape;
  const { steps = DEFAULT_STEPS, features, loss, width, everyStep } = shape;
  if (!isOfClasses(loss.kind)) return phrase('the loss is {0}, not a cross-entropy over class labels', loss.kind);
  if (!everyStep) return phrase('the symbols are said again one at a step: the model must predict at every step');
  if (features < 3 || width < features - 1 || width > features)
    return phrase(
      'of {0} one-hot tokens the last two are the blank and the sign: the model must tell {1} or {0} classes apart, not {2}',
      features,
      features - 1,
      width,
    );
  return copied(steps) >= 1 || phrase('a row needs {0} steps or more, the model reads {1}', 3, steps);
}
