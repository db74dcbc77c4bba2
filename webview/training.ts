/** The training panel: watches a run, and starts, pauses, stops and resumes it. */
import './base.css';
import './training.css';
import type { Channel } from '../engine/protocol/channel.ts';
import { MEASURES, type MeasureId } from '../engine/model/measures.ts';
import type { PageSide, RunHead, TrainingHostSide, TrainingSnapshot } from '../engine/protocol/pages.ts';
import { Comparison } from './comparison.ts';
import { CurveChart, type CurveStyle, type ShownCurve } from './curveChart.ts';
import { h, onceAFrame, setAttributes, setText, show } from './dom.ts';
import { connect, Navigation } from './host.ts';
import { keepHydrated } from './hydration.ts';
import { banner, emptyState } from './notice.ts';
import { formatCount, formatLoss, formatMeasure, formatPercent } from './numbers.ts';
import { type Points, smooth, toList } from './points.ts';
import { Refresher } from './refresher.ts';
import { SamplePicker } from './samplePicker.ts';
import { readSample } from './samples.ts';
import { section } from './section.ts';
import { SettingsForm } from './settingsForm.ts';
import { RunPicker, STATUS } from './subjectHead.ts';
import { text, useStrings } from './text.ts';
import { onThemeChange } from './theme.ts';
import { Tiles } from './tiles.ts';
import { actionLink, type Button, button, dropdown } from './toolkit.ts';
import { TrainingState } from './trainingState.ts';

type Actions =
  | 'pause'
  | 'resume'
  | 'stop'
  | 'resumeFromCheckpoint'
  | 'revealSource'
  | 'chooseData'
  | 'chooseSizes'
  | 'openGates'
  | 'openTensors';

/** Weights of the past that can be chosen; with 0 the curve is as it is. */
const SMOOTHINGS = [0, 0.6, 0.9, 0.98];

/** The buttons of a run, by its status. */
const BUTTONS: Readonly<Record<RunHead['status'], readonly Actions[]>> = {
  running: ['pause', 'stop'],
  paused: ['resume', 'stop'],
  finished: [],
  stopped: ['resumeFromCheckpoint'],
  interrupted: [], // their banner has it
  failed: [],
  diverged: [],
};

const tick = (value: number): string => String(Number(value.toPrecision(3)));

function curveKey(): HTMLElement {
  return h(
    'span',
    { class: 'key' },
    h('span', { class: 'train' }, text('curveTrain')),
    h('span', { class: 'test' }, text('curveTest')),
    h('span', { class: 'slices' }, text('curveSlice')),
  );
}

/** Samples of a live run, at most one in so many ms. */
const LIVE_INTERVAL = 1000;

/** A type alias, since it must have the index signature of a state; `compared` has the ids of runs. */
type TrainingPlace = Readonly<{ logarithmic: boolean; smoothing: number; sample: number; compared: string }>;

class TrainingPage {
  readonly #host: Channel<PageSide, TrainingHostSide>;
  readonly #navigation = new Navigation<TrainingPlace>({ logarithmic: true, smoothing: 0.9, sample: 0, compared: '' });
  readonly #comparison: Comparison;
  readonly #sample: SamplePicker;
  readonly #sampleSection: HTMLElement;
  readonly #lookAtSample = actionLink(text('lookAtSample'), () => {
    this.#refresher.now();
  });
  readonly #refresher = new Refresher(signal => this.#askSample(signal), LIVE_INTERVAL);
  /** Run and step of the sample that is shown. */
  #sampleOf = '';
  readonly #root = h('main', { class: 'training' });
  readonly #notices = h('div');
  readonly #banners = h('div');
  readonly #content: HTMLElement;
  readonly #empty: HTMLElement;
  readonly #title = h('h1');
  readonly #detail = h('span', { class: 'faint' });
  readonly #source = h('span');
  readonly #status = h('span', { class: 'status' });
  readonly #runs: RunPicker;
  readonly #buttons: Readonly<Partial<Record<Actions, Button>>>;
  readonly #tiles = new Tiles();
  readonly #notTrained: HTMLElement;
  readonly #waiting: HTMLElement;
  readonly #charts: HTMLElement;
  readonly #loss: CurveChart;
  /** By what test rows are judged, where that is not the loss. */
  readonly #measure: CurveChart;
  readonly #lossTitle = h('span');
  readonly #lossKey: HTMLElement;
  readonly #measureTitle = h('span');
  readonly #measureKey = curveKey();
  readonly #measureSection: HTMLElement;
  #measureId: MeasureId = 'accuracy';
  readonly #logarithmic: Button;
  readonly #smoothing;
  readonly #settings: SettingsForm;
  readonly #data = h('span');
  readonly #sizes = h('ul', { class: 'sizes', 'aria-label': text('sizesTold') });
  readonly #engine = h('span');
  readonly #lines = h('pre', { class: 'lines', role: 'log', tabindex: 0, 'aria-label': text('printedLines') });
  readonly #printed: HTMLElement;
  readonly #noLines = h('p', { class: 'note' }, text('noLines'));
  #state: TrainingState | undefined;
  readonly #draw = onceAFrame(() => {
    this.#show();
  });

  /** @param missed asks the host for a new snapshot. */
  constructor(host: Channel<PageSide, TrainingHostSide>, missed: () => void) {
    this.#host = host;
    this.#runs = new RunPicker(run => {
      void this.#request(() => host.request('showRun', { run }));
    });
    const make = (name: Actions, symbol: string, appearance: 'primary' | 'secondary' | 'icon'): Button =>
      button({
        label: text(name),
        icon: symbol,
        appearance,
        press: () => {
          this.#do(name);
        },
      });
    this.#buttons = {
      pause: make('pause', 'debug-pause', 'secondary'),
      resume: make('resume', 'debug-continue', 'primary'),
      stop: make('stop', 'debug-stop', 'secondary'),
      resumeFromCheckpoint: make('resumeFromCheckpoint', 'debug-continue', 'primary'),
    };
    this.#loss = new CurveChart({ format: formatLoss, formatTick: tick });
    this.#measure = new CurveChart({
      format: value => formatMeasure(this.#measureId, value),
      formatTick: value =>
        this.#isShare ? formatPercent(value, value * 100 === Math.round(value * 100) ? 0 : 1) : tick(value),
      most: () => (this.#isShare ? 1 : undefined),
    });
    this.#comparison = new Comparison({
      ask: run => host.request('curves', { run }),
      changed: () => {
        this.#navigation.go({ compared: this.#comparison.compared.map(({ run }) => run.id).join(' ') });
        this.#draw();
      },
    });
    this.#sample = new SamplePicker(
      sample => {
        this.#navigation.go({ sample });
        this.#refresher.now();
      },
      { strip: 190 },
    );
    this.#sampleSection = section(text('testSample'), undefined, this.#lookAtSample, this.#sample.element);
    this.#logarithmic = button({
      label: text('logScale'),
      appearance: 'secondary',
      press: () => {
        this.#navigation.go({ logarithmic: !this.#navigation.state.logarithmic });
        this.#draw();
      },
    });
    this.#smoothing = dropdown(text('smoothing'), value => {
      this.#navigation.go({ smoothing: Number(value) });
      this.#draw();
    });
    this.#settings = new SettingsForm(settings => {
      void this.#request(() => host.request('start', settings));
    });
    const open = (name: 'openGates' | 'openTensors', symbol: string): HTMLElement => make(name, symbol, 'icon').element;
    this.#lossKey = curveKey();
    this.#measureSection = section(this.#measureTitle, this.#measureKey, this.#measure.element);
    this.#charts = h(
      'div',
      { class: 'charts' },
      section(
        this.#lossTitle,
        h(
          'span',
          { class: 'tools' },
          this.#lossKey,
          this.#smoothing.element,
          h('span', { class: 'segments' }, this.#logarithmic.element),
        ),
        this.#loss.element,
      ),
      this.#measureSection,
    );
    this.#notTrained = emptyState('graph-line', text('notTrained'), h('p', { class: 'faint' }, text('notTrainedHint')));
    this.#waiting = emptyState('watch', text('waitingForSteps'));
    this.#printed = section(text('printedLines'), undefined, this.#noLines, this.#lines);
    this.#content = h(
      'div',
      { class: 'content' },
      h(
        'header',
        { class: 'subject' },
        h(
          'div',
          { class: 'line' },
          h('span', { class: 'name' }, this.#title, this.#runs.element, this.#status),
          h(
            'span',
            { class: 'actions' },
            ...Object.values(this.#buttons).map(({ element }) => element),
            open('openGates', 'pulse'),
            open('openTensors', 'table'),
          ),
        ),
        h('div', { class: 'line' }, h('span', { class: 'model' }, this.#detail, this.#source)),
      ),
      this.#banners,
      this.#tiles.element,
      h(
        'div',
        { class: 'columns' },
        h(
          'div',
          { class: 'main' },
          this.#notTrained,
          this.#waiting,
          this.#comparison.element,
          this.#charts,
          this.#sampleSection,
          this.#printed,
        ),
        h(
          'div',
          { class: 'side' },
          section(text('settings'), undefined, this.#settings.element),
          section(
            text('data'),
            actionLink(text('chooseData'), () => {
              this.#do('chooseData');
            }),
            this.#data,
            this.#sizes,
            h('div', { class: 'faint' }, this.#engine),
          ),
        ),
      ),
    );
    this.#empty = emptyState('graph-line', text('noModel'), h('p', {}, text('noModelHint')));
    this.#root.append(this.#notices, this.#content, this.#empty);
    document.body.append(this.#root);
    host.on('snapshot', snapshot => {
      this.hydrate(snapshot);
    });
    host.on('change', change => {
      if (this.#state?.apply(change)) this.#draw();
      else missed();
    });
    onThemeChange(() => {
      this.#loss.dress();
      this.#measure.dress();
      this.#sample.repaint();
    });
  }

  /** Shows a snapshot of the host's. */
  hydrate(snapshot: TrainingSnapshot): void {
    const first = this.#state === undefined;
    this.#state = new TrainingState(snapshot);
    this.#show();
    if (first)
      for (const id of this.#navigation.state.compared.split(' '))
        if (snapshot.runs.some(run => run.id === id)) void this.#comparison.add(id);
  }

  #do(name: Actions): void {
    void this.#request(() => this.#host.request(name, {}));
  }

  async #request(ask: () => Promise<unknown>): Promise<void> {
    try {
      await ask();
      this.#notices.replaceChildren();
    } catch (error) {
      this.#notices.replaceChildren(
        banner('error', text('couldNotAsk', error instanceof Error ? error.message : String(error))),
      );
    }
  }

  #show(): void {
    const state = this.#state;
    if (!state) return;
    const { now } = state;
    const { run } = now;
    const model = run?.model ?? now.model;
    show(this.#content, model !== undefined);
    show(this.#empty, model === undefined);
    if (!model) return;
    const lost = state.curve('loss');
    const lastStep = lost.count > 0 ? lost.x(lost.count - 1) : 0;
    setText(this.#title, run?.title ?? model.source);
    this.#title.classList.toggle('spoken', this.#runs.set(run, now.runs));
    setText(this.#detail, text('headline', model.headline, formatCount(model.parameters)));
    const place = `${model.source}:${model.line}`;
    if (this.#source.textContent !== place) {
      const link = actionLink(place, () => {
        this.#do('revealSource');
      });
      setAttributes(link, { title: text('openSource', model.source, model.line) });
      this.#source.replaceChildren(link);
    }
    setText(this.#status, run ? text(STATUS[run.status]) : '');
    setAttributes(this.#status, { 'data-status': run?.status });
    show(this.#status, run !== undefined);
    for (const [name, { element }] of Object.entries(this.#buttons)) {
      const offered = run !== undefined && BUTTONS[run.status].includes(name as Actions);
      show(element, offered && (name !== 'resumeFromCheckpoint' || run.resumable));
    }
    this.#showBanners(run);
    this.#tiles.show(now, lastStep);
    const going = run?.status === 'running' || run?.status === 'paused';
    show(this.#waiting, going && lastStep === 0);
    show(this.#notTrained, !going && lastStep === 0);
    show(this.#tiles.element, run !== undefined);
    show(this.#charts, lastStep > 0);
    show(this.#printed, run !== undefined);
    this.#comparison.set(lastStep > 0 ? run : undefined, now.runs);
    this.#settings.show(now, going);
    setText(this.#data, now.data);
    this.#showSizes(now);
    setText(this.#engine, now.engine);
    this.#showLines(state.lines);
    this.#showCurves(state, lastStep);
    this.#showSample(run, lastStep);
    setAttributes(this.#root, { 'data-step': lastStep, 'data-run': run?.id, 'data-status': run?.status });
  }

  #shownSizes = '';
  #showSizes({ sizes }: TrainingSnapshot): void {
    const key = JSON.stringify(sizes);
    if (key === this.#shownSizes) return;
    this.#shownSizes = key;
    show(this.#sizes, sizes.length > 0);
    const change = actionLink(text('chooseSizes'), () => {
      this.#do('chooseSizes');
    });
    this.#sizes.replaceChildren(
      ...sizes.map(({ name, value, by }) =>
        h(
          'li',
          {},
          h('code', {}, `${name} = ${value}`),
          ' ',
          by === 'data' ? h('span', { class: 'faint' }, text('sizeByData')) : change,
        ),
      ),
    );
  }

  /** Asks for the sample anew where the weights have changed; of a run that is not open, when the person asks. */
  #showSample(run: RunHead | undefined, lastStep: number): void {
    const [shown] = this.#sampleOf.split(' ');
    const known = run !== undefined && shown === run.id;
    show(this.#sampleSection, run !== undefined && lastStep > 0);
    show(this.#lookAtSample, !known && run?.open === false);
    show(this.#sample.element, known);
    if (!run || lastStep === 0 || !(run.open || known)) return;
    if (this.#sampleOf !== `${run.id} ${lastStep}`) this.#refresher.soon();
  }

  async #askSample(signal: AbortSignal): Promise<void> {
    const id = this.#state?.now.run?.id;
    if (id === undefined || document.visibilityState !== 'visible') return;
    try {
      const answer = await this.#host.request('sample', { sample: this.#navigation.state.sample }, { signal });
      if (signal.aborted || this.#state?.now.run?.id !== id) return;
      this.#sampleOf = `${id} ${answer.step}`;
      show(this.#lookAtSample, false);
      show(this.#sample.element, true);
      this.#sample.show({ ...answer, sample: readSample(answer.sample) });
      setAttributes(this.#sampleSection, { 'data-sample-step': answer.step });
    } catch (error) {
      if (!signal.aborted)
        await this.#request(() => Promise.reject(error instanceof Error ? error : new Error(String(error))));
    }
  }

  #shownBanners = '';
  #showBanners(run: RunHead | undefined): void {
    const key = JSON.stringify([run?.id, run?.status, run?.reason, run?.sourceChanged]);
    if (key === this.#shownBanners) return;
    this.#shownBanners = key;
    const link = (name: 'resumeFromCheckpoint' | 'revealSource'): HTMLElement =>
      button({
        label: text(name),
        appearance: 'secondary',
        press: () => {
          this.#do(name);
        },
      }).element;
    const resume = run?.resumable ? [link('resumeFromCheckpoint')] : [];
    const reason = run?.reason ?? text('bannerNoReason');
    const banners: HTMLElement[] = [];
    if (run?.status === 'failed') banners.push(banner('error', text('bannerFailed', reason), ...resume));
    if (run?.status === 'diverged') banners.push(banner('error', text('bannerDiverged', reason)));
    if (run?.status === 'interrupted') banners.push(banner('warning', text('bannerInterrupted'), ...resume));
    if (run?.sourceChanged) banners.push(banner('info', text('bannerSourceChanged'), link('revealSource')));
    this.#banners.replaceChildren(...banners);
  }

  #showLines(lines: readonly string[]): void {
    show(this.#noLines, lines.length === 0);
    show(this.#lines, lines.length > 0);
    const atEnd = this.#lines.scrollHeight - this.#lines.scrollTop - this.#lines.clientHeight < 20;
    setText(this.#lines, lines.join('\n'));
    if (atEnd) this.#lines.scrollTop = this.#lines.scrollHeight;
  }

  #showCurves(state: TrainingState, lastStep: number): void {
    const { logarithmic, smoothing } = this.#navigation.state;
    const { stepsPerEpoch, latest, measure } = state.now;
    const { isLoss } = MEASURES[measure.id];
    this.#measureId = measure.id;
    const title = measure.title.charAt(0).toUpperCase() + measure.title.slice(1);
    setText(this.#lossTitle, isLoss ? title : text('chartLoss'));
    setText(this.#measureTitle, title);
    const { compared } = this.#comparison;
    const several = compared.length > 0;
    // Beside other runs the legend of the runs tells the colours.
    show(this.#lossKey, isLoss && !several);
    show(this.#measureKey, !several);
    show(this.#measureSection, !isLoss);
    this.#charts.classList.toggle('single', isLoss);
    this.#logarithmic.mark(logarithmic);
    this.#smoothing.set(
      SMOOTHINGS.map(weight => ({
        value: String(weight),
        label: weight === 0 ? text('smoothingOff') : text('smoothingOf', weight),
      })),
      String(smoothing),
    );
    // Twice the same curve where it is smoothed: as it is, faint, and smoothed above.
    const pair = (points: Points, label: string, raw: string): ShownCurve[] => {
      const list = toList(points);
      const color = 'charts-blue';
      if (smoothing === 0 || several) return [{ label, color, look: 'line', points: smooth(list, smoothing) }];
      return [
        { label, color, look: 'line', points: smooth(list, smoothing) },
        { label: raw, color, look: 'faint', points: list },
      ];
    };
    /** Of another run: one line, smoothed as that of the shown one. */
    const others = (id: 'loss' | 'test', look: CurveStyle['look']): ShownCurve[] =>
      compared
        .filter(other => id === 'loss' || other.measure.id === measure.id)
        .map(({ name, color, curve }) => ({
          label: name,
          color,
          look,
          points: look === 'line' ? smooth(toList(curve(id)), smoothing) : toList(curve(id)),
        }));
    const testColor = several ? this.#comparison.color : 'charts-green';
    const tests: ShownCurve[] = [
      { label: text('curveTest'), color: testColor, look: 'epochs', points: toList(state.curve('test')) },
      { label: text('curveSlice'), color: testColor, look: 'slices', points: toList(state.curve('testSlice')) },
      ...others('test', 'epochs'),
    ];
    const loss = state.curve('loss');
    let lowest = Number.POSITIVE_INFINITY;
    for (let index = 0; index < loss.count; index++) lowest = Math.min(lowest, loss.y(index));
    if (this.#isLogarithmic !== logarithmic) this.#loss.logarithmic(logarithmic);
    this.#isLogarithmic = logarithmic;
    this.#loss.show(
      [...(isLoss ? tests : []), ...pair(loss, text('curveLoss'), text('curveLossRaw')), ...others('loss', 'line')],
      stepsPerEpoch,
      loss.count === 0
        ? text('noCurve')
        : text('lossSummary', formatLoss(latest.loss ?? loss.y(loss.count - 1)), lastStep, formatLoss(lowest)),
    );
    if (isLoss) return;
    const written = (value: number | undefined): string =>
      value === undefined ? '–' : formatMeasure(measure.id, value);
    // Beside other runs only what compares is drawn: the test.
    const train = several ? [] : pair(state.curve('train'), text('curveTrain'), text('curveTrain'));
    this.#measure.show(
      [...tests, ...train],
      stepsPerEpoch,
      text('measureSummary', title, written(latest.train), written(latest.test)),
    );
  }
  get #isShare(): boolean {
    return MEASURES[this.#measureId].written === 'percent';
  }
  #isLogarithmic = false;
}

const host = connect<TrainingHostSide>();
let page: TrainingPage | undefined;
const hydrate = keepHydrated(
  () => host.request('hydrate', {}),
  ({ strings, snapshot }) => {
    useStrings(strings);
    page ??= new TrainingPage(host, hydrate);
    page.hydrate(snapshot);
  },
);
