/**
 * A sentence for people that has not been put into a language yet: an English template with `{0}`, `{1}` … and what
 * stands in them. The host translates it by its template (`vscode.l10n.t(text, ...args)`); the command line formats it
 * as it is.
 */
export interface Phrase {
  readonly text: string;
  readonly args?: readonly (string | number)[];
}

/** Makes a phrase: `phrase('h of layer {0} at the last step', 3)`. */
export function phrase(text: string, ...args: (string | number)[]): Phrase {
  return args.length > 0 ? { text, args } : { text };
}

/** The phrase in English. */
export function formatPhrase({ text, args = [] }: Phrase): string {
  return text.replace(/\{(\d+)\}/g, (whole, index: string) => {
    const argument = args[Number(index)];
    return argument === undefined ? whole : String(argument);
  });
}
