/** What of a `ModelSpec` the engine cannot run yet; pure, so that the host can say it before anything starts. */
import { type Phrase, phrase } from './phrase.ts';
import type { CellSpec, DenseNode, GraphNode, LossSpec, ModelSpec, RecurrentNode, TensorRef } from './spec.ts';

/** Every reason, most important first; empty when the model can be trained. */
export function unsupported(spec: ModelSpec): Phrase[] {
  const reasons: Phrase[] = [];
  const no = (what: string, ...args: (string | number)[]) => void reasons.push(phrase(what, ...args));
  if (spec.framework !== 'tensorflow1')
    no('Models of {0} cannot be run yet, only those of TensorFlow 1.', spec.framework);
  const sequences = spec.inputs.filter(input => input.role === 'sequence');
  if (sequences.length !== 1) no('The model has {0} input sequences; one is needed.', sequences.length);
  for (const input of sequences) {
    if (input.axes.length !== 2)
      no('The input {0} must have steps and features, but has {1} axes after the batch.', input.id, input.axes.length);
    const features = input.axes[input.axes.length - 1]?.size;
    if (typeof features !== 'number') no('The size {0} of the input {1} is not known.', features ?? '?', input.id);
  }
  for (const input of spec.inputs) {
    if (input.role !== 'sequence' && input.role !== 'target')
      no('The input {0} ({1}) cannot be fed yet.', input.id, input.role);
  }
  if (!spec.nodes.some(node => node.op === 'recurrent')) no('The model has no recurrent layer.');
  for (const node of spec.nodes) reasons.push(...unsupportedNode(node));
  if (!spec.loss) no('The model has no loss.');
  else reasons.push(...unsupportedLoss(spec, spec.loss));
  const { optimizer, clipping, learningRateDecay, truncateSteps } = spec.training;
  if (optimizer && !['adam', 'rmsprop', 'sgd'].includes(optimizer.kind))
    no('The optimizer {0} cannot be run yet.', optimizer.kind);
  if (optimizer?.centered || optimizer?.weightDecay || optimizer?.nesterov)
    no('An option of the optimizer {0} cannot be run yet.', optimizer.kind);
  if (clipping) no('Clipping of gradients cannot be run yet.');
  if (learningRateDecay) no('Decay of the learning rate cannot be run yet.');
  if (truncateSteps) no('Truncated back-propagation cannot be run yet.');
  return reasons;
}

function unsupportedNode(node: GraphNode): Phrase[] {
  if (node.op === 'recurrent') return [...unsupportedDriver(node), ...node.cells.flatMap(unsupportedCell)];
  if (node.op === 'dense') return unsupportedDense(node);
  return [phrase('The operation {0} cannot be run yet.', node.op)];
}

function unsupportedDriver(node: RecurrentNode): Phrase[] {
  const reasons: Phrase[] = [];
  if (node.direction !== 'forward') reasons.push(phrase('A {0} layer cannot be run yet.', node.direction));
  if (node.sequenceLength ?? node.mask ?? node.packed)
    reasons.push(phrase('Rows of different lengths cannot be run yet.'));
  if (node.initialState && node.initialState.kind !== 'zeros')
    reasons.push(phrase('An initial state other than zeros cannot be run yet.'));
  if (node.layerDropout) reasons.push(phrase('Dropout cannot be run yet.'));
  return reasons;
}

function unsupportedCell(cell: CellSpec): Phrase[] {
  const reasons: Phrase[] = [];
  const no = (what: string, ...args: (string | number)[]) => void reasons.push(phrase(what, ...args));
  if (cell.cell !== 'lstm') no('The cell {0} cannot be run yet.', cell.className);
  if (typeof cell.units !== 'number') no('The size {0} of {1} is not known.', cell.units, cell.className);
  if ((cell.activation ?? 'tanh') !== 'tanh' || (cell.recurrentActivation ?? 'sigmoid') !== 'sigmoid')
    no('{0} with other activations than tanh and sigmoid cannot be run yet.', cell.className);
  if (cell.useBias === false) no('{0} without a bias cannot be run yet.', cell.className);
  if (cell.peepholes) no('Peepholes cannot be run yet.');
  if (cell.cellClip !== undefined) no('Clipping of the cell state cannot be run yet.');
  if (cell.projection) no('A projection of h cannot be run yet.');
  if (cell.coupledInputForget || cell.layerNorm) no('{0} cannot be run yet.', cell.className);
  if (cell.inputDropout || cell.recurrentDropout) no('Dropout cannot be run yet.');
  for (const { wrapper } of cell.wrappers ?? []) no('The wrapper {0} cannot be run yet.', wrapper);
  if (cell.sharesWeightsWith !== undefined) no('Layers that share weights cannot be run yet.');
  return reasons;
}

function unsupportedDense(node: DenseNode): Phrase[] {
  const reasons: Phrase[] = [];
  if (typeof node.units !== 'number') reasons.push(phrase('The size {0} of {1} is not known.', node.units, node.scope));
  if (node.activation !== 'linear')
    reasons.push(phrase('A dense layer with the activation {0} cannot be run yet.', node.activation));
  return reasons;
}

function unsupportedLoss(spec: ModelSpec, loss: LossSpec): Phrase[] {
  const reasons: Phrase[] = [];
  const no = (what: string, ...args: (string | number)[]) => void reasons.push(phrase(what, ...args));
  if (loss.kind !== 'sparse_softmax_cross_entropy' || loss.fromLogits === false)
    no('The loss {0} cannot be run yet.', loss.kind);
  if (loss.mask ?? loss.ignoreLabel) no('A loss that leaves out steps or labels cannot be run yet.');
  if (loss.reduction !== 'mean') no('A loss that is not the mean over the batch cannot be run yet.');
  if (isSequence(spec, loss.prediction)) no('A loss on every step cannot be run yet.');
  return reasons;
}

/** Whether the tensor has a steps axis. */
function isSequence(spec: ModelSpec, { from, part }: TensorRef): boolean {
  const node = spec.nodes.find(({ id }) => id === from);
  if (!node) return spec.inputs.some(input => input.id === from && input.role === 'sequence');
  if (node.op === 'recurrent') return part?.take !== 'state';
  if (node.op === 'dense') return isSequence(spec, node.input);
  return false;
}
