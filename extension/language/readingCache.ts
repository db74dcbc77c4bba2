import * as vscode from 'vscode';
import { mentionsRecurrence } from '../../engine/reader/mention.ts';
import type { ParseMemory } from '../../engine/reader/parseMemory.ts';
import type { Reading } from '../../engine/reader/reading.ts';
import { type ReadableText, readableText } from './readableText.ts';
import { SiblingFiles } from './siblingFiles.ts';

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
  readonly #siblings = new SiblingFiles();
  /** Files from which programs import have changed: documents may read differently without having changed themselves. */
  readonly onDidChangeSiblings = this.#siblings.onDidChange;
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
    const version = `${text.version} ${this.#siblings.generation}`;
    if (known?.version === version) return known.reading;
    // The reader and its parsers are loaded by the first text, not by activation.
    const memory =
      known?.memory ?? import('../../engine/reader/parseMemory.ts').then(module => new module.ParseMemory());
    const reading = this.#readAnew(text, memory);
    this.#readings.set(key, { version, reading, memory });
    return reading;
  }

  async #readAnew({ text, language, uri }: ReadableText, memory: Promise<ParseMemory>): Promise<Reading> {
    const { readSource, surroundingsOf } = await import('../../engine/reader/read.ts');
    const place = this.#siblings.placeOf(uri);
    const surroundings =
      place &&
      (await surroundingsOf(place.path, text, language, path =>
        this.#siblings.read(vscode.Uri.joinPath(place.root, path)),
      ));
    return readSource(text, language, { memory: await memory, surroundings });
  }

  dispose(): void {
    this.#closing.dispose();
    this.#siblings.dispose();
    this.#readings.clear();
  }
}
