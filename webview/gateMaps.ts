/**
 * The heatmaps of the gate inspector: one per tensor that the trace names, units × steps, in as many columns as fit,
 * under strips of the sample on the same time axis. Selection and focus are linked over all of them.
 */
import { h, setAttributes, setText, show } from './dom.ts';
import { CrossCanvas, type Place } from './crossCanvas.ts';
import { Heatmap } from './heatmap.ts';
import { offsets, snap } from './heatmapPixels.ts';
import { Legend } from './legend.ts';
import { formatSigned } from './numbers.ts';
import { columnsFor, ENLARGED_ROW, GAP, overviewHeight, PARTS_WIDTH, TOP_UNITS } from './gateLayout.ts';
import { className, letterOf, type ReadTrace } from './gateTrace.ts';
import { SAMPLE_VIEWS } from './samples.ts';
import { moved } from './selection.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';
import { AXIS_HEIGHT, drawTimeAxis } from './timeAxis.ts';
import { actionLink } from './toolkit.ts';

/** A step and a unit (its index, not its place in the order). */
export interface Selection {
  readonly step: number;
  readonly unit: number;
}

export interface GateMapsEvents {
  readonly hover: (selection: Selection | undefined) => void;
  /** @param spoken true when chosen by keyboard, so that it should be said aloud. */
  readonly pick: (selection: Selection, spoken: boolean) => void;
  /** Shows or hides all units below the enlarged ones. */
  readonly toggleAll: () => void;
}

/** The maps of all tensors for some of the units. */
interface Block {
  readonly element: HTMLElement;
  readonly maps: readonly TensorMap[];
  readonly parts: HTMLElement[];
  units: readonly number[];
}

interface TensorMap {
  readonly id: string;
  readonly figure: HTMLElement;
  readonly heatmap: Heatmap;
  readonly title: HTMLElement;
  readonly legend: Legend;
}

export class GateMaps {
  readonly element: HTMLElement;
  readonly #events: GateMapsEvents;
  readonly #strips = h('div', { class: 'strips' });
  readonly #topNote = h('p', { class: 'note' });
  readonly #top = h('div', { class: 'block top' });
  readonly #toggle = h('div', { class: 'toggle' });
  readonly #all = h('div', { class: 'block all' });
  readonly #keys: HTMLElement;
  #trace: ReadTrace | undefined;
  #byDecision = false;
  #showAll = false;
  #structure = '';
  #stripCanvases: CrossCanvas[] = [];
  #blocks: { top: Block | undefined; all: Block | undefined } = { top: undefined, all: undefined };
  /** Which map has the keyboard: block and tensor. */
  #focus = 0;

  constructor(events: GateMapsEvents) {
    this.#events = events;
    this.#keys = h('p', { class: 'spoken', id: 'heatmap-keys' }, text('heatmapKeys'));
    this.element = h(
      'div',
      { class: 'gate-maps' },
      this.#keys,
      this.#strips,
      this.#topNote,
      this.#top,
      this.#toggle,
      this.#all,
    );
    this.element.addEventListener('keydown', event => {
      this.#key(event);
    });
    new ResizeObserver(() => {
      this.layout();
    }).observe(this.element);
  }

  /** Shows a trace, ordered by decision with the top units enlarged and all units below on demand. */
  show(trace: ReadTrace, { byDecision, all }: { readonly byDecision: boolean; readonly all: boolean }): void {
    this.#trace = trace;
    this.#byDecision = byDecision;
    this.#showAll = all;
    this.layout();
  }

  /** Puts the cross-hairs of all maps on a selection. */
  mark(selection: Selection | undefined): void {
    for (const strip of this.#stripCanvases) strip.mark(selection && { column: selection.step });
    for (const block of [this.#blocks.top, this.#blocks.all]) {
      if (!block) continue;
      const row = selection ? block.units.indexOf(selection.unit) : -1;
      const place = selection && { column: selection.step, row: row < 0 ? undefined : row };
      for (const { heatmap } of block.maps) heatmap.view.mark(place);
      for (const [index, part] of block.parts.entries())
        part.classList.toggle('selected', index % block.units.length === row);
    }
  }

  /** Lays everything out anew for the width there is, and paints it: also after a change of theme. */
  layout(): void {
    const trace = this.#trace;
    const room = Math.floor(this.element.clientWidth);
    if (!trace || room === 0) return;
    const byDecision = this.#byDecision && trace.contributions !== undefined;
    const gutter = byDecision ? PARTS_WIDTH + GAP : 0;
    const columns = columnsFor(trace.tensors.length, room - gutter, byDecision ? 'enlarged' : 'overview');
    const structure = [columns, byDecision, this.#showAll, ...trace.tensors.map(({ id }) => id)].join();
    if (structure !== this.#structure) {
      this.#structure = structure;
      this.#build(trace, columns, byDecision);
    }
    const each = Math.floor((room - gutter - (columns - 1) * GAP) / columns);
    const ratio = window.devicePixelRatio;
    const width = snap(trace.steps, each * ratio) / ratio;
    this.element.style.setProperty(
      '--template',
      `${byDecision ? `${PARTS_WIDTH}px ` : ''}repeat(${columns}, ${width}px)`,
    );
    this.#paintStrips(trace, width);
    const { top, all } = this.#blocks;
    if (top)
      this.#paintBlock(
        top,
        trace,
        trace.order.slice(0, TOP_UNITS),
        width,
        ENLARGED_ROW * Math.min(TOP_UNITS, trace.units),
      );
    if (all) this.#paintBlock(all, trace, trace.order, width, overviewHeight(trace.units, room >= 700));
    this.#note(trace, byDecision);
  }

  #build(trace: ReadTrace, columns: number, byDecision: boolean): void {
    this.#stripCanvases = Array.from({ length: columns }, () => {
      const strip = new CrossCanvas({
        hover: place => {
          this.#overStep(place?.column, false);
        },
        pick: ({ column }) => {
          this.#overStep(column, true);
        },
      });
      strip.element.classList.add('strip');
      setAttributes(strip.element, { role: 'img' });
      return strip;
    });
    const gutter = byDecision ? [h('div', { class: 'gutter' })] : [];
    this.#strips.replaceChildren(...gutter, ...this.#stripCanvases.map(({ element }) => element));
    this.#blocks = {
      top: byDecision ? this.#makeBlock(this.#top, trace, columns, Math.min(TOP_UNITS, trace.units)) : undefined,
      all:
        !byDecision || this.#showAll
          ? this.#makeBlock(this.#all, trace, columns, byDecision ? 0 : undefined)
          : undefined,
    };
    if (!this.#blocks.top) this.#top.replaceChildren();
    if (!this.#blocks.all) this.#all.replaceChildren();
    show(this.#toggle, byDecision && trace.units > TOP_UNITS);
    const link = actionLink(text('allUnits', trace.units), () => {
      this.#events.toggleAll();
    });
    setAttributes(link, { 'aria-expanded': String(this.#showAll) });
    this.#toggle.replaceChildren(
      h('i', { class: `codicon codicon-chevron-${this.#showAll ? 'down' : 'right'}` }),
      link,
    );
    this.#rove(0, false);
  }

  /** @param parts units in the gutter on the left; 0 leaves it empty, undefined leaves it out. */
  #makeBlock(element: HTMLElement, trace: ReadTrace, columns: number, parts: number | undefined): Block {
    const block: Block = {
      element,
      maps: trace.tensors.map(tensor => this.#makeMap(tensor.id, () => block)),
      parts: [],
      units: [],
    };
    const rows: HTMLElement[] = [];
    for (let first = 0; first < block.maps.length; first += columns) {
      const row = h('div', { class: 'maps' });
      if (parts !== undefined) {
        const made = Array.from({ length: parts }, () =>
          h('div', { class: 'part' }, h('span', { class: 'unit' }), h('span', { class: 'bar' })),
        );
        block.parts.push(...made);
        row.append(h('div', { class: 'gutter', 'aria-hidden': 'true' }, ...made));
      }
      row.append(...block.maps.slice(first, first + columns).map(({ figure }) => figure));
      rows.push(row);
    }
    element.replaceChildren(...rows);
    return block;
  }

  #makeMap(id: string, block: () => Block): TensorMap {
    const selection = (place: Place): Selection => ({ step: place.column, unit: block().units[place.row] ?? 0 });
    const heatmap = new Heatmap({
      hover: place => {
        this.#events.hover(place && selection(place));
      },
      pick: place => {
        this.#rove(
          this.#maps().findIndex(map => map.heatmap === heatmap),
          true,
        );
        this.#events.pick(selection(place), false);
      },
    });
    setAttributes(heatmap.view.element, {
      role: 'application',
      'aria-roledescription': text('heatmapRole'),
      'aria-describedby': this.#keys.id,
      'data-tensor': id,
      tabindex: -1,
    });
    const title = h('span', { class: 'title' });
    const legend = new Legend();
    const figure = h(
      'div',
      { class: 'map' },
      h('div', { class: 'map-head' }, title, legend.element),
      heatmap.view.element,
    );
    return { id, figure, heatmap, title, legend };
  }

  #paintStrips(trace: ReadTrace, width: number): void {
    const view = SAMPLE_VIEWS[trace.sample.kind];
    const height = view.stripHeight(width);
    const now = theme();
    for (const [index, strip] of this.#stripCanvases.entries()) {
      strip.resize(width, height + AXIS_HEIGHT);
      strip.cells(trace.steps, 1);
      strip.draw(context => {
        drawTimeAxis(context, now, { steps: trace.steps, left: 0, width, top: height });
      });
      view.drawOverTime(strip, trace.sample, now, { x: 0, y: 0, width, height });
      // One of them speaks for all.
      setAttributes(strip.element, index === 0 ? { 'aria-label': view.name(trace.sample) } : { 'aria-hidden': 'true' });
    }
  }

  #paintBlock(block: Block, trace: ReadTrace, units: readonly number[], width: number, height: number): void {
    block.units = units;
    const { steps } = trace;
    const columns = offsets(steps, trace.units);
    const rows = offsets(units.length, 1, units);
    for (const [index, map] of block.maps.entries()) {
      const tensor = trace.tensors[index]!;
      map.heatmap.paint({ values: tensor.values, columns, rows, bounds: tensor.bounds }, tensor.scale, width, height);
      map.title.replaceChildren(h('b', {}, letterOf(trace, tensor.id)), ` ${tensor.title}`);
      setAttributes(map.title, { title: tensor.meaning });
      map.legend.set(tensor.id, tensor.scale, tensor.bounds);
      setAttributes(map.heatmap.view.element, {
        'aria-label': text('heatmapName', letterOf(trace, tensor.id), tensor.title, steps, units.length),
      });
    }
    this.#paintParts(block, trace);
  }

  #paintParts(block: Block, trace: ReadTrace): void {
    const { contributions } = trace;
    if (!contributions) return;
    const largest = Math.max(...contributions.map(Math.abs), 1e-9);
    for (const [index, part] of block.parts.entries()) {
      const unit = block.units[index % block.units.length];
      if (unit === undefined) continue;
      const share = contributions[unit] ?? 0;
      const [name, bar] = part.children as unknown as [HTMLElement, HTMLElement];
      setText(name, String(unit));
      bar.style.width = `${(100 * Math.abs(share)) / largest / 2.2}%`;
      part.classList.toggle('against', share < 0);
      setAttributes(part, {
        title: `${text('stepUnit', trace.steps - 1, unit)} · ${formatSigned(share)}`,
        'data-unit': unit,
      });
    }
  }

  #note(trace: ReadTrace, byDecision: boolean): void {
    show(this.#topNote, this.#byDecision);
    if (!this.#byDecision) return;
    const { contributions } = trace;
    if (!byDecision || !contributions) {
      setText(this.#topNote, text('noParts'));
      return;
    }
    const sum = (units: readonly number[]): number => units.reduce((total, unit) => total + contributions[unit]!, 0);
    const winner = trace.predicted === undefined ? '' : className(trace.classNames, trace.predicted);
    const top = trace.order.slice(0, TOP_UNITS);
    setText(
      this.#topNote,
      `${text('topUnits', top.length, winner)}: ${text('topUnitsShare', formatSigned(sum(top)), formatSigned(sum(trace.order)))}`,
    );
    setAttributes(this.#topNote, { title: text('topUnitsHint') });
  }

  #maps(): TensorMap[] {
    return [...(this.#blocks.top?.maps ?? []), ...(this.#blocks.all?.maps ?? [])];
  }

  /** Makes one map the keyboard's stop, and goes there. */
  #rove(index: number, focus: boolean): void {
    const maps = this.#maps();
    this.#focus = Math.min(maps.length - 1, Math.max(0, index));
    for (const [each, { heatmap }] of maps.entries())
      setAttributes(heatmap.view.element, { tabindex: each === this.#focus ? 0 : -1 });
    if (focus) maps[this.#focus]?.heatmap.view.element.focus({ preventScroll: true });
  }

  #key(event: KeyboardEvent): void {
    const trace = this.#trace;
    const maps = this.#maps();
    const index = maps.findIndex(({ heatmap }) => heatmap.view.element === event.target);
    if (!trace || index < 0 || event.altKey || event.metaKey) return;
    if (event.ctrlKey) {
      const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
      if (step === undefined) return;
      this.#rove(index + step, true);
      maps[this.#focus]?.figure.scrollIntoView({ block: 'nearest' });
      event.preventDefault();
      return;
    }
    const block = index < (this.#blocks.top?.maps.length ?? 0) ? this.#blocks.top : this.#blocks.all;
    const { dataset } = maps[index]!.heatmap.view.element;
    if (!block) return;
    const place = { column: Number(dataset['column'] ?? 0), row: Number(dataset['row'] ?? 0) };
    const next = moved(place, event.key, trace.steps, block.units.length);
    if (!next) return;
    event.preventDefault();
    this.#events.pick({ step: next.column, unit: block.units[next.row]! }, true);
  }

  #overStep(step: number | undefined, pick: boolean): void {
    const row = this.#blocks.all ?? this.#blocks.top;
    const marked = Number(row?.maps[0]?.heatmap.view.element.dataset['row'] ?? 0);
    const unit = row?.units[marked];
    if (step === undefined || unit === undefined) this.#events.hover(undefined);
    else if (pick) this.#events.pick({ step, unit }, false);
    else this.#events.hover({ step, unit });
  }
}
