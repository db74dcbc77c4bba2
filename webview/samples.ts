/** How samples are drawn, by what they are. A new kind of sample is one entry here. */
import type { Answer, Sample } from '../engine/protocol/trace.ts';
import { inkPalette, makePalette, type Rgb } from './colors.ts';
import type { CrossCanvas } from './crossCanvas.ts';
import { paintOn } from './heatmap.ts';
import { offsets } from './heatmapPixels.ts';
import { formatBound } from './numbers.ts';
import { text } from './text.ts';
import type { Theme } from './theme.ts';

/** A sample with its numbers readable: float32 `[T, D]`. */
export interface ReadSample extends Omit<Sample, 'values' | 'answer'> {
  readonly values: Float32Array;
  readonly answer: ReadAnswer | undefined;
}

interface ReadAnswer extends Omit<Answer, 'wanted' | 'given'> {
  readonly wanted: Float32Array;
  readonly given: Float32Array;
}

export function readSample(sample: Sample): ReadSample {
  const { values, answer } = sample;
  const read = answer && { ...answer, wanted: new Float32Array(answer.wanted), given: new Float32Array(answer.given) };
  return { ...sample, values: new Float32Array(values), answer: read };
}

/** Colours of what is asked for and what the network gives, as variables of the theme; what goes in is faint. */
export const ANSWER_COLORS = { wanted: 'charts-green', given: 'charts-blue' } as const;

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
  /** What the colours of its curves stand for, where there are several. */
  readonly key?: (sample: ReadSample) => readonly KeyEntry[];
}

/** One colour and what it stands for. */
export interface KeyEntry {
  readonly label: string;
  /** Variable of the theme; none for what is only faint. */
  readonly color: string | undefined;
}

/** Colours of the curves of several features, in turn. */
const FEATURE_COLORS = ['charts-blue', 'charts-orange', 'charts-green', 'charts-purple', 'charts-red', 'charts-yellow'];
const MARK_COLOR = 'charts-purple';
/** Features that the key names. */
const NAMED = 12;

/** The columns of a series `[T]`, each with its colour; none where they are faint beside an answer. */
function columnsOf({ values, steps, features, answer }: ReadSample): {
  readonly follows: ReadAnswer | undefined;
  readonly columns: readonly {
    readonly values: Float32Array;
    readonly mark: boolean;
    readonly color: string | undefined;
  }[];
} {
  const follows = answer?.of === 'values' && answer.everyStep ? answer : undefined;
  let curves = 0;
  const columns = Array.from({ length: features }, (_, feature) => {
    const column = Float32Array.from({ length: steps }, (_, step) => values[step * features + feature]!);
    const mark = isMark(column);
    const color = mark ? MARK_COLOR : follows ? undefined : FEATURE_COLORS[curves++ % FEATURE_COLORS.length]!;
    return { values: column, mark, color };
  });
  return { follows, columns };
}

/** Smallest and largest of the finite values: what a run that diverged predicts would take the scale from all others. */
export function extent(values: Iterable<number>): readonly [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : [0, 1];
}

const ink = (theme: Theme): Rgb => (theme.dark ? [240, 240, 240] : [30, 30, 30]);

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

/** A column that only says yes or no, such as the marks of the adding problem: drawn as bars, not as a curve. */
function isMark(column: Float32Array): boolean {
  return column.every(value => value === 0 || value === 1) && column.includes(1);
}

/** From this height on there is room for a scale and for dots. */
const ROOMY = 100;

/** Curves over the steps of a box, all on one scale. */
class Plot {
  readonly #context: CanvasRenderingContext2D;
  readonly #box: Box;
  readonly #steps: number;
  readonly #bounds: readonly [number, number];

  constructor(context: CanvasRenderingContext2D, box: Box, steps: number, bounds: readonly [number, number]) {
    this.#context = context;
    this.#box = box;
    this.#steps = steps;
    this.#bounds = bounds;
  }

  #x(step: number): number {
    return this.#box.x + ((step + 0.5) * this.#box.width) / this.#steps;
  }

  #y(value: number): number {
    const [low, high] = this.#bounds;
    return this.#box.y + 3 + (this.#box.height - 6) * (1 - (value - low) / (high - low || 1));
  }

  line(values: Float32Array, color: string, width: number, dots = false): void {
    const context = this.#context;
    context.strokeStyle = color;
    context.fillStyle = color;
    context.lineWidth = width;
    context.lineJoin = 'round';
    context.beginPath();
    for (const [step, value] of values.entries())
      if (Number.isFinite(value)) context.lineTo(this.#x(step), this.#y(value));
    context.stroke();
    if (!dots) return;
    for (const [step, value] of values.entries()) {
      context.beginPath();
      context.arc(this.#x(step), this.#y(value), 2.25, 0, 2 * Math.PI);
      context.fill();
    }
  }

  /** A faint bar over the whole height where a column says yes. */
  marks(column: Float32Array, color: string): void {
    const { x, y, width, height } = this.#box;
    const cell = width / this.#steps;
    this.#context.fillStyle = `color-mix(in srgb, ${color} 40%, transparent)`;
    for (const [step, value] of column.entries())
      if (value === 1) this.#context.fillRect(x + step * cell, y, Math.max(2, cell), height);
  }

  /** The line of zero, and the bounds as numbers. */
  scale(theme: Theme): void {
    const context = this.#context;
    const [low, high] = this.#bounds;
    const { x, y, width, height } = this.#box;
    if (low < 0 && high > 0) {
      context.strokeStyle = theme.line;
      context.lineWidth = 1;
      context.setLineDash([2, 3]);
      context.beginPath();
      context.moveTo(x, Math.round(this.#y(0)) + 0.5);
      context.lineTo(x + width, Math.round(this.#y(0)) + 0.5);
      context.stroke();
      context.setLineDash([]);
    }
    context.font = `9px ${theme.fontFamily}`;
    context.fillStyle = theme.faint;
    context.textAlign = 'left';
    context.textBaseline = 'top';
    context.fillText(formatBound(high), x + 3, y + 3);
    context.textBaseline = 'bottom';
    context.fillText(formatBound(low), x + 3, y + height - 3);
  }
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
    drawOverTime: (canvas, sample, theme, box) => {
      const context = canvas.canvas.getContext('2d')!;
      const { steps } = sample;
      const { follows, columns } = columnsOf(sample);
      const curves = columns.filter(({ mark }) => !mark);
      const bounds = extent([
        ...curves.flatMap(({ values }) => [...values]),
        ...(follows ? [...follows.wanted, ...follows.given] : []),
      ]);
      const plot = new Plot(context, box, steps, bounds);
      for (const { values, mark } of columns) if (mark) plot.marks(values, theme.color(MARK_COLOR));
      if (box.height >= ROOMY) plot.scale(theme);
      const faint = `color-mix(in srgb, ${theme.foreground} 40%, transparent)`;
      for (const { values, color } of curves)
        plot.line(values, color === undefined ? faint : theme.color(color), follows ? 1 : 1.25);
      if (!follows) return;
      for (const which of ['wanted', 'given'] as const)
        for (let at = 0; at < follows.width; at++) {
          const line = Float32Array.from({ length: steps }, (_, step) => follows[which][step * follows.width + at]!);
          plot.line(line, theme.color(ANSWER_COLORS[which]), 1.5, which === 'given' && box.height >= ROOMY);
        }
    },
    stripHeight: () => 56,
    name: ({ index, steps }) => text('sampleSeries', index, steps),
    key: sample => {
      const { follows, columns } = columnsOf(sample);
      const inputs = columns.flatMap(({ color }, feature): KeyEntry[] =>
        color === undefined ? [] : [{ label: sample.featureNames?.[feature] ?? text('featureNumber', feature), color }],
      );
      const answers: readonly KeyEntry[] = follows
        ? [
            { label: text('keyInput'), color: undefined },
            ...inputs,
            { label: text('keyWanted'), color: ANSWER_COLORS.wanted },
            { label: text('keyGiven'), color: ANSWER_COLORS.given },
          ]
        : inputs;
      return answers.length > 1 ? answers.slice(0, NAMED) : [];
    },
  },
  tokens: {
    drawOverTime: (canvas, { values, steps, features, tokenNames, answer }, theme, { x, y, width, height }) => {
      const context = canvas.canvas.getContext('2d')!;
      const cell = width / steps;
      // Labels of a language model are tokens, too: what the network says stands below what it reads.
      const says = answer?.of === 'labels' && answer.everyStep ? answer : undefined;
      const name = (token: number): string => tokenNames?.[token] ?? String(token);
      context.font = `${clamp(Math.floor(cell * 0.9), 8, 13)}px ${theme.fontFamily}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillStyle = theme.foreground;
      for (let step = 0; step < steps; step++) {
        const row = values.subarray(step * features, (step + 1) * features);
        // One feature is the token's number itself, several are its one-hot row.
        const token = features === 1 ? Math.round(row[0]!) : row.indexOf(Math.max(...row));
        // Narrow cells take turns on three lines; where answers stand below, on two of four each.
        const line = cell < 9 ? step % 3 : 1;
        const turn = cell < 7 ? ((step % 2) - 0.5) * 0.25 : 0;
        const place = says ? 0.26 + turn : (line + 0.5) / 3;
        context.fillText(name(token), x + (step + 0.5) * cell, y + height * place);
        if (!says) continue;
        const [wanted, given] = [says.wanted[step]!, says.given[step]!];
        context.fillStyle = theme.color(wanted === given ? ANSWER_COLORS.wanted : 'errorForeground');
        context.fillText(name(given), x + (step + 0.5) * cell, y + height * (0.74 + turn));
        context.fillStyle = theme.foreground;
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
