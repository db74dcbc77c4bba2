/** Keras' models: Sequential, functional and subclassed, and how they are compiled and trained. */
import { type Phrase, phrase } from '../../model/phrase.ts';
import type { ClippingSpec, GraphNode, LossOptions, LossSpec, OptimizerSpec, TensorRef, TrainingSpec } from '../../model/spec.ts'; // prettier-ignore
import { type Call, type CallEntry, type CallTable, information, type Loop } from '../calls.ts';
import { BATCH, Graph, isBatch, type TrainingRecord } from '../graph.ts';
import { withParts } from '../items.ts';
import { type Dimension, symbol } from '../sizes.ts';
import { nameAxes, refOf, tensorsOf } from '../tensors.ts';
import { rowsOf } from './layers.ts';
import { LossArguments } from '../losses.ts';
import { valuesOf } from '../python/pandas.ts';
import { schedulesOf } from '../schedules.ts';
import { shaped } from '../shapeRules.ts';
import { dtypeOf, shapeOf } from '../tensorflow1/operations.ts';
import {
  type Abstract,
  type Derivation,
  type Instance,
  type Layer,
  list,
  type Network,
  isTrue,
  NONE,
  number,
  type OptimizerOptions,
  tensor,
  type Tensor,
  type TensorAxis,
  unknown,
} from '../values.ts';

type Model = Network | Instance;

// Inputs

/** An input of the model that is being put together; Keras feeds them in order. */
function input(call: Call, axes: readonly TensorAxis[], dtype: string, rows?: Dimension | null): Tensor {
  const { graph } = call.reader;
  const position = [...graph.inputs.values()].filter(one => one.id.startsWith('inputs[')).length;
  const made = graph.input(`inputs[${position}]`, {
    dtype,
    axes,
    range: call.range,
    ...(rows === undefined ? {} : { rows }),
  });
  return tensor(dtype, [{ ...BATCH, size: rows ?? null }, ...axes], { ref: { from: made.id } });
}

const INPUT: CallEntry = {
  signature:
    'shape=None, batch_size=None, dtype=None, sparse=None, batch_shape=None, name=None, tensor=None, input_shape=None, batch_input_shape=None',
  result: call => {
    const whole = shapeOf(call.args.some('batch_shape') ?? call.args.some('batch_input_shape'));
    const shape = whole?.slice(1) ?? shapeOf(call.args.some('shape') ?? call.args.some('input_shape')) ?? [];
    const dtype = dtypeOf(call.args.some('dtype'));
    return input(call, nameAxes([null, ...shape], dtype).slice(1), dtype, rowsOf(call));
  },
};

// Putting models together

function network(call: Call, className: string, layers: Layer[]): Network {
  const name =
    call.args.string('name') ?? call.reader.graph.layerName(className === 'Sequential' ? 'sequential' : 'functional');
  return {
    kind: 'network',
    framework: call.framework,
    className,
    name,
    layers,
    alternatives: [],
    place: call.reader.graph.place,
    built: null,
  };
}

function sequential(call: Call): Abstract {
  const given = call.args.get('layers');
  const made = network(call, 'Sequential', []);
  for (const item of given?.kind === 'sequence' ? given.items : []) addLayer(made, item);
  call.reader.graph.later(() => {
    if (made.nested !== true) build(call, made, null);
  });
  return made;
}

function addLayer(of: Network, item: Abstract | undefined): void {
  if (item?.kind === 'layer') of.layers.push(item);
  // keras.Input(shape=…) inside a Sequential.
  else if (item?.kind === 'tensor') of.built ??= { input: item, output: unknown('') };
  else if (item?.kind === 'network') {
    item.nested = true;
    const { input = null } = item.built ?? {};
    if (of.layers.length === 0 && input !== null) of.built ??= { input, output: unknown('') };
    of.layers.push(...item.layers.map(layer => within(item, layer)));
  } else if (item !== undefined) of.layers.push(opaque(of, item));
}

/** A layer of a model inside another one. */
function within(of: Network, layer: Layer): Layer {
  return { ...layer, run: (call, input, wrapper) => inScope(call, of, () => layer.run(call, input, wrapper)) };
}

/**
 * Runs layers of a Sequential that another model calls. Keras 3 puts its name before theirs, behind that of the model
 * around it, if that builds it: one that knows its input is built by itself.
 */
function inScope<T>({ reader: { scopes } }: Call, of: Network, run: () => T): T {
  if (of.framework !== 'keras3' || of.className !== 'Sequential') return run();
  const around = hasShape(of) ? scopes.splice(0) : [];
  scopes.push(of.name);
  const value = run();
  scopes.splice(scopes.lastIndexOf(of.name), 1);
  scopes.unshift(...around);
  return value;
}

/** A layer that the reader does not know: nothing can be told of what comes out of it. */
function opaque(of: Network, item: Abstract): Layer {
  const text = item.kind === 'unknown' ? item.text : item.kind;
  return {
    kind: 'layer',
    framework: of.framework,
    className: text,
    name: text,
    cells: [],
    run: (_call, value) => (value.kind === 'tensor' ? tensor(value.dtype, null) : value),
  };
}

/** Runs a Sequential from its input; what its first layer or the data says decides the shape. */
function build(call: Call, of: Network, data: Tensor | null): Network['built'] {
  if (of.className !== 'Sequential' || of.layers.length === 0) return of.built;
  if (of.built !== null && (of.built.output.kind !== 'unknown' || of.built.input === null)) return of.built;
  const [first] = of.layers;
  const start =
    of.built?.input ??
    input(
      call,
      inputAxes(first!, data),
      data?.dtype.startsWith('int') === true ? data.dtype : 'float32',
      first!.inputShape === undefined ? undefined : first!.rows,
    );
  const { scopes } = call.reader;
  // Keras 3 puts a Sequential's name before those of its layers.
  if (of.framework === 'keras3') scopes.push(of.name);
  const { graph } = call.reader;
  const { place } = graph;
  graph.place = of.place;
  let value: Abstract = start;
  for (const [at, layer] of of.layers.entries()) {
    for (const other of of.alternatives) if (other.at === at) showApart(call, other.layers, value);
    value = layer.run(call, value);
    if (layer.made !== undefined) call.reader.show(layer.made, value);
  }
  if (of.framework === 'keras3') scopes.pop();
  graph.place = place;
  of.built = { input: start, output: value };
  return of.built;
}

/** Shows what layers give that are no part of the model. */
function showApart(call: Call, layers: readonly Layer[], input: Abstract): void {
  call.reader.graph.apart(() => {
    let value = input;
    for (const layer of layers) {
      value = layer.run(call, value);
      if (layer.made !== undefined && value.kind === 'tensor') call.reader.show(layer.made, shaped(value, value.axes));
    }
  });
}

/** Whether a Sequential says what it is fed with. */
function hasShape({ built, layers: [first] }: Network): boolean {
  return built?.input != null || first?.inputShape !== undefined;
}

function inputAxes(first: Layer | null, data: Tensor | null): TensorAxis[] {
  const named = (sizes: readonly (Dimension | null)[]): TensorAxis[] => nameAxes([null, ...sizes], 'float32').slice(1);
  if (first?.inputShape !== undefined) return named(first.inputShape);
  if (data?.axes != null && data.axes.length > 1) return named(data.axes.slice(1).map(axis => axis.size));
  if (first?.className === 'Embedding') return [{ name: 'steps', size: symbol('steps') }];
  return named([symbol('steps'), symbol('features')]);
}

function functional(call: Call): Abstract {
  const made = network(call, 'Model', []);
  const [first] = tensorsOf(call.args.get('inputs')) ?? [];
  made.inputs = call.args.get('inputs');
  made.built = { input: first ?? null, output: call.args.get('outputs') ?? unknown('outputs') };
  return made;
}

/** The model's output, which builds it if it is not built. */
function outputOf(call: Call, model: Model, data: Abstract | null): Abstract {
  if (model.kind === 'network') return build(call, model, data === null ? null : rowsIn(data))?.output ?? unknown('');
  const [before] = model.results.values();
  return before ?? call.reader.call(model, data === null || data.kind === 'unknown' ? [] : [data], call.range);
}

/** The rows of a model with one input. */
function rowsIn(data: Abstract): Tensor | null {
  return data.kind === 'tensor' ? data : null;
}

// Compiling

/** Losses of TensorFlow.js that are given logits. */
const LOGIT_LOSSES: Readonly<Record<string, LossSpec['kind']>> = {
  softmax_cross_entropy: 'softmax_cross_entropy',
  sigmoid_cross_entropy: 'sigmoid_cross_entropy',
};
/** Losses by the names of their functions. Source: Keras 3 `losses/__init__.py`. */
const LOSSES: Readonly<Record<string, LossSpec['kind']>> = {
  sparse_categorical_crossentropy: 'sparse_softmax_cross_entropy',
  categorical_crossentropy: 'softmax_cross_entropy',
  binary_crossentropy: 'sigmoid_cross_entropy',
  mse: 'mean_squared_error',
  mean_squared_error: 'mean_squared_error',
  mae: 'mean_absolute_error',
  mean_absolute_error: 'mean_absolute_error',
  absolute_difference: 'mean_absolute_error',
  huber: 'huber',
  huber_loss: 'huber',
  log_cosh: 'log_cosh',
  logcosh: 'log_cosh',
  mape: 'mean_absolute_percentage_error',
  mean_absolute_percentage_error: 'mean_absolute_percentage_error',
  msle: 'mean_squared_logarithmic_error',
  mean_squared_logarithmic_error: 'mean_squared_logarithmic_error',
  hinge: 'hinge',
  squared_hinge: 'squared_hinge',
  poisson: 'poisson',
  kl_divergence: 'kl_divergence',
  kld: 'kl_divergence',
  kullback_leibler_divergence: 'kl_divergence',
  cosine_similarity: 'cosine_similarity',
  cosine_proximity: 'cosine_similarity',
};

/** Options of a loss class in the order in which it takes them, before `reduction`. */
const LOSS_OPTIONS = ['from_logits', 'ignore_class', 'label_smoothing', 'delta', 'axis', 'reduction'] as const;

function lossEntry(kind: LossSpec['kind'], options = ''): CallEntry {
  return {
    signature: `${options}reduction='sum_over_batch_size', name=None`,
    result: ({ args }) => ({
      kind: 'object',
      type: 'keras.loss',
      attributes: new Map<string, Abstract>([
        ['kind', { kind: 'string', value: kind }],
        ...LOSS_OPTIONS.map((name): [string, Abstract] => [name, args.get(name) ?? NONE]),
      ]),
    }),
  };
}

interface Loss {
  readonly kind: LossSpec['kind'];
  readonly fromLogits: boolean;
  readonly ignoreLabel?: number;
  readonly options?: LossOptions;
  /** Rows are added up. */
  readonly summed?: true;
  /** What of it the description cannot say. */
  readonly open?: readonly Phrase[];
}

/** Reductions by their names, those of Keras 2's `tf.keras.losses.Reduction` too. */
const REDUCTIONS: Readonly<Record<string, 'mean' | 'sum'>> = {
  sum_over_batch_size: 'mean',
  auto: 'mean',
  mean: 'mean',
  sum: 'sum',
};

function lossOf(value: Abstract | undefined): Loss | null {
  if (value?.kind === 'string' || value?.kind === 'path') {
    const name = value.kind === 'string' ? value.value : value.path.split('.').at(-1)!;
    const key = name.replace(/([a-z])([A-Z])/g, '$1_$2').toLowerCase();
    const kind = LOSSES[key] ?? LOGIT_LOSSES[key];
    return kind === undefined ? null : { kind, fromLogits: key in LOGIT_LOSSES };
  }
  if (value?.kind !== 'object' || value.type !== 'keras.loss') return null;
  const given = new LossArguments(name => value.attributes.get(name));
  const kind = value.attributes.get('kind');
  if (kind?.kind !== 'string') return null;
  const [ignored, reduction, axis] = [given.get('ignore_class'), given.get('reduction'), given.get('axis')];
  const name = reduction?.kind === 'string' ? reduction.value : reduction?.kind === 'path' ? reduction.path.split('.').at(-1)! : ''; // prettier-ignore
  const reduced = reduction === undefined ? 'mean' : REDUCTIONS[name.toLowerCase()];
  if (reduced === undefined) given.leaveOpen('reduction');
  if (axis !== undefined && !(axis.kind === 'number' && axis.value === -1)) given.leaveOpen('axis');
  const [smoothing, delta] = [given.number('label_smoothing'), given.number('delta')];
  const { open } = given;
  const options: LossOptions = {
    ...(smoothing === undefined || smoothing === 0 ? {} : { labelSmoothing: smoothing }),
    ...(delta === undefined || delta === 1 ? {} : { delta }),
  };
  return {
    kind: kind.value as LossSpec['kind'],
    fromLogits: isTrue(given.get('from_logits')),
    ...(ignored?.kind === 'number' ? { ignoreLabel: ignored.value } : {}),
    ...(Object.keys(options).length === 0 ? {} : { options }),
    ...(reduced === 'sum' ? { summed: true } : {}),
    ...(open.length > 0 ? { open } : {}),
  };
}

/** What a loss gives of which only the shape is known: one number, or where nothing is reduced one for each place. */
function lossShape(of: Abstract, prediction: Tensor): Abstract {
  const given = of.kind === 'object' ? of.attributes.get('reduction') : undefined;
  if (given?.kind === 'unknown') return unknown('loss');
  const name = given?.kind === 'string' ? given.value : given?.kind === 'path' ? given.path.split('.').at(-1)! : '';
  const each = name.toLowerCase() === 'none' || given?.kind === 'none';
  return tensor('float32', each ? (prediction.axes?.slice(0, -1) ?? null) : [], { lost: true });
}

function targetFor(call: Call, kind: LossSpec['kind'], prediction: Tensor): Tensor {
  const axes = (prediction.axes ?? [])
    .filter(axis => !isBatch(axis))
    .map(axis => (axis.name === 'units' ? { ...axis, name: 'features' } : axis));
  const sparse = kind === 'sparse_softmax_cross_entropy';
  const dtype = sparse ? 'int32' : 'float32';
  const made = call.reader.graph.input('y', {
    dtype,
    role: 'target',
    axes: sparse ? axes.slice(0, -1) : axes,
    range: call.range,
  });
  return tensor(dtype, [BATCH, ...made.axes], { ref: { from: made.id } });
}

/**
 * Whether the prediction comes out of the activation that the loss would apply: Keras on TensorFlow then takes what went
 * into it, whatever `from_logits` says. Source: Keras 3 `backend/tensorflow/nn.py`, `_get_logits`.
 */
function isActivated({ reader, framework }: Call, { kind }: Loss, { ref }: Tensor): boolean {
  const node = framework === 'tensorflowjs' ? null : reader.graph.nodeOf(ref);
  if (node?.op !== 'dense' && node?.op !== 'activation') return false;
  return node.activation === (kind === 'sigmoid_cross_entropy' ? 'sigmoid' : 'softmax');
}

/** Factor of the loss of a model with one output: a number, or a list or dictionary of one; undefined where it is neither. */
function factorOf(value: Abstract | undefined): number | undefined {
  if (value === undefined) return 1;
  const items = value.kind === 'sequence' ? value.items : value.kind === 'dict' ? [...value.entries.values()] : [value];
  const [only] = items;
  return items.length === 1 && only?.kind === 'number' ? only.value : undefined;
}

function compile(call: Call): Abstract {
  const model = call.self;
  if (model.kind !== 'network' && model.kind !== 'instance') return NONE;
  const found = lossOf(call.args.get('loss'));
  const given = call.args.get('optimizer');
  const optimizer = optimizerOf(given);
  const metrics = metricsOf(call.args.get('metrics'));
  let done: TrainingRecord | null = null;
  const loops = call.reader.loops.length;
  // Built when it is fitted or at the end, whichever comes first: the data may tell the shape of the input.
  const finish = (data: Abstract | null): TrainingRecord | null => {
    if (done !== null) return done;
    const output = outputOf(call, model, data);
    const outputs = output.kind === 'sequence' ? output.items : [output];
    const stop = (reason: Phrase): void => {
      for (const one of outputs)
        if (one.kind === 'tensor' && one.ref !== undefined)
          call.reader.graph.stops.push({ from: one.ref.from, reason });
    };
    if (outputs.length > 1) {
      stop(phrase('A model with {0} outputs cannot be trained yet', outputs.length));
      return null;
    }
    const [prediction] = outputs;
    if (found === null && call.args.some('loss') !== undefined)
      stop(phrase('{0} cannot be run yet: {1}', 'loss', call.args.text('loss')));
    if (prediction?.kind !== 'tensor' || found === null || prediction.ref === undefined) return null;
    const target = targetFor(call, found.kind, prediction);
    if (found.fromLogits && found.kind !== 'sigmoid_cross_entropy') call.reader.graph.scores.add(prediction.ref.from);
    // TensorFlow.js counts masked steps like all others.
    const counted = model.kind === 'network' && model.framework === 'tensorflowjs';
    const masked = !counted && prediction.axes?.some(axis => axis.name === 'steps') === true;
    const mask = masked ? prediction.mask : undefined;
    const { summed, open = [], ...loss } = found;
    const factor = factorOf(call.args.some('loss_weights'));
    const { open: unread = [], ...options } = optimizer.options;
    const refused = [...open, ...unread, ...(factor === undefined ? [phrase('{0} cannot be run yet: {1}', 'loss_weights', call.args.text('loss_weights'))] : [])]; // prettier-ignore
    const derivation: Derivation = {
      op: 'loss',
      ...loss,
      ...(isActivated(call, found, prediction) ? { beforeActivation: true } : {}),
      prediction,
      target,
      reduction: summed ? 'sum' : mask === undefined ? 'mean' : 'mean_over_mask',
      ...(mask === undefined ? {} : { mask }),
      ...(factor === undefined || factor === 1 ? {} : { factor }),
    };
    done = {
      loss: tensor('float32', [], { derivation }),
      optimizer: optimizer.spec,
      clipping: optimizer.clipping,
      range: call.range,
      ...(optimizer.decay === null ? {} : { decay: optimizer.decay }),
      ...options,
      ...(metrics.length === 0 ? {} : { metrics }),
      ...(refused.length === 0 ? {} : { open: refused }),
      loops,
      epochs: null,
      iterations: null,
      batchSize: null,
    };
    call.reader.graph.trainings.push(done);
    return done;
  };
  compiled.set(model, finish);
  call.reader.graph.later(() => void finish(null));
  return NONE;
}

/** How to finish what `compile` began, by model; the models of a reading go with it. */
const compiled = new WeakMap<Model, (data: Abstract | null) => TrainingRecord | null>();

/** Epochs with those of the loops in which a model is fitted again and again. */
function around(epochs: number, loops: readonly Loop[]): number | null {
  return loops.reduce<number | null>(
    (all, { count }) => (all === null || count.kind !== 'number' ? null : all * count.value),
    epochs,
  );
}

function fit(call: Call): Abstract {
  const model = call.self;
  if (model.kind !== 'network' && model.kind !== 'instance') return NONE;
  const given = call.args.get('x');
  const x = valuesOf(given) ?? given;
  sayCallbacks(call);
  const fed = fedBy(x);
  const rows = fed === null ? null : rowsIn(fed);
  const training = compiled.get(model)?.(fed);
  const { args, reader } = call;
  if (training == null) return unknown('history');
  const whole = (value: number | undefined): number | null =>
    value !== undefined && Number.isInteger(value) && value > 0 ? value : null;
  // Rows would count for more or less than they do in Keras.
  for (const name of ['class_weight', 'sample_weight'])
    if (args.some(name) !== undefined)
      training.open = [...(training.open ?? []), phrase('{0} cannot be run yet: {1}', name, args.text(name))];
  const epochs = whole(args.number(args.isGiven('nb_epoch') ? 'nb_epoch' : 'epochs'));
  training.epochs ??= epochs === null ? null : around(epochs, reader.loops.slice(training.loops ?? 0));
  // Without a batch size Keras takes 32 rows at a time, and a data set as it comes.
  const plain = x?.kind === 'tensor' || args.some('y') !== undefined;
  training.batchSize ??= args.isGiven('batch_size') ? whole(args.number('batch_size')) : plain ? 32 : null;
  const built = model.kind === 'network' ? model.built?.input : null;
  const own =
    reader.graph.inputOf(built ?? undefined) ??
    [...reader.graph.inputs.values()].find(one => one.role === 'sequence') ??
    null;
  const source =
    rows?.derivation?.op === 'data'
      ? rows.derivation.source
      : x?.kind === 'unknown'
        ? { kind: 'unknown', source: x.text }
        : null;
  if (own !== null && source !== null) own.data ??= source;
  return unknown('history');
}

/** What a model is fed with: so many rows of arrays at a time, or of a data set that gives `(x, y)` the first. */
function fedBy(x: Abstract | undefined): Abstract | null {
  if (x?.kind !== 'many') return x === undefined ? null : batchOf(x);
  const { item } = x;
  return (item.kind === 'sequence' && item.type === 'tuple' ? item.items[0] : item) ?? null;
}

/** Some rows of each array. */
function batchOf(x: Abstract, depth = 0): Abstract | null {
  if (x.kind === 'tensor')
    return x.axes === null || x.axes.length === 0 ? x : { ...x, axes: [{ name: 'batch', size: null }, ...x.axes.slice(1)] };
  return withParts(x, item => (depth < 2 ? batchOf(item, depth + 1) : null) ?? item);
} // prettier-ignore

/** What callbacks of `fit` change of a training, in words; training here goes without them. */
const CALLBACKS: Readonly<Record<string, Phrase>> = {
  ReduceLROnPlateau: phrase('ReduceLROnPlateau is not heeded: training here keeps the learning rate'),
  LearningRateScheduler: phrase('LearningRateScheduler is not heeded: training here keeps the learning rate'),
  EarlyStopping: phrase('EarlyStopping is not heeded: training here goes through all epochs'),
};

function callback(name: string): CallEntry {
  return { signature: '*options', result: () => ({ kind: 'object', type: 'keras.callback', attributes: new Map([['name', { kind: 'string', value: name }]]) }) }; // prettier-ignore
}

function sayCallbacks({ args, reader, range }: Call): void {
  const given = args.get('callbacks');
  for (const item of given?.kind === 'sequence' ? given.items : [given]) {
    const name = item?.kind === 'object' && item.type === 'keras.callback' ? item.attributes.get('name') : undefined;
    const message = name?.kind === 'string' ? CALLBACKS[name.value] : undefined;
    if (message !== undefined && name?.kind === 'string')
      reader.report(information(args.range('callbacks') ?? range, `callback-not-heeded-${name.value}`, message));
  }
}

function metricsOf(value: Abstract | undefined): NonNullable<TrainingSpec['metrics']> {
  const kinds: Readonly<Record<string, NonNullable<TrainingSpec['metrics']>[number]['kind']>> = {
    accuracy: 'accuracy',
    acc: 'accuracy',
    mse: 'mean_squared_error',
    mean_squared_error: 'mean_squared_error',
    mae: 'mean_absolute_error',
    mean_absolute_error: 'mean_absolute_error',
  };
  const items = value?.kind === 'sequence' ? value.items : value === undefined ? [] : [value];
  return items.flatMap(item => {
    const kind = item.kind === 'string' ? kinds[item.value] : undefined;
    return kind === undefined ? [] : [{ kind }];
  });
}

// Optimizers

interface Optimizer {
  readonly spec: OptimizerSpec | null;
  readonly clipping: readonly ClippingSpec[];
  readonly decay: NonNullable<TrainingSpec['learningRateDecay']> | null;
  readonly options: OptimizerOptions;
}

const BY_NAME: Readonly<Record<string, OptimizerSpec['kind']>> = {
  sgd: 'sgd',
  rmsprop: 'rmsprop',
  adagrad: 'adagrad',
  adadelta: 'adadelta',
  adam: 'adam',
  adamw: 'adamw',
  adamax: 'adamax',
  nadam: 'nadam',
  ftrl: 'ftrl',
  lion: 'lion',
};

function optimizerOf(value: Abstract | undefined): Optimizer {
  if (value?.kind === 'string') {
    const kind = BY_NAME[value.value.toLowerCase()];
    return { spec: kind === undefined ? null : { kind }, clipping: [], decay: null, options: {} };
  }
  if (value?.kind !== 'optimizer') return { spec: null, clipping: [], decay: null, options: {} };
  return { spec: value.spec, clipping: value.clipping ?? [], decay: value.decay ?? null, options: value.options ?? {} };
}

function optimizer(kind: OptimizerSpec['kind'], signature: string): CallEntry {
  return {
    signature: `learning_rate=None, ${signature}${signature === '' ? '' : ', '}weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, use_ema=False, ema_momentum=0.99, ema_overwrite_frequency=None, gradient_accumulation_steps=None, lr=None, decay=None, amsgrad=False, name=None`,
    result: call => {
      const { args } = call;
      const rate = args.some('learning_rate') ?? args.some('lr');
      const decay = scheduleOf(rate);
      const plain = rate?.kind === 'number' ? rate.value : decay?.start;
      const chosen = kind === 'adam' && args.boolean('amsgrad') === true ? 'amsgrad' : kind;
      const spec: OptimizerSpec = {
        kind: chosen,
        ...(plain === undefined || plain <= 0 ? {} : { learningRate: plain }),
        ...numbers(args, {
          momentum: 'momentum',
          rho: 'rho',
          beta_1: 'beta1',
          beta_2: 'beta2',
          epsilon: 'epsilon',
          initial_accumulator_value: 'initialAccumulator',
          weight_decay: 'weightDecay',
          l1_regularization_strength: 'l1',
          l2_regularization_strength: 'l2',
          l2_shrinkage_regularization_strength: 'l2Shrinkage',
          learning_rate_power: 'ratePower',
          beta: 'beta',
        }),
        ...(args.boolean('nesterov') === true ? { nesterov: true } : {}),
        ...(args.boolean('centered') === true ? { centered: true } : {}),
        ...(kind === 'adamw' && args.boolean('amsgrad') === true ? { amsgrad: true } : {}),
      };
      const limits = [
        ['clipvalue', 'value'],
        ['clipnorm', 'norm'],
        ['global_clipnorm', 'global_norm'],
      ] as const;
      const clipping = limits.flatMap(([name, how]): ClippingSpec[] => {
        const limit = args.givenNumber(name);
        return limit === undefined || limit <= 0 ? [] : [{ kind: how, limit }];
      });
      return {
        kind: 'optimizer',
        spec,
        complete: plain !== undefined || rate === undefined,
        clipping,
        ...(decay === null ? {} : { decay: decay.decay }),
        options: optimizerOptions(call),
      };
    },
  };
}

/** What Keras' optimizers do besides their steps. Source: Keras 3 `optimizers/base_optimizer.py`. */
function optimizerOptions({ args, framework, reader, range }: Call): OptimizerOptions {
  const open: Phrase[] = [];
  const leave = (name: string): void => {
    open.push(phrase('{0} cannot be run yet: {1}', name, args.text(name)));
  };
  const rate = args.some('learning_rate') ?? args.some('lr');
  // A schedule that cannot be read; a number that is not known may still be set.
  if (rate?.kind === 'unknown' && rate.text.includes('schedules.')) leave(args.isGiven('lr') ? 'lr' : 'learning_rate');
  const batches = args.some('gradient_accumulation_steps');
  const accumulated = batches?.kind === 'number' && batches.value > 1 ? batches.value : undefined;
  if (batches !== undefined && batches.kind !== 'number') leave('gradient_accumulation_steps');
  const often = args.boolean('use_ema') === true ? args.some('ema_overwrite_frequency') : undefined;
  const momentum = args.number('ema_momentum');
  const followed =
    often?.kind === 'number' && momentum !== undefined && framework === 'keras3' && accumulated === undefined;
  if (often !== undefined && !followed) leave('ema_overwrite_frequency');
  if (args.boolean('use_ema') === true)
    reader.report(
      information(
        args.range('use_ema') ?? range,
        'averages-not-taken',
        phrase('At the end of training Keras puts the averages of the weights in their place; training here does not'),
      ),
    );
  return {
    ...(accumulated === undefined ? {} : { accumulation: { batches: accumulated, by: 'mean' } }),
    ...(followed ? { averaging: { momentum, every: often.value } } : {}),
    ...(open.length === 0 ? {} : { open }),
  };
}

function numbers(args: Call['args'], names: Readonly<Record<string, keyof OptimizerSpec>>): Partial<OptimizerSpec> {
  const entries = Object.entries(names).flatMap(([name, key]) => {
    const value = args.givenNumber(name);
    return value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(entries);
}

function scheduleOf(value: Abstract | undefined): Extract<Abstract, { kind: 'schedule' }> | null {
  return value?.kind === 'schedule' ? value : null;
}

// Data sets

interface DataSet {
  /** Rows of the training and the test part. */
  readonly rows: readonly [number, number];
  /** Axes of one row. */
  readonly axes: readonly TensorAxis[];
  readonly dtype: string;
  readonly meaning: Phrase;
}

const IMAGES = {
  rows: [60_000, 10_000],
  axes: [
    { name: 'steps', size: 28 },
    { name: 'features', size: 28 },
  ],
  dtype: 'uint8',
  meaning: phrase('images, one row of pixels a step'),
} as const satisfies DataSet;
const TEXTS = {
  axes: [{ name: 'steps', size: symbol('length') }],
  dtype: 'int32',
  meaning: phrase('texts as numbers of words, each of its own length'),
} as const;

/** Source: the documentation of `keras.datasets`. */
const DATA_SETS: Readonly<Record<string, DataSet>> = {
  mnist: IMAGES,
  fashion_mnist: IMAGES,
  imdb: { ...TEXTS, rows: [25_000, 25_000] },
  reuters: { ...TEXTS, rows: [8_982, 2_246] },
};

function loadData(name: string): CallEntry {
  return {
    signature: 'path=None, num_words=None',
    result: ({ reader, range }) => {
      const { rows, axes, dtype, meaning } = DATA_SETS[name]!;
      const source = { kind: name, source: reader.textOf(range) };
      const halves = rows.map((count, at) => {
        const derivation: Derivation = { op: 'data', source, part: at === 0 ? 'train' : 'test' };
        const axis = { name: 'rows', size: count };
        return list([
          tensor(dtype, [axis, ...axes], { derivation, meaning }),
          tensor('uint8', [axis], { derivation, meaning: phrase('class labels') }),
        ]);
      });
      return list(halves);
    },
  };
}

const SMOOTHED = 'from_logits=False, label_smoothing=0.0, axis=-1, ';
/** A loss as a function of tensors: one value for each place that has a prediction. */
const ofTensors: CallEntry = {
  signature: 'y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1',
  result: ({ args }) => {
    const of = args.get('y_pred');
    return of?.kind === 'tensor' ? tensor('float32', of.axes?.slice(0, -1) ?? null, { lost: true }) : unknown('loss');
  },
};

export const KERAS_CALLS: CallTable = {
  'keras.Input': INPUT,
  'keras.layers.Input': INPUT,
  'keras.layers.InputLayer': INPUT,
  'keras.Sequential': { signature: 'layers=None, name=None', result: sequential },
  'keras.Model': { signature: 'inputs=None, outputs=None, name=None', result: functional },
  'keras.losses.SparseCategoricalCrossentropy': lossEntry(
    'sparse_softmax_cross_entropy',
    'from_logits=False, ignore_class=None, ',
  ),
  'keras.losses.CategoricalCrossentropy': lossEntry('softmax_cross_entropy', SMOOTHED),
  'keras.losses.BinaryCrossentropy': lossEntry('sigmoid_cross_entropy', SMOOTHED),
  'keras.losses.MeanSquaredError': lossEntry('mean_squared_error'),
  'keras.losses.MeanAbsoluteError': lossEntry('mean_absolute_error'),
  'keras.losses.MeanAbsolutePercentageError': lossEntry('mean_absolute_percentage_error'),
  'keras.losses.MeanSquaredLogarithmicError': lossEntry('mean_squared_logarithmic_error'),
  'keras.losses.Huber': lossEntry('huber', 'delta=1.0, '),
  'keras.losses.LogCosh': lossEntry('log_cosh'),
  'keras.losses.Hinge': lossEntry('hinge'),
  'keras.losses.SquaredHinge': lossEntry('squared_hinge'),
  'keras.losses.Poisson': lossEntry('poisson'),
  'keras.losses.KLDivergence': lossEntry('kl_divergence'),
  'keras.losses.CosineSimilarity': lossEntry('cosine_similarity', 'axis=-1, '),
  ...Object.fromEntries(Object.keys(LOSSES).map(name => [`keras.losses.${name}`, ofTensors])),
  'keras.optimizers.SGD': optimizer('sgd', 'momentum=0.0, nesterov=False'),
  'keras.optimizers.RMSprop': optimizer('rmsprop', 'rho=0.9, momentum=0.0, epsilon=1e-7, centered=False'),
  'keras.optimizers.Adagrad': optimizer('adagrad', 'initial_accumulator_value=0.1, epsilon=1e-7'),
  'keras.optimizers.Adadelta': optimizer('adadelta', 'rho=0.95, epsilon=1e-7'),
  'keras.optimizers.Adam': optimizer('adam', 'beta_1=0.9, beta_2=0.999, epsilon=1e-7'),
  'keras.optimizers.AdamW': optimizer('adamw', 'weight_decay=0.004, beta_1=0.9, beta_2=0.999, epsilon=1e-7'),
  'keras.optimizers.Adamax': optimizer('adamax', 'beta_1=0.9, beta_2=0.999, epsilon=1e-7'),
  'keras.optimizers.Nadam': optimizer('nadam', 'beta_1=0.9, beta_2=0.999, epsilon=1e-7'),
  'keras.optimizers.Lion': optimizer('lion', 'beta_1=0.9, beta_2=0.99'),
  'keras.optimizers.Ftrl': optimizer(
    'ftrl',
    'learning_rate_power=-0.5, initial_accumulator_value=0.1, l1_regularization_strength=0.0, l2_regularization_strength=0.0, l2_shrinkage_regularization_strength=0.0, beta=0.0',
  ),
  ...schedulesOf('keras.'),
  ...Object.fromEntries(Object.keys(CALLBACKS).map(name => [`keras.callbacks.${name}`, callback(name)])),
  'keras.datasets.mnist.load_data': loadData('mnist'),
  'keras.datasets.fashion_mnist.load_data': loadData('fashion_mnist'),
  'keras.datasets.imdb.load_data': loadData('imdb'),
  'keras.datasets.reuters.load_data': loadData('reuters'),
};

/** What a model that is built gives for another input: tensors of the same shape with the rows of that input. */
function reused(of: Network, input: Abstract): Abstract {
  const rows = tensorsOf(input)?.[0]?.axes?.[0] ?? BATCH;
  const again = (value: Abstract): Abstract => {
    if (value.kind === 'sequence') return { ...value, items: value.items.map(again) };
    if (value.kind !== 'tensor') return unknown('');
    const [batch, ...rest] = value.axes ?? [];
    const axes = value.axes === null || batch === undefined ? value.axes : [isBatch(batch) ? { ...rows, name: 'batch' } : batch, ...rest]; // prettier-ignore
    return tensor(value.dtype, axes, { lost: true });
  };
  return of.built === null ? unknown('') : again(of.built.output);
}

/**
 * A model that another one calls: its operations once more, on other tensors. Names of the weights are those of its layers, so
 * that the weights are the same. Null where not all of what it reads is known.
 */
function calledAgain({ reader: { graph } }: Call, of: Network, input: Abstract): Abstract | null {
  const [own, given] = [tensorsOf(of.inputs ?? of.built?.input ?? undefined), tensorsOf(input)];
  if (of.built === null || own === null || given?.length !== own.length) return null;
  const places = new Map<string, TensorRef>();
  for (const [at, { ref }] of own.entries()) {
    const other = refOf(given[at]!);
    if (ref === undefined || other === undefined) return null;
    places.set(JSON.stringify(ref), other);
  }
  if ([...places].every(([ref, other]) => ref === JSON.stringify(other))) return of.built.output;
  const outputs = tensorsOf(of.built.output);
  if (outputs === null || outputs.some(one => refOf(one) === undefined)) return null;
  const copies = copied(graph, outputs.map(({ ref }) => ref!), places); // prettier-ignore
  if (copies === null) return null;
  const shape = reused(of, input);
  const parts = shape.kind === 'sequence' ? shape.items : [shape];
  const made = parts.map((part, at): Abstract => {
    if (part.kind !== 'tensor') return part;
    const { lost: _lost, ...rest } = part;
    return { ...rest, ref: copies[at]! };
  });
  return shape.kind === 'sequence' ? { ...shape, items: made } : made[0]!;
}

/** The same tensors computed of others, which stand in the place of some; null where they are computed of more than those. */
function copied(graph: Graph, refs: readonly TensorRef[], places: ReadonlyMap<string, TensorRef>): TensorRef[] | null {
  const made = new Map<string, string | null>();
  const refTo = (ref: TensorRef): TensorRef | null => {
    const placed = places.get(JSON.stringify(ref));
    if (placed !== undefined) return placed;
    const from = copyOf(ref.from);
    return from === null ? null : { ...ref, from };
  };
  const copyOf = (id: string): string | null => {
    const known = made.get(id);
    if (known !== undefined) return known;
    const record = graph.nodes.get(id);
    made.set(id, null);
    if (record === undefined) return null;
    const { node, ...about } = record;
    const sources = new Map(Graph.sources(node).map(ref => [JSON.stringify(ref), refTo(ref)] as const));
    if ([...sources.values()].includes(null)) return null;
    const { id: _id, ...draft } = replaced(node, sources) as GraphNode;
    const copy = graph.add(id, draft, about);
    made.set(id, copy);
    return copy;
  };
  const found = refs.map(refTo);
  return found.every(ref => ref !== null) ? found : null;
}

/** A node with other tensors in the place of those that it reads. */
function replaced(value: unknown, sources: ReadonlyMap<string, TensorRef | null>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const other = sources.get(JSON.stringify(value));
  if (other !== undefined) return other;
  if (Array.isArray(value)) return value.map(item => replaced(item, sources));
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, sources)]));
}

const COMPILE: CallEntry = {
  signature: "optimizer='rmsprop', loss=None, metrics=None, loss_weights=None",
  result: compile,
};
const FIT: CallEntry = {
  signature:
    'x=None, y=None, batch_size=None, epochs=1, verbose=None, callbacks=None, validation_split=0.0, validation_data=None, shuffle=True, class_weight=None, sample_weight=None, nb_epoch=None',
  result: fit,
};

const PREDICT: CallEntry = {
  signature: 'x, batch_size=None, verbose=0',
  result: call => {
    const { self, args } = call;
    if (self.kind !== 'network') return unknown('');
    const x = args.get('x') ?? unknown('x');
    if (self.built === null && hasShape(self)) build(call, self, null);
    return reused(self, x);
  },
};

export const KERAS_METHODS: CallTable = {
  // A loss that a training loop calls by itself.
  'keras.loss.__call__': {
    signature: 'y_true, y_pred, sample_weight=None',
    result: call => {
      const [found, prediction] = [lossOf(call.self), call.args.get('y_pred')];
      if (prediction?.kind !== 'tensor') return unknown('loss');
      const shape = lossShape(call.self, prediction);
      if (found === null || prediction.ref === undefined) return shape;
      // Masked steps and weighted rows count otherwise.
      if (prediction.mask !== undefined || call.args.some('sample_weight') !== undefined) return shape;
      const { summed, open, ...loss } = found;
      if (open !== undefined) return shape;
      if (found.fromLogits && found.kind !== 'sigmoid_cross_entropy') call.reader.graph.scores.add(prediction.ref.from);
      const { graph } = call.reader;
      const old = graph.losses.find(({ range }) => range.start === call.range.start)?.loss;
      if (old !== undefined) return old;
      const target = targetFor(call, found.kind, prediction);
      const before = isActivated(call, found, prediction) ? ({ beforeActivation: true } as const) : {};
      const made = tensor('float32', [], {
        derivation: { op: 'loss', ...loss, ...before, prediction, target, reduction: summed ? 'sum' : 'mean' },
        meaning: phrase('loss that is minimised'),
      });
      graph.losses.push({ loss: made, range: call.range });
      return made;
    },
  },
  'network.add': {
    signature: 'layer',
    result: ({ self, args }) => {
      if (self.kind === 'network') addLayer(self, args.get('layer'));
      return NONE;
    },
  },
  'network.compile': COMPILE,
  'network.fit': FIT,
  'instance.compile': COMPILE,
  'instance.fit': FIT,
  'network.__call__': {
    signature: 'inputs, training=None',
    result: call => {
      const { self } = call;
      const input = call.args.get('inputs') ?? unknown('inputs');
      if (self.kind !== 'network') return unknown('');
      if (self.className !== 'Sequential') return calledAgain(call, self, input) ?? reused(self, input);
      // A batch of which nothing is known, as in a loop over data: what the model gives of its own input.
      const own = input.kind === 'unknown' && hasShape(self) ? build(call, self, null) : null;
      if (own !== null) return own.output;
      let value = input;
      inScope(call, self, () => {
        for (const layer of self.layers) {
          value = layer.run(call, value);
          if (layer.made !== undefined) call.reader.show(layer.made, value);
        }
      });
      self.built ??= { input: null, output: value };
      return value;
    },
  },
  'network.predict': PREDICT,
  'network.predict_on_batch': PREDICT,
  'network:input': {
    signature: '',
    result: ({ self }) => (self.kind === 'network' ? (self.inputs ?? self.built?.input ?? unknown('')) : unknown('')),
  },
  'network:inputs': {
    signature: '',
    result: ({ self }) => {
      const given = self.kind === 'network' ? (self.inputs ?? self.built?.input ?? unknown('')) : unknown('');
      return given.kind === 'sequence' || given.kind === 'unknown' ? given : list([given]);
    },
  },
  'network:output': {
    signature: '',
    result: ({ self }) => (self.kind === 'network' ? (self.built?.output ?? unknown('')) : unknown('')),
  },
  'network:layers': {
    signature: '',
    result: ({ self }) => (self.kind === 'network' ? (self.parts ?? list(self.layers)) : unknown('')),
  },
  // A layer of a model by the name that the program gives it.
  'network.get_layer': {
    signature: 'name=None, index=None',
    result: ({ args, reader }) => {
      const output = reader.graph.layerOutputs.get(args.string('name') ?? '');
      return output === undefined ? unknown('layer') : { kind: 'object', type: 'keras.part', attributes: new Map([['output', output]]) }; // prettier-ignore
    },
  },
  'network.count_params': { signature: '', result: () => number(0) },
};
