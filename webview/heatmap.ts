/** One heatmap: a canvas of the matrix under a cross-hair, which reports where the pointer is. */
import { h, setAttributes, show } from './dom.ts';
import { type Grid, paintGrid } from './heatmapPixels.ts';
import type { ValueScale } from '../engine/cells/table.ts';
import { theme } from './theme.ts';

/** A place in a heatmap: column and row of its grid. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface HeatmapEvents {
  /** The pointer is over a place, or has left. */
  readonly hover: (place: Place | undefined) => void;
  /** A place was pressed. */
  readonly pick: (place: Place) => void;
}

export class Heatmap {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #column: HTMLElement;
  readonly #row: HTMLElement;
  #grid: Grid | undefined;
  #scale: ValueScale = 'signed';
  #width = 0;
  #height = 0;

  constructor(events: HeatmapEvents) {
    this.canvas = h('canvas');
    this.#column = h('div', { class: 'cross column' });
    this.#row = h('div', { class: 'cross row' });
    this.element = h('div', { class: 'heatmap' }, this.canvas, this.#column, this.#row);
    this.mark(undefined);
    const at = (event: PointerEvent): Place | undefined => this.#placeAt(event);
    this.element.addEventListener('pointermove', event => {
      events.hover(at(event));
    });
    this.element.addEventListener('pointerleave', () => {
      events.hover(undefined);
    });
    this.element.addEventListener('pointerdown', event => {
      const place = at(event);
      if (place && event.button === 0) events.pick(place);
    });
  }

  /** Size in CSS pixels; the canvas takes as many real pixels as the screen has there. */
  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    const ratio = window.devicePixelRatio;
    const [pixelsX, pixelsY] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.canvas.width !== pixelsX) this.canvas.width = pixelsX;
    if (this.canvas.height !== pixelsY) this.canvas.height = pixelsY;
    for (const element of [this.element, this.canvas]) {
      element.style.width = `${width}px`;
      element.style.height = `${height}px`;
    }
  }

  /** Shows a matrix in the colours of its scale. */
  paint(grid: Grid, scale: ValueScale): void {
    this.#grid = grid;
    this.#scale = scale;
    this.repaint();
  }

  /** Paints again, after a resize or in the colours of a new theme. */
  repaint(): void {
    const context = this.canvas.getContext('2d');
    if (!this.#grid || !context) return;
    const { width, height } = this.canvas;
    const image = context.createImageData(width, height);
    paintGrid(this.#grid, theme().palette(this.#scale), new Uint32Array(image.data.buffer), width, height);
    context.putImageData(image, 0, 0);
  }

  /** Puts the cross-hair on a place. */
  mark(place: Place | undefined): void {
    const grid = this.#grid;
    show(this.#column, place !== undefined);
    show(this.#row, place !== undefined);
    setAttributes(this.element, { 'data-column': place?.column, 'data-row': place?.row });
    if (!place || !grid) return;
    const cellWidth = this.#width / grid.columns.length;
    const cellHeight = this.#height / grid.rows.length;
    this.#column.style.transform = `translateX(${place.column * cellWidth}px)`;
    this.#column.style.width = `${Math.max(1, cellWidth)}px`;
    this.#row.style.transform = `translateY(${place.row * cellHeight}px)`;
    this.#row.style.height = `${Math.max(1, cellHeight)}px`;
  }

  #placeAt(event: PointerEvent): Place | undefined {
    const box = this.canvas.getBoundingClientRect();
    const grid = this.#grid;
    if (!grid || box.width === 0 || box.height === 0) return undefined;
    const within = (share: number, count: number): number =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return {
      column: within((event.clientX - box.left) / box.width, grid.columns.length),
      row: within((event.clientY - box.top) / box.height, grid.rows.length),
    };
  }
}
