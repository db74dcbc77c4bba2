/**
 * Strings of the embedded Reber grammar, right ones and such with one wrong letter.
 * Source: Reber (1967), "Implicit learning of artificial grammars"; embedded by Fahlman (1991) and Hochreiter and
 * Schmidhuber (1997), "Long short-term memory", 5.1.
 */
import { type Phrase, phrase } from '../model/phrase.ts';
import { tensorAxes } from '../model/axes.ts';
import type { ModelSpec } from '../model/spec.ts';
import { Random } from '../random.ts';
import type { DataSource, Split } from './source.ts';

const LETTERS = 'BEPSTVX';
const DEFAULT_SEED = 42;
/** As in the exercise of the book: 10,000 strings to train on and 5,000 to validate; as many to test. */
const COUNTS = { train: 10_000, validation: 5_000, test: 5_000 } as const;

/** Productions by state: a letter, or a whole grammar, and the state after it. The last state has none. */
type Grammar = readonly (readonly (readonly [string | Grammar, number])[])[];

const INNER: Grammar = [
  [['B', 1]],
  [['T', 2], ['P', 3]],
  [['S', 2], ['X', 4]],
  [['T', 3], ['V', 5]],
  [['X', 3], ['S', 6]],
  [['P', 4], ['V', 6]],
  [['E', 7]],
  [],
]; // prettier-ignore
const EMBEDDED: Grammar = [
  [['B', 1]],
  [['T', 2], ['P', 3]],
  [[INNER, 4]],
  [[INNER, 5]],
  [['T', 6]],
  [['P', 6]],
  [['E', 7]],
  [],
]; // prettier-ignore

/** A random string of the grammar; the productions of a state are equally likely. */
function derive(grammar: Grammar, random: Random): string {
  let text = '';
  for (let state = 0; ;) {
    const productions = grammar[state]!;
    if (productions.length === 0) return text;
    const [part, next] = productions[random.below(productions.length)]!;
    text += typeof part === 'string' ? part : derive(part, random);
    state = next;
  }
}

/**
 * A row of a split. Every other one is wrong: one letter, at a uniform place, is replaced by another.
 * Note: as in the book's exercise a few of the replaced letters make another right string.
 */
export function reberString(seed: number, split: string, row: number): { readonly text: string; readonly right: boolean } {
  const random = new Random(seed, `${split} ${row}`);
  const text = derive(EMBEDDED, random);
  if (row % 2 === 0) return { text, right: true };
  const place = random.below(text.length);
  const others = LETTERS.replace(text[place]!, '');
  const wrong = text.slice(0, place) + others[random.below(others.length)]! + text.slice(place + 1);
  return { text: wrong, right: false };
} // prettier-ignore

export const embeddedReber: DataSource = {
  id: 'embedded-reber',
  title: phrase('Embedded Reber grammar (generated)'),
  description: phrase('20,000 strings of different lengths; half of them have one wrong letter, and the model says which'),
  kind: 'tokens',
  seeded: true,
  names: [],
  fits,
  load({ seed = DEFAULT_SEED }) {
    const rows = {
      train: strings(seed, 'train'),
      validation: strings(seed, 'validation'),
      test: strings(seed, 'test'),
    };
    const steps = Math.max(...Object.values(rows).map(all => all.reduce((most, text) => Math.max(most, text.length), 0)));
    return {
      kind: 'tokens',
      steps,
      features: LETTERS.length,
      targetAxes: [],
      classes: undefined,
      classNames: [phrase('wrong').text, phrase('right').text],
      tokenNames: Array.from(LETTERS),
      train: split(rows.train, steps),
      validation: split(rows.validation, steps),
      test: split(rows.test, steps),
    };
  },
}; // prettier-ignore

/** The texts of a split; rows at even places are right. */
function strings(seed: number, name: keyof typeof COUNTS): readonly string[] {
  return Array.from({ length: COUNTS[name] }, (_, row) => reberString(seed, name, row).text);
}

/** One-hot letters `[n, T, 7]`, zeros after the end; targets 1 where the string is right. */
function split(texts: readonly string[], steps: number): Split {
  const size = steps * LETTERS.length;
  return {
    count: texts.length,
    readInputs(rows, into) {
      into.fill(0, 0, rows.length * size);
      for (let n = 0; n < rows.length; n++) {
        const text = texts[rows[n]!]!;
        for (let step = 0; step < text.length; step++)
          into[n * size + step * LETTERS.length + LETTERS.indexOf(text[step]!)] = 1;
      }
    },
    readTargets(rows, into) {
      for (let n = 0; n < rows.length; n++) into[n] = rows[n]! % 2 === 0 ? 1 : 0;
    },
    readLengths(rows, into) {
      for (let n = 0; n < rows.length; n++) into[n] = texts[rows[n]!]!.length;
    },
  };
}

function fits(spec: ModelSpec): true | Phrase {
  const sequence = spec.inputs.find(({ role }) => role === 'sequence');
  if (!sequence) return phrase('the model has no input sequence');
  const other = spec.inputs.find(({ role }) => role !== 'sequence' && role !== 'lengths' && role !== 'target');
  if (other) return phrase('the model is also fed with "{0}"', other.id);
  const [steps, letters] = sequence.axes;
  if (sequence.axes.length !== 2 || letters?.size !== LETTERS.length || typeof steps?.size !== 'string')
    return phrase('a string is any number of steps of 7 one-hot letters');
  if (!spec.inputs.some(({ role }) => role === 'lengths'))
    return phrase('the strings differ in length, and the model is not fed with lengths');
  const prediction = spec.loss && tensorAxes(spec, spec.loss.prediction);
  if (spec.loss?.kind !== 'sigmoid_cross_entropy' || prediction?.length !== 1 || prediction[0] !== 1)
    return phrase('a string is right or wrong: one value with a sigmoid cross-entropy');
  return true;
}
