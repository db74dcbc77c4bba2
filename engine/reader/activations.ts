import type { Static } from '@sinclair/typebox';
import { leakySlope } from '../model/activations.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { Activation, DenseNode, Framework } from '../model/spec.ts';
import type { Arguments, Call, Reader } from './calls.ts';
import type { TextRange } from './reading.ts';
import { placeOf } from './shapeRules.ts';
import { type Abstract, number, tensor, type Tensor } from './values.ts';

/** An activation as a node has it: the slope left out where it is the framework's own. */
export type ChosenActivation = Pick<Static<typeof DenseNode>, 'activation' | 'negativeSlope'>;

/** Activations by the last part of the name under which frameworks have them. */
const NAMES: Readonly<Record<string, Activation>> = {
  identity: 'linear',
  Identity: 'linear',
  linear: 'linear',
  tanh: 'tanh',
  Tanh: 'tanh',
  sigmoid: 'sigmoid',
  Sigmoid: 'sigmoid',
  relu: 'relu',
  ReLU: 'relu',
  relu6: 'relu6',
  leaky_relu: 'leaky_relu',
  elu: 'elu',
  selu: 'selu',
  gelu: 'gelu',
  softplus: 'softplus',
  softsign: 'softsign',
  swish: 'swish',
  silu: 'swish',
  hard_sigmoid: 'hard_sigmoid',
  softmax: 'softmax',
  Softmax: 'softmax',
  log_softmax: 'log_softmax',
  exponential: 'exponential',
};

/**
 * The activation that a value names (`'relu'`, `tf.nn.relu`), that a layer computes (`LeakyReLU(0.1)`), or that a function
 * of the program is (`lambda x: tf.nn.leaky_relu(x, 0.1)`); undefined for None and for no value, null for what is none.
 */
export function activationOf(
  value: Abstract | undefined,
  call: Pick<Call, 'reader' | 'range'>,
): ChosenActivation | null | undefined {
  switch (value?.kind) {
    case undefined:
    case 'none':
      return undefined;
    case 'layer':
      return value.activation ?? null;
    case 'string':
      return named(value.value);
    case 'path':
      return named(value.path.split('.').at(-1)!);
    case 'function':
      return computedBy(value, call);
    case 'object':
      return value.type === 'partial' ? computedBy(value, call) : null;
    default:
      return null;
  }
}

function named(name: string): ChosenActivation | null {
  const activation = Object.hasOwn(NAMES, name) ? NAMES[name] : undefined;
  return activation === undefined ? null : { activation };
}

/** Said of an activation that is none of ours, with what the source says. */
export function unknownActivation({ args, reader }: Call, argument: string, of: string): Phrase {
  const range = args.range(argument);
  const text = range === null ? args.text(argument) : reader.textOf(range);
  return phrase('{0}: the engine has no such activation: {1}', of, text.replaceAll(/\s+/g, ' ').slice(0, 80));
}

/** Stands for what a function is called with; no input or node has such a name. */
const ARGUMENT = ' argument';

/** What a function makes of any tensor, where that is one activation. */
function computedBy(callee: Abstract, { reader, range }: Pick<Call, 'reader' | 'range'>): ChosenActivation | null {
  const { graph } = reader;
  return graph.apart(() => {
    const given = tensor('float32', null, { ref: { from: ARGUMENT } });
    const made = reader.call(callee, [given], range);
    if (made.kind !== 'tensor' || made.ref === undefined) return ofNumbers(callee, reader, range);
    if (made.ref.from === ARGUMENT) return { activation: 'linear' };
    const node = graph.nodeOf(made.ref);
    if (node?.op === 'combine' && node.by === 'multiply') {
      const factors = node.inputs.map(({ from }) => from);
      const gate = factors.map(from => graph.nodeOf({ from })).find(one => one !== null);
      const isSwish = factors.includes(ARGUMENT) && gate?.op === 'activation' && gate.activation === 'sigmoid' && gate.input.from === ARGUMENT; // prettier-ignore
      return isSwish ? { activation: 'swish' } : null;
    }
    if (node?.op !== 'activation' || node.input.from !== ARGUMENT) return null;
    const { activation, negativeSlope } = node;
    return negativeSlope === undefined ? { activation } : { activation, negativeSlope };
  });
}

/** Where functions of numbers are looked at: on both sides of every bend that an activation has. */
const PROBES = [-1000, -50, -7, -3, -1, -0.25, 0.25, 1, 3, 7, 50, 1000];

/** `tf.maximum(0.1 * x, x)`: a function that can be worked out with numbers. */
function ofNumbers(callee: Abstract, reader: Reader, range: TextRange): ChosenActivation | null {
  const values = PROBES.flatMap(probe => {
    const value = reader.call(callee, [number(probe, false)], range);
    return value.kind === 'number' ? [value.value] : [];
  });
  if (values.length < PROBES.length) return null;
  const is = (activation: (x: number) => number): boolean =>
    PROBES.every((x, at) => Math.abs(values[at]! - activation(x)) <= 1e-9 * Math.abs(x));
  const slope = values[0]! / PROBES[0]!;
  if (is(x => Math.min(Math.max(x, 0), 6))) return { activation: 'relu6' };
  if (!(slope >= 0) || !is(x => (x < 0 ? slope * x : x))) return null;
  return slope === 0 ? { activation: 'relu' } : slope === 1 ? { activation: 'linear' } : { activation: 'leaky_relu', negativeSlope: slope }; // prettier-ignore
}

/** The options of activations, under the names that frameworks have for them. */
const SLOPES = ['negative_slope', 'alpha'] as const;

/**
 * An activation as the options of a call make it: the slope of a leaky rectifier, the approximation of GELU; null where
 * they make a function that is none of ours (`ELU(alpha=0.5)`, a softmax over the steps) or are not known.
 * @param of what it is applied to, where that is known
 */
export function withOptions(
  activation: Activation,
  { args, framework }: Pick<Call, 'args' | 'framework'>,
  of?: Tensor,
): ChosenActivation | null {
  switch (activation) {
    case 'softmax':
    case 'log_softmax':
      return of === undefined || isAlongLast(args, of, framework) ? { activation } : null;
    case 'leaky_relu': {
      const name = SLOPES.find(option => args.isGiven(option)) ?? SLOPES.find(option => args.get(option) !== undefined);
      const given = name === undefined ? undefined : args.get(name);
      if (given === undefined || isNumber(given, leakySlope(framework))) return { activation };
      return given.kind === 'number' && given.value >= 0 ? { activation, negativeSlope: given.value } : null;
    }
    case 'gelu': {
      const how = args.some('approximate');
      if (how?.kind === 'string') return { activation: how.value === 'tanh' ? 'gelu_tanh' : 'gelu' };
      if (how !== undefined && how.kind !== 'boolean') return null;
      return { activation: how?.value === true ? 'gelu_tanh' : 'gelu' };
    }
    case 'relu': {
      const [most, slope = args.some('alpha'), from] = ['max_value', 'negative_slope', 'threshold'].map(name => args.some(name)); // prettier-ignore
      if (most === undefined && slope === undefined && from === undefined) return { activation };
      if (from !== undefined && !isNumber(from, 0)) return null;
      if (most === undefined && slope?.kind === 'number' && slope.value > 0)
        return { activation: 'leaky_relu', negativeSlope: slope.value };
      if (slope !== undefined && !isNumber(slope, 0)) return null;
      if (most === undefined) return { activation };
      return isNumber(most, 6) ? { activation: 'relu6' } : null;
    }
    default: {
      const plain = (['alpha', 'beta'] as const).every(name => {
        const value = args.some(name);
        return value === undefined || isNumber(value, 1);
      });
      return plain ? { activation } : null;
    }
  }
}

/** Whether a softmax is along the axis that is the last one of the graph's tensor. */
function isAlongLast(args: Arguments, { axes, displaced }: Tensor, framework: Framework): boolean {
  if (axes === null) return true;
  // Without a `dim` PyTorch takes the first axis of three.
  const usual = framework === 'pytorch' && axes.length === 3 ? 0 : -1;
  const given = args.some('dim') ?? args.some('axis') ?? number(usual);
  const last = displaced === undefined ? axes.length - 1 : axes.indexOf(displaced);
  return given.kind !== 'number' || placeOf(given.value, axes.length) === last;
}

function isNumber(value: Abstract, wanted: number): boolean {
  return value.kind === 'number' && value.value === wanted;
}
