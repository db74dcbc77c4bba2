import * as vscode from 'vscode';
import { EngineError } from '../engine/errors.ts';
import type { Phrase } from '../engine/model/phrase.ts';

/** A phrase of the engine in the person's language. */
export function translate(phrase: Phrase): string {
  return vscode.l10n.t(phrase.text, ...(phrase.args ?? []));
}

/** The sentence that tells a person about an error. */
export function describeError(error: unknown): string {
  if (error instanceof EngineError) return translate(error.phrase);
  return error instanceof Error ? error.message : String(error);
}

/** `470,110` in the way of the person's language. */
export function formatCount(count: number): string {
  return new Intl.NumberFormat(vscode.env.language).format(count);
}

/** `98.4 %` from 0.984. */
export function formatPercent(share: number, digits = 1): string {
  return new Intl.NumberFormat(vscode.env.language, {
    style: 'percent',
    minimumFractionDigits: digits,
    maximumFractionDigits: digits,
  }).format(share);
}
