/** Which data a model is trained on: what its source names, what the person chose for it, or what the person picks now. */
import * as vscode from 'vscode';
import { fittingSources, sourceFor } from '../../engine/data/sources.ts';
import type { DataBinding, DataSource } from '../../engine/data/source.ts';
import type { ModelSpec } from '../../engine/model/spec.ts';
import { translate } from '../translate.ts';
import type { SourceModel } from './sourceModel.ts';

const KEY = 'rnnExplorer.data';

export class DataChoice {
  readonly #memory: vscode.Memento;

  constructor(memory: vscode.Memento) {
    this.#memory = memory;
  }

  /** The data without asking; undefined when only the person can know. */
  known({ key, reading: { spec } }: SourceModel): DataBinding | undefined {
    const chosen = this.#memory.get<Readonly<Record<string, DataBinding>>>(KEY, {})[key];
    if (chosen && fittingSources(spec).some(({ id }) => id === chosen.source)) return chosen;
    const named = sourceFor(spec);
    return named && { source: named.id };
  }

  /** The data of a model, asking where needed. @returns undefined when the person turned away */
  async of(model: SourceModel): Promise<DataBinding | undefined> {
    return this.known(model) ?? this.choose(model);
  }

  /** Lets the person pick among the sources that fit the model's shape, and remembers the answer for this model. */
  async choose(model: SourceModel): Promise<DataBinding | undefined> {
    const current = this.known(model)?.source;
    const picked = await pickSource(model.reading.spec, current);
    if (!picked) return undefined;
    const binding: DataBinding = { source: picked.id };
    await this.remember(model.key, binding);
    return binding;
  }

  /** @param modelKey `SourceModel.key` */
  async remember(modelKey: string, binding: DataBinding): Promise<void> {
    const all = this.#memory.get<Readonly<Record<string, DataBinding>>>(KEY, {});
    await this.#memory.update(KEY, { ...all, [modelKey]: binding });
  }
}

async function pickSource(spec: ModelSpec, current: string | undefined): Promise<DataSource | undefined> {
  const fitting = fittingSources(spec);
  if (fitting.length === 0) {
    await vscode.window.showWarningMessage(vscode.l10n.t('None of the built-in data fits the inputs of this model.'));
    return undefined;
  }
  const named = spec.data?.source;
  const items = fitting.map(source => ({
    label: translate(source.title),
    description: source.id === current ? vscode.l10n.t('in use') : '',
    detail: translate(source.description),
    source,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Data to train on'),
    placeHolder:
      named === undefined
        ? vscode.l10n.t('The code does not say which data it is; these fit the shape of the model')
        : vscode.l10n.t('“{0}” cannot be read here; these fit the shape of the model', named),
    matchOnDetail: true,
  });
  return picked?.source;
}
