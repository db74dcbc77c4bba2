/** Chooses a test sample, and says what it is and what the network makes of it. */
import type { GateTrace } from '../engine/protocol/trace.ts';
import { CrossCanvas } from './crossCanvas.ts';
import { h, icon, onceAFrame, setAttributes, setText, show } from './dom.ts';
import { className, predictedClass } from './gateTrace.ts';
import { formatCount, formatLoss, formatPercent, formatShort } from './numbers.ts';
import { SampleKey } from './sampleKey.ts';
import { type ReadSample, SAMPLE_VIEWS } from './samples.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';
import { AXIS_HEIGHT, drawTimeAxis } from './timeAxis.ts';
import { button, textField } from './toolkit.ts';

type Answer = Pick<GateTrace, 'classNames' | 'sampleCount' | 'probabilities'> & { readonly sample: ReadSample };

const PICTURE = 56;

/** Whether the sample itself is drawn under the picker, on its time axis: where the page has it nowhere else. */
export interface SamplePickerOptions {
  /** Height of the strip; 0 for none, undefined as the kind of sample has it. */
  readonly strip?: number | undefined;
}

export class SamplePicker {
  readonly element: HTMLElement;
  readonly #choose: (sample: number) => void;
  readonly #picture = new CrossCanvas();
  readonly #field;
  readonly #count = h('span', { class: 'faint' });
  readonly #label = h('span');
  readonly #prediction = h('span', { class: 'prediction' });
  readonly #verdictLine = h('div', { class: 'verdict' }, this.#label, this.#prediction);
  readonly #bars = h('div', { class: 'probabilities', role: 'img' });
  readonly #answerText = h('span', { class: 'answer-text' });
  readonly #key = new SampleKey();
  readonly #answerLine = h('div', { class: 'answer' }, this.#key.element, this.#answerText);
  readonly #strip = new CrossCanvas({
    hover: place => {
      this.mark(place?.column);
    },
    pick: ({ column }) => {
      this.mark(column);
    },
  });
  readonly #stripHeight: number | undefined;
  #sample = 0;
  #last = 0;
  #answer: Answer | undefined;

  constructor(choose: (sample: number) => void, { strip }: SamplePickerOptions = {}) {
    this.#choose = choose;
    this.#stripHeight = strip;
    this.#field = textField(text('sample'), {
      commit: value => {
        const wanted = Number.parseInt(value, 10);
        if (Number.isInteger(wanted)) this.#go(wanted);
        this.#field.text = String(this.#sample);
      },
    });
    this.#field.element.addEventListener('keydown', event => {
      const step = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (step === undefined) return;
      event.preventDefault();
      this.#go(this.#sample + step);
    });
    const press = (label: string, symbol: string, to: () => number): HTMLElement =>
      button({
        label,
        icon: symbol,
        appearance: 'icon',
        press: () => {
          this.#go(to());
        },
      }).element;
    setAttributes(this.#picture.element, { role: 'img' });
    this.#picture.element.classList.add('picture');
    this.element = h(
      'section',
      { class: 'sample', 'aria-label': text('sample') },
      this.#picture.element,
      h(
        'div',
        { class: 'about' },
        h(
          'div',
          { class: 'pick' },
          press(text('samplePrevious'), 'chevron-left', () => this.#sample - 1),
          this.#field.element,
          press(text('sampleNext'), 'chevron-right', () => this.#sample + 1),
          press(text('sampleRandom'), 'arrow-swap', () => Math.floor(Math.random() * (this.#last + 1))),
          this.#count,
        ),
        this.#verdictLine,
        this.#answerLine,
      ),
      this.#bars,
      this.#strip.element,
    );
    this.#strip.element.classList.add('time-strip');
    setAttributes(this.#strip.element, { role: 'img' });
    show(this.#strip.element, false);
    if (strip !== 0)
      new ResizeObserver(
        onceAFrame(() => {
          this.#paintStrip();
        }),
      ).observe(this.element);
  }

  /** The sample that is wanted, before its answer is there. */
  wanted(sample: number): void {
    this.#sample = sample;
    this.#field.text = String(sample);
  }

  show(answer: Answer): void {
    this.#answer = answer;
    this.#last = Math.max(0, answer.sampleCount - 1);
    this.wanted(answer.sample.index);
    setAttributes(this.#field.element, { 'aria-label': text('sampleIndex', this.#last) });
    setText(this.#count, text('sampleOf', formatCount(answer.sampleCount)));
    this.#verdict(answer);
    this.#key.show(answer.sample);
    this.#sayAnswer(undefined);
    this.repaint();
  }

  /** Marks the step that is chosen, in the upright picture (a row of the image) or in the strip, and says its answer. */
  mark(step: number | undefined): void {
    const image = this.#answer?.sample.kind === 'image';
    this.#picture.mark(image && step !== undefined ? { column: 0, row: step } : undefined);
    this.#strip.mark(step === undefined ? undefined : { column: step });
    this.#sayAnswer(step);
  }

  /** Paints again in the colours of a new theme. */
  repaint(): void {
    this.#paintStrip();
    const sample = this.#answer?.sample;
    const view = sample && SAMPLE_VIEWS[sample.kind];
    show(this.#picture.element, view?.drawUpright !== undefined);
    if (!sample || !view?.drawUpright) return;
    this.#picture.resize(PICTURE, PICTURE);
    this.#picture.cells(1, sample.steps);
    view.drawUpright(this.#picture, sample, theme());
    setAttributes(this.#picture.element, { 'aria-label': text('sampleUpright', sample.index) });
  }

  #paintStrip(): void {
    const sample = this.#answer?.sample;
    const view = sample && SAMPLE_VIEWS[sample.kind];
    const drawn = sample && view?.drawUpright === undefined && this.#stripHeight !== 0 ? view : undefined;
    show(this.#strip.element, drawn !== undefined);
    if (!sample || !drawn) return;
    const style = getComputedStyle(this.element);
    const width = Math.floor(
      this.element.clientWidth - Number.parseFloat(style.paddingLeft) - Number.parseFloat(style.paddingRight),
    );
    if (!(width > 0)) return;
    const height = (sample.kind === 'series' ? this.#stripHeight : undefined) ?? drawn.stripHeight(width);
    const now = theme();
    this.#strip.resize(width, height + AXIS_HEIGHT);
    this.#strip.cells(sample.steps, 1);
    this.#strip.draw(context => {
      drawTimeAxis(context, now, { steps: sample.steps, left: 0, width, top: height });
    });
    drawn.drawOverTime(this.#strip, sample, now, { x: 0, y: 0, width, height });
    setAttributes(this.#strip.element, { 'aria-label': drawn.name(sample), 'data-kind': sample.kind });
  }

  /** What the network answers: at one step, or on the whole. */
  #sayAnswer(step: number | undefined): void {
    const sample = this.#answer?.sample;
    const answer = sample?.answer;
    show(this.#answerText, answer !== undefined);
    if (!sample || !answer) return;
    const { of, everyStep, width, wanted, given } = answer;
    const written = (values: Float32Array): string => Array.from(values, formatShort).join(', ');
    const name = (token: number): string => className(this.#answer?.classNames, token);
    const said = (values: Float32Array): string =>
      of === 'labels' ? Array.from(values, name).join(' ') : written(values);
    if (!everyStep) {
      setText(this.#answerText, text('answerOnce', said(wanted), said(given)));
    } else if (step !== undefined && step < sample.steps) {
      const at = (values: Float32Array): string => said(values.subarray(step * width, (step + 1) * width));
      setText(this.#answerText, text('answerAt', step, at(wanted), at(given)));
    } else if (of === 'labels') {
      const right = wanted.reduce((count, label, k) => (label === given[k] ? count + 1 : count), 0);
      setText(this.#answerText, text('answerRight', right, wanted.length));
    } else {
      const error = wanted.reduce((sum, value, k) => sum + (value - given[k]!) ** 2, 0) / wanted.length;
      setText(this.#answerText, text('answerError', formatLoss(error)));
    }
    setAttributes(this.#answerText, { 'data-answer': this.#answerText.textContent });
  }

  #go(sample: number): void {
    const to = Math.min(this.#last, Math.max(0, sample));
    if (to === this.#sample && this.#answer?.sample.index === to) return;
    this.wanted(to);
    this.#choose(to);
  }

  #verdict({ sample: { label }, classNames, probabilities }: Answer): void {
    const predicted = predictedClass(probabilities);
    const name = (index: number): string => className(classNames, index);
    show(this.#verdictLine, label !== undefined || predicted !== undefined);
    show(this.#label, label !== undefined);
    if (label !== undefined) this.#label.replaceChildren(text('label', name(label)));
    show(this.#prediction, predicted !== undefined);
    show(this.#bars, probabilities !== undefined && probabilities.length <= 20);
    if (predicted === undefined || !probabilities) return;
    const share = formatPercent(probabilities[predicted]!, 1);
    const wrong = label !== undefined && label !== predicted;
    this.#prediction.classList.toggle('mistake', wrong);
    this.#prediction.replaceChildren(
      ...(label === undefined ? [] : [icon(wrong ? 'error' : 'check')]),
      text('predicted', name(predicted)),
      h('span', { class: 'faint' }, share),
    );
    const said = text(
      wrong ? 'predictedWrong' : 'predictedRight',
      label === undefined ? '–' : name(label),
      name(predicted),
      share,
    );
    setAttributes(this.#prediction, { 'aria-label': said, title: said, role: 'note', 'data-predicted': predicted });
    if (probabilities.length > 20) return;
    setAttributes(this.#bars, {
      'aria-label': `${text('probabilities')}: ${probabilities.map((each, index) => text('probabilityOf', name(index), formatPercent(each, 1))).join(', ')}`,
    });
    this.#bars.replaceChildren(
      ...probabilities.map((probability, index) => {
        const fill = h('span', { class: 'fill' });
        fill.style.height = `${Math.max(2, 100 * probability)}%`;
        const kind = index === label ? 'true' : index === predicted ? 'guess' : '';
        return h(
          'span',
          { class: `class ${kind}`, title: text('probabilityOf', name(index), formatPercent(probability, 1)) },
          h('span', { class: 'column' }, fill),
          h('span', { class: 'name' }, name(index)),
        );
      }),
    );
  }
}
