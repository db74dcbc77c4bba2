import type * as vscode from 'vscode';
import type { ModelReading, Reading, TextRange } from '../../engine/reader/reading.ts';
import { sourceHash } from '../../engine/runs/sourceHash.ts';
import type { DocumentReading } from '../language/readingCache.ts';
import { locate } from '../language/readableText.ts';

/** A model as it stands in a document now. */
export interface SourceModel {
  /** The document, or the notebook. */
  readonly uri: vscode.Uri;
  /** Names the model across edits and sessions: settings, data and last results are remembered under it. */
  readonly key: string;
  /** `mnist_lstm.py` */
  readonly file: string;
  readonly reading: ModelReading;
  /** SHA-256 of the text of its extent. */
  readonly hash: string;
  /** Document (or cell) and place of the definition. */
  readonly document: vscode.TextDocument;
  readonly position: vscode.Position;
}

/** By reading: lenses, hovers and commands ask for the same ones again and again. */
const known = new WeakMap<Reading, readonly SourceModel[]>();

/** All models of a read document, from top to bottom. */
export function sourceModels(read: DocumentReading): readonly SourceModel[] {
  const models = known.get(read.reading) ?? modelsOf(read);
  known.set(read.reading, models);
  return models;
}

function modelsOf({ text, reading }: DocumentReading): readonly SourceModel[] {
  const models: SourceModel[] = [];
  // Models of one file share its text.
  const hashes = new Map<string, string>();
  const hashOf = ({ start, end }: TextRange): string => {
    const place = `${start} ${end}`;
    const hash = hashes.get(place) ?? sourceHash(text.text, { start, end });
    hashes.set(place, hash);
    return hash;
  };
  const seen = new Map<string, number>();
  for (const model of reading.models) {
    const place = locate(text, model.range.start);
    if (!place) continue;
    const count = seen.get(model.spec.name) ?? 0;
    seen.set(model.spec.name, count + 1);
    models.push({
      uri: text.uri,
      key: `${text.uri.toString()}#${model.spec.name}${count === 0 ? '' : `.${count}`}`,
      file: fileName(text.uri),
      reading: model,
      hash: hashOf(model.extent),
      ...place,
    });
  }
  return models;
}

/** `mnist_lstm.py` of `file:///…/mnist_lstm.py`. */
export function fileName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
