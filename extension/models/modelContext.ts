import * as vscode from 'vscode';
import type { ModelFinder } from './modelFinder.ts';

const DEBOUNCE_MS = 300;
const KEY = 'rnnExplorer.filesWithModels';

/** Keeps the context key by which editor titles know whether their file holds models: the paths of visible ones. */
export function watchModelContext(finder: ModelFinder): vscode.Disposable {
  let timer: NodeJS.Timeout | undefined;
  let shown = '';
  const update = async (): Promise<void> => {
    const documents = vscode.window.visibleTextEditors.map(({ document }) => document);
    const found = await Promise.all(
      documents.map(async document => ((await finder.modelsOf(document)).length > 0 ? [pathOf(document.uri)] : [])),
    );
    const paths = [...new Set(found.flat())].sort();
    if (paths.join('\n') === shown) return;
    shown = paths.join('\n');
    await vscode.commands.executeCommand('setContext', KEY, paths);
  };
  const later = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void update(), DEBOUNCE_MS);
  };
  later();
  return vscode.Disposable.from(
    vscode.window.onDidChangeVisibleTextEditors(later),
    vscode.workspace.onDidChangeTextDocument(({ document }) => {
      if (vscode.window.visibleTextEditors.some(editor => editor.document === document)) later();
    }),
    {
      dispose: () => {
        clearTimeout(timer);
      },
    },
  );
}

/** As VS Code's context key `resourcePath` has it. */
function pathOf(uri: vscode.Uri): string {
  return uri.scheme === 'file' ? uri.fsPath : uri.path;
}
