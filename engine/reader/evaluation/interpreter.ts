/**
 * A tolerant abstract interpreter. It walks a program's statements once, as its language would, with values that may be
 * unknown; calls of frameworks are looked up in tables. It never runs anything, and everything it does is bounded.
 * Here is what it knows while it goes on; what it does with each part of a program stands in the files beside.
 */
import type { GivenArgument, Loop, Reader } from '../calls.ts';
import type { Graph, WeightPlace } from '../graph.ts';
import type { Language } from '../language.ts';
import type { Diagnostic, TextRange } from '../reading.ts';
import { Siblings, type Surroundings } from '../siblings.ts';
import type { Expression, FunctionSyntax, Statement } from '../syntax.ts';
import {
  type Abstract,
  boolean,
  type ClassValue,
  type FunctionValue,
  type Instance,
  type Scope,
  type Sequence,
  string,
} from '../values.ts';
import { Choices, subjectOf } from './choices.ts';
import { apply } from './calling.ts';
import type { Completion } from './completion.ts';
import { evaluate } from './expressions.ts';
import { imported } from './imports.ts';
import { attributeOf, oneOf } from './lookup.ts';
import { addOther, type Callers, type Occurrence } from './occurrences.ts';
import { placeOf } from './places.ts';
import { runBlock } from './statements.ts';

/** Kinds of values that a reading tells of. */
const SHOWN: ReadonlySet<Abstract['kind']> = new Set(['tensor', 'sequence', 'cells', 'layer', 'many']);

export class Interpreter implements Reader {
  readonly graph: Graph;
  readonly language: Language;
  readonly diagnostics: Diagnostic[] = [];
  readonly occurrences = new Map<number, Occurrence>();
  readonly module: Scope = { names: new Map([['__name__', string('__main__')]]), parent: null, frame: 0 };
  readonly flags = { kind: 'object' as const, type: 'flags', attributes: new Map<string, Abstract>() };

  // Where it is
  readonly scopes: string[] = [];
  readonly loops: Loop[] = [];
  readonly every: (number | null)[] = [];
  /** Lists that have grown in the loops around that have no items (`while`). */
  readonly rounds: Set<Sequence>[] = [];
  /** What the function that is being run has yielded so far; null outside of functions. */
  yielded: Abstract[] | null = null;
  frame = 0;
  /** The calls of functions of the text that is open. */
  callers: Callers | null = null;
  assignedTo: string | null = null;
  statement: TextRange = { start: 0, end: 0 };
  /** The file whose statements are being run. */
  path: string;
  /** Whether it calls what the program does not call. */
  guessing = false;
  /** Whether it is inside the forward pass of a module. */
  inside = 0;

  // What the program has made
  readonly instances: Instance[] = [];
  readonly classes: ClassValue[] = [];
  /** What is open and what this reading assumes of it. */
  readonly choices: Choices;
  /** Functions that no call has reached yet. */
  readonly uncalled = new Map<FunctionSyntax, FunctionValue>();
  /** The statements that make objects. */
  readonly places = new WeakMap<Instance, TextRange>();
  readonly siblings: Siblings | null;
  /** Modules of the workspace that have been run, by their paths. */
  readonly modules = new Map<string, Abstract & { kind: 'object' }>();

  /** Modules that are not of the workspace, of which the program imports everything. */
  readonly stars: string[] = [];

  // How far it has gone
  work = 0;
  frames = 0;
  depth = 0;

  /** The text that is open, and those of the files that it imports. */
  readonly text: string;
  #identities = 0;

  /** @param surroundings of the text, where it stands in a workspace. */
  constructor(
    text: string,
    graph: Graph,
    language: Language,
    surroundings: Surroundings | null = null,
    choices = new Choices(),
  ) {
    this.choices = choices;
    this.siblings = surroundings === null ? null : new Siblings(surroundings, language, text.length);
    this.text = text + (this.siblings?.text ?? '');
    this.path = surroundings?.path ?? '';
    this.graph = graph;
    graph.end = text.length;
    this.language = language;
  }

  /** Runs the statements of a module. */
  run(statements: readonly Statement[]): void {
    this.block(statements, this.module);
  }

  /** Runs statements with names of their own, which the module does not see. */
  runApart(statements: readonly Statement[], names: Map<string, Abstract>): void {
    this.block(statements, { names, parent: null, frame: 0 });
  }

  block(statements: readonly Statement[], scope: Scope): Completion {
    return runBlock(this, statements, scope);
  }

  evaluate(expression: Expression, scope: Scope): Abstract {
    return evaluate(this, expression, scope);
  }

  placeOf(module: Abstract): WeightPlace | null {
    return placeOf(this, module);
  }

  attribute(object: Abstract, name: string, range: TextRange): Abstract {
    return attributeOf(this, object, name, range);
  }

  apply(callee: Abstract, given: readonly GivenArgument[], range: TextRange): Abstract {
    return apply(this, callee, given, range, this.textOf(range).slice(0, 60));
  }

  call(callee: Abstract, args: readonly Abstract[], range: TextRange): Abstract {
    const given = args.map(value => ({ value, range }));
    return apply(this, callee, given, range, 'call');
  }

  /** Whether a value counts as true, by itself or as this reading assumes it; null where that stays open. */
  truth(value: Abstract): Abstract | null {
    const known = this.language.truth(value);
    if (known !== null) return known;
    if (this.isCounter(value)) return null;
    if (value.kind === 'unknown' && value.truthy !== undefined) return boolean(value.truthy);
    const assumed = this.choices.holds(subjectOf(value));
    return assumed === null ? null : boolean(assumed);
  }

  /** Whether a loop counts by a value: it takes all its values, so that no reading assumes one. */
  isCounter(value: Abstract): boolean {
    return this.loops.some(({ variable }) => variable === subjectOf(value));
  }

  oneOf(table: Abstract & { kind: 'dict' }, key: Abstract): Abstract | null {
    return oneOf(this, table, key);
  }

  pick(subject: Abstract, candidates: readonly string[]): Abstract | null {
    const name = subjectOf(subject);
    this.choices.questions.add(name);
    const found = this.choices.among(name, candidates.map(string));
    if (found === null) this.choices.impossible = true;
    return found ?? null;
  }

  imported(name: string): Abstract | null {
    return imported(this, name);
  }

  identity(): number {
    return ++this.#identities;
  }

  report(diagnostic: Diagnostic): void {
    const { range, code } = diagnostic;
    if (this.diagnostics.some(other => other.code === code && other.range.start === range.start)) return;
    this.diagnostics.push(diagnostic);
  }

  show(range: TextRange, value: Abstract): void {
    if (!SHOWN.has(value.kind) || !this.isHere(range)) return;
    const { frame, callers } = this;
    const key = range.start * 4096 + Math.min(range.end - range.start, 4095);
    const known = this.occurrences.get(key);
    const guess = this.guessing ? { guessed: true as const } : {};
    if (known === undefined) this.occurrences.set(key, { range, value, frame, callers, others: [], ...guess });
    // What the program itself calls tells more.
    else if (known.frame !== frame && (known.guessed === true || !this.guessing))
      addOther(known, { value, frame, callers });
  }

  grew(list: Sequence): void {
    for (const loop of this.loops) loop.grown.add(list);
    for (const grown of this.rounds) grown.add(list);
  }

  global(name: RegExp): Abstract | null {
    for (const [key, value] of this.module.names) if (name.test(key)) return value;
    return null;
  }

  textOf(range: TextRange): string {
    return this.text.slice(range.start, range.end);
  }

  /** Whether a range is of the text that is open, not of a file that it imports. */
  isHere({ start }: TextRange): boolean {
    return start < this.graph.end;
  }
}
