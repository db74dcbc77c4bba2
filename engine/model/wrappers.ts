import type { CellSpec, CellWrapper, RecurrentNode } from './spec.ts';

/** A wrapper of a cell with its place among those of its kind. */
export interface PlacedWrapper {
  readonly wrapper: CellWrapper;
  /** Ends the names of its weights and masks inside the cell: nothing for the innermost of its kind, then `_1`, `_2`. */
  readonly suffix: string;
}

/** The wrappers of a cell from the innermost to the outermost. */
export function placedWrappers({ wrappers = [] }: CellSpec): PlacedWrapper[] {
  return wrappers.map((wrapper, index) => {
    const before = wrappers.slice(0, index).filter(one => one.wrapper === wrapper.wrapper).length;
    return { wrapper, suffix: before === 0 ? '' : `_${before}` };
  });
}

/** Begins the names of what is dropped in a cell of a node: `bw.` in the backward direction, `cell_2.` in a stack. */
export function dropoutPlace({ stacked }: RecurrentNode, direction: 'forward' | 'backward', layer: number): string {
  return `${direction === 'backward' ? 'bw.' : ''}${stacked ? `cell_${layer}.` : ''}`;
}
