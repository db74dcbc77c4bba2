/** What a Keras layer asks of its weights: regularizers. Source: Keras 3 `regularizers/regularizers.py`. */
import { phrase, type Phrase } from '../../model/phrase.ts';
import type { Call, CallEntry, CallTable } from '../calls.ts';
import type { WeightRule } from '../graph.ts';
import { type Abstract, number, shortText } from '../values.ts';

type Penalty = WeightRule['penalty'];

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
    const constraint = given(`${option}_constraint`);
    if (constraint) said(`${option}_constraint`, constraint);
  }
  const activity = given('activity_regularizer');
  if (activity) said('activity_regularizer', activity);
  return { rules, open };
}
