/**
 * Functions that a program hands to TensorFlow to be run: for every item, as long as a condition holds, in one of two
 * cases. What they compute is looked at for its shapes and is no part of a model. Rules: TensorFlow 1.15.
 */
import type { Call, CallEntry, CallTable } from '../calls.ts';
import { asTensor, axisOf, plainAxes, shaped } from '../shapeRules.ts';
import { type Dimension, equal } from '../sizes.ts';
import { type Abstract, dimension, fromDimension, list, NONE, tensor, type Tensor, type TensorAxis, tuple, unknown } from '../values.ts'; // prettier-ignore
import { dtypeOf, shapeOf } from './operations.ts';
import { constant } from './shapes.ts';

const MAX_NESTING = 6;

/** What a rule makes of every tensor of a structure. */
function each(value: Abstract, rule: (of: Tensor) => Abstract, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (value.kind === 'sequence') return { ...value, items: value.items.map(item => each(item, rule, depth + 1)) };
  const of = asTensor(value) ?? (value.kind === 'number' || value.kind === 'boolean' ? constant(value) : null);
  return of === null ? unknown('') : rule(of);
}

function parts(value: Abstract): readonly Abstract[] {
  return value.kind === 'sequence' ? value.items : [value];
}

function first(value: Abstract): TensorAxis | undefined {
  return value.kind === 'sequence' ? (value.items[0] === undefined ? undefined : first(value.items[0])) : asTensor(value)?.axes?.[0]; // prettier-ignore
}

/** A slice along the first axis of every tensor. */
const slice = (value: Abstract): Abstract => each(value, of => shaped(of, of.axes?.slice(1) ?? null));
/** As many of them in a row. */
const rows = (value: Abstract, along: TensorAxis | undefined): Abstract =>
  each(value, of => shaped(of, of.axes === null ? null : [along ?? axisOf(null), ...of.axes]));

function look({ reader, range }: Call, make: Abstract | undefined, args: readonly Abstract[]): Abstract {
  return make === undefined ? unknown('') : reader.graph.aside(() => reader.call(make, args, range));
}

const OVER = 'fn, elems, initializer=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True, reverse=False, name=None'; // prettier-ignore

const scan: CallEntry = {
  signature: OVER,
  result: call => {
    const elems = call.args.get('elems') ?? unknown('');
    const start = call.args.some('initializer') ?? slice(elems);
    look(call, call.args.get('fn'), [start, slice(elems)]);
    return rows(start, first(elems));
  },
};

const fold: CallEntry = {
  signature: OVER,
  result: call => {
    const elems = call.args.get('elems') ?? unknown('');
    const start = call.args.some('initializer') ?? slice(elems);
    look(call, call.args.get('fn'), [start, slice(elems)]);
    return each(start, of => shaped(of, of.axes));
  },
};

const mapped: CallEntry = {
  signature: 'fn, elems, dtype=None, parallel_iterations=None, back_prop=True, swap_memory=False, infer_shape=True, name=None, fn_output_signature=None',
  result: call => {
    const elems = call.args.get('elems') ?? unknown('');
    return rows(look(call, call.args.get('fn'), [slice(elems)]), first(elems));
  },
}; // prettier-ignore

/** What two values have in common: an axis that is of two sizes is of any. */
function common(a: Abstract, b: Abstract, depth = 0): Abstract {
  if (depth > MAX_NESTING) return unknown('');
  if (a.kind === 'sequence' && b.kind === 'sequence' && a.items.length === b.items.length)
    return { ...a, items: a.items.map((item, at) => common(item, b.items[at]!, depth + 1)) };
  if (a.kind === 'object') return a;
  const [one, other] = [a, b].map(value => asTensor(value) ?? constant(value));
  if (one?.axes == null || other?.axes?.length !== one.axes.length) return unknown('');
  const alike = (x: Dimension | null, y: Dimension | null): boolean => x !== null && y !== null && equal(x, y);
  return shaped(one, one.axes.map((axis, at) => (alike(axis.size, other.axes![at]!.size) ? axis : { ...axis, size: null }))); // prettier-ignore
}

/** Counters of a loop are of no value that is known. */
function open(value: Abstract): Abstract {
  if (value.kind === 'sequence') return { ...value, items: value.items.map(open) };
  return value.kind === 'number' || value.kind === 'boolean' ? (constant(value) ?? value) : value;
}

const whileLoop: CallEntry = {
  signature: 'cond, body, loop_vars, shape_invariants=None, parallel_iterations=10, back_prop=True, swap_memory=False, maximum_iterations=None, name=None',
  result: call => {
    const given = call.args.get('loop_vars') ?? unknown('');
    const start = { ...list(parts(given).map(open)), type: 'tuple' as const };
    look(call, call.args.get('cond'), start.items);
    const made = look(call, call.args.get('body'), start.items);
    const ended = made.kind === 'sequence' ? made : tuple([made]);
    const found = common(start, ended);
    return found.kind === 'sequence' && given.kind === 'sequence' ? found : found.kind === 'sequence' ? found.items[0]! : unknown('');
  },
}; // prettier-ignore

const either: CallEntry = {
  signature: 'pred, true_fn=None, false_fn=None, name=None, fn1=None, fn2=None, strict=False',
  result: call => {
    const [a, b] = [['true_fn', 'fn1'], ['false_fn', 'fn2']].map(([one, other]) => look(call, call.args.some(one!) ?? call.args.some(other!), [])); // prettier-ignore
    return common(a!, b!);
  },
};

// Arrays of tensors

const ARRAY: CallEntry = {
  signature: 'dtype, size=None, dynamic_size=None, clear_after_read=None, tensor_array_name=None, handle=None, flow=None, infer_shape=True, element_shape=None, colocate_with_first_write_call=True, name=None',
  result: ({ args }) => {
    const sizes = shapeOf(args.some('element_shape'));
    const growing = args.boolean('dynamic_size') === true || args.isUnknown('dynamic_size');
    return arrayOf(sizes === null ? null : tensor(dtypeOf(args.get('dtype')), plainAxes(sizes)), growing ? null : args.size('size'));
  },
}; // prettier-ignore

function arrayOf(item: Tensor | null, size: Dimension | null): Abstract {
  return { kind: 'object', type: 'tf.array', attributes: new Map<string, Abstract>([[' item', item ?? NONE], [' size', size === null ? NONE : fromDimension(size)]]) }; // prettier-ignore
}

function held({ self }: Call): { readonly item: Tensor | null; readonly size: Dimension | null } {
  const attributes = self.kind === 'object' ? self.attributes : new Map<string, Abstract>();
  return { item: asTensor(attributes.get(' item')), size: dimension(attributes.get(' size')) };
}

export const CONTROL_CALLS: CallTable = {
  'tf.scan': scan,
  'tf.foldl': fold,
  'tf.foldr': fold,
  'tf.map_fn': mapped,
  'tf.vectorized_map': mapped,
  'tf.while_loop': whileLoop,
  'tf.cond': either,
  'tf.TensorArray': ARRAY,
};

export const CONTROL_METHODS: CallTable = {
  'tf.array.write': {
    signature: 'index, value, name=None',
    result: call => {
      const { self, args } = call;
      const value = asTensor(args.get('value')) ?? constant(args.get('value'));
      // The array itself is what is written to, whether or not the program keeps what this gives.
      if (self.kind === 'object' && value !== null && held(call).item === null) self.attributes.set(' item', shaped(value, value.axes)); // prettier-ignore
      return self;
    },
  },
  'tf.array.read': { signature: 'index, name=None', result: call => held(call).item ?? unknown('') },
  'tf.array.unstack': {
    signature: 'value, name=None',
    result: ({ args }) => {
      const of = asTensor(args.get('value'));
      return arrayOf(of === null ? null : shaped(of, of.axes?.slice(1) ?? null), of?.axes?.[0]?.size ?? null);
    },
  },
  ...Object.fromEntries(
    ['stack', 'pack'].map((name): [string, CallEntry] => [
      `tf.array.${name}`,
      {
        signature: 'name=None',
        result: call => {
          const { item, size } = held(call);
          return item === null ? unknown('') : shaped(item, item.axes === null ? null : [axisOf(size), ...item.axes]);
        },
      },
    ]),
  ),
  'tf.array.concat': {
    signature: 'name=None',
    result: call => {
      const { item } = held(call);
      return item === null
        ? unknown('')
        : shaped(item, item.axes === null ? null : [axisOf(null), ...item.axes.slice(1)]);
    },
  },
  'tf.array.size': { signature: 'name=None', result: call => fromDimension(held(call).size) },
};
