import * as vscode from 'vscode';

/** The column of our panels: beside the code, and one for all of them, since three columns leave nobody enough room. */
export function panelColumn(): vscode.ViewColumn {
  const group = vscode.window.tabGroups.all.find(({ tabs }) => tabs.some(({ input }) => isOurs(input)));
  return group?.viewColumn ?? vscode.ViewColumn.Beside;
}

/** VS Code puts a prefix before the view type of a panel. */
function isOurs(input: unknown): boolean {
  return input instanceof vscode.TabInputWebview && input.viewType.includes('rnnExplorer.');
}
