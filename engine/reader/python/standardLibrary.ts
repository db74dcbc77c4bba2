/** Calls of Python's standard library that tell sizes: the defaults of a command line are what a program runs with. */
import type { Call, CallTable } from '../calls.ts';
import { type Abstract, boolean, NONE, tuple, unknown } from '../values.ts';

/** By path. */
export const STANDARD_LIBRARY: CallTable = {
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
