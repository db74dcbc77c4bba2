/** How samples are drawn, by what they are. A new kind of sample is one entry here. */
import type { Sample } from '../engine/protocol/trace.ts';
import { inkPalette, makePalette, type Rgb } from './colors.ts';
import type { CrossCanvas } from './crossCanvas.ts';
import { paintOn } from './heatmap.ts';
import { offsets } from './heatmapPixels.ts';
import { text } from './text.ts';
import type { Theme } from './theme.ts';

/** A sample with its numbers readable: float32 `[T, D]`. */
export interface ReadSample extends Omit<Sample, 'values'> {
  readonly values: Float32Array;
}

export function readSample(sample: Sample): ReadSample {
  return { ...sample, values: new Float32Array(sample.values) };
}

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface SampleView {
  /** Draws it into a box whose width is the time axis, one cell a step. */
  drawOverTime(canvas: CrossCanvas, sample: ReadSample, theme: Theme, box: Box): void;
  /** Draws it as a person knows it, where that is another picture. */
  readonly drawUpright?: (canvas: CrossCanvas, sample: ReadSample, theme: Theme) => void;
  /** Height of the strip for a width of the time axis, CSS pixels. */
  stripHeight(width: number): number;
  /** What screen readers say. */
  name(sample: ReadSample): string;
}

function extent(values: Float32Array): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

const ink = (theme: Theme): Rgb => (theme.dark ? [240, 240, 240] : [30, 30, 30]);

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

export const SAMPLE_VIEWS: Readonly<Record<Sample['kind'], SampleView>> = {
  image: {
    drawOverTime: (canvas, { values, steps, features }, theme, box) => {
      const bounds = [0, Math.max(extent(values)[1], 1e-9)] as const;
      const grid = { values, columns: offsets(steps, features), rows: offsets(features, 1), bounds };
      paintOn(canvas.canvas, grid, inkPalette(theme.page, ink(theme)), box);
    },
    drawUpright: (canvas, { values, steps, features }, theme) => {
      const bounds = [0, Math.max(extent(values)[1], 1e-9)] as const;
      const grid = { values, columns: offsets(features, 1), rows: offsets(steps, features), bounds };
      paintOn(canvas.canvas, grid, inkPalette(theme.page, ink(theme)));
    },
    stripHeight: width => clamp(Math.round(width * 0.45), 40, 84),
    name: ({ index }) => text('sampleImage', index),
  },
  series: {
    drawOverTime: (canvas, { values, steps, features }, theme, { x, y, width, height }) => {
      const [low, high] = extent(values);
      const context = canvas.canvas.getContext('2d')!;
      const colors = ['charts-blue', 'charts-orange', 'charts-green', 'charts-purple'].map(name => theme.color(name));
      for (let feature = 0; feature < features; feature++) {
        context.beginPath();
        for (let step = 0; step < steps; step++)
          context.lineTo(
            x + ((step + 0.5) * width) / steps,
            y + 2 + (height - 4) * (1 - (values[step * features + feature]! - low) / (high - low || 1)),
          );
        context.strokeStyle = colors[feature % colors.length]!;
        context.lineWidth = 1.25;
        context.stroke();
      }
    },
    stripHeight: () => 56,
    name: ({ index, steps }) => text('sampleSeries', index, steps),
  },
  tokens: {
    drawOverTime: (canvas, { values, steps, features, tokenNames }, theme, { x, y, width, height }) => {
      const context = canvas.canvas.getContext('2d')!;
      const cell = width / steps;
      context.font = `${clamp(Math.floor(cell * 0.8), 8, 13)}px ${theme.fontFamily}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillStyle = theme.foreground;
      for (let step = 0; step < steps; step++) {
        const row = values.subarray(step * features, (step + 1) * features);
        // One feature is the token's number itself, several are its one-hot row.
        const token = features === 1 ? Math.round(row[0]!) : row.indexOf(Math.max(...row));
        // Narrow cells take turns on three lines.
        const line = cell < 14 ? step % 3 : 1;
        context.fillText(
          tokenNames?.[token] ?? String(token),
          x + (step + 0.5) * cell,
          y + (height * (line + 0.5)) / 3,
        );
      }
    },
    stripHeight: () => 40,
    name: ({ index, steps }) => text('sampleTokens', index, steps),
  },
  vectors: {
    drawOverTime: (canvas, { values, steps, features }, theme, box) => {
      const size = Math.max(...extent(values).map(Math.abs), 1e-9);
      const grid = {
        values,
        columns: offsets(steps, features),
        rows: offsets(features, 1),
        bounds: [-size, size],
      } as const;
      paintOn(canvas.canvas, grid, makePalette('signed', theme.page), box);
    },
    stripHeight: () => 48,
    name: ({ index, steps, features }) => text('sampleVectors', index, steps, features),
  },
};
