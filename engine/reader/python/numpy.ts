/** NumPy, as far as programs make arrays with it whose shape the text tells. */
import type { CallEntry, CallTable } from '../calls.ts';
import { asTensor, plainAxes, shapeSize } from '../shapeRules.ts';
import { constant } from '../tensorflow1/shapes.ts';
import { type Abstract, tensor, type Tensor, unknown } from '../values.ts';

/** Arrays of a shape that is given. */
const filled: CallEntry = {
  signature: 'shape, dtype=None',
  result: ({ args, reader, range }) => {
    const shape = args.get('shape');
    const items = shape?.kind === 'sequence' ? shape.items : shape === undefined ? [] : [shape];
    return data(tensor('float64', plainAxes(items.map(shapeSize))), reader.textOf(range));
  },
};

/** The same with the sizes one by one. */
const sized: CallEntry = {
  signature: '*sizes',
  result: ({ args, reader, range }) =>
    data(tensor('float64', plainAxes(args.rest.map(shapeSize))), reader.textOf(range)),
};

/** What a model is fed with. */
function data(of: Tensor, source: string): Tensor {
  return { ...of, derivation: { op: 'data', source: { kind: 'unknown', source }, part: 'train' } };
}

/** An array made of values; of data that are known already, the same data. */
const array: CallEntry = {
  signature: 'object, dtype=None',
  result: ({ args, reader, range }) => {
    const given = args.get('object');
    const known: Abstract | null = asTensor(given) ?? (given?.kind === 'sequence' ? constant(given) : null);
    const text = reader.textOf(range);
    if (known?.kind !== 'tensor') return unknown(text.slice(0, 60));
    return known.derivation?.op === 'data' ? known : data(known, text);
  },
};

export const NUMPY: CallTable = {
  'numpy.array': array,
  'numpy.asarray': array,
  'numpy.zeros': filled,
  'numpy.ones': filled,
  'numpy.empty': filled,
  'numpy.random.random': filled,
  'numpy.random.rand': sized,
  'numpy.random.randn': sized,
};
