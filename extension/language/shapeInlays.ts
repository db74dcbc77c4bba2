import * as vscode from 'vscode';
import { describeAll, describeValue, shapeText, valuesOf } from '../../engine/reader/describe.ts';
import type { SymbolReading } from '../../engine/reader/reading.ts';
import { translate } from '../translate.ts';
import { rangeIn } from './readableText.ts';
import type { ReadingCache } from './readingCache.ts';
import { isDefinition } from './definition.ts';

/** Longer hints push the code out of sight; the hover has them. */
const LONGEST = 60;

/** Shapes behind the names where a program defines them: `outputs: [batch, 28 steps, 150]`. */
export class ShapeInlays implements vscode.InlayHintsProvider {
  readonly #readings: ReadingCache;
  readonly #changed = new vscode.EventEmitter<void>();
  readonly onDidChangeInlayHints = this.#changed.event;

  constructor(readings: ReadingCache) {
    this.#readings = readings;
  }

  /** The setting has changed. */
  refresh(): void {
    this.#changed.fire();
  }

  async provideInlayHints(
    document: vscode.TextDocument,
    shown: vscode.Range,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlayHint[]> {
    if (!vscode.workspace.getConfiguration('rnnExplorer', document).get<boolean>('inlayHints.enabled', false))
      return [];
    const read = await this.#readings.read(document);
    if (!read || token.isCancellationRequested) return [];
    const { text } = read.text;
    return read.reading.symbols.flatMap((symbol): vscode.InlayHint[] => {
      const label = labelOf(symbol);
      if (label === undefined || !isDefinition(text, symbol.range)) return [];
      const place = rangeIn(read.text, document, symbol.range)?.end;
      return place && shown.contains(place) ? [hint(place, label, symbol)] : [];
    });
  }
}

function labelOf({ value: all }: SymbolReading): string | undefined {
  const labels = valuesOf(all).map(value => {
    // A scalar has no shape to tell.
    if (value.kind === 'layer' || (value.kind === 'tensor' && value.axes.length === 0)) return undefined;
    const { meaning: _said, ...shape } = value;
    return value.kind === 'tensor' ? shapeText(value.axes) : describeValue(shape);
  });
  if (labels.includes(undefined)) return undefined;
  const label = [...new Set(labels)].join(' | ');
  return label.length > LONGEST ? undefined : label;
}

function hint(place: vscode.Position, label: string, { value }: SymbolReading): vscode.InlayHint {
  const made = new vscode.InlayHint(place, `: ${label}`, vscode.InlayHintKind.Type);
  made.tooltip = describeAll(value, translate).join('\n');
  return made;
}
