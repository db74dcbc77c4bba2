/** Evaluates the graph of a `ModelSpec` node by node, in float64. */
import { EngineError } from '../../errors.ts';
import { CELLS } from '../../cells/table.ts';
import { hasStatesTogether, type ParameterShape, nodeParameters } from '../../model/parameters.ts';
import { windowsOf } from '../../model/convolution.ts';
import { leakySlope } from '../../model/activations.ts';
import { phrase } from '../../model/phrase.ts';
import type { GraphNode, ModelSpec, RecurrentNode, TensorRef } from '../../model/spec.ts';
import { isKerasLike } from '../../model/axes.ts';
import { keptName, truncationOf } from '../../model/truncation.ts';
import { activate } from './activations.ts';
import { layerNorm } from './cells.ts';
import { dropoutBy, type Dropout } from './dropout.ts';
import { lossOf, penaltyOf } from './losses.ts';
import {
  add,
  concatenate,
  embed,
  exchange,
  matmul,
  maximum,
  multiply,
  repeatRows,
  reshape,
  rows,
  scale,
  select,
  sequence,
  stepOf,
  stepsOf,
  transpose,
} from './operations.ts';
import { type Direction, type RecurrentRun, runRecurrent, type StepMask, type Watch } from './recurrent.ts';
import { known } from './sizes.ts';
import { type Tensor, sizeOf, tensor } from './tensor.ts';

/** What a graph is evaluated on; every tensor batch-major, as the graph holds it. */
export interface GraphInputs {
  /** By the ids of the spec's inputs. */
  readonly inputs: ReadonlyMap<string, Tensor>;
  /** By the framework's names. */
  readonly weights: ReadonlyMap<string, Tensor>;
  /** States `[B, U]` that layers begin with instead of zeros, by `keptName`. */
  readonly kept?: ReadonlyMap<string, Tensor> | undefined;
  /** Dropout masks; without them nothing is dropped. */
  readonly masks?: ReadonlyMap<string, Tensor> | undefined;
  /** What drops in place of given masks. */
  readonly dropout?: Dropout;
  /** Sees what the layers of a recurrent node hand on. */
  readonly watch?: (node: string) => Watch;
}

/** The value of every node of a graph. */
export interface GraphValues {
  /** The tensor that a reference stands for. @throws EngineError `invalid-model` when the graph has none. */
  readonly tensor: (ref: TensorRef) => Tensor;
  /** The run of a recurrent node, with all its layers. */
  readonly recurrent: (id: string) => RecurrentRun;
  /** Undefined where the model has no loss or its target was not fed. */
  readonly loss: Tensor | undefined;
  /** Which rows of the prediction (`b·T + t` in a sequence) the loss's mask lets count; undefined without one. */
  readonly counted?: readonly boolean[] | undefined;
}

/** Evaluates all nodes and the loss. @throws EngineError naming the node or tensor that does not fit. */
export function evaluateGraph(
  spec: ModelSpec,
  { inputs, weights, kept, masks, dropout = dropoutBy(masks), watch }: GraphInputs,
): GraphValues {
  const nodes = new Map(spec.nodes.map(node => [node.id, node]));
  const values = new Map<string, Tensor>(inputs);
  const runs = new Map<string, RecurrentRun>();
  const truncation = truncationOf(spec);

  const resolve = (ref: TensorRef): Tensor => {
    const run = runs.get(ref.from);
    const found = run && ref.part ? partOf(run, ref.part) : values.get(ref.from);
    if (found) return found;
    throw new EngineError('invalid-model', phrase('The tensor {0} is not in the graph.', JSON.stringify(ref)));
  };

  /** Which steps of a row count, by a mask or lengths; a node that makes no mask passes that of its input on. */
  const maskOf = (ref: TensorRef): StepMask | undefined => {
    const fed = spec.inputs.find(input => input.id === ref.from);
    if (fed) {
      const { values: given, shape } = resolve(ref);
      if (fed.role === 'lengths') return (b, t) => t < given[b]!;
      return fed.role === 'mask' ? (b, t) => given[b * shape[1]! + t] !== 0 : undefined;
    }
    const node = nodes.get(ref.from);
    if (!node || node.op === 'concatenate' || node.op === 'combine') return undefined;
    if (node.op === 'masking') return unequalTo(resolve(node.input), node.value);
    if (node.op === 'embedding' && node.maskZero) return unequalTo(reshape3(resolve(node.input)), 0);
    if (node.op === 'count_steps') {
      const counts = resolve({ from: node.id }).values;
      return (b, t) => t < counts[b]!;
    }
    if (node.op === 'recurrent') return node.mask && maskOf(node.mask);
    return maskOf(node.input);
  };

  for (const node of spec.nodes) {
    const own = nodeParameters(spec, node);
    if (node.op === 'recurrent') {
      const initial = initialStates(spec, node, resolve, weights);
      const run = runRecurrent(spec.framework, node, {
        x: resolve(node.input),
        mask: stepsThatCount(node, maskOf),
        weights: weightsOfCells(own, weights),
        initial: (direction, layer, state) =>
          initial(direction, layer, state) ?? kept?.get(keptName(node.id, direction, layer, state)),
        truncateSteps: truncation?.windows ? undefined : truncation?.steps,
        dropout,
        watch: watch?.(node.id),
      });
      runs.set(node.id, run);
      const lastOnly = isKerasLike(spec.framework) && node.returnSequences !== true;
      const value = lastOnly ? run.last : run.merged;
      if (value) values.set(node.id, value);
    } else {
      const weightsOfNode = own.map(({ name }) => weights.get(name)!);
      values.set(node.id, nodeValue(spec, node, resolve, weightsOfNode, dropout, maskOf));
    }
  }

  return {
    tensor: resolve,
    recurrent: id => runs.get(id)!,
    ...(spec.loss && inputs.has(spec.loss.target.from)
      ? lossAndRows(spec, resolve, maskOf, weights)
      : { loss: undefined }),
  };
}

type Resolve = (ref: TensorRef) => Tensor;
type MaskOf = (ref: TensorRef) => StepMask | undefined;

/** The value of a node that is not recurrent. @param weights of the node, in the order of `nodeParameters`. */
export function nodeValue(
  spec: ModelSpec,
  node: Exclude<GraphNode, RecurrentNode>,
  resolve: Resolve,
  weights: readonly Tensor[],
  dropout: Dropout,
  maskOf: MaskOf,
): Tensor {
  switch (node.op) {
    case 'dense': {
      const [kernel, bias] = weights;
      const product = matmul(resolve(node.input), spec.framework === 'pytorch' ? transpose(kernel!) : kernel!);
      return activate(node.activation, bias ? add(product, bias) : product, slopeBelow0(spec, node));
    }
    case 'convolve': {
      const [kernel, bias] = weights;
      const steps = stepsOf(resolve(node.input));
      const { count, stride, dilation, first } = windowsOf(node, steps.length);
      const zeros = tensor(steps[0]!.shape, new Float64Array(sizeOf(steps[0]!.shape)));
      const seen = Array.from({ length: count }, (_, at) =>
        concatenate(
          Array.from({ length: node.size }, (_step, k) => steps[first + at * stride + k * dilation] ?? zeros),
        ),
      );
      const product = matmul(sequence(seen), reshape(kernel!, [sizeOf(kernel!.shape.slice(0, 2)), kernel!.shape[2]!]));
      return activate(node.activation, bias ? add(product, bias) : product, slopeBelow0(spec, node));
    }
    case 'normalize':
      return layerNorm(resolve(node.input), weights[0]!, weights[1]!, node.epsilon);
    case 'embedding':
      return embed(
        withoutGradientAt(weights[0]!, node.paddingIndex),
        numbersBelow(weights[0]!.shape[0]!, node.input, resolve),
      );
    case 'masking': {
      const x = resolve(node.input);
      const counts = maskOf({ from: node.id })!;
      const [, T = 0, D = 0] = x.shape;
      const kept = x.values.map((_, k) => (counts(Math.floor(k / (T * D)), Math.floor(k / D) % T) ? 1 : 0));
      return multiply(x, tensor(x.shape, kept));
    }
    case 'dropout':
      return dropout(node.id, resolve(node.input), 1 - node.rate);
    case 'activation':
      return activate(node.activation, resolve(node.input), slopeBelow0(spec, node));
    case 'select_step': {
      const x = resolve(node.input);
      const T = x.shape[1]!;
      const t = node.step < 0 ? T + node.step : node.step;
      if (t >= 0 && t < T) return stepOf(x, t);
      throw new EngineError('invalid-shape', phrase('{0}: step {1} of {2} steps', node.id, node.step, T));
    }
    case 'reduce_steps': {
      const steps = stepsOf(resolve(node.input));
      if (node.by === 'max') return steps.reduce(maximum);
      const counts = node.mask && maskOf(node.mask);
      if (counts) return overCounted(steps, counts, node.by === 'mean');
      return scale(steps.reduce(add), node.by === 'mean' ? 1 / steps.length : 1);
    }
    case 'concatenate':
      return concatenate(node.inputs.map(resolve));
    case 'combine': {
      const parts = node.inputs.map(resolve);
      if (node.by === 'multiply') return parts.reduce(multiply);
      return scale(parts.reduce(add), node.by === 'average' ? 1 / parts.length : 1);
    }
    case 'scale':
      return scale(resolve(node.input), node.factor);
    case 'reverse_steps':
      return reversed(stepsOf(resolve(node.input)), node.sequenceLength && maskOf(node.sequenceLength));
    case 'repeat': {
      const x = resolve(node.input);
      return sequence(new Array<Tensor>(known(node.steps, node.id)).fill(x));
    }
    case 'swap_batch_and_steps':
      return exchange(resolve(node.input), 0);
    case 'count_steps': {
      const x = resolve(node.input);
      const counts = unequalTo(x.shape.length < 3 ? reshape3(x) : x, node.besides ?? 0);
      const [B = 0, T = 0] = x.shape;
      const ofRow = (b: number): number => Array.from({ length: T }, (_, t) => counts(b, t)).filter(Boolean).length;
      return tensor(
        [B],
        Array.from({ length: B }, (_, b) => ofRow(b)),
      );
    }
    case 'flatten': {
      const x = resolve(node.input);
      return reshape(x, [x.shape[0]!, sizeOf(x.shape.slice(1))]);
    }
  }
}

/** The sum or the mean over the steps of each row that count. */
function overCounted(steps: readonly Tensor[], counts: StepMask, mean: boolean): Tensor {
  const [rows = 0, width = 0] = steps[0]!.shape;
  const row = (k: number): number => Math.floor(k / width);
  const ofRow = Array.from({ length: rows }, (_, b) => (mean ? steps.filter((_step, t) => counts(b, t)).length : 1));
  const shares = steps.map((step, t) => tensor(step.shape, step.values.map((_, k) => (counts(row(k), t) ? 1 : 0) / ofRow[row(k)]!)));
  return steps.map((step, t) => multiply(step, shares[t]!)).reduce(add);
} // prettier-ignore

/** Steps from the last to the first; where not all count, those of each row that do. */
function reversed(steps: readonly Tensor[], counts: StepMask | undefined): Tensor {
  if (!counts) return sequence(steps.toReversed());
  const rows = steps[0]!.shape[0]!;
  const lengths = Array.from({ length: rows }, (_, b) => steps.filter((_step, t) => counts(b, t)).length);
  const source = (b: number, t: number): number => (t < lengths[b]! ? lengths[b]! - 1 - t : t);
  const taken = steps.map((_, t) =>
    steps.reduce((made, step, from) =>
      select(
        lengths.map((_length, b) => source(b, t) === from),
        step,
        made,
      ),
    ),
  );
  return sequence(taken);
}

/** Slope of a node's leaky rectifier below 0. */
const slopeBelow0 = ({ framework }: ModelSpec, node: { readonly negativeSlope?: number }): number =>
  node.negativeSlope ?? leakySlope(framework);

/** Numbers for an embedding. @throws EngineError `invalid-shape` naming one that the table has no row for. */
function numbersBelow(vocabulary: number, ref: TensorRef, resolve: Resolve): Tensor {
  const numbers = resolve(ref);
  const wrong = numbers.values.find(number => !(Number.isInteger(number) && number >= 0 && number < vocabulary));
  if (wrong === undefined) return numbers;
  throw new EngineError(
    'invalid-shape',
    phrase('{0}: numbers from 0 to {1} expected, found {2}', ref.from, vocabulary - 1, wrong),
  );
}

/** The table with one row as a constant: PyTorch's `padding_idx` keeps its value and gets no gradient. */
function withoutGradientAt(table: Tensor, row: number | undefined): Tensor {
  if (row === undefined) return table;
  const frozen = tensor(table.shape, table.values);
  return select(Array.from({ length: table.shape[0]! }, (_, k) => k !== row), table, frozen); // prettier-ignore
}

/** Steps in which any of the features is not that value. @param x `[B, T, D]` */
function unequalTo(x: Tensor, value: number): StepMask {
  const [, T = 0, D = 0] = x.shape;
  return (b, t) => x.values.subarray((b * T + t) * D, (b * T + t + 1) * D).some(one => one !== value);
}

/** Numbers `[B, T]` as sequences of one feature, `[B, T, 1]`. */
const reshape3 = (x: Tensor): Tensor => reshape(x, [...x.shape, 1]);

function stepsThatCount(node: RecurrentNode, maskOf: MaskOf): StepMask | undefined {
  const ref = node.sequenceLength ?? node.mask;
  return ref && maskOf(ref);
}

/** A lookup of each cell's weights by their names inside the cell. */
function weightsOfCells(own: readonly ParameterShape[], weights: ReadonlyMap<string, Tensor>) {
  return (direction: Direction, layer: number): ReadonlyMap<string, Tensor> =>
    new Map(
      own.flatMap(({ name, of }) =>
        of?.direction === direction && of.layer === layer ? [[of.weight, weights.get(name)!] as const] : [],
      ),
    );
}

/** The tensor that a reference into a recurrent node stands for. */
export function partOf(run: RecurrentRun, part: NonNullable<TensorRef['part']>): Tensor | undefined {
  if (part.take === 'outputs') return part.direction ? run.outputs[part.direction] : run.merged;
  const direction = part.direction ?? run.layers[0]!.direction;
  const layers = run.layers.filter(one => one.direction === direction);
  const layer = part.layer === undefined ? layers.at(-1) : layers.find(one => one.layer === part.layer);
  return layer?.final[part.state ?? 'h'];
}

/**
 * A lookup of first states. Given ones stand in the order of directions, layers and the cell's states (c before h). In
 * PyTorch and cuDNN one tensor a state holds all layers and directions, given as `[B, L·dirs, U]`, learned as `[L·dirs, 1, U]`.
 */
function initialStates(spec: ModelSpec, node: RecurrentNode, resolve: Resolve, weights: ReadonlyMap<string, Tensor>) {
  const { initialState } = node;
  const directions = node.direction === 'bidirectional' ? 2 : 1;
  const second = (direction: Direction): number => (directions === 2 && direction === 'backward' ? 1 : 0);
  return (direction: Direction, layer: number, state: string): Tensor | undefined => {
    if (!initialState || initialState.kind === 'zeros') return undefined;
    const cells = second(direction) === 1 ? (node.backwardCells ?? node.cells) : node.cells;
    const names = CELLS[cells[layer]!.cell].states;
    const place = layer * directions + second(direction);
    const count = (some: RecurrentNode['cells']): number =>
      some.reduce((n, cell) => n + CELLS[cell.cell].states.length, 0);
    const before = (second(direction) === 1 ? count(node.cells) : 0) + count(cells.slice(0, layer));
    if (initialState.kind === 'learned' && !hasStatesTogether(spec.framework, node))
      return repeatRows(
        weights.get(initialState.names[before + names.indexOf(state)]!)!,
        resolve(node.input).shape[0]!,
      );
    if (initialState.kind === 'learned') {
      const learned = weights.get(initialState.names[names.indexOf(state)]!)!;
      const B = resolve(node.input).shape[0]!;
      return repeatRows(rows(learned, place, place + 1), B);
    }
    if (hasStatesTogether(spec.framework, node)) {
      const { tensors } = initialState;
      if (tensors.length === names.length) {
        const given = resolve(tensors[names.indexOf(state)]!);
        return given.shape.length > 2 ? stepOf(given, place) : given;
      }
      return resolve(tensors[names.indexOf(state) * node.cells.length * directions + place]!);
    }
    return resolve(initialState.tensors[before + names.indexOf(state)]!);
  };
}

function lossAndRows(
  spec: ModelSpec,
  resolve: Resolve,
  maskOf: MaskOf,
  weights: ReadonlyMap<string, Tensor>,
): Pick<GraphValues, 'loss' | 'counted'> {
  const { prediction, target, mask } = spec.loss!;
  const predicted = resolve(prediction);
  const counts = mask && maskOf(mask);
  const [B = 0, T = 0] = predicted.shape;
  const counted = counts && Array.from({ length: B * T }, (_, row) => counts(Math.floor(row / T), row % T));
  const loss = lossOf(spec.framework, spec.loss!, predicted, resolve(target), counted);
  const penalty = penaltyOf(spec.loss!, weights);
  return { loss: penalty ? add(loss, penalty) : loss, counted };
}
