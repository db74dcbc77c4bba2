import { tensorAxes } from './axes.ts';
import type { GraphNode, ModelSpec } from './spec.ts';

/** Truncated back-propagation through time, as a model is trained with it. */
export interface Truncation {
  readonly steps: number;
  /**
   * Each window of so many steps is a training step of its own, and only states go on to the next; else the whole sequence
   * is one, and gradients end where a window begins.
   */
  readonly windows: boolean;
}

/** What computes a step from nothing but this step and what is carried from the one before. */
const STEP_BY_STEP: ReadonlySet<GraphNode['op']> = new Set<GraphNode['op']>(['recurrent', 'dense', 'embedding', 'masking', 'dropout', 'activation', 'concatenate', 'combine']); // prettier-ignore

export function truncationOf(spec: ModelSpec): Truncation | undefined {
  const steps = spec.training.truncateSteps;
  if (steps === undefined || !spec.loss) return undefined;
  const { inputs, nodes } = spec;
  const everyStep = (tensorAxes(spec, spec.loss.prediction)?.length ?? 0) > 1;
  const fedApart = inputs.filter(({ role }) => role !== 'sequence' && role !== 'target').length > 0;
  const windows =
    everyStep &&
    !fedApart &&
    inputs.filter(({ role }) => role === 'sequence').length === 1 &&
    nodes.every(node => STEP_BY_STEP.has(node.op)) &&
    nodes.every(
      node =>
        node.op !== 'recurrent' || (node.direction === 'forward' && (node.initialState?.kind ?? 'zeros') === 'zeros'),
    );
  return { steps, windows };
}

/** Whether a recurrent node begins with states that were kept, and not with zeros. */
export function beginsWithKept(spec: ModelSpec, node: Extract<GraphNode, { op: 'recurrent' }>): boolean {
  const begins = (node.initialState?.kind ?? 'zeros') === 'zeros';
  return begins && (node.stateful === true || truncationOf(spec)?.windows === true);
}

/** Name of a state that is kept from batch to batch or from window to window: `rnn/forward/0/c`. */
export const keptName = (node: string, direction: 'forward' | 'backward', layer: number, state: string): string =>
  `${node}/${direction}/${layer}/${state}`;
