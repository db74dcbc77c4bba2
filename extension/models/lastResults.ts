import type * as vscode from 'vscode';

/** How the newest run of a model ended, for its lens. */
export interface LastResult {
  readonly run: string;
  readonly testAccuracy: number;
  /** Hash of the source that was trained. */
  readonly hash: string;
}

const KEY = 'rnnExplorer.lastResults';

/** Remembers the newest result of each model, so that lenses need not open the stored runs. */
export class LastResults {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  of(modelKey: string): LastResult | undefined {
    return this.#all()[modelKey];
  }

  async set(modelKey: string, result: LastResult): Promise<void> {
    await this.#memory.update(KEY, { ...this.#all(), [modelKey]: result });
  }

  /** Forgets the result of a deleted run. */
  async forget(run: string): Promise<void> {
    const left = Object.entries(this.#all()).filter(([, result]) => result.run !== run);
    await this.#memory.update(KEY, Object.fromEntries(left));
  }

  #all(): Readonly<Record<string, LastResult>> {
    return this.#memory.get<Readonly<Record<string, LastResult>>>(KEY, {});
  }
}
