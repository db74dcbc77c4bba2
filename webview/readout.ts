/** The exact values of all tensors at the chosen step and unit, in one place that does not move. */
import { h, setAttributes, setText, show } from './dom.ts';
import type { Selection } from './gateMaps.ts';
import { className, letterOf, type ReadTrace } from './gateTrace.ts';
import { formatSigned, formatValue } from './numbers.ts';
import { level, toCss } from './colors.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';

interface Cell {
  readonly element: HTMLElement;
  readonly swatch: HTMLElement;
  readonly letter: HTMLElement;
  readonly value: HTMLElement;
}

export class Readout {
  readonly element: HTMLElement;
  readonly #where = h('span', { class: 'where' });
  readonly #part = h('span', { class: 'faint' });
  readonly #values = h('div', { class: 'values' });
  readonly #spoken = h('p', { class: 'spoken', 'aria-live': 'polite' });
  #cells = new Map<string, Cell>();

  constructor() {
    this.element = h(
      'section',
      { class: 'readout', 'aria-label': text('readout') },
      h('div', { class: 'head' }, this.#where, this.#part),
      this.#values,
      this.#spoken,
    );
  }

  /** @param spoken says the values aloud to screen readers. */
  show(trace: ReadTrace, { step, unit }: Selection, spoken: boolean): void {
    if ([...this.#cells.keys()].join() !== trace.tensors.map(({ id }) => id).join()) this.#build(trace);
    setText(this.#where, text('stepUnit', step, unit));
    const part = trace.contributions?.[unit];
    show(this.#part, part !== undefined && trace.predicted !== undefined);
    if (part !== undefined && trace.predicted !== undefined)
      setText(this.#part, text('partOf', formatSigned(part), className(trace.classNames, trace.predicted)));
    setAttributes(this.element, { 'data-step': step, 'data-unit': unit });
    const said: string[] = [];
    for (const tensor of trace.tensors) {
      const cell = this.#cells.get(tensor.id)!;
      const value = tensor.values[step * trace.units + unit]!;
      const [low, high] = tensor.bounds;
      setText(cell.letter, letterOf(trace, tensor.id));
      setText(cell.value, formatValue(value));
      setAttributes(cell.element, { 'data-value': value });
      cell.swatch.style.background = toCss(theme().palette(tensor.scale).colors[Math.max(0, level(value, low, high))]!);
      said.push(`${letterOf(trace, tensor.id)} ${formatValue(value)}`);
    }
    if (spoken) setText(this.#spoken, text('stepUnitValues', step, unit, said.join(', ')));
  }

  #build(trace: ReadTrace): void {
    this.#cells = new Map(
      trace.tensors.map(({ id, title }) => {
        const [swatch, value] = [h('span', { class: 'swatch' }), h('span', { class: 'number' })];
        const letter = h('b', {});
        const element = h('div', { class: 'value', title, 'data-tensor': id }, swatch, letter, value);
        return [id, { element, swatch, letter, value }];
      }),
    );
    this.#values.replaceChildren(...[...this.#cells.values()].map(({ element }) => element));
  }
}
