/** Chooses a test sample, and says what it is and what the network makes of it. */
import type { GateTrace } from '../engine/protocol/trace.ts';
import { CrossCanvas } from './crossCanvas.ts';
import { h, icon, setAttributes, setText, show } from './dom.ts';
import { className, predictedClass } from './gateTrace.ts';
import { formatCount, formatPercent } from './numbers.ts';
import { type ReadSample, SAMPLE_VIEWS } from './samples.ts';
import { text } from './text.ts';
import { theme } from './theme.ts';
import { button, textField } from './toolkit.ts';

type Answer = Pick<GateTrace, 'classNames' | 'sampleCount' | 'probabilities'> & { readonly sample: ReadSample };

const PICTURE = 56;

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
  #sample = 0;
  #last = 0;
  #answer: Answer | undefined;

  constructor(choose: (sample: number) => void) {
    this.#choose = choose;
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
      ),
      this.#bars,
    );
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
    this.repaint();
  }

  /** Marks the step that is chosen in the upright picture: a row of the image. */
  mark(step: number): void {
    this.#picture.mark(this.#answer?.sample.kind === 'image' ? { column: 0, row: step } : undefined);
  }

  /** Paints again in the colours of a new theme. */
  repaint(): void {
    const sample = this.#answer?.sample;
    const view = sample && SAMPLE_VIEWS[sample.kind];
    show(this.#picture.element, view?.drawUpright !== undefined);
    if (!sample || !view?.drawUpright) return;
    this.#picture.resize(PICTURE, PICTURE);
    this.#picture.cells(1, sample.steps);
    view.drawUpright(this.#picture, sample, theme());
    setAttributes(this.#picture.element, { 'aria-label': text('sampleUpright', sample.index) });
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
