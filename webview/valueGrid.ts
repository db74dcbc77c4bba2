/** The numbers of a tensor around the selection: a window of cells, each in its colour, moved by keyboard. */
import { inkOn, level, toCss } from './colors.ts';
import type { Place } from './crossCanvas.ts';
import { h, setAttributes, setText } from './dom.ts';
import { formatValue } from './numbers.ts';
import { moved } from './selection.ts';
import type { Tensor } from './tensor.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';

/** What the window shows: first row and column, and how many. */
export interface Window {
  readonly row: number;
  readonly column: number;
  readonly rows: number;
  readonly columns: number;
}

const MOST_ROWS = 8;
const CELL_WIDTH = 60;
const HEADER_WIDTH = 44;

/** Moves a window as little as needed so that it holds the place, within a tensor of that size. */
export function windowAround(
  { row, column }: Place,
  window: Window,
  size: { readonly rows: number; readonly columns: number },
): Window {
  const slide = (start: number, length: number, at: number, count: number): number =>
    Math.max(0, Math.min(count - length, at < start ? at : at >= start + length ? at - length + 1 : start));
  const rows = Math.min(window.rows, size.rows);
  const columns = Math.min(window.columns, size.columns);
  return {
    rows,
    columns,
    row: slide(window.row, rows, row, size.rows),
    column: slide(window.column, columns, column, size.columns),
  };
}

export class ValueGrid {
  readonly element = h('div', { class: 'value-grid', role: 'grid' });
  readonly #pick: (place: Place) => void;
  #tensor: Tensor | undefined;
  #window: Window = { row: 0, column: 0, rows: 1, columns: 1 };
  #shape = '';
  #columnHeads: HTMLElement[] = [];
  #lines: { head: HTMLElement; line: HTMLElement; cells: HTMLElement[] }[] = [];

  constructor(pick: (place: Place) => void) {
    this.#pick = pick;
    this.element.addEventListener('keydown', event => {
      const from = placeOf(event.target);
      if (!from || !this.#tensor || event.altKey || event.metaKey || event.ctrlKey) return;
      const to = moved(from, event.key, this.#tensor.columns.count, this.#tensor.rows.count);
      if (!to) return;
      event.preventDefault();
      this.#pick(to);
      this.element.querySelector<HTMLElement>('[tabindex="0"]')?.focus();
    });
    this.element.addEventListener('click', event => {
      const place = placeOf(event.target);
      if (place) this.#pick(place);
    });
  }

  /** Shows the numbers around a place in as many columns as fit. @returns the window. */
  show(tensor: Tensor, place: Place, width: number): Window {
    this.#tensor = tensor;
    const fit = Math.max(1, Math.floor((width - HEADER_WIDTH) / CELL_WIDTH));
    const size = { rows: tensor.rows.count, columns: tensor.columns.count };
    this.#window = windowAround(place, { ...this.#window, rows: MOST_ROWS, columns: fit }, size);
    const { rows, columns } = this.#window;
    if (this.#shape !== `${rows}×${columns}`) this.#build(rows, columns);
    setAttributes(this.element, {
      'aria-label': text('gridName', tensor.id),
      'aria-rowcount': size.rows + 1,
      'aria-colcount': size.columns + 1,
    });
    this.#fill(tensor, place);
    return this.#window;
  }

  #build(rows: number, columns: number): void {
    this.#shape = `${rows}×${columns}`;
    this.element.style.setProperty('--cells', String(columns));
    this.#columnHeads = Array.from({ length: columns }, () => h('div', { role: 'columnheader', class: 'head' }));
    this.#lines = Array.from({ length: rows }, () => {
      const head = h('div', { role: 'rowheader', class: 'head' });
      const cells = Array.from({ length: columns }, () => h('div', { role: 'gridcell', class: 'number' }));
      return { head, cells, line: h('div', { role: 'row' }, head, ...cells) };
    });
    this.element.replaceChildren(
      h(
        'div',
        { role: 'row', 'aria-rowindex': 1 },
        h('div', { role: 'columnheader', class: 'head' }),
        ...this.#columnHeads,
      ),
      ...this.#lines.map(({ line }) => line),
    );
  }

  #fill(tensor: Tensor, place: Place): void {
    const { row: top, column: left } = this.#window;
    const { colors } = theme().palette(tensor.scale);
    const [low, high] = tensor.bounds;
    for (const [x, head] of this.#columnHeads.entries()) {
      setText(head, String(left + x));
      setAttributes(head, { 'aria-colindex': left + x + 2, 'data-chosen': left + x === place.column });
    }
    for (const [y, { head, line, cells }] of this.#lines.entries()) {
      const row = top + y;
      setText(head, String(row));
      setAttributes(head, { 'data-chosen': row === place.row });
      setAttributes(line, { 'aria-rowindex': row + 2 });
      for (const [x, cell] of cells.entries()) {
        const column = left + x;
        const value = tensor.values[row * tensor.columns.count + column]!;
        const entry = level(value, low, high);
        const color = colors[Math.max(0, entry)]!;
        const chosen = row === place.row && column === place.column;
        setText(cell, formatValue(value));
        cell.style.background = entry < 0 ? '' : toCss(color);
        cell.style.color = entry < 0 ? '' : toCss(inkOn(color));
        setAttributes(cell, {
          'aria-colindex': column + 2,
          'aria-selected': String(chosen),
          tabindex: chosen ? 0 : -1,
          'data-row': row,
          'data-column': column,
          'data-value': value,
        });
      }
    }
  }
}

function placeOf(target: EventTarget | null): Place | undefined {
  const { row, column } = target instanceof HTMLElement ? target.dataset : {};
  return row === undefined || column === undefined ? undefined : { row: Number(row), column: Number(column) };
}
