/** How a framework's calls are described: one entry a call, with its signature, its shape rule and its meaning. */
import type { Phrase } from '../model/phrase.ts';
import type { Framework } from '../model/spec.ts';
import type { Graph, WeightPlace } from './graph.ts';
import type { Diagnostic, TextRange } from './reading.ts';
import type { Dimension } from './sizes.ts';
import { type Abstract, dimension, type Sequence, shortText, unknown } from './values.ts';

/** What a call may ask of the reading that goes on. */
export interface Reader {
  readonly graph: Graph;
  /** Counts calls of functions; the same number is the same run of one body. */
  readonly frame: number;
  /** TensorFlow 1 variable scopes that are open, outermost first. */
  readonly scopes: string[];
  /** Loops that are being run, outermost first. */
  readonly loops: readonly Loop[];
  /** For each condition that holds in one of so many rounds of a loop (`i % 4 == 0`), how many; null where that is not known. */
  readonly every: readonly (number | null)[];
  /** The statement that is being run. */
  readonly statement: TextRange;
  /** The name to which the value is about to be assigned. */
  readonly assignedTo: string | null;
  /** A new number for a new object. */
  identity(): number;
  report(diagnostic: Diagnostic): void;
  /** Says what stands at a place of the text: what a layer of a Sequential gives. */
  show(range: TextRange, value: Abstract): void;
  /** Says that a list has grown, which in a loop of unknown length makes its length unknown. */
  grew(list: Sequence): void;
  /** Where a module of the program has its weights; null for what is none. */
  placeOf(module: Abstract): WeightPlace | null;
  /** An attribute of a value, as the program would get it. */
  attribute(object: Abstract, name: string, range: TextRange): Abstract;
  /** Calls anything that can be called, with named arguments. */
  apply(callee: Abstract, given: readonly GivenArgument[], range: TextRange): Abstract;
  /** Calls a function of the program. */
  call(callee: Abstract, args: readonly Abstract[], range: TextRange): Abstract;
  /** A module of the workspace by the name under which the program imports it; null for a library. */
  imported(name: string): Abstract | null;
  /** The entry of a table by a key that is not known, where this reading chooses one. */
  oneOf(table: Abstract & { readonly kind: 'dict' }, key: Abstract): Abstract | null;
  /** Which of some texts a value is that is not known; null where this reading leaves that open. */
  pick(subject: Abstract, candidates: readonly string[]): Abstract | null;
  /** The flags that the program defines for its command line. */
  readonly flags: Abstract & { readonly kind: 'object' };
  /** A module-level name of the program. */
  global(name: RegExp): Abstract | null;
  textOf(range: TextRange): string;
}

export interface Loop {
  /** Whether one round stands for all: what it counts has no number. */
  readonly typical: boolean;
  /** The run of the body in which it stands. */
  readonly frame: number;
  /** Lists that have got longer in it. */
  readonly grown: Set<Sequence>;
  readonly variable: string;
  readonly count: Abstract;
  readonly text: string;
}

export interface Call {
  readonly args: Arguments;
  /** The whole call. */
  readonly range: TextRange;
  /** The object of a method. */
  readonly self: Abstract;
  readonly framework: Framework;
  readonly reader: Reader;
}

export interface CallEntry {
  /** Names of the arguments in order, with defaults, as Python writes them; `*` takes the rest. */
  readonly signature: string;
  /** Shape rule, part of the model and meaning of what the call gives. */
  readonly result: (call: Call) => Abstract;
}

/** Entries by the name under which the framework's documentation has them: `tf.nn.dynamic_rnn`. */
export type CallTable = Readonly<Record<string, CallEntry>>;

/** The entry of that name, which may be any text of a program: `constructor`. */
export function entryOf(table: CallTable, name: string): CallEntry | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** A framework: how its names are brought to those of its table, and the table. */
export interface FrameworkTable {
  /** The table's name for an imported path, or null if the path is not of this framework. */
  readonly canonical: (path: string) => { readonly name: string; readonly framework: Framework } | null;
  readonly calls: CallTable;
  /** Methods of values, by the value's kind: `optimizer.minimize`. */
  readonly methods: CallTable;
}

interface SignatureParameter {
  readonly name: string;
  readonly fallback: Abstract | null;
  readonly rest: boolean;
}

const signatures = new Map<string, readonly SignatureParameter[]>();

function parseDefault(text: string): Abstract {
  if (text === 'None') return { kind: 'none' };
  if (text === 'True' || text === 'False') return { kind: 'boolean', value: text === 'True' };
  const value = Number(text);
  if (text !== '' && !Number.isNaN(value)) return { kind: 'number', value, integer: !text.includes('.') };
  const quoted = /^'(.*)'$/.exec(text)?.[1];
  return quoted === undefined ? unknown(text) : { kind: 'string', value: quoted };
}

function parseSignature(text: string): readonly SignatureParameter[] {
  const known = signatures.get(text);
  if (known !== undefined) return known;
  const parsed = text.split(',').map(part => part.trim()).filter(part => part !== '').map(part => {
    const [name = '', fallback] = part.split('=').map(piece => piece.trim());
    return { name: name.replace(/^\*+/, ''), fallback: fallback === undefined ? null : parseDefault(fallback), rest: name.startsWith('*') };
  }); // prettier-ignore
  signatures.set(text, parsed);
  return parsed;
}

export interface GivenArgument {
  readonly name?: string;
  readonly value: Abstract;
  readonly range: TextRange;
}

/** The arguments of one call, by the names of the signature. */
export class Arguments {
  /** Arguments beyond the signature, or of its `*rest`. */
  readonly rest: readonly Abstract[];
  readonly #values = new Map<string, GivenArgument>();
  readonly #parameters: readonly SignatureParameter[];

  constructor(signature: string, given: readonly GivenArgument[]) {
    this.#parameters = parseSignature(signature);
    const rest: Abstract[] = [];
    let position = 0;
    for (const argument of given) {
      if (argument.name !== undefined) {
        this.#values.set(argument.name, argument);
        continue;
      }
      const parameter = this.#parameters[position];
      if (parameter === undefined || parameter.rest) rest.push(argument.value);
      else {
        this.#values.set(parameter.name, argument);
        position++;
      }
    }
    this.rest = rest;
  }

  /** The value given, or the default of the signature; undefined where there is neither. */
  get(name: string): Abstract | undefined {
    return (
      this.#values.get(name)?.value ??
      this.#parameters.find(parameter => parameter.name === name)?.fallback ??
      undefined
    );
  }

  /** The value, unless it is None or missing. */
  some(name: string): Abstract | undefined {
    const value = this.get(name);
    return value === undefined || value.kind === 'none' ? undefined : value;
  }

  isGiven(name: string): boolean {
    return this.#values.has(name);
  }

  names(): readonly string[] {
    return [...this.#values.keys()];
  }

  range(name: string): TextRange | null {
    return this.#values.get(name)?.range ?? null;
  }

  size(name: string): Dimension | null {
    return dimension(this.get(name));
  }

  number(name: string): number | undefined {
    const value = this.get(name);
    return value?.kind === 'number' ? value.value : undefined;
  }

  boolean(name: string): boolean | undefined {
    const value = this.get(name);
    if (value?.kind === 'number') return value.value !== 0;
    if (value?.kind === 'unknown') return value.truthy;
    return value?.kind === 'boolean' ? value.value : undefined;
  }

  string(name: string): string | undefined {
    const value = this.get(name);
    return value?.kind === 'string' ? value.value : undefined;
  }

  /** The number given; undefined where it is left to the default. */
  givenNumber(name: string): number | undefined {
    return this.isGiven(name) ? this.number(name) : undefined;
  }

  /** Whether the value given is one that the reader could not work out. */
  isUnknown(name: string): boolean {
    const value = this.get(name);
    return (value?.kind === 'unknown' && value.truthy === undefined) || value?.kind === 'size';
  }

  /** What the source says there, for messages. */
  text(name: string): string {
    const value = this.get(name);
    return value === undefined ? '' : shortText(value);
  }
}

/** An information for the person at a place. */
export function information(range: TextRange, code: string, message: Phrase): Diagnostic {
  return { range, severity: 'information', code, message };
}
