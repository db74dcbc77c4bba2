import * as vscode from 'vscode';
import type { ModelStatistics } from '../../engine/protocol/statistics.ts';
import type { Inspection } from './inspection.ts';
import type { ShownRun } from './shownRun.ts';

/** How long a hover waits for numbers that are on their way; it answers without them after that. */
const PATIENCE_MS = 12;

/** What a hover can say of a model's numbers. */
export interface LiveNumbers {
  readonly statistics: ModelStatistics;
  /** Whether the source has changed since the weights were made. */
  readonly outdated: boolean;
}

interface Known {
  readonly statistics: ModelStatistics;
  readonly hash: string;
}

/**
 * The statistics of the model that the inspectors show, for hovers. They are asked of the engine's worker behind the
 * hover's back, and again as training goes on; no hover waits for them.
 */
export class LiveStatistics implements vscode.Disposable {
  readonly #inspection: Inspection;
  readonly #shown: ShownRun;
  readonly #listening: vscode.Disposable;
  /** Grows when what is shown has changed: answers to older questions are thrown away. */
  #subject = 0;
  #known: Known | undefined;
  #asking: Promise<void> | undefined;
  #stale = true;
  /** Whether somebody has looked since the last answer. */
  #wanted = false;

  constructor(inspection: Inspection, shown: ShownRun) {
    this.#inspection = inspection;
    this.#shown = shown;
    let model: unknown;
    this.#listening = vscode.Disposable.from(
      shown.onDidChange(() => {
        const now = shown.run ?? shown.model;
        if (now === model) return;
        model = now;
        this.#subject++;
        this.#known = undefined;
        this.#stale = true;
      }),
      inspection.onDidBecomeStale(() => {
        this.#stale = true;
        // A run has just begun or ended, or goes on while its tensors are hovered.
        if (this.#wanted || this.#shown.run?.record.status !== 'running') void this.#ask();
      }),
    );
  }

  /** The numbers of a model, as far as they are there; undefined where another model is shown or none. */
  async of({ key, hash }: { readonly key: string; readonly hash: string }): Promise<LiveNumbers | undefined> {
    const { run, model } = this.#shown;
    if ((run?.modelKey ?? model?.key) !== key) return undefined;
    this.#wanted = true;
    if (this.#stale || !this.#known) {
      const patience = new Promise<void>(resolve => setTimeout(resolve, PATIENCE_MS));
      await Promise.race([this.#ask(), patience]);
    }
    return this.#known && { statistics: this.#known.statistics, outdated: this.#known.hash !== hash };
  }

  dispose(): void {
    this.#listening.dispose();
  }

  #ask(): Promise<void> {
    return (this.#asking ??= this.#request().finally(() => (this.#asking = undefined)));
  }

  async #request(): Promise<void> {
    const subject = this.#subject;
    const hash = this.#shown.run?.record.source.hash ?? this.#shown.model?.hash ?? '';
    this.#stale = false;
    this.#wanted = false;
    try {
      const statistics = await this.#inspection.statistics();
      if (subject === this.#subject) this.#known = { statistics, hash };
    } catch {
      // A model that is being opened or was closed has no numbers; the next hover asks again.
      this.#stale = true;
    }
  }
}
