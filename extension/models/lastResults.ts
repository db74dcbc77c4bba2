import type * as vscode from 'vscode';
import type { MeasureId } from '../../engine/model/measures.ts';

/** How the newest run of a model ended, for its lens. */
export interface LastResult {
  readonly run: string;
  /** What `value` is, on all test rows. */
  readonly measure: MeasureId;
  readonly value: number;
  /** Hash of the source that was trained. */
  readonly hash: string;
}

const KEY = 'rnnExplorer.lastResults';

/** Before runs had measures, all were of accuracy. */
type Remembered = LastResult | (Pick<LastResult, 'run' | 'hash'> & { readonly testAccuracy: number });

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
    const all = Object.entries(this.#memory.get<Readonly<Record<string, Remembered>>>(KEY, {}));
    return Object.fromEntries(
      all.map(([model, result]) => {
        if ('measure' in result) return [model, result];
        const { run, hash, testAccuracy } = result;
        return [model, { run, hash, measure: 'accuracy', value: testAccuracy }];
      }),
    );
  }
}
