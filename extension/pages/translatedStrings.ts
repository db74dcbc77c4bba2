import * as vscode from 'vscode';
import { PAGE_STRINGS } from '../../engine/protocol/pageStrings.ts';
import type { Strings } from '../../engine/protocol/pages.ts';

let strings: Strings | undefined;

/** The texts of the pages in the person's language; placeholders stay, since the pages fill them. */
export function pageStrings(): Strings {
  strings ??= Object.fromEntries(Object.entries(PAGE_STRINGS).map(([key, english]) => [key, vscode.l10n.t(english)]));
  return strings;
}
