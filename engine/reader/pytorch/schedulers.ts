/** PyTorch's learning rate schedulers. Source: PyTorch 2 `torch/optim/lr_scheduler.py`. */
import { defaultLearningRate } from '../../model/learningRates.ts';
import type { DecaySpec } from '../../model/spec.ts';
import { type Call, type CallEntry, type CallTable, information, type Reader } from '../calls.ts';
import { phrase } from '../../model/phrase.ts';
import { isEpochs } from '../loops.ts';
import type { TextRange } from '../reading.ts';
import { type Abstract, NONE, number, unknown } from '../values.ts';

/** @param start the first rate. @returns undefined where an option cannot be read. */
type Rule = (call: Call, start: number) => DecaySpec | undefined;

function scheduler(options: string, rule: Rule): CallEntry {
  return {
    signature: `optimizer, ${options}, last_epoch=-1`,
    result: call => {
      const optimizer = call.args.get('optimizer');
      if (optimizer?.kind !== 'optimizer') return unknown('');
      const start = optimizer.spec.learningRate ?? defaultLearningRate('pytorch', optimizer.spec.kind);
      const decay = rule(call, start);
      return made(optimizer, decay === undefined ? NONE : { kind: 'schedule', start, decay });
    },
  };
}

function made(optimizer: Abstract, schedule: Abstract): Abstract {
  const attributes = new Map([['optimizer', optimizer], ['schedule', schedule]]); // prettier-ignore
  return { kind: 'object', type: 'torch.scheduler', attributes };
}

/** A scheduler that the engine has none of: that it is stepped is said. */
const UNREAD: CallEntry = {
  signature: 'optimizer',
  result: ({ args }) => {
    const given = args.get('optimizer') ?? args.get('schedulers');
    // ChainedScheduler is given schedulers.
    const of = given?.kind === 'sequence' ? given.items[0] : given;
    const optimizer = of?.kind === 'object' ? of.attributes.get('optimizer') : of;
    return optimizer?.kind === 'optimizer' ? made(optimizer, NONE) : unknown('');
  },
};
const UNREAD_NAMES = ['CyclicLR', 'ReduceLROnPlateau', 'MultiplicativeLR', 'ChainedScheduler', 'SequentialLR']; // prettier-ignore

function positive(call: Call, name: string): number | undefined {
  const value = call.args.number(name);
  return value === undefined || value <= 0 ? undefined : value;
}

const exponential: Rule = call => {
  const rate = positive(call, 'gamma');
  return rate === undefined ? undefined : { kind: 'exponential', rate, steps: 1 };
};

const everySoMany: Rule = call => {
  const [rate, steps] = [positive(call, 'gamma'), positive(call, 'step_size')];
  return rate === undefined || steps === undefined ? undefined : { kind: 'step', rate, steps };
};

const milestones: Rule = call => {
  const given = call.args.get('milestones');
  const rate = positive(call, 'gamma');
  if (given?.kind !== 'sequence' || given.items.length === 0 || rate === undefined) return undefined;
  const boundaries = given.items.flatMap(item => (item.kind === 'number' ? [item.value] : []));
  if (boundaries.length < given.items.length) return undefined;
  boundaries.sort((a, b) => a - b);
  return { kind: 'piecewise', boundaries, factors: [1, ...boundaries.map((_, at) => rate ** (at + 1))] };
};

const cosine: Rule = (call, start) => {
  const [steps, least] = [positive(call, 'T_max'), call.args.number('eta_min')];
  if (steps === undefined || least === undefined || least < 0) return undefined;
  return { kind: 'cosine', steps, floor: least / start, cycle: true };
};

const polynomial: Rule = call => {
  const [steps, power] = [positive(call, 'total_iters'), positive(call, 'power')];
  return steps === undefined || power === undefined ? undefined : { kind: 'polynomial', steps, floor: 0, power };
};

const restarts: Rule = (call, start) => {
  const [steps, longer, least] = [positive(call, 'T_0'), call.args.number('T_mult'), call.args.number('eta_min')];
  if (steps === undefined || longer === undefined || longer < 1 || least === undefined || least < 0) return undefined;
  return { kind: 'cosine', steps, floor: least / start, restarts: { longer, lower: 1 } };
};

/** Optimizers whose momentum (or β₁) goes up and down as the rate goes down and up. */
const CYCLED = new Set(['sgd', 'rmsprop', 'adam', 'amsgrad', 'adamw', 'adamax', 'radam']);

/** Up to the greatest rate and down to next to nothing. */
const oneCycle: Rule = (call, start) => {
  const { args } = call;
  const number = (name: string): number => args.number(name) ?? NaN;
  const [most, share, first, last] = ['max_lr', 'pct_start', 'div_factor', 'final_div_factor'].map(number);
  const steps = args.some('total_steps') === undefined ? number('epochs') * number('steps_per_epoch') : number('total_steps');
  const optimizer = args.get('optimizer');
  const cycles = args.boolean('cycle_momentum') !== false;
  const known = optimizer?.kind === 'optimizer' && (!cycles || CYCLED.has(optimizer.spec.kind));
  const [low, peak, end] = [most! / first! / start, most! / start, most! / first! / last! / start];
  const [slow, fast] = [number('base_momentum'), number('max_momentum')];
  if (!known || ![steps, low, peak, end, share, slow, fast].every(Number.isFinite)) return undefined;
  const phase = (until: number, from: number, to: number, [before, after]: readonly [number, number]) =>
    ({ end: until, from, to, ...(cycles ? { momentum: { from: before, to: after } } : {}) });
  const up = phase(share! * steps - 1, low, peak, [fast, slow]);
  const phases = args.boolean('three_phase') === true
    ? [up, phase(2 * share! * steps - 2, peak, low, [slow, fast]), phase(steps - 1, low, end, [fast, fast])]
    : [up, phase(steps - 1, peak, end, [slow, fast])];
  return { kind: 'phases', curve: args.string('anneal_strategy') === 'linear' ? 'linear' : 'cosine', phases };
}; // prettier-ignore

/** More rates than this are not written down one by one. */
const MOST_RATES = 1000;

/** The rates of the first steps by themselves, of which the last one stays. */
function oneByOne(factors: readonly number[]): DecaySpec | undefined {
  if (factors.length < 2 || factors.length > MOST_RATES || !factors.every(one => one >= 0)) return undefined;
  return { kind: 'piecewise', boundaries: factors.slice(1).map((_, at) => at + 1), factors: [...factors] };
}

/** From one part of the rate to another in a line. */
const line: Rule = call => {
  const [steps, from, to] = ['total_iters', 'start_factor', 'end_factor'].map(name => call.args.number(name));
  if (steps === undefined || from === undefined || to === undefined || !(steps >= 1 && steps < MOST_RATES))
    return undefined;
  return oneByOne(Array.from({ length: steps + 1 }, (_, k) => from + ((to - from) * k) / steps));
};

const constant: Rule = call => {
  const [steps, factor] = [positive(call, 'total_iters'), call.args.number('factor')];
  if (steps === undefined || factor === undefined || factor < 0) return undefined;
  return { kind: 'piecewise', boundaries: [steps], factors: [factor, 1] };
};

/** So many numbers are put into the function of a `LambdaLR`. */
const PROBED = 64;
const LATER = [100, 1000, 10_000, 100_000];

/** A function of the number of steps that is one of the simple ones, wherever it is asked. */
const lambda: Rule = call => {
  const given = call.args.get('lr_lambda');
  const own = given?.kind === 'sequence' && given.items.length === 1 ? given.items[0] : given;
  if (own?.kind !== 'function') return undefined;
  const at = (k: number): number => {
    const value = call.reader.call(own, [number(k)], call.range);
    return value.kind === 'number' ? value.value : NaN;
  };
  const values = Array.from({ length: PROBED }, (_, k) => at(k));
  if (!values.every(value => value >= 0)) return undefined;
  // A warm-up, after which the rate stays.
  const last = values.at(-1)!;
  const settled = values.findLastIndex(value => value !== last) + 1;
  if (settled > 0 && settled <= PROBED / 2 && LATER.every(k => at(k) === last))
    return oneByOne(values.slice(0, settled + 1));
  if (values[0] !== 1 || values.includes(0)) return undefined;
  const first = values.findIndex(value => value !== 1);
  if (first < 0) return undefined;
  const rate = values[first]!;
  const candidates: readonly (readonly [decay: DecaySpec, at: (k: number) => number])[] = [
    [first === 1 ? { kind: 'exponential', rate, steps: 1 } : { kind: 'step', rate, steps: first }, k => rate ** Math.floor(k / first)],
    [{ kind: 'inverse_time', rate: 1 / rate - 1, steps: 1 }, k => 1 / (1 + (1 / rate - 1) * k)],
  ]; // prettier-ignore
  return candidates.find(([, at]) => values.every((value, k) => Math.abs(value - at(k)) <= 1e-9 * value))?.[0];
};

function sayUnread(reader: Reader, range: TextRange): void {
  const text = phrase('This schedule of the learning rate cannot be read: training here keeps the first rate');
  reader.report(information(range, 'schedule-not-read', text));
}

/** `for group in optimizer.param_groups: group['lr'] = …` */
const groups: CallEntry = {
  signature: '',
  result: ({ self }) => ({
    kind: 'many',
    item: { kind: 'object', type: 'torch.param_group', attributes: new Map([['optimizer', self]]) },
    count: unknown(''),
  }),
};

/** A rate that the program changes itself. */
function setOption({ args, reader, range }: Call): Abstract {
  const key = args.get('key');
  if (key?.kind === 'string' && key.value === 'lr') sayUnread(reader, range);
  return NONE;
}

/** The rate falls with the epochs or with the steps, by the loop in which the scheduler is stepped. */
function step({ self, reader, range }: Call): Abstract {
  const [optimizer, schedule] = ['optimizer', 'schedule'].map(name =>
    self.kind === 'object' ? self.attributes.get(name) : undefined,
  );
  if (schedule?.kind === 'none') sayUnread(reader, range);
  if (optimizer?.kind !== 'optimizer' || schedule?.kind !== 'schedule') return NONE;
  for (const training of reader.graph.trainings) {
    if (training.optimizer !== optimizer.spec) continue;
    const loop = reader.loops.at(-1);
    const outside = (training.counted ?? 0) > reader.loops.length;
    const per = outside || (loop !== undefined && isEpochs(loop)) ? 'epoch' : 'step';
    training.decay = per === 'epoch' ? { ...schedule.decay, per } : schedule.decay;
  }
  return NONE;
}

export const SCHEDULER_CALLS: CallTable = {
  'torch.optim.StepLR': scheduler('step_size, gamma=0.1', everySoMany),
  'torch.optim.MultiStepLR': scheduler('milestones, gamma=0.1', milestones),
  'torch.optim.ExponentialLR': scheduler('gamma', exponential),
  'torch.optim.CosineAnnealingLR': scheduler('T_max, eta_min=0.0', cosine),
  'torch.optim.CosineAnnealingWarmRestarts': scheduler('T_0, T_mult=1, eta_min=0.0', restarts),
  'torch.optim.OneCycleLR': scheduler(
    "max_lr, total_steps=None, epochs=None, steps_per_epoch=None, pct_start=0.3, anneal_strategy='cos', cycle_momentum=True, base_momentum=0.85, max_momentum=0.95, div_factor=25.0, final_div_factor=1e4, three_phase=False",
    oneCycle,
  ),
  'torch.optim.PolynomialLR': scheduler('total_iters=5, power=1.0', polynomial),
  'torch.optim.LinearLR': scheduler('start_factor=0.3333333333333333, end_factor=1.0, total_iters=5', line),
  'torch.optim.ConstantLR': scheduler('factor=0.3333333333333333, total_iters=5', constant),
  ...Object.fromEntries(UNREAD_NAMES.map(name => [`torch.optim.${name}`, UNREAD])),
  'torch.optim.LambdaLR': scheduler('lr_lambda', lambda),
};

export const SCHEDULER_METHODS: CallTable = {
  'torch.scheduler.step': { signature: 'epoch=None', result: step },
  'optimizer:param_groups': groups,
  'torch.param_group.__setitem__': { signature: 'key, value', result: setOption },
};
