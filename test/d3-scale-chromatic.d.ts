/** The part of the package that we use; it has no types of its own. */
declare module 'd3-scale-chromatic' {
  /** @returns the colour at t in [0, 1] as `rgb(r, g, b)`. */
  export function interpolateCividis(t: number): string;
  export function interpolatePuOr(t: number): string;
}
