/**
 * What a Keras layer asks of its weights: regularizers, constraints, not to be trained. Sources: Keras 3
 * `regularizers/regularizers.py`, `constraints/constraints.py`.
 */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import type { Constraint, WeightRule } from '../graph.ts';
import { type Abstract, number, shortText } from '../values.ts';

type Penalty = NonNullable<WeightRule['penalty']>;

const TYPE = 'keras.regularizer';

function regularizer(signature: string, read: (args: Call['args']) => Penalty | undefined): CallEntry {
  return {
    signature,
    result: ({ args }) => {
      const penalty = read(args);
      const parts = Object.entries(penalty ?? {}).map(([name, factor]) => [name, number(factor)] as const);
      return penalty === undefined
        ? { kind: 'unknown', text: 'regularizer' }
        : { kind: 'object', type: TYPE, attributes: new Map(parts) };
    },
  };
}

/** Keras 1 called the factor `l`. */
const one = (key: 'l1' | 'l2'): CallEntry =>
  regularizer(`${key}=0.01`, args => {
    const factor = args.number(args.isGiven('l') ? 'l' : key);
    return factor === undefined ? undefined : { [key]: factor };
  });
const both = (otherwise: number): CallEntry =>
  regularizer(`l1=${otherwise}, l2=${otherwise}`, args => {
    const [l1, l2] = [args.number('l1'), args.number('l2')];
    return l1 === undefined || l2 === undefined ? undefined : { l1, l2 };
  });

const BY_NAME: Readonly<Record<string, Penalty>> = {
  l1: { l1: 0.01 },
  l2: { l2: 0.01 },
  l1_l2: { l1: 0.01, l2: 0.01 },
};

export const KERAS_REGULARIZERS: CallTable = {
  'keras.regularizers.l1': one('l1'),
  'keras.regularizers.L1': one('l1'),
  'keras.regularizers.l2': one('l2'),
  'keras.regularizers.L2': one('l2'),
  'keras.regularizers.l1_l2': both(0.01),
  'keras.regularizers.L1L2': both(0),
};

const CONSTRAINT = 'keras.constraint';

/** Options of a constraint, without which it is `non_negative`. */
const norm =
  (least: number | string, most: number | string, rate: number | string = 1) =>
  (args: Call['args']): Constraint | undefined => {
    const [low, high, part, axis] = [least, most, rate, 'axis'].map(one =>
      typeof one === 'number' ? one : args.number(one),
    );
    if (low === undefined || high === undefined || part === undefined || axis === undefined || axis < 0)
      return undefined;
    return { kind: 'norm', least: low, most: high, rate: part, axis };
  };
const NON_NEGATIVE: Constraint = { kind: 'non_negative' };
const MAX_NORM: Constraint = { kind: 'norm', least: 0, most: 2, rate: 1, axis: 0 };
const UNIT_NORM: Constraint = { kind: 'norm', least: 1, most: 1, rate: 1, axis: 0 };

function constraint(signature: string, read: (args: Call['args']) => Constraint | undefined): CallEntry {
  return {
    signature,
    result: ({ args }) => {
      const found = read(args);
      if (found === undefined) return { kind: 'unknown', text: 'constraint' };
      const parts = Object.entries<string | number>(found).map(([name, value]): [string, Abstract] => [
        name,
        typeof value === 'number' ? number(value) : { kind: 'string', value },
      ]);
      return { kind: 'object', type: CONSTRAINT, attributes: new Map(parts) };
    },
  };
}

const maxNorm = constraint('max_value=2, axis=0', norm(0, 'max_value'));
const nonNegative = constraint('', () => NON_NEGATIVE);
const unitNorm = constraint('axis=0', norm(1, 1));
const minMaxNorm = constraint('min_value=0.0, max_value=1.0, rate=1.0, axis=0', norm('min_value', 'max_value', 'rate'));

export const KERAS_CONSTRAINTS: CallTable = {
  'keras.constraints.MaxNorm': maxNorm,
  'keras.constraints.max_norm': maxNorm,
  'keras.constraints.NonNeg': nonNegative,
  'keras.constraints.non_neg': nonNegative,
  'keras.constraints.UnitNorm': unitNorm,
  'keras.constraints.unit_norm': unitNorm,
  'keras.constraints.MinMaxNorm': minMaxNorm,
  'keras.constraints.min_max_norm': minMaxNorm,
};

const CONSTRAINTS_BY_NAME: Readonly<Record<string, Constraint>> = {
  max_norm: MAX_NORM,
  maxnorm: MAX_NORM,
  non_neg: NON_NEGATIVE,
  nonneg: NON_NEGATIVE,
  unit_norm: UNIT_NORM,
  unitnorm: UNIT_NORM,
};

/** The constraint that a value stands for; undefined where it cannot be read. */
function constraintOf(value: Abstract): Constraint | undefined {
  if (value.kind === 'string') return CONSTRAINTS_BY_NAME[value.value.toLowerCase()];
  if (value.kind !== 'object' || value.type !== CONSTRAINT) return undefined;
  const parts = [...value.attributes].map(([name, part]) => [
    name,
    part.kind === 'number' || part.kind === 'string' ? part.value : undefined,
  ]);
  return Object.fromEntries(parts) as Constraint;
}

/** The penalty that a value stands for; undefined where it cannot be read. */
function penaltyOf(value: Abstract): Penalty | undefined {
  if (value.kind === 'string') return BY_NAME[value.value.toLowerCase()];
  if (value.kind !== 'object' || value.type !== TYPE) return undefined;
  return Object.fromEntries(
    [...value.attributes].flatMap(([name, part]) =>
      part.kind === 'number' && part.value !== 0 ? [[name, part.value]] : [],
    ),
  );
}

/** Names of a layer's weights, by the beginning of the options that are for them. */
const WEIGHTS = { kernel: 'kernel', recurrent: 'recurrent_kernel', bias: 'bias', embeddings: 'embeddings' } as const;

/** What the options of a layer ask of its weights, and what of it the description cannot say. */
export function weightRules({ args }: Call): {
  readonly rules: readonly WeightRule[];
  readonly open: readonly Phrase[];
} {
  const rules: WeightRule[] = [];
  const open: Phrase[] = [];
  const given = (name: string): Abstract | undefined => (args.isGiven(name) ? args.some(name) : undefined);
  const said = (name: string, value: Abstract): void => {
    open.push(phrase('{0} cannot be run yet: {1}', name, shortText(value)));
  };
  for (const [option, weight] of Object.entries(WEIGHTS)) {
    const asked = given(`${option}_regularizer`);
    const penalty = asked && penaltyOf(asked);
    if (penalty) rules.push({ weight, penalty });
    else if (asked) said(`${option}_regularizer`, asked);
    const kept = given(`${option}_constraint`);
    const constraint = kept && constraintOf(kept);
    if (constraint) rules.push({ weight, constraint });
    else if (kept) said(`${option}_constraint`, kept);
  }
  const trainable = given('trainable');
  if (trainable?.kind === 'boolean' && !trainable.value) rules.push({ frozen: true });
  else if (trainable && trainable.kind !== 'boolean') said('trainable', trainable);
  const activity = given('activity_regularizer');
  if (activity) said('activity_regularizer', activity);
  return { rules, open };
}
