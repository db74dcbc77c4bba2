import * as vscode from 'vscode';
import type { RunStatus } from '../../engine/runs/format.ts';
import { formatMeasure, measureHead } from '../translate.ts';
import type { RunState } from './runState.ts';

/** What the list can do with a run. */
export interface RunListActions {
  show(run: RunState): void;
  resume(run: RunState): void;
  remove(run: RunState): Promise<void>;
}

const ICONS: Readonly<Record<RunStatus, string>> = {
  running: 'sync~spin',
  paused: 'debug-pause',
  finished: 'pass',
  stopped: 'debug-stop',
  interrupted: 'debug-disconnect',
  failed: 'error',
  diverged: 'warning',
};

interface RunItem extends vscode.QuickPickItem {
  readonly run: RunState;
}

/** Lets the person pick a stored run to show, go on with one, or delete some. */
export async function pickRun(list: () => Promise<readonly RunState[]>, actions: RunListActions): Promise<void> {
  const runs = await list();
  if (runs.length === 0) {
    await vscode.window.showInformationMessage(vscode.l10n.t('No model was trained in this workspace yet.'));
    return;
  }
  const picker = vscode.window.createQuickPick<RunItem>();
  const resume = {
    iconPath: new vscode.ThemeIcon('debug-continue'),
    tooltip: vscode.l10n.t('Resume from last checkpoint'),
  };
  const remove = { iconPath: new vscode.ThemeIcon('trash'), tooltip: vscode.l10n.t('Delete this run') };
  const describe = (run: RunState): RunItem => {
    const head = run.head();
    const buttons = [...(head.resumable ? [resume] : []), ...(run.alive ? [] : [remove])];
    const label = `$(${ICONS[head.status]}) ${head.model.headline}`;
    return { label, description: head.title, detail: detailOf(run), buttons, run };
  };
  picker.title = vscode.l10n.t('Runs of this workspace');
  picker.placeholder = vscode.l10n.t('Pick a run to see its curves and gates');
  picker.matchOnDescription = true;
  picker.items = runs.map(describe);
  picker.onDidTriggerItemButton(async ({ item, button }) => {
    if (button === resume) {
      picker.hide();
      actions.resume(item.run);
      return;
    }
    await actions.remove(item.run);
    const left = await list();
    picker.items = left.map(describe);
    if (left.length === 0) picker.hide();
  });
  picker.onDidAccept(() => {
    const [picked] = picker.selectedItems;
    picker.hide();
    if (picked) actions.show(picked.run);
  });
  picker.onDidHide(() => {
    picker.dispose();
  });
  picker.show();
}

function detailOf(run: RunState): string {
  const { settings, measure } = run.record;
  const { tested } = run.curves;
  const parts = [
    vscode.l10n.t('{0} epochs, batch {1}, seed {2}', settings.epochs, settings.batchSize, settings.seed),
    ...(tested === undefined
      ? []
      : [vscode.l10n.t('{0} test {1}', formatMeasure(measure, tested), measureHead(measure).short)]),
    ...(run.head().sourceChanged ? [vscode.l10n.t('source changed since')] : []),
  ];
  return parts.join(' · ');
}
