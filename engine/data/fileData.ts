/** The choice of a person's own file for a model: what of it becomes inputs, targets and samples. Plain JSON, kept with a run. */
import { type Static, Type } from '@sinclair/typebox';
import { literals } from '../model/schema.ts';

const closed = { additionalProperties: false } as const;
const names = Type.Array(Type.String(), { minItems: 1, maxItems: 10_000 });
const count = Type.Integer({ minimum: 1, maximum: 1_000_000 });

export const Encoding = literals(['utf-8', 'utf-16le', 'utf-16be', 'latin1']);
export type Encoding = Static<typeof Encoding>;

/** How a table in text is written. */
export const Dialect = Type.Object(
  {
    delimiter: Type.String({ minLength: 1, maxLength: 1 }),
    /** The first row holds the names of the columns. */
    header: Type.Boolean(),
    /** Mark of the fraction: `1,5` in tables whose delimiter is another. */
    decimal: literals(['.', ',']),
    encoding: Type.Optional(Encoding),
  },
  closed,
);
export type Dialect = Static<typeof Dialect>;

/** Numbers as they are, to mean 0 and deviation 1 over the training part, or bytes of pixels to [0, 1]. */
export const Scaling = literals(['none', 'standardise', 'bytes']);
export type Scaling = Static<typeof Scaling>;

/** How samples are cut out of a file. */
export const Arrangement = Type.Union([
  /**
   * A series: a sample is `window` rows of the columns `inputs`; its target are the columns `targets`, `horizon` rows
   * behind the window's last one (behind each of its steps where the model predicts at every step).
   */
  Type.Object({ kind: Type.Literal('windows'), inputs: names, targets: names, window: count, horizon: Type.Integer({ minimum: 0, maximum: 1_000_000 }), stride: count, scaling: Scaling }, closed),
  /** A row of the table is a sample: its inputs are the steps one after another. */
  Type.Object({ kind: Type.Literal('rows'), inputs: names, targets: names, scaling: Scaling }, closed),
  /** Arrays `[N, T, D]` and `[N, …]` by their names in an npz; of files that hold one array the name is empty. */
  Type.Object({ kind: Type.Literal('arrays'), inputs: Type.String(), targets: Type.String(), test: Type.Optional(Type.Object({ inputs: Type.String(), targets: Type.String() }, closed)), scaling: Scaling }, closed),
  /** Text: a sample is `window` characters, its target the next one (at every step, or after the last). */
  Type.Object({ kind: Type.Literal('characters'), window: count, stride: count }, closed),
  /** Text: a line is a sample, cut after `longest` characters; labelled by what stands before its first tab, or going on to its end. */
  Type.Object({ kind: Type.Literal('lines'), longest: count, labelled: Type.Boolean() }, closed),
]); // prettier-ignore
export type Arrangement = Static<typeof Arrangement>;

export const FileData = Type.Object(
  {
    /** Absolute. */
    path: Type.String({ minLength: 1 }),
    /** File of the targets, where they have one of their own. */
    targetsPath: Type.Optional(Type.String({ minLength: 1 })),
    dialect: Type.Optional(Dialect),
    encoding: Type.Optional(Encoding),
    arrangement: Arrangement,
    /** Parts of the rows that are kept for validation and test: of a series the last ones, else drawn at random. */
    validation: Type.Number({ minimum: 0, maximum: 0.5 }),
    test: Type.Number({ minimum: 0, maximum: 0.5 }),
    /** What the file was when it was chosen or trained on: bytes, and milliseconds since 1970. */
    stamp: Type.Object({ bytes: Type.Integer({ minimum: 0 }), modified: Type.Number() }, closed),
  },
  closed,
);
export type FileData = Static<typeof FileData>;

/** What a person says of a file; the rest is guessed from its beginning and the model. */
export const FileChoices = Type.Object(
  {
    arrangement: Type.Optional(literals(['windows', 'rows', 'arrays', 'characters', 'lines'])),
    inputs: Type.Optional(names),
    targets: Type.Optional(names),
    window: Type.Optional(count),
    horizon: Type.Optional(Type.Integer({ minimum: 0, maximum: 1_000_000 })),
    stride: Type.Optional(count),
    scaling: Type.Optional(Scaling),
    header: Type.Optional(Type.Boolean()),
    delimiter: Type.Optional(Type.String({ minLength: 1, maxLength: 1 })),
    encoding: Type.Optional(Encoding),
    targetsPath: Type.Optional(Type.String({ minLength: 1 })),
    validation: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5 })),
    test: Type.Optional(Type.Number({ minimum: 0, maximum: 0.5 })),
  },
  closed,
);
export type FileChoices = Static<typeof FileChoices>;
