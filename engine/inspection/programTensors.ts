/**
 * Everything that a program computes for one batch, by the names under which its framework hands it out and in the
 * framework's axes: what `trace` of the command line writes. The numbers are the engine's; here they are only named.
 */
import type { Network, NetworkValues, Values } from '../backends/backend.ts';
import { type GraphValues, nodeValue, partOf } from '../backends/reference/graph.ts';
import { gatesName, namedTensors } from '../backends/reference/names.ts';
import { exchange, stepOf } from '../backends/reference/operations.ts';
import { type LayerRun, mergeDirections, type RecurrentRun } from '../backends/reference/recurrent.ts';
import { tensor, type Tensor } from '../backends/reference/tensor.ts';
import { EngineError } from '../errors.ts';
import { backwardCells, isKerasLike } from '../model/axes.ts';
import { type Phrase, phrase } from '../model/phrase.ts';
import type { GraphNode, ModelSpec, RecurrentNode, TensorRef } from '../model/spec.ts';
import { feedProgram, isBatchSecond, type NamedInputs } from './namedInputs.ts';

export interface ProgramTensor {
  readonly group: 'values' | 'gradients';
  /** `outputs`, `states[0].c`, `lstm[1]`, `rnn.h_n`; of gradients the name of the weight or input. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array<ArrayBuffer>;
  readonly meaning: Phrase;
}

/**
 * Follows one batch through the network: outputs, states, logits, the loss, gates at every step, and, where targets are
 * fed, the gradient of the loss with respect to every weight and floating-point input, before any clipping.
 * @param stepGradients also the gradient with respect to every pre-activation, gate and state at every step.
 * @throws EngineError naming the input that is missing or does not fit.
 */
export function programTensors(
  spec: ModelSpec,
  network: Network,
  inputs: NamedInputs,
  { stepGradients = false }: { readonly stepGradients?: boolean } = {},
): ProgramTensor[] {
  const { batch, tensors } = feedProgram(spec, inputs);
  const graph = graphOf(spec, network.values(batch), tensors);
  const values = namedTensors(evaluatedPart(spec, graph), graph).map(
    ({ name, tensor: value, meaning }): ProgramTensor => ({
      group: 'values',
      name,
      // The frameworks' losses are kept as one value.
      shape: value.shape.length === 0 ? [1] : value.shape,
      values: Float32Array.from(value.values),
      meaning,
    }),
  );
  if (!batch.targets) return values;
  const ofWeights = network.gradients(batch).map(({ name, shape, values: slopes }) => ({ name, shape, values: slopes }));
  const ofInputs = network.inputGradients(batch).flatMap(({ name, shape, values: slopes }) => {
    const input = spec.inputs.find(({ id }) => id === name)!;
    if (!input.dtype.startsWith('float')) return [];
    const { fed: sizes } = input;
    if (sizes) return [{ name, shape: inputs.inputs.get(name)!.shape, values: slopes }];
    if (!isBatchSecond(spec, input)) return [{ name, shape, values: slopes }];
    const fed = exchange(tensor(shape, slopes), 0);
    return [{ name, shape: fed.shape, values: Float32Array.from(fed.values) }];
  });
  const ofSteps = stepGradients ? stepSlopes(spec, network.stepGradients(batch)) : [];
  const gradients = [...ofWeights, ...ofInputs, ...ofSteps].map(
    (slopes): ProgramTensor => ({ group: 'gradients', ...slopes, meaning: phrase('gradient of the loss with respect to {0}', slopes.name) }),
  );
  return [...values, ...gradients];
} // prettier-ignore

/** Of every pre-activation, gate and state, `[B, T, U]`. */
function stepSlopes(spec: ModelSpec, slopes: ReturnType<Network['stepGradients']>) {
  return spec.nodes.flatMap(node =>
    node.op !== 'recurrent'
      ? []
      : slopes.get(node.id)!.flatMap(layer =>
          [...layer.steps].map(([id, { shape, values }]) => ({ name: `${gatesName(spec, node, layer)}.${id}`, shape, values })),
        ),
  );
} // prettier-ignore

/** The spec without what the network has left out: nodes and names that its loss does not need. */
function evaluatedPart(spec: ModelSpec, graph: GraphValues): ModelSpec {
  const known = (ref: TensorRef): boolean => {
    try {
      graph.tensor(ref);
      return true;
    } catch (error) {
      if (error instanceof EngineError && error.code === 'unknown') return false;
      throw error;
    }
  };
  return {
    ...spec,
    nodes: spec.nodes.filter(node => node.op === 'recurrent' || known({ from: node.id })),
    names: Object.fromEntries(Object.entries(spec.names ?? {}).filter(([, ref]) => known(ref))),
  };
}

/** The network's values in the form in which tensors are named. */
function graphOf(spec: ModelSpec, { nodes, recurrent, loss }: NetworkValues, inputs: ReadonlyMap<string, Tensor>): GraphValues {
  const plain = new Map([...inputs, ...[...nodes].map(([id, values]) => [id, tensorOf(values)] as const)]);
  const runs = new Map<string, RecurrentRun>();
  for (const node of spec.nodes) {
    const values = recurrent.get(node.id);
    if (node.op !== 'recurrent' || !values) continue;
    const layers = values.layers.map(({ layer, direction, steps, finals }): LayerRun => ({
      layer,
      direction,
      cell: (direction === 'backward' && node.direction === 'bidirectional' ? backwardCells(node) : node.cells)[layer]!,
      steps: byStep(steps),
      final: Object.fromEntries([...finals].map(([state, final]) => [state, tensorOf(final)])),
    }));
    // PyTorch counts the directions of a layer before the next layer.
    if (spec.framework === 'pytorch') layers.sort((a, b) => a.layer - b.layer);
    const outputs = Object.fromEntries([...values.outputs].map(([direction, one]) => [direction, tensorOf(one)]));
    runs.set(node.id, { layers, outputs, ...mergeDirections(node, outputs, lastOutputs(layers)) });
  }
  const lastOnly = (node: RecurrentNode): boolean => isKerasLike(spec.framework) && node.returnSequences !== true;
  const resolve = (ref: TensorRef): Tensor => {
    const run = runs.get(ref.from);
    const node = spec.nodes.find(({ id }) => id === ref.from);
    const whole = node?.op === 'recurrent' && lastOnly(node) ? run?.last : run?.merged;
    const found = run ? (ref.part ? partOf(run, ref.part) : whole) : (plain.get(ref.from) ?? (node && joined(node)));
    if (found) return found;
    throw new EngineError('unknown', phrase('The tensor {0} was not computed.', JSON.stringify(ref)));
  };
  /** What the program looks at and its loss does not need, where it only joins or moves what was computed. */
  const joined = (node: GraphNode): Tensor | undefined =>
    node.op === 'recurrent' || !JOINTS.has(node.op) || (node.op === 'reduce_steps' && node.mask)
      ? undefined
      : nodeValue(spec, node, resolve, [], (_, x) => x, () => undefined); // prettier-ignore
  return {
    tensor: resolve,
    recurrent: id => runs.get(id)!,
    loss: loss === undefined ? undefined : tensor([], [loss]),
  };
} // prettier-ignore

/** Operations without weights that need no mask. */
const JOINTS: ReadonlySet<GraphNode['op']> = new Set<GraphNode['op']>(['concatenate', 'combine', 'select_step', 'reduce_steps', 'repeat', 'swap_batch_and_steps', 'flatten', 'activation', 'scale']); // prettier-ignore

const tensorOf = ({ shape, values }: Values): Tensor => tensor(shape, values);

function byStep(tensors: ReadonlyMap<string, Values>): Record<string, Tensor>[] {
  const all = [...tensors].map(([id, values]) => [id, tensorOf(values)] as const);
  const count = all[0]?.[1].shape[1] ?? 0;
  return Array.from({ length: count }, (_, t) => Object.fromEntries(all.map(([id, one]) => [id, stepOf(one, t)])));
}

/** h of the top layer of each direction after the last step. */
function lastOutputs(layers: readonly LayerRun[]): Tensor[] {
  const top = new Map(layers.map(one => [one.direction, one.final['h']!]));
  return [...top.values()];
}
