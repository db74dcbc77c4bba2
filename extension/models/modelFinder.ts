/** Finds the models that a command means: in the document it is called for, or in the one the person works with. */
import * as vscode from 'vscode';
import type { ReadingCache } from '../language/readingCache.ts';
import { notebookText, readableText, type ReadableText } from '../language/readableText.ts';
import { type SourceModel, sourceModels } from './sourceModel.ts';

/** Part of the view type under which VS Code shows its Markdown preview. */
const MARKDOWN_PREVIEW = 'markdown.preview';

export class ModelFinder implements vscode.Disposable {
  readonly #readings: ReadingCache;
  readonly #listening: vscode.Disposable;
  /** `activeTextEditor` is undefined after a click into a panel, a preview or a view. */
  #lastDocument: vscode.TextDocument | undefined;

  constructor(readings: ReadingCache) {
    this.#readings = readings;
    this.#remember(vscode.window.activeTextEditor);
    this.#listening = vscode.Disposable.from(
      vscode.window.onDidChangeActiveTextEditor(editor => {
        this.#remember(editor);
      }),
      vscode.workspace.onDidCloseTextDocument(document => {
        if (this.#lastDocument === document) this.#lastDocument = undefined;
      }),
    );
  }

  /** The document that the person works with: the active editor's, the previewed one, or the last one. */
  async currentDocument(): Promise<vscode.TextDocument | undefined> {
    const active = vscode.window.activeTextEditor?.document;
    if (active && readableText(active)) return active;
    return (await previewedDocument()) ?? active ?? this.#lastDocument ?? firstVisible();
  }

  /** The models of the document that the person works with. */
  async currentModels(): Promise<readonly SourceModel[]> {
    const document = await this.currentDocument();
    return document ? this.modelsOf(document) : [];
  }

  async modelsOf(document: vscode.TextDocument): Promise<readonly SourceModel[]> {
    const read = await this.#readings.read(document);
    return read ? sourceModels(read) : [];
  }

  /** The models of a document or notebook that need not be open. @returns undefined when it cannot be read any more. */
  async modelsAt(uri: vscode.Uri): Promise<readonly SourceModel[] | undefined> {
    const text = await textAt(uri);
    return text && sourceModels({ text, reading: await this.#readings.readText(text) });
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #remember(editor: vscode.TextEditor | undefined): void {
    if (editor && readableText(editor.document)) this.#lastDocument = editor.document;
  }
}

/** After a reload with a panel in front no editor was active yet. */
function firstVisible(): vscode.TextDocument | undefined {
  return vscode.window.visibleTextEditors.find(({ document }) => readableText(document))?.document;
}

/** The note behind the Markdown preview in front: a preview tells its document only by the title of its tab. */
async function previewedDocument(): Promise<vscode.TextDocument | undefined> {
  const tab = vscode.window.tabGroups.activeTabGroup.activeTab;
  if (tab?.input instanceof vscode.TabInputCustom && tab.input.viewType.includes(MARKDOWN_PREVIEW))
    return vscode.workspace.openTextDocument(tab.input.uri);
  if (!(tab?.input instanceof vscode.TabInputWebview) || !tab.input.viewType.includes(MARKDOWN_PREVIEW))
    return undefined;
  const shown = vscode.workspace.textDocuments
    .filter(({ languageId, uri }) => languageId === 'markdown' && tab.label.includes(baseName(uri)))
    .sort((a, b) => baseName(b.uri).length - baseName(a.uri).length)[0];
  if (shown) return shown;
  const name = tab.label.slice(tab.label.lastIndexOf(' ') + 1);
  const [found] = await vscode.workspace.findFiles(`**/${name}`, undefined, 1);
  return found && vscode.workspace.openTextDocument(found);
}

function baseName(uri: vscode.Uri): string {
  return uri.path.slice(uri.path.lastIndexOf('/') + 1);
}

async function textAt(uri: vscode.Uri): Promise<ReadableText | undefined> {
  try {
    if (!uri.path.endsWith('.ipynb')) return readableText(await vscode.workspace.openTextDocument(uri));
    const notebook = await vscode.workspace.openNotebookDocument(uri);
    const code = notebook.getCells().find(({ kind }) => kind === vscode.NotebookCellKind.Code);
    return code && notebookText(notebook, code.document.languageId);
  } catch {
    return undefined; // deleted, moved, or of an untitled document that is closed
  }
}
