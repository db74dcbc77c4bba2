import * as vscode from 'vscode';
import type { Diagnostic } from '../../engine/reader/reading.ts';
import { translate } from '../translate.ts';
import { rangeIn, readableLanguage } from './readableText.ts';
import type { ReadingCache } from './readingCache.ts';

/** Typing is not underlined word by word. */
const DEBOUNCE_MS = 400;

const SEVERITIES: Readonly<Record<Diagnostic['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  information: vscode.DiagnosticSeverity.Information,
};

/** Puts what the reader finds wrong into the Problems view, and offers its fixes. */
export class ModelDiagnostics implements vscode.Disposable, vscode.CodeActionProvider {
  readonly #readings: ReadingCache;
  readonly #collection = vscode.languages.createDiagnosticCollection('rnnExplorer');
  readonly #timers = new Map<vscode.TextDocument, NodeJS.Timeout>();
  readonly #fixes = new WeakMap<vscode.Diagnostic, vscode.CodeAction>();
  readonly #listening: vscode.Disposable;

  constructor(readings: ReadingCache) {
    this.#readings = readings;
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidOpenTextDocument(document => {
        this.#later(document);
      }),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#later(document);
      }),
      vscode.workspace.onDidCloseTextDocument(document => {
        clearTimeout(this.#timers.get(document));
        this.#timers.delete(document);
        this.#collection.delete(document.uri);
      }),
    );
    this.refresh();
  }

  /** Reads all open documents again, as after a change of the setting. */
  refresh(): void {
    for (const document of vscode.workspace.textDocuments) this.#later(document);
  }

  provideCodeActions(
    _document: vscode.TextDocument,
    _range: vscode.Range,
    { diagnostics }: vscode.CodeActionContext,
  ): vscode.CodeAction[] {
    return diagnostics.map(diagnostic => this.#fixes.get(diagnostic)).filter(fix => fix !== undefined);
  }

  dispose(): void {
    this.#listening.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#collection.dispose();
  }

  #later(document: vscode.TextDocument): void {
    if (readableLanguage(document) === undefined) return;
    clearTimeout(this.#timers.get(document));
    const timer = setTimeout(() => {
      this.#timers.delete(document);
      void this.#update(document);
    }, DEBOUNCE_MS);
    this.#timers.set(document, timer);
  }

  async #update(document: vscode.TextDocument): Promise<void> {
    if (!vscode.workspace.getConfiguration('rnnExplorer', document).get<boolean>('diagnostics.enabled', true)) {
      this.#collection.delete(document.uri);
      return;
    }
    const read = await this.#readings.read(document);
    if (!read || document.isClosed) return;
    const shown: vscode.Diagnostic[] = [];
    for (const found of read.reading.diagnostics) {
      const range = rangeIn(read.text, document, found.range);
      if (!range) continue;
      const diagnostic = new vscode.Diagnostic(range, translate(found.message), SEVERITIES[found.severity]);
      diagnostic.source = 'RNN Explorer';
      diagnostic.code =
        found.link === undefined ? found.code : { value: found.code, target: vscode.Uri.parse(found.link) };
      shown.push(diagnostic);
      const place = found.fix && rangeIn(read.text, document, found.fix.range);
      if (!found.fix || !place) continue;
      const action = new vscode.CodeAction(translate(found.fix.title), vscode.CodeActionKind.QuickFix);
      action.edit = new vscode.WorkspaceEdit();
      action.edit.replace(document.uri, place, found.fix.text);
      action.diagnostics = [diagnostic];
      this.#fixes.set(diagnostic, action);
    }
    this.#collection.set(document.uri, shown);
  }
}
