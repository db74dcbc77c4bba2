import * as vscode from 'vscode';
import { COMMANDS, type ModelArgument } from '../commands/commandIds.ts';
import { sourceModels } from '../models/sourceModel.ts';
import { translate } from '../translate.ts';
import { offsetIn, rangeIn } from './readableText.ts';
import type { DocumentReading, ReadingCache } from './readingCache.ts';
import type { SymbolReading } from '../../engine/reader/reading.ts';
import { hoverText, symbolAt } from './hoverText.ts';
import { tileOf } from './tensorLink.ts';

/** Dtype, shape with named axes and meaning of the tensor, cell or state under the pointer. */
export class ShapeHover implements vscode.HoverProvider {
  readonly #readings: ReadingCache;

  constructor(readings: ReadingCache) {
    this.#readings = readings;
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
    const link = inspectorLink(read, symbol);
    if (link !== undefined) {
      contents.appendMarkdown(`\n\n${link}`);
      contents.isTrusted = { enabledCommands: [COMMANDS.openTensorInspector] };
    }
    return new vscode.Hover(contents, rangeIn(read.text, document, symbol.range));
  }
}

/** A link that opens the tensor in the inspector, or the inspector of its model; undefined for what belongs to none. */
function inspectorLink(read: DocumentReading, symbol: SymbolReading): string | undefined {
  if (symbol.model === undefined) return undefined;
  const reading = read.reading.models[symbol.model];
  const model = sourceModels(read).find(each => each.reading === reading);
  if (!model) return undefined;
  const tensor = tileOf(symbol.value, model.reading.spec);
  const argument: ModelArgument = {
    uri: model.uri.toString(),
    key: model.key,
    ...(tensor !== undefined && { tensor }),
  };
  const query = encodeURIComponent(JSON.stringify([argument]));
  return `[${vscode.l10n.t('Open in Tensor Inspector')}](command:${COMMANDS.openTensorInspector}?${query})`;
}
