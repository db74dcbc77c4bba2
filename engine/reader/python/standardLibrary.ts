/** Calls of Python's standard library that tell sizes: the defaults of a command line are what a program runs with. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { itemsOf, typicalItem } from '../items.ts';
import { many } from '../sharedBuiltins.ts';
import { type Abstract, boolean, list, NONE, string, tuple, unknown } from '../values.ts';

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const LETTERS = LOWER + LOWER.toUpperCase();
const PUNCTUATION = '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~';
const WHITESPACE = ' \t\n\r\v\f';

/** Texts of Python's `string`, of whose characters programs make their alphabets. */
export const CONSTANTS: ReadonlyMap<string, Abstract> = new Map([
  ['string.ascii_lowercase', string(LOWER)],
  ['string.ascii_uppercase', string(LOWER.toUpperCase())],
  ['string.ascii_letters', string(LETTERS)],
  ['string.digits', string('0123456789')],
  ['string.hexdigits', string('0123456789abcdefABCDEF')],
  ['string.punctuation', string(PUNCTUATION)],
  ['string.whitespace', string(WHITESPACE)],
  ['string.printable', string(`0123456789${LETTERS}${PUNCTUATION}${WHITESPACE}`)],
]);

/** Lists side by side, of which the longest counts. */
const zipLongest: CallEntry = {
  signature: '*values, fillvalue=None',
  result: ({ args }) => {
    const [only] = args.rest;
    // `zip_longest(*rows)` of many rows arrives as those.
    if (args.rest.length === 1 && only?.kind === 'many')
      return many(many(typicalItem(only.item), only.count), unknown(''));
    return many(tuple(args.rest.map(typicalItem)), unknown(''));
  },
};

/** By path. */
export const STANDARD_LIBRARY: CallTable = {
  'itertools.zip_longest': zipLongest,
  'itertools.izip_longest': zipLongest,
  'itertools.chain': {
    signature: '*values',
    result: ({ args }) => {
      const lists = args.rest.map(itemsOf);
      if (lists.every(items => items !== null)) return list(lists.flat());
      return many(typicalItem(args.rest[0] ?? NONE), unknown(''));
    },
  },
  'argparse.ArgumentParser': {
    signature: '*options',
    result: () => ({ kind: 'object', type: 'argument_parser', attributes: new Map() }),
  },
};

/** Methods of what they give. */
export const STANDARD_METHODS: CallTable = {
  'argument_parser.add_argument': {
    signature: '*flags',
    result: ({ self, args }) => {
      const flags = args.rest.flatMap(flag => (flag.kind === 'string' ? [flag.value] : []));
      // As argparse names it: by `dest`, the first long flag, or the first flag.
      const flag = args.string('dest') ?? flags.find(text => text.startsWith('--')) ?? flags[0];
      if (self.kind !== 'object' || flag === undefined) return NONE;
      const name = flag.replace(/^-+/, '').replaceAll('-', '_');
      self.attributes.set(name, args.get('default') ?? SWITCHED[args.string('action') ?? ''] ?? unknown(name));
      return NONE;
    },
  },
  'argument_parser.set_defaults': {
    signature: '',
    result: ({ self, args }) => {
      if (self.kind === 'object') for (const name of args.names()) self.attributes.set(name, args.get(name)!);
      return NONE;
    },
  },
  'argument_parser.add_argument_group': { signature: '*texts', result: ({ self }) => self },
  'argument_parser.parse_args': { signature: '*lines', result: parsed },
  'argument_parser.parse_known_args': {
    signature: '*lines',
    result: call => tuple([parsed(call), unknown('')]),
  },
};

/** What a flag without a value holds where it is not given. */
const SWITCHED: Readonly<Record<string, Abstract>> = { store_true: boolean(false), store_false: boolean(true) };

function parsed({ self }: Call): Abstract {
  if (self.kind !== 'object') return unknown('');
  return { kind: 'object', type: 'namespace', attributes: new Map(self.attributes) };
}
