/**
 * What the reader is given: the text of a document, or of all code cells of a notebook joined, since a model is often
 * spread over several cells; and the way back from offsets to the documents that VS Code shows.
 */
import * as vscode from 'vscode';
import type { TextRange } from '../../engine/reader/reading.ts';
import { withoutMagics } from './notebookMagics.ts';

/** Languages of VS Code that the reader takes, by id. */
const LANGUAGES: ReadonlySet<string> = new Set([
  ...['python', 'markdown', 'javascript', 'javascriptreact', 'typescript', 'typescriptreact'],
]);

/** Files that are descriptions of models; their language is JSON. */
const SPEC_FILE = '.rnn.json';

/** The documents that lenses, hovers and fixes are asked for. */
export const READABLE_DOCUMENTS: readonly vscode.DocumentFilter[] = [
  ...[...LANGUAGES].map(language => ({ language })),
  { pattern: `**/*${SPEC_FILE}` },
];

/** Documents that merely show what stands elsewhere. */
const SHADOW_SCHEMES: ReadonlySet<string> = new Set(['git', 'output', 'search-editor', 'vscode-scm']);

/** The part of a readable text that stands in one document. */
export interface TextSection {
  readonly document: vscode.TextDocument;
  readonly start: number;
  readonly end: number;
}

export interface ReadableText {
  /** The document, or the notebook that it is a cell of. */
  readonly uri: vscode.Uri;
  /** Differs whenever the text does. */
  readonly version: string;
  /** VS Code's id of it. */
  readonly language: string;
  readonly text: string;
  readonly sections: readonly TextSection[];
}

/** A language as the reader knows it; undefined where it takes none. */
export function readableLanguage({ uri, languageId }: vscode.TextDocument): string | undefined {
  if (uri.path.endsWith(SPEC_FILE)) return SPEC_FILE.slice(1);
  return LANGUAGES.has(languageId) ? languageId : undefined;
}

/** The text that a document belongs to; undefined where the reader does not take its language. */
export function readableText(document: vscode.TextDocument): ReadableText | undefined {
  const language = readableLanguage(document);
  if (language === undefined || SHADOW_SCHEMES.has(document.uri.scheme)) return undefined;
  const notebook = vscode.workspace.notebookDocuments.find(each =>
    each.getCells().some(cell => cell.document === document),
  );
  if (!notebook) {
    const text = document.getText();
    const sections = [{ document, start: 0, end: text.length }];
    return { uri: document.uri, version: String(document.version), language, text, sections };
  }
  return language === 'markdown' ? undefined : notebookText(notebook, language);
}

/** All code cells of one language, in their order. */
export function notebookText(notebook: vscode.NotebookDocument, language: string): ReadableText {
  const sections: TextSection[] = [];
  const versions: string[] = [];
  let text = '';
  for (const { kind, document } of notebook.getCells()) {
    if (kind !== vscode.NotebookCellKind.Code || document.languageId !== language) continue;
    const cell = withoutMagics(document.getText());
    sections.push({ document, start: text.length, end: text.length + cell.length });
    versions.push(`${document.uri.fragment}@${document.version}`);
    text += `${cell}\n`;
  }
  return { uri: notebook.uri, version: versions.join(' '), language, text, sections };
}

/** Where an offset stands; undefined between cells. */
export function locate(
  { sections }: ReadableText,
  offset: number,
): { readonly document: vscode.TextDocument; readonly position: vscode.Position } | undefined {
  const section = sections.find(({ start, end }) => start <= offset && offset <= end);
  return section && { document: section.document, position: section.document.positionAt(offset - section.start) };
}

/** A range of the text in one document; undefined when it begins in another. */
export function rangeIn(
  { sections }: ReadableText,
  document: vscode.TextDocument,
  range: TextRange,
): vscode.Range | undefined {
  const section = sections.find(each => each.document === document);
  if (!section || range.start < section.start || range.start > section.end) return undefined;
  const end = Math.min(range.end, section.end);
  return new vscode.Range(document.positionAt(range.start - section.start), document.positionAt(end - section.start));
}

/** The offset in the text of a place in one of its documents. */
export function offsetIn(
  { sections }: ReadableText,
  document: vscode.TextDocument,
  position: vscode.Position,
): number | undefined {
  const section = sections.find(each => each.document === document);
  return section && section.start + document.offsetAt(position);
}
