/** The entries of the tables of languages and frameworks, made ready to be called. */
import { Arguments, type Call, type CallEntry, type GivenArgument } from '../calls.ts';
import type { TextRange } from '../reading.ts';
import type { Abstract } from '../values.ts';
import { subjectOf } from './choices.ts';
import type { Interpreter } from './interpreter.ts';

/** The entry of a method, of an attribute (`tensor:shape`, to set it `layer:weight=`) or of an operator (`tensor+`) of a kind of value. */
export function methodEntry(interpreter: Interpreter, key: string): CallEntry | null {
  for (const { methods } of interpreter.language.frameworks) {
    const entry = methods[key];
    if (entry !== undefined) return entry;
  }
  return interpreter.language.methods[key] ?? null;
}

/** Options that are true or false and change what a network is fed with or gives. */
const SHAPING: ReadonlySet<string> = new Set([
  'batch_first',
  'time_major',
  'return_sequences',
  'returnSequences',
  'return_state',
  'returnState',
  'go_backwards',
  'goBackwards',
]);

/** A call of an entry. */
export function prepare(
  interpreter: Interpreter,
  entry: CallEntry,
  given: readonly GivenArgument[],
  range: TextRange,
  self: Abstract,
  framework: Call['framework'] = 'tensorflow1',
): Call {
  const answered = given.map(argument => answeredOption(interpreter, argument));
  return { args: new Arguments(entry.signature, answered), range, self, framework, reader: interpreter };
}

/** An option that is not known, as this reading assumes it. */
function answeredOption({ choices }: Interpreter, argument: GivenArgument): GivenArgument {
  const { name = '', value } = argument;
  if (value.kind !== 'unknown' || (!SHAPING.has(name) && name !== 'bidirectional')) return argument;
  // Both directions are a size that may stay a symbol, until a branch depends on it.
  if (name !== 'bidirectional') choices.ask([subjectOf(value)]);
  const holds = choices.holds(subjectOf(value));
  return holds === null ? argument : { ...argument, value: { ...value, truthy: holds } };
}
