/** The strings of the page in the person's language, as the host sent them. */
import { formatPhrase } from '../engine/model/phrase.ts';
import { PAGE_STRINGS, type PageString } from '../engine/protocol/pageStrings.ts';
import type { Strings } from '../engine/protocol/pages.ts';

let translated: Strings = {};

/** Takes the host's strings; English stands in for what is missing. */
export function useStrings(strings: Strings): void {
  translated = strings;
}

/** The sentence of a key with its arguments in place. */
export function text(key: PageString, ...args: (string | number)[]): string {
  return formatPhrase({ text: translated[key] ?? PAGE_STRINGS[key], args });
}
