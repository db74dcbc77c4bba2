/** Metrics, optimizers and the session of TensorFlow 1: how a program trains. */
import { type Phrase, phrase } from '../../model/phrase.ts';
import type { ClippingSpec, OptimizerSpec } from '../../model/spec.ts';
import { type Call, type CallEntry, type CallTable, information, type Reader } from '../calls.ts';
import { countLoops } from '../loops.ts';
import type { TextRange } from '../reading.ts';
import { asTensor, oneOf, placeOf, reduced as without } from '../shapeRules.ts';
import { tensorsOf } from '../tensors.ts';
import {
  type Abstract, type Derivation, list, NONE, number, shortText, tensor, type Tensor, tuple, unknown,
} from '../values.ts'; // prettier-ignore

function equalTo({ args }: Call): Abstract {
  const [x, y] = [asTensor(args.get('x')), asTensor(args.get('y'))];
  const axes = x?.axes ?? y?.axes ?? null;
  const best = [x, y].find(side => side?.derivation?.op === 'best')?.derivation;
  const meaning = phrase('whether the row is classified right');
  return tensor(
    'bool',
    axes,
    best?.op === 'best' ? { derivation: { op: 'right', of: best.of, topK: 1 }, meaning } : {},
  );
}

// Optimizers

/** The number that a variable begins with: a rate that a program keeps in one. */
function heldNumber({ graph }: Reader, value: Abstract | undefined): number | undefined {
  if (value?.kind !== 'tensor' || value.axes?.length !== 0 || value.initial?.kind !== 'constant') return undefined;
  if (value.parameter !== undefined) graph.rates.add(value.parameter);
  return value.initial.value;
}

function sayUnread(reader: Reader, range: TextRange): void {
  const text = phrase(
    'The learning rate that the program sets cannot be followed: choose it where the training is started',
  );
  reader.report(information(range, 'rate-not-read', text));
}

function optimizer(
  kind: OptimizerSpec['kind'],
  signature: string,
  options: (args: Call['args']) => { readonly [K in keyof OptimizerSpec]?: OptimizerSpec[K] | undefined },
): CallEntry {
  return {
    signature,
    result: ({ args, reader, range }) => {
      const falling = args.get('learning_rate');
      const schedule = falling?.kind === 'schedule' ? falling : undefined;
      const rate = schedule?.start ?? args.number('learning_rate') ?? heldNumber(reader, falling);
      if (args.isGiven('learning_rate') && (rate === undefined || rate <= 0)) sayUnread(reader, range);
      const given = Object.fromEntries(
        Object.entries(options(args)).filter(([, value]) => value !== undefined),
      ) as Partial<OptimizerSpec>;
      const spec: OptimizerSpec = {
        kind,
        ...(rate === undefined || rate <= 0 ? {} : { learningRate: rate }),
        ...given,
      };
      return { kind: 'optimizer', spec, complete: rate !== undefined, ...(schedule && { decay: schedule.decay }) };
    },
  };
}

/** How strongly an optimizer pulls weights towards 0. */
const pulls = (args: Call['args']): { readonly l1: number | undefined; readonly l2: number | undefined } => ({
  l1: args.givenNumber('l1_regularization_strength'),
  l2: args.givenNumber('l2_regularization_strength'),
});

function record(
  reader: Reader,
  of: Tensor,
  spec: Abstract,
  clipping: readonly ClippingSpec[],
  { args, range }: Call,
  open: readonly Phrase[] = onlySome(args.some('var_list')),
  scope?: string,
): Abstract {
  const { trainings } = reader.graph;
  trainings.push({
    loss: of,
    optimizer: spec.kind === 'optimizer' ? spec.spec : null,
    ...(spec.kind === 'optimizer' && spec.decay && { decay: spec.decay }),
    clipping,
    range,
    uncounted: args.some('global_step') === undefined,
    open,
    ...(scope === undefined ? {} : { scope }),
    epochs: null,
    iterations: null,
    batchSize: null,
  });
  return { kind: 'training', step: trainings.length - 1 };
}

function variablesOf(scope: Abstract | undefined): Abstract {
  // A scope is a pattern that names begin with; one with signs of its own means more than its letters.
  const plain = scope?.kind === 'string' && /^[\w/]+$/.test(scope.value) ? { scope: scope.value } : {};
  const item = tensor('float32', null, { derivation: { op: 'variables', ...plain } });
  return { kind: 'many', item, count: unknown(scope === undefined ? 'variables' : 'variables of a scope') };
}

/** Variables that are trained, where those are not all of them. */
function onlySome(given: Abstract | undefined): Phrase[] {
  const all = given === undefined || (given.kind === 'many' && shortText(given.count) === 'variables');
  return all ? [] : [phrase('only some of the variables are trained; that cannot be run yet')];
}

/** What the names of the variables begin with that a call is given, where that is plain. */
function scopeOf(given: Abstract | undefined): string | undefined {
  const item = given?.kind === 'many' && given.item.kind === 'tensor' ? given.item.derivation : undefined;
  return item?.op === 'variables' ? item.scope : undefined;
}

function minimize(call: Call): Abstract {
  const of = asTensor(call.args.get('loss'));
  if (of === null) return NONE;
  const scope = scopeOf(call.args.some('var_list'));
  return record(call.reader, of, call.self, [], call, scope === undefined ? undefined : [], scope);
}

const gradientOf = (of: Tensor, xs?: Abstract): Tensor =>
  tensor('float32', null, {
    derivation: { op: 'gradient', loss: of, open: onlySome(xs) },
    meaning: phrase('gradient of the loss'),
  });

function computeGradients({ args }: Call): Abstract {
  const of = asTensor(args.get('loss'));
  if (of === null) return unknown('');
  return {
    kind: 'many',
    item: tuple([gradientOf(of, args.some('var_list')), tensor('float32', null, { derivation: { op: 'variables' } })]),
    count: unknown('variables'),
  };
}

/** The gradient inside a value, however it is packed. */
function gradientIn(value: Abstract | undefined, depth = 0): Extract<Derivation, { op: 'gradient' }> | null {
  if (depth > 4 || value === undefined) return null;
  if (value.kind === 'tensor') return value.derivation?.op === 'gradient' ? value.derivation : null;
  if (value.kind === 'many') return gradientIn(value.item, depth + 1);
  if (value.kind !== 'sequence') return null;
  for (const item of value.items) {
    const found = gradientIn(item, depth + 1);
    if (found !== null) return found;
  }
  return null;
}

function applyGradients(call: Call): Abstract {
  const { self, args, reader, range } = call;
  const found = gradientIn(args.get('grads_and_vars'));
  if (found === null) return NONE;
  const known = reader.graph.trainings.findIndex(one => one.range.start === range.start);
  const made: Abstract = known < 0 ? record(reader, found.loss, self, found.clipping ?? [], call, found.open) : { kind: 'training', step: known }; // prettier-ignore
  // Where there is no session, the call itself is the step.
  const training = made.kind === 'training' ? reader.graph.trainings[made.step] : undefined;
  if (training !== undefined && reader.loops.length > 0) countLoops(training, reader, null);
  return made;
}

/** `tape.gradient(loss, variables)`: a gradient for every variable. */
function tapeGradient({ args }: Call): Abstract {
  const of = asTensor(args.get('target'));
  return of === null ? unknown('') : { kind: 'many', item: gradientOf(of), count: unknown('variables') };
}

function clipped(value: Abstract | undefined, clipping: ClippingSpec, depth = 0): Abstract {
  if (depth > 3) return NONE;
  if (value?.kind === 'many') return { ...value, item: clipped(value.item, clipping, depth + 1) };
  if (value?.kind === 'sequence')
    return { ...value, items: value.items.map(item => clipped(item, clipping, depth + 1)) };
  if (value?.kind === 'tensor' && value.derivation?.op === 'gradient')
    return {
      ...value,
      derivation: { ...value.derivation, clipping: [...(value.derivation.clipping ?? []), clipping] },
    };
  return value ?? NONE;
}

function clipByValue({ args }: Call): Abstract {
  const limit = args.number('clip_value_max');
  return limit === undefined || limit <= 0 ? (args.get('t') ?? NONE) : clipped(args.get('t'), { kind: 'value', limit });
}

function clipByNorm({ args }: Call): Abstract {
  const limit = args.number('clip_norm');
  return limit === undefined || limit <= 0 ? (args.get('t') ?? NONE) : clipped(args.get('t'), { kind: 'norm', limit });
}

function clipByGlobalNorm({ args }: Call): Abstract {
  const limit = args.number('clip_norm');
  const given = args.get('t_list') ?? NONE;
  const kept = limit === undefined || limit <= 0 ? given : clipped(given, { kind: 'global_norm', limit });
  return tuple([kept, tensor('float32', [], { meaning: phrase('norm of all gradients together') })]);
}

// The session

/** The program changes a variable by itself. */
function assigned({ args, self, reader, range }: Call): Abstract {
  reader.graph.assigns = true;
  const of = args.get('ref') ?? self;
  if (of.kind === 'tensor' && of.parameter !== undefined && reader.graph.rates.has(of.parameter))
    sayUnread(reader, range);
  return args.get('ref') ?? self;
}

/** What a run is fed: which data the inputs get, and how many rows at a time. */
function feed(reader: Reader, given: Abstract | undefined): number | null {
  if (given?.kind !== 'dict') return null;
  let batchSize: number | null = null;
  for (const [key, value] of given.pairs) {
    const input = reader.graph.inputOf(key);
    if (input === null) continue;
    const source = dataOf(value);
    if (source !== null && input.role !== 'target') input.data ??= source.source;
    const first = value.kind === 'tensor' ? value.axes?.[0]?.size : null;
    if (source?.part === 'batch' && typeof first === 'number' && input.role !== 'target') batchSize = first;
  }
  return batchSize;
}

function dataOf(value: Abstract): Extract<Derivation, { op: 'data' }> | null {
  if (value.kind === 'tensor') return value.derivation?.op === 'data' ? value.derivation : null;
  if (value.kind === 'unknown' && value.text !== '')
    return { op: 'data', source: { kind: 'unknown', source: value.text }, part: 'train' };
  return null;
}

function run(call: Call): Abstract {
  const { args, reader } = call;
  const fetches = args.get('fetches');
  const batchSize = feed(reader, args.get('feed_dict'));
  for (const step of trainingsIn(fetches)) {
    const training = reader.graph.trainings[step];
    if (training !== undefined) countLoops(training, reader, batchSize);
  }
  if (fetches?.kind === 'sequence') return { ...fetches, items: fetches.items.map(value => value) };
  return fetches ?? NONE;
}

function trainingsIn(value: Abstract | undefined, depth = 0): number[] {
  if (value?.kind === 'training') return [value.step];
  return value?.kind === 'sequence' && depth < 3 ? value.items.flatMap(item => trainingsIn(item, depth + 1)) : [];
}

function evaluateTensor({ self, args, reader }: Call): Abstract {
  feed(reader, args.get('feed_dict'));
  return self;
}

const session: CallEntry = {
  signature: 'target=None, graph=None, config=None',
  result: () => ({ kind: 'object', type: 'session', attributes: new Map() }),
};

export const TRAINING_CALLS: CallTable = {
  'tf.GradientTape': {
    signature: 'persistent=False, watch_accessed_variables=True',
    result: () => ({ kind: 'object', type: 'tape', attributes: new Map() }),
  },
  'tf.nn.in_top_k': {
    signature: 'predictions, targets, k, name=None',
    result: ({ args }) => {
      const of = asTensor(args.get('predictions'));
      if (of === null) return unknown('');
      const topK = args.number('k') ?? 1;
      const meaning =
        topK === 1
          ? phrase('whether the row is classified right')
          : phrase('whether the right class is among the {0} largest', topK);
      return tensor('bool', of.axes?.slice(0, -1) ?? null, { derivation: { op: 'right', of, topK }, meaning });
    },
  },
  'tf.argmax': {
    signature: 'input, axis=None, name=None, dimension=None, output_type=None',
    result: ({ args }) => {
      const of = asTensor(args.get('input'));
      if (of === null) return unknown('');
      // Without an axis TensorFlow takes the first.
      const given = oneOf(args, 'axis', 'dimension') ?? number(0);
      const axes = without(of, given, false);
      if (of.axes === null || given.kind !== 'number' || placeOf(given.value, of.axes.length) !== of.axes.length - 1)
        return tensor('int64', axes);
      return tensor('int64', axes, { derivation: { op: 'best', of }, meaning: phrase('class with the largest value') });
    },
  },
  'tf.equal': { signature: 'x, y, name=None', result: equalTo },
  'tf.train.GradientDescentOptimizer': optimizer('sgd', 'learning_rate, use_locking=False, name=None', () => ({})),
  'tf.train.MomentumOptimizer': optimizer(
    'momentum',
    'learning_rate, momentum, use_locking=False, name=None, use_nesterov=False',
    args => ({
      momentum: args.givenNumber('momentum'),
      nesterov: args.boolean('use_nesterov') === true ? true : undefined,
    }),
  ),
  'tf.train.RMSPropOptimizer': optimizer(
    'rmsprop',
    'learning_rate, decay=0.9, momentum=0.0, epsilon=1e-10, use_locking=False, centered=False, name=None',
    args => ({
      rho: args.givenNumber('decay'),
      momentum: args.givenNumber('momentum'),
      epsilon: args.givenNumber('epsilon'),
      centered: args.boolean('centered') === true ? true : undefined,
    }),
  ),
  'tf.train.AdagradOptimizer': optimizer(
    'adagrad',
    'learning_rate, initial_accumulator_value=0.1, use_locking=False, name=None',
    args => ({
      initialAccumulator: args.givenNumber('initial_accumulator_value'),
    }),
  ),
  'tf.train.AdadeltaOptimizer': optimizer(
    'adadelta',
    'learning_rate=0.001, rho=0.95, epsilon=1e-8, use_locking=False, name=None',
    args => ({
      rho: args.givenNumber('rho'),
      epsilon: args.givenNumber('epsilon'),
    }),
  ),
  'tf.train.AdamOptimizer': optimizer(
    'adam',
    'learning_rate=0.001, beta1=0.9, beta2=0.999, epsilon=1e-8, use_locking=False, name=None',
    args => ({
      beta1: args.givenNumber('beta1'),
      beta2: args.givenNumber('beta2'),
      epsilon: args.givenNumber('epsilon'),
    }),
  ),
  'tf.train.FtrlOptimizer': optimizer(
    'ftrl',
    "learning_rate, learning_rate_power=-0.5, initial_accumulator_value=0.1, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name='Ftrl', accum_name=None, linear_name=None, l2_shrinkage_regularization_strength=0.0, beta=None",
    args => ({
      ratePower: args.givenNumber('learning_rate_power'),
      initialAccumulator: args.givenNumber('initial_accumulator_value'),
      ...pulls(args),
      l2Shrinkage: args.givenNumber('l2_shrinkage_regularization_strength'),
      beta: args.givenNumber('beta'),
    }),
  ),
  'tf.train.ProximalGradientDescentOptimizer': optimizer(
    'proximal_sgd',
    'learning_rate, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name=None',
    pulls,
  ),
  'tf.train.ProximalAdagradOptimizer': optimizer(
    'proximal_adagrad',
    'learning_rate, initial_accumulator_value=0.1, l1_regularization_strength=0.0, l2_regularization_strength=0.0, use_locking=False, name=None',
    args => ({ initialAccumulator: args.givenNumber('initial_accumulator_value'), ...pulls(args) }),
  ),
  'tf.assign': { signature: 'ref, value', result: assigned },
  'tf.assign_add': { signature: 'ref, value', result: assigned },
  'tf.gradients': {
    signature: 'ys, xs, grad_ys=None, name=None',
    result: ({ args }) => {
      const of = asTensor(args.get('ys'));
      if (of === null) return unknown('');
      const targets = tensorsOf(args.get('xs'));
      return targets === null
        ? { kind: 'many', item: gradientOf(of, args.get('xs')), count: unknown('variables') }
        : list(targets.map(() => gradientOf(of, args.get('xs'))));
    },
  },
  'tf.get_collection': {
    signature: 'key, scope=None',
    result: ({ args, reader, range }) => {
      const variables =
        args.get('key')?.kind === 'path' && /\.(?:TRAINABLE_|GLOBAL_)?VARIABLES$/.test(args.text('key'));
      return variables ? variablesOf(args.some('scope')) : unknown(reader.textOf(range));
    },
  },
  'tf.trainable_variables': {
    signature: 'scope=None',
    result: ({ args }) => variablesOf(args.some('scope')),
  },
  'tf.clip_by_value': { signature: 't, clip_value_min, clip_value_max, name=None', result: clipByValue },
  'tf.clip_by_norm': { signature: 't, clip_norm, axes=None, name=None', result: clipByNorm },
  'tf.clip_by_global_norm': { signature: 't_list, clip_norm, use_norm=None, name=None', result: clipByGlobalNorm },
  'tf.Session': session,
  'tf.InteractiveSession': session,
};

/** Whether something is what a session runs: tensors and steps of training, or a list with one of them. */
function isFetched(value: Abstract | undefined, depth = 0): boolean {
  if (value?.kind === 'tensor' || value?.kind === 'training') return true;
  const items = value?.kind === 'sequence' ? value.items : value?.kind === 'dict' ? [...value.entries.values()] : [];
  return depth < 4 && items.some(item => isFetched(item, depth + 1));
}

export const TRAINING_METHODS: CallTable = {
  'optimizer.minimize': { signature: 'loss, global_step=None, var_list=None', result: minimize },
  'optimizer.compute_gradients': { signature: 'loss, var_list=None', result: computeGradients },
  'tape.gradient': { signature: 'target, sources', result: tapeGradient },
  'optimizer.apply_gradients': { signature: 'grads_and_vars, global_step=None, name=None', result: applyGradients },
  'session.run': { signature: 'fetches, feed_dict=None, options=None, run_metadata=None', result: run },
  // A session that a method is given.
  'unknown.run': {
    signature: 'fetches, feed_dict=None, options=None, run_metadata=None',
    result: call => (isFetched(call.args.get('fetches')) ? run(call) : unknown(call.reader.textOf(call.range).slice(0, 60))), // prettier-ignore
  },
  'tensor.assign': { signature: 'value', result: assigned },
  'tensor.assign_add': { signature: 'delta', result: assigned },
  'tensor.eval': { signature: 'feed_dict=None, session=None', result: evaluateTensor },
  'training.run': {
    signature: 'feed_dict=None, session=None',
    result: ({ self, args, reader }) => {
      const batchSize = feed(reader, args.get('feed_dict'));
      const training = self.kind === 'training' ? reader.graph.trainings[self.step] : undefined;
      if (training !== undefined) countLoops(training, reader, batchSize);
      return NONE;
    },
  },
};
