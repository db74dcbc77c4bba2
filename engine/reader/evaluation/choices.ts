/**
 * What a program leaves open and one reading of it assumes. A first reading runs both branches of an open condition and
 * notes which questions (`cell`, `bidirectional`, `layers > 1`) make different networks; each further reading answers
 * those, and everywhere in the program alike: `if cell == 'gru'` far below goes the way that the layer above went.
 */
import { type Abstract, shortText } from '../values.ts';

/** What a reading assumes of one thing that is not known: its value, values that it has not, or whether it counts as true. */
export interface Answer {
  readonly is?: Abstract;
  readonly isNot?: readonly Abstract[];
  readonly holds?: boolean;
}

/** By what the source calls the thing. */
export type Answers = ReadonlyMap<string, Answer>;

/** What something unknown goes by; the empty text for what has no name. */
export function subjectOf(value: Abstract): string {
  return value.kind === 'unknown' ? (value.name ?? value.text) : '';
}

/** Whether a question is whether the program trains: a network is read as it is trained. */
export function isOfTraining(question: string): boolean {
  return /(?:^|[._])(?:is_?)?train(?:ing)?(?:_mode|_phase)?$|\bModeKeys\.TRAIN\b|== '?train'?$/i.test(question);
}

export class Choices {
  /** Questions whose answers make different networks, as far as this reading has seen. */
  readonly questions = new Set<string>();
  /** What this reading has assumed so far. */
  readonly answers: Map<string, Answer>;
  /** Where it has gone one way: what a reading that goes the other way assumes. */
  readonly others: Answers[] = [];
  /** Whether the assumptions lead to an error of the program. */
  impossible = false;
  #asked = new Set<string>();
  readonly #open: ReadonlySet<string>;

  /** @param open questions that this reading answers; @param answers those that it starts with. */
  constructor(open: ReadonlySet<string> = new Set(), answers: Answers = new Map()) {
    this.#open = open;
    this.answers = new Map(answers);
  }

  /** Whether this reading answers a question about something unknown. */
  isOpen(value: Abstract): boolean {
    return this.#open.has(subjectOf(value));
  }

  /** What a test finds, and the questions on which it depends. */
  during<T>(test: () => T): { readonly found: T; readonly asked: ReadonlySet<string> } {
    const before = this.#asked;
    this.#asked = new Set();
    const found = test();
    const asked = this.#asked;
    this.#asked = before;
    return { found, asked };
  }

  /** Notes that the answers to these questions make different networks. */
  ask(questions: Iterable<string>): void {
    for (const question of questions) if (question !== '' && !isOfTraining(question)) this.questions.add(question);
  }

  /** A value as this reading assumes it. */
  assumed(value: Abstract & { kind: 'unknown' }): Abstract {
    if (this.answers.size === 0) return value;
    const subject = subjectOf(value);
    const answer = this.answers.get(subject);
    if (answer !== undefined) this.#asked.add(subject);
    if (answer?.is !== undefined) return answer.is;
    return answer?.holds === undefined ? value : { ...value, truthy: answer.holds };
  }

  /** Whether something unknown counts as true; null where this reading leaves it open. */
  holds(subject: string): boolean | null {
    if (!this.#ask(subject)) return null;
    const { holds } = this.answers.get(subject) ?? {};
    if (holds !== undefined) return holds;
    this.#take(subject, { holds: true }, { holds: false });
    return true;
  }

  /** Which of some values something unknown has: null for none of them, undefined where this reading leaves it open. */
  among(subject: string, values: readonly Abstract[]): Abstract | null | undefined {
    if (!this.#ask(subject)) return undefined;
    const { isNot = [] } = this.answers.get(subject) ?? {};
    const possible = values.find(value => !isNot.some(other => same(value, other)));
    if (possible === undefined) return null;
    this.#take(subject, { is: possible }, { isNot: [...isNot, possible] });
    return possible;
  }

  /** Whether this reading answers a question. */
  #ask(subject: string): boolean {
    if (subject !== '') this.#asked.add(subject);
    return this.#open.has(subject);
  }

  #take(subject: string, answer: Answer, other: Answer): void {
    const before = this.answers.get(subject);
    this.others.push(new Map(this.answers).set(subject, { ...before, ...other }));
    this.answers.set(subject, { ...before, ...answer });
  }
}

function same(a: Abstract, b: Abstract): boolean {
  return a.kind === b.kind && shortText(a) === shortText(b);
}

/** An answer as the program would ask for it: `cell == 'gru'`, `not bidirectional`. */
export function answerText(subject: string, { is, isNot, holds }: Answer): string {
  const bare = /^[\w.]+(?:\[[^\]]*\])?$/.test(subject) ? subject : `(${subject})`;
  if (is !== undefined) return `${subject} == ${shortText(is)}`;
  if (holds !== undefined) return holds ? subject : `not ${bare}`;
  const others = (isNot ?? []).map(shortText);
  return others.length === 1 ? `${subject} != ${others[0]}` : `${subject} not in (${others.join(', ')})`;
}

/** How many answers are not the first that the program names. */
export function turns(answers: Answers): number {
  return [...answers.values()].filter(({ isNot, holds }) => isNot !== undefined || holds === false).length;
}
