/**
 * Carries the weights of a model over to a model of another framework that computes the same function, and refuses where
 * it is another function. Sources of the conventions: see `engine/backends/reference/dialects.ts`.
 */
import type { Parameter } from '../backends/backend.ts';
import type { CellWeights, GateWeights } from '../backends/reference/dialects.ts';
import { transpose } from '../backends/reference/operations.ts';
import { tensor } from '../backends/reference/tensor.ts';
import { CELLS } from '../cells/table.ts';
import { EngineError } from '../errors.ts';
import type { StoredTensor } from '../formats/safetensors.ts';
import { modelParameters, nodeParameters, type ParameterShape } from '../model/parameters.ts';
import { phrase } from '../model/phrase.ts';
import type { CellSpec, GraphNode, ModelSpec, Size, TensorRef } from '../model/spec.ts';
import { functionOptions, isCoupled, ownWeights, pureWeights, resetsAfter } from './cellFunctions.ts';
import { learnedPlace } from './firstStates.ts';
import { packed, takeApart } from './layouts.ts';
import { activationOf, layersOf, originOf, type RecurrentPlace } from './origins.ts';
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
  for (const op of PLAIN) convertPlain(from, given, to, found, op);
  return modelParameters(to).map(({ name, shape }) => {
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
    const pure = pureWeights(from.framework, source.cell, takeApart(from.framework, source.cell, weightsOf(from, source, given)));
    if (target.cell.coupledInputForget && !isCoupled(pure))
      refuse('{0} couples its input gate to its forget gate, but that of {1} has weights of its own.', target.cell.className, source.cell.className);
    const shapes = new Map(shapesOf(to, target).map(({ of, shape }) => [of!.weight, shape]));
    const moved = ownWeights(to.framework, target.cell, pure);
    checkHeld(source.cell, moved, target.cell, shapes);
    const values = packed(to.framework, target.cell, moved, shapes);
    for (const { name, of } of shapesOf(to, target)) {
      const packedValues = values.get(of!.weight);
      if (packedValues) found.set(name, packedValues);
    }
    convertFirstStates(from, source, given, to, target, found);
  }
} // prettier-ignore

/** First states that are learned. */
function convertFirstStates(from: ModelSpec, source: RecurrentPlace, given: Given, to: ModelSpec, target: RecurrentPlace, found: Found): void {
  for (const state of CELLS[source.cell.cell].states) {
    const [own, wanted] = [learnedPlace(from, source, state), learnedPlace(to, target, state)];
    if (!own || !wanted) continue;
    const width = given.get(own.name)!.shape.at(-1)!;
    const values = given.get(own.name)!.values.subarray(own.row * width, (own.row + 1) * width);
    const all = [...(found.get(wanted.name) ?? [])];
    for (const [k, value] of values.entries()) all[wanted.row * width + k] = value;
    found.set(wanted.name, all);
  }
} // prettier-ignore

/** Whether the other cell has a place for everything that is not zero. */
function checkHeld(source: CellSpec, { gates, peepholes }: CellWeights, target: CellSpec, shapes: ReadonlyMap<string, unknown>): void {
  const names = [...shapes.keys()];
  const biased = names.some(name => /(bias|^B$|^b_)/.test(name));
  if (!biased && Object.values(gates).some(hasBias)) refuse('{0} has no bias, but {1} has.', target.className, source.className);
  const peeps = Object.values(peepholes).some(({ values }) => values.some(value => value !== 0));
  if (peeps && !target.peepholes) refuse('{0} has no peepholes, but {1} has.', target.className, source.className);
} // prettier-ignore

function shapesOf(spec: ModelSpec, { node, layer, direction }: RecurrentPlace): ParameterShape[] {
  return nodeParameters(spec, node).filter(({ of }) => of?.layer === layer && of.direction === direction);
}

function weightsOf(spec: ModelSpec, place: RecurrentPlace, given: Given): ReadonlyMap<string, Parameter> {
  return new Map(shapesOf(spec, place).map(({ name, of }) => [of!.weight, given.get(name)!]));
}

const hasBias = ({ inputBias, recurrentBias }: GateWeights): boolean =>
  [...inputBias.values, ...recurrentBias.values].some(value => value !== 0);

function checkPlace(source: RecurrentPlace, target: RecurrentPlace): void {
  if (source.direction !== target.direction)
    refuse('{0} runs {1}, but {2} runs {3}.', source.title, source.direction, target.title, target.direction);
  if (source.reads !== target.reads)
    refuse('{0} reads {1}, but {2} reads {3}.', source.title, source.reads, target.title, target.reads);
  const [own, wanted] = [source, target].map(({ node }) => node.initialState?.kind ?? 'zeros');
  if (own !== wanted)
    refuse('The first state of {0} is {1}, but that of {2} is {3}.', source.title, own!, target.title, wanted!);
}

function checkCells(from: ModelSpec, source: CellSpec, to: ModelSpec, target: CellSpec): void {
  const [own, wanted] = [functionOptions(from.framework, source), functionOptions(to.framework, target)];
  for (const [option, value] of Object.entries(own)) {
    if (wanted[option] !== value)
      refuse('{0} and {1} compute different functions: {2} is {3} here and {4} there.', source.className, target.className, option, String(value), String(wanted[option])); // prettier-ignore
  }
  for (const cell of [source, target])
    if (cell.sharesWeightsWith !== undefined || cell.wrappers?.some(({ wrapper }) => wrapper.endsWith('projection')))
      refuse('Shared weights and projection wrappers of {0} cannot be converted.', cell.className);
  if (source.cell !== 'gru') return;
  const [before, after] = [resetsAfter(from.framework, source), resetsAfter(to.framework, target)];
  if (before !== after)
    refuse(
      '{0} and {1} compute different functions: the reset gate is applied {2} the recurrent product here and {3} it there, so no weights give the same result.',
      source.className,
      target.className,
      before ? 'after' : 'before',
      after ? 'after' : 'before',
    );
}

/** Nodes with weights of their own. */
const PLAIN = ['dense', 'embedding', 'convolve', 'normalize'] as const;

/** Nodes of one kind, one after the other. */
function convertPlain(from: ModelSpec, given: Given, to: ModelSpec, found: Found, op: (typeof PLAIN)[number]): void {
  const [own, wanted] = [from, to].map(({ nodes }) => nodes.filter(node => node.op === op));
  if (own!.length !== wanted!.length)
    refuse('{0} has {1} nodes of the kind {2}, but {3} has {4}.', from.name, own!.length, op, to.name, wanted!.length);
  for (const [index, source] of own!.entries()) {
    const target = wanted![index]!;
    const [reads, other] = [originOf(from, inputOf(source)), originOf(to, inputOf(target))];
    if (reads !== other) refuse('{0} reads {1}, but {2} reads {3}.', source.id, reads, target.id, other);
    checkOptions(source, plainOptions(from, source), target, plainOptions(to, target));
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

function inputOf(node: GraphNode): TensorRef {
  return 'inputs' in node ? node.inputs[0]! : node.input;
}

type Options = Readonly<Record<string, string | number>>;

/** What such a node computes besides its weights. */
function plainOptions(spec: ModelSpec, node: GraphNode): Options {
  switch (node.op) {
    case 'dense':
      return { activation: activationOf(spec, node) };
    case 'convolve': {
      const { size, stride = 1, dilation = 1, padding } = node;
      return { activation: activationOf(spec, node), size, stride, dilation, padding };
    }
    case 'normalize':
      return { epsilon: node.epsilon };
    default:
      return {};
  }
}

function checkOptions(source: GraphNode, own: Options, target: GraphNode, wanted: Options): void {
  for (const [option, value] of Object.entries(own))
    if (wanted[option] !== value)
      refuse('{0} and {1} compute different functions: {2} is {3} here and {4} there.', source.id, target.id, option, value, wanted[option]!); // prettier-ignore
}

function known(size: Size, name: string): number {
  if (typeof size === 'number') return size;
  return refuse('The size {0} of {1} is not known.', size, name);
}

function refuse(text: string, ...args: (string | number)[]): never {
  throw new EngineError('unsupported', phrase(text, ...args));
}
