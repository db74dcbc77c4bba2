/** How numbers are written: the same width for the same kind of number, so that a readout stands still. */
import { MEASURES, type MeasureId } from '../engine/model/measures.ts';

const MINUS = '\u2212';
const locale = typeof document === 'undefined' ? 'en' : document.documentElement.lang || 'en';
const counts = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 });

/** A count with separators: `470,110`. */
export function formatCount(value: number): string {
  return Number.isFinite(value) ? counts.format(value) : '–';
}

/** A tensor's value with four significant digits or so and a real minus sign: `−0.3710`, `12.04`, `1.3e−7`. */
export function formatValue(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+∞' : `${MINUS}∞`;
  const size = Math.abs(value);
  const plain =
    size === 0
      ? '0.0000'
      : size < 0.00005
        ? size.toExponential(1)
        : size < 10
          ? size.toFixed(4)
          : size < 100_000
            ? size.toPrecision(5)
            : size.toExponential(2);
  return (value < 0 ? MINUS : '') + exponent(plain);
}

/** `1.3e-7` as `1.3e−7`, `5e+36` as `5e36`. */
function exponent(written: string): string {
  return written.replace('e-', `e${MINUS}`).replace('e+', 'e');
}

/** Three decimals with a real minus sign, for lines of an equation. */
export function formatShort(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return (value < 0 ? MINUS : '') + Math.abs(value).toFixed(3);
}

/** With its sign, for parts of a sum: `+2.31`. */
export function formatSigned(value: number, digits = 2): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return (value < 0 ? MINUS : '+') + Math.abs(value).toFixed(digits);
}

/** A bound of a colour scale: `±7.8`, `1`. */
export function formatBound(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return (value < 0 ? MINUS : '') + exponent(String(Number(Math.abs(value).toPrecision(2))));
}

/** A share as percent: `98.62 %`. */
export function formatPercent(share: number, digits = 2): string {
  return Number.isFinite(share) ? `${(100 * share).toFixed(digits)}\u202f%` : '–';
}

/** A value of a measure: `98.62 %`, `0.0417`. */
export function formatMeasure(id: MeasureId, value: number): string {
  return MEASURES[id].written === 'percent' ? formatPercent(value) : formatLoss(value);
}

/** A loss: `0.0412`, `2.303`. */
export function formatLoss(value: number): string {
  if (!Number.isFinite(value)) return formatValue(value);
  return value >= 1 ? value.toFixed(3) : value >= 0.001 ? value.toFixed(4) : formatValue(value);
}

/** A time to wait: `2 min 06 s`, `48 s`, `1 h 12 min`. Units as SI writes them, in every language. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds) || seconds < 0) return '–';
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  return `${Math.floor(whole / 3600)} h ${String(Math.floor((whole % 3600) / 60)).padStart(2, '0')} min`;
}
