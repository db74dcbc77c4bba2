import * as vscode from 'vscode';
import { mentionsRecurrence } from '../../engine/reader/mention.ts';
import type { ParseMemory } from '../../engine/reader/parseMemory.ts';
import type { Reading } from '../../engine/reader/reading.ts';
import { type ReadableText, readableText } from './readableText.ts';

/** Texts longer than this are data or generated; reading them would hold up every other extension. */
const LONGEST_TEXT = 2_000_000;

/** A text with what the reader found in it. */
export interface DocumentReading {
  readonly text: ReadableText;
  readonly reading: Reading;
}

interface KnownReading {
  readonly version: string;
  readonly reading: Promise<Reading>;
  /** What the next version is parsed from. */
  readonly memory: Promise<ParseMemory>;
}

/** Most programs of a language have nothing to do with recurrent networks: for those the reader is not even loaded. */
function mayHoldModels({ language, text }: ReadableText): boolean {
  return language === 'rnn.json' || mentionsRecurrence(text);
}

const nothing: Reading = { models: [], symbols: [], diagnostics: [] };

/** Reads every version of a document once, for lenses, hovers, diagnostics and commands alike. */
export class ReadingCache implements vscode.Disposable {
  readonly #readings = new Map<string, KnownReading>();
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
    if (text.text.length > LONGEST_TEXT || !mayHoldModels(text)) return nothing;
    const key = text.uri.toString();
    const known = this.#readings.get(key);
    if (known?.version === text.version) return known.reading;
    // The reader and its parsers are loaded by the first text, not by activation.
    const memory =
      known?.memory ?? import('../../engine/reader/parseMemory.ts').then(module => new module.ParseMemory());
    const reading = Promise.all([import('../../engine/reader/read.ts'), memory]).then(([{ readSource }, last]) =>
      readSource(text.text, text.language, last),
    );
    this.#readings.set(key, { version: text.version, reading, memory });
    return reading;
  }

  dispose(): void {
    this.#closing.dispose();
    this.#readings.clear();
  }
}
