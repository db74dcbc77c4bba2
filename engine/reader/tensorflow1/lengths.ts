/**
 * Lengths that a program computes from padding with zeros:
 * `tf.reduce_sum(tf.sign(tf.reduce_max(tf.abs(x), 2)), 1)`, of tokens `tf.reduce_sum(tf.sign(x), 1)`.
 */
import { phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { asTensor } from '../shapeRules.ts';
import { tensor, type Tensor } from '../values.ts';
import { SHAPE_CALLS } from './shapes.ts';

/** An entry of the table of shapes whose result also tells what it is of. */
function deriving(name: string, argument: string, derived: (of: Tensor, made: Tensor) => Tensor['derivation'] | null): CallEntry {
  const entry = SHAPE_CALLS[name]!;
  return {
    signature: entry.signature,
    result: call => {
      const [of, made] = [asTensor(call.args.get(argument)), entry.result(call)];
      const derivation = of !== null && made.kind === 'tensor' ? derived(of, made) : null;
      return derivation == null || made.kind !== 'tensor' ? made : { ...made, derivation };
    },
  };
} // prettier-ignore

export const LENGTH_CALLS: CallTable = {
  'tf.reduce_max': deriving('tf.reduce_max', 'input_tensor', ({ derivation, axes }, made) => {
    // Over the features: of a step is left whether it holds anything.
    const rest = made.axes?.every((axis, at) => axis.name === axes?.[at]?.name);
    return derivation?.op === 'magnitude' && axes?.length === 3 && made.axes?.length === 2 && rest === true
      ? derivation
      : null;
  }),
  'tf.sign': deriving('tf.sign', 'x', of => {
    if (of.derivation?.op === 'magnitude' && of.axes?.length === 2) return { op: 'used', of: of.derivation.of };
    // Tokens are no less than 0.
    return of.axes?.length === 2 && of.dtype.startsWith('int') && of.ref !== undefined ? { op: 'used', of } : null;
  }),
};

/** The node that counts the steps that hold anything; null where something else is summed. */
export function countedSteps({ reader, range }: Call, of: Tensor, at: number): Tensor | null {
  const { derivation, axes } = of;
  if (derivation?.op !== 'used' || derivation.of.ref === undefined || derivation.of.displaced !== undefined)
    return null;
  if (axes?.[at]?.name !== 'steps') return null;
  const id = reader.graph.add('length', { op: 'count_steps', input: derivation.of.ref }, { range });
  const meaning = phrase('number of valid steps of each row');
  return tensor('int32', axes.filter((_, place) => place !== at), { ref: { from: id }, meaning }); // prettier-ignore
}
