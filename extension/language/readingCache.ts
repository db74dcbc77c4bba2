import * as vscode from 'vscode';
import type { Reading } from '../../engine/reader/reading.ts';
import { type ReadableText, readableText } from './readableText.ts';

/** Texts longer than this are data or generated; reading them would hold up every other extension. */
const LONGEST_TEXT = 2_000_000;

/** A text with what the reader found in it. */
export interface DocumentReading {
  readonly text: ReadableText;
  readonly reading: Reading;
}

const nothing: Reading = { models: [], symbols: [], diagnostics: [] };

/** Reads every version of a document once, for lenses, hovers, diagnostics and commands alike. */
export class ReadingCache implements vscode.Disposable {
  readonly #readings = new Map<string, { readonly version: string; readonly reading: Promise<Reading> }>();
  readonly #closing = vscode.Disposable.from(
    vscode.workspace.onDidCloseTextDocument(({ uri }) => this.#readings.delete(uri.toString())),
    vscode.workspace.onDidCloseNotebookDocument(({ uri }) => this.#readings.delete(uri.toString())),
  );

  /** What stands in the document now; undefined where the reader does not take its language. */
  async read(document: vscode.TextDocument): Promise<DocumentReading | undefined> {
    const text = readableText(document);
    return text && { text, reading: await this.readText(text) };
  }

  async readText(text: ReadableText): Promise<Reading> {
    if (text.text.length > LONGEST_TEXT) return nothing;
    const key = text.uri.toString();
    const known = this.#readings.get(key);
    if (known?.version === text.version) return known.reading;
    // The reader and its parsers are loaded by the first text, not by activation.
    const reading = import('../../engine/reader/read.ts').then(({ readSource }) =>
      readSource(text.text, text.language),
    );
    this.#readings.set(key, { version: text.version, reading });
    return reading;
  }

  dispose(): void {
    this.#closing.dispose();
    this.#readings.clear();
  }
}
