/** First states that are learned: in which weight, and in which of its rows, that of a layer and direction stands. */
import { CELLS } from '../cells/table.ts';
import { hasStatesTogether } from '../model/parameters.ts';
import type { ModelSpec } from '../model/spec.ts';
import type { RecurrentPlace } from './origins.ts';

/** @returns undefined where first states are not learned. */
export function learnedPlace({ framework }: ModelSpec, { node, layer, direction }: RecurrentPlace, state: string): { readonly name: string; readonly row: number } | undefined {
  if (node.initialState?.kind !== 'learned') return undefined;
  const { names } = node.initialState;
  const { states } = CELLS[node.cells[layer]!.cell];
  const second = node.direction === 'bidirectional' && direction === 'backward';
  if (hasStatesTogether(framework, node)) {
    const directions = node.direction === 'bidirectional' ? 2 : 1;
    return { name: names[states.indexOf(state)]!, row: layer * directions + (second ? 1 : 0) };
  }
  const before = node.cells.slice(0, layer).flatMap(({ cell }) => CELLS[cell].states).length;
  const forward = second ? node.cells.flatMap(({ cell }) => CELLS[cell].states).length : 0;
  return { name: names[forward + before + states.indexOf(state)]!, row: 0 };
} // prettier-ignore
