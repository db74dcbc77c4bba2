/** Other runs whose curves are drawn beside those of the shown one: which, in which colours, with a legend. */
import type { ComparedRun, RunHead } from '../engine/protocol/pages.ts';
import { h, icon, setAttributes, show } from './dom.ts';
import { Points } from './points.ts';
import { text } from './text.ts';
import { dropdown } from './toolkit.ts';

/** Colours of the runs, the shown one first, as variables of the theme; orange last, since VS Code's own is faint. */
const COLORS = [
  'charts-blue',
  'charts-green',
  'charts-purple',
  'charts-red',
  'charts-yellow',
  'charts-orange',
] as const;

/** A run beside the shown one, with its points. */
export interface Compared extends Omit<ComparedRun, 'curves'> {
  readonly color: string;
  readonly name: string;
  readonly curve: (id: string) => Points;
}

/** `GRU 3×150 · mnist_four_cells.py · 14:03` */
function nameOf({ model, title }: RunHead): string {
  return `${model.headline} · ${title}`;
}

export interface ComparisonEvents {
  readonly ask: (run: string) => Promise<ComparedRun>;
  /** What is compared has changed. */
  readonly changed: () => void;
}

export class Comparison {
  readonly element: HTMLElement;
  readonly #events: ComparisonEvents;
  readonly #legend = h('span', { class: 'legend-of-runs' });
  readonly #picker = dropdown(text('compareHint'), run => {
    if (run !== '') void this.add(run);
  });
  #shown: RunHead | undefined;
  #runs: readonly RunHead[] = [];
  #compared: readonly Compared[] = [];

  constructor(events: ComparisonEvents) {
    this.#events = events;
    this.element = h('div', { class: 'comparison' }, this.#legend, this.#picker.element);
  }

  /** The runs beside the shown one, in the order in which they were chosen. */
  get compared(): readonly Compared[] {
    return this.#compared;
  }

  /** Colour of the shown run. */
  get color(): string {
    return COLORS[0];
  }

  /** Sets which run is shown and which there are. */
  set(shown: RunHead | undefined, runs: readonly RunHead[]): void {
    const others = runs.filter(({ id }) => id !== shown?.id);
    this.#compared = this.#compared.filter(({ run }) => others.some(({ id }) => id === run.id));
    this.#shown = shown;
    this.#runs = others;
    show(this.element, shown !== undefined && others.length > 0);
    this.#draw();
  }

  /** Draws another run beside the shown one. */
  async add(id: string): Promise<void> {
    const color = COLORS.slice(1).find(each => !this.#compared.some(other => other.color === each));
    if (color === undefined || id === this.#shown?.id || this.#compared.some(({ run }) => run.id === id)) return;
    const { run, measure, curves } = await this.#events.ask(id);
    const points = new Map<string, Points>(
      curves.map(({ id: curve, points: pairs }) => {
        const read = new Points();
        read.append(new Float64Array(pairs));
        return [curve, read];
      }),
    );
    const curve = (which: string): Points => points.get(which) ?? new Points();
    this.#compared = [...this.#compared, { run, measure, color, name: nameOf(run), curve }];
    this.#draw();
    this.#events.changed();
  }

  #remove(id: string): void {
    this.#compared = this.#compared.filter(({ run }) => run.id !== id);
    this.#draw();
    this.#events.changed();
  }

  #draw(): void {
    const free = this.#runs.filter(({ id }) => !this.#compared.some(({ run }) => run.id === id));
    show(this.#picker.element, free.length > 0 && this.#compared.length < COLORS.length - 1);
    this.#picker.set(
      [{ value: '', label: text('compareWith') }, ...free.map(run => ({ value: run.id, label: nameOf(run) }))],
      '',
    );
    const shown = this.#shown;
    const entry = (name: string, color: string, remove?: () => void): HTMLElement => {
      const dot = h('span', { class: 'dot', 'data-color': color });
      const made = h('span', { class: 'run-entry' }, dot, name);
      if (!remove) return made;
      const button = h(
        'button',
        { class: 'remove', title: text('compareNone'), 'aria-label': `${text('compareNone')}: ${name}` },
        icon('close'),
      );
      button.addEventListener('click', remove);
      made.append(button);
      return made;
    };
    this.#legend.replaceChildren(
      ...(shown && this.#compared.length > 0 ? [entry(nameOf(shown), this.color)] : []),
      ...this.#compared.map(({ run, name, color }) =>
        entry(name, color, () => {
          this.#remove(run.id);
        }),
      ),
    );
    setAttributes(this.element, { 'data-compared': this.#compared.length });
  }
}
