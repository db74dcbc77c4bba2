/** From numbers to colours: 256-entry tables of packed pixels, made from the colour maps and the colour of the page. */
import type { ValueScale } from '../engine/cells/table.ts';
import { CIVIDIS, PURPLE_ORANGE } from './colormaps.ts';

/** Red, green, blue in 0 … 255. */
export type Rgb = readonly [number, number, number];

/** A colour per value: entry 0 is the lower bound, 255 the upper one. Pixels are packed for a little-endian ImageData. */
export interface Palette {
  readonly colors: readonly Rgb[];
  readonly pixels: Uint32Array;
  /** What is drawn where a value is NaN or infinite. */
  readonly missing: number;
}

const LEVELS = 256;

function colorOf(map: string, t: number): Rgb {
  const at = 6 * Math.round(Math.min(1, Math.max(0, t)) * (LEVELS - 1));
  const part = (offset: number): number => Number.parseInt(map.slice(at + offset, at + offset + 2), 16);
  return [part(0), part(2), part(4)];
}

/** Between two colours, linear in sRGB. */
export function mix(from: Rgb, to: Rgb, share: number): Rgb {
  return [0, 1, 2].map(channel => from[channel]! + (to[channel]! - from[channel]!) * share) as unknown as Rgb;
}

/** Relative luminance in 0 … 1 (WCAG 2). */
export function luminance(color: Rgb): number {
  const [r, g, b] = color.map(part => {
    const share = part / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as unknown as Rgb;
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

/** `#rgb`, `#rrggbb[aa]` or `rgb(…)` as a theme writes it; undefined for anything else. */
export function parseColor(css: string): Rgb | undefined {
  const value = css.trim();
  const short = /^#([\da-f])([\da-f])([\da-f])[\da-f]?$/i.exec(value);
  if (short) return [1, 2, 3].map(group => Number.parseInt(short[group]!.repeat(2), 16)) as unknown as Rgb;
  const long = /^#([\da-f]{2})([\da-f]{2})([\da-f]{2})(?:[\da-f]{2})?$/i.exec(value);
  if (long) return [1, 2, 3].map(group => Number.parseInt(long[group]!, 16)) as unknown as Rgb;
  const numbers = /^rgba?\(/i.test(value)
    ? value
        .match(/[\d.]+/g)
        ?.slice(0, 3)
        .map(Number)
    : undefined;
  return numbers?.length === 3 ? (numbers as unknown as Rgb) : undefined;
}

const pack = ([r, g, b]: Rgb): number =>
  ((255 << 24) | (Math.round(b) << 16) | (Math.round(g) << 8) | Math.round(r)) >>> 0;

const MISSING = pack([230, 40, 180]);

/** Black or white, whichever is easier to read on a colour. */
export function inkOn(color: Rgb): Rgb {
  return luminance(color) > 0.19 ? [0, 0, 0] : [255, 255, 255];
}

/**
 * Diverging: purple below zero, orange above, and zero exactly the colour of the page. On a dark page the arms run the
 * other way, from the map's dark ends to its lighter tones, so that large values shine instead of sinking.
 */
function diverging(signed: number, page: Rgb, dark: boolean, power: number, span = 0.28): Rgb {
  // The two entries in the middle are both zero.
  const size = Math.max(0, (Math.abs(signed) - 1 / (LEVELS - 1)) / (1 - 1 / (LEVELS - 1))) ** power;
  const reach = dark ? 0.06 + span * size : 0.5 - 0.46 * size;
  const arm = colorOf(PURPLE_ORANGE, signed > 0 ? 1 - reach : reach);
  return mix(page, arm, 1 - (1 - size) ** (dark ? 3 : 6));
}

/**
 * Unbounded values are rarely near their bounds (c of one sample stays within a third of what c reaches over all), so
 * their colours grow faster near zero; the legend shows the same colours.
 */
const POWER = { 'signed-unit': 1, signed: 0.6, positive: 0.7 } as const;
/** Where nothing is below zero the one arm has the room of both: on a dark page it goes on to nearly white. */
const POSITIVE_SPAN = 0.42;

/** Makes the palette of a scale for a page of this colour. */
export function makePalette(scale: ValueScale, page: Rgb): Palette {
  const dark = luminance(page) < 0.25;
  const colors = Array.from({ length: LEVELS }, (_, index): Rgb => {
    const t = index / (LEVELS - 1);
    if (scale === 'unit') return colorOf(CIVIDIS, t);
    return scale === 'positive'
      ? diverging(t, page, dark, POWER[scale], POSITIVE_SPAN)
      : diverging(2 * t - 1, page, dark, POWER[scale]);
  });
  return { colors, pixels: Uint32Array.from(colors, pack), missing: MISSING };
}

/** From the colour of the page to the colour of ink, for pictures. */
export function inkPalette(page: Rgb, ink: Rgb): Palette {
  const colors = Array.from({ length: LEVELS }, (_, index) => mix(page, ink, index / (LEVELS - 1)));
  return { colors, pixels: Uint32Array.from(colors, pack), missing: MISSING };
}

/** Entry of a palette for a value between bounds; -1 for NaN and infinities. */
export function level(value: number, low: number, high: number): number {
  if (!Number.isFinite(value)) return -1;
  const at = ((value - low) / (high - low || 1)) * LEVELS;
  return at <= 0 ? 0 : at >= LEVELS ? LEVELS - 1 : Math.floor(at);
}

/** Writes a colour for CSS. */
export function toCss([r, g, b]: Rgb): string {
  return `rgb(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)})`;
}
