/** Learning rates that fall with the steps: the schedules of TensorFlow 1 and Keras. A new one is one entry of the table. */
import type { DecaySpec } from '../model/spec.ts';
import type { Call, CallEntry } from './calls.ts';
import { type Abstract, unknown } from './values.ts';

type Args = Call['args'];

interface Schedule {
  readonly signature: string;
  /** @param start the first rate. @returns undefined where an option cannot be read. */
  readonly decay: (args: Args, start: number) => DecaySpec | undefined;
}

/** A schedule of p, the steps divided by `decay_steps`. */
const byRate =
  (kind: 'exponential' | 'inverse_time' | 'natural_exponential'): Schedule['decay'] =>
  args => {
    const [rate, steps] = [args.number('decay_rate'), args.number('decay_steps')];
    if (rate === undefined || steps === undefined || steps <= 0) return undefined;
    return { kind, rate, steps, ...(args.boolean('staircase') === true ? { staircase: true } : {}) };
  };

const polynomial: Schedule['decay'] = (args, start) => {
  const [steps, end, power] = [args.number('decay_steps'), args.number('end_learning_rate'), args.number('power')];
  if (steps === undefined || steps <= 0 || end === undefined || power === undefined) return undefined;
  return { kind: 'polynomial', steps, floor: end / start, power, ...(args.boolean('cycle') === true ? { cycle: true } : {}) };
}; // prettier-ignore

const cosine: Schedule['decay'] = (args, start) => {
  const [steps, floor] = [args.number('decay_steps'), args.number('alpha')];
  if (steps === undefined || steps <= 0 || floor === undefined) return undefined;
  if (args.some('warmup_target') === undefined) return { kind: 'cosine', steps, floor };
  const [first, rising] = [args.number('initial_learning_rate'), args.number('warmup_steps')];
  if (first === undefined || rising === undefined || rising < 0) return undefined;
  return { kind: 'cosine', steps, floor, ...(rising > 0 ? { warmUp: { steps: rising, from: first / start } } : {}) };
};

/** Source: Keras 3 `learning_rate_schedule.py`, TensorFlow 1.15 `learning_rate_decay.py`. */
const restarts: Schedule['decay'] = args => {
  const [steps, longer, lower, floor] = ['first_decay_steps', 't_mul', 'm_mul', 'alpha'].map(name => args.number(name));
  if (
    steps === undefined ||
    steps <= 0 ||
    longer === undefined ||
    longer < 1 ||
    lower === undefined ||
    floor === undefined
  )
    return undefined;
  return { kind: 'cosine', steps, floor, restarts: { longer, lower } };
};

const KERAS = 'initial_learning_rate, decay_steps';
const TENSORFLOW1 = 'learning_rate, global_step, decay_steps';
const RESTARTS = 't_mul=2.0, m_mul=1.0, alpha=0.0, name=None';
const RATE = 'decay_rate, staircase=False, name=None';

const SCHEDULES: Readonly<Record<string, Schedule>> = {
  'keras.optimizers.schedules.ExponentialDecay': { signature: `${KERAS}, ${RATE}`, decay: byRate('exponential') },
  'keras.optimizers.schedules.InverseTimeDecay': { signature: `${KERAS}, ${RATE}`, decay: byRate('inverse_time') },
  'keras.optimizers.schedules.PolynomialDecay': { signature: `${KERAS}, end_learning_rate=0.0001, power=1.0, cycle=False, name=None`, decay: polynomial },
  'keras.optimizers.schedules.CosineDecay': { signature: `${KERAS}, alpha=0.0, name=None, warmup_target=None, warmup_steps=0`, decay: cosine },
  'keras.optimizers.schedules.CosineDecayRestarts': { signature: `initial_learning_rate, first_decay_steps, ${RESTARTS}`, decay: restarts },
  'tf.train.exponential_decay': { signature: `${TENSORFLOW1}, ${RATE}`, decay: byRate('exponential') },
  'tf.train.natural_exp_decay': { signature: `${TENSORFLOW1}, ${RATE}`, decay: byRate('natural_exponential') },
  'tf.train.inverse_time_decay': { signature: `${TENSORFLOW1}, ${RATE}`, decay: byRate('inverse_time') },
  'tf.train.polynomial_decay': { signature: `${TENSORFLOW1}, end_learning_rate=0.0001, power=1.0, cycle=False, name=None`, decay: polynomial },
  'tf.train.cosine_decay_restarts': { signature: `learning_rate, global_step, first_decay_steps, ${RESTARTS}`, decay: restarts },
  'tf.train.cosine_decay': { signature: `${TENSORFLOW1}, alpha=0.0, name=None`, decay: cosine },
}; // prettier-ignore

function scheduled({ decay }: Schedule): CallEntry['result'] {
  return ({ args, reader, range }) => {
    // A rate that first rises is told by what it rises to.
    const start =
      args.givenNumber('warmup_target') ?? args.number('initial_learning_rate') ?? args.number('learning_rate');
    const found = start === undefined || start <= 0 ? undefined : decay(args, start);
    return found === undefined ? unknown(reader.textOf(range)) : { kind: 'schedule', start: start!, decay: found };
  };
}

/** Rates by the steps at which they change; TensorFlow and Keras still use a rate at its boundary. */
const piecewise: CallEntry['result'] = ({ args }) => {
  const boundaries = numbersOf(args.get('boundaries'));
  const rates = numbersOf(args.get('values'));
  const start = rates?.[0];
  if (!boundaries || !rates || start === undefined || start <= 0 || boundaries.length === 0 || rates.length !== boundaries.length + 1)
    return unknown('');
  const decay = { kind: 'piecewise' as const, boundaries: boundaries.map(one => one + 1), factors: rates.map(rate => rate / start) };
  return { kind: 'schedule', start, decay };
}; // prettier-ignore

function numbersOf(value: Abstract | undefined): number[] | undefined {
  if (value?.kind !== 'sequence') return undefined;
  const numbers = value.items.flatMap(item => (item.kind === 'number' ? [item.value] : []));
  return numbers.length === value.items.length ? numbers : undefined;
}

const PIECEWISE: Readonly<Record<string, CallEntry>> = {
  'keras.optimizers.schedules.PiecewiseConstantDecay': {
    signature: 'boundaries, values, name=None',
    result: piecewise,
  },
  'tf.train.piecewise_constant': { signature: 'x, boundaries, values, name=None', result: piecewise },
  'tf.train.piecewise_constant_decay': { signature: 'x, boundaries, values, name=None', result: piecewise },
};

/** Calls of one framework: `keras.` or `tf.`. */
export function schedulesOf(prefix: 'keras.' | 'tf.'): Record<string, CallEntry> {
  const all = Object.entries(SCHEDULES).map(([name, one]) => [name, { signature: one.signature, result: scheduled(one) }] as const); // prettier-ignore
  return Object.fromEntries([...all, ...Object.entries(PIECEWISE)].filter(([name]) => name.startsWith(prefix)));
}
