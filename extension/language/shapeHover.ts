import * as vscode from 'vscode';
import { COMMANDS, type ModelArgument } from '../commands/commandIds.ts';
import { type SourceModel, sourceModels } from '../models/sourceModel.ts';
import type { LiveNumbers } from '../runs/liveStatistics.ts';
import { translate } from '../translate.ts';
import { offsetIn, rangeIn } from './readableText.ts';
import type { DocumentReading, ReadingCache } from './readingCache.ts';
import type { SymbolReading, Value } from '../../engine/reader/reading.ts';
import { hoverText, symbolAt } from './hoverText.ts';
import { numbersText } from './numbersText.ts';
import { tileOf } from './tensorLink.ts';

/** The numbers of a model, if it is the one that the inspectors show; it answers at once or not at all. */
export type NumbersOf = (model: SourceModel) => Promise<LiveNumbers | undefined>;

/** Dtype, shape with named axes and meaning of the tensor, cell or state under the pointer. */
export class ShapeHover implements vscode.HoverProvider {
  readonly #readings: ReadingCache;
  readonly #numbers: NumbersOf;

  constructor(readings: ReadingCache, numbers: NumbersOf) {
    this.#readings = readings;
    this.#numbers = numbers;
  }

  async provideHover(
    document: vscode.TextDocument,
    position: vscode.Position,
    token: vscode.CancellationToken,
  ): Promise<vscode.Hover | undefined> {
    if (!vscode.workspace.getConfiguration('rnnExplorer', document).get<boolean>('hover.enabled', true))
      return undefined;
    const read = await this.#readings.read(document);
    if (!read || token.isCancellationRequested) return undefined;
    const offset = offsetIn(read.text, document, position);
    const symbol = offset === undefined ? undefined : symbolAt(read.reading.symbols, offset);
    if (!symbol) return undefined;
    const contents = new vscode.MarkdownString(hoverText(symbol, translate));
    const model = modelOf(read, symbol);
    if (model) contents.appendMarkdown(await this.#numbersText(model, symbol));
    const link = model && inspectorLink(model, symbol);
    if (link !== undefined) {
      contents.appendMarkdown(`\n\n${link}`);
      contents.isTrusted = { enabledCommands: [COMMANDS.openTensorInspector] };
    }
    return new vscode.Hover(contents, rangeIn(read.text, document, symbol.range));
  }

  /** What the tensor holds in the model that the inspectors show, behind a line. */
  async #numbersText(model: SourceModel, symbol: SymbolReading): Promise<string> {
    const found = await this.#numbers(model);
    const blocks = found ? numbersText(valueIn(symbol), model.reading.spec, found.statistics, translate) : [];
    if (found?.outdated && blocks.length > 0)
      blocks.push(vscode.l10n.t('The source has changed since these weights were made.'));
    return blocks.length === 0 ? '' : `\n\n---\n\n${blocks.join('\n\n')}`;
  }
}

/** The model that a symbol belongs to. */
function modelOf(read: DocumentReading, symbol: SymbolReading): SourceModel | undefined {
  const reading = symbol.model === undefined ? undefined : read.reading.models[symbol.model];
  return reading && sourceModels(read).find(each => each.reading === reading);
}

/** What a symbol is in its model. */
function valueIn({ value, model }: SymbolReading): Value {
  if (value.kind !== 'alternatives') return value;
  return (value.items.find(item => item.model === model) ?? value.items[0]!).value;
}

/** A link that opens the tensor in the inspector, or the inspector of its model. */
function inspectorLink(model: SourceModel, symbol: SymbolReading): string {
  const tensor = tileOf(valueIn(symbol), model.reading.spec);
  const argument: ModelArgument = {
    uri: model.uri.toString(),
    key: model.key,
    ...(tensor !== undefined && { tensor }),
  };
  const query = encodeURIComponent(JSON.stringify([argument]));
  return `[${vscode.l10n.t('Open in Tensor Inspector')}](command:${COMMANDS.openTensorInspector}?${query})`;
}
