import * as vscode from 'vscode';

/** Folder of the samples inside the extension. */
const SAMPLES = ['extension', 'samples'] as const;
const FOLDER_NAME = 'rnn-explorer-samples';
const FIRST_SAMPLE = 'mnist_lstm.py';
/** File to show once the window has come back with the folder of the samples. */
const PENDING = 'rnnExplorer.showAfterReload';

/**
 * Copies the samples that the extension brings into a folder that the person chooses, where they can be edited, and
 * opens it. Files that are there already stay as they are.
 */
export async function openSamples({ extensionUri, globalState }: vscode.ExtensionContext): Promise<void> {
  const [parent] =
    (await vscode.window.showOpenDialog({
      canSelectFiles: false,
      canSelectFolders: true,
      title: vscode.l10n.t('Where shall the folder “{0}” with the samples be put?', FOLDER_NAME),
      openLabel: vscode.l10n.t('Put Samples Here'),
    })) ?? [];
  if (!parent) return;
  const folder = vscode.Uri.joinPath(parent, FOLDER_NAME);
  const from = vscode.Uri.joinPath(extensionUri, ...SAMPLES);
  try {
    await copyMissing(from, folder);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    await vscode.window.showErrorMessage(vscode.l10n.t('The samples could not be copied: {0}', reason));
    return;
  }
  const first = vscode.Uri.joinPath(folder, FIRST_SAMPLE);
  if (await openFolder(folder, first)) await globalState.update(PENDING, first.toString());
}

/** Shows the first sample when this window was just opened on the samples. */
export async function showPendingSample({ globalState }: vscode.ExtensionContext): Promise<void> {
  const pending = globalState.get<string>(PENDING);
  if (pending === undefined) return;
  const uri = vscode.Uri.parse(pending);
  if (!vscode.workspace.getWorkspaceFolder(uri)) return;
  await globalState.update(PENDING, undefined);
  await vscode.window.showTextDocument(uri);
}

async function copyMissing(from: vscode.Uri, to: vscode.Uri): Promise<void> {
  await vscode.workspace.fs.createDirectory(to);
  for (const [name, type] of await vscode.workspace.fs.readDirectory(from)) {
    const [source, target] = [vscode.Uri.joinPath(from, name), vscode.Uri.joinPath(to, name)];
    if (type === vscode.FileType.Directory) await copyMissing(source, target);
    else if (!(await exists(target))) await vscode.workspace.fs.copy(source, target);
  }
}

async function exists(uri: vscode.Uri): Promise<boolean> {
  try {
    await vscode.workspace.fs.stat(uri);
    return true;
  } catch {
    return false;
  }
}

/** In this window when it is empty; a window in use gets the file, with the folder on offer. Says whether it reloads. */
async function openFolder(folder: vscode.Uri, file: vscode.Uri): Promise<boolean> {
  let anew = false;
  if (vscode.workspace.workspaceFolders) {
    await vscode.window.showTextDocument(file);
    const [inThis, inNew] = [vscode.l10n.t('Open Folder in This Window'), vscode.l10n.t('Open Folder in New Window')];
    const message = vscode.l10n.t('The samples are in {0}.', folder.fsPath);
    const answer = await vscode.window.showInformationMessage(message, inThis, inNew);
    if (answer === undefined) return false;
    anew = answer === inNew;
  }
  await vscode.commands.executeCommand('vscode.openFolder', folder, { forceNewWindow: anew, forceReuseWindow: !anew });
  return true;
}
