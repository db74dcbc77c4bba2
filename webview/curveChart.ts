/** Curves over training steps. Only this file knows chart.js, so that a successor changes one file. */
import {
  Chart,
  type ChartDataset,
  LinearScale,
  LineController,
  LineElement,
  LogarithmicScale,
  PointElement,
  type ScaleOptionsByType,
  type ScriptableContext,
  Tooltip,
} from 'chart.js';
import { h, onceAFrame, setAttributes } from './dom.ts';
import { axisEnd, epochTicks, logarithmicTicks } from './epochAxis.ts';
import { type Point, thin } from './points.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';

Chart.register(LineController, LineElement, PointElement, LinearScale, LogarithmicScale, Tooltip);

/** How one curve is drawn. */
export interface CurveStyle {
  readonly label: string;
  /** Variable of the theme. */
  readonly color: string;
  readonly look: 'line' | 'faint' | 'epochs' | 'slices';
}

/** A curve with its points. */
export interface ShownCurve extends CurveStyle {
  readonly points: readonly Point[];
}

export interface CurveChartOptions {
  /** Writes a value of the y axis, and of the tooltip. */
  readonly format: (value: number) => string;
  readonly formatTick: (value: number) => string;
  /** Bounds that the y axis must not leave. */
  readonly most?: () => number | undefined;
}

/** A lone point is no line: it is drawn as a dot, as of a run that diverged in its second step. */
const ofOne =
  (radius: number) =>
  ({ dataset }: ScriptableContext<'line'>): number =>
    dataset.data.length === 1 ? radius : 0;

const LOOKS: Readonly<Record<CurveStyle['look'], (color: string, page: string) => Partial<ChartDataset<'line', Point[]>>>> = {
  line: color => ({ borderColor: color, backgroundColor: color, borderWidth: 1.5, pointRadius: ofOne(2.5) }),
  faint: color => ({ borderColor: `color-mix(in srgb, ${color} 30%, transparent)`, borderWidth: 1, pointRadius: 0 }),
  epochs: color => ({ borderColor: color, backgroundColor: color, borderWidth: 1.5, pointStyle: 'rectRot', pointRadius: 4.5, pointHoverRadius: 6 }),
  slices: (color, page) => ({ borderColor: color, backgroundColor: page, borderWidth: 1.25, borderDash: [2, 3], pointStyle: 'circle', pointRadius: 3, pointHoverRadius: 4 }),
}; // prettier-ignore

const AXIS_WIDTH = 46;

export class CurveChart {
  readonly element: HTMLElement;
  readonly #chart: Chart<'line', Point[]>;
  readonly #options: CurveChartOptions;
  #curves: readonly ShownCurve[] = [];
  #stepsPerEpoch: number | undefined;
  readonly #draw = onceAFrame(() => {
    this.#update();
  });

  constructor(options: CurveChartOptions) {
    this.#options = options;
    const canvas = h('canvas', { role: 'img' });
    this.element = h('div', { class: 'chart' }, canvas);
    this.#chart = new Chart<'line', Point[]>(canvas, {
      type: 'line',
      data: { datasets: [] },
      options: {
        animation: false,
        parsing: false,
        normalized: true,
        responsive: true,
        maintainAspectRatio: false,
        interaction: { mode: 'nearest', axis: 'x', intersect: false },
        onResize: () => {
          this.#draw();
        },
        elements: { line: { tension: 0 }, point: { hitRadius: 6 } },
        scales: {
          x: {
            type: 'linear',
            min: 0,
            afterBuildTicks: scale => {
              if (!this.#stepsPerEpoch || scale.max < this.#stepsPerEpoch) return;
              const most = Math.max(2, Math.floor(scale.width / 48));
              scale.ticks = epochTicks(scale.max, this.#stepsPerEpoch, most).map(({ value }) => ({ value }));
            },
            ticks: {
              autoSkip: false,
              maxRotation: 0,
              callback: value => {
                const epochs = this.#stepsPerEpoch;
                const label = String(epochs ? Math.round(Number(value) / epochs) : value);
                // The first tick says what is counted.
                return Number(value) === 0 ? `${text(epochs ? 'axisEpochs' : 'axisSteps')} ${label}` : label;
              },
            },
          },
          y: {
            type: 'linear',
            afterBuildTicks: scale => {
              if (scale.type !== 'logarithmic') return;
              const ticks = logarithmicTicks(scale.min, scale.max);
              if (ticks.length > 1) scale.ticks = ticks.map(value => ({ value }));
            },
            afterFit: scale => {
              scale.width = AXIS_WIDTH; // so that charts above each other share their time axis
            },
            ticks: { maxTicksLimit: 6, callback: value => options.formatTick(Number(value)) },
          },
        },
        plugins: {
          tooltip: {
            displayColors: true,
            boxWidth: 8,
            boxHeight: 8,
            callbacks: {
              title: items => {
                const step = items[0]?.parsed.x ?? 0;
                return this.#stepsPerEpoch
                  ? text('epochAndStep', Math.floor((step - 1) / this.#stepsPerEpoch), step)
                  : `${text('axisSteps')} ${step}`;
              },
              label: item => `${item.dataset.label ?? ''}: ${options.format(item.parsed.y ?? Number.NaN)}`,
            },
          },
        },
      },
    });
    this.dress();
  }

  /** Shows curves, the first on top; they are thinned to what the width can show. */
  show(curves: readonly ShownCurve[], stepsPerEpoch: number | undefined, summary: string): void {
    const look = (each: readonly ShownCurve[]): string =>
      each.map(({ label, color, look }) => [label, color, look].join()).join();
    const dressed = look(curves) === look(this.#curves);
    this.#curves = curves;
    if (!dressed) {
      this.#chart.data.datasets = curves.map(({ label }) => ({ label, data: [] }));
      this.dress();
    }
    this.#stepsPerEpoch = stepsPerEpoch;
    setAttributes(this.#chart.canvas, { 'aria-label': summary });
    setAttributes(this.element, {
      'data-points': curves.reduce((sum, { points }) => sum + points.length, 0),
      'data-curves': curves.length,
    });
    this.#draw();
  }

  /** A logarithmic y axis, or a linear one. */
  logarithmic(on: boolean): void {
    const scale = this.#chart.options.scales!['y'] as ScaleOptionsByType<'linear'>;
    (scale as { type: string }).type = on ? 'logarithmic' : 'linear';
    this.#draw();
  }

  /** Takes the colours of the theme. */
  dress(): void {
    const now = theme();
    const page = `rgb(${now.page.join(', ')})`;
    for (const [index, { color, look }] of this.#curves.entries())
      Object.assign(this.#chart.data.datasets[index]!, LOOKS[look](now.color(color), page));
    const line = now.color('widget-border');
    for (const scale of Object.values(this.#chart.options.scales!) as ScaleOptionsByType<'linear'>[]) {
      Object.assign(scale.ticks, { color: now.faint, font: { family: now.fontFamily, size: 10 } });
      Object.assign(scale.grid, { color: now.highContrast ? now.line : line, tickLength: 4, lineWidth: 1 });
      Object.assign(scale.border, { display: false });
    }
    Object.assign(this.#chart.options.plugins!.tooltip!, {
      backgroundColor: now.color('editorHoverWidget-background'),
      borderColor: now.color('editorHoverWidget-border'),
      borderWidth: 1,
      titleColor: now.foreground,
      bodyColor: now.foreground,
      titleFont: { family: now.fontFamily, size: 11, weight: 'normal' },
      bodyFont: { family: now.fontFamily, size: 11 },
      cornerRadius: 3,
      caretSize: 0,
    });
    this.#draw();
  }

  #update(): void {
    const width = Math.max(100, this.#chart.chartArea?.width ?? 600); // eslint-disable-line @typescript-eslint/no-unnecessary-condition -- missing before the first layout
    for (const [index, { points }] of this.#curves.entries())
      this.#chart.data.datasets[index]!.data = [...thin(points, width)];
    const last = Math.max(0, ...this.#curves.map(({ points }) => points.at(-1)?.x ?? 0));
    const { x, y } = this.#chart.options.scales!;
    (x as { max?: number }).max = axisEnd(last, this.#stepsPerEpoch);
    (y as { max?: number | undefined }).max = this.#options.most?.();
    this.#chart.update('none');
  }
}
