/** NumPy, as far as programs make arrays with it whose shape the text tells. */
import { Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { asTensor, axisOf, commonShape, expanded, matrixProduct, placeOf, plainAxes, reduced, shapeSize, tiled } from '../shapeRules.ts'; // prettier-ignore
import { valuesOf } from './pandas.ts';
import { add, countBetween, type Dimension, multiply } from '../sizes.ts';
import { dtypeOf } from '../tensorflow1/operations.ts';
import { constant, einsum } from '../tensorflow1/shapes.ts';
import { concatenateMany, stackMany, tensorsOf, transpose } from '../tensors.ts';
import {
  type Abstract,
  dimension,
  isScalar,
  list,
  type Many,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
  unknown,
} from '../values.ts';

/** Arrays of a shape that is given. */
const filled = (signature: string): CallEntry => ({
  signature,
  result: ({ args, reader, range }) => {
    const shape = args.some('shape') ?? args.some('size');
    if (shape === undefined) return unknown(reader.textOf(range).slice(0, 60));
    const items = shape.kind === 'sequence' ? shape.items : [shape];
    return data(tensor(dtypeOf(args.some('dtype'), 'float64'), plainAxes(items.map(shapeSize))), reader.textOf(range));
  },
});

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

/** The tensor, the table or the list of numbers that an argument is. */
export function arrayOf(value: Abstract | undefined): Tensor | null {
  const known = asTensor(value) ?? valuesOf(value) ?? (value?.kind === 'sequence' ? constant(value) : null);
  return known ?? (value?.kind === 'many' ? arrayOfMany(value) : null);
}

/** Rows of which only the typical one is known, where that is an array or a number. */
function arrayOfMany({ item, count }: Many, depth = 0): Tensor | null {
  const one = item.kind === 'many' && depth < 4 ? arrayOfMany(item, depth + 1) : isScalar(item) ? tensor('float64', []) : arrayOf(item); // prettier-ignore
  return one?.axes == null ? null : tensor(one.dtype, [axisOf(dimension(count)), ...one.axes]);
}

/** An array made of values; of data that are known already, the same data. */
const array: CallEntry = {
  signature: 'object, dtype=None',
  result: ({ args, reader, range }) => {
    const given = args.get('object');
    const stacked = given?.kind === 'many' && given.item.kind === 'tensor' ? stackMany(reader.graph, given, 0) : given;
    const known = arrayOf(stacked);
    const text = reader.textOf(range);
    if (known === null) return unknown(text.slice(0, 60));
    const made = { ...known, dtype: dtypeOf(args.some('dtype'), known.dtype) };
    return made.derivation?.op === 'data' && given?.kind !== 'many' ? made : data(made, text);
  },
};

/** A function of an array, by the shape of what it gives. */
const rule = (
  rest: string,
  shape: (of: Tensor, call: Call) => readonly TensorAxis[] | null,
  typeOf = (of: Tensor): string => of.dtype,
): CallEntry => ({
  signature: rest === '' ? 'a' : `a, ${rest}`,
  result: call => {
    const of = arrayOf(call.args.get('a'));
    const text = call.reader.textOf(call.range);
    if (of === null) return unknown(text.slice(0, 60));
    return data(tensor(typeOf(of), shape(of, call)), text);
  },
});

/** One value for each; what is done to a number stays a number that nobody knows. */
const each = rule('*options', of => of.axes);
/** The same for functions whose values are no whole numbers. */
const eachFloat = rule(
  '*options',
  of => of.axes,
  ({ dtype }) => (dtype.startsWith('float') ? dtype : 'float64'),
);

/** Over all of an array it gives a number, which goes by what the program says. */
const reduction: CallEntry = {
  signature: 'a, axis=None, dtype=None, out=None, keepdims=False',
  result: call =>
    call.args.some('axis') === undefined
      ? unknown(call.reader.textOf(call.range).slice(0, 60))
      : rule('axis=None, dtype=None, out=None, keepdims=False', (of, { args }) =>
          reduced(of, args.some('axis'), args.boolean('keepdims') === true),
        ).result(call),
};

/** Two arrays by broadcasting. */
const pairwise = rule('b, *options', (of, { args }) => {
  const other = arrayOf(args.get('b'));
  return other === null ? (args.get('b')?.kind === 'unknown' ? null : of.axes) : commonShape([of, other]);
});

/** Arrays in a row along an axis that is there (`concatenate`) or a new one (`stack`). */
const joined = (fresh: boolean, axis: number): CallEntry => ({
  signature: `arrays, axis=${axis}`,
  result: ({ args, reader, range }) => {
    const given = args.get('arrays');
    const text = reader.textOf(range);
    const at = args.number('axis') ?? axis;
    if (given?.kind === 'many') return fresh ? stackMany(reader.graph, given, at) : concatenateMany(given, at);
    const parts = tensorsOf(given);
    const [first] = parts ?? [];
    if (first === undefined) return unknown(text.slice(0, 60));
    if (fresh) {
      const axes = expanded(first, at);
      const place = placeOf(at, (first.axes?.length ?? 0) + 1);
      return data(tensor(first.dtype, axes?.map((own, own_) => (own_ === place ? axisOf(parts!.length) : own)) ?? null), text); // prettier-ignore
    }
    const rank = first.axes?.length ?? 0;
    const place = placeOf(at, rank);
    if (place === null || parts!.some(part => part.axes?.length !== rank)) return unknown(text.slice(0, 60));
    const size = parts!.reduce<Dimension | null>((sum, { axes }) => {
      const more = axes![place]!.size;
      return sum === null || more === null ? null : add(sum, more);
    }, 0);
    return data(tensor(first.dtype, first.axes!.map((own, at_) => (at_ === place ? { name: own.name, size } : own))), text); // prettier-ignore
  },
});

/** Numbers from a start to an end. */
const arange: CallEntry = {
  signature: '*bounds, dtype=None',
  result: ({ args, reader, range }) => {
    const [first = null, second = null, third = null] = args.rest.map(dimension);
    const [from, to] = args.rest.length < 2 ? [0, first] : [first, second];
    const count = countBetween(from, to, args.rest.length < 3 ? 1 : third);
    const whole = typeof count === 'number' && !Number.isInteger(count) ? null : count;
    return data(tensor('int64', [axisOf(whole)]), reader.textOf(range));
  },
};

const linspace: CallEntry = {
  signature: 'start, stop, num=50, endpoint=True, dtype=None',
  result: ({ args, reader, range }) =>
    data(tensor('float64', [axisOf(args.isGiven('num') ? args.size('num') : 50)]), reader.textOf(range)),
};

/** An array in another shape, also one of which nothing else is known. */
const reshape: CallEntry = {
  signature: 'a, newshape=None, shape=None',
  result: ({ args, reader, range }) => {
    const given = args.get('a') ?? unknown('');
    const of = arrayOf(given) ?? unknown(reader.textOf(range).slice(0, 60));
    const shape = args.some('newshape') ?? args.some('shape') ?? unknown('');
    return reader.apply({ kind: 'method', of, name: 'reshape' }, [{ value: shape, range }], range);
  },
};

const entries = (names: readonly string[], entry: CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [`numpy.${name}`, entry]));

export const NUMPY: CallTable = {
  ...entries(['array', 'asarray', 'ascontiguousarray'], array),
  ...entries(['zeros', 'ones', 'empty'], filled('shape, dtype=None')),
  'numpy.full': filled('shape, fill_value, dtype=None'),
  'numpy.random.random': filled('size=None'),
  'numpy.random.random_sample': filled('size=None'),
  'numpy.random.normal': filled('loc=0.0, scale=1.0, size=None'),
  'numpy.random.uniform': filled('low=0.0, high=1.0, size=None'),
  'numpy.random.choice': filled('a, size=None, replace=True, p=None'),
  'numpy.random.standard_normal': filled('size=None'),
  'numpy.random.rand': sized,
  'numpy.random.randn': sized,
  'numpy.random.permutation': {
    signature: 'x',
    result: ({ args, reader, range }) => {
      const of = args.get('x');
      const known = arrayOf(of);
      return known ?? data(tensor('int64', [axisOf(dimension(of))]), reader.textOf(range));
    },
  },
  'numpy.arange': arange,
  'numpy.linspace': linspace,
  'numpy.reshape': reshape,
  ...entries(
    ['square', 'abs', 'absolute', 'sign', 'round', 'floor', 'ceil', 'clip', 'cumsum', 'flip', 'flipud', 'fliplr', 'roll', 'nan_to_num', 'zeros_like', 'ones_like', 'empty_like', 'full_like', 'argsort', 'cumprod', 'float32', 'float64', 'int32', 'int64', 'copy', 'isnan', 'negative', 'logical_not',  'sort', 'argsort', 'copy', 'isnan'],
    each,
  ), // prettier-ignore
  ...entries(['sin', 'cos', 'tan', 'tanh', 'exp', 'log', 'log1p', 'log10', 'sqrt', 'sinh', 'cosh', 'arctan', 'expm1', 'log2'], eachFloat), // prettier-ignore
  ...entries(['mean', 'sum', 'std', 'var', 'max', 'min', 'amax', 'amin', 'median', 'argmax', 'argmin', 'prod', 'any', 'all', 'nanmean'], reduction), // prettier-ignore
  ...entries(['add', 'subtract', 'multiply', 'divide', 'power', 'maximum', 'minimum'], pairwise),
  ...entries(
    ['dot', 'matmul'],
    rule('b', (of, { args }) => {
      const other = arrayOf(args.get('b'));
      return other === null ? null : matrixProduct(of, other);
    }),
  ),
  'numpy.concatenate': joined(false, 0),
  'numpy.append': {
    signature: 'arr, values, axis=None',
    result: call => {
      const { args, range } = call;
      const parts = [args.get('arr'), args.get('values')].map(arrayOf);
      if (args.some('axis') === undefined) return data(tensor('float64', [axisOf(null)]), call.reader.textOf(range));
      const given = [
        { name: 'arrays', value: list(parts.map(part => part ?? unknown(''))), range },
        { name: 'axis', value: args.get('axis')!, range },
      ];
      const entry = joined(false, 0);
      return entry.result({ ...call, args: new Arguments(entry.signature, given) });
    },
  },
  'numpy.hstack': sideBySide(1),
  'numpy.column_stack': columns(),
  'numpy.repeat': rule('repeats, axis=None', (of, { args }) => {
    const [times, at] = [args.size('repeats'), args.number('axis')];
    if (at === undefined) return [axisOf(null)];
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null) return null;
    return of.axes!.map((axis, own) => (own !== place ? axis : { name: axis.name, size: axis.size === null || times === null ? null : multiply(axis.size, times) })); // prettier-ignore
  }),
  'numpy.diff': rule('n=1, axis=-1', (of, { args }) => {
    const place = of.axes === null ? null : placeOf(args.number('axis') ?? NaN, of.axes.length);
    const by = args.number('n') ?? 1;
    if (place === null) return null;
    return of.axes!.map((axis, own) => (own !== place ? axis : { name: axis.name, size: axis.size === null ? null : add(axis.size, by, -1) })); // prettier-ignore
  }),
  'numpy.where': {
    signature: 'condition, x=None, y=None',
    result: ({ args, reader, range }) => {
      const parts = ['condition', 'x', 'y'].map(name => arrayOf(args.some(name)) ?? scalarOf(args.some(name)));
      const [of] = parts;
      if (args.some('x') === undefined)
        return of?.axes == null ? unknown('') : tuple(of.axes.map(() => tensor('int64', [axisOf(null)])));
      const known = parts.flatMap(part => (part === null ? [] : [part]));
      return known.length < 3 ? unknown(reader.textOf(range).slice(0, 60)) : data(tensor(parts[1]!.dtype, commonShape(known)), reader.textOf(range)); // prettier-ignore
    },
  },
  'numpy.random.multinomial': {
    signature: 'n, pvals, size=None',
    result: ({ args }) => {
      const of = arrayOf(args.get('pvals'));
      const size = args.some('size');
      const front = size === undefined ? [] : size.kind === 'sequence' ? size.items : [size];
      return of?.axes == null
        ? unknown('')
        : tensor('int64', [...plainAxes(front.map(shapeSize)), ...of.axes.slice(-1)]);
    },
  },
  ...entries(
    ['moveaxis', 'rollaxis'],
    rule('source, destination', (of, { args }) => {
      const [from, to] = [args.number('source'), args.number('destination')].map(at => placeOf(at ?? NaN, of.axes?.length ?? 0)); // prettier-ignore
      if (of.axes === null || from == null || to == null) return null;
      const rest = of.axes.filter((_, at) => at !== from);
      return [...rest.slice(0, to), of.axes[from]!, ...rest.slice(to)];
    }),
  ),
  'numpy.identity': {
    signature: 'n, dtype=None',
    result: ({ args, reader, range }) => data(tensor('float64', plainAxes([args.size('n'), args.size('n')])), reader.textOf(range)), // prettier-ignore
  },
  'numpy.einsum': { signature: 'equation, *inputs', result: ({ args }) => einsum(args.string('equation'), args.rest.map(arrayOf)) }, // prettier-ignore
  // A number goes by what the program calls it, and is no array.
  'numpy.random.randint': {
    signature: 'low, high=None, size=None',
    result: call => (call.args.some('size') === undefined ? { ...unknown(call.reader.textOf(call.range).slice(0, 60)), number: true } : filled('low, high=None, size=None').result(call)), // prettier-ignore
  },
  'numpy.vstack': rowsOrJoined(),
  'numpy.stack': joined(true, 0),
  'numpy.expand_dims': rule('axis', (of, { args }) => expanded(of, args.number('axis'))),
  'numpy.squeeze': rule('axis=None', (of, { args }) => {
    const at = args.number('axis');
    if (of.axes === null) return null;
    const place = at === undefined ? null : placeOf(at, of.axes.length);
    return of.axes.filter((axis, own) => (place === null ? axis.size !== 1 : own !== place));
  }),
  'numpy.transpose': rule('axes=None', (of, { args }) => {
    const order = args.some('axes');
    if (order === undefined) return transpose(of, null).axes;
    const places = order.kind === 'sequence' ? order.items.map(item => (item.kind === 'number' ? item.value : NaN)) : [NaN]; // prettier-ignore
    return places.some(Number.isNaN) ? null : transpose(of, places).axes;
  }),
  'numpy.swapaxes': rule('axis1, axis2', (of, { args }) => {
    const places = ['axis1', 'axis2'].map(name => placeOf(args.number(name) ?? NaN, of.axes?.length ?? 0));
    const [a, b] = places;
    if (of.axes === null || a == null || b == null) return null;
    return of.axes.map((axis, at) => (at === a ? of.axes![b]! : at === b ? of.axes![a]! : axis));
  }),
  'numpy.tile': rule('reps', (of, { args }) => {
    const reps = args.get('reps');
    return tiled(of, reps?.kind === 'sequence' ? reps.items.map(dimension) : [dimension(reps)]);
  }),
  'numpy.ravel': rule('', of => [axisOf(of.axes?.length === 1 ? of.axes[0]!.size : null)]),
  'numpy.eye': {
    signature: 'N, M=None',
    result: ({ args, reader, range }) =>
      data(tensor('float64', plainAxes([args.size('N'), dimension(args.some('M') ?? args.get('N'))])), reader.textOf(range)),
  }, // prettier-ignore
};

function scalarOf(value: Abstract | undefined): Tensor | null {
  return value !== undefined && isScalar(value)
    ? tensor('float64', [])
    : value?.kind === 'path'
      ? tensor('float64', [])
      : null;
}

/** Vectors one behind the other, all else along an axis. */
function sideBySide(axis: number): CallEntry {
  return {
    signature: 'arrays',
    result: call => {
      const vectors = tensorsOf(call.args.get('arrays'))?.every(({ axes }) => axes?.length === 1) === true;
      return joined(false, vectors ? 0 : axis).result(call);
    },
  };
}

/** Vectors as the columns of an array. */
function columns(): CallEntry {
  return {
    signature: 'arrays',
    result: call => {
      const vectors = tensorsOf(call.args.get('arrays'))?.every(({ axes }) => axes?.length === 1) === true;
      return (vectors ? joined(true, 1) : joined(false, 1)).result(call);
    },
  };
}

/** Vectors become rows; what has rows already is put below. */
function rowsOrJoined(): CallEntry {
  return {
    signature: 'arrays',
    result: call => {
      const parts = tensorsOf(call.args.get('arrays'));
      const vectors = parts !== null && parts.every(({ axes }) => axes?.length === 1);
      return joined(vectors, 0).result(call);
    },
  };
}
