/** A small colour scale with its bounds as numbers: `0 ▬▬ 1`. */
import type { ValueScale } from '../engine/cells/table.ts';
import { h, setAttributes, setText } from './dom.ts';
import { formatBound, formatValue } from './numbers.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';

export class Legend {
  readonly element: HTMLElement;
  readonly #low = h('span');
  readonly #high = h('span');
  readonly #bar = h('canvas', { width: 64, height: 1 });
  #scale: ValueScale = 'signed';

  constructor() {
    this.element = h('span', { class: 'legend', role: 'img' }, this.#low, this.#bar, this.#high);
  }

  set(of: string, scale: ValueScale, [low, high]: readonly [number, number]): void {
    this.#scale = scale;
    setText(this.#low, formatBound(low));
    setText(this.#high, formatBound(high));
    const name = text('scaleOf', of, formatValue(low), formatValue(high));
    setAttributes(this.element, { 'aria-label': name, title: name });
    this.repaint();
  }

  /** Paints again in the colours of a new theme. */
  repaint(): void {
    const context = this.#bar.getContext('2d');
    if (!context) return;
    const { pixels } = theme().palette(this.#scale);
    const image = context.createImageData(this.#bar.width, 1);
    const into = new Uint32Array(image.data.buffer);
    for (let x = 0; x < into.length; x++) into[x] = pixels[Math.floor((x * 255) / (into.length - 1))]!;
    context.putImageData(image, 0, 0);
  }
}
