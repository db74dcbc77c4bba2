/** Shapes of PyTorch's functions, methods and layers that are no part of a recurrent model's graph. Rules: PyTorch 2. */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import {
  asTensor, axisOf, commonShape, expanded, flattened, gathered, matrixProduct, oneOf, pair, pieces, plainAxes, placeOf,
  reduced, shaped, shapeSize, tiled, type Window, windows,
} from '../shapeRules.ts'; // prettier-ignore
import { phrase } from '../../model/phrase.ts';
import { BATCH, type Graph } from '../graph.ts';
import { add, type Dimension, divide, equal, multiply, symbol } from '../sizes.ts';
import { axisValue, dtypeOf } from '../tensorflow1/operations.ts';
import { constant, einsum } from '../tensorflow1/shapes.ts';
import {
  directionsOf, fromParts, index, refOf, reshape, selectLast, tensorsOf, transpose, withAdded,
} from '../tensors.ts'; // prettier-ignore
import {
  type Abstract, dimension, fromDimension, list, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown,
} from '../values.ts'; // prettier-ignore
import { layer, simple } from './modules.ts';

/** A function `torch.x(input, …)` or a method `input.x(…)`. */
interface Rule {
  readonly rest: string;
  readonly rule: (of: Tensor, call: Call) => Abstract;
}

function functionOf({ rest, rule }: Rule): CallEntry {
  return {
    signature: rest === '' ? 'input' : `input, ${rest}`,
    result: call => {
      const of = asTensor(call.args.get('input'));
      return of === null ? unknown(call.reader.textOf(call.range).slice(0, 60)) : rule(of, call);
    },
  };
}

function methodOf({ rest, rule }: Rule): CallEntry {
  return { signature: rest, result: call => (call.self.kind === 'tensor' ? rule(call.self, call) : unknown('')) };
}

const same: Rule = { rest: '*options', rule: of => shaped(of, of.axes) };
const typed = (dtype: string): Rule => ({ rest: '*options', rule: of => ({ ...shaped(of, of.axes), dtype }) });
const keepRef = (dtype?: string): Rule => ({
  rest: '*options',
  rule: of => (dtype === undefined ? of : { ...of, dtype }),
});

const reduce = (dtype?: string, otherwise?: number): Rule => ({
  rest: 'dim=None, keepdim=False, axis=None',
  rule: (of, { args }) => {
    const dim = oneOf(args, 'dim', 'axis') ?? (otherwise === undefined ? undefined : { kind: 'number', value: otherwise, integer: true } as const); // prettier-ignore
    return {
      ...shaped(of, reduced(of, dim, args.boolean('keepdim') === true)),
      ...(dtype === undefined ? {} : { dtype }),
    };
  },
});

/** Values and indices along an axis. */
const ranked = (count: (call: Call, axis: TensorAxis) => Dimension | null): Rule => ({
  rest: 'k=None, dim=-1, keepdim=False',
  rule: (of, call) => {
    const dim = call.args.isGiven('dim') ? call.args.number('dim') : -1;
    const place = of.axes === null ? null : placeOf(dim ?? NaN, of.axes.length);
    if (place === null) return tuple([shaped(of, null), tensor('int64', null)], { fields: ['values', 'indices'] });
    const axes = of.axes!.map((axis, at): TensorAxis => (at === place ? axisOf(count(call, axis)) : axis));
    return tuple([shaped(of, axes), tensor('int64', axes)], { fields: ['values', 'indices'] });
  },
});

function sizesOf(values: readonly Abstract[]): readonly Abstract[] {
  const [only] = values;
  return values.length === 1 && only?.kind === 'sequence' ? only.items : values;
}

/** Learned parameters and zeros stay what they are when they are repeated for every row. */
function kept(of: Tensor, axes: readonly TensorAxis[] | null): Tensor {
  const stays = of.derivation?.op === 'zeros' || of.derivation?.op === 'last_step' || of.derivation?.op === 'places';
  return of.parameter !== undefined || stays ? { ...of, axes } : shaped(of, axes);
}

const expand: Rule = {
  rest: '*sizes',
  rule: (of, { args }) => {
    const sizes = sizesOf(args.rest);
    const given = args.rest.length === 1 ? asTensor(args.rest[0]) : null;
    if (given !== null) return kept(of, given.axes);
    if (of.axes === null || sizes.length < of.axes.length) return kept(of, null);
    const front = sizes.length - of.axes.length;
    return kept(
      of,
      sizes.map((size, at): TensorAxis => {
        const own = at < front ? axisOf(1) : of.axes![at - front]!;
        const wanted = size.kind === 'number' && size.value === -1 ? null : dimension(size);
        return wanted === null || own.size !== 1 ? own : axisFrom(size, wanted);
      }),
    );
  },
};

/** The axis of a size that a program gives: `x.size(0)` is the batch. */
function axisFrom(value: Abstract, size: Dimension): TensorAxis {
  if (value.kind === 'unknown' && /^batch$|\.size\(0\)|\.shape\[0\]/.test(value.name ?? value.text)) return { name: 'batch', size: null }; // prettier-ignore
  return axisOf(size);
}

const repeat: Rule = {
  rest: '*sizes',
  // Of something unknown there are as many axes as the program gives factors.
  rule: (of, { args }) => layersOf(of, sizesOf(args.rest)) ?? kept(of, of.axes === null ? plainAxes(sizesOf(args.rest).map(() => null)) : tiled(of, sizesOf(args.rest).map(size => (size.kind === 'unknown' && size.text === 'batch' ? null : dimension(size))))), // prettier-ignore
};

/** One state for every layer: `h.unsqueeze(0).repeat(layers, 1, 1)`. */
function layersOf(of: Tensor, sizes: readonly Abstract[]): Tensor | null {
  const [count, ...rest] = sizes.map(dimension);
  const [layers, ...axes] = of.axes ?? [];
  if (of.ref === undefined || layers?.size !== 1 || axes.length !== 2 || typeof count !== 'number') return null;
  if (count > 64 || count < 1 || !rest.every(size => size === 1)) return null;
  return fromParts(Array.from({ length: count }, () => ({ ...of, axes })), 0, { name: 'layers', size: count }); // prettier-ignore
}

/** `x.split(size, dim)`: pieces of that size; a list gives each its own. */
const split: Rule = {
  rest: 'split_size_or_sections, dim=0',
  rule: (of, { args, reader, range }) => {
    const given = args.get('split_size_or_sections') ?? args.get('split_size');
    const at = args.number('dim') ?? 0;
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null || given === undefined) return unknown('split');
    const both = place === of.axes!.length - 1 ? directionsOf(reader.graph, of, range) : null;
    const width = both?.[0].axes?.at(-1)?.size ?? null;
    const halves = given.kind === 'sequence' ? given.items : [given, given];
    if (both !== null && width !== null && halves.length === 2 && halves.every(half => isSize(half, width)))
      return tuple(both);
    if (given.kind === 'sequence') return tuple(pieces(of, given.items.map(shapeSize), at) ?? []);
    const size = dimension(given);
    const along = of.axes![place]!;
    const one = { ...pieces(of, [size], at)![0]!, ...stepIn(of, place, size) };
    if (typeof size !== 'number' || typeof along.size !== 'number')
      return { kind: 'many', item: one, count: size === 1 ? axisValue(along) : unknown('pieces') };
    const count = Math.ceil(along.size / size);
    if (count > 1000) return unknown('split');
    const sizes = Array.from({ length: count }, (_, piece) => Math.min(size, (along.size as number) - piece * size));
    return tuple(pieces(of, sizes, at)!.map(piece => ({ ...piece, ...stepIn(of, place, size) })));
  },
};

function isSize(value: Abstract, wanted: Dimension): boolean {
  const size = dimension(value);
  return size !== null && equal(size, wanted);
}

function stepIn(of: Tensor, place: number, size: Dimension | null): Partial<Tensor> {
  return size === 1 && of.axes?.[place]?.name === 'steps' && of.ref !== undefined ? { stepOf: of.ref } : {};
}

const chunk: Rule = {
  rest: 'chunks, dim=0',
  rule: (of, { args, reader, range }) => {
    const [count, at] = [args.size('chunks'), args.number('dim') ?? 0];
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null || count === null) return unknown('chunk');
    const both = count === 2 && place === of.axes!.length - 1 ? directionsOf(reader.graph, of, range) : null;
    if (both !== null) return tuple(both);
    const along = of.axes![place]!;
    if (typeof count === 'number' && typeof along.size === 'number') {
      const size = Math.ceil(along.size / count);
      const sizes = Array.from({ length: Math.ceil(along.size / size) }, (_, piece) => Math.min(size, (along.size as number) - piece * size)); // prettier-ignore
      return tuple(pieces(of, sizes, at)!.map(piece => ({ ...piece, ...stepIn(of, place, size) })));
    }
    const size = along.size === null ? null : divide(along.size, count);
    const one = { ...pieces(of, [size], at)![0]!, ...stepIn(of, place, size) };
    if (typeof count === 'number' && count <= 64) return tuple(Array.from({ length: count }, () => one));
    return { kind: 'many', item: one, count: fromDimension(count) };
  },
};

const unbind: Rule = {
  rest: 'dim=0',
  rule: (given, { args, reader, range }) => {
    const at = args.number('dim') ?? 0;
    const of = asSequence(given, at, reader.graph);
    const place = of.axes === null ? null : placeOf(at, of.axes.length);
    if (place === null) return unknown('unbind');
    const { size } = of.axes![place]!;
    const full: Abstract = { kind: 'slice', bounds: [NONE, NONE, NONE] };
    const pick = (what: Abstract): Tensor => index(reader.graph, of, of.axes!.map((_, own) => (own === place ? what : full)), range); // prettier-ignore
    if (typeof size !== 'number' || size > 512)
      return { kind: 'many', item: pick(unknown('')), count: fromDimension(size) };
    return tuple(Array.from({ length: size }, (_, step) => pick({ kind: 'number', value: step, integer: true })));
  },
};

const flatten: Rule = {
  rest: 'start_dim=0, end_dim=-1',
  rule: (of, { args, reader, range }) => {
    const [from, to] = [args.number('start_dim') ?? 0, args.number('end_dim') ?? -1];
    const axes = flattened(of, from, to);
    // All behind the batch: a node of the graph.
    if (axes?.length === 2 && from === 1 && (of.ref !== undefined || of.parts !== undefined))
      return reshape(reader.graph, of, [null, axes[1]!.size], range);
    return shaped(of, axes);
  },
};

const product = (batched: boolean): Rule => ({
  rest: 'mat2=None, other=None, vec=None, tensor=None',
  rule: (of, { args }) => {
    const given = asTensor(oneOf(args, 'mat2', 'other', 'vec', 'tensor'));
    // Both operands of `bmm` have three axes, whatever they are.
    if (batched) {
      const rows = of.axes?.[0]?.size ?? given?.axes?.[0]?.size ?? null;
      const threefold = (one: Tensor | null): Tensor => (one?.axes == null ? tensor('float32', plainAxes([rows, null, null])) : one); // prettier-ignore
      return shaped(of, threeAxes(matrixProduct(threefold(of), threefold(given))));
    }
    if (given === null) return shaped(of, null);
    const axes = matrixProduct(of, given);
    return shaped(of, axes);
  },
});

function threeAxes(axes: readonly TensorAxis[] | null): readonly TensorAxis[] | null {
  return axes?.length === 3 ? axes : null;
}

const both = (dtype?: string): Rule => ({
  rest: 'other, *more',
  rule: (of, { args }) => {
    const other = asTensor(args.get('other')) ?? constant(args.get('other'));
    return {
      ...shaped(of, other === null ? of.axes : commonShape([of, other])),
      ...(dtype === undefined ? {} : { dtype }),
    };
  },
});

const gather: Rule = {
  rest: 'dim, index',
  rule: (of, { args, reader, range }) => {
    const picked = asTensor(args.get('index'));
    const place = of.axes === null ? null : placeOf(args.number('dim') ?? NaN, of.axes.length);
    if (picked?.derivation?.op !== 'last_step' || place === null || of.axes![place]!.name !== 'steps')
      return shaped(of, picked?.axes ?? null);
    const last = selectLast(reader.graph, of, picked.derivation.of, range);
    return withAdded(last, [...last.axes!.slice(0, place), axisOf(1), ...last.axes!.slice(place)]);
  },
};

/** A number of steps that is at least one is still that number. */
const clamp: Rule = {
  rest: '*options',
  rule: of => (of.derivation?.op === 'counted' ? of : shaped(of, of.axes)),
};

/** An argument of which nothing is known yet, as the sequence whose steps an axis is said to be. */
function asSequence(of: Tensor, steps: number | undefined, graph: Graph): Tensor {
  const input = graph.inputOf(of);
  if (of.axes !== null || input === null || input.known || (steps !== 0 && steps !== 1)) return of;
  graph.shape(input, steps === 0);
  input.guessed = true;
  return graph.tensorOf(input);
}

/** `torch.flip(x, [1])`: the steps in the other order. */
const flip: Rule = {
  rest: '*dims',
  rule: (given, { args, reader, range }) => {
    const dims = args.isGiven('dims') ? args.get('dims') : args.rest.length === 1 ? args.rest[0] : undefined;
    const [only] = dims?.kind === 'sequence' && dims.items.length === 1 ? dims.items : [dims];
    const at = only?.kind === 'number' ? only.value : undefined;
    const of = asSequence(given, at, reader.graph);
    const place = of.axes === null || at === undefined ? null : placeOf(at, of.axes.length);
    const ref = refOf(of);
    if (ref === undefined || place === null || of.axes![place]!.name !== 'steps') return shaped(of, of.axes);
    reader.graph.use(of, 'sequence');
    const id = reader.graph.add('reversed', { op: 'reverse_steps', input: ref }, { range });
    return tensor(of.dtype, of.axes, { ref: { from: id }, meaning: phrase('steps from the last to the first') });
  },
};

/** The index is always a row of places. */
const indexSelect: Rule = {
  rest: 'dim, index',
  rule: (of, { args }) => {
    const index = asTensor(args.get('index'));
    const row = index?.axes?.length === 1 ? index : tensor('int64', [axisOf(null)]);
    return shaped(of, gathered(of, row, args.number('dim') ?? 0));
  },
};

const narrow: Rule = {
  rest: 'dim, start, length',
  rule: (of, { args }) => {
    const place = of.axes === null ? null : placeOf(args.number('dim') ?? NaN, of.axes.length);
    return shaped(of, place === null ? null : of.axes!.map((axis, at) => (at === place ? { name: axis.name, size: args.size('length') } : axis))); // prettier-ignore
  },
};

/** A view of the same tensor; of which nothing is known yet, that stays so. */
const unsqueeze: Rule = {
  rest: 'dim',
  rule: (given, { args, reader }) => {
    const of = reader.graph.fresh(given);
    const axes = expanded(of, args.number('dim'));
    return axes === null ? (of.axes === null ? of : shaped(of, null)) : withAdded(of, axes);
  },
};

/** The two axes of a matrix, the other way round; of an argument of which nothing is known yet they are rows and steps. */
const matrix: Rule = {
  rest: '',
  rule: (of, { reader: { graph } }) => {
    const input = of.axes === null ? graph.inputOf(of) : null;
    if (input?.known === false) {
      input.known = true;
      input.axes = [{ name: 'steps', size: symbol('steps') }];
      return transpose(graph.tensorOf(input), null);
    }
    if (of.axes === null) return shaped(of, plainAxes([null, null]));
    return of.axes.length === 2 ? transpose(of, null) : shaped(of, null);
  },
};

/** Places that are drawn of each row. */
const multinomial: Rule = {
  rest: 'num_samples, replacement=False',
  rule: (of, { args }) => tensor('int64', of.axes === null ? null : [...of.axes.slice(0, -1), axisOf(args.size('num_samples'))]), // prettier-ignore
};

/** Rules that are a function and a method under the same name. */
const RULES: Readonly<Record<string, Rule>> = {
  ...Object.fromEntries(
    ['exp', 'log', 'log1p', 'abs', 'sqrt', 'rsqrt', 'square', 'neg', 'sign', 'round', 'floor', 'ceil', 'erf', 'sin', 'cos', 'pow', 'cumsum', 'roll', 'masked_fill', 'masked_fill_', 'softplus', 'gelu', 'elu', 'leaky_relu', 'selu', 'logsigmoid', 'normalize', 'tril', 'triu', 'bernoulli', 'nan_to_num', 'reciprocal', 'dropout', 'layer_norm', 'batch_norm', 'scatter_', 'scatter', 'relu_', 'renorm', 'where_'].map(name => [name, same]), // prettier-ignore
  ),
  ...Object.fromEntries(['isnan', 'logical_not'].map(name => [name, typed('bool')])),
  ...Object.fromEntries(['min', 'prod', 'std', 'var', 'logsumexp', 'norm', 'median'].map(name => [name, reduce()])),
  ...Object.fromEntries(['any', 'all'].map(name => [name, reduce('bool')])),
  ...Object.fromEntries(['argmax', 'argmin'].map(name => [name, reduce('int64')])),
  ...Object.fromEntries(['eq', 'ne', 'gt', 'ge', 'lt', 'le', 'logical_and', 'logical_or'].map(name => [name, both('bool')])), // prettier-ignore
  ...Object.fromEntries(['add', 'sub', 'mul', 'div', 'maximum', 'minimum', 'true_divide', 'remainder', 'add_', 'mul_', 'sub_', 'div_'].map(name => [name, both()])), // prettier-ignore
  topk: ranked(({ args }) => args.size('k')),
  sort: ranked((_call, axis) => axis.size),
  matmul: product(false),
  mm: product(false),
  mv: product(false),
  dot: product(false),
  bmm: product(true),
  split,
  chunk,
  unbind,
  flatten,
  clamp,
  clip: clamp,
  gather,
  flip,
  index_select: indexSelect,
  narrow,
  unsqueeze,
  t: matrix,
};

/** A rule of a value of which only the method tells that it is a tensor. */
function ofUnknown(name: string): CallEntry {
  const { rest, rule } = RULES[name]!;
  return { signature: rest, result: call => rule(tensor('float32', null), call) };
}

function filledLike(names: readonly string[]): CallTable {
  return Object.fromEntries(names.map(name => [`torch.${name}_like`, functionOf({ rest: '*options', rule: of => tensor(of.dtype, of.axes) })])); // prettier-ignore
}

const created = (first: string, fallback = 'float32'): CallEntry => ({
  signature: first,
  result: ({ args }) => {
    const shape = args.isGiven('size') ? args.get('size') : args.rest[0];
    const items = args.isGiven('size') || args.rest.length === 1 ? (shape?.kind === 'sequence' ? shape.items : args.rest) : args.rest; // prettier-ignore
    return tensor(dtypeOf(args.some('dtype'), fallback), items.map(item => axisFrom(item, shapeSize(item) ?? 0)).map((axis, at) => (dimension(items[at]) === null ? axisOf(null, axis.name) : axis))); // prettier-ignore
  },
});

/** A new tensor of the type of another. */
const likeMine = (zeros: boolean): CallEntry => ({
  signature: '*size',
  result: ({ self, args }) => {
    const axes = sizesOf(args.rest).map(item => {
      const size = shapeSize(item);
      return size === null ? axisOf(null) : axisFrom(item, size);
    });
    const dtype = self.kind === 'tensor' ? self.dtype : 'float32';
    return tensor(dtype, axes, zeros ? { derivation: { op: 'zeros' } } : {});
  },
});

/** A tensor from numbers, or from what NumPy holds. */
const fromData: CallEntry = {
  signature: 'data, dtype=None, device=None, requires_grad=False',
  result: ({ args }) => {
    const data = args.get('data');
    const of = asTensor(data) ?? constant(data);
    if (of === null) return data?.kind === 'unknown' ? data : unknown('');
    return { ...of, dtype: dtypeOf(args.some('dtype'), of.dtype) };
  },
};

/** A tensor of a type: of so many numbers along each axis, or from data. */
const ofType = (dtype: string): CallEntry => ({
  signature: '*data',
  result: call => {
    const sizes = call.args.rest.map(dimension);
    const [only] = call.args.rest;
    const isSizes = only !== undefined && (sizes.length > 1 || sizes[0] !== null);
    if (isSizes) return tensor(dtype, plainAxes(sizes));
    const of = asTensor(only) ?? constant(only);
    return of === null ? unknown('') : { ...of, dtype };
  },
});
const TYPES = { Float: 'float32', Double: 'float64', Half: 'float16', Long: 'int64', Int: 'int32', Short: 'int16', Byte: 'uint8', Bool: 'bool' } as const; // prettier-ignore

// Layers

const keeping = (className: string): CallEntry => simple(className, '*options', (_applied, of) => shaped(of, of.axes));

/** Channels stand after the batch, or first of all where there is none. */
function slide(of: Tensor, { args }: Call, rank: number, channels: Dimension | null | 'same', pool: boolean): Tensor {
  const { graphAxes } = { graphAxes: of.axes };
  if (graphAxes === null || (graphAxes.length !== rank + 2 && graphAxes.length !== rank + 1)) return shaped(of, null);
  const front = graphAxes.length - rank;
  const each = (value: Abstract | undefined, otherwise: Dimension): (Dimension | null)[] =>
    value === undefined
      ? Array.from({ length: rank }, () => otherwise)
      : rank === 1
        ? [value.kind === 'sequence' ? dimension(value.items[0]) : dimension(value)]
        : pair(value);
  const kernel = each(args.get('kernel_size'), 1);
  const stride = args.some('stride') === undefined && pool ? kernel : each(args.some('stride'), 1);
  const given = args.get('padding');
  const dilation = each(args.some('dilation'), 1);
  const padding = given?.kind === 'string' ? null : each(given, 0);
  const axes = graphAxes.map((axis, at): TensorAxis => {
    if (at === front - 1) return channels === 'same' ? axis : axisOf(channels, 'channels');
    if (at < front) return axis;
    const own = at - front;
    const window: Window = {
      kernel: kernel[own] ?? null,
      stride: stride[own] ?? null,
      dilation: dilation[own] ?? null,
      padding: padding === null ? ((given as { value: string }).value as 'same' | 'valid') : padding[own] == null ? null : multiply(padding[own], 2), // prettier-ignore
    };
    return { name: axis.name, size: windows(axis.size, window) };
  });
  return shaped(of, axes);
}

/** An argument of the model of which nothing is known yet, in the shape that a layer wants. */
function asked(of: Tensor, applied: Call, names: readonly string[], sizes: readonly (Dimension | null)[]): Tensor {
  const input = applied.reader.graph.inputOf(of);
  if (of.axes !== null || input === null || input.known) return of;
  input.known = true;
  input.axes = names.map((name, at) => axisOf(sizes[at] ?? null, name));
  return applied.reader.graph.tensorOf(input);
}

const convolution =
  (rank: number) =>
  (className: string): CallEntry =>
    simple(
      className,
      "in_channels, out_channels, kernel_size, stride=1, padding=0, dilation=1, groups=1, bias=True, padding_mode='zeros'",
      (applied, of, made) => {
        const places = rank === 1 ? ['steps'] : ['rows', 'columns'];
        const shape = asked(of, applied, ['channels', ...places], [made.args.size('in_channels')]);
        return slide(shape, made, rank, made.args.size('out_channels'), false);
      },
    );

const pooling = (rank: number) => (className: string): CallEntry =>
  simple(className, 'kernel_size, stride=None, padding=0, dilation=1, return_indices=False, ceil_mode=False', (_applied, of, made) => slide(of, made, rank, 'same', true)); // prettier-ignore

const adaptive =
  (rank: number) =>
  (className: string): CallEntry =>
    simple(className, 'output_size', (_applied, of, { args }) => {
      const sizes = rank === 1 ? [args.get('output_size')?.kind === 'sequence' ? pair(args.get('output_size'))[0] : args.size('output_size')] : pair(args.get('output_size')); // prettier-ignore
      if (of.axes === null || of.axes.length < rank) return shaped(of, null);
      const front = of.axes.length - rank;
      return shaped(of, of.axes.map((axis, at) => (at < front ? axis : { name: axis.name, size: sizes[at - front] ?? axis.size }))); // prettier-ignore
    });

const layers = (names: readonly string[], entry: (name: string) => CallEntry): CallTable =>
  Object.fromEntries(names.map(name => [`torch.nn.${name}`, entry(name)]));

const functional = (name: string, rank: number, pool: boolean): CallTable => ({
  [`torch.nn.functional.${name}`]: functionOf({
    rest: pool
      ? 'kernel_size, stride=None, padding=0, dilation=1'
      : 'weight, bias=None, stride=1, padding=0, dilation=1',
    rule: (of, call) => slide(of, call, rank, 'same', pool),
  }),
});

export const TORCH_SHAPES: CallTable = {
  ...Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [`torch.${name}`, functionOf(rule)])),
  ...Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [`torch.nn.functional.${name}`, functionOf(rule)])),
  ...filledLike(['ones', 'rand', 'randn', 'empty', 'full']),
  'torch.empty': created('*size'),
  'torch.full': {
    signature: 'size, fill_value, dtype=None',
    result: ({ args }) => {
      const size = args.get('size');
      return tensor(
        dtypeOf(args.some('dtype')),
        size?.kind === 'sequence' ? plainAxes(size.items.map(shapeSize)) : null,
      );
    },
  },
  'torch.randint': {
    signature: '*limits',
    result: ({ args }) => {
      const size = args.rest.findLast(item => item.kind === 'sequence') ?? args.some('size');
      return tensor(dtypeOf(args.some('dtype'), 'int64'), size?.kind === 'sequence' ? plainAxes(size.items.map(shapeSize)) : null); // prettier-ignore
    },
  },
  'torch.arange': {
    signature: '*limits',
    result: ({ args }) => {
      const [first = null, second, by = 1] = args.rest.map(dimension);
      const [from, to] = second === undefined ? [0, first] : [first, second];
      const span = from === null || to === null ? null : add(to, from, -1);
      const size = span === null || by === null ? null : by === 1 ? span : typeof span === 'number' && typeof by === 'number' ? Math.max(0, Math.ceil(span / by)) : null; // prettier-ignore
      const derivation = from === 0 && by === 1 ? { derivation: { op: 'places' } as const } : {};
      return tensor(dtypeOf(args.some('dtype'), 'int64'), [axisOf(size)], derivation);
    },
  },
  'torch.linspace': {
    signature: 'start, end, steps=100',
    result: ({ args }) => tensor('float32', [axisOf(args.size('steps'))]),
  },
  'torch.eye': {
    signature: 'n, m=None',
    result: ({ args }) => tensor('float32', plainAxes([args.size('n'), dimension(args.some('m') ?? args.get('n'))])),
  },
  'torch.randperm': { signature: 'n', result: ({ args }) => tensor('int64', plainAxes([args.size('n')])) },
  'torch.tensor': fromData,
  'torch.as_tensor': fromData,
  'torch.from_numpy': fromData,
  ...Object.fromEntries(Object.entries(TYPES).flatMap(([name, dtype]) => ['torch', 'torch.cuda'].map(place => [`${place}.${name}Tensor`, ofType(dtype)]))), // prettier-ignore
  // What a module is wrapped into computes the same.
  ...Object.fromEntries(['torch.nn.DataParallel', 'torch.nn.parallel.DataParallel', 'torch.nn.parallel.DistributedDataParallel', 'torch.compile', 'torch.jit.script'].map(name => [name, { signature: 'module, *options', result: ({ args }: Call) => args.get('module') ?? unknown('') }])), // prettier-ignore
  'torch.autograd.Variable': { signature: 'data, requires_grad=False', result: ({ args }) => args.get('data') ?? unknown('') }, // prettier-ignore
  'torch.where': {
    signature: 'condition, input=None, other=None',
    result: ({ args }) => {
      const parts = ['condition', 'input', 'other'].flatMap(name => asTensor(args.get(name)) ?? []);
      const own = asTensor(args.get('input')) ?? asTensor(args.get('other'));
      return own === null ? unknown('') : shaped(own, commonShape(parts));
    },
  },
  'torch.einsum': {
    signature: 'equation, *operands',
    result: ({ args }) => einsum(args.string('equation'), (args.rest.length === 1 ? (tensorsOf(args.rest[0]) ?? []) : args.rest.map(asTensor))), // prettier-ignore
  },
  'torch.permute': functionOf({
    rest: 'dims',
    rule: (of, { args }) => {
      const dims = args.get('dims');
      const order =
        dims?.kind === 'sequence' ? dims.items.map(item => (item.kind === 'number' ? item.value : NaN)) : [];
      if (of.axes === null || order.length !== of.axes.length) return shaped(of, null);
      return shaped(
        of,
        order.map(at => of.axes!.at(at) ?? axisOf(null)),
      );
    },
  }),
  'torch.reshape': functionOf({
    rest: 'shape',
    rule: (of, { args, reader, range }) => {
      const shape = args.get('shape');
      const sizes = shape?.kind === 'sequence' ? shape.items.map(item => (item.kind === 'unknown' ? null : dimension(item))) : null; // prettier-ignore
      return sizes === null ? shaped(of, null) : reshape(reader.graph, of, sizes, range);
    },
  }),
  'torch.multinomial': functionOf(multinomial),
  'torch.nn.functional.one_hot': functionOf({
    rest: 'num_classes=-1',
    rule: (of, { args }) => {
      const classes = args.size('num_classes');
      return tensor(
        'int64',
        of.axes === null ? null : [...of.axes, axisOf(classes === -1 ? null : classes, 'features')],
      );
    },
  }),
  'torch.nn.functional.linear': functionOf({
    rest: 'weight, bias=None',
    rule: (of, { args }) => {
      const width = asTensor(args.get('weight'))?.axes?.[0];
      return shaped(of, of.axes === null || width === undefined ? null : [...of.axes.slice(0, -1), width]);
    },
  }),
  'torch.nn.functional.embedding': functionOf({
    rest: 'weight',
    rule: (of, { args }) => {
      const width = asTensor(args.get('weight'))?.axes?.at(-1);
      return tensor('float32', of.axes === null || width === undefined ? null : [...of.axes, width]);
    },
  }),
  'torch.nn.functional.pad': functionOf({
    rest: "pad, mode='constant', value=0",
    rule: (of, { args }) => {
      const pads = args.get('pad');
      if (of.axes === null || pads?.kind !== 'sequence') return shaped(of, null);
      const axes = [...of.axes];
      for (let at = 0; at * 2 + 1 < pads.items.length; at++) {
        const place = axes.length - 1 - at;
        const [before, after] = [dimension(pads.items[at * 2]), dimension(pads.items[at * 2 + 1])];
        const axis = axes[place];
        if (axis === undefined) break;
        const more = before === null || after === null ? null : add(before, after);
        axes[place] = { name: axis.name, size: axis.size === null || more === null ? null : add(axis.size, more) };
      }
      return shaped(of, axes);
    },
  }),
  ...functional('max_pool1d', 1, true),
  ...functional('avg_pool1d', 1, true),
  ...functional('max_pool2d', 2, true),
  ...functional('avg_pool2d', 2, true),
  'torch.nn.utils.rnn.pad_sequence': {
    signature: 'sequences, batch_first=False, padding_value=0.0',
    result: ({ args }) => {
      const given = args.get('sequences');
      const item = given?.kind === 'many' ? asTensor(given.item) : (tensorsOf(given)?.[0] ?? null);
      const rest = item?.axes?.slice(1);
      if (item === null || rest === undefined) return unknown('padded');
      const [batch, steps] = [
        axisOf(given?.kind === 'sequence' ? given.items.length : null, 'batch'),
        axisOf(null, 'steps'),
      ];
      return tensor(
        item.dtype,
        args.boolean('batch_first') === true ? [batch, steps, ...rest] : [steps, batch, ...rest],
      );
    },
  },
  ...layers(['BatchNorm1d', 'BatchNorm2d', 'LayerNorm', 'GroupNorm', 'InstanceNorm1d', 'LeakyReLU', 'ELU', 'SELU', 'GELU', 'SiLU', 'PReLU', 'Softplus', 'Softsign', 'Hardtanh', 'Dropout1d', 'Dropout2d', 'Dropout3d', 'AlphaDropout', 'ReLU6', 'LogSigmoid', 'Mish'], keeping), // prettier-ignore
  ...layers(['Conv1d'], convolution(1)),
  ...layers(['Conv2d'], convolution(2)),
  ...layers(['MaxPool1d', 'AvgPool1d'], pooling(1)),
  ...layers(['MaxPool2d', 'AvgPool2d'], pooling(2)),
  ...layers(['AdaptiveAvgPool1d', 'AdaptiveMaxPool1d'], adaptive(1)),
  ...layers(['AdaptiveAvgPool2d', 'AdaptiveMaxPool2d'], adaptive(2)),
  'torch.nn.MultiheadAttention': {
    signature: 'embed_dim, num_heads, dropout=0.0, bias=True, add_bias_kv=False, add_zero_attn=False, kdim=None, vdim=None, batch_first=False', // prettier-ignore
    result: call =>
      layer(call, 'MultiheadAttention', [], (applied, input) => {
        const [of, key] = [asTensor(input), asTensor(applied.args.some('hx'))];
        if (of?.axes == null) return tuple([unknown('attention'), unknown('weights')]);
        const first = call.args.boolean('batch_first') === true;
        const [batch, target] = first ? [of.axes[0]!, of.axes[1]!] : [of.axes[1]!, of.axes[0]!];
        const source = key?.axes?.[first ? 1 : 0] ?? target;
        return tuple([shaped(of, of.axes), shaped(of, [batch, target, source])]);
      }),
  },
};

/** Places below the lengths of rows are a mask of the steps: `torch.arange(T)[None, :] < lengths[:, None]`. */
function compared(lengths: 'left' | 'right'): CallEntry {
  return {
    signature: 'left, right',
    result: ({ args, reader }) => {
      const [left, right] = [asTensor(args.get('left')), asTensor(args.get('right'))];
      if (left === null || right === null) {
        const only = left ?? right;
        return only === null ? unknown('') : { ...shaped(only, only.axes), dtype: 'bool' };
      }
      const axes = commonShape([left, right]);
      const [count, place] = lengths === 'left' ? [left, right] : [right, left];
      const input = reader.graph.inputs.get(count.ref?.from ?? '');
      const isMask = place.derivation?.op === 'places' && input !== undefined && input.axes.length === 0;
      if (!isMask || axes?.length !== 2) return { ...shaped(left, axes), dtype: 'bool' };
      reader.graph.useLengths(count.ref!);
      return tensor('bool', [BATCH, { ...axes[1]!, name: 'steps' }], { derivation: { op: 'mask', of: count.ref! } });
    },
  };
}

export const TORCH_SHAPE_METHODS: CallTable = {
  ...Object.fromEntries(Object.entries(RULES).map(([name, rule]) => [`tensor.${name}`, methodOf(rule)])),
  ...Object.fromEntries(['detach', 'detach_', 'clone', 'double', 'half', 'type_as', 'pin_memory', 'retain_grad', 'fill_', 'zero_', 'normal_', 'uniform_', 'copy_', 'data_ptr'].map(name => [`tensor.${name}`, methodOf(keepRef())])), // prettier-ignore
  'tensor<': compared('right'),
  'tensor>': compared('left'),
  'tensor.long': methodOf(keepRef('int64')),
  'tensor.int': methodOf(keepRef('int32')),
  'tensor.bool': methodOf(keepRef('bool')),
  'tensor.double': methodOf(keepRef('float64')),
  'tensor.type': methodOf(keepRef()),
  'tensor.numpy': methodOf(keepRef()),
  'tensor:data': { signature: '', result: ({ self }) => self },
  'tensor:T': methodOf(matrix),
  'tensor:ndim': { signature: '', result: ({ self }) => fromDimension(asTensor(self)?.axes?.length ?? null) },
  'tensor.dim': { signature: '', result: ({ self }) => fromDimension(asTensor(self)?.axes?.length ?? null) },
  'tensor.expand': methodOf(expand),
  'tensor.expand_as': methodOf(expand),
  'tensor.view_as': methodOf(expand),
  'tensor.repeat': methodOf(repeat),
  'tensor.tile': methodOf(repeat),
  'tensor.new_zeros': likeMine(true),
  'tensor.new_ones': likeMine(false),
  'tensor.new_empty': likeMine(false),
  'tensor.new': likeMine(true),
  'tensor.new_tensor': { signature: 'data', result: ({ args }) => constant(args.get('data')) ?? unknown('') },
  'tensor.multinomial': methodOf(multinomial),
  'tensor.item': { signature: '', result: () => unknown('') },
  'tensor.tolist': { signature: '', result: () => unknown('') },
  'tensor.numel': { signature: '', result: () => unknown('') },
  // Methods that only tensors have, with what they say of a tensor of which nothing else is known.
  ...Object.fromEntries(['bmm', 't', 'unsqueeze'].map(name => [`unknown.${name}`, ofUnknown(name)])),
  'unknown.permute': { signature: '*dims', result: ({ args }) => tensor('float32', plainAxes(sizesOf(args.rest).map(() => null))) }, // prettier-ignore
  'unknown.sort': {
    signature: '*options, dim=None, descending=None',
    result: ({ args }) =>
      args.rest.length === 0 && !args.isGiven('dim')
        ? NONE
        : tuple([tensor('float32', null), tensor('int64', null)], { fields: ['values', 'indices'] }),
  },
  // Only tensors and arrays have a view; of one in numbers the axes are told.
  'unknown.view': {
    signature: '*sizes',
    result: ({ args, reader, range }) => {
      const sizes = sizesOf(args.rest);
      const told = sizes.length > 1 && sizes.every(({ kind }) => kind === 'number' || kind === 'size' || kind === 'unknown'); // prettier-ignore
      return told ? tensor('float32', plainAxes(sizes.map(shapeSize))) : unknown(reader.textOf(range).slice(0, 60));
    },
  },
  'unknown.new_zeros': likeMine(true),
  'unknown.new': likeMine(true),
  'unknown.zero_': { signature: '', result: () => tensor('float32', null, { derivation: { op: 'zeros' } }) },
  'unknown.new_ones': likeMine(false),
  ...Object.fromEntries(['to', 'cuda', 'cpu', 'double', 'float', 'half', 'train', 'eval', 'apply', 'type'].map(name => [`layer.${name}`, { signature: '*options', result: ({ self }: Call) => self }])), // prettier-ignore
  ...Object.fromEntries(['double', 'float', 'half', 'cpu', 'apply', 'share_memory'].map(name => [`instance.${name}`, { signature: '*options', result: ({ self }: Call) => self }])), // prettier-ignore
  'instance.register_buffer': {
    signature: 'name, tensor, persistent=True',
    result: ({ self, args }) => {
      const name = args.string('name');
      if (self.kind === 'instance' && name !== undefined) self.attributes.set(name, args.get('tensor') ?? NONE);
      return NONE;
    },
  },
  'instance.add_module': {
    signature: 'name, module',
    result: ({ self, args }) => {
      const name = args.string('name');
      if (self.kind === 'instance' && name !== undefined) self.attributes.set(name, args.get('module') ?? NONE);
      return NONE;
    },
  },
  'layer:weight': {
    signature: '',
    result: ({ self }) => (self.kind === 'layer' && self.weight !== undefined ? tensor('float32', plainAxes(self.weight), { weightOf: { layer: self, name: 'weight' } }) : unknown('weight')), // prettier-ignore
  },
  'sequence.size': { signature: 'dim=None', result: ({ self }) => list(self.kind === 'sequence' ? self.items : []) },
};
