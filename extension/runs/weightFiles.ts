/** Weights in files of the person's: held against a model, shown as a table, and written out of a run. */
import * as vscode from 'vscode';
import { basename } from 'node:path';
import { readSafetensors, writeSafetensors } from '../../engine/formats/safetensors.ts';
import { modelParameters } from '../../engine/model/parameters.ts';
import type { ModelSpec } from '../../engine/model/spec.ts';
import type { WeightRow } from '../../engine/weights/matchWeights.ts';
import { translate } from '../translate.ts';
import type { EngineSession } from './engineSession.ts';

/** Weights of a file that fit a model. */
export interface LoadedWeights {
  /** `best.safetensors` */
  readonly label: string;
  readonly path: string;
  /** Milliseconds since 1970 when they were read. */
  readonly read: number;
  /** Safetensors by the framework's names. */
  readonly checkpoint: ArrayBuffer;
}

/**
 * Reads a file in the engine and holds it against the model; where something does not fit, shows what and why.
 * @returns undefined when not all weights were found. @throws EngineError naming what is wrong with the file
 */
export async function loadWeights(
  engine: EngineSession,
  spec: ModelSpec,
  path: string,
): Promise<LoadedWeights | undefined> {
  const label = basename(path);
  const { rows, checkpoint } = await vscode.window.withProgress(
    {
      location: vscode.ProgressLocation.Notification,
      title: vscode.l10n.t('Reading {0}', label),
      cancellable: true,
    },
    async (_progress, token) => {
      const abort = new AbortController();
      token.onCancellationRequested(() => {
        abort.abort();
      });
      return engine.request('weights', { path, spec }, { signal: abort.signal, timeout: Infinity });
    },
  );
  const fitting = rows.filter(({ verdict }) => verdict === 'fits').length;
  const needed = rows.filter(({ verdict }) => verdict !== 'surplus').length;
  const table = vscode.l10n.t('Show Table');
  const tell = (asked: Thenable<string | undefined>): void => {
    void asked.then(answer => {
      if (answer === table) void showTable(label, rows);
    });
  };
  if (!checkpoint) {
    const message = vscode.l10n.t(
      '{0} of {1} weights of the model are in {2}. Nothing was loaded.',
      fitting,
      needed,
      label,
    );
    tell(vscode.window.showErrorMessage(message, table));
    void showTable(label, rows);
    return undefined;
  }
  const message = vscode.l10n.t('All {0} weights of the model were found in {1}.', needed, label);
  tell(vscode.window.showInformationMessage(message, table));
  return { label, path, read: Date.now(), checkpoint };
}

const ICONS: Readonly<Record<WeightRow['verdict'], string>> = {
  fits: 'pass',
  refused: 'error',
  missing: 'circle-slash',
  surplus: 'circle-outline',
};

/** A table that can be searched by name: what matched, what did not and why. */
async function showTable(label: string, rows: readonly WeightRow[]): Promise<void> {
  const items = rows.map(({ name, expected, found, from, verdict, reason }): vscode.QuickPickItem => ({
    label: `$(${ICONS[verdict]}) ${name}`,
    description:
      expected === undefined || found === undefined || expected === found
        ? (expected ?? found ?? '')
        : `${expected} ≠ ${found}`,
    detail: [
      ...(from === undefined ? [] : [vscode.l10n.t('in the file: {0}', from)]),
      ...(reason ? [translate(reason)] : []),
    ].join(' · '),
  }));
  await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Weights in {0}', label),
    placeHolder: vscode.l10n.t('What matches the model, what does not, and why'),
    matchOnDescription: true,
    matchOnDetail: true,
  });
}

/** The weights of a checkpoint by their framework's names, without the optimizer's part. */
export function weightsOf(spec: ModelSpec, checkpoint: ArrayBuffer): ArrayBuffer {
  const { tensors } = readSafetensors(new Uint8Array(checkpoint), 'checkpoint');
  return writeSafetensors(modelParameters(spec).map(({ name }) => tensors.get(name)!));
}
