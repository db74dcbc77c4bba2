/** What is asked and told about runs in dialogs and notifications. */
import * as vscode from 'vscode';
import { translate } from '../translate.ts';
import type { ConflictAnswer } from './runService.ts';
import type { RunState } from './runState.ts';

/** Asks what to do with a new run while another goes on. */
export async function askConflict(going: RunState): Promise<ConflictAnswer | undefined> {
  const wait = vscode.l10n.t('Wait for It');
  const stop = vscode.l10n.t('Stop It and Start');
  const { model } = going.head();
  const answer = await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} in {1} is being trained. Stop it, or wait until it is done?', model.headline, model.source),
    { modal: true, detail: vscode.l10n.t('One run goes on at a time. What was learned so far is kept either way.') },
    wait,
    stop,
  );
  if (answer === stop) return 'stop';
  return answer === wait ? 'wait' : undefined;
}

/** Says that a run waits for its turn. @returns whether the person takes it back */
export async function tellWaiting(going: RunState): Promise<boolean> {
  const takeBack = vscode.l10n.t('Do Not Train');
  const { model } = going.head();
  const message = vscode.l10n.t('Training starts by itself when {0} in {1} is done.', model.headline, model.source);
  return (await vscode.window.showInformationMessage(message, takeBack)) === takeBack;
}

/** Says once that a run cannot be stored; it goes on all the same. */
export async function tellUnwritten(reason: string): Promise<void> {
  await vscode.window.showWarningMessage(vscode.l10n.t('Training goes on, but the run cannot be stored: {0}', reason));
}

/** Says that a run goes on with other data than it began with. */
export async function tellChangedData(path: string): Promise<void> {
  await vscode.window.showWarningMessage(
    vscode.l10n.t('{0} has changed since the run was started: it goes on with other data.', path),
  );
}

/** What a person can do about a run that has ended. */
export interface EndActions {
  showGates(run: RunState): void;
  showRun(run: RunState): void;
  resume(run: RunState): void;
  startAgain(run: RunState): void;
}

/** Tells how a run has ended, with what can be done next. */
export async function tellEnd(run: RunState, actions: EndActions): Promise<void> {
  const { model, reason, resumable } = run.head();
  switch (run.record.status) {
    case 'finished': {
      const look = vscode.l10n.t('Look into the Gates');
      if ((await vscode.window.showInformationMessage(finishedMessage(run, model.headline), look)) === look)
        actions.showGates(run);
      break;
    }
    case 'diverged': {
      const show = vscode.l10n.t('Show Curve');
      const message = vscode.l10n.t('Training of {0} was ended: {1}', model.headline, reason ?? '');
      if ((await vscode.window.showErrorMessage(message, show)) === show) actions.showRun(run);
      break;
    }
    case 'failed': {
      const again = resumable ? vscode.l10n.t('Resume from Last Checkpoint') : vscode.l10n.t('Start Again');
      const message = vscode.l10n.t('Training of {0} failed: {1}', model.headline, reason ?? '');
      if ((await vscode.window.showErrorMessage(message, again)) !== again) break;
      if (resumable) actions.resume(run);
      else actions.startAgain(run);
      break;
    }
    case 'stopped':
    case 'interrupted':
    case 'paused':
    case 'running':
      break; // the person did that
  }
}

function finishedMessage(run: RunState, headline: string): string {
  const line = run.curves.lines.at(-1);
  return line === undefined
    ? vscode.l10n.t('{0} is trained.', headline)
    : vscode.l10n.t('{0} is trained. {1}', headline, line);
}

/** Explains why a model cannot be trained, before anything starts. */
export async function explainUnsupported(
  headline: string,
  reasons: readonly { readonly text: string; readonly args?: readonly (string | number)[] }[],
): Promise<void> {
  const [first, ...more] = reasons.map(translate);
  const message = vscode.l10n.t('{0} cannot be trained here yet. {1}', headline, first ?? '');
  await vscode.window.showWarningMessage([message, ...more].join(' '));
}
