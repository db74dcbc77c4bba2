import * as vscode from 'vscode';
import type { ModelFinder } from '../models/modelFinder.ts';
import type { RunState } from './runState.ts';

const DEBOUNCE_MS = 600;

/** Tells runs whether the source of their model reads differently now than when they were started. */
export class SourceWatch implements vscode.Disposable {
  readonly #finder: ModelFinder;
  readonly #runs: () => Promise<readonly RunState[]>;
  readonly #listening: vscode.Disposable;
  readonly #timers = new Map<string, NodeJS.Timeout>();

  constructor(finder: ModelFinder, runs: () => Promise<readonly RunState[]>) {
    this.#finder = finder;
    this.#runs = runs;
    this.#listening = vscode.Disposable.from(
      vscode.workspace.onDidChangeTextDocument(({ document }) => {
        this.#later(document.uri);
      }),
      vscode.workspace.onDidChangeNotebookDocument(({ notebook }) => {
        this.#later(notebook.uri);
      }),
    );
  }

  /** Compares the given runs with their documents, each of which is read once. */
  async check(runs: readonly RunState[]): Promise<void> {
    const uris = new Set(runs.map(({ record }) => record.source.uri));
    for (const uri of uris) {
      const models = await this.#finder.modelsAt(vscode.Uri.parse(uri));
      // A document that is gone is no change: there is nothing to compare with.
      if (!models) continue;
      const hashes = new Set(models.map(({ hash }) => hash));
      for (const run of runs) {
        const { source } = run.record;
        if (source.uri === uri) run.setSourceChanged(!hashes.has(source.hash));
      }
    }
  }

  dispose(): void {
    this.#listening.dispose();
    for (const timer of this.#timers.values()) clearTimeout(timer);
  }

  #later(uri: vscode.Uri): void {
    const key = uri.toString();
    clearTimeout(this.#timers.get(key));
    const timer = setTimeout(() => {
      this.#timers.delete(key);
      void this.#runs().then(runs => this.check(runs.filter(({ record }) => record.source.uri === key)));
    }, DEBOUNCE_MS);
    this.#timers.set(key, timer);
  }
}
