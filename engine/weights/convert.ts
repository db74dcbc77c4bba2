/**
 * Carries the weights of a model over to a model of another framework that computes the same function, and refuses where
 * it is another function. Sources of the conventions: see `engine/backends/reference/dialects.ts`.
 */
import type { Parameter } from '../backends/backend.ts';
import { CELL_DEFAULTS, type CellWeights, type GateWeights } from '../backends/reference/dialects.ts';
import { transpose } from '../backends/reference/operations.ts';
import { tensor } from '../backends/reference/tensor.ts';
import { EngineError } from '../errors.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { nodeParameters, type ParameterShape } from '../model/parameters.ts';
import { phrase } from '../model/phrase.ts';
import type { CellSpec, DenseNode, GraphNode, ModelSpec, Size } from '../model/spec.ts';
import { packed, takeApart } from './layouts.ts';
import { layersOf, originOf, type RecurrentPlace } from './origins.ts';
import { fittingWeights } from './weights.ts';

type Given = ReadonlyMap<string, Parameter>;
type Found = Map<string, readonly number[]>;

/**
 * The weights of `to` with which it computes what `from` computes with `weights`.
 * @throws EngineError `unsupported` with the reason where they are different functions, `unknown` and `invalid-shape`
 * where the weights do not fit `from`.
 */
export function convertWeights(from: ModelSpec, weights: ReadonlyMap<string, StoredTensor>, to: ModelSpec): Parameter[] {
  const given: Given = new Map(fittingWeights(from, weights).map(weight => [weight.name, weight]));
  const found: Found = new Map();
  convertRecurrent(from, given, to, found);
  convertPlain(from, given, to, found, 'dense');
  convertPlain(from, given, to, found, 'embedding');
  return to.nodes
    .flatMap(node => nodeParameters(to, node))
    .map(({ name, shape }) => {
      const values = found.get(name);
      if (!values) refuse('Nothing in {0} corresponds to the weight {1}.', from.name, name);
      return { name, shape: shape.map(size => known(size, name)), values: Float32Array.from(values) };
    });
} // prettier-ignore

function convertRecurrent(from: ModelSpec, given: Given, to: ModelSpec, found: Found): void {
  const [own, wanted] = [layersOf(from), layersOf(to)];
  if (own.length !== wanted.length)
    refuse('{0} has {1} recurrent layers (directions counted), but {2} has {3}.', from.name, own.length, to.name, wanted.length); // prettier-ignore
  for (const [index, source] of own.entries()) {
    const target = wanted[index]!;
    checkPlace(source, target);
    checkCells(from, source.cell, to, target.cell);
    const gates = takeApart(from.framework, source.cell, weightsOf(from, source, given));
    const shapes = new Map(shapesOf(to, target).map(({ of, shape }) => [of!.weight, shape]));
    const biased = [...shapes.keys()].some(name => name.includes('bias'));
    const moved = biasMoved(forgetBias(from, source.cell) - forgetBias(to, target.cell), gates);
    if (!biased && Object.values(moved.gates).some(hasBias))
      refuse('{0} has no bias, but {1} has.', target.cell.className, source.cell.className);
    const values = packed(to.framework, target.cell, moved, shapes);
    for (const { name, of } of shapesOf(to, target)) {
      const packedValues = values.get(of!.weight);
      if (packedValues) found.set(name, packedValues);
    }
  }
}

function shapesOf(spec: ModelSpec, { node, layer, direction }: RecurrentPlace): ParameterShape[] {
  return nodeParameters(spec, node).filter(({ of }) => of?.layer === layer && of.direction === direction);
}

function weightsOf(spec: ModelSpec, place: RecurrentPlace, given: Given): ReadonlyMap<string, Parameter> {
  return new Map(shapesOf(spec, place).map(({ name, of }) => [of!.weight, given.get(name)!]));
}

const hasBias = ({ inputBias, recurrentBias }: GateWeights): boolean =>
  [...inputBias.values, ...recurrentBias.values].some(value => value !== 0);

function forgetBias({ framework }: ModelSpec, cell: CellSpec): number {
  const own = CELL_DEFAULTS[framework].forgetBias;
  // In Keras and PyTorch a forget bias is part of the bias from the beginning.
  return cell.cell !== 'lstm' || own === 0 ? 0 : (cell.forgetBias ?? own);
}

/** Puts what a cell adds to its forget gate at every step into the bias. */
function biasMoved(by: number, weights: CellWeights): CellWeights {
  const { f } = weights.gates;
  if (by === 0 || !f) return weights;
  const inputBias = tensor(f.inputBias.shape, f.inputBias.values.map(bias => bias + by)); // prettier-ignore
  return { ...weights, gates: { ...weights.gates, f: { ...f, inputBias } } };
}

function checkPlace(source: RecurrentPlace, target: RecurrentPlace): void {
  if (source.direction !== target.direction)
    refuse('{0} runs {1}, but {2} runs {3}.', source.title, source.direction, target.title, target.direction);
  if (source.reads !== target.reads)
    refuse('{0} reads {1}, but {2} reads {3}.', source.title, source.reads, target.title, target.reads);
  const [own, wanted] = [source, target].map(({ node }) => node.initialState?.kind ?? 'zeros');
  if (own !== wanted)
    refuse('The first state of {0} is {1}, but that of {2} is {3}.', source.title, own!, target.title, wanted!);
}

/** Options that must agree, as they are when a program leaves them out. */
function optionsOf({ framework }: ModelSpec, cell: CellSpec): Readonly<Record<string, string | number | boolean>> {
  const defaults = CELL_DEFAULTS[framework];
  const wrappers = (cell.wrappers ?? []).map(({ wrapper }) => wrapper).filter(wrapper => wrapper !== 'dropout');
  return {
    cell: cell.cell,
    units: cell.units,
    activation: cell.activation ?? 'tanh',
    ...(cell.cell === 'rnn' ? {} : { 'recurrent activation': cell.recurrentActivation ?? defaults.recurrentActivation }),
    projection: cell.projection?.units ?? 'none',
    'clip of the projection': cell.projection?.clip ?? 'none',
    'clip of c': cell.cellClip ?? 'none',
    peepholes: cell.peepholes ?? false,
    'coupled input and forget gates': cell.coupledInputForget ?? false,
    'layer normalization': cell.layerNorm !== undefined,
    wrappers: wrappers.join(', ') || 'none',
  };
} // prettier-ignore

function checkCells(from: ModelSpec, source: CellSpec, to: ModelSpec, target: CellSpec): void {
  const [own, wanted] = [optionsOf(from, source), optionsOf(to, target)];
  for (const [option, value] of Object.entries(own)) {
    if (wanted[option] !== value)
      refuse('{0} and {1} compute different functions: {2} is {3} here and {4} there.', source.className, target.className, option, String(value), String(wanted[option])); // prettier-ignore
  }
  for (const cell of [source, target])
    if (cell.sharesWeightsWith !== undefined || cell.wrappers?.some(({ wrapper }) => wrapper.endsWith('projection')))
      refuse('Shared weights and projection wrappers of {0} cannot be converted.', cell.className);
  if (source.cell !== 'gru') return;
  const [before, after] = [source, target].map((cell, k) => cell.resetAfter ?? CELL_DEFAULTS[[from, to][k]!.framework].resetAfter); // prettier-ignore
  if (before !== after)
    refuse(
      '{0} and {1} compute different functions: the reset gate is applied {2} the recurrent product here and {3} it there, so no weights give the same result.',
      source.className,
      target.className,
      before ? 'after' : 'before',
      after ? 'after' : 'before',
    );
}

/** Dense layers and embeddings, one after the other. */
function convertPlain(from: ModelSpec, given: Given, to: ModelSpec, found: Found, op: 'dense' | 'embedding'): void {
  const [own, wanted] = [from, to].map(({ nodes }) => nodes.filter(node => node.op === op));
  if (own!.length !== wanted!.length)
    refuse('{0} has {1} nodes of the kind {2}, but {3} has {4}.', from.name, own!.length, op, to.name, wanted!.length);
  for (const [index, source] of own!.entries()) {
    const target = wanted![index]!;
    const [reads, other] = [originOf(from, inputOf(source)), originOf(to, inputOf(target))];
    if (reads !== other) refuse('{0} reads {1}, but {2} reads {3}.', source.id, reads, target.id, other);
    if (source.op === 'dense' && target.op === 'dense') checkActivations(from, source, to, target);
    const shapes = nodeParameters(to, target);
    const weights = nodeParameters(from, source).map(({ name }) => given.get(name)!);
    if (weights.length > shapes.length && weights.at(-1)!.values.some(value => value !== 0))
      refuse('{0} has no bias, but {1} has.', target.id, source.id);
    for (const [k, { name, shape }] of shapes.entries()) {
      const weight = weights[k];
      const turned = weight && op === 'dense' && k === 0 && (from.framework === 'pytorch') !== (to.framework === 'pytorch');
      const value = weight && (turned ? transpose(tensor(weight.shape, weight.values)) : weight);
      const sizes = shape.map(size => known(size, name));
      if (value && value.shape.join() !== sizes.join())
        refuse('{0} is [{1}], but {2} is [{3}].', weight.name, value.shape.join(', '), name, sizes.join(', '));
      found.set(name, value ? [...value.values] : new Array<number>(sizes.reduce((n, size) => n * size, 1)).fill(0));
    }
  }
} // prettier-ignore

function inputOf(node: GraphNode): DenseNode['input'] {
  return 'inputs' in node ? node.inputs[0]! : node.input;
}

function checkActivations(from: ModelSpec, source: DenseNode, to: ModelSpec, target: DenseNode): void {
  const [own, wanted] = [beforeLoss(from, source), beforeLoss(to, target)];
  if (own !== wanted)
    refuse('{0} and {1} compute different functions: {2} is {3} here and {4} there.', source.id, target.id, 'activation', own, wanted); // prettier-ignore
}

/** The activation; softmax or sigmoid that one framework counts to the layer and another to the loss is left out. */
function beforeLoss({ loss }: ModelSpec, { id, activation }: DenseNode): string {
  return loss?.fromLogits === false && loss.prediction.from === id ? 'linear' : activation;
}

function known(size: Size, name: string): number {
  if (typeof size === 'number') return size;
  return refuse('The size {0} of {1} is not known.', size, name);
}

function refuse(text: string, ...args: (string | number)[]): never {
  throw new EngineError('unsupported', phrase(text, ...args));
}
