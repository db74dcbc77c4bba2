/**
 * The reference: runs any `ModelSpec` in plain float64, with gradients of the loss with respect to every weight, input,
 * gate and state. It is slow and made to be read; it proves the fast engine and is proven by the frameworks' own numbers.
 */
import { EngineError } from '../../errors.ts';
import { isStateOfLayers, modelParameters } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type { InputSpec, ModelSpec } from '../../model/spec.ts';
import { beginsWithKept, keptName, truncationOf } from '../../model/truncation.ts';
import { evaluateGraph, type GraphValues } from './graph.ts';
import { namedValues, stepTensors } from './names.ts';
import { exchange, sequence } from './operations.ts';
import { createSteps } from './steps.ts';
import { gradients, tensor, type Tensor } from './tensor.ts';

/** Numbers from outside, row after row. */
export interface Numbers {
  readonly shape: readonly number[];
  readonly values: ArrayLike<number>;
}

/** Numbers that were computed; a gradient has the shape of what it is taken with respect to. */
export interface Computed extends Numbers {
  readonly values: Float64Array;
}

export interface ReferenceInputs {
  /** By the ids of the spec's inputs, in the axes in which the program is fed. The target may be left out. */
  readonly inputs: ReadonlyMap<string, Numbers>;
  /** By the framework's names, in its layouts. */
  readonly weights: ReadonlyMap<string, Numbers>;
  /** States that layers begin with instead of zeros, as `keptStates` of a run has them. */
  readonly kept?: ReadonlyMap<string, Numbers>;
  /** Dropout masks by the names of `dropout.ts`; without any, nothing is dropped. */
  readonly masks?: ReadonlyMap<string, Numbers>;
}

export interface ReferenceRun {
  /** Undefined where the model has no loss or no target was fed. */
  readonly loss: number | undefined;
  /** States that stateful layers, or the windows of truncated back-propagation, have ended with. */
  readonly keptStates: () => ReadonlyMap<string, Computed>;
  /** Outputs, states, logits, loss, gates by the framework's names. */
  readonly values: () => ReadonlyMap<string, Computed>;
  /** Of the loss with respect to every weight and every floating-point input, before any clipping. */
  readonly gradients: () => ReadonlyMap<string, Computed>;
  /**
   * Of the loss with respect to every pre-activation (`gates.z_i`), gate and state at every step, `[B, T, U]`, by the names
   * that `values` gives them. Of a state as the step made it, with all that comes of it: outputs, layers above and later
   * steps; zeros where a step does not count.
   */
  readonly stepGradients: () => ReadonlyMap<string, Computed>;
}

/**
 * One forward pass, and on request the backward pass.
 * @throws EngineError `invalid-shape` or `unknown` when a weight or input is missing or does not fit, naming it.
 */
export function runReference(spec: ModelSpec, given: ReferenceInputs): ReferenceRun {
  const fed = spec.inputs.filter(input => given.inputs.has(input.id) || input.role !== 'target');
  const inputs = new Map(fed.map(input => [input.id, inputTensor(spec, input, given.inputs.get(input.id))] as const));
  checkLengths(spec, inputs);
  const weights = weightTensors(spec, given.weights);
  const masks = given.masks && new Map([...given.masks].map(([name, mask]) => [name, toTensor(mask)] as const));
  const kept = given.kept && mapValues(given.kept, toTensor);
  const graph: GraphValues = evaluateGraph(spec, {
    inputs: mapValues(inputs, ({ seen }) => seen),
    weights,
    kept,
    masks,
  });
  const lossTensor = (): Tensor => {
    if (graph.loss) return graph.loss;
    throw new EngineError('unsupported', phrase('Without a loss and its target there are no gradients.'));
  };
  return {
    loss: graph.loss?.values[0],
    keptStates: () =>
      new Map(
        spec.nodes.flatMap(node => {
          if (node.op !== 'recurrent' || !beginsWithKept(spec, node)) return [];
          return graph
            .recurrent(node.id)
            .layers.flatMap(({ direction, layer, final }) =>
              Object.entries(final).map(
                ([state, value]) => [keptName(node.id, direction, layer, state), computed(value)] as const,
              ),
            );
        }),
      ),
    values: () => mapValues(namedValues(spec, graph), computed),
    gradients: () => {
      const floats = fed.filter(input => input.dtype.startsWith('float') && input.role !== 'target');
      const leaves = new Map([...weights, ...floats.map(({ id }) => [id, inputs.get(id)!.fed] as const)]);
      const slopes = gradients(lossTensor(), [...leaves.values()]);
      return new Map([...leaves].map(([name, { shape }], k) => [name, { shape, values: slopes[k]! }]));
    },
    stepGradients: () => {
      const all = stepTensors(spec, graph, ({ made, steps }) => made ?? steps);
      const slopes = gradients(lossTensor(), all.flatMap(({ steps }) => steps)).values(); // prettier-ignore
      return new Map(
        all.map(({ name, steps }) => [
          name,
          computed(sequence(steps.map(({ shape }) => tensor(shape, slopes.next().value!)))),
        ]),
      );
    },
  };
}

/**
 * Trains on one batch again and again, of which each time is an epoch, and returns the loss before each step; of a
 * sequence that is cut in windows, the mean over them.
 * @throws EngineError `unsupported` when the framework has no such optimizer.
 */
export function trainReference(spec: ModelSpec, given: ReferenceInputs, steps: number): number[] {
  const weights = mapValues(weightTensors(spec, given.weights), computed);
  const takeStep = createSteps(spec, weights);
  const windows = windowsOf(spec, given);
  const stateful = spec.nodes.filter(node => node.op === 'recurrent' && node.stateful).map(({ id }) => id);
  let kept: ReadonlyMap<string, Numbers> = new Map();
  return Array.from({ length: steps }, (_, epoch) => {
    kept = new Map([...kept].filter(([name]) => stateful.some(id => name.startsWith(`${id}/`))));
    let [total, length] = [0, 0];
    for (const window of windows) {
      const run = runReference(window.spec, { ...window.given, weights, kept });
      takeStep(run.gradients(), epoch);
      kept = run.keptStates();
      total += run.loss! * window.steps;
      length += window.steps;
    }
    return total / length;
  });
}

interface Window {
  readonly spec: ModelSpec;
  readonly given: ReferenceInputs;
  readonly steps: number;
}

/** The batch cut in windows where back-propagation is truncated by them, else whole. */
function windowsOf(spec: ModelSpec, given: ReferenceInputs): Window[] {
  const truncation = truncationOf(spec);
  const first = spec.inputs.find(({ role }) => role === 'sequence')!;
  const T = given.inputs.get(first.id)!.shape[first.timeMajor ? 0 : 1]!;
  if (!truncation?.windows) return [{ spec, given, steps: T }];
  // The windows may be of other lengths than the program's sequences.
  const open = spec.inputs.map(input => ({ ...input, axes: input.axes.map((axis, k) => (k === 0 ? { ...axis, size: 'window' } : axis)) })); // prettier-ignore
  return Array.from({ length: Math.ceil(T / truncation.steps) }, (_, k) => {
    const [begin, end] = [k * truncation.steps, Math.min((k + 1) * truncation.steps, T)];
    const inputs = spec.inputs.map(({ id, timeMajor }) => [id, stepsBetween(given.inputs.get(id)!, timeMajor ? 0 : 1, begin, end)] as const); // prettier-ignore
    return { spec: { ...spec, inputs: open }, given: { ...given, inputs: new Map(inputs) }, steps: end - begin };
  });
}

/** Steps from `begin` to before `end` of a tensor whose axis of steps is given. */
function stepsBetween({ shape, values }: Numbers, axis: number, begin: number, end: number): Numbers {
  const T = shape[axis]!;
  const inner = shape.slice(axis + 1).reduce((size, n) => size * n, 1);
  const kept = Array.from(values).filter((_, k) => {
    const t = Math.floor(k / inner) % T;
    return t >= begin && t < end;
  });
  return { shape: shape.map((size, k) => (k === axis ? end - begin : size)), values: kept };
}

const computed = ({ shape, values }: Tensor): Computed => ({ shape, values });
const toTensor = ({ shape, values }: Numbers): Tensor => tensor(shape, values);

function mapValues<K, V, W>(map: ReadonlyMap<K, V>, to: (value: V) => W): Map<K, W> {
  return new Map([...map].map(([key, value]) => [key, to(value)]));
}

/** An input as it is fed, and as the graph sees it: batch-major. */
interface InputTensor {
  readonly fed: Tensor;
  readonly seen: Tensor;
}

function inputTensor(spec: ModelSpec, input: InputSpec, numbers: Numbers | undefined): InputTensor {
  if (!numbers) throw new EngineError('unknown', phrase('The input {0} is missing.', input.id));
  const fed = toTensor(numbers);
  const { axes } = input;
  const batchSecond = input.timeMajor === true || isStateOfLayers(spec, input);
  const seen = batchSecond ? exchange(fed, 0) : fed;
  const fits = axes.every(({ size }, axis) => typeof size === 'string' || size === seen.shape[axis + 1]);
  if (seen.shape.length === axes.length + 1 && fits && seen.values.length > 0) return { fed, seen };
  const expected = ['batch', ...axes.map(({ size }) => size)].join(', ');
  throw new EngineError(
    'invalid-shape',
    phrase('The input {0}: [{1}] expected, found [{2}]', input.id, expected, seen.shape.join(', ')),
  );
}

function checkLengths(spec: ModelSpec, inputs: ReadonlyMap<string, InputTensor>): void {
  const sequences = spec.inputs.filter(({ role }) => role === 'sequence');
  const T = Math.max(...sequences.map(({ id }) => inputs.get(id)!.seen.shape[1]!));
  for (const { id, role } of spec.inputs) {
    if (role !== 'lengths') continue;
    const wrong = inputs.get(id)!.seen.values.find(length => !(length >= 0 && length <= T));
    if (wrong !== undefined)
      throw new EngineError('invalid-shape', phrase('{0}: lengths from 0 to {1} expected, found {2}', id, T, wrong));
  }
}

/** @throws EngineError naming the weight that is missing, superfluous or of another shape. */
function weightTensors(spec: ModelSpec, given: ReadonlyMap<string, Numbers>): Map<string, Tensor> {
  const weights = new Map<string, Tensor>();
  for (const { name, shape } of modelParameters(spec)) {
    const found = given.get(name);
    if (!found) throw new EngineError('unknown', phrase('The weight {0} is missing.', name));
    if (
      shape.length !== found.shape.length ||
      shape.some((size, k) => typeof size === 'number' && size !== found.shape[k])
    )
      throw new EngineError(
        'invalid-shape',
        phrase('The weight {0}: [{1}] expected, found [{2}]', name, shape.join(', '), found.shape.join(', ')),
      );
    weights.set(name, toTensor(found));
  }
  const superfluous = [...given.keys()].find(name => !weights.has(name));
  if (superfluous !== undefined) throw new EngineError('unknown', phrase('The model has no weight {0}.', superfluous));
  return weights;
}
