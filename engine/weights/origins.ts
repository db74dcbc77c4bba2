/**
 * What the parts of a model read, said alike for all frameworks, so that models can be compared whatever they are built
 * of: a stack of cells, layers one after the other, the last of all outputs or the final state.
 */
import { leakySlope } from '../model/activations.ts';
import { backwardCells, isKerasLike } from '../model/axes.ts';
import { readsBothDirections } from '../model/cudnn.ts';
import type { CellSpec, DenseNode, GraphNode, ModelSpec, RecurrentNode, TensorRef } from '../model/spec.ts';

type ActivationNode = Extract<GraphNode, { readonly op: 'activation' }>;
type ConvolveNode = Extract<GraphNode, { readonly op: 'convolve' }>;

/** One recurrent layer in one direction. */
export interface RecurrentPlace {
  readonly node: RecurrentNode;
  readonly cell: CellSpec;
  readonly layer: number;
  readonly direction: 'forward' | 'backward';
  /** For people: `BasicLSTMCell (layer 2)`. */
  readonly title: string;
  readonly reads: string;
}

/** All recurrent layers from the bottom up; of a bidirectional node layer by layer, the forward direction first. */
export function layersOf(spec: ModelSpec): RecurrentPlace[] {
  return spec.nodes.flatMap(node =>
    node.op !== 'recurrent'
      ? []
      : node.cells.flatMap((_, layer) =>
          directionsOf(node).map((direction): RecurrentPlace => {
            const cell = cellsOf(node, direction)[layer]!;
            const title = `${cell.className} (layer ${numberOf(spec, node) + layer})`;
            return { node, cell, layer, direction, title, reads: readBy(spec, node, layer, direction) };
          }),
        ),
  );
}

type Direction = RecurrentPlace['direction'];

const directionsOf = ({ direction }: RecurrentNode): readonly Direction[] =>
  direction === 'bidirectional' ? ['forward', 'backward'] : [direction];
const cellsOf = (node: RecurrentNode, direction: Direction): readonly CellSpec[] =>
  direction === 'backward' && node.direction === 'bidirectional' ? backwardCells(node) : node.cells;

/** Number of a node's lowest layer among all of the model, from 1. */
function numberOf(spec: ModelSpec, node: RecurrentNode): number {
  let number = 1;
  for (const one of spec.nodes) {
    if (one.id === node.id) return number;
    if (one.op === 'recurrent') number += one.cells.length;
  }
  return number;
}

function readBy(spec: ModelSpec, node: RecurrentNode, layer: number, direction: Direction): string {
  if (layer === 0) return originOf(spec, node.input);
  const below = numberOf(spec, node) + layer - 1;
  const read = readsBothDirections(spec.framework, node) ? directionsOf(node) : [direction];
  return joined('join', read.map(one => outputs(below, one))); // prettier-ignore
}

const outputs = (layer: number, direction: Direction): string => `outputs of layer ${layer} (${direction})`;
const final = (state: string, layer: number, direction: Direction): string =>
  `${state} of layer ${layer} (${direction}) after the last step`;
const joined = (how: string, parts: readonly string[]): string =>
  parts.length === 1 ? parts[0]! : `${how}(${parts.join(', ')})`;

/** What a reference stands for, in words that are the same for the same tensor in every framework. */
export function originOf(spec: ModelSpec, ref: TensorRef): string {
  const input = spec.inputs.filter(({ role }) => role === 'sequence').findIndex(({ id }) => id === ref.from);
  if (input >= 0) return `input ${input + 1}`;
  const node = spec.nodes.find(({ id }) => id === ref.from);
  if (!node) return ref.from;
  switch (node.op) {
    case 'recurrent':
      return recurrentOrigin(spec, node, ref);
    case 'dense':
    case 'embedding':
    case 'convolve':
    case 'normalize':
      return `${node.op} ${spec.nodes.filter(({ op }) => op === node.op).indexOf(node) + 1}`;
    case 'masking':
    case 'dropout':
    case 'swap_batch_and_steps':
      return originOf(spec, node.input);
    case 'select_step': {
      const below = spec.nodes.find(({ id }) => id === node.input.from);
      const whole = below?.op === 'recurrent' && below.direction === 'forward' && node.input.part?.take !== 'state';
      // Where all rows have all steps, the last output is the final state.
      if (whole && node.step === -1 && !below.sequenceLength && !below.mask)
        return final('h', numberOf(spec, below) + below.cells.length - 1, 'forward');
      return `step ${node.step} of ${originOf(spec, node.input)}`;
    }
    case 'concatenate':
    case 'combine':
      return joined(node.op === 'concatenate' ? 'join' : node.by, node.inputs.map(one => originOf(spec, one))); // prettier-ignore
    case 'activation':
      // A layer's activation may stand beside it.
      if (isActivationOf(spec, node)) return originOf(spec, node.input);
      return options(node);
    default:
      return options(node);
  }

  /** `reduce_steps (by max) of outputs of layer 1 (forward)` */
  function options({ id: _id, op, input, ...rest }: Exclude<GraphNode, { readonly inputs: unknown }>): string {
    const said = Object.entries(rest).flatMap(([key, value]) => (isRef(value) ? [] : [`${key} ${String(value)}`]));
    return `${op}${said.length === 0 ? '' : ` (${said.join(', ')})`} of ${originOf(spec, input)}`;
  }
}

const isRef = (value: unknown): boolean => typeof value === 'object';

/** Whether an activation is the only thing that reads a layer which has none of its own. */
function isActivationOf({ nodes, loss }: ModelSpec, node: GraphNode): node is ActivationNode {
  if (node.op !== 'activation') return false;
  const layer = nodes.find(({ id }) => id === node.input.from);
  if ((layer?.op !== 'dense' && layer?.op !== 'convolve') || layer.activation !== 'linear') return false;
  const readers = nodes.flatMap(one => ('inputs' in one ? one.inputs : [one.input]).map(({ from }) => from));
  return readers.filter(from => from === layer.id).length === 1 && loss?.prediction.from !== layer.id;
}

/** The activation of a layer; softmax or sigmoid that one framework counts to the layer and another to the loss is left out. */
export function activationOf(spec: ModelSpec, layer: DenseNode | ConvolveNode): string {
  const beside = spec.nodes.find(
    (node): node is ActivationNode => node.op === 'activation' && node.input.from === layer.id && isActivationOf(spec, node),
  );
  const { id, activation, negativeSlope = leakySlope(spec.framework) } = beside ?? layer;
  if (spec.loss?.fromLogits === false && spec.loss.prediction.from === id) return 'linear';
  return activation === 'leaky_relu' ? `${activation} (${negativeSlope})` : activation;
} // prettier-ignore

function recurrentOrigin(spec: ModelSpec, node: RecurrentNode, { part }: TensorRef): string {
  const bottom = numberOf(spec, node);
  const top = bottom + node.cells.length - 1;
  if (part?.take === 'state') {
    const layer = part.layer === undefined ? top : bottom + part.layer;
    return final(part.state ?? 'h', layer, part.direction ?? directionsOf(node)[0]!);
  }
  const last = !part && isKerasLike(spec.framework) && node.returnSequences !== true;
  const directions = part?.direction ? [part.direction] : directionsOf(node);
  const merge = node.merge ?? 'concatenate';
  return joined(
    merge === 'concatenate' || merge === 'separate' ? 'join' : merge,
    directions.map(direction => (last ? final('h', top, direction) : outputs(top, direction))),
  );
}
