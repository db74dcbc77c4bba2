import type { Call, CallTable } from '../calls.ts';

/** A name inside the variable scopes that are open: `generator/rnn`. */
export function scoped({ reader }: Call, name: string): string {
  return [...reader.scopes, name].join('/');
}

const scope = (argument: string): CallTable[string] => ({
  signature: `${argument}, default_name=None, values=None, initializer=None, regularizer=None, reuse=None`,
  result: ({ args }) => ({ kind: 'scope', name: args.string(argument) ?? args.string('default_name') ?? argument }),
});

export const SCOPE_CALLS: CallTable = {
  'tf.variable_scope': scope('name_or_scope'),
};
