/**
 * Drives stacks of cells over the steps of a sequence: `tf.nn.dynamic_rnn` and its kin, Keras' `RNN` layers, PyTorch's
 * modules. What differs between them is which stacks run (`levels`), which steps of a row count, and what stands in the
 * outputs at the steps that do not.
 */
import { backwardCells, dropsPerGate, hasZeroOutputs, isKerasLike } from '../../model/axes.ts';
import { completeCell, readsBothDirections } from '../../model/cudnn.ts';
import type { CellSpec, CellWrapper, Framework, RecurrentNode, Size } from '../../model/spec.ts';
import { dropoutPlace, placedWrappers } from '../../model/wrappers.ts';
import { activate } from './activations.ts';
import { CELL_EQUATIONS, type CellStep, type Named } from './cells.ts';
import { CELL_DEFAULTS, type CellWeights, cellWeights } from './dialects.ts';
import type { Dropout } from './dropout.ts';
import { add, concatenate, matmul, multiply, scale, select, sequence, stepsOf } from './operations.ts';
import { isPlainLstm, runLstmLayers } from './lstmLayers.ts';
import { widthOfState } from './sizes.ts';
import { type Tensor, tensor, zeros } from './tensor.ts';

export type Direction = 'forward' | 'backward';
/** Whether step t of row b is part of the sequence. */
export type StepMask = (b: number, t: number) => boolean;

export interface RecurrentInputs {
  /** `[B, T, D]` */
  readonly x: Tensor;
  /** Steps that count; all where it is missing. */
  readonly mask: StepMask | undefined;
  readonly weights: (direction: Direction, layer: number) => ReadonlyMap<string, Tensor>;
  /** The first value of a state, `[B, U]`; undefined for zeros. */
  readonly initial: (direction: Direction, layer: number, state: string) => Tensor | undefined;
  /** No gradient goes back past a multiple of so many steps; undefined: it goes all the way. */
  readonly truncateSteps: number | undefined;
  readonly dropout: Dropout;
  readonly watch?: Watch | undefined;
}

/**
 * Sees h where a layer hands it on at step t (undefined: as its final state), and gives what is handed on in its place,
 * so that what flows back from above alone can be told from what flows back through time.
 */
export type Watch = (direction: Direction, layer: number, t: number | undefined, h: Tensor) => Tensor;

/** Everything that one layer computed in one direction. */
export interface LayerRun {
  readonly direction: Direction;
  readonly layer: number;
  readonly cell: CellSpec;
  /**
   * Gates and states by name, `[B, U]` for each step of the input. At a step that does not count, states hold what was
   * carried through, and gates what the cell computed in vain.
   */
  readonly steps: readonly Named[];
  /**
   * The same, with states as the step made them: before they are dropped or, at a step that does not count, replaced.
   * Absent where many steps are one operation.
   */
  readonly made?: readonly Named[];
  /** The states after the last step. */
  readonly final: Named;
}

export interface RecurrentRun {
  readonly layers: readonly LayerRun[];
  /** `[B, T, H]` of each direction, in the order of the input's steps. */
  readonly outputs: Readonly<Partial<Record<Direction, Tensor>>>;
  /** `[B, T, H]` of all directions; undefined where they are kept apart. */
  readonly merged: Tensor | undefined;
  /** `[B, H]`: the output of the step that was computed last, merged. */
  readonly last: Tensor | undefined;
}

/** Stacks that run over the same input, one for each direction. */
interface Level {
  readonly firstLayer: number;
  readonly stacks: Readonly<Partial<Record<Direction, readonly CellSpec[]>>>;
}

/** One stack's run over all steps. */
export interface StackRun {
  /** By step of the input. */
  readonly outputs: readonly Tensor[];
  readonly last: Tensor;
  readonly layers: readonly LayerRun[];
}

const MERGES = {
  concatenate: (parts: readonly Tensor[]) => concatenate(parts),
  sum: (parts: readonly Tensor[]) => parts.reduce(add),
  average: (parts: readonly Tensor[]) => scale(parts.reduce(add), 1 / parts.length),
  multiply: (parts: readonly Tensor[]) => parts.reduce(multiply),
};

export function runRecurrent(framework: Framework, node: RecurrentNode, inputs: RecurrentInputs): RecurrentRun {
  const layers: LayerRun[] = [];
  let x = inputs.x;
  let runs: Partial<Record<Direction, StackRun>> = {};
  const levels = levelsOf(framework, node);
  for (const [index, level] of levels.entries()) {
    runs = {};
    for (const direction of ['forward', 'backward'] as const) {
      const cells = level.stacks[direction];
      if (cells) runs[direction] = runStack(framework, node, { ...inputs, x }, direction, cells, level.firstLayer);
    }
    for (const run of Object.values(runs)) layers.push(...run.layers);
    if (index < levels.length - 1) {
      const below = concatenate(Object.values(runs).map(run => sequence(run.outputs)));
      x = inputs.dropout(`${node.id}.layer${index}`, below, 1 - (node.layerDropout ?? 0));
    }
  }
  const outputs = Object.fromEntries(
    Object.entries(runs).map(([direction, run]) => [direction, sequence(run.outputs)] as const),
  );
  return {
    layers,
    outputs,
    ...mergeDirections(
      node,
      outputs,
      Object.values(runs).map(run => run.last),
    ),
  };
}

/** What a node hands out of all its directions. @param last output of each direction at the step computed last. */
export function mergeDirections(
  node: RecurrentNode,
  outputs: RecurrentRun['outputs'],
  last: readonly Tensor[],
): Pick<RecurrentRun, 'merged' | 'last'> {
  const merge = node.merge ?? 'concatenate';
  if (merge === 'separate') return { merged: undefined, last: undefined };
  // Note: a Keras layer that only goes backwards hands its outputs on in the order in which it computed them.
  const ordered = Object.values(outputs).map(one => (node.direction === 'backward' ? reversed(one) : one));
  return { merged: MERGES[merge](ordered), last: MERGES[merge](last) };
}

/** `[B, T, H]` from the last step to the first. */
export function reversed(x: Tensor): Tensor {
  return sequence(stepsOf(x).reverse());
}

/**
 * Note: in both directions, PyTorch and cuDNN let each layer read both directions of the layer below, whereas TF1's
 * `bidirectional_dynamic_rnn` and Keras' `Bidirectional` run one whole stack forwards and another backwards.
 */
function levelsOf(framework: Framework, node: RecurrentNode): readonly Level[] {
  if (node.direction !== 'bidirectional') return [{ firstLayer: 0, stacks: { [node.direction]: node.cells } }];
  const backward = backwardCells(node);
  if (!readsBothDirections(framework, node)) return [{ firstLayer: 0, stacks: { forward: node.cells, backward } }];
  return node.cells.map((cell, layer) => ({
    firstLayer: layer,
    stacks: { forward: [cell], backward: [backward[layer] ?? cell] },
  }));
}

function runStack(
  framework: Framework,
  node: RecurrentNode,
  { x, mask, weights, initial, truncateSteps, dropout, watch }: RecurrentInputs,
  direction: Direction,
  cells: readonly CellSpec[],
  firstLayer: number,
): StackRun {
  const [B = 0, T = 0] = x.shape;
  const stack = cells.map(completeCell).map((cell, index) => {
    const layer = firstLayer + index;
    const own = weights(direction, cell.sharesWeightsWith ?? layer);
    const maker = CELL_EQUATIONS[cell.cell];
    const place = dropoutPlace(node, direction, layer);
    const start = maker.states.map(state => [
      state,
      initial(direction, layer, state) ?? zeros([B, widthOfState(cell, state)]),
    ]);
    const seen = withDropout(framework, cell, cellWeights(framework, cell, own), (name, value, keep) =>
      dropout(`${node.id}.${place}${name}`, value, keep),
    );
    const step = maker.step(cell, seen, CELL_DEFAULTS[framework]);
    return {
      cell,
      layer,
      states: maker.states,
      weights: seen,
      step: wrapped(cell, step, own, (t, what, value, keep) => dropout(`${place}step${t}.${what}`, value, keep)),
      now: Object.fromEntries(start) as Named,
      steps: new Array<Named>(T),
      made: new Array<Named>(T),
    };
  });

  const lstm = x.arithmetic?.lstm;
  if (lstm && !mask && truncateSteps === undefined && cells.every(cell => isPlainLstm(framework, cell)))
    return runLstmLayers(lstm, framework, x, direction, stack, watch);
  const xs = stepsOf(x);
  const outputs = new Array<Tensor>(T);
  let last: Tensor | undefined;
  const order = Array.from({ length: T }, (_, k) => (direction === 'forward' ? k : T - 1 - k));
  for (const [k, t] of order.entries()) {
    if (truncateSteps !== undefined && k > 0 && k % truncateSteps === 0)
      for (const layer of stack) layer.now = detached(layer.now);
    const counts = mask && Array.from({ length: B }, (_, b) => mask(b, t));
    let below = xs[t]!;
    const given: Tensor[] = [];
    for (const layer of stack) {
      given.push(below);
      const { output, named, made } = layer.step(below, layer.now, t, given);
      const carried = layer.states.map(
        state => [state, counts ? select(counts, named[state]!, layer.now[state]!) : named[state]!] as const,
      );
      layer.now = Object.fromEntries(carried);
      layer.steps[t] = { ...named, ...layer.now };
      layer.made[t] = made;
      below = watch?.(direction, layer.layer, t, output) ?? output;
    }
    if (counts) {
      const blank = zeros(below.shape);
      below = select(counts, below, hasZeroOutputs(framework, node) ? blank : (last ?? blank));
    }
    outputs[t] = below;
    last = below;
  }
  return {
    outputs,
    last: last!,
    layers: stack.map(({ layer, cell, steps, made, now }) => ({
      direction,
      layer,
      cell,
      steps,
      made,
      final: { ...now, h: watch?.(direction, layer, undefined, now['h']!) ?? now['h']! },
    })),
  };
}

/** The same states as constants: no gradient goes back through them. */
function detached(states: Named): Named {
  return Object.fromEntries(Object.entries(states).map(([name, { shape, values }]) => [name, tensor(shape, values)]));
}

/**
 * Keras: each gate sees the input and the state through masks of its own (all gates through one where
 * `implementation=2`); the state that is kept is not dropped. TF1's `LayerNormBasicLSTMCell` drops the candidate alone,
 * by another mask at every step. Sources: Keras 3 `gru.py`, `lstm.py`, `call`; TensorFlow 1.15 `rnn_cell.py:1456`.
 */
function withDropout(framework: Framework, cell: CellSpec, weights: CellWeights, dropout: Dropout): CellWeights {
  const { inputDropout = 0, recurrentDropout = 0 } = cell;
  if (!isKerasLike(framework))
    return { ...weights, seenOfCandidate: (j, t) => dropout(`step${t}.candidate`, j, 1 - recurrentDropout) };
  const apart = dropsPerGate(cell);
  const gates = Object.entries(weights.gates).map(([name, gate]) => [
    name,
    {
      ...gate,
      seenOfInput: (x: Tensor) => dropout(apart ? `input.${name}` : 'input', x, 1 - inputDropout),
      seenOfState: (h: Tensor) => dropout(`state.${name}`, h, 1 - recurrentDropout),
    },
  ]);
  return { ...weights, gates: Object.fromEntries(gates) as CellWeights['gates'] };
}

/**
 * A step of a cell inside its wrappers: what it hands on is not always its h, and its h not always what it `made`.
 * `lower` is what the cells below and this one have been given at this step.
 */
type WrappedStep = (x: Tensor, before: Named, t: number, lower: readonly Tensor[]) => { readonly output: Tensor; readonly named: Named; readonly made: Named }; // prettier-ignore
type StepDropout = (t: number, what: string, value: Tensor, keep: number) => Tensor;

/** Source: TensorFlow 1.15 `rnn_cell_wrapper_impl.py`; the projections `core_rnn_cell.py:271-384`. */
function wrapped(
  cell: CellSpec,
  step: CellStep,
  weights: ReadonlyMap<string, Tensor>,
  dropout: StepDropout,
): WrappedStep {
  const plain: WrappedStep = (x, before, t) => {
    const named = step(x, before, t);
    return { output: named['h']!, named, made: named };
  };
  const project = (wrapper: Extract<CellWrapper, { units: Size }>, suffix: string, x: Tensor): Tensor => {
    const scope = wrapper.wrapper + suffix;
    const product = add(matmul(x, weights.get(`${scope}/kernel`)!), weights.get(`${scope}/bias`)!);
    return activate(wrapper.activation ?? 'linear', product);
  };
  return placedWrappers(cell).reduce<WrappedStep>((inner, { wrapper, suffix }) => {
    switch (wrapper.wrapper) {
      case 'residual':
        return (x, before, t, lower) => {
          const { output, ...rest } = inner(x, before, t, lower);
          const skipped = wrapper.layers === undefined ? x : lower.at(-wrapper.layers)!;
          return { output: add(skipped, output), ...rest };
        };
      case 'input_projection':
        return (x, before, t, lower) => inner(project(wrapper, suffix, x), before, t, lower);
      case 'output_projection':
        return (x, before, t, lower) => {
          const { output, ...rest } = inner(x, before, t, lower);
          return { output: project(wrapper, suffix, output), ...rest };
        };
      case 'dropout':
        // State and output are dropped each by itself, both from the h that the cell computed; c is never dropped.
        return (x, before, t, lower) => {
          const { output, named, made } = inner(
            dropout(t, `input${suffix}`, x, wrapper.inputKeep ?? 1),
            before,
            t,
            lower,
          );
          const h = dropout(t, `state${suffix}`, named['h']!, wrapper.stateKeep ?? 1);
          return {
            output: dropout(t, `output${suffix}`, output, wrapper.outputKeep ?? 1),
            named: { ...named, h },
            made,
          };
        };
    }
  }, plain);
}
