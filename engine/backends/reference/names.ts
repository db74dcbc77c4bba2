/**
 * Every tensor of an evaluated model by the name under which its framework's user reaches it, in the framework's own
 * axes: TF1 `outputs`, `states[0].c`, `logits`; Keras the layer's name, `lstm[1]` where it returns several; PyTorch
 * `rnn.output`, `rnn.h_n`. Gates, c and h of every step, `[B, T, U]`, which no framework hands out, are named alike.
 */
import { isKerasLike } from '../../model/axes.ts';
import { type Phrase, phrase } from '../../model/phrase.ts';
import type { GraphNode, ModelSpec, RecurrentNode } from '../../model/spec.ts';
import { CELLS } from '../../cells/table.ts';
import type { GraphValues } from './graph.ts';
import { exchange, reshape, sequence, stepOf } from './operations.ts';
import type { LayerRun, RecurrentRun } from './recurrent.ts';
import { sizeOf, type Tensor } from './tensor.ts';

/** A tensor of an evaluated model by its framework's name, with what it is. */
export interface NamedTensor {
  readonly name: string;
  readonly tensor: Tensor;
  readonly meaning: Phrase;
}

type Entry = readonly [name: string, tensor: Tensor, meaning: Phrase];

/** One tensor of a cell over all steps: `[B, U]` for each. */
export interface StepTensors {
  /** `gates[0].i`, `lstm.gates.c`, `rnn.gates_l1_reverse.f`. */
  readonly name: string;
  readonly node: string;
  readonly layer: LayerRun;
  /** As in the cell's equations: `i`, `c`, `tanh_c`. */
  readonly id: string;
  readonly steps: readonly Tensor[];
}

/** Values by the framework's names, and by the program's own where the spec has them. */
export function namedValues(spec: ModelSpec, graph: GraphValues): ReadonlyMap<string, Tensor> {
  return new Map(namedTensors(spec, graph).map(({ name, tensor }) => [name, tensor]));
}

/** The same with the meaning of each; every name stands once. */
export function namedTensors(spec: ModelSpec, graph: GraphValues): NamedTensor[] {
  const entries: Entry[] = [];
  for (const input of spec.nodes) {
    if (input.op === 'recurrent') entries.push(...recurrentValues(spec, input, graph.recurrent(input.id)));
    else if (isKerasLike(spec.framework)) entries.push([input.id, graph.tensor({ from: input.id }), outputOf(input)]);
    else if (spec.framework === 'pytorch')
      entries.push([
        `${'scope' in input ? input.scope : input.id}.output`,
        ofLastCall(input, graph.tensor({ from: input.id })),
        outputOf(input),
      ]);
  }
  if (spec.loss && !isKerasLike(spec.framework)) {
    const logits = graph.tensor(spec.loss.prediction);
    const { classAxis, squeezed, flattened } = spec.loss;
    const turned = classAxis === undefined ? logits : exchange(logits, classAxis);
    const seen =
      flattened === true
        ? reshape(turned, [sizeOf(turned.shape) / turned.shape.at(-1)!, turned.shape.at(-1)!])
        : turned;
    entries.push([
      'logits',
      squeezed === true ? reshape(seen, seen.shape.slice(0, -1)) : seen,
      phrase('what the loss is given: logits or predicted values'),
    ]);
  }
  if (graph.loss) entries.push(['loss', graph.loss, phrase('loss of the batch')]);
  for (const { name, steps, layer, id } of stepTensors(spec, graph).filter(one => !isPreActivation(one.id)))
    entries.push([name, sequence(steps), phrase('{0} of {1} at every step', titleOf(layer, id), layerTitle(layer))]);
  for (const [name, ref] of Object.entries(spec.names ?? {}))
    entries.push([name, inAxesOf(spec, ref.from, graph.tensor(ref)), phrase('what the program calls {0}', name)]);
  const tensors = new Map<string, NamedTensor>();
  // A name of the program's own tells the tensor, one of the framework what it is.
  for (const [name, tensor, meaning] of entries)
    tensors.set(name, { name, tensor, meaning: tensors.get(name)?.meaning ?? meaning });
  return [...tensors.values()];
}

/** A module that is called in a loop has given its last output at the last step. */
const ofLastCall = (node: GraphNode, all: Tensor): Tensor =>
  node.op === 'dense' && node.inLoop === true && all.shape.length > 2 ? stepOf(all, all.shape[1]! - 1) : all;
const outputOf = (node: GraphNode): Phrase => phrase('output of {0} ({1})', node.id, node.op);
const layerTitle = ({ layer, direction }: LayerRun): string =>
  `layer ${layer + 1}${direction === 'backward' ? ', backwards' : ''}`;

function titleOf({ cell }: LayerRun, id: string): string {
  const known = CELLS[cell.cell].tensors.find(one => one.id === id);
  return known ? `${known.title} ${id}` : id;
}

/** `z_i`: what the activation of a gate is applied to. */
const isPreActivation = (id: string): boolean => id.startsWith('z_');

/** Pre-activations, gates and states of every layer at every step. @param of each layer: as they stand, or as they were made */
export function stepTensors(
  spec: ModelSpec,
  graph: GraphValues,
  of: (layer: LayerRun) => LayerRun['steps'] = ({ steps }) => steps,
): StepTensors[] {
  return spec.nodes.flatMap(node =>
    node.op !== 'recurrent'
      ? []
      : graph.recurrent(node.id).layers.flatMap(layer =>
          Object.keys(of(layer)[0] ?? {}).map(id => ({
            name: `${gatesName(spec, node, layer)}.${id}`,
            node: node.id,
            layer,
            id,
            steps: of(layer).map(step => step[id]!),
          })),
        ),
  );
}

/** Place in TF1's tuple of states: `[0]` of the direction, then `[1]` of the layer, each where there are several. */
function place(node: RecurrentNode, { direction, layer }: Pick<LayerRun, 'layer' | 'direction'>): string {
  const ofDirection = node.direction === 'bidirectional' ? `[${direction === 'forward' ? 0 : 1}]` : '';
  return ofDirection + (node.stacked ? `[${layer}]` : '');
}

/** Before the names of a TF1 node's tensors, where the model has several recurrent nodes. */
function tensorflow1Prefix(spec: ModelSpec, node: RecurrentNode): string {
  return spec.nodes.filter(one => one.op === 'recurrent').length > 1 ? `${node.id}.` : '';
}

/** What the tensors of every step of a layer are called, before their ids. */
export function gatesName(spec: ModelSpec, node: RecurrentNode, layer: Pick<LayerRun, 'layer' | 'direction'>): string {
  if (spec.framework === 'pytorch')
    return `${node.scope}.gates_l${layer.layer}${layer.direction === 'backward' ? '_reverse' : ''}`;
  const prefix = isKerasLike(spec.framework) ? `${node.id}.` : tensorflow1Prefix(spec, node);
  return `${prefix}gates${place(node, layer)}`;
}

const OUTPUTS = phrase('h of the top layer at every step');
const LAST = phrase('h of the top layer after the last step');
const finalOf = (layer: LayerRun, state: string): Phrase =>
  phrase('{0} of {1} after the last step', titleOf(layer, state), layerTitle(layer));

/** What a Keras layer hands out first: both directions of `merge_mode=None` one after the other. */
function kerasOutputs(node: RecurrentNode, { merged, last, outputs, layers }: RecurrentRun): Tensor[] {
  const one = node.returnSequences ? merged : last;
  if (one) return [one];
  const both = ['forward', 'backward'] as const;
  const of = (direction: 'forward' | 'backward'): Tensor | undefined =>
    node.returnSequences ? outputs[direction] : layers.findLast(layer => layer.direction === direction)?.final['h'];
  return both.flatMap(direction => of(direction) ?? []);
}

function recurrentValues(spec: ModelSpec, node: RecurrentNode, run: RecurrentRun): Entry[] {
  if (isKerasLike(spec.framework)) {
    const outputs = kerasOutputs(node, run);
    const meaning = node.returnSequences ? OUTPUTS : LAST;
    if (!node.returnState && outputs.length < 2) return outputs.map(output => [node.id, output, meaning]);
    // Note: Keras returns h before c.
    const layers = node.returnState ? run.layers : [];
    const states = layers.flatMap(layer =>
      [...CELLS[layer.cell.cell].states].reverse().map(id => [layer.final[id]!, finalOf(layer, id)] as const),
    );
    return [...outputs.map(output => [output, meaning] as const), ...states].map(([value, what], index) => [
      `${node.id}[${index}]`,
      value,
      what,
    ]);
  }
  if (spec.framework === 'pytorch') {
    if (node.driver !== 'layer') return [];
    const stacked = (state: string): Entry[] =>
      run.layers[0]!.final[state]
        ? [
            [
              `${node.scope}.${state}_n`,
              exchange(sequence(run.layers.map(({ final }) => final[state]!)), 0),
              phrase('{0} of every layer and direction after the last step', state),
            ],
          ]
        : [];
    return [[`${node.scope}.output`, inAxesOf(spec, node.id, run.merged!), OUTPUTS], ...stacked('h'), ...stacked('c')];
  }
  const prefix = tensorflow1Prefix(spec, node);
  const outputs: Entry[] = run.merged ? [[`${prefix}outputs`, inAxesOf(spec, node.id, run.merged), OUTPUTS]] : [];
  const states = run.layers.flatMap(layer => {
    const { states: ids } = CELLS[layer.cell.cell];
    const name = `${prefix}states${place(node, layer)}`;
    return ids.map((id): Entry => [ids.length > 1 ? `${name}.${id}` : name, layer.final[id]!, finalOf(layer, id)]);
  });
  return [...outputs, ...states];
}

/** A sequence in the axes in which its node hands it out. */
function inAxesOf(spec: ModelSpec, id: string, x: Tensor): Tensor {
  const timeMajor = [...spec.nodes, ...spec.inputs].some(one => one.id === id && 'timeMajor' in one && one.timeMajor);
  return timeMajor && x.shape.length > 2 ? exchange(x, 0) : x;
}
