import * as vscode from 'vscode';
import { EngineError } from '../engine/errors.ts';
import { MEASURES, type MeasureId } from '../engine/model/measures.ts';
import type { Phrase } from '../engine/model/phrase.ts';
import type { MeasureHead } from '../engine/protocol/pages.ts';

/** A phrase of the engine in the person's language. */
export function translate(phrase: Phrase): string {
  return vscode.l10n.t(phrase.text, ...(phrase.args ?? []));
}

/** The sentence that tells a person about an error. */
export function describeError(error: unknown): string {
  if (error instanceof EngineError) return translate(error.phrase);
  return error instanceof Error ? error.message : String(error);
}

/** A measure with its names in the person's language. */
export function measureHead(id: MeasureId): MeasureHead {
  return { id, title: translate(MEASURES[id].title), short: translate(MEASURES[id].short) };
}

/** A value of a measure: `98.4 %`, `0.0417`. */
export function formatMeasure(id: MeasureId, value: number): string {
  return MEASURES[id].written === 'percent' ? formatPercent(value) : formatNumber(value);
}

/** Four significant digits in the way of the person's language. */
function formatNumber(value: number): string {
  return new Intl.NumberFormat(vscode.env.language, { maximumSignificantDigits: 4 }).format(value);
}

/** `470,110` in the way of the person's language. */
export function formatCount(count: number): string {
  return new Intl.NumberFormat(vscode.env.language).format(count);
}

/** `98.4 %` from 0.984. */
function formatPercent(share: number, digits = 1): string {
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}
