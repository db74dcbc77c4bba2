import * as vscode from 'vscode';
import { readiness } from '../../engine/data/dataSizes.ts';
import { headline } from '../../engine/model/headline.ts';
import { parameterCount } from '../../engine/model/parameters.ts';
import { COMMANDS, type ModelArgument } from '../commands/commandIds.ts';
import type { LastResult, LastResults } from '../models/lastResults.ts';
import type { SizeChoice } from '../models/sizeChoice.ts';
import { type SourceModel, sourceModels } from '../models/sourceModel.ts';
import { formatCount, formatMeasure, measureHead, translate } from '../translate.ts';
import type { ReadingCache } from './readingCache.ts';

/** `▶ Train Model | Inspect | LSTM 3×150 · 470,110 parameters` above every model. */
export class ModelLenses implements vscode.CodeLensProvider {
  readonly #readings: ReadingCache;
  readonly #results: LastResults;
  readonly #sizes: SizeChoice;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeCodeLenses = this.#changed.event;

  constructor(readings: ReadingCache, results: LastResults, sizes: SizeChoice) {
    this.#readings = readings;
    this.#results = results;
    this.#sizes = sizes;
  }

  /** A run has ended or a setting has changed. */
  refresh(): void {
    this.#changed.fire();
  }

  async provideCodeLenses(document: vscode.TextDocument, token: vscode.CancellationToken): Promise<vscode.CodeLens[]> {
    if (!vscode.workspace.getConfiguration('rnnExplorer', document).get<boolean>('codeLens.enabled', true)) return [];
    const read = await this.#readings.read(document);
    if (!read || token.isCancellationRequested) return [];
    return sourceModels(read)
      .filter(model => model.document === document)
      .flatMap(model => this.#lenses(model));
  }

  #lenses(model: SourceModel): vscode.CodeLens[] {
    const range = new vscode.Range(model.position, model.position);
    const argument: ModelArgument = { uri: model.uri.toString(), key: model.key };
    return this.#titles(model, argument).map(command => new vscode.CodeLens(range, command));
  }

  #titles(source: SourceModel, argument: ModelArgument): vscode.Command[] {
    const model = this.#sizes.known(source);
    const { spec, open, variant } = model.reading;
    const commands: vscode.Command[] = [
      {
        title: vscode.l10n.t('▶ Train Model'),
        tooltip: vscode.l10n.t('Train this model here, with the settings of the source'),
        command: COMMANDS.trainModel,
        arguments: [argument],
      },
      {
        title: vscode.l10n.t('Inspect'),
        tooltip: vscode.l10n.t('Look into its gates and states without training, on seeded weights'),
        command: COMMANDS.inspectModel,
        arguments: [argument],
      },
      { title: sizeTitle(model), command: '' },
    ];
    if (variant) commands.push({ title: translate(variant), command: '' });
    const result = this.#results.of(model.key);
    if (result) commands.push(resultCommand(result, result.hash !== model.hash));
    const { obstacles, ofTheData, ofThePerson } = readiness(spec, open);
    const given = this.#sizes.given(source);
    const [missing, ...more] = obstacles;
    if (missing) {
      const rest = more.length > 0 ? vscode.l10n.t(' (and {0} more)', more.length) : '';
      commands.push({
        title: `$(warning) ${translate(missing)}${rest}`,
        tooltip: [missing, ...more].map(translate).join('\n'),
        command: '',
      });
      return commands;
    }
    if (ofThePerson.length > 0 || given.length > 0)
      commands.push({
        title:
          ofThePerson.length > 0
            ? vscode.l10n.t('size to be given: {0}', ofThePerson.join(', '))
            : given.map(([name, value]) => `${name} = ${value}`).join(', '),
        tooltip: vscode.l10n.t('The code leaves this size open; it is asked for once, and remembered'),
        command: COMMANDS.chooseSizes,
        arguments: [argument],
      });
    if (ofTheData.length > 0)
      commands.push({
        title: vscode.l10n.t('size of the data: {0}', ofTheData.join(', ')),
        tooltip: vscode.l10n.t('The code takes this size from its data; it is known once the data is chosen'),
        command: COMMANDS.chooseData,
        arguments: [argument],
      });
    return commands;
  }
}

/** `LSTM 3×150 · 470,110 parameters` */
function sizeTitle({ reading: { spec } }: SourceModel): string {
  const count = parameterCount(spec);
  const title = headline(spec);
  return count === undefined ? title : `${title} · ${vscode.l10n.t('{0} parameters', formatCount(count))}`;
}

function resultCommand({ run, measure, value }: LastResult, changed: boolean): vscode.Command {
  const [written, name] = [formatMeasure(measure, value), measureHead(measure).short];
  return {
    title: changed
      ? vscode.l10n.t('{0} test {1} before the last edit', written, name)
      : vscode.l10n.t('{0} test {1}', written, name),
    tooltip: vscode.l10n.t('Show the last run of this model'),
    command: COMMANDS.showRun,
    arguments: [run],
  };
}
