/** Cuts text into samples: windows of characters that go on, or lines. */
import { phrase } from '../../model/phrase.ts';
import { Random } from '../../random.ts';
import type { Demand } from '../demand.ts';
import type { Dataset, Split } from '../source.ts';
import { misfit, type Parts, partsOf } from './samples.ts';
import type { CharacterText } from './text.ts';

/** Characters that cannot be seen, as they are drawn. */
const SHOWN: Readonly<Record<string, string>> = { '\n': '↵', '\t': '⇥', ' ': '␣' };

/** How characters go in and come out: numbers or one-hot rows, and the next character as a label. */
function alphabetOf(vocabulary: readonly string[], demand: Demand, classes = vocabulary.length) {
  const tokens = demand.vocabulary !== null;
  const most = tokens ? demand.vocabulary : demand.features;
  if (typeof most === 'number' && vocabulary.length > most)
    throw misfit(phrase('the text has {0} different characters, the model reads {1}', vocabulary.length, most));
  if (demand.target !== 'labels') throw misfit(phrase('the next character is one of many classes: a softmax cross-entropy'));
  if (demand.width !== undefined && classes > demand.width)
    throw misfit(phrase('there are {0} classes, the model tells {1} apart', classes, demand.width));
  return { features: tokens ? 1 : (most ?? vocabulary.length), oneHot: !tokens, tokenNames: vocabulary.map(one => SHOWN[one] ?? one) };
} // prettier-ignore

/** Writes a character at a place of the inputs. */
const put = (into: Float32Array, at: number, features: number, oneHot: boolean, number: number): void => {
  if (oneHot) into[at * features + number] = 1;
  else into[at] = number;
};

/**
 * Windows of a text; the target is the next character, at every step or after the last one.
 * @throws EngineError `invalid-shape` naming what does not fit the model
 */
export function characterSamples(
  text: CharacterText,
  { window, stride }: { readonly window: number; readonly stride: number },
  parts: Parts,
  demand: Demand,
): Dataset {
  if (demand.steps !== undefined && demand.steps !== window)
    throw misfit(phrase('the model reads {0} steps, a window has {1}', demand.steps, window));
  const { features, oneHot, tokenNames } = alphabetOf(text.vocabulary, demand);
  const whole = partsOf(text.length, parts);
  const split = (part: keyof typeof whole): Split => {
    const [first, length] = whole[part];
    return {
      count: length < window + 1 ? 0 : Math.floor((length - window - 1) / stride) + 1,
      readInputs(samples, into) {
        into.fill(0, 0, samples.length * window * features);
        for (let n = 0; n < samples.length; n++)
          for (let step = 0; step < window; step++)
            put(into, n * window + step, features, oneHot, text.at(first + samples[n]! * stride + step));
      },
      readTargets(samples, into) {
        let place = 0;
        for (let n = 0; n < samples.length; n++)
          for (let step = demand.everyStep ? 0 : window - 1; step < window; step++)
            into[place++] = text.at(first + samples[n]! * stride + step + 1);
      },
    };
  };
  const dataset: Dataset = {
    kind: 'tokens',
    steps: window,
    features,
    targetAxes: demand.everyStep ? [window] : [],
    classes: demand.width ?? text.vocabulary.length,
    classNames: tokenNames,
    tokenNames,
    train: split('train'),
    validation: split('validation'),
    test: split('test'),
  };
  if (dataset.train.count === 0 || dataset.test.count === 0)
    throw misfit(phrase('{0} characters are too few for windows of {1} in the parts to train on and to test on', text.length, window + 1)); // prettier-ignore
  return dataset;
}

/**
 * Lines of a text, padded with line ends: labelled by what stands before the first tab, or each character followed by
 * the next.
 * @throws EngineError `invalid-shape` naming what does not fit the model
 */
export function lineSamples(
  text: CharacterText,
  { longest, labelled }: { readonly longest: number; readonly labelled: boolean },
  parts: Parts,
  demand: Demand,
): Dataset {
  const end = text.vocabulary.indexOf('\n');
  const tab = text.vocabulary.indexOf('\t');
  if (labelled === demand.everyStep)
    throw misfit(labelled ? phrase('the model predicts at every step, the lines have one label each') : phrase('the model predicts once a line: labels must stand before a tab')); // prettier-ignore
  const starts: number[] = [];
  const lengths: number[] = [];
  const labels: number[] = [];
  const names = new Map<string, number>();
  for (let line = 0; line + 1 < text.lineStarts.length; line++) {
    let from = text.lineStarts.at(line);
    let to = text.lineStarts.at(line + 1);
    if (text.at(to - 1) === end) to--;
    if (labelled) {
      let label = '';
      for (; from < to && text.at(from) !== tab && label.length < 200; from++) label += text.vocabulary[text.at(from)]!;
      from++;
      if (!names.has(label)) names.set(label, names.size);
      labels.push(names.get(label)!);
      if (names.size > 1000) throw misfit(phrase('the lines have more than {0} different labels', 1000));
    }
    if (to <= from) {
      if (labelled) labels.pop();
      continue; // an empty line has no steps
    }
    starts.push(from);
    lengths.push(Math.min(longest, to - from));
  }
  if (starts.length < 2) throw misfit(phrase('there are {0} samples: too few to train on some and test on others', starts.length)); // prettier-ignore
  const steps = demand.steps ?? lengths.reduce((most, length) => Math.max(most, length), 1);
  const sorted = [...names.keys()].sort();
  const numbers = renumbered(text, starts, lengths, end);
  const vocabulary = text.vocabulary.filter((_, number) => numbers[number]! >= 0);
  const { features, oneHot, tokenNames } = alphabetOf(vocabulary, demand, labelled ? sorted.length : vocabulary.length);
  const character = (index: number): number => numbers[text.at(index)]!;
  const padding = end < 0 ? 0 : numbers[end]!;
  const ranks = [...names.keys()].map(name => sorted.indexOf(name));
  const whole = partsOf(starts.length, parts);
  // Lines are often sorted.
  const order = Uint32Array.from(starts, (_, line) => line);
  new Random(42, 'parts').shuffle(order);
  const split = (part: keyof typeof whole): Split => {
    const [first, count] = whole[part];
    const lengthOf = (sample: number): number => Math.min(steps, lengths[order[first + sample]!]!);
    return {
      count,
      readInputs(samples, into) {
        into.fill(0, 0, samples.length * steps * features);
        for (let n = 0; n < samples.length; n++)
          for (let step = 0; step < steps; step++) {
            const inside = step < lengthOf(samples[n]!);
            if (inside)
              put(into, n * steps + step, features, oneHot, character(starts[order[first + samples[n]!]!]! + step));
            else if (!demand.lengths && end >= 0) put(into, n * steps + step, features, oneHot, padding);
          }
      },
      readTargets(samples, into) {
        let place = 0;
        for (let n = 0; n < samples.length; n++) {
          const line = order[first + samples[n]!]!;
          if (labelled) into[place++] = ranks[labels[line]!]!;
          else
            for (let step = 0; step < steps; step++)
              into[place++] = step + 1 < lengthOf(samples[n]!) ? character(starts[line]! + step + 1) : padding;
        }
      },
      ...(demand.lengths && {
        readLengths: (samples: ArrayLike<number>, into: Int32Array) => {
          for (let n = 0; n < samples.length; n++) into[n] = lengthOf(samples[n]!);
        },
      }),
    };
  };
  return {
    kind: 'tokens',
    steps,
    features,
    targetAxes: labelled ? [] : [steps],
    classes: demand.width ?? (labelled ? sorted.length : vocabulary.length),
    classNames: labelled ? sorted : tokenNames,
    tokenNames,
    train: split('train'),
    validation: split('validation'),
    test: split('test'),
  };
}

/** Numbers of the characters that stand in these lines, and of the line end; -1 of all others. */
function renumbered(
  text: CharacterText,
  starts: readonly number[],
  lengths: readonly number[],
  end: number,
): Int32Array {
  const used = new Uint8Array(text.vocabulary.length);
  if (end >= 0) used[end] = 1;
  for (const [line, start] of starts.entries())
    for (let step = 0; step < lengths[line]!; step++) used[text.at(start + step)] = 1;
  let next = 0;
  return Int32Array.from(used, one => (one ? next++ : -1));
}
