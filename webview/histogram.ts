/** A histogram of a tensor's values over its colour scale, in its colours. */
import { toCss } from './colors.ts';
import { CrossCanvas } from './crossCanvas.ts';
import { setAttributes } from './dom.ts';
import { formatBound, formatCount } from './numbers.ts';
import { histogramOf, type Statistics } from './statistics.ts';
import type { Tensor } from './tensor.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';

const BINS = 41;
const HEIGHT = 84;
const AXIS = 14;

export class Histogram {
  readonly view = new CrossCanvas();
  constructor() {
    setAttributes(this.view.element, { role: 'img' });
    this.view.element.classList.add('histogram');
  }

  show(tensor: Tensor, { min, max }: Statistics, width: number): void {
    // An unbounded tensor is shown over what it holds, symmetric about 0; others over their whole scale.
    const size = Math.max(Math.abs(min), Math.abs(max)) || 1;
    const { scale, bounds } = tensor;
    const [low, high] = scale === 'signed' ? [-size, size] : scale === 'positive' ? [0, size] : bounds;
    const counts = histogramOf(tensor.values, low, high, BINS);
    const fullest = Math.max(...counts, 1);
    const now = theme();
    const { colors } = now.palette(tensor.scale);
    this.view.resize(width, HEIGHT + AXIS);
    this.view.draw(context => {
      const bar = width / BINS;
      for (const [bin, count] of counts.entries()) {
        const value = low + ((bin + 0.5) / BINS) * (high - low);
        const [from, to] = tensor.bounds;
        const entry = Math.round(255 * Math.min(1, Math.max(0, (value - from) / (to - from))));
        const height = count === 0 ? 0 : Math.max(1, (count / fullest) * (HEIGHT - 2));
        context.fillStyle = toCss(colors[entry]!);
        context.fillRect(bin * bar, HEIGHT - height, bar - 1, height);
        context.strokeStyle = now.line;
        if (count > 0) context.strokeRect(bin * bar + 0.5, HEIGHT - height + 0.5, bar - 2, height);
      }
      context.fillStyle = now.faint;
      context.fillRect(0, HEIGHT, width, 1);
      context.font = `9px ${now.fontFamily}`;
      context.textBaseline = 'top';
      for (const [share, align] of [
        [0, 'left'],
        [0.5, 'center'],
        [1, 'right'],
      ] as const) {
        context.textAlign = align;
        context.fillText(formatBound(low + share * (high - low)), share * width, HEIGHT + 4);
      }
    });
    setAttributes(this.view.element, {
      'aria-label': text(
        'histogramName',
        formatCount(tensor.values.length),
        formatBound(low),
        formatBound(high),
        BINS,
        formatCount(fullest),
      ),
    });
  }
}
