/** PyTorch's functions and methods of tensors, losses, optimizers and data, as far as recurrent programs use them. */
import { phrase } from '../../model/phrase.ts';
import type { Activation, LossOptions, LossSpec, OptimizerSpec, TensorRef } from '../../model/spec.ts';
import { Arguments, type Call, type CallEntry, type CallTable } from '../calls.ts';
import { BATCH, type Input, isBatch } from '../graph.ts';
import { withOptions } from '../activations.ts';
import { LossArguments } from '../losses.ts';
import { placeOf, plainAxes, reduced, shaped } from '../shapeRules.ts';
import type { Dimension } from '../sizes.ts';
import { concatenate, concatenateMany, reshape, stack, stackMany, tensorsOf, transpose } from '../tensors.ts';
import { axisValue, dtypeOf } from '../tensorflow1/operations.ts';
import { constantsOf } from '../tensorflow1/shapes.ts';
import {
  type Abstract,
  type Derivation,
  dimension,
  isFalse,
  isTrue,
  NONE,
  tensor,
  type Tensor,
  type TensorAxis,
  tuple,
  unknown,
} from '../values.ts';
import { activate, drop } from './modules.ts';
import { optimizerParts } from './parameters.ts';
import { clip } from './training.ts';

function asTensor(value: Abstract | undefined): Tensor | null {
  return value?.kind === 'tensor' ? value : null;
}

/** The tensor of a method, or of a function's first argument. */
function subject(call: Call, name = 'input'): Tensor | null {
  return asTensor(call.self) ?? asTensor(call.args.get(name));
}

function integers(values: readonly Abstract[]): number[] | null {
  const [only] = values;
  const items = values.length === 1 && only?.kind === 'sequence' ? only.items : values;
  const numbers = items.map(item => (item.kind === 'number' ? item.value : NaN));
  return numbers.some(Number.isNaN) ? null : numbers;
}

/** The sizes of a new shape; the batch and what is not known count as open. */
function sizes(values: readonly Abstract[]): (Dimension | null)[] {
  const [only] = values;
  const items = values.length === 1 && only?.kind === 'sequence' ? only.items : values;
  return items.map(item => (item.kind === 'unknown' && OF_BATCH.test(item.name ?? item.text) ? null : dimension(item)));
}

/** Names of the number of rows: `x.size(0)`, `batch_size`. */
const OF_BATCH = /batch|\bbsz?\b|\.size\(0\)|\.shape\[0\]|^$/i;

const isPart = (value: Abstract): boolean => value.kind === 'unknown' && /\[[^\]]*:[^\]]*\]$/.test(value.name ?? value.text); // prettier-ignore

function reshaped(call: Call): Abstract {
  const of = asTensor(call.self);
  if (of === null) return unknown('');
  // `view(*x.shape[:2], -1)`, of which not even the number of axes is known.
  if (call.args.rest.some(isPart)) return tensor(of.dtype, null, { lost: true });
  return reshape(call.reader.graph, of, sizes(call.args.rest), call.range);
}

function size(call: Call): Abstract {
  const given = asTensor(call.self);
  const of = given === null ? null : call.reader.graph.fresh(given);
  const at = call.args.get('dim');
  if (of?.axes == null)
    return at === undefined || at.kind === 'none'
      ? { kind: 'many', item: unknown(''), count: unknown('') }
      : unknown(call.reader.textOf(call.range));
  if (at?.kind === 'number') {
    const axis = of.axes.at(at.value);
    return axis === undefined ? unknown('') : axisValue(axis);
  }
  return tuple(of.axes.map(axisValue));
}

/** An argument of which nothing is known yet is a sequence where the program gives it three axes. */
function ofRank({ reader }: Call, of: Tensor | null, rank: number): Tensor | null {
  const input = reader.graph.inputOf(of ?? undefined);
  if (of === null || of.axes !== null || input === null || input.known || rank !== 3) return of;
  reader.graph.shape(input, false);
  return reader.graph.tensorOf(input);
}

function swapped(call: Call): Abstract {
  const of = ofRank(call, subject(call), 3);
  const [first, second] = [call.args.number('dim0'), call.args.number('dim1')];
  if (of?.axes == null || first === undefined || second === undefined) return of ?? unknown('');
  const order = of.axes.map((_, place) => place);
  const [a, b] = [first < 0 ? first + order.length : first, second < 0 ? second + order.length : second];
  if (order[a] === undefined || order[b] === undefined) return tensor(of.dtype, null);
  [order[a], order[b]] = [order[b], order[a]];
  return transpose(of, order);
}

function reduceOver(by: 'mean' | 'sum' | 'max'): (call: Call) => Abstract {
  return call => {
    const held = subject(call);
    if (held === null) return unknown('');
    const of = call.reader.graph.fresh(held);
    const given = call.args.some('dim') ?? call.args.some('axis');
    const at = given?.kind === 'number' ? given.value : undefined;
    if (given === undefined) return whole(of, by);
    const special = call.args.boolean('keepdim') === true ? null : reduceParts(call, of, at, by) ?? countSteps(call, of, at, by); // prettier-ignore
    if (special !== null) return special;
    if (given.kind === 'sequence' || call.args.boolean('keepdim') === true) {
      const left = tensor(of.dtype, reduced(of, given, call.args.boolean('keepdim') === true), { lost: true });
      return by === 'max' ? tuple([left, { ...left, dtype: 'int64' }], { fields: ['values', 'indices'] }) : left;
    }
    const along = at === undefined ? undefined : of.axes?.at(at);
    if (of.axes === null || along === undefined) return tensor(of.dtype, null);
    const masked = of.derivation?.op === 'masked' && by === 'sum' && along.name === 'steps' ? of.derivation : null;
    const axes = of.axes.filter(axis => axis !== along);
    if (masked !== null) return maskedSum(call, masked.of, masked.mask, axes);
    const pick = (value: Tensor): Abstract =>
      by === 'max' ? tuple([value, tensor('int64', axes)], { fields: ['values', 'indices'] }) : value;
    if (along.name !== 'steps' || of.ref === undefined || of.displaced !== undefined)
      return pick(tensor(of.dtype, axes));
    const id = call.reader.graph.add(by, { op: 'reduce_steps', input: of.ref, by }, { range: call.range });
    const meaning =
      by === 'mean'
        ? phrase('mean over the steps')
        : by === 'sum'
          ? phrase('sum over the steps')
          : phrase('largest over the steps');
    return pick(tensor(of.dtype, axes, { ref: { from: id }, meaning }));
  };
}

/** Over the axis along which a tensor is put together: the sum or mean of its parts. */
function reduceParts({ reader, range }: Call, of: Tensor, at: number | undefined, by: string): Tensor | null {
  const { parts, axes } = of;
  if (parts === undefined || axes === null || at === undefined || by === 'max') return null;
  const refs = parts.flatMap(part => part.ref ?? []);
  if (placeOf(at, axes.length) !== (of.partsAt ?? 0) || refs.length < parts.length) return null;
  const id = reader.graph.add(by, { op: 'combine', inputs: refs, by: by === 'mean' ? 'average' : 'add' }, { range });
  return tensor(of.dtype, parts[0]!.axes, { ref: { from: id } });
}

/** The sum of a mask over the steps: how many of them count. */
function countSteps({ reader: { graph } }: Call, of: Tensor, at: number | undefined, by: string): Tensor | null {
  const fed = graph.inputOf(of);
  const mask = of.derivation?.op === 'mask' ? of.derivation.of : fed?.role === 'mask' ? of.ref : undefined;
  if (mask === undefined || by !== 'sum' || at === undefined) return null;
  const place = of.axes === null ? at : placeOf(at, of.axes.length);
  return place === 1 ? tensor('float32', [BATCH], { derivation: { op: 'counted', of: mask } }) : null;
}

/** The sum over the steps that count. */
function maskedSum({ reader, range }: Call, of: Tensor, mask: TensorRef, axes: readonly TensorAxis[]): Tensor {
  const id = reader.graph.add('sum', { op: 'reduce_steps', input: of.ref!, by: 'sum', mask }, { range });
  return tensor(of.dtype, axes, { ref: { from: id }, meaning: phrase('sum over the steps that count') });
}

/** A loss stays a loss when it is averaged. */
function whole(of: Tensor, by: 'mean' | 'sum' | 'max'): Tensor {
  const { derivation } = of;
  if (derivation?.op !== 'loss' || by === 'max') return tensor(of.dtype, []);
  return tensor(of.dtype, [], {
    derivation: { ...derivation, reduction: by },
    meaning: phrase('loss that is minimised'),
  });
}

const same: CallEntry = {
  signature: '*args',
  result: ({ self, args }) => (self.kind === 'none' ? (args.rest[0] ?? NONE) : self),
};

/** An activation as a function of a tensor, or as its method. */
const activation = (which: Activation, options = 'dim=None'): CallEntry => ({
  signature: `input, ${options}, inplace=False`,
  result: call => {
    const of = subject(call);
    return of === null ? unknown(which) : activate(call, of, withOptions(which, call, of));
  },
});

/** The axis of a size that a program gives: `x.size(0)` is the batch. */
function axisFor(value: Abstract): TensorAxis {
  const text = value.kind === 'unknown' ? (value.name ?? value.text) : '';
  const of = value.kind === 'unknown' ? /^(\w+)\.(?:size\(0\)|shape\[0\])$/.exec(value.text)?.[1] : undefined;
  if (of !== undefined) return { ...BATCH, firstOf: of };
  if (/batch|\.size\(0\)|\.shape\[0\]/i.test(text)) return BATCH;
  return { name: '', size: dimension(value) };
}

function filled(zeros: boolean): CallEntry {
  return {
    signature: '*size',
    result: ({ args }) => {
      const given = args.rest.length === 1 && args.rest[0]?.kind === 'sequence' ? args.rest[0].items : args.rest;
      const axes = given.map(axisFor);
      return tensor(dtypeOf(args.some('dtype')), axes, zeros ? { derivation: { op: 'zeros' } } : {});
    },
  };
}

/** Ones, each of them known where they stand in one short row. */
const ONES: CallEntry = {
  ...filled(false),
  result: call => {
    const made = filled(false).result(call);
    const size = made.kind === 'tensor' && made.axes?.length === 1 ? made.axes[0]!.size : null;
    if (made.kind !== 'tensor' || typeof size !== 'number' || size > 1000) return made;
    return { ...made, derivation: { op: 'constants', values: Array.from({ length: size }, () => 1) } };
  },
};

// Packed sequences

function pack(call: Call): Abstract {
  const { args, reader } = call;
  let of = asTensor(args.get('input'));
  const lengths = args.get('lengths');
  if (of === null) return unknown('');
  const input = reader.graph.inputOf(of);
  const batchFirst = args.boolean('batch_first') === true;
  if (input !== null && !input.known) {
    reader.graph.shape(input, !batchFirst);
    of = reader.graph.tensorOf(input);
  }
  return { ...of, packed: { lengths: lengthsRef(call, lengths) } };
}

function lengthsRef(call: Call, value: Abstract | undefined): TensorRef | null {
  const { graph } = call.reader;
  const input = graph.inputOf(value);
  if (input === null) return null;
  input.role = 'lengths';
  if (!input.known) {
    input.known = true;
    input.dtype = 'int64';
    input.axes = [];
  }
  return { from: input.id };
}

function unpack({ args }: Call): Abstract {
  const of = asTensor(args.get('sequence'));
  if (of === null) return tuple([unknown(''), unknown('')]);
  const { packed: _packed, ...rest } = of;
  const batchFirst = args.boolean('batch_first') === true;
  const stepsFirst = of.axes?.[0]?.name === 'steps';
  const padded = of.axes !== null && stepsFirst === batchFirst ? transpose(rest, [1, 0, 2]) : rest;
  const batch = of.axes?.find(isBatch) ?? of.axes?.[stepsFirst ? 1 : 0];
  return tuple([
    padded,
    tensor('int64', batch === undefined ? null : [batch], { meaning: phrase('number of valid steps of each row') }),
  ]);
}

// Losses

interface LossEntry {
  readonly kind: LossSpec['kind'];
  /** Options of the module in order; those of the function follow its input and target. */
  readonly options: string;
  /** Function of `torch.nn.functional`. */
  readonly function: string;
}

const PLAIN = 'size_average=None, reduce=None, reduction=None';
/** Classes of `torch.nn`, and functions of `torch.nn.functional`. Source: PyTorch 2 `nn/modules/loss.py`, `nn/functional.py`. */
const LOSSES: Readonly<Record<string, LossEntry>> = {
  CrossEntropyLoss: { kind: 'sparse_softmax_cross_entropy', function: 'cross_entropy', options: 'weight=None, size_average=None, ignore_index=None, reduce=None, reduction=None, label_smoothing=0.0' },
  NLLLoss: { kind: 'sparse_softmax_cross_entropy', function: 'nll_loss', options: 'weight=None, size_average=None, ignore_index=None, reduce=None, reduction=None' },
  BCEWithLogitsLoss: { kind: 'sigmoid_cross_entropy', function: 'binary_cross_entropy_with_logits', options: `weight=None, ${PLAIN}, pos_weight=None` },
  BCELoss: { kind: 'sigmoid_cross_entropy', function: 'binary_cross_entropy', options: `weight=None, ${PLAIN}` },
  MultiLabelSoftMarginLoss: { kind: 'sigmoid_cross_entropy', function: 'multilabel_soft_margin_loss', options: `weight=None, ${PLAIN}` },
  MSELoss: { kind: 'mean_squared_error', function: 'mse_loss', options: PLAIN },
  L1Loss: { kind: 'mean_absolute_error', function: 'l1_loss', options: PLAIN },
  SmoothL1Loss: { kind: 'huber', function: 'smooth_l1_loss', options: `${PLAIN}, beta=1.0` },
  HuberLoss: { kind: 'huber', function: 'huber_loss', options: 'reduction=None, delta=1.0' },
  PoissonNLLLoss: { kind: 'poisson_of_logarithms', function: 'poisson_nll_loss', options: 'log_input=True, full=False, size_average=None, eps=1e-8, reduce=None, reduction=None' },
  KLDivLoss: { kind: 'kl_divergence_of_logarithms', function: 'kl_div', options: `${PLAIN}, log_target=False` },
}; // prettier-ignore

/** The axes that a reshape has merged, apart again; without the batch. */
function rowAxes(of: Tensor): TensorAxis[] {
  return (of.axes ?? []).flatMap(axis => axis.merged ?? [axis]).filter(axis => !isBatch(axis));
}

/** The target of a loss; what the program feeds there becomes an input of the model. */
function targetOf(call: Call, value: Abstract | undefined, kind: LossSpec['kind'], prediction: Tensor): Tensor | null {
  const { graph } = call.reader;
  const sparse = kind === 'sparse_softmax_cross_entropy';
  const classes = prediction.displaced ?? prediction.axes?.at(-1);
  const rows = rowAxes(prediction).filter(axis => !sparse || axis !== classes);
  const axes = rows.map(axis => (axis.name === 'units' ? { ...axis, name: 'features' } : axis));
  const known = asTensor(value);
  if (known?.ref !== undefined) {
    graph.use(known, 'target');
    return known;
  }
  const name = value?.kind === 'unknown' ? /^[A-Za-z_]\w*/.exec(value.name ?? value.text)?.[0] : undefined;
  const id = name ?? 'y';
  const old: Input | undefined = graph.inputs.get(id);
  if (old?.role === 'target') return graph.tensorOf(old);
  const input = graph.input(id, { role: 'target', dtype: sparse ? 'int64' : 'float32', axes, range: call.range });
  return graph.tensorOf(input);
}

interface ReadOptions {
  readonly kind: LossSpec['kind'];
  readonly options: LossOptions;
  /** The loss times this. */
  readonly factor?: number;
}

/** The options of a loss that change its values. */
function readOptions(kind: LossSpec['kind'], given: LossArguments): ReadOptions {
  // One weight for each of what belongs to a row, all of them known and none below 0.
  const weightsOf = (name: string): readonly number[] | undefined => {
    const value = given.get(name);
    const values = constantsOf(value);
    if (values?.every(weight => weight >= 0) === true) return values;
    if (value !== undefined) given.leaveOpen(name);
    return undefined;
  };
  for (const name of ['full', 'log_target']) if (isTrue(given.get(name))) given.leaveOpen(name);
  const logarithms = !isFalse(given.get('log_input'));
  const beta = given.number('beta');
  const [smoothing, classWeights, positiveWeights] = [given.number('label_smoothing'), weightsOf('weight'), weightsOf('pos_weight')]; // prettier-ignore
  const delta = given.number('delta') ?? beta;
  const epsilon = logarithms ? undefined : given.number('eps');
  return {
    // Without a parabola it is the absolute error.
    kind: beta === 0 ? 'mean_absolute_error' : logarithms ? kind : 'poisson',
    options: {
      ...(smoothing === undefined || smoothing === 0 ? {} : { labelSmoothing: smoothing }),
      ...(classWeights === undefined ? {} : { classWeights: [...classWeights] }),
      ...(positiveWeights === undefined ? {} : { positiveWeights: [...positiveWeights] }),
      ...(delta === undefined || delta === 0 || delta === 1 ? {} : { delta }),
      ...(epsilon === undefined ? {} : { epsilon }),
    },
    // A smooth L1 loss is Huber's, divided by where its parabola ends.
    ...(beta === undefined || beta === 0 || beta === 1 ? {} : { factor: 1 / beta }),
  };
}

/** `reduction`, or what older programs say in its place. */
function reductionOf(given: LossArguments): 'none' | 'mean' | 'sum' | 'batchmean' | null {
  const reduction = given.get('reduction');
  if (reduction === undefined) {
    if (isFalse(given.get('reduce'))) return 'none';
    return isFalse(given.get('size_average')) ? 'sum' : 'mean';
  }
  const name = reduction.kind === 'string' ? reduction.value : '';
  return name === 'none' || name === 'mean' || name === 'sum' || name === 'batchmean' ? name : null;
}

function lossCall(call: Call, name: string, given: LossArguments): Abstract {
  const { graph } = call.reader;
  const read = readOptions(LOSSES[name]!.kind, given);
  const { kind, options } = read;
  const prediction = asTensor(call.args.get('input'));
  if (prediction === null) return unknown('loss');
  const node = graph.nodeOf(prediction.ref);
  // The likelihood of a log-softmax is its cross-entropy: a log-softmax of one changes nothing.
  const likely = node?.op === 'activation' && node.activation === 'log_softmax';
  const fromLogits = name === 'NLLLoss' ? likely : name !== 'BCELoss';
  const target = targetOf(call, call.args.get('target'), kind, prediction);
  if (target === null) return unknown('loss');
  if (kind === 'sparse_softmax_cross_entropy' && prediction.ref !== undefined && name !== 'NLLLoss')
    graph.scores.add(prediction.ref.from);
  const { displaced, axes } = prediction;
  const classAxis = displaced === undefined ? -1 : (axes ?? []).indexOf(displaced);
  // Rows of steps before batch are others.
  const flattened = axes?.[0]?.merged?.length === 2 && isBatch(axes[0].merged[0]);
  const squeezed = displaced?.size === 1 && axes !== null && !axes.includes(displaced);
  const reduction = reductionOf(given);
  const averaged = options.classWeights !== undefined && kind === 'sparse_softmax_cross_entropy' ? 'mean_over_weights' : 'mean'; // prettier-ignore
  // The mean over rows of the sums of their values.
  const rows = prediction.axes?.filter(axis => !isBatch(axis)).map(({ size }) => size) ?? [null];
  const perRow = reduction === 'batchmean' ? rows.reduce<number | null>((all, size) => (all === null || typeof size !== 'number' ? null : all * size), 1) : 1; // prettier-ignore
  const ignored = given.get('ignore_index');
  // What PyTorch ignores where the program does not say.
  const ignoreLabel =
    ignored?.kind === 'number' ? ignored.value : kind === 'sparse_softmax_cross_entropy' ? -100 : undefined;
  const factor = (read.factor ?? 1) * (perRow ?? 1);
  if (reduction === null || perRow === null) given.leaveOpen('reduction');
  const { open } = given;
  const derivation: Derivation = {
    op: 'loss',
    kind,
    prediction,
    target,
    fromLogits,
    reduction: reduction === 'none' || reduction === 'sum' ? reduction : averaged,
    ...(factor === 1 ? {} : { factor }),
    ...(ignoreLabel === undefined ? {} : { ignoreLabel }),
    ...(classAxis > 0 ? { classAxis } : {}),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...(open.length === 0 ? {} : { open }),
    ...(squeezed ? { squeezed: true } : {}),
    ...(flattened ? { flattened: true } : {}),
  };
  const loss = tensor('float32', reduction === 'none' ? (target.axes ?? null) : [], {
    derivation,
    meaning: phrase('loss that is minimised'),
  });
  if (reduction !== 'none') graph.losses.push({ loss, range: call.range });
  return loss;
}

/** A module of a loss: it keeps its options until it is called. */
function lossModule(name: string): CallEntry {
  const { options } = LOSSES[name]!;
  const names = options.split(', ').map(option => option.split('=')[0]!);
  return {
    signature: options,
    result: ({ args }) => ({
      kind: 'object',
      type: 'torch.loss',
      attributes: new Map<string, Abstract>([
        ['class', { kind: 'string', value: name }],
        ...names.map((one): [string, Abstract] => [one, args.get(one) ?? NONE]),
      ]),
    }),
  };
}

function lossFunction(name: string): CallEntry {
  return {
    signature: `input, target, ${LOSSES[name]!.options}`,
    result: call => lossCall(call, name, new LossArguments(option => call.args.some(option))),
  };
}

// Training

/** The options that are given, of an optimizer or of one of its groups. @param names of numbers. */
function optionsOf(args: Arguments, names: Readonly<Record<string, keyof OptimizerSpec>>): Partial<OptimizerSpec> {
  const rate = args.givenNumber('lr');
  const betas = args.isGiven('betas') ? args.get('betas') : undefined;
  const [beta1, beta2] = betas?.kind === 'sequence' ? betas.items : [];
  const chosen = Object.entries(names).flatMap(([name, key]) => {
    const value = args.givenNumber(name);
    return value === undefined ? [] : [[key, value] as const];
  });
  return {
    ...(rate === undefined || rate <= 0 ? {} : { learningRate: rate }),
    ...Object.fromEntries(chosen),
    ...(beta1?.kind === 'number' ? { beta1: beta1.value } : {}),
    ...(beta2?.kind === 'number' ? { beta2: beta2.value } : {}),
    ...(args.boolean('nesterov') === true ? { nesterov: true } : {}),
    ...(args.boolean('centered') === true ? { centered: true } : {}),
    ...(args.boolean('decoupled_weight_decay') === true ? { decoupledDecay: true } : {}),
  };
}

/** Whether the steps go up the loss, or may. */
function climbs(args: Arguments): boolean {
  return args.isGiven('maximize') && args.boolean('maximize') !== false;
}

function optimizer(
  kind: OptimizerSpec['kind'],
  options: string,
  names: Readonly<Record<string, keyof OptimizerSpec>>,
): CallEntry {
  const signature = `params, lr=None, ${options}, maximize=False`;
  return {
    signature,
    result: ({ args, range }) => {
      const rate = args.givenNumber('lr');
      const spec: OptimizerSpec = {
        kind: kind === 'adam' && args.boolean('amsgrad') === true ? 'amsgrad' : kind,
        ...(kind === 'adamw' && args.boolean('amsgrad') === true ? { amsgrad: true } : {}),
        ...optionsOf(args, names),
      };
      const open = climbs(args) ? [phrase('{0} cannot be run yet: {1}', 'maximize', args.text('maximize'))] : [];
      const own = optimizerParts(args.get('params'), ({ entries }) => {
        const given = [...entries].map(([option, value]) => ({ name: option, value, range }));
        if (climbs(new Arguments(signature, given)))
          open.push(phrase('{0} cannot be run yet: {1}', 'maximize', 'True'));
        return optionsOf(new Arguments(signature, given), names);
      });
      return {
        kind: 'optimizer',
        spec,
        complete: rate !== undefined,
        ...(own && { parts: own }),
        ...(open.length > 0 && { open }),
      };
    },
  };
}

export const TORCH_CALLS: CallTable = {
  'torch.zeros': filled(true),
  'torch.ones': ONES,
  'torch.randn': filled(false),
  'torch.rand': filled(false),
  'torch.zeros_like': {
    signature: 'input',
    result: call => ({ ...tensor('float32', subject(call)?.axes ?? null), derivation: { op: 'zeros' } }),
  },
  'torch.cat': {
    signature: 'tensors, dim=0, axis=None',
    result: ({ args, reader, range }) => {
      const given = args.get('tensors');
      const at = args.number('dim') ?? args.number('axis') ?? 0;
      if (given?.kind === 'many') return concatenateMany(given, at);
      const parts =
        given?.kind === 'sequence' ? given.items.flatMap(item => (item.kind === 'tensor' ? [item] : [])) : [];
      if (parts.length === 0) return unknown('');
      if (given?.kind === 'sequence' && parts.length === given.items.length)
        return concatenate(reader.graph, parts, at, range);
      // Of what is not known not even the width is.
      const [first] = parts;
      const place = first!.axes === null ? null : placeOf(at, first!.axes.length);
      const axes = first!.axes?.map((axis, own) => (own === place ? { name: axis.name, size: null } : axis)) ?? null;
      return shaped(first!, axes);
    },
  },
  'torch.stack': {
    signature: 'tensors, dim=0',
    result: ({ args, reader }) => {
      const given = args.get('tensors');
      const at = args.number('dim') ?? args.number('axis') ?? 0;
      if (given?.kind === 'many') return stackMany(reader.graph, given, at, phrase('h at every step'));
      const parts = tensorsOf(given);
      return parts === null || parts.length === 0
        ? unknown('')
        : stack(reader.graph, parts, at, phrase('h at every step'));
    },
  },
  'torch.transpose': { signature: 'input, dim0, dim1', result: swapped },
  'torch.squeeze': { signature: 'input, dim=None', result: squeeze },
  'torch.mean': { signature: 'input, dim=None, keepdim=False', result: reduceOver('mean') },
  'torch.sum': { signature: 'input, dim=None, keepdim=False', result: reduceOver('sum') },
  'torch.max': { signature: 'input, dim=None, keepdim=False', result: reduceOver('max') },
  'torch.relu': activation('relu'),
  'torch.tanh': activation('tanh'),
  'torch.sigmoid': activation('sigmoid'),
  'torch.softmax': activation('softmax'),
  'torch.log_softmax': activation('log_softmax'),
  'torch.nn.functional.relu': activation('relu'),
  'torch.nn.functional.tanh': activation('tanh'),
  'torch.nn.functional.sigmoid': activation('sigmoid'),
  'torch.nn.functional.softmax': activation('softmax'),
  'torch.nn.functional.log_softmax': activation('log_softmax'),
  'torch.nn.functional.leaky_relu': activation('leaky_relu', 'negative_slope=0.01'),
  'torch.nn.functional.gelu': activation('gelu', "approximate='none'"),
  'torch.nn.functional.elu': activation('elu', 'alpha=1.0'),
  'torch.nn.functional.selu': activation('selu', ''),
  'torch.selu': activation('selu', ''),
  'torch.nn.functional.silu': activation('swish', ''),
  'torch.nn.functional.relu6': activation('relu6', ''),
  'torch.nn.functional.softplus': activation('softplus', 'beta=1.0, threshold=20.0'),
  'torch.nn.functional.softsign': activation('softsign', ''),
  'torch.nn.functional.hardsigmoid': activation('hard_sigmoid_keras3', ''),
  'torch.nn.functional.dropout': {
    signature: 'input, p=0.5, training=True, inplace=False',
    result: call => {
      const of = subject(call);
      return of === null ? unknown('') : drop(call, of, call.args.number('p') ?? 0);
    },
  },
  ...Object.fromEntries(
    Object.entries(LOSSES).flatMap(([name, { function: own }]) => [
      [`torch.nn.${name}`, lossModule(name)],
      [`torch.nn.functional.${own}`, lossFunction(name)],
    ]),
  ),
  'torch.nn.utils.rnn.pack_padded_sequence': {
    signature: 'input, lengths, batch_first=False, enforce_sorted=True',
    result: pack,
  },
  'torch.nn.utils.rnn.pad_packed_sequence': {
    signature: 'sequence, batch_first=False, padding_value=0.0, total_length=None',
    result: unpack,
  },
  'torch.nn.utils.clip_grad_norm_': clip('global_norm', 'max_norm'),
  'torch.nn.utils.clip_grad_value_': clip('value', 'clip_value'),
  'torch.optim.SGD': optimizer('sgd', 'momentum=0, dampening=0, weight_decay=0, nesterov=False', {
    momentum: 'momentum',
    dampening: 'dampening',
    weight_decay: 'weightDecay',
  }),
  'torch.optim.Adam': optimizer('adam', 'betas=None, eps=1e-8, weight_decay=0, amsgrad=False', {
    eps: 'epsilon',
    weight_decay: 'weightDecay',
  }),
  'torch.optim.AdamW': optimizer('adamw', 'betas=None, eps=1e-8, weight_decay=0.01, amsgrad=False', {
    eps: 'epsilon',
    weight_decay: 'weightDecay',
  }),
  'torch.optim.NAdam': optimizer('nadam', 'betas=None, eps=1e-8, weight_decay=0, momentum_decay=4e-3', {
    eps: 'epsilon',
    weight_decay: 'weightDecay',
    momentum_decay: 'momentumDecay',
  }),
  'torch.optim.RAdam': optimizer('radam', 'betas=None, eps=1e-8, weight_decay=0', {
    eps: 'epsilon',
    weight_decay: 'weightDecay',
  }),
  'torch.optim.Adamax': optimizer('adamax', 'betas=None, eps=1e-8, weight_decay=0', {
    eps: 'epsilon',
    weight_decay: 'weightDecay',
  }),
  'torch.optim.RMSprop': optimizer('rmsprop', 'alpha=0.99, eps=1e-8, weight_decay=0, momentum=0, centered=False', {
    alpha: 'rho',
    eps: 'epsilon',
    weight_decay: 'weightDecay',
    momentum: 'momentum',
  }),
  'torch.optim.Adagrad': optimizer('adagrad', 'lr_decay=0, weight_decay=0, initial_accumulator_value=0, eps=1e-10', {
    lr_decay: 'rateDecay',
    weight_decay: 'weightDecay',
    initial_accumulator_value: 'initialAccumulator',
    eps: 'epsilon',
  }),
  'torch.optim.Adadelta': optimizer('adadelta', 'rho=0.9, eps=1e-6, weight_decay=0', {
    rho: 'rho',
    eps: 'epsilon',
    weight_decay: 'weightDecay',
  }),
};

function squeeze(call: Call): Abstract {
  const of = subject(call);
  if (of?.axes == null) return of ?? unknown('');
  const at = call.args.number('dim');
  const [only] = of.parts ?? [];
  if (only !== undefined && of.parts?.length === 1 && (at === undefined || at === 0)) return only;
  // Of an axis that the program names and of which no number is known, it is 1 that is meant.
  const axes = of.axes.filter((axis, place, all) =>
    at === undefined || (place !== at && place - all.length !== at)
      ? at !== undefined || axis.size !== 1
      : typeof axis.size === 'number' && axis.size !== 1,
  );
  const last = of.axes.at(-1)!;
  // The graph's tensor keeps the axis of its one value.
  const gone = of.ref !== undefined && of.displaced === undefined && !axes.includes(last) && !isBatch(last);
  return { ...of, axes, ...(gone ? { displaced: last } : {}) };
}

export const TORCH_METHODS: CallTable = {
  'layer.flatten_parameters': { signature: '', result: () => NONE },
  // A criterion that is moved to a device, or given another type.
  ...Object.fromEntries(['to', 'cuda', 'cpu', 'float', 'double'].map(name => [`torch.loss.${name}`, same])),
  'torch.loss.__call__': {
    signature: 'input, target',
    result: call => {
      const { self } = call;
      const name = self.kind === 'object' ? self.attributes.get('class') : undefined;
      if (self.kind !== 'object' || name?.kind !== 'string') return unknown('loss');
      return lossCall(call, name.value, new LossArguments(option => self.attributes.get(option)));
    },
  },
  'tensor.size': { signature: 'dim=None', result: size },
  'tensor.view': { signature: '*shape', result: reshaped },
  'tensor.permute': {
    signature: '*dims',
    result: call => {
      const order = integers(call.args.rest);
      const of = ofRank(call, asTensor(call.self), order?.length ?? 0);
      if (of === null || order === null) return unknown('');
      return of.axes === null ? shaped(of, plainAxes(order.map(() => null))) : transpose(of, order);
    },
  },
  'tensor.transpose': { signature: 'dim0, dim1', result: swapped },
  'tensor.squeeze': { signature: 'dim=None', result: squeeze },
  'tensor.mean': { signature: 'dim=None, keepdim=False, axis=None', result: reduceOver('mean') },
  'tensor.sum': { signature: 'dim=None, keepdim=False, axis=None', result: reduceOver('sum') },
  'tensor.max': { signature: 'dim=None, keepdim=False', result: reduceOver('max') },
  'tensor.contiguous': same,
  'tensor.to': same,
  'tensor.cuda': same,
  'tensor.cpu': same,
  'tensor.float': same,
  'tensor.softmax': { ...activation('softmax'), signature: 'dim=None, dtype=None' },
  'tensor.log_softmax': { ...activation('log_softmax'), signature: 'dim=None, dtype=None' },
  'tensor.relu': activation('relu'),
  'tensor.tanh': activation('tanh'),
  'tensor.sigmoid': activation('sigmoid'),
  'instance.to': same,
  'instance.cuda': same,
  'instance.train': same,
  'instance.eval': same,
};
