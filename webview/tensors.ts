/** The tensor inspector: what the program's names hold for one sample, number by number, and how they hang together. */
import './base.css';
import './tensors.css';
import type { Channel } from '../engine/protocol/channel.ts';
import type { InspectorSubject, PageSide, TensorsHostSide } from '../engine/protocol/pages.ts';
import type { TensorTrace } from '../engine/protocol/trace.ts';
import type { Place } from './crossCanvas.ts';
import { h, onceAFrame, setAttributes, setText, show } from './dom.ts';
import { Heatmap } from './heatmap.ts';
import { offsets, snap } from './heatmapPixels.ts';
import { Histogram } from './histogram.ts';
import { connect, Navigation } from './host.ts';
import { keepHydrated } from './hydration.ts';
import { Legend } from './legend.ts';
import { banner, emptyState } from './notice.ts';
import { formatCount, formatPercent, formatValue } from './numbers.ts';
import { numpyArray } from './numpyText.ts';
import { Proofs } from './proofs.ts';
import { Refresher } from './refresher.ts';
import { SamplePicker } from './samplePicker.ts';
import { type ReadSample, readSample } from './samples.ts';
import { section } from './section.ts';
import { type Statistics, statisticsOf } from './statistics.ts';
import type { PageString } from '../engine/protocol/pageStrings.ts';
import { SubjectHead } from './subjectHead.ts';
import { formatShape, readTensor, type Tensor } from './tensor.ts';
import { TensorList } from './tensorList.ts';
import { text, useStrings } from './text.ts';
import { onThemeChange } from './theme.ts';
import { button } from './toolkit.ts';
import { ValueGrid } from './valueGrid.ts';

const LIVE_INTERVAL = 1000;
/** What stands beside the rows of a proof: their names and values. */
const PROOF_MARGIN = 200;

/** Statistics that are shown, in order. */
const FIGURES: readonly { readonly label: PageString; readonly write: (statistics: Statistics) => string }[] = [
  { label: 'statMin', write: ({ min }) => formatValue(min) },
  { label: 'statMax', write: ({ max }) => formatValue(max) },
  { label: 'statMean', write: ({ mean }) => formatValue(mean) },
  { label: 'statStd', write: ({ std }) => formatValue(std) },
  { label: 'statSaturated', write: ({ saturated }) => formatPercent(saturated, 1) },
  { label: 'statMissing', write: ({ nan, infinite }) => `${formatCount(nan)}, ${formatCount(infinite)}` },
];

interface Read extends Omit<TensorTrace, 'sample' | 'tensors' | 'states'> {
  readonly sample: ReadSample;
  readonly tensors: readonly Tensor[];
  readonly states: readonly Tensor[];
}

class TensorsPage {
  readonly #host: Channel<PageSide, TensorsHostSide>;
  readonly #navigation = new Navigation<Readonly<{ sample: number; tensor: string; row: number; column: number }>>({
    sample: 0,
    tensor: 'outputs',
    row: -1,
    column: 0,
  });
  readonly #root = h('main', { class: 'tensors' });
  readonly #notices = h('div');
  readonly #content: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #head: SubjectHead;
  readonly #sample: SamplePicker;
  readonly #list: TensorList;
  readonly #name = h('code');
  readonly #shape = h('span');
  readonly #meaning = h('p', { class: 'faint' });
  readonly #legend = new Legend();
  readonly #heatmap: Heatmap;
  readonly #window = h('div', { class: 'window' });
  readonly #axis = h('span', { class: 'faint' });
  readonly #value = h('div', { class: 'chosen', 'aria-live': 'polite' });
  readonly #range = h('span');
  readonly #grid: ValueGrid;
  readonly #figures = FIGURES.map(({ label, write }) => ({
    write,
    label: text(label),
    value: h('dd', { class: 'number' }),
  }));
  readonly #histogram = new Histogram();
  readonly #side: HTMLElement;
  readonly #main: HTMLElement;
  readonly #proofs: Proofs;
  readonly #copy;
  readonly #refresher = new Refresher(signal => this.#ask(signal), LIVE_INTERVAL);
  #subject: InspectorSubject | undefined;
  #read: Read | undefined;

  constructor(host: Channel<PageSide, TensorsHostSide>) {
    this.#host = host;
    this.#head = new SubjectHead(
      run => {
        void this.#request(() => host.request('showRun', { run }));
      },
      [
        button({
          label: text('openGates'),
          icon: 'pulse',
          appearance: 'icon',
          press: () => {
            void this.#request(() => host.request('openGates', {}));
          },
        }),
      ],
    );
    this.#sample = new SamplePicker(sample => {
      this.#navigation.go({ sample });
      this.#refresher.now();
    });
    this.#list = new TensorList(id => {
      this.select(id);
    });
    this.#heatmap = new Heatmap({
      hover: place => {
        this.#showPlace(place ?? this.#place());
      },
      pick: place => {
        this.#goTo(place);
      },
    });
    this.#heatmap.view.element.append(this.#window);
    setAttributes(this.#heatmap.view.element, { role: 'img' });
    this.#grid = new ValueGrid(place => {
      this.#goTo(place);
    });
    this.#proofs = new Proofs(column => {
      this.#goTo({ ...this.#place(), column });
    });
    this.#copy = button({
      label: text('copyNumpy'),
      icon: 'copy',
      appearance: 'secondary',
      press: () => {
        void this.#copyTensor();
      },
    });
    this.#main = h(
      'div',
      { class: 'middle' },
      h('div', { class: 'title' }, h('h1', {}, this.#name, ' ', this.#shape), this.#copy.element),
      this.#meaning,
      h('div', { class: 'over' }, this.#axis, this.#legend.element),
      this.#heatmap.view.element,
      this.#value,
      h('div', { class: 'section-head' }, h('h2', {}, text('numbers')), h('span', { class: 'aside' }, this.#range)),
      this.#grid.element,
      section(text('proof'), undefined, this.#proofs.element),
    );
    this.#side = h(
      'div',
      { class: 'side' },
      section(
        text('statistics'),
        undefined,
        h('dl', {}, ...this.#figures.flatMap(({ label, value }) => [h('dt', {}, label), value])),
      ),
      section(text('histogram'), undefined, this.#histogram.view.element),
    );
    this.#content = h(
      'div',
      { class: 'content' },
      this.#head.element,
      this.#sample.element,
      h('div', { class: 'body' }, this.#list.element, this.#main, this.#side),
    );
    this.#empty = emptyState('table', text('noSubject'), h('p', {}, text('noSubjectHint')));
    this.#root.append(this.#notices, this.#content, this.#empty);
    document.body.append(this.#root);
    host.on('subject', subject => {
      this.hydrate(subject, undefined);
    });
    host.on('stale', () => {
      if (document.visibilityState === 'visible') this.#refresher.soon();
    });
    host.on('select', ({ tensor }) => {
      this.select(tensor);
    });
    const redraw = onceAFrame(() => {
      this.#show();
    });
    onThemeChange(() => {
      this.#sample.repaint();
      redraw();
    });
    new ResizeObserver(redraw).observe(this.#root);
  }

  hydrate(subject: InspectorSubject | undefined, tensor: string | undefined): void {
    if (subject?.run?.id !== this.#subject?.run?.id) this.#read = undefined;
    this.#subject = subject;
    show(this.#content, subject !== undefined);
    show(this.#empty, subject === undefined);
    if (tensor !== undefined) this.#navigation.go({ tensor });
    if (!subject) {
      this.#refresher.stop();
      return;
    }
    this.#content.classList.toggle('pending', this.#read === undefined);
    this.#head.subject(subject);
    this.#refresher.now();
  }

  /** Shows the tensor of this id. */
  select(tensor: string): void {
    this.#navigation.go({ tensor });
    this.#show();
  }

  async #request(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    const retry = button({
      label: text('retry'),
      appearance: 'secondary',
      press: () => {
        this.#refresher.now();
      },
    });
    this.#notices.replaceChildren(banner('error', text('couldNotAsk', message), retry.element));
  }

  async #ask(signal: AbortSignal): Promise<void> {
    if (!this.#subject) return;
    try {
      const trace = await this.#host.request('tensors', { sample: this.#navigation.state.sample }, { signal });
      this.#read = {
        ...trace,
        sample: readSample(trace.sample),
        tensors: trace.tensors.map(readTensor),
        states: trace.states.map(readTensor),
      };
      this.#notices.replaceChildren();
      this.#content.classList.remove('pending');
      this.#show();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    }
  }

  #find(id: string): Tensor | undefined {
    return [...(this.#read?.tensors ?? []), ...(this.#read?.states ?? [])].find(tensor => tensor.id === id);
  }

  #tensor(): Tensor | undefined {
    return this.#find(this.#navigation.state.tensor) ?? this.#read?.tensors[0];
  }

  /** The chosen place within the tensor that is shown; at first the last row. */
  #place(): Place {
    const tensor = this.#tensor();
    const { row, column } = this.#navigation.state;
    const last = (tensor?.rows.count ?? 1) - 1;
    return {
      row: row < 0 ? last : Math.min(row, last),
      column: Math.min(column, (tensor?.columns.count ?? 1) - 1),
    };
  }

  #goTo(place: Place): void {
    this.#navigation.go({ row: place.row, column: place.column });
    this.#showPlace(place);
  }

  #show(): void {
    const read = this.#read;
    const tensor = this.#tensor();
    if (!read || !tensor) return;
    this.#sample.show(read);
    this.#head.trained(read.epoch, read.step);
    const [outputs, ...steps] = read.tensors;
    this.#list.show(
      [
        { title: text('groupOutputs'), tensors: outputs ? [outputs] : [] },
        {
          title: statesTitle(read.states),
          note: text(read.states.some(({ id }) => id.includes('[')) ? 'statesExplained' : 'stateExplained'),
          tensors: read.states,
        },
        { title: text('groupSteps'), tensors: steps },
      ],
      tensor.id,
    );
    this.#showTensor(tensor);
    this.#proofs.show(read.proofs, id => this.#find(id), this.#proofWidth());
    this.#showPlace(this.#place());
    setAttributes(this.#root, {
      'data-tensor': tensor.id,
      'data-sample': read.sample.index,
      'data-trace-step': read.step,
    });
  }

  /** In a narrow page names and values of a proof stand above its rows, as in our style. */
  #proofWidth(): number {
    const room = this.#grid.element.clientWidth;
    return matchMedia('(max-width: 560px)').matches ? room : room - PROOF_MARGIN;
  }

  #showTensor(tensor: Tensor): void {
    const { rows, columns } = tensor;
    setText(this.#name, tensor.id);
    setText(this.#shape, `float32 ${formatShape(tensor)}`);
    setText(this.#meaning, tensor.meaning);
    setText(this.#axis, `↓ ${rows.name}   → ${columns.name}`);
    this.#legend.set(tensor.id, tensor.scale, tensor.bounds);
    const ratio = window.devicePixelRatio;
    const width = snap(columns.count, this.#grid.element.clientWidth * ratio) / ratio;
    const height = Math.min(320, Math.max(24, rows.count * Math.max(1, Math.min(24, Math.floor(224 / rows.count)))));
    this.#heatmap.paint(
      {
        values: tensor.values,
        columns: offsets(columns.count, 1),
        rows: offsets(rows.count, columns.count),
        bounds: tensor.bounds,
      },
      tensor.scale,
      width,
      height,
    );
    this.#main.style.setProperty('--map-width', `${width}px`);
    setAttributes(this.#heatmap.view.element, {
      'aria-label': `${tensor.id} ${formatShape(tensor)}: ${tensor.meaning}`,
      'data-tensor': tensor.id,
    });
    const statistics = statisticsOf(tensor.values);
    for (const { write, value } of this.#figures) setText(value, write(statistics));
    this.#histogram.show(tensor, statistics, Math.min(this.#side.clientWidth - 28, 320));
  }

  #showPlace(place: Place): void {
    const tensor = this.#tensor();
    if (!tensor || place.row >= tensor.rows.count || place.column >= tensor.columns.count) return;
    const value = tensor.values[place.row * tensor.columns.count + place.column]!;
    this.#heatmap.view.mark(place);
    setText(this.#value, `${tensor.id}[${place.row}, ${place.column}] = ${formatValue(value)}`);
    setAttributes(this.#value, { 'data-value': value, 'data-row': place.row, 'data-column': place.column });
    const { row, column, rows, columns } = this.#grid.show(tensor, place, this.#grid.element.clientWidth);
    setText(
      this.#range,
      text('windowOf', row, row + rows - 1, tensor.rows.count, column, column + columns - 1, tensor.columns.count),
    );
    const { width, height } = this.#heatmap.view;
    const [cellWidth, cellHeight] = [width / tensor.columns.count, height / tensor.rows.count];
    this.#window.style.transform = `translate(${column * cellWidth}px, ${row * cellHeight}px)`;
    this.#window.style.width = `${columns * cellWidth}px`;
    this.#window.style.height = `${rows * cellHeight}px`;
    this.#proofs.mark(place.column);
  }

  async #copyTensor(): Promise<void> {
    const tensor = this.#tensor();
    if (!tensor) return;
    const { values, rows, columns } = tensor;
    await this.#request(() => this.#host.request('copy', { text: numpyArray(values, rows.count, columns.count) }));
    this.#copy.name(text('copied'));
    setTimeout(() => {
      this.#copy.name(text('copyNumpy'));
    }, 1500);
  }
}

/** `States: 3 × (c, h)`, by the parts that the states have; a state that stands bare is h. */
function statesTitle(states: readonly Tensor[]): string {
  const parts = [...new Set(states.map(({ id }) => id.split('.')[1] ?? 'h'))];
  const layers = states.length / parts.length;
  return layers === 1
    ? text('groupState', parts.join(', '))
    : text('groupStates', layers, parts.length === 1 ? parts[0]! : `(${parts.join(', ')})`);
}

const host = connect<TensorsHostSide>();
let page: TensorsPage | undefined;
keepHydrated(
  () => host.request('hydrate', {}),
  ({ strings, subject, tensor }) => {
    useStrings(strings);
    page ??= new TensorsPage(host);
    page.hydrate(subject, tensor);
  },
);
