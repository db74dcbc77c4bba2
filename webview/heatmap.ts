/** A matrix as colours under a cross-hair. */
import type { ValueScale } from '../engine/cells/table.ts';
import { CrossCanvas, type PlaceEvents } from './crossCanvas.ts';
import { type Grid, paintGrid } from './heatmapPixels.ts';
import type { Palette } from './colors.ts';
import { theme } from './theme.ts';

/** Paints a grid over the whole of a canvas, or over a part of it given in CSS pixels. */
export function paintOn(
  canvas: HTMLCanvasElement,
  grid: Grid,
  palette: Palette,
  box?: { readonly x: number; readonly y: number; readonly width: number; readonly height: number },
): void {
  const context = canvas.getContext('2d');
  if (!context) return;
  const ratio = window.devicePixelRatio;
  const width = box ? Math.max(1, Math.round(box.width * ratio)) : canvas.width;
  const height = box ? Math.max(1, Math.round(box.height * ratio)) : canvas.height;
  const image = context.createImageData(width, height);
  paintGrid(grid, palette, new Uint32Array(image.data.buffer), width, height);
  context.putImageData(image, Math.round((box?.x ?? 0) * ratio), Math.round((box?.y ?? 0) * ratio));
}

export class Heatmap {
  readonly view: CrossCanvas;
  #grid: Grid | undefined;
  #scale: ValueScale = 'signed';

  constructor(events?: PlaceEvents) {
    this.view = new CrossCanvas(events);
    this.view.element.classList.add('heatmap');
  }

  /** Shows a matrix in the colours of its scale, `width` × `height` CSS pixels. */
  paint(grid: Grid, scale: ValueScale, width: number, height: number): void {
    this.#grid = grid;
    this.#scale = scale;
    this.view.resize(width, height);
    this.view.cells(grid.columns.length, grid.rows.length);
    this.repaint();
  }

  /** Paints again, in the colours of a new theme. */
  repaint(): void {
    if (this.#grid) paintOn(this.view.canvas, this.#grid, theme().palette(this.#scale));
  }
}
