import * as vscode from 'vscode';
import { COMMANDS } from '../commands/commandIds.ts';
import { MEASURES } from '../../engine/model/measures.ts';
import { formatMeasure, measureHead } from '../translate.ts';
import type { RunService } from './runService.ts';
import type { RunState } from './runState.ts';

/** Shows the active run in the status bar, in a notification with progress, and in the context key of the menus. */
export class TrainingStatus implements vscode.Disposable {
  readonly #runs: RunService;
  readonly #item = vscode.window.createStatusBarItem('rnnExplorer.run', vscode.StatusBarAlignment.Left, 50);
  readonly #listening: vscode.Disposable;
  #following: vscode.Disposable | undefined;

  constructor(runs: RunService) {
    this.#runs = runs;
    this.#item.name = vscode.l10n.t('RNN Explorer Training');
    this.#item.command = COMMANDS.runMenu;
    this.#listening = vscode.Disposable.from(
      runs.onDidStart(run => {
        this.#following?.dispose();
        this.#following = run.onDidChange(() => {
          this.#update();
        });
        this.#update();
        this.#notify(run);
      }),
      runs.onDidEnd(() => {
        this.#following?.dispose();
        this.#update();
      }),
      runs.onDidChangeList(() => {
        this.#update();
      }),
    );
  }

  dispose(): void {
    this.#listening.dispose();
    this.#following?.dispose();
    this.#item.dispose();
  }

  #update(): void {
    const run = this.#runs.active;
    setContext('rnnExplorer.training', run && (run.record.status === 'paused' ? 'paused' : 'running'));
    if (!run) {
      this.#item.hide();
      return;
    }
    const paused = run.record.status === 'paused';
    const { headline, source } = run.head().model;
    const waiting = this.#runs.waiting > 0 ? ` · ${vscode.l10n.t('{0} waiting', this.#runs.waiting)}` : '';
    this.#item.text = `$(${paused ? 'debug-pause' : 'sync~spin'}) ${headline} ${whereItStands(run)}${waiting}`;
    const state = paused
      ? vscode.l10n.t('Training of {0} is paused', source)
      : vscode.l10n.t('{0} is being trained', source);
    this.#item.tooltip = `${state}${waiting}`;
    this.#item.accessibilityInformation = { label: `${state}, ${headline} ${whereItStands(run)}`, role: 'button' };
    this.#item.show();
  }

  #notify(run: RunState): void {
    const title = vscode.l10n.t('Training {0}', run.head().model.headline);
    const options = { location: vscode.ProgressLocation.Notification, title, cancellable: true };
    void vscode.window.withProgress(options, async (progress, token) => {
      let reached = 0;
      let shown = '';
      const following = run.onDidChange(() => {
        if (!run.progress) {
          progress.report({ message: whereItStands(run) });
          return;
        }
        const share = (100 * run.progress.step) / run.progress.steps;
        const message = whereItStands(run);
        // The notification is told what a person can see change, not every batch.
        if (message === shown && share - reached < 0.5) return;
        progress.report({ message, increment: share - reached });
        [reached, shown] = [share, message];
      });
      token.onCancellationRequested(() => void this.#runs.stop());
      await new Promise<void>(resolve => {
        const ending = this.#runs.onDidEnd(ended => {
          if (ended !== run) return;
          ending.dispose();
          resolve();
        });
      });
      following.dispose();
    });
  }
}

/** `epoch 3/10 · 97.8 %`, `epoch 3/15 · MSE 0.0417`: the newest test value, or that of the batches before there is one. */
function whereItStands({ progress, loading, curves, record: { measure } }: RunState): string {
  if (!progress && loading !== undefined) return vscode.l10n.t('reading the data, {0} %', Math.floor(100 * loading));
  if (!progress) return vscode.l10n.t('starting…');
  const epoch = vscode.l10n.t('epoch {0}/{1}', Math.min(progress.epoch + 1, progress.epochs), progress.epochs);
  const value = curves.latest.test ?? curves.latest.train;
  if (value === undefined) return epoch;
  const written = formatMeasure(measure, value);
  // A percentage speaks for itself.
  return `${epoch} · ${MEASURES[measure].written === 'percent' ? written : `${measureHead(measure).short} ${written}`}`;
}

const contexts = new Map<string, string | undefined>();

function setContext(key: string, value: string | undefined): void {
  if (contexts.get(key) === value && contexts.has(key)) return;
  contexts.set(key, value);
  void vscode.commands.executeCommand('setContext', key, value);
}
