/** Which engine computes: our own in a thread, or TensorFlow in a process, as the setting says. */
import * as vscode from 'vscode';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { EngineError } from '../../engine/errors.ts';
import { phrase } from '../../engine/model/phrase.ts';
import { engineProcess, engineThread } from '../../engine/protocol/engineRunner.ts';
import type { EngineChoice } from './engineSession.ts';

/** Folder of the extension's storage into which tfjs-node is installed. */
export function tensorflowFolder(context: vscode.ExtensionContext): string {
  return vscode.Uri.joinPath(context.globalStorageUri, 'tensorflow').fsPath;
}

function isTensorflowInstalled(folder: string): boolean {
  return existsSync(join(folder, 'node_modules', '@tensorflow', 'tfjs-node', 'package.json'));
}

/** The engine of the setting `rnnExplorer.engine.backend`. */
export function engineOfSetting(context: vscode.ExtensionContext, log: vscode.LogOutputChannel): EngineChoice {
  const bundled = (name: string): string => vscode.Uri.joinPath(context.extensionUri, 'dist', name).fsPath;
  const settings = vscode.workspace.getConfiguration('rnnExplorer');
  if (settings.get('engine.backend') !== 'tensorflow') {
    const relaxed = settings.get<boolean>('engine.relaxed', false);
    return {
      id: `webassembly${relaxed ? ', relaxed' : ''}`,
      start: () => engineThread(bundled('engineWorker.js'), { relaxed }),
    };
  }
  const folder = tensorflowFolder(context);
  return {
    id: 'tensorflow',
    start: () => {
      if (!isTensorflowInstalled(folder))
        throw new EngineError(
          'missing-file',
          phrase(
            'TensorFlow is not installed. Run "RNN Explorer: Install TensorFlow", or set "rnnExplorer.engine.backend" to "auto".',
          ),
        );
      return engineProcess(bundled('tensorflowProcess.js'), folder, line => {
        log.info(`TensorFlow: ${line}`);
      });
    },
  };
}
