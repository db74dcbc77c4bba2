import * as vscode from 'vscode';
import { EngineClient } from '../../engine/protocol/client.ts';
import { engineProcess } from '../../engine/protocol/engineRunner.ts';
import { tensorflowFolder } from '../runs/engineChoice.ts';
import { npmInstall } from '../runs/npmInstall.ts';

/** The last release that hands out TensorFlow 2.15's fused LSTM with every gate. */
const PACKAGE = '@tensorflow/tfjs-node@4.22.0';

/**
 * Installs tfjs-node into the extension's storage, with progress and cancel, starts it once to see that it works, and
 * offers to use it. @throws EngineError with npm's or TensorFlow's reason
 */
export async function installTensorflow(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): Promise<void> {
  const folder = tensorflowFolder(context);
  await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Installing TensorFlow'),
      cancellable: true,
    },
    async (progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      progress.report({ message: vscode.l10n.t('npm downloads some 600 MB…') });
      await npmInstall({
        folder,
        packages: [PACKAGE],
        signal: abort.signal,
        line: text => {
          log.info(`npm: ${text}`);
          progress.report({ message: text.slice(0, 80) });
        },
        tryOut: async fresh => {
          progress.report({ message: vscode.l10n.t('starting TensorFlow…') });
          await tryOut(context, fresh, log);
        },
      });
    },
  );
  const use = vscode.l10n.t('Train with TensorFlow');
  const answer = await vscode.window.showInformationMessage(vscode.l10n.t('TensorFlow is installed.'), use);
  if (answer !== use) return;
  const settings = vscode.workspace.getConfiguration('rnnExplorer');
  await settings.update('engine.backend', 'tensorflow', vscode.ConfigurationTarget.Global);
}

/** Starts the engine once and ends it. @throws EngineError when it does not start */
async function tryOut(context: vscode.ExtensionContext, folder: string, log: vscode.LogOutputChannel): Promise<void> {
  const file = vscode.Uri.joinPath(context.extensionUri, 'dist', 'tensorflowProcess.js').fsPath;
  const client = new EngineClient(
    engineProcess(file, folder, line => {
      log.info(`TensorFlow: ${line}`);
    }),
  );
  try {
    await client.ready;
  } finally {
    await client.kill();
  }
}
