/** Sizes of the tensors of a graph, as far as the source gives them; symbols are carried along (`n_inputs + 150`). */
import { keepsSteps, windowsOf } from './convolution.ts';
import type { CellSpec, Framework, GraphNode, ModelSpec, RecurrentNode, Size, TensorRef } from './spec.ts';

const joined = (size: Size): string => (typeof size === 'string' && / [+·] /.test(size) ? `(${size})` : String(size));

/** Sum of two sizes; with a symbol among them it becomes an expression: `28 + n_neurons`. */
export function addSizes(a: Size, b: Size): Size {
  return typeof a === 'number' && typeof b === 'number' ? a + b : `${a} + ${b}`;
}

/** Product of two sizes; with a symbol among them it becomes an expression: `4 · n_neurons`. */
export function multiplySizes(a: Size, b: Size): Size {
  if (a === 1) return b;
  if (b === 1) return a;
  return typeof a === 'number' && typeof b === 'number' ? a * b : `${joined(a)} · ${joined(b)}`;
}

/** Whether the framework follows Keras: layers with `kernel` and `recurrent_kernel`, `return_sequences`. */
export function isKerasLike(framework: Framework): boolean {
  return framework === 'keras2' || framework === 'keras3' || framework === 'tensorflowjs';
}

/**
 * Whether zeros stand in the outputs at a step that does not count (TF1 `sequence_length`, PyTorch packed sequences), and
 * not the output before it (Keras). `Bidirectional` forces zeros where it returns sequences (Keras 3 `bidirectional.py:137`).
 * Note: TensorFlow.js has no such option and never puts zeros there.
 */
export function hasZeroOutputs(framework: Framework, node: RecurrentNode): boolean {
  if (!isKerasLike(framework)) return true;
  if (framework === 'tensorflowjs') return false;
  return node.zeroOutputForMask ?? (node.direction === 'bidirectional' && (node.returnSequences ?? false));
}

/** Whether a Keras cell drops by masks that each gate has for itself, or its input by one for all (`implementation=2`). */
export function dropsPerGate({ inputDropout = 0, recurrentDropout = 0, implementation }: CellSpec): boolean {
  return recurrentDropout > 0 || (inputDropout > 0 && implementation === 1);
}

/** Width of the state h of a cell: its units, or those of its projection. */
export function stateWidth(cell: CellSpec): Size {
  return cell.projection?.units ?? cell.units;
}

/** Width of what a cell hands on: h, or what an output projection around it makes of h. */
export function outputWidth(cell: CellSpec): Size {
  let width = stateWidth(cell);
  for (const wrapper of cell.wrappers ?? []) if (wrapper.wrapper === 'output_projection') width = wrapper.units;
  return width;
}

/** The cells of the backward direction of a node. */
export function backwardCells(node: RecurrentNode): readonly CellSpec[] {
  return node.backwardCells ?? node.cells;
}

/** Width of `outputs` of a recurrent node: of one direction, or of both merged. */
export function recurrentOutputWidth(node: RecurrentNode, direction?: 'forward' | 'backward'): Size {
  const forward = outputWidth(node.cells.at(-1)!);
  if (node.direction !== 'bidirectional' || direction === 'forward') return forward;
  const backward = outputWidth(backwardCells(node).at(-1)!);
  if (direction === 'backward') return backward;
  return (node.merge ?? 'concatenate') === 'concatenate' ? addSizes(forward, backward) : forward;
}

/**
 * Axes after the batch of a tensor of the graph: `[28, 150]` for outputs `[B, T, H]`.
 * @returns undefined where the graph does not say (a name that is not in it, a sequence without axes).
 */
export function tensorAxes(spec: ModelSpec, ref: TensorRef): readonly Size[] | undefined {
  return axesOf(spec, ref, new Set());
}

function axesOf(spec: ModelSpec, ref: TensorRef, above: ReadonlySet<string>): readonly Size[] | undefined {
  const input = spec.inputs.find(one => one.id === ref.from);
  if (input) return input.axes.map(axis => axis.size);
  const node = spec.nodes.find(one => one.id === ref.from);
  if (!node || above.has(node.id)) return undefined;
  return nodeAxes(spec, node, ref, new Set([...above, node.id]));
}

function nodeAxes(
  spec: ModelSpec,
  node: GraphNode,
  ref: TensorRef,
  above: ReadonlySet<string>,
): readonly Size[] | undefined {
  switch (node.op) {
    case 'recurrent':
      return recurrentAxes(spec, node, ref, above);
    case 'concatenate': {
      const parts = node.inputs.map(one => axesOf(spec, one, above));
      const first = parts[0];
      if (!first || parts.some(part => !part || part.length === 0)) return undefined;
      return [...first.slice(0, -1), parts.map(part => part!.at(-1)!).reduce(addSizes)];
    }
    case 'combine':
      return axesOf(spec, node.inputs[0]!, above);
    default: {
      const axes = axesOf(spec, node.input, above);
      if (!axes) return undefined;
      switch (node.op) {
        case 'dense':
          return [...axes.slice(0, -1), node.units];
        case 'convolve': {
          const [steps] = axes;
          if (steps === undefined) return undefined;
          if (keepsSteps(node)) return [steps, node.units];
          return [typeof steps === 'number' ? windowsOf(node, steps).count : `${node.id} steps`, node.units];
        }
        case 'embedding':
          return [...axes, node.units];
        case 'select_step':
        case 'reduce_steps':
          return axes.slice(1);
        case 'repeat':
          return [node.steps, ...axes];
        case 'count_steps':
          return [];
        case 'flatten':
          return [axes.reduce(multiplySizes, 1)];
        default:
          return axes; // masking, dropout, activation, exchange of batch and steps: sizes stay
      }
    }
  }
}

function recurrentAxes(
  spec: ModelSpec,
  node: RecurrentNode,
  { part }: TensorRef,
  above: ReadonlySet<string>,
): readonly Size[] | undefined {
  if (part?.take === 'state') {
    const cells = part.direction === 'backward' ? backwardCells(node) : node.cells;
    const cell = cells.at(part.layer ?? -1);
    return cell && [part.state === 'c' ? cell.units : stateWidth(cell)];
  }
  const width = recurrentOutputWidth(node, part?.direction);
  // A Keras layer without return_sequences hands on its last output only.
  if (!part && isKerasLike(spec.framework) && node.returnSequences !== true) return [width];
  const steps = axesOf(spec, node.input, above)?.[0];
  return steps === undefined ? undefined : [steps, width];
}
