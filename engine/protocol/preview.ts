/** What a preview of a person's own file is on every hop: worker → host → page. */
import type { Dialect, FileData } from '../data/fileData.ts';
import type { SampleKind } from '../data/source.ts';
import type { Phrase } from '../model/phrase.ts';

/** The first sample as the model would be fed with it. */
export interface PreviewSample {
  readonly kind: SampleKind;
  readonly steps: number;
  readonly features: number;
  /** float32 `[T, D]`, padding included. */
  readonly values: ArrayBuffer;
  /** Labels or values, of every step or of the sample. */
  readonly targets: readonly number[];
  readonly featureNames: readonly string[] | undefined;
}

export interface FilePreview {
  readonly path: string;
  readonly format: 'npy' | 'npz' | 'idx' | 'table' | 'text';
  readonly bytes: number;
  /** `1.5 MB` */
  readonly size: string;
  /** Columns of a table; its first rows as they are written. */
  readonly columns: readonly { readonly name: string; readonly kind: 'numbers' | 'classes' | 'text' }[] | undefined;
  readonly rows: readonly (readonly string[])[] | undefined;
  readonly dialect: Dialect | undefined;
  readonly arrays: readonly { readonly name: string; readonly type: string; readonly shape: readonly number[] }[] | undefined;
  /** Beginning of a text. */
  readonly text: string | undefined;
  /** The choice that would be kept; undefined, like all that follows from it, where it does not fit the model. */
  readonly file: FileData | undefined;
  /** Why not. */
  readonly problem: Phrase | undefined;
  readonly notes: readonly Phrase[];
  readonly steps: number | undefined;
  readonly features: number | undefined;
  /** Axes of a target after the batch. */
  readonly targetAxes: readonly number[] | undefined;
  readonly classes: number | undefined;
  readonly classNames: readonly string[] | undefined;
  readonly tokenNames: readonly string[] | undefined;
  /** Sizes that the model takes from its data, by their names in the source. */
  readonly sizes: readonly (readonly [name: string, value: number])[] | undefined;
  /** Samples of each part; estimated from the beginning of a long table. */
  readonly counts: { readonly train: number; readonly validation: number; readonly test: number; readonly estimated: boolean } | undefined;
  readonly sample: PreviewSample | undefined;
} // prettier-ignore
