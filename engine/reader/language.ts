/** A programming language: how its text becomes the common syntax tree, and what a program finds in it without importing. */
import type { CallTable, FrameworkTable } from './calls.ts';
import type { ParseMemory } from './parseMemory.ts';
import type { SourceText } from './source.ts';
import type { SyntaxModule } from './syntax.ts';
import type { Abstract } from './values.ts';

export interface Comment {
  readonly text: string;
  /** Offset in the source. */
  readonly from: number;
}

export interface Usual {
  /** Where a class may be from, the likeliest first. */
  readonly packages: readonly string[];
  /** Modules by the names that programs give them. */
  readonly modules: ReadonlyMap<string, string>;
}

export interface Language {
  /** Parses text in any state of repair: around a fault, everything else is still there. */
  readonly parse: (source: SourceText, memory?: ParseMemory) => SyntaxModule;
  readonly comments: (source: SourceText) => readonly Comment[];
  /** Names of the modules that a text may import from its workspace, by a search for words. */
  readonly imports: (text: string) => readonly string[];
  /** The paths at which a module may stand that a file imports by that name, the likeliest first. */
  readonly placesOf: (module: string, from: string) => readonly string[];
  /** The frameworks that its programs use; the first that knows a call reads it. */
  readonly frameworks: readonly FrameworkTable[];
  /** Its own functions and those of its standard library, by path. */
  readonly functions: CallTable;
  /** The name in `functions` of a path under which releases or libraries also have it. */
  readonly canonical: (path: string) => string;
  /** Whether a path of a library is an object that the whole program shares. */
  readonly shared: (path: string) => 'flags' | null;
  /** What a constant of its standard library is worth, by path; null for other paths. */
  readonly constant: (path: string) => Abstract | null;
  /** Methods of its values, by the kind of their object: `sequence.append`. */
  readonly methods: CallTable;
  /** What a name means that no statement has bound; null for an unknown one. */
  readonly name: (name: string) => Abstract | null;
  /** What programs of that text usually mean by a class that they do not import, and by a module. */
  readonly usual: (text: string) => Usual;
  /** An attribute that the language itself defines (`length`, an entry of an object); null where it leaves that to others. */
  readonly attribute: (object: Abstract, name: string) => Abstract | null;
  /** Gives a module what it exports by (`module.exports`). */
  readonly exports: (names: Map<string, Abstract>) => void;
  /** Puts what it has exported that way among its names. */
  readonly exported: (names: Map<string, Abstract>) => void;
  /** Whether it takes a value for true; null where that cannot be told. */
  readonly truth: (value: Abstract | undefined) => Abstract | null;
}
