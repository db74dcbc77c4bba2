/** Builds the parts of a network from its `ModelSpec`. */
import type { CellId } from '../../cells/table.ts';
import { EngineError } from '../../errors.ts';
import { ACTIVATIONS } from '../../kernels/activations.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Products } from '../../kernels/products.ts';
import { nodeParameters, type ParameterShape } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import type {
  Activation,
  CellSpec,
  DenseNode,
  Initializer,
  ModelSpec,
  RecurrentNode,
  Size,
  TensorRef,
} from '../../model/spec.ts';
import { DenseLayer } from './dense.ts';
import { GruLayer } from './gru.ts';
import { Concatenation, MaskedSteps, SelectedStep, Sum } from './joints.ts';
import { Loss } from './loss.ts';
import { LstmLayer } from './lstm.ts';
import type { Block, ParameterStore } from './parameters.ts';
import type { Tensor } from './part.ts';
import { type Part } from './part.ts';
import type { RecurrentLayer, RecurrentOptions } from './recurrent.ts';
import { RnnLayer } from './rnn.ts';
import { type CellWeights, weightsByCell } from './weights.ts';

/** A recurrent layer with what the spec says of it. */
export interface BuiltLayer {
  readonly layer: RecurrentLayer;
  readonly cell: CellId;
  readonly direction: 'forward' | 'backward';
}

export interface Graph {
  /** In the order of evaluation. */
  readonly parts: readonly Part[];
  /** All tensors that parts make and that are fed. */
  readonly tensors: readonly Tensor[];
  /** Recurrent layers from the bottom up; of both directions the forward one first. */
  readonly layers: readonly BuiltLayer[];
  /** h of the last recurrent node at every step, one a direction, before steps that do not count are masked. */
  readonly tops: readonly Tensor[];
  readonly loss: Loss;
}

/** Tensors that are fed, by the id of their input, and where the bytes lie that say which steps count. */
export interface Fed {
  readonly tensors: ReadonlyMap<string, Tensor>;
  readonly alive: () => number;
}

const GLOROT: Initializer = { kind: 'glorot_uniform' };
const ZEROS: Initializer = { kind: 'zeros' };
const ONES: Initializer = { kind: 'ones' };
/** Blocks of TF1's packed kernels. */
const LSTM_ORDER = { i: 0, j: 1, f: 2, o: 3 };
const GRU_ORDER = { r: 0, u: 1 };

export function buildGraph(
  spec: ModelSpec,
  plan: MemoryPlan,
  products: Products,
  store: ParameterStore,
  fed: Fed,
): Graph {
  const { kernels } = products;
  const parts: Part[] = [];
  const layers: BuiltLayer[] = [];
  const tensors = new Map<string, Tensor>(fed.tensors);
  const nodes = new Map<string, BuiltRecurrent>();

  const add = <P extends Part>(part: P): P => {
    parts.push(part);
    return part;
  };
  const resolve = ({ from, part }: TensorRef): Tensor => {
    const tensor = nodes.get(from)?.tensor(part) ?? tensors.get(from);
    if (tensor === undefined) throw new EngineError('invalid-model', phrase('The model has no tensor {0}.', from));
    return tensor;
  };

  /** One cell of a stack with its wrappers, from the innermost to the outermost. */
  const addCell = (
    cell: CellSpec,
    weights: CellWeights,
    common: RecurrentOptions,
  ): { layer: RecurrentLayer; output: Tensor } => {
    const layer = add(makeLayer(cell, weights, common, plan, store));
    let output = layer.outputs;
    for (const { wrapper } of cell.wrappers ?? []) {
      if (wrapper === 'residual') output = add(new Sum(kernels, [common.input, output])).output;
    }
    return { layer, output };
  };

  const addRecurrent = (node: RecurrentNode): void => {
    const weights = weightsByCell(spec, node);
    const alive = node.sequenceLength ? fed.alive : undefined;
    const given = node.initialState?.kind === 'given' ? node.initialState.tensors.map(resolve) : [];
    const directions = node.direction === 'bidirectional' ? (['forward', 'backward'] as const) : [node.direction];
    const stacks = directions.map(direction => {
      const cells = direction === 'backward' && directions.length > 1 ? (node.backwardCells ?? node.cells) : node.cells;
      let below = resolve(node.input);
      const stack = cells.map(cell => {
        const states = cell.cell === 'lstm' ? ['c', 'h'] : ['h'];
        const initial = new Map(
          given.splice(0, given.length > 0 ? states.length : 0).map((tensor, k) => [states[k]!, tensor]),
        );
        const built = addCell(cell, weights.shift()!, {
          products,
          input: below,
          reversed: direction === 'backward',
          alive,
          initial,
        });
        layers.push({ layer: built.layer, cell: cell.cell, direction });
        below = built.output;
        return built.layer;
      });
      const top = below;
      return { direction, stack, top, masked: () => (alive ? add(new MaskedSteps(kernels, top, alive)).output : top) };
    });
    nodes.set(node.id, new BuiltRecurrent(stacks, inputs => add(new Concatenation(kernels, inputs)).output));
  };

  const addDense = (node: DenseNode): void => {
    const below = resolve(node.input);
    const units = known(node.units);
    const [kernelShape, biasShape] = nodeParameters(spec, node);
    const kernel = named(store, below.width * units, kernelShape!, given(node.kernelInitializer, GLOROT));
    const bias = biasShape && named(store, units, biasShape, given(node.biasInitializer, ZEROS));
    tensors.set(
      node.id,
      add(new DenseLayer(plan, products, below, units, ACTIVATIONS[node.activation]!, kernel, bias)).output,
    );
  };

  const needed = ancestors(spec);
  for (const node of spec.nodes) {
    // What the loss does not read would have no gradient to send back.
    if (node.op !== 'recurrent' && !needed.has(node.id)) continue;
    switch (node.op) {
      case 'recurrent':
        addRecurrent(node);
        break;
      case 'dense':
        addDense(node);
        break;
      case 'select_step':
        tensors.set(node.id, add(new SelectedStep(kernels, resolve(node.input), node.step)).output);
        break;
      case 'concatenate':
        tensors.set(node.id, add(new Concatenation(kernels, node.inputs.map(resolve))).output);
        break;
      case 'combine':
        tensors.set(node.id, add(new Sum(kernels, node.inputs.map(resolve))).output);
        break;
      case 'swap_batch_and_steps':
        // Sequences lie the same way in memory whatever the program calls them.
        tensors.set(node.id, resolve(node.input));
        break;
      default:
        throw new EngineError('unsupported', phrase('The operation {0} cannot be run yet.', node.op));
    }
  }
  const loss = new Loss(kernels, resolve(spec.loss!.prediction), spec.loss!);
  const tops = [...nodes.values()].at(-1)!.tops;
  return { parts, tensors: [...fed.tensors.values(), ...parts.flatMap(part => part.made)], layers, tops, loss };
}

interface Stack {
  readonly direction: 'forward' | 'backward';
  readonly stack: readonly RecurrentLayer[];
  readonly top: Tensor;
  /** Makes what the node hands out at every step. */
  readonly masked: () => Tensor;
}

/** The parts of a recurrent node that can be referred to. */
class BuiltRecurrent {
  readonly #stacks: readonly Stack[];
  readonly #concatenate: (inputs: readonly Tensor[]) => Tensor;
  /** Outputs are made when they are first asked for: a part that nobody reads would have no gradient to send back. */
  readonly #outputs = new Map<Stack | 'both', Tensor>();

  constructor(stacks: readonly Stack[], concatenate: (inputs: readonly Tensor[]) => Tensor) {
    this.#stacks = stacks;
    this.#concatenate = concatenate;
  }

  tensor(part: TensorRef['part']): Tensor {
    const chosen = this.#stacks.find(({ direction }) => direction === part?.direction);
    const one = chosen ?? (this.#stacks.length === 1 ? this.#stacks[0] : undefined);
    if (part?.take === 'state') {
      const { stack } = one ?? this.#stacks[0]!;
      return stack[part.layer ?? stack.length - 1]!.finals.get(part.state ?? 'h')!;
    }
    return one
      ? this.#once(one, one.masked)
      : this.#once('both', () => this.#concatenate(this.#stacks.map(stack => this.#once(stack, stack.masked))));
  }

  get tops(): Tensor[] {
    return this.#stacks.map(({ top }) => top);
  }

  #once(key: Stack | 'both', make: () => Tensor): Tensor {
    const tensor = this.#outputs.get(key) ?? make();
    this.#outputs.set(key, tensor);
    return tensor;
  }
}

function makeLayer(
  cell: CellSpec,
  weights: CellWeights,
  common: RecurrentOptions,
  plan: MemoryPlan,
  store: ParameterStore,
): RecurrentLayer {
  const units = known(cell.units);
  const activation = activationNumber(cell.activation ?? 'tanh');
  const gate = activationNumber(cell.recurrentActivation ?? 'sigmoid');
  const kernelStart = given(cell.kernelInitializer, GLOROT);
  const bias = (role: string, own: Initializer) => {
    const shape = weights.get(role)!;
    return named(store, known(shape.shape[0]!), shape, given(cell.biasInitializer, own));
  };
  const matrix = (role: string) => {
    const shape = weights.get(role)!;
    return named(store, known(shape.shape[0]!) * known(shape.shape[1]!), shape, kernelStart);
  };
  switch (cell.cell) {
    case 'rnn':
      return new RnnLayer(plan, common, units, activation, { kernel: matrix('kernel'), bias: bias('bias', ZEROS) });
    case 'gru':
      return new GruLayer(plan, common, { units, order: GRU_ORDER, activation, gate }, {
        gates: matrix('gates/kernel'),
        gatesBias: bias('gates/bias', ONES),
        candidate: matrix('candidate/kernel'),
        candidateBias: bias('candidate/bias', ZEROS),
      }); // prettier-ignore
    case 'lstm': {
      const kernel = matrix('kernel');
      const lstmBias = bias('bias', ZEROS);
      let peepholes: Block | undefined;
      if (cell.peepholes) {
        peepholes = store.addBlock(3 * units);
        for (const [place, role] of ['w_i_diag', 'w_f_diag', 'w_o_diag'].entries()) {
          store.addView(peepholes, place * units, weights.get(role)!, kernelStart);
        }
      }
      const projection = cell.projection && { units: known(cell.projection.units), clip: cell.projection.clip ?? 0 };
      return new LstmLayer(
        plan,
        common,
        {
          units,
          order: LSTM_ORDER,
          forgetBias: cell.forgetBias ?? 1,
          activation,
          gate,
          cellClip: cell.cellClip ?? 0,
          projection,
        },
        { kernel, bias: lstmBias, peepholes, projection: projection && matrix('projection/kernel') },
      );
    }
  }
}

/** A block that is one weight. */
function named(store: ParameterStore, size: number, shape: ParameterShape, initializer: Initializer): Block {
  const block = store.addBlock(size);
  store.addView(block, 0, shape, initializer);
  return block;
}

/** The initializer that is given, or the framework's own. */
function given(initializer: Initializer | undefined, own: Initializer): Initializer {
  return initializer === undefined || initializer.kind === 'default' ? own : initializer;
}

function activationNumber(activation: Activation): number {
  return ACTIVATIONS[activation]!;
}

/** Ids of the nodes that the loss depends on. */
function ancestors(spec: ModelSpec): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    const node = spec.nodes.find(one => one.id === id);
    if (!node || found.has(id)) return;
    found.add(id);
    for (const { from } of 'inputs' in node ? node.inputs : [node.input]) visit(from);
  };
  visit(spec.loss!.prediction.from);
  return found;
}

function known(size: Size): number {
  if (typeof size === 'number') return size;
  throw new EngineError('invalid-model', phrase('The size {0} is not known.', size));
}
