/** A canvas over columns and rows of cells, with a cross-hair on one of them, that reports where the pointer is. */
import { h, setAttributes, show } from './dom.ts';

/** A place on the canvas: column and row of its cells. */
export interface Place {
  readonly column: number;
  readonly row: number;
}

export interface PlaceEvents {
  /** The pointer is over a place, or has left. */
  readonly hover: (place: Place | undefined) => void;
  /** A place was pressed. */
  readonly pick: (place: Place) => void;
}

export class CrossCanvas {
  readonly element: HTMLElement;
  readonly canvas: HTMLCanvasElement;
  readonly #column: HTMLElement;
  readonly #row: HTMLElement;
  #columns = 1;
  #rows = 1;
  #width = 0;
  #height = 0;
  #left = 0;
  #cellsWidth = 0;
  #marked: { readonly column: number; readonly row: number | undefined } | undefined;

  constructor(events?: PlaceEvents) {
    this.canvas = h('canvas');
    this.#column = h('div', { class: 'cross column' });
    this.#row = h('div', { class: 'cross row' });
    this.element = h('div', { class: 'cross-canvas' }, this.canvas, this.#column, this.#row);
    this.mark(undefined);
    if (!events) return;
    this.element.addEventListener('pointermove', event => {
      events.hover(this.#placeAt(event));
    });
    this.element.addEventListener('pointerleave', () => {
      events.hover(undefined);
    });
    this.element.addEventListener('pointerdown', event => {
      if (event.button === 0) events.pick(this.#placeAt(event));
    });
  }

  get width(): number {
    return this.#width;
  }
  get height(): number {
    return this.#height;
  }

  /** How many columns and rows of cells it has; a margin on the left (CSS pixels) belongs to none. */
  cells(columns: number, rows: number, left = 0, width = this.#width - left): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#left = left;
    this.#cellsWidth = width;
    this.#place();
  }

  /** Size in CSS pixels; the canvas takes as many real pixels as the screen has there. */
  resize(width: number, height: number): void {
    this.#width = width;
    this.#height = height;
    this.#cellsWidth = width;
    const ratio = window.devicePixelRatio;
    const [pixelsX, pixelsY] = [Math.max(1, Math.round(width * ratio)), Math.max(1, Math.round(height * ratio))];
    if (this.canvas.width !== pixelsX) this.canvas.width = pixelsX;
    if (this.canvas.height !== pixelsY) this.canvas.height = pixelsY;
    for (const { style } of [this.element, this.canvas]) {
      style.width = `${width}px`;
      style.height = `${height}px`;
    }
    this.#place();
  }

  /** Drawing in CSS pixels on a clean canvas. */
  draw(paint: (context: CanvasRenderingContext2D, width: number, height: number) => void): void {
    const context = this.canvas.getContext('2d');
    if (!context) return;
    const ratio = window.devicePixelRatio;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, this.#width, this.#height);
    paint(context, this.#width, this.#height);
  }

  /** Puts the cross-hair on a column and, where there is one, a row. */
  mark(place: { readonly column: number; readonly row?: number | undefined } | undefined): void {
    this.#marked = place && { column: place.column, row: place.row };
    setAttributes(this.element, { 'data-column': place?.column, 'data-row': place?.row });
    this.#place();
  }

  #place(): void {
    const marked = this.#marked;
    show(this.#column, marked !== undefined);
    show(this.#row, marked?.row !== undefined);
    if (!marked) return;
    const width = this.#cellsWidth / this.#columns;
    this.#column.style.transform = `translateX(${this.#left + marked.column * width}px)`;
    this.#column.style.width = `${Math.max(1, width)}px`;
    if (marked.row === undefined) return;
    const height = this.#height / this.#rows;
    this.#row.style.transform = `translateY(${marked.row * height}px)`;
    this.#row.style.height = `${Math.max(1, height)}px`;
  }

  #placeAt(event: PointerEvent): Place {
    const box = this.canvas.getBoundingClientRect();
    const within = (share: number, count: number): number =>
      Math.min(count - 1, Math.max(0, Math.floor(share * count)));
    return {
      column: within((event.clientX - box.left - this.#left) / (this.#cellsWidth || 1), this.#columns),
      row: within((event.clientY - box.top) / (box.height || 1), this.#rows),
    };
  }
}
