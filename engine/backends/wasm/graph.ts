/** Builds the parts of a network from its `ModelSpec`. */
import { CELLS } from '../../cells/table.ts';
import { EngineError } from '../../errors.ts';
import { ACTIVATIONS } from '../../kernels/activations.ts';
import { topKOf } from '../../model/measures.ts';
import { type ConvolveNode, keepsSteps, windowsOf } from '../../model/convolution.ts';
import { isLossActivation } from '../../model/support.ts';
import { beginsWithKept, keptName, truncationOf } from '../../model/truncation.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Products } from '../../kernels/products.ts';
import { hasStatesTogether, nodeParameters, type ParameterShape } from '../../model/parameters.ts';
import { phrase } from '../../model/phrase.ts';
import { dropsPerGate, hasZeroOutputs, isKerasLike, stateWidth, tensorAxes } from '../../model/axes.ts';
import type {
  CellSpec,
  DenseNode,
  GraphNode,
  Initializer,
  ModelSpec,
  RecurrentNode,
  TensorRef,
} from '../../model/spec.ts';
import type { ActivationSpec } from '../../model/activations.ts';
import { readsBothDirections } from '../../model/cudnn.ts';
import { dropoutPlace, type PlacedWrapper, placedWrappers } from '../../model/wrappers.ts';
import { activatorOf, isFused } from './activator.ts';
import { given, known, makeLayer } from './cells.ts';
import type { GateDropout } from './composed/cells.ts';
import { DenseLayer } from './dense.ts';
import { Dropout, DropoutMask, type DroppedTogether, type MaskName } from './dropout.ts';
import { Embedding } from './embedding.ts';
import { Activated, Columns, Concatenation, Flattened, GreatestStep, MaskedSteps, MeanOfCounted, Windowed, SumOfSteps, Product, Repeated, ReversedSteps, SelectedStep, Sum } from './joints.ts'; // prettier-ignore
import { LearnedState } from './learnedState.ts';
import { Normalized } from './normalized.ts';
import { Loss } from './loss.ts';
import { MadeMarks, type MarkRule, type Marks } from './marks.ts';
import type { Block, ParameterStore } from './parameters.ts';
import type { Part, Shape, Tensor } from './part.ts';
import type { RecurrentLayer, RecurrentOptions } from './recurrent.ts';
import { type CellWeights, weightsByCell } from './weights.ts';

/** A recurrent layer with what the spec says of it. */
export interface BuiltLayer {
  readonly layer: RecurrentLayer;
  readonly cell: CellSpec;
  readonly direction: 'forward' | 'backward';
}

export interface Graph {
  /** In the order of evaluation. */
  readonly parts: readonly Part[];
  /** Tensors by the id of their input or node, and what recurrent nodes are built of. */
  readonly named: ReadonlyMap<string, Tensor>;
  readonly recurrent: ReadonlyMap<string, BuiltRecurrent>;
  /** All tensors that parts make and that are fed. */
  readonly tensors: readonly Tensor[];
  /** Recurrent layers from the bottom up; of both directions the forward one first. */
  readonly layers: readonly BuiltLayer[];
  /** h of the last recurrent node at every step, one a direction, before steps that do not count are masked. */
  readonly tops: readonly Tensor[];
  /** Steps of the last recurrent node that are handed out as zeros where they do not count. */
  readonly topMarks: Marks | undefined;
  readonly loss: Loss;
  /** Drawn for every step of training. */
  readonly masks: readonly DropoutMask[];
  /** Which steps count, by the ids of the nodes that make them. */
  readonly marks: ReadonlyMap<string, Marks>;
  /** First states that are kept from the batch or window before. */
  readonly kept: readonly KeptPlaces[];
  /** @throws EngineError `invalid-shape` when sequences have not the steps that the graph needs. */
  checkSteps(shape: Shape): void;
}

/** A state that a layer begins with and that is to be what it ended with before. */
export interface KeptPlaces {
  /** `rnn/forward/0/c` */
  readonly name: string;
  readonly first: Tensor;
  readonly last: Tensor;
}

/** What a network is fed with. */
export interface Fed {
  /** By the id of their input. */
  readonly tensors: ReadonlyMap<string, Tensor>;
  /** Which steps of a time axis count by what the input `from` is fed with. */
  marks(from: string, rule: MarkRule, axis: number): Marks;
  /** A first state `[B, W]` that is fed by the network itself. */
  keptState(width: number): Tensor;
  /** Whether gradients of all that recurrent layers make at every step are wanted; decided when memory is planned. */
  keepsStepSlopes(): boolean;
  /** Makes a time axis that always has so many steps. */
  addAxis(steps: number): number;
}

const GLOROT: Initializer = { kind: 'glorot_uniform' };
const GLOROT_NORMAL: Initializer = { kind: 'glorot_normal' };
const ZEROS: Initializer = { kind: 'zeros' };
const MERGES = { concatenate: 'concatenate', separate: 'concatenate', sum: 'add', average: 'average', multiply: 'multiply' } as const; // prettier-ignore

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

  const stepChecks: ((shape: Shape) => void)[] = [];
  const marksMade = new Map<string, Marks>();
  /** Which steps of a time axis count by an input or node; a node that marks none passes on the marks of its input. */
  const marksOf = (ref: TensorRef, axis: number): Marks | undefined => {
    const input = spec.inputs.find(({ id }) => id === ref.from);
    if (input)
      return input.role === 'lengths' || input.role === 'mask'
        ? fed.marks(input.id, { by: input.role }, axis)
        : undefined;
    const node = spec.nodes.find(({ id }) => id === ref.from);
    if (!node || node.op === 'concatenate' || node.op === 'combine') return undefined;
    if (node.op === 'masking') return marksOfValues(node.id, node.input, { by: 'values', besides: node.value });
    if (node.op === 'embedding' && node.maskZero)
      return marksOfValues(node.id, node.input, { by: 'values', besides: 0 });
    if (node.op === 'count_steps')
      return marksOfValues(node.id, node.input, { by: 'count', besides: node.besides ?? 0 });
    if (node.op === 'recurrent') return node.mask && marksOf(node.mask, axis);
    return marksOf(node.input, axis);
  };
  const marksOfValues = (id: string, ref: TensorRef, rule: Extract<MarkRule, { besides: number }>): Marks => {
    const seen = resolve(ref);
    const known = marksMade.get(id);
    if (known) return known;
    const isFed = fed.tensors.get(ref.from) === seen;
    const marks = isFed
      ? fed.marks(ref.from, rule, seen.axis)
      : add(new MadeMarks(kernels, seen, rule.besides, rule.by === 'count'));
    marksMade.set(id, marks);
    return marks;
  };
  /** Sequences that are joined must have as many steps. */
  const mustHaveSameSteps = (inputs: readonly Tensor[], id: string): void => {
    const [first, ...others] = inputs.filter(({ sequence }) => sequence).map(({ axis }) => axis);
    const different = others.filter(axis => axis !== first);
    if (different.length === 0) return;
    stepChecks.push(shape => {
      const steps = shape.along(first!).steps;
      const other = different.map(axis => shape.along(axis).steps).find(count => count !== steps);
      if (other !== undefined)
        throw new EngineError(
          'invalid-shape',
          phrase('{0} joins sequences of {1} and of {2} steps.', id, steps, other),
        );
    });
  };
  /** A size of the graph follows from the number of steps. */
  const mustHaveSteps = (axis: number, steps: number, id: string): void => {
    stepChecks.push(shape => {
      const found = shape.along(axis).steps;
      if (found !== steps)
        throw new EngineError('invalid-shape', phrase('{0} joins {1} steps, but there are {2}.', id, steps, found));
    });
  };
  const activated = (activation: ActivationSpec, input: Tensor): Tensor =>
    add(new Activated(kernels, input, activatorOf(kernels, spec.framework, activation))).output;
  /** A dense layer; an activation whose slope needs more than its result is a part of its own behind it. */
  const dense = (
    input: Tensor,
    units: number,
    activation: ActivationSpec,
    kernel: Block,
    bias: Block | undefined,
  ): Tensor => {
    const fused = isFused(activation);
    const number = fused ? ACTIVATIONS[activation.activation]! : ACTIVATIONS.linear!;
    const { output } = add(new DenseLayer(products, input, units, number, kernel, bias));
    return fused ? output : activated(activation, output);
  };

  const kept: KeptPlaces[] = [];
  const truncation = truncationOf(spec);
  const masks: DropoutMask[] = [];
  const mask = (
    of: Pick<Tensor, 'width' | 'sequence' | 'axis'>,
    keep: number,
    name: MaskName,
    together: DroppedTogether = 'nothing',
  ): DropoutMask => {
    const drawn = new DropoutMask(of, keep, together, name);
    masks.push(drawn);
    return drawn;
  };
  const dropout = (input: Tensor, keep: number, name: MaskName, together?: DroppedTogether): Tensor =>
    keep === 1 ? input : add(new Dropout(kernels, input, mask(input, keep, name, together))).output;

  /**
   * What each gate is let see, by masks that are the same at every step (Keras), or the candidate, by one for each step
   * (TF1's `LayerNormBasicLSTMCell`). @returns undefined where the gates see everything, or all the same.
   */
  const gateDropout = (node: RecurrentNode, cell: CellSpec, input: Tensor, name: string): GateDropout | undefined => {
    const { recurrentDropout = 0, inputDropout = 0 } = cell;
    const { axis } = input;
    const units = known(cell.units);
    if (!isKerasLike(spec.framework)) {
      if (recurrentDropout === 0) return undefined;
      const candidate = mask({ width: units, sequence: true, axis }, 1 - recurrentDropout, t => `${node.id}.${name}step${t}.candidate`); // prettier-ignore
      return { input: new Map(), state: new Map(), candidate };
    }
    if (!dropsPerGate(cell)) return undefined;
    const masksOf = (what: string, width: number, rate: number): ReadonlyMap<string, DropoutMask> => {
      const gates = rate === 0 ? [] : CELLS[cell.cell].blocks;
      return new Map(gates.map(gate => [gate, mask({ width, sequence: false, axis }, 1 - rate, `${node.id}.${name}${what}.${gate}`)])); // prettier-ignore
    };
    return {
      input: masksOf('input', input.width, inputDropout),
      state: masksOf('state', units, recurrentDropout),
      candidate: undefined,
    };
  };

  /**
   * One cell of a stack with its wrappers, from the innermost to the outermost.
   * @param name begins the names of its masks. @param inputs of the cells below and of this one.
   */
  const addCell = (
    node: RecurrentNode,
    cell: CellSpec,
    weights: CellWeights,
    common: RecurrentOptions,
    name: string,
    inputs: readonly Tensor[],
  ): { layer: RecurrentLayer; output: Tensor } => {
    const wrappers = placedWrappers(cell);
    const dropped = (what: string, seen: Tensor, keep = 1, variational?: boolean): Tensor =>
      dropout(seen, keep, t => `${name}step${t}.${what}`, togetherIf(variational));
    const projected = ({ wrapper, suffix }: PlacedWrapper, seen: Tensor): Tensor => {
      if (!('units' in wrapper)) return seen;
      const { units, activation = 'linear' } = wrapper;
      const scope = wrapper.wrapper + suffix;
      const kernel = named(store, seen.width * known(units), weights.get(`${scope}/kernel`)!, GLOROT);
      const bias = named(store, known(units), weights.get(`${scope}/bias`)!, ZEROS);
      return dense(seen, known(units), { activation }, kernel, bias);
    };
    // The outermost wrapper sees the input first.
    let { input } = common;
    const seen = new Map<PlacedWrapper, Tensor>();
    for (const placed of [...wrappers].reverse()) {
      const { wrapper, suffix } = placed;
      seen.set(placed, input);
      if (wrapper.wrapper === 'dropout') input = dropped(`input${suffix}`, input, wrapper.inputKeep, wrapper.variational); // prettier-ignore
      if (wrapper.wrapper === 'input_projection') input = projected(placed, input);
    }
    const { inputDropout = 0 } = cell;
    const gates = gateDropout(node, cell, input, name);
    if (inputDropout > 0 && !gates) {
      // All gates see the input through one mask: Keras' `implementation=2`, its default.
      input = dropout(input, 1 - inputDropout, `${node.id}.${name}input`, 'steps');
    }
    const state = { width: known(cell.projection?.units ?? cell.units), sequence: true, axis: input.axis };
    const stateDropout = wrappers.flatMap(({ wrapper, suffix }) => {
      if (wrapper.wrapper !== 'dropout') return [];
      const { stateKeep = 1, variational } = wrapper;
      return stateKeep === 1 ? [] : [mask(state, stateKeep, t => `${name}step${t}.state${suffix}`, togetherIf(variational))]; // prettier-ignore
    });
    const layer = add(makeLayer(spec.framework, cell, weights, { ...common, input, stateDropout }, plan, store, gates));
    let output = layer.outputs;
    for (const placed of wrappers) {
      const { wrapper, suffix } = placed;
      if (wrapper.wrapper === 'residual') {
        const lower = wrapper.layers === undefined ? undefined : inputs.at(-wrapper.layers);
        output = add(new Sum(kernels, [lower ?? seen.get(placed)!, output])).output;
      }
      if (wrapper.wrapper === 'output_projection') output = projected(placed, output);
      if (wrapper.wrapper === 'dropout') output = dropped(`output${suffix}`, output, wrapper.outputKeep, wrapper.variational); // prettier-ignore
    }
    return { layer, output };
  };

  /** Tensors made into one. */
  const joined = (how: 'concatenate' | 'add' | 'average' | 'multiply', inputs: readonly Tensor[]) => {
    if (how === 'concatenate') return new Concatenation(kernels, inputs);
    if (how !== 'multiply') return new Sum(kernels, inputs, how === 'average' ? 1 / inputs.length : 1);
    const [first, ...others] = inputs;
    const last = others.pop()!;
    return new Product(kernels, others.reduce((product, one) => add(new Product(kernels, product, one)).output, first!), last); // prettier-ignore
  };

  /** First states in the order in which layers are built; none where they are zeros. */
  const addInitialStates = (node: RecurrentNode): Tensor[] => {
    const { initialState, cells } = node;
    const places = Array.from({ length: cells.length * (node.direction === 'bidirectional' ? 2 : 1) }, (_, k) => k);
    if (initialState?.kind === 'learned') {
      const own = nodeParameters(spec, node).filter(({ of }) => of === undefined);
      if (!hasStatesTogether(spec.framework, node))
        return own.map(shape => {
          const width = known(shape.shape[1]!);
          return add(new LearnedState(kernels, named(store, width, shape, ZEROS), 1, width)).made[0]!;
        });
      const states = own.map(shape => {
        const width = known(shape.shape[2]!);
        const weight = named(store, places.length * width, shape, ZEROS);
        return add(new LearnedState(kernels, weight, places.length, width)).made;
      });
      return places.flatMap(place => states.map(state => state[place]!));
    }
    if (initialState?.kind !== 'given') return [];
    const given = initialState.tensors.map(resolve);
    if (!hasStatesTogether(spec.framework, node)) return given;
    const states = CELLS[cells[0]!.cell].states.length;
    if (given.length > states)
      return places.flatMap(place => Array.from({ length: states }, (_, k) => given[k * places.length + place]!));
    return places.flatMap(place =>
      given.map(state => {
        const width = state.width / places.length;
        return places.length === 1 ? state : add(new Columns(kernels, state, place * width, width)).output;
      }),
    );
  };

  const addRecurrent = (node: RecurrentNode): void => {
    const weights = weightsByCell(spec, node);
    const tells = node.sequenceLength ?? node.mask;
    const alive = tells && marksOf(tells, resolve(node.input).axis);
    const first = addInitialStates(node);
    const directions = node.direction === 'bidirectional' ? (['forward', 'backward'] as const) : [node.direction];
    const cellsOf = (direction: 'forward' | 'backward') =>
      direction === 'backward' && directions.length > 1 ? (node.backwardCells ?? node.cells) : node.cells;
    const built: Direction[] = directions.map(direction => ({
      direction,
      layers: [],
      blocks: [],
      inputs: [],
      top: resolve(node.input),
    }));

    const addLayer = (one: Direction, index: number): void => {
      const cell = cellsOf(one.direction)[index]!;
      const states = CELLS[cell.cell].states;
      const keeps = beginsWithKept(spec, node);
      const widthOf = (state: string) => known(state === 'h' ? stateWidth(cell) : cell.units);
      const given = keeps ? states.map(state => fed.keptState(widthOf(state))) : first.splice(0, states.length);
      const initial = new Map(given.map((tensor, k) => [states[k]!, tensor]));
      const options = {
        products,
        input: one.top,
        reversed: one.direction === 'backward',
        alive,
        initial,
        truncateSteps: truncation?.windows ? undefined : truncation?.steps,
        stateDropout: [],
        keepsStepSlopes: () => fed.keepsStepSlopes(),
      };
      const name = dropoutPlace(node, one.direction, index);
      const before = store.taken.length;
      one.inputs.push(one.top);
      const add = (of: number) => addCell(node, cell, weights(one.direction, of), options, name, one.inputs);
      const shared = cell.sharesWeightsWith;
      const { layer, output } = shared === undefined ? add(index) : store.sharing(one.blocks[shared]!, () => add(shared)); // prettier-ignore
      one.blocks.push(store.taken.slice(before));
      layers.push({ layer, cell, direction: one.direction });
      if (keeps)
        for (const state of states)
          kept.push({
            name: keptName(node.id, one.direction, index, state),
            first: initial.get(state)!,
            last: layer.finals.get(state)!,
          });
      one.layers.push(layer);
      one.top = output;
    };
    if (readsBothDirections(spec.framework, node)) {
      node.cells.forEach((_, index) => {
        if (index > 0) {
          // A layer reads both directions of the one below.
          const both = built.map(({ top }) => top);
          const joint = both.length === 1 ? both[0]! : add(new Concatenation(kernels, both)).output;
          const below = dropout(joint, 1 - (node.layerDropout ?? 0), `${node.id}.layer${index - 1}`);
          for (const one of built) one.top = below;
        }
        for (const one of built) addLayer(one, index);
      });
    } else {
      for (const one of built) cellsOf(one.direction).forEach((_, index) => { addLayer(one, index); }); // prettier-ignore
    }
    const turned = isKerasLike(spec.framework) && node.direction === 'backward';
    const zeros = hasZeroOutputs(spec.framework, node);
    const lastOnly = isKerasLike(spec.framework) && node.returnSequences !== true;
    nodes.set(
      node.id,
      new BuiltRecurrent(built, lastOnly, zeros ? alive : undefined, {
        handedOut: top => {
          const masked = zeros && alive ? add(new MaskedSteps(kernels, top, alive)).output : top;
          return turned ? add(new ReversedSteps(kernels, masked)).output : masked;
        },
        merged: both => add(joined(MERGES[node.merge ?? 'concatenate'], both)).output,
      }),
    );
  };

  const addDense = (node: DenseNode): void => {
    const below = resolve(node.input);
    const units = known(node.units);
    const [kernelShape, biasShape] = nodeParameters(spec, node);
    const torch = spec.framework === 'pytorch';
    const usual = spec.framework === 'tensorflowjs' ? GLOROT_NORMAL : GLOROT;
    const uniform: Initializer = { kind: 'uniform', value: 1 / Math.sqrt(below.width) };
    const kernel = named(
      store,
      below.width * units,
      kernelShape!,
      given(node.kernelInitializer, torch ? uniform : usual),
      torch,
    );
    const bias = biasShape && named(store, units, biasShape, given(node.biasInitializer, torch ? uniform : ZEROS));
    // The loss takes logits, and applies softmax or sigmoid itself.
    const activation = isLossActivation(spec, node) ? 'linear' : node.activation;
    tensors.set(node.id, dense(below, units, { activation, negativeSlope: node.negativeSlope }, kernel, bias));
  };

  const addConvolution = (node: ConvolveNode): void => {
    const below = resolve(node.input);
    const units = known(node.units);
    const [kernelShape, biasShape] = nodeParameters(spec, node);
    const steps = tensorAxes(spec, node.input)![0]!;
    const axis = keepsSteps(node) ? below.axis : fed.addAxis(windowsOf(node, known(steps)).count);
    if (axis !== below.axis) mustHaveSteps(below.axis, known(steps), node.id);
    const windows = add(new Windowed(kernels, below, node, axis)).output;
    // Keras' fans of a convolution are those of a window: `size` times the width and `size` times the units.
    const limit = Math.sqrt(6 / (node.size * (below.width + units)));
    const kernel = named(store, windows.width * units, kernelShape!, given(node.kernelInitializer, { kind: 'uniform', value: limit })); // prettier-ignore
    const bias = biasShape && named(store, units, biasShape, given(node.biasInitializer, ZEROS));
    tensors.set(node.id, dense(windows, units, node, kernel, bias));
  };

  const needed = ancestors(spec);
  /** Blocks of the layers that have weights, by the names of these: a layer that is used again has those of its first use. */
  const owned = new Map<string, readonly Block[]>();
  const addNode = (node: GraphNode): void => {
    switch (node.op) {
      case 'recurrent':
        addRecurrent(node);
        break;
      case 'dense':
        addDense(node);
        break;
      case 'select_step': {
        const { id, input, step } = node;
        const { axis } = resolve(input);
        stepChecks.push(shape => {
          const { steps } = shape.along(axis);
          if (step >= steps || step < -steps)
            throw new EngineError(
              'invalid-shape',
              phrase('{0} takes step {1}, but there are {2} steps.', id, step, steps),
            );
        });
        tensors.set(id, add(new SelectedStep(kernels, resolve(input), step)).output);
        break;
      }
      case 'concatenate':
        mustHaveSameSteps(node.inputs.map(resolve), node.id);
        tensors.set(node.id, add(new Concatenation(kernels, node.inputs.map(resolve))).output);
        break;
      case 'combine':
        mustHaveSameSteps(node.inputs.map(resolve), node.id);
        tensors.set(node.id, add(joined(node.by, node.inputs.map(resolve))).output);
        break;
      case 'dropout': {
        tensors.set(node.id, dropout(resolve(node.input), 1 - node.rate, node.id));
        break;
      }
      case 'embedding': {
        const [shape] = nodeParameters(spec, node);
        const width = known(node.units);
        const own: Initializer =
          spec.framework === 'pytorch' ? { kind: 'normal', value: 1 } : { kind: 'uniform', value: 0.05 };
        const table = named(store, known(node.vocabulary) * width, shape!, given(node.initializer, own));
        tensors.set(node.id, add(new Embedding(kernels, resolve(node.input), width, table, node.paddingIndex)).output);
        break;
      }
      case 'activation': {
        const input = resolve(node.input);
        const apart = !isLossActivation(spec, node);
        tensors.set(node.id, apart ? activated(node, input) : input);
        break;
      }
      case 'reduce_steps': {
        const input = resolve(node.input);
        const counts = node.mask && marksOf(node.mask, input.axis);
        if (counts && node.by === 'sum') {
          const masked = add(new MaskedSteps(kernels, input, counts)).output;
          tensors.set(node.id, add(new SumOfSteps(kernels, masked, false)).output);
          break;
        }
        const reduced = counts
          ? new MeanOfCounted(kernels, input, counts)
          : node.by === 'max'
            ? new GreatestStep(kernels, input)
            : new SumOfSteps(kernels, input, node.by === 'mean');
        tensors.set(node.id, add(reduced).output);
        break;
      }
      case 'convolve':
        addConvolution(node);
        break;
      case 'normalize': {
        const input = resolve(node.input);
        const [gain, shift] = nodeParameters(spec, node);
        const blocks = [
          named(store, input.width, gain!, { kind: 'ones' }),
          named(store, input.width, shift!, ZEROS),
        ] as const;
        tensors.set(node.id, add(new Normalized(kernels, input, node.epsilon, ...blocks)).output);
        break;
      }
      case 'scale':
        tensors.set(node.id, add(new Sum(kernels, [resolve(node.input)], node.factor)).output);
        break;
      case 'reverse_steps': {
        const input = resolve(node.input);
        const counts = node.sequenceLength && marksOf(node.sequenceLength, input.axis);
        tensors.set(node.id, add(new ReversedSteps(kernels, input, counts)).output);
        break;
      }
      case 'masking': {
        const marks = marksOf({ from: node.id }, resolve(node.input).axis)!;
        // A recurrent layer passes over the steps that do not count, whatever they hold.
        const seen = spec.nodes.some(one => one.op !== 'recurrent' && 'input' in one && one.input.from === node.id);
        const input = resolve(node.input);
        tensors.set(node.id, seen ? add(new MaskedSteps(kernels, input, marks)).output : input);
        break;
      }
      case 'count_steps':
        // It is a mask, and no tensor.
        break;
      case 'repeat':
        tensors.set(node.id, add(new Repeated(kernels, resolve(node.input), fed.addAxis(known(node.steps)))).output);
        break;
      case 'flatten': {
        const input = resolve(node.input);
        if (!input.sequence) {
          tensors.set(node.id, input);
          break;
        }
        const steps = known(tensorAxes(spec, node.input)![0]!);
        mustHaveSteps(input.axis, steps, node.id);
        tensors.set(node.id, add(new Flattened(kernels, input, steps)).output);
        break;
      }
      case 'swap_batch_and_steps':
        // Sequences lie the same way in memory whatever the program calls them.
        tensors.set(node.id, resolve(node.input));
        break;
    }
  };
  for (const node of spec.nodes) {
    // What the loss does not read would have no gradient to send back.
    if (node.op !== 'recurrent' && !needed.has(node.id)) continue;
    const names = nodeParameters(spec, node)
      .map(({ name }) => name)
      .join();
    const first = names === '' ? undefined : owned.get(names);
    const before = store.blocks.length;
    if (first) {
      store.sharing(first, () => {
        addNode(node);
      });
    } else {
      addNode(node);
      owned.set(names, store.blocks.slice(before));
    }
  }
  const prediction = resolve(spec.loss!.prediction);
  const counted = spec.loss!.mask && marksOf(spec.loss!.mask, prediction.axis);
  const loss = new Loss(kernels, prediction, spec.framework, spec.loss!, counted, topKOf(spec));
  const last = [...nodes.values()].at(-1)!;
  return {
    parts,
    named: tensors,
    recurrent: nodes,
    tensors: [...fed.tensors.values(), ...parts.flatMap(part => part.made)],
    layers,
    tops: last.tops,
    topMarks: last.marks,
    loss,
    masks,
    marks: marksMade,
    kept,
    checkSteps: shape => {
      for (const check of stepChecks) check(shape);
    },
  };
}

/** One direction of a recurrent node. */
interface Direction {
  readonly direction: 'forward' | 'backward';
  readonly layers: RecurrentLayer[];
  /** Weights of each layer of its own. */
  readonly blocks: (readonly Block[])[];
  /** What each layer reads. */
  readonly inputs: Tensor[];
  /** Outputs of its uppermost layer so far. */
  top: Tensor;
}

/** How a node makes what it hands out. */
interface Joining {
  /** Outputs of the top layer as the node gives them: steps that do not count masked, Keras' `go_backwards` turned round. */
  readonly handedOut: (top: Tensor) => Tensor;
  readonly merged: (both: readonly Tensor[]) => Tensor;
}

/** The parts of a recurrent node that can be referred to. */
export class BuiltRecurrent {
  readonly #directions: readonly Direction[];
  readonly #lastOnly: boolean;
  /** Steps that count, where outputs are zeros at others. */
  readonly marks: Marks | undefined;
  readonly #joining: Joining;
  /** Made when they are first asked for: a part that nobody reads would have no gradient to send back. */
  readonly #made = new Map<string, Tensor>();

  /** @param lastOnly the node by itself stands for its last output. */
  constructor(directions: readonly Direction[], lastOnly: boolean, marks: Marks | undefined, joining: Joining) {
    this.#directions = directions;
    this.#lastOnly = lastOnly;
    this.marks = marks;
    this.#joining = joining;
  }

  tensor(part: TensorRef['part']): Tensor {
    const chosen = this.#directions.filter(
      ({ direction }) => part?.direction === undefined || direction === part.direction,
    );
    if (part?.take === 'state') {
      const { layers } = chosen[0]!;
      return layers[part.layer ?? layers.length - 1]!.finals.get(part.state ?? 'h')!;
    }
    const kind = part === undefined && this.#lastOnly ? 'last' : 'outputs';
    const tensors = chosen.map(({ direction, layers, top }) =>
      this.#once(`${kind} ${direction}`, () =>
        kind === 'last' ? layers.at(-1)!.finals.get('h')! : this.#joining.handedOut(top),
      ),
    );
    return tensors.length === 1 ? tensors[0]! : this.#once(kind, () => this.#joining.merged(tensors));
  }

  get directions(): readonly Direction[] {
    return this.#directions;
  }

  get tops(): Tensor[] {
    return this.#directions.map(({ top }) => top);
  }

  #once(key: string, make: () => Tensor): Tensor {
    const tensor = this.#made.get(key) ?? make();
    this.#made.set(key, tensor);
    return tensor;
  }
}

/** TF1's `variational_recurrent` drops the same units of all rows at all steps. */
function togetherIf(variational: boolean | undefined): DroppedTogether {
  return variational ? 'steps and rows' : 'nothing';
}

/** A block that is one weight. */
function named(
  store: ParameterStore,
  size: number,
  shape: ParameterShape,
  initializer: Initializer,
  transposed = false,
): Block {
  const block = store.addBlock(size);
  store.addView(block, 0, shape, initializer, transposed);
  return block;
}

/** Ids of the nodes that the loss depends on. */
function ancestors(spec: ModelSpec): Set<string> {
  const found = new Set<string>();
  const visit = (id: string): void => {
    const node = spec.nodes.find(one => one.id === id);
    if (!node || found.has(id)) return;
    found.add(id);
    for (const { from } of 'inputs' in node ? node.inputs : [node.input]) visit(from);
    if (node.op === 'recurrent' && node.initialState?.kind === 'given')
      for (const { from } of node.initialState.tensors) visit(from);
  };
  visit(spec.loss!.prediction.from);
  return found;
}
