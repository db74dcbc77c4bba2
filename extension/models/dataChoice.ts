/** Which data a model is trained on: what its source names, what the person chose for it, or what the person picks now. */
import * as vscode from 'vscode';
import { dirname } from 'node:path';
import type { FileChoices, FileData } from '../../engine/data/fileData.ts';
import { fileOf, ownFile } from '../../engine/data/ownFile.ts';
import { bindingOf, dataSource, fittingSources, sourceFor } from '../../engine/data/sources.ts';
import { DEFAULT_SEED, type DataBinding, type DataSource } from '../../engine/data/source.ts';
import { askForFile } from '../pages/dataPanel.ts';
import { translate } from '../translate.ts';
import type { SourceModel } from './sourceModel.ts';

const KEY = 'rnnExplorer.data';

/** Shows a file and asks what of it is fed; undefined when the person turned away. */
export type AskAboutFile = (model: SourceModel, path: string, choices: FileChoices) => Promise<FileData | undefined>;

/** What would be fed of a file, without asking; undefined where it does not fit or cannot be read. */
export type LookIntoFile = AskAboutFile;

export class DataChoice {
  readonly #memory: vscode.Memento;
  readonly #look: LookIntoFile;
  readonly #ask: AskAboutFile;

  constructor(memory: vscode.Memento, look: LookIntoFile, ask: AskAboutFile) {
    this.#memory = memory;
    this.#look = look;
    this.#ask = ask;
  }

  /** The data without asking; undefined when only the person can know. */
  known({ key, reading: { spec } }: SourceModel): DataBinding | undefined {
    const chosen = this.#memory.get<Readonly<Record<string, DataBinding>>>(KEY, {})[key];
    if (chosen?.file && ownFile.fits(spec) === true) return chosen;
    const source = fittingSources(spec).find(({ id }) => id === chosen?.source);
    if (source) return { ...bindingOf(source, spec), ...chosen };
    const named = sourceFor(spec);
    return named && bindingOf(named, spec);
  }

  /** The data of a model, asking where needed. @returns undefined when the person turned away */
  async of(model: SourceModel): Promise<DataBinding | undefined> {
    const known = this.known(model);
    if (known) return known;
    const path = namedFile(model);
    // What code names is read where the code is trusted; elsewhere the person must choose it.
    if (path !== undefined && vscode.workspace.isTrusted && (await isInWorkspace(path))) {
      const { fed } = model.reading.spec.data ?? {};
      // A comment that also says what is fed leaves nothing to ask, as long as it fits.
      const file = fed && (await this.#look(model, path, fed));
      return file ? { source: ownFile.id, file } : this.#askAbout(model, path, fed ?? {});
    }
    return this.choose(model);
  }

  /** Lets the person pick among the sources that fit the model's shape and files, and remembers the answer. */
  async choose(model: SourceModel): Promise<DataBinding | undefined> {
    const current = this.known(model);
    const picked = await pick(model, current);
    if (!picked) return undefined;
    if (picked.file !== undefined) return this.#askAbout(model, picked.file, picked.choices);
    if (picked.source.id === ownFile.id) {
      const file = await askForFile(vscode.l10n.t('Data to train on'), folderOf(model));
      return file && this.#askAbout(model, file.fsPath, {});
    }
    await this.remember(model.key, { source: picked.source.id });
    return bindingOf(picked.source, model.reading.spec);
  }

  /** Generated data drawn from another seed, which is remembered; null: from that of the program. Other data stays. */
  async drawnFrom(seed: number | null, binding: DataBinding, { key, reading: { spec } }: SourceModel): Promise<DataBinding> {
    const source = dataSource(binding.source);
    const own = bindingOf(source, spec);
    if (!source.seeded || seed === (binding.seed ?? DEFAULT_SEED)) return binding;
    const drawn = seed === null || seed === (own.seed ?? DEFAULT_SEED) ? own : { ...own, seed };
    await this.remember(key, drawn === own ? { source: source.id } : drawn);
    return drawn;
  } // prettier-ignore

  /** @param modelKey `SourceModel.key` */
  async remember(modelKey: string, binding: DataBinding): Promise<void> {
    const all = this.#memory.get<Readonly<Record<string, DataBinding>>>(KEY, {});
    await this.#memory.update(KEY, { ...all, [modelKey]: binding });
  }

  async #askAbout(model: SourceModel, path: string, choices: FileChoices): Promise<DataBinding | undefined> {
    const file = await this.#ask(model, path, choices);
    if (!file) return undefined;
    const binding: DataBinding = { source: ownFile.id, file };
    await this.remember(model.key, binding);
    return binding;
  }
}

/** What was picked: a source, or a file with what was chosen of it before. */
type Picked =
  { readonly source: DataSource; readonly file?: undefined } | { readonly file: string; readonly choices: FileChoices };

async function pick(model: SourceModel, current: DataBinding | undefined): Promise<Picked | undefined> {
  const { spec } = model.reading;
  const fits = ownFile.fits(spec);
  const items: (vscode.QuickPickItem & { readonly choice: Picked })[] = [];
  const inUse = vscode.l10n.t('in use');
  if (current?.file)
    items.push({
      label: `$(file) ${baseName(current.file.path)}`,
      description: inUse,
      detail: vscode.l10n.t('Change what of it is fed'),
      choice: { file: current.file.path, choices: choicesOf(current.file) },
    });
  const named = namedFile(model);
  if (named !== undefined && named !== current?.file?.path && fits === true)
    items.push({
      label: `$(file) ${baseName(named)}`,
      detail: vscode.l10n.t('The file that the code names: {0}', named),
      choice: { file: named, choices: spec.data?.fed ?? {} },
    });
  for (const source of fittingSources(spec))
    items.push({
      label: translate(source.title),
      description: source.id === current?.source ? inUse : '',
      detail: translate(source.description),
      choice: { source },
    });
  if (fits === true)
    items.push({
      label: `$(folder-opened) ${translate(ownFile.title)}`,
      detail: translate(ownFile.description),
      choice: { source: ownFile },
    });
  if (items.length === 0) {
    await vscode.window.showWarningMessage(
      vscode.l10n.t('No data fits the inputs of this model: {0}', fits === true ? '' : translate(fits)),
    );
    return undefined;
  }
  const expression = spec.data?.source;
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('Data to train on'),
    placeHolder:
      expression === undefined || named !== undefined
        ? vscode.l10n.t('What fits the shape of the model, or a file of your own')
        : vscode.l10n.t('“{0}” cannot be read here; these fit the shape of the model', expression),
    matchOnDetail: true,
  });
  return picked?.choice;
}

/** The file that the model's code or comment names; only documents on disk have files beside them. */
function namedFile({ uri, reading: { spec } }: SourceModel): string | undefined {
  return uri.scheme === 'file' ? fileOf(spec, dirname(uri.fsPath)) : undefined;
}

async function isInWorkspace(path: string): Promise<boolean> {
  const uri = vscode.Uri.file(path);
  if (!vscode.workspace.getWorkspaceFolder(uri)) return false;
  return vscode.workspace.fs.stat(uri).then(
    () => true,
    () => false,
  );
}

function folderOf({ uri }: SourceModel): vscode.Uri | undefined {
  return uri.scheme === 'file' ? vscode.Uri.joinPath(uri, '..') : undefined;
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}

/** What was chosen, to start from when it is changed. */
function choicesOf({ arrangement, dialect, encoding, targetsPath, validation, test }: FileData): FileChoices {
  const { kind } = arrangement;
  const written = {
    ...(dialect && { header: dialect.header, delimiter: dialect.delimiter }),
    ...((encoding ?? dialect?.encoding) && { encoding: encoding ?? dialect!.encoding! }),
    ...(targetsPath !== undefined && { targetsPath }),
    ...{ validation, test, arrangement: kind },
  };
  switch (kind) {
    case 'windows': {
      const { inputs, targets, window, horizon, stride, scaling } = arrangement;
      return { ...written, inputs, targets, window, horizon, stride, scaling };
    }
    case 'rows':
      return { ...written, inputs: arrangement.inputs, targets: arrangement.targets, scaling: arrangement.scaling };
    case 'arrays':
      return { ...written, scaling: arrangement.scaling };
    case 'characters':
      return { ...written, window: arrangement.window, stride: arrangement.stride };
    case 'lines':
      return { ...written, window: arrangement.longest };
  }
}
