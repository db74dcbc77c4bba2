/** Turns tensors by the names and in the axes in which a program is fed into a batch of the engine. */
import type { Batch } from '../backends/backend.ts';
import { exchange } from '../backends/reference/operations.ts';
import type { Numbers } from '../backends/reference/reference.ts';
import { tensor, type Tensor } from '../backends/reference/tensor.ts';
import { EngineError } from '../errors.ts';
import { phrase } from '../model/phrase.ts';
import { isStateOfLayers } from '../model/parameters.ts';
import type { InputSpec, ModelSpec } from '../model/spec.ts';

export interface NamedInputs {
  /** By the ids of the spec's inputs: `X`, `y`, `seq_length`, `inputs[0]`. The target may be left out. */
  readonly inputs: ReadonlyMap<string, Numbers>;
  /** Dropout masks, 1 keeps and 0 drops, `step3.input` and so on; without any, nothing is dropped. */
  readonly masks?: ReadonlyMap<string, Numbers>;
}

export interface FedProgram {
  readonly batch: Batch;
  /** The inputs batch-major, as the graph has them. */
  readonly tensors: ReadonlyMap<string, Tensor>;
}

/** @throws EngineError `unknown` naming an input that is missing or surplus, `invalid-shape` one that does not fit. */
export function feedProgram(spec: ModelSpec, { inputs, masks }: NamedInputs): FedProgram {
  const names = spec.inputs.map(({ id }) => id);
  const surplus = [...inputs.keys()].find(name => !names.includes(name));
  if (surplus !== undefined)
    throw new EngineError('unknown', phrase('The model takes no input {0}; it takes {1}.', surplus, names.join(', ')));
  const tensors = new Map<string, Tensor>();
  for (const input of spec.inputs) {
    const fed = inputs.get(input.id);
    if (fed) tensors.set(input.id, batchMajor(spec, input, fed));
    else if (input.role !== 'target')
      throw new EngineError('unknown', phrase('The input {0} is missing; there are {1}.', input.id, [...inputs.keys()].join(', ')));
  } // prettier-ignore
  const of = (role: InputSpec['role']): [string, Tensor][] =>
    spec.inputs.flatMap(({ id, role: own }) => {
      const fed = tensors.get(id);
      return own === role && fed ? [[id, fed]] : [];
    });
  const [sequence, ...sequences] = of('sequence');
  if (!sequence) throw new EngineError('unsupported', phrase('The model has no input sequence.'));
  const [, { shape, values }] = sequence;
  const [size = 0, steps = 0] = shape;
  for (const [id, fed] of tensors)
    if (fed.shape[0] !== size)
      throw new EngineError('invalid-shape', phrase('The input {0} has {1} rows, but {2} has {3}.', id, fed.shape[0]!, sequence[0], size)); // prettier-ignore
  const [target] = of('target');
  const [lengths, ...otherLengths] = of('lengths');
  const others = [...sequences, ...otherLengths, ...of('mask')];
  const states = of('state');
  const labels = spec.loss?.kind === 'sparse_softmax_cross_entropy';
  const batch: Batch = {
    size,
    steps,
    inputs: Float32Array.from(values),
    ...(target && {
      targets: labels ? wholeNumbers(target[0], target[1].values) : Float32Array.from(target[1].values),
    }),
    ...(lengths && { lengths: wholeNumbers(lengths[0], lengths[1].values) }),
    ...(states.length > 0 && { states: floats(states) }),
    ...(others.length > 0 && { others: floats(others) }),
    ...(masks && {
      masks: Object.fromEntries([...masks].map(([name, mask]) => [name, Float32Array.from(mask.values)])),
    }),
  };
  return { batch, tensors };
}

/** @throws EngineError `invalid-shape` that names the first value which is no whole number of 32 bits. */
function wholeNumbers(id: string, values: ArrayLike<number>): Int32Array {
  const whole = Int32Array.from(values);
  const bad = whole.findIndex((value, k) => value !== values[k]);
  if (bad >= 0)
    throw new EngineError('invalid-shape', phrase('The input {0} must hold whole numbers, but value {1} is {2}.', id, bad, String(values[bad]))); // prettier-ignore
  return whole;
}

const floats = (fed: readonly [string, Tensor][]): Record<string, Float32Array> =>
  Object.fromEntries(fed.map(([id, { values }]) => [id, Float32Array.from(values)]));

/** Whether a program hands in an input with the batch as its second axis. */
export function isBatchSecond(spec: ModelSpec, input: InputSpec): boolean {
  return input.timeMajor === true || isStateOfLayers(spec, input);
}

function batchMajor(spec: ModelSpec, input: InputSpec, numbers: Numbers): Tensor {
  const { id, axes } = input;
  const exchanged = isBatchSecond(spec, input);
  const { shape } = numbers;
  const [first = 0, second = 0, ...rest] = shape;
  const seen = exchanged ? [second, first, ...rest] : shape;
  const fits = axes.every(({ size }, axis) => typeof size === 'string' || size === seen[axis + 1]);
  const used = usedShape(input, shape) ?? columnShape(spec, input, shape);
  if (used) return tensor(used, numbers.values);
  if (seen.length !== axes.length + 1 || !fits) {
    const sizes = axes.map(({ size }) => size);
    const expected = exchanged ? [sizes[0] ?? '', 'batch', ...sizes.slice(1)] : ['batch', ...sizes];
    throw new EngineError('invalid-shape', phrase('The input {0} must be [{1}], but is [{2}].', id, expected.join(', '), shape.join(', '))); // prettier-ignore
  }
  const fed = tensor(shape, numbers.values);
  return exchanged ? exchange(fed, 0) : fed;
}

/** Keras gives targets the last axis of one that the predictions have. Source: Keras `compile_utils`, `squeeze_or_expand_to_same_rank`. */
function columnShape({ framework }: ModelSpec, { role, axes }: InputSpec, shape: readonly number[]): number[] | undefined {
  const lacking = role === 'target' && axes.at(-1)?.size === 1 && shape.length === axes.length;
  const fits = axes.slice(0, -1).every(({ size }, at) => typeof size === 'string' || size === shape[at + 1]);
  return /^keras/.test(framework) && lacking && fits ? [...shape, 1] : undefined;
} // prettier-ignore

/** The shape in which the program uses what is fed in this one; undefined where it is used as it is fed. */
function usedShape({ fed, axes }: InputSpec, [rows = 0, ...sizes]: readonly number[]): number[] | undefined {
  if (!fed || fed.length !== sizes.length || fed.some((size, at) => typeof size === 'number' && size !== sizes[at])) return undefined;
  const used = axes.map(({ size }) => size);
  const known = used.reduce<number>((product, size) => (typeof size === 'number' ? product * size : product), 1);
  const values = sizes.reduce((product, size) => product * size, 1);
  // A size that is not known takes what is left.
  const whole = used.map(size => (typeof size === 'number' ? size : values / known));
  return whole.reduce((product, size) => product * size, 1) === values && whole.every(Number.isInteger) ? [rows, ...whole] : undefined;
} // prettier-ignore
