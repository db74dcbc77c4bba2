import type * as vscode from 'vscode';
import type { ModelReading } from '../../engine/reader/reading.ts';
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

/** All models of a read document, from top to bottom. */
export function sourceModels({ text, reading }: DocumentReading): SourceModel[] {
  const models: SourceModel[] = [];
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
      hash: sourceHash(text.text, model.extent),
      ...place,
    });
  }
  return models;
}

/** `mnist_lstm.py` of `file:///…/mnist_lstm.py`. */
export function fileName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}
