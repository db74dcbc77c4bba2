import * as vscode from 'vscode';
import { LONGEST_FILE } from '../../engine/reader/siblings.ts';

/** Files that a program may import from. */
const PATTERN = '**/*.{py,js,mjs,cjs,jsx,ts,mts,cts,tsx,json}';

/**
 * Texts of the files of the workspace from which programs import, each read once until it changes; of a file that is open
 * in an editor what stands there, saved or not.
 */
export class SiblingFiles implements vscode.Disposable {
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #changed = new vscode.EventEmitter<void>();
  /** One of the files that were read has changed, or one that was missing is there. */
  readonly onDidChange = this.#changed.event;
  #generation = 0;
  #listening: vscode.Disposable | undefined;

  /** Differs whenever what was read of any file may have changed. */
  get generation(): number {
    return this.#generation;
  }

  /** Where a document stands in its workspace folder; undefined for one that is in none. */
  placeOf(uri: vscode.Uri): { readonly root: vscode.Uri; readonly path: string } | undefined {
    const root = vscode.workspace.getWorkspaceFolder(uri)?.uri;
    if (!root || !uri.path.startsWith(root.path)) return undefined;
    return { root, path: uri.path.slice(root.path.length).replace(/^\//, '') };
  }

  /** The text of a file of the workspace; undefined where there is none. */
  read(uri: vscode.Uri): Promise<string | undefined> {
    this.#listening ??= this.#listen();
    const key = uri.toString();
    const known = this.#texts.get(key) ?? textOf(uri);
    this.#texts.set(key, known);
    return known;
  }

  dispose(): void {
    this.#listening?.dispose();
    this.#changed.dispose();
    this.#texts.clear();
  }

  #listen(): vscode.Disposable {
    const watcher = vscode.workspace.createFileSystemWatcher(PATTERN);
    const forget = (uri: vscode.Uri): void => {
      if (!this.#texts.delete(uri.toString())) return;
      this.#generation++;
      this.#changed.fire();
    };
    return vscode.Disposable.from(
      watcher,
      watcher.onDidChange(forget),
      watcher.onDidCreate(forget),
      watcher.onDidDelete(forget),
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        forget(document.uri);
      }),
      // What was not saved is gone with its document.
      vscode.workspace.onDidCloseTextDocument(({ uri }) => {
        forget(uri);
      }),
    );
  }
}

async function textOf(uri: vscode.Uri): Promise<string | undefined> {
  const open = vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());
  if (open) return open.getText();
  try {
    const { size } = await vscode.workspace.fs.stat(uri);
    if (size > LONGEST_FILE) return undefined;
    return new TextDecoder().decode(await vscode.workspace.fs.readFile(uri));
  } catch {
    return undefined; // most places at which a module might stand are empty
  }
}
