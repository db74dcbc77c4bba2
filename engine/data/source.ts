/** What a data source is: one entry of the table in `sources.ts`. */
import type { Phrase } from '../model/phrase.ts';
import type { ModelSpec } from '../model/spec.ts';
import { type Static, Type } from '@sinclair/typebox';
import { FileData } from './fileData.ts';

/** What a sample is, which decides how pages draw it: an image lies on the time axis, a series is a curve, tokens are text. */
export type SampleKind = 'image' | 'series' | 'tokens' | 'vectors';

/** The choice of data for a model, as it is stored with a run and remembered for a model. */
export const DataBinding = Type.Object(
  {
    /** Key of the table of data sources: `mnist-rows`. */
    source: Type.String({ minLength: 1 }),
    /** Seed of generated data. */
    seed: Type.Optional(Type.Integer({ minimum: 0, maximum: 0xffff_ffff })),
    /** A person's own file, of the source `own-file`. */
    file: Type.Optional(FileData),
  },
  { additionalProperties: false },
);
export type DataBinding = Static<typeof DataBinding>;

/** Seed of generated data where none is given. */
export const DEFAULT_SEED = 42;

/** One part of a data set. Rows are read on demand, so that bytes can stay bytes. */
export interface Split {
  readonly count: number;
  /** Writes the inputs of the rows `[n, T, D]`. */
  readInputs(rows: ArrayLike<number>, into: Float32Array): void;
  /** Writes labels (Int32Array) or target values `[n, …targetAxes]`. */
  readTargets(rows: ArrayLike<number>, into: Int32Array | Float32Array): void;
  /** Writes the number of steps of each row `[n]`, the rest of which is padding; absent where all rows have all steps. */
  readonly readLengths?: (rows: ArrayLike<number>, into: Int32Array) => void;
}

export interface Dataset {
  readonly kind: SampleKind;
  readonly steps: number;
  readonly features: number;
  /**
   * Axes of the target of one row: none for a label or value a row, `[T]` for one at every step, `[K]` for K values,
   * `[T, K]` for K values at every step.
   */
  readonly targetAxes: readonly number[];
  /** Number of classes; undefined for target values. */
  readonly classes: number | undefined;
  /** Names of the classes where they have any; of target values that are 0 or 1, what these two say. */
  readonly classNames?: readonly string[];
  /** What each token stands for, where there are tokens: one-hot in as many features, or their numbers in one feature. */
  readonly tokenNames?: readonly string[];
  /** Names of the features, where they have any: columns of a table. */
  readonly featureNames?: readonly string[];
  readonly train: Split;
  readonly validation: Split;
  readonly test: Split;
}

export interface DataSource {
  readonly id: string;
  readonly title: Phrase;
  readonly description: Phrase;
  readonly kind: SampleKind;
  /** It is drawn from a seed. */
  readonly seeded?: true;
  /** Names under which a `DataSpec` knows it: `mnist`; generated data has none. */
  readonly names: readonly string[];
  /** Whether the model's inputs and loss take this data; else the reason why not. */
  fits(spec: ModelSpec): true | Phrase;
  /** @throws EngineError `missing-file` or `damaged-file` with the path, `cancelled`, `no-memory` */
  load(binding: DataBinding, spec: ModelSpec, loading: Loading): Dataset | Promise<Dataset>;
}

/** How data is loaded. */
export interface Loading {
  /** Where the shipped data lies. */
  readonly directory: string;
  /** Asked to stop: reading ends with the error `cancelled`. */
  readonly signal?: AbortSignal;
  /** Told as a file is read: bytes of the file, of how many. */
  readonly progress?: (bytes: number, total: number) => void;
}
