/** TensorFlow.js takes options as one object, `{returnSequences: true}`; the tables have them by name, in snake case. */
import { Arguments, type Call, type CallEntry, type GivenArgument } from '../calls.ts';
import type { Abstract } from '../values.ts';

/** `returnSequences` → `return_sequences`. */
export function snake(name: string): string {
  return name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase();
}

/**
 * The call as an entry with named arguments takes it.
 * @param values the arguments as the program gives them.
 * @param positional names of those before the options.
 */
export function byName(
  call: Call,
  signature: string,
  values: readonly Abstract[],
  positional: readonly string[] = [],
): Call {
  const { range } = call;
  const given = values.flatMap((value, at): GivenArgument[] => {
    const name = positional[at];
    if (name !== undefined) return value.kind === 'none' ? [] : [{ name, value, range }];
    if (value.kind !== 'dict') return [];
    return [...value.entries].map(([key, item]) => ({ name: snake(key), value: item, range }));
  });
  return { ...call, args: new Arguments(signature, given) };
}

/** An entry whose arguments are given by name, for calls with options. */
export function optioned(entry: CallEntry, positional: readonly string[] = []): CallEntry {
  return {
    signature: '*values',
    result: call => entry.result(byName(call, entry.signature, call.args.rest, positional)),
  };
}
