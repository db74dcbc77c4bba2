import * as vscode from 'vscode';
import { headline } from '../../engine/model/headline.ts';
import { COMMANDS, isModelArgument } from '../commands/commandIds.ts';
import { translate } from '../translate.ts';
import type { ModelFinder } from './modelFinder.ts';
import type { SourceModel } from './sourceModel.ts';

/**
 * The model that a command means: the one its lens or link names, the only one of the document, or the one that the
 * person picks. Says so when there is none. @returns undefined when there is none or the person turned away
 */
export async function pickModel(finder: ModelFinder, argument: unknown): Promise<SourceModel | undefined> {
  if (isModelArgument(argument)) {
    const models = (await finder.modelsAt(vscode.Uri.parse(argument.uri))) ?? [];
    return (
      models.find(({ key }) => key === argument.key) ??
      offerSamples(vscode.l10n.t('This model is no longer in the file.'))
    );
  }
  const models = await modelsMeant(finder, argument);
  if (models.length > 1) return pickAmong(models);
  return models[0] ?? offerSamples(await explainNone(finder));
}

/** Menus of editors pass the address of their document. */
async function modelsMeant(finder: ModelFinder, argument: unknown): Promise<readonly SourceModel[]> {
  if (argument instanceof vscode.Uri) return (await finder.modelsAt(argument)) ?? [];
  return finder.currentModels();
}

async function explainNone(finder: ModelFinder): Promise<string> {
  const document = await finder.currentDocument();
  return document
    ? vscode.l10n.t('No recurrent network was found in {0}.', vscode.workspace.asRelativePath(document.uri))
    : vscode.l10n.t('Open a file that defines a recurrent network first.');
}

async function offerSamples(message: string): Promise<undefined> {
  const open = vscode.l10n.t('Open Samples');
  if ((await vscode.window.showInformationMessage(message, open)) === open)
    await vscode.commands.executeCommand(COMMANDS.openSamples);
  return undefined;
}

/** `line 12 · where cell == 'gru'` */
function placeText({ position, reading: { variant } }: SourceModel): string {
  const line = vscode.l10n.t('line {0}', position.line + 1);
  return variant ? `${line} · ${translate(variant)}` : line;
}

async function pickAmong(models: readonly SourceModel[]): Promise<SourceModel | undefined> {
  const cursor = vscode.window.activeTextEditor;
  const items = models.map(model => ({
    label: headline(model.reading.spec),
    description: placeText(model),
    detail: model.document.lineAt(model.position.line).text.trim(),
    model,
  }));
  // The model at the cursor, or the last one above it, comes first.
  const above = models.findLastIndex(
    ({ document, position }) => document === cursor?.document && position.isBeforeOrEqual(cursor.selection.active),
  );
  if (above > 0) items.unshift(...items.splice(above, 1));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Which model?'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
  return picked?.model;
}
