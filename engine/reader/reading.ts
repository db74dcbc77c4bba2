/** What the reader finds in a text: models with their specs, every tensor's shape, and what is wrong. Plain JSON. */
import type { CellSpec, Framework, ModelSpec, Size, TensorRef } from '../model/spec.ts';
import type { Phrase } from '../model/phrase.ts';

/** Offsets into the text (UTF-16 code units), end exclusive. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A named axis; `size` is null where only its name is known (`batch`). A string is a symbol of the source. */
export interface Axis {
  readonly name: string;
  readonly size: Size | null;
}

export interface TensorValue {
  readonly kind: 'tensor';
  readonly dtype: string;
  readonly axes: readonly Axis[];
  /** What it is in RNN terms: `h of layer 3 at the last step`. */
  readonly meaning?: Phrase;
  /** What notes and frameworks often tell differently about it. */
  readonly note?: Phrase;
  /** Where it stands in the model's graph, so that it can be opened in the tensor inspector. */
  readonly ref?: TensorRef;
}

/** `states`, `(output, (h_n, c_n))`, a list over steps. */
export interface TupleValue {
  readonly kind: 'tuple';
  readonly items: readonly Value[];
  /** Names of the items where they have any: `c`, `h`. */
  readonly fields?: readonly string[];
  readonly meaning?: Phrase;
  readonly note?: Phrase;
}

/** A cell, layer or module object. */
export interface LayerValue {
  readonly kind: 'layer';
  readonly framework: Framework;
  readonly className: string;
  /** The cells that it holds, if it is recurrent. */
  readonly cells?: readonly CellSpec[];
  /** The node of the model's graph that runs it, and which of the node's layers it is, where it is not all of them. */
  readonly node?: string;
  readonly layers?: readonly number[];
  /** Weights as far as the input's width is known. */
  readonly parameters?: readonly { readonly name: string; readonly shape: readonly Size[] }[];
  /** Number of those weights, where all sizes are known. */
  readonly count?: number;
  readonly equations?: readonly string[];
  /** Gates in the order in which the weights hold them. */
  readonly gates?: readonly string[];
  readonly meaning?: Phrase;
  readonly note?: Phrase;
}

export type Value = TensorValue | TupleValue | LayerValue;

/** One of the values of a name for which the text leaves several possible. */
export interface AlternativeValue {
  readonly value: Value;
  /** What it depends on: `where cell == 'gru'`, `as called in line 12`. */
  readonly when: Phrase;
  /** The model that it belongs to, in `Reading.models`. */
  readonly model?: number;
}

/** What a name is in the branches of a condition that is not known, or in several calls of one function. */
export interface AlternativesValue {
  readonly kind: 'alternatives';
  readonly items: readonly AlternativeValue[];
}

/** A name (or attribute, or subscript) in the text whose value is known; hover shows it. */
export interface SymbolReading {
  readonly range: TextRange;
  /** As written: `states[-1][1]`. */
  readonly text: string;
  readonly value: Value | AlternativesValue;
  /** Index of the model that it belongs to, in `Reading.models`; the first of several. */
  readonly model?: number;
}

export interface Diagnostic {
  readonly range: TextRange;
  readonly severity: 'error' | 'warning' | 'information';
  /** Stable name of the rule: `states-c-used-as-h`. */
  readonly code: string;
  readonly message: Phrase;
  /** Where it can be read up. */
  readonly link?: string;
  readonly fix?: { readonly title: Phrase; readonly range: TextRange; readonly text: string };
}

/** A model defined in the text: where its lens stands and what it is. */
export interface ModelReading {
  readonly spec: ModelSpec;
  /** The line that defines the recurrent part; the lens stands above it. */
  readonly range: TextRange;
  /** Everything that belongs to the model, for the check whether the source has changed since a run. */
  readonly extent: TextRange;
  /** Sizes that the source leaves open and what cannot be understood; empty when the spec is complete. */
  readonly open: readonly Phrase[];
  /**
   * Said where the text only shows a cell: `the program of this note with GRUCell in place of its cells`, and where it
   * leaves open what the network is: `where cell == 'gru'`.
   */
  readonly variant?: Phrase;
}

export interface Reading {
  readonly models: readonly ModelReading[];
  readonly symbols: readonly SymbolReading[];
  readonly diagnostics: readonly Diagnostic[];
}
