/** The entries of the tables of languages and frameworks, made ready to be called. */
import { Arguments, type Call, type CallEntry, type GivenArgument } from '../calls.ts';
import type { TextRange } from '../reading.ts';
import type { Abstract } from '../values.ts';
import type { Interpreter } from './interpreter.ts';

/** The entry of a method, of an attribute (`tensor:shape`, to set it `layer:weight=`) or of an operator (`tensor+`) of a kind of value. */
export function methodEntry(interpreter: Interpreter, key: string): CallEntry | null {
  for (const { methods } of interpreter.language.frameworks) {
    const entry = methods[key];
    if (entry !== undefined) return entry;
  }
  return interpreter.language.methods[key] ?? null;
}

/** A call of an entry. */
export function prepare(
  interpreter: Interpreter,
  entry: CallEntry,
  given: readonly GivenArgument[],
  range: TextRange,
  self: Abstract,
  framework: Call['framework'] = 'tensorflow1',
): Call {
  return { args: new Arguments(entry.signature, given), range, self, framework, reader: interpreter };
}
