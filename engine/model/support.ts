/** What of a `ModelSpec` the engine cannot run yet; pure, so that the host can say it before anything starts. */
import { tensorAxes } from './axes.ts';
import { keepsSteps, windowsOf } from './convolution.ts';
import { isStateOfLayers, nodeParameters } from './parameters.ts';
import { type Phrase, phrase } from './phrase.ts';
import type { CellSpec, Framework, GraphNode, LossSpec, ModelSpec, OptimizerSpec, RecurrentNode } from './spec.ts';

type Refuse = (text: string, ...args: (string | number)[]) => void;

const PLAIN = ['sgd', 'momentum', 'rmsprop', 'adagrad', 'adadelta', 'adam'] as const;
const TENSORFLOWJS = [...PLAIN, 'adamax'] as const;
const TENSORFLOW1 = [...PLAIN, 'adamw', 'adamax', 'nadam', 'ftrl', 'proximal_sgd', 'proximal_adagrad'] as const;
const ALL = [...TENSORFLOWJS, 'amsgrad', 'adamw', 'nadam'] as const;
const KERAS = [...ALL, 'ftrl', 'lion'] as const;
const OPTIMIZERS: Readonly<Record<Framework, readonly OptimizerSpec['kind'][]>> = {
  tensorflow1: TENSORFLOW1,
  keras2: KERAS,
  keras3: KERAS,
  tensorflowjs: TENSORFLOWJS,
  pytorch: [...ALL, 'radam'],
};
/** Time axes that a model may have: those of its sequences and of its repeated vectors. */
export const MOST_AXES = 8;

/** Every reason, most important first; empty when the model can be trained. */
export function unsupported(spec: ModelSpec): Phrase[] {
  const reasons: Phrase[] = [];
  const refuse: Refuse = (text, ...args) => void reasons.push(phrase(text, ...args));
  checkInputs(spec, refuse);
  if (!spec.nodes.some(node => node.op === 'recurrent')) refuse('The model has no recurrent layer.');
  for (const node of spec.nodes) checkNode(spec, node, refuse);
  checkWeights(spec, refuse);
  if (spec.loss) checkLoss(spec, spec.loss, refuse);
  else refuse('The model has no loss.');
  checkTraining(spec, refuse);
  return reasons;
}

function checkInputs(spec: ModelSpec, refuse: Refuse): void {
  const sequences = spec.inputs.filter(({ role }) => role === 'sequence');
  const axes =
    sequences.length +
    spec.nodes.filter(node => node.op === 'repeat' || (node.op === 'convolve' && !keepsSteps(node))).length;
  if (sequences.length === 0) refuse('The model has no input sequence.');
  if (axes > MOST_AXES)
    refuse(
      'The model has {0} input sequences, repeated vectors and convolutions; {1} is the most there can be.',
      axes,
      MOST_AXES,
    );
  for (const input of spec.inputs) {
    const { id, axes, role } = input;
    if (role !== 'sequence' && role !== 'state') continue;
    const tokens = role === 'sequence' && spec.nodes.some(node => node.op === 'embedding' && node.input.from === id);
    const expected = (role === 'sequence' && !tokens) || isStateOfLayers(spec, input) ? 2 : 1;
    if (axes.length !== expected)
      refuse('The input {0} must have {1} axes after the batch, but has {2}.', id, expected, axes.length);
    if (tokens) continue;
    for (const { size } of role === 'state' ? axes : axes.slice(1))
      if (typeof size !== 'number') refuse('The size {0} of the input {1} is not known.', size, id);
  }
}

function checkNode(spec: ModelSpec, node: GraphNode, refuse: Refuse): void {
  switch (node.op) {
    case 'recurrent':
      checkDriver(spec, node, refuse);
      for (const cell of [...node.cells, ...(node.backwardCells ?? [])]) {
        checkCell(cell, refuse);
        if (cell.wrappers?.length && spec.framework !== 'tensorflow1')
          refuse('Wrappers around cells, as around {0}, are run in TensorFlow 1 only.', cell.className);
      }
      break;
    case 'dense':
      if (typeof node.units !== 'number') refuse('The size {0} of {1} is not known.', node.units, node.scope);
      break;
    case 'reduce_steps':
      if (node.mask && node.by === 'max') refuse('The greatest of the steps that count cannot be run yet.');
      break;
    case 'repeat':
      if (typeof node.steps !== 'number') refuse('The size {0} of {1} is not known.', node.steps, node.id);
      break;
    case 'convolve': {
      const [steps] = tensorAxes(spec, node.input) ?? ['?'];
      if (typeof node.units !== 'number') refuse('The size {0} of {1} is not known.', node.units, node.scope);
      if (typeof steps === 'string' && !keepsSteps(node)) refuse('The size {0} of {1} is not known.', steps, node.id);
      if (typeof steps === 'number' && windowsOf(node, steps).count < 1)
        refuse('{0} needs more than {1} steps.', node.id, steps);
      break;
    }
    case 'flatten': {
      const [steps, ...more] = tensorAxes(spec, node.input) ?? ['?'];
      if (typeof steps === 'string' && (more.length > 0 || steps === '?'))
        refuse('The size {0} of {1} is not known.', steps, node.id);
      break;
    }
    case 'embedding':
      for (const size of [node.units, node.vocabulary])
        if (typeof size !== 'number') refuse('The size {0} of {1} is not known.', size, node.scope);
      break;
    case 'activation':
    case 'masking':
    case 'dropout':
    case 'select_step':
    case 'concatenate':
    case 'combine':
    case 'swap_batch_and_steps':
    case 'normalize':
    case 'scale':
    case 'reverse_steps':
    case 'count_steps':
      break;
  }
}

/** A layer may be used several times; weights that layers of different kinds have in common would be trained apart. */
function checkWeights(spec: ModelSpec, refuse: Refuse): void {
  const owners = new Map<string, string>();
  for (const node of spec.nodes) {
    const own = nodeParameters(spec, node);
    const layer = JSON.stringify([node.op, own.map(({ name, shape }) => [name, shape])]);
    const twice = own.find(({ name }) => (owners.get(name) ?? layer) !== layer);
    if (twice !== undefined) refuse('The weight {0} belongs to two layers; that cannot be run yet.', twice.name);
    for (const { name } of own) owners.set(name, layer);
  }
}

function checkDriver(spec: ModelSpec, node: RecurrentNode, refuse: Refuse): void {
  const { sequenceLength } = node;
  const tells = spec.nodes.find(({ id }) => id === sequenceLength?.from);
  if (sequenceLength?.part ?? (tells && tells.op !== 'count_steps'))
    refuse('Lengths that are computed cannot be run yet.');
}

function checkCell(cell: CellSpec, refuse: Refuse): void {
  const name = cell.className;
  if (typeof cell.units !== 'number') refuse('The size {0} of {1} is not known.', cell.units, name);
  if (cell.projection && typeof cell.projection.units !== 'number')
    refuse('The size {0} of {1} is not known.', cell.projection.units, name);
  for (const wrapper of cell.wrappers ?? []) {
    if (!('units' in wrapper)) continue;
    if (typeof wrapper.units !== 'number') refuse('The size {0} of {1} is not known.', wrapper.units, name);
  }
}

/** Whether the loss takes the place of a node's activation: softmax or sigmoid before a cross-entropy. */
export function isLossActivation({ loss }: ModelSpec, node: GraphNode): boolean {
  if (node.op !== 'dense' && node.op !== 'activation') return false;
  if (loss?.fromLogits !== false || loss.prediction.from !== node.id) return false;
  return loss.kind === 'sigmoid_cross_entropy' ? node.activation === 'sigmoid' : node.activation === 'softmax';
}

function checkLoss(spec: ModelSpec, loss: LossSpec, refuse: Refuse): void {
  const prediction = spec.nodes.find(({ id }) => id === loss.prediction.from);
  const known = loss.fromLogits !== false || (prediction !== undefined && isLossActivation(spec, prediction));
  if (!known) refuse('The loss {0} cannot be run yet.', loss.kind);
  const width = tensorAxes(spec, loss.prediction)?.at(-1);
  const { classWeights, positiveWeights } = loss;
  for (const given of [classWeights, positiveWeights])
    if (given && typeof width === 'number' && given.length !== width && (given.length > 1 || given === classWeights))
      refuse('The loss has {0} weights for {1} predicted values.', given.length, width);
}

function checkTraining({ framework, training: { optimizer } }: ModelSpec, refuse: Refuse): void {
  if (!optimizer) refuse('The optimizer of the model is not known.');
  else if (!OPTIMIZERS[framework].includes(optimizer.kind))
    refuse('{0} has no optimizer {1}.', framework, optimizer.kind);
}
