/** The gate inspector: every gate and state of a layer, every unit at every step, while one sample is read. */
import './base.css';
import './gates.css';
import type { Channel } from '../engine/protocol/channel.ts';
import type { GatesHostSide, InspectorSubject, PageSide } from '../engine/protocol/pages.ts';
import type { UnitOrder } from '../engine/protocol/trace.ts';
import { h, onceAFrame, setAttributes, setText, show } from './dom.ts';
import { Equations } from './equations.ts';
import { GateMaps, type Selection } from './gateMaps.ts';
import { mostChanging, readTrace, type ReadTrace } from './gateTrace.ts';
import { connect, Navigation } from './host.ts';
import { keepHydrated } from './hydration.ts';
import { banner, emptyState } from './notice.ts';
import { Readout } from './readout.ts';
import { Refresher } from './refresher.ts';
import { SamplePicker } from './samplePicker.ts';
import { section } from './section.ts';
import { SubjectHead } from './subjectHead.ts';
import { text, useStrings } from './text.ts';
import { onThemeChange } from './theme.ts';
import { button, dropdown, progressRing, segments } from './toolkit.ts';
import { UnitCurves } from './unitCurves.ts';

const ORDERS = [
  { value: 'similarity', label: 'orderSimilarity', hint: 'orderSimilarityHint' },
  { value: 'decision', label: 'orderDecision', hint: 'orderDecisionHint' },
  { value: 'index', label: 'orderIndex', hint: 'orderIndexHint' },
] as const;

/** Layers up to this number get a button each. */
const MOST_LAYER_BUTTONS = 5;
/** Live traces, at most one in so many ms. */
const LIVE_INTERVAL = 1000;

/** Where the person is; -1 until something was chosen. A type alias, since it must have the index signature of a state. */
type GatesPlace = Readonly<{
  sample: number;
  layer: number;
  order: string;
  step: number;
  unit: number;
  all: boolean;
}>;

class GatesPage {
  readonly #host: Channel<PageSide, GatesHostSide>;
  readonly #navigation = new Navigation<GatesPlace>({
    sample: 0,
    layer: -1,
    order: 'similarity',
    step: -1,
    unit: -1,
    all: false,
  });
  readonly #root = h('main', { class: 'gates' });
  readonly #content: HTMLElement;
  readonly #notices = h('div');
  readonly #head: SubjectHead;
  readonly #sample: SamplePicker;
  readonly #layerButtons = segments(text('layer'), value => {
    this.#goToLayer(value);
  });
  readonly #layerList = dropdown(text('layer'), value => {
    this.#goToLayer(value);
  });
  readonly #orders = segments(text('unitOrder'), value => {
    this.#goTo({ order: value });
  });
  readonly #maps: GateMaps;
  readonly #curves: UnitCurves;
  readonly #curvesTitle = h('span');
  readonly #curvesRoom = h('div');
  readonly #equations = new Equations();
  readonly #equationsTitle = h('span');
  readonly #equationsSection: HTMLElement;
  readonly #cellEquations = h('pre');
  readonly #readout = new Readout();
  readonly #waiting = progressRing(text('loading'));
  readonly #refresher = new Refresher(signal => this.#ask(signal), LIVE_INTERVAL);
  #subject: InspectorSubject | undefined;
  #trace: ReadTrace | undefined;
  /** Order of the units in the trace. */
  #order: UnitOrder = 'similarity';
  #hovered: Selection | undefined;

  constructor(host: Channel<PageSide, GatesHostSide>) {
    this.#host = host;
    const act = (name: 'openTensors' | 'openTraining' | 'openSamples' | 'trainActiveFile') => (): void => {
      void this.#request(() => host.request(name, {}));
    };
    this.#head = new SubjectHead(
      run => {
        void this.#request(() => host.request('showRun', { run }));
      },
      [
        button({ label: text('openTraining'), icon: 'graph-line', appearance: 'icon', press: act('openTraining') }),
        button({ label: text('openTensors'), icon: 'table', appearance: 'icon', press: act('openTensors') }),
      ],
    );
    this.#sample = new SamplePicker(
      sample => {
        this.#goTo({ sample });
      },
      { strip: 0 },
    );
    this.#maps = new GateMaps({
      hover: selection => {
        this.#hovered = selection;
        this.#drawSelection();
      },
      pick: (selection, spoken) => {
        this.#hovered = undefined;
        this.#navigation.go(selection);
        this.#showSelection(spoken);
      },
      toggleAll: () => {
        this.#navigation.go({ all: !this.#navigation.state.all });
        this.#showTrace();
      },
    });
    const overStep = (step: number | undefined): Selection | undefined =>
      step === undefined ? undefined : { step, unit: this.#selection().unit };
    this.#curves = new UnitCurves({
      hover: place => {
        this.#hovered = overStep(place?.column);
        this.#drawSelection();
      },
      pick: ({ column }) => {
        this.#navigation.go({ step: column });
        this.#drawSelection();
      },
    });
    this.#curvesRoom.append(this.#curves.view.element);
    this.#equationsSection = section(this.#equationsTitle, undefined, this.#equations.element);
    this.#content = h(
      'div',
      { class: 'content' },
      this.#head.element,
      this.#sample.element,
      h(
        'div',
        { class: 'choices' },
        h(
          'div',
          { class: 'choice' },
          h('span', { class: 'faint' }, text('layer')),
          this.#layerButtons.element,
          this.#layerList.element,
        ),
        h(
          'div',
          { class: 'choice' },
          h('span', { class: 'faint', title: text('unitOrder') }, text('orderShort')),
          this.#orders.element,
        ),
        this.#waiting,
      ),
      this.#maps.element,
      h('div', { class: 'unit' }, section(this.#curvesTitle, undefined, this.#curvesRoom), this.#equationsSection),
      h('details', {}, h('summary', {}, text('equationsOfCell')), this.#cellEquations),
      this.#readout.element,
    );
    this.#root.append(this.#notices, this.#content);
    document.body.append(this.#root);
    this.#welcome(act('openSamples'), act('trainActiveFile'));
    show(this.#waiting, false);

    host.on('subject', subject => {
      this.#showSubject(subject);
      this.#refresher.now();
    });
    host.on('stale', () => {
      if (document.visibilityState === 'visible') this.#refresher.soon();
    });
    onThemeChange(() => {
      this.#sample.repaint();
      this.#showTrace();
    });
    new ResizeObserver(
      onceAFrame(() => {
        this.#drawSelection();
      }),
    ).observe(this.#root);
  }

  /** Shows what the host says there is, and asks for its trace. */
  hydrate(subject: InspectorSubject | undefined): void {
    this.#showSubject(subject);
    if (subject) this.#refresher.now();
  }

  readonly #welcomeState = h('div');
  #welcome(openSamples: () => void, train: () => void): void {
    this.#welcomeState.append(
      emptyState(
        'pulse',
        text('gatesWelcome'),
        h('p', {}, text('gatesWelcomeText')),
        h('p', { class: 'faint' }, text('gatesWelcomeNext')),
        button({ label: text('trainActiveFile'), icon: 'play', appearance: 'primary', press: train }).element,
        button({ label: text('openSamples'), icon: 'folder-opened', appearance: 'secondary', press: openSamples })
          .element,
      ),
    );
    this.#root.append(this.#welcomeState);
  }

  #showSubject(subject: InspectorSubject | undefined): void {
    const other = subject?.run?.id !== this.#subject?.run?.id || subject?.model.source !== this.#subject?.model.source;
    this.#subject = subject;
    show(this.#welcomeState, subject === undefined);
    show(this.#content, subject !== undefined);
    if (!subject) {
      this.#refresher.stop();
      this.#notices.replaceChildren();
      this.#trace = undefined;
      return;
    }
    if (other && this.#trace) this.#trace = undefined;
    this.#content.classList.toggle('pending', this.#trace === undefined);
    this.#head.subject(subject);
  }

  #goTo(change: Partial<{ sample: number; layer: number; unit: number; order: string }>): void {
    if (this.#navigation.go(change)) {
      this.#showChoices();
      this.#refresher.now();
    }
  }

  /** Units of two layers have nothing in common but their numbers. */
  #goToLayer(layer: string): void {
    this.#goTo({ layer: Number(layer), unit: -1 });
  }

  /** Asks the host for something where only a failure needs to be shown. */
  async #request(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.#notices.replaceChildren(
      banner(
        'error',
        text('couldNotAsk', message),
        button({
          label: text('retry'),
          appearance: 'secondary',
          press: () => {
            this.#refresher.now();
          },
        }).element,
      ),
    );
  }

  async #ask(signal: AbortSignal): Promise<void> {
    if (!this.#subject) return;
    const { sample, layer, order } = this.#navigation.state;
    // A person who waits sees it turn; what a live run does by itself stays quiet.
    const waited = sample !== this.#trace?.sample.index || layer !== this.#trace.layer || order !== this.#order;
    const slow = setTimeout(() => {
      show(this.#waiting, waited);
    }, 300);
    try {
      // Layer -1 stands for the top one, which only an answer tells.
      const params = { sample, layer, order: order as UnitOrder };
      const trace = readTrace(await this.#host.request('trace', params, { signal }));
      if (signal.aborted) return;
      this.#trace = trace;
      this.#order = params.order;
      this.#navigation.go({ sample: trace.sample.index, layer: trace.layer });
      this.#notices.replaceChildren();
      this.#content.classList.remove('pending');
      this.#showTrace();
    } catch (error) {
      if (!signal.aborted) this.#failed(error);
    } finally {
      clearTimeout(slow);
      show(this.#waiting, false);
    }
  }

  #showTrace(): void {
    const trace = this.#trace;
    if (!trace) return;
    this.#showChoices();
    this.#head.trained(trace.epoch, trace.step);
    this.#sample.show(trace);
    // From now on what was shown first is chosen, so that it stays while the numbers change.
    this.#navigation.go(this.#selection());
    this.#maps.show(trace, { byDecision: this.#order === 'decision', all: this.#navigation.state.all });
    setText(this.#cellEquations, trace.info.equations.join('\n'));
    this.#showSelection(false);
  }

  #showChoices(): void {
    const { sample, layer, order } = this.#navigation.state;
    this.#sample.wanted(sample);
    const layers = this.#trace?.layers ?? [];
    const few = layers.length <= MOST_LAYER_BUTTONS;
    const both = layers.some(({ direction }) => direction !== layers[0]!.direction);
    show(this.#layerButtons.element, few);
    show(this.#layerList.element, !few);
    this.#orders.set(
      ORDERS.map(({ value, label, hint }) => ({ value, label: text(label), hint: text(hint) })),
      order,
    );
    if (layers.length === 0) return;
    const chosen = String(layer);
    if (few)
      this.#layerButtons.set(
        layers.map(({ index, number, direction, title }) => {
          const arrow = !both ? '' : direction === 'forward' ? ' →' : ' ←';
          return { value: String(index), label: `${number}${arrow}`, hint: title };
        }),
        chosen,
      );
    else
      this.#layerList.set(
        layers.map(({ index, title }) => ({ value: String(index), label: title })),
        chosen,
      );
  }

  /**
   * What is chosen, within what the trace has; at first the last step of the unit with the largest part, or else of the
   * one that changes most: a relu has units that are 0 for ever.
   */
  #selection(): Selection {
    const { step, unit } = this.#navigation.state;
    const { steps = 1, units = 1, contributions = [] } = this.#trace ?? {};
    const first = (): number =>
      contributions.length > 0
        ? contributions.indexOf(Math.max(...contributions))
        : this.#trace
          ? mostChanging(this.#trace)
          : 0;
    return {
      step: step >= 0 && step < steps ? step : steps - 1,
      unit: unit >= 0 && unit < units ? unit : first(),
    };
  }

  readonly #drawSelection = onceAFrame(() => {
    this.#showSelection(false);
  });

  #showSelection(spoken: boolean): void {
    const trace = this.#trace;
    if (!trace) return;
    const selection = this.#hovered ?? this.#selection();
    if (selection.step >= trace.steps || selection.unit >= trace.units) return;
    this.#maps.mark(selection);
    this.#sample.mark(selection.step);
    this.#readout.show(trace, selection, spoken);
    setText(this.#curvesTitle, text('unitOverTime', selection.unit));
    this.#curves.show(trace, selection, this.#curvesRoom.clientWidth);
    setText(this.#equationsTitle, text('equations', selection.unit, selection.step));
    show(this.#equationsSection, this.#equations.show(trace, selection));
    setAttributes(this.#root, {
      'data-trace-step': trace.step,
      'data-sample': trace.sample.index,
      'data-layer': trace.layer,
      'data-order': this.#order,
    });
  }
}

const host = connect<GatesHostSide>();
let page: GatesPage | undefined;
keepHydrated(
  () => host.request('hydrate', {}),
  ({ strings, subject }) => {
    useStrings(strings);
    page ??= new GatesPage(host);
    page.hydrate(subject);
  },
);
