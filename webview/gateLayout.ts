/** Sizes of the gate inspector's heatmaps, in CSS pixels. No DOM in here. */

/** How many units are enlarged when they are ordered by their part in the decision. */
export const TOP_UNITS = 12;

export const GAP = 8;
/** Three pixels a step of 28; four where nothing is enlarged. */
const SMALLEST_COLUMN = { enlarged: 84, overview: 112 } as const;
export const ENLARGED_ROW = 14;
export const PARTS_WIDTH = 46;

/** Columns that fit `width` for so many tensors: a number that leaves no ragged last row where one exists. */
export function columnsFor(tensors: number, width: number, of: keyof typeof SMALLEST_COLUMN): number {
  const fit = Math.max(1, Math.floor((width + GAP) / (SMALLEST_COLUMN[of] + GAP)));
  for (let count = Math.min(fit, tensors); count > 1; count--) if (tensors % count === 0) return count;
  return Math.min(fit, tensors, 2);
}

/** Height of a row of the overview in CSS pixels, and of all of them. */
export function overviewHeight(units: number, roomy: boolean): number {
  const target = roomy ? 300 : 150;
  if (units > 1.5 * target) return 1.5 * target;
  return units * Math.min(ENLARGED_ROW, Math.max(1, Math.round(target / units)));
}
