/** What a page looks at: the run or model, how far it is trained, whether it goes on, and which others there are. */
import type { InspectorSubject, RunHead } from '../engine/protocol/pages.ts';
import type { PageString } from '../engine/protocol/pageStrings.ts';
import { h, setAttributes, setText, show } from './dom.ts';
import { formatCount } from './numbers.ts';
import { text } from './text.ts';
import { type Button, dropdown } from './toolkit.ts';

export const STATUS: Readonly<Record<RunHead['status'], PageString>> = {
  running: 'statusRunning',
  paused: 'statusPaused',
  finished: 'statusFinished',
  stopped: 'statusStopped',
  interrupted: 'statusInterrupted',
  failed: 'statusFailed',
  diverged: 'statusDiverged',
};

/** A drop-down of runs; hides itself where there is nothing to choose. */
export class RunPicker {
  readonly element: HTMLElement;
  readonly #picker;
  constructor(choose: (run: string) => void) {
    this.#picker = dropdown(text('run'), choose);
    this.element = this.#picker.element;
  }

  /** @returns whether there is something to choose, and so the picker shows. */
  set(run: RunHead | undefined, runs: readonly RunHead[]): boolean {
    const all = run && !runs.some(({ id }) => id === run.id) ? [run, ...runs] : runs;
    const several = run !== undefined && all.length > 1;
    show(this.element, several);
    if (!several) return false;
    this.#picker.set(
      all.map(({ id, title, status }) => ({ value: id, label: title, hint: text(STATUS[status]) })),
      run.id,
    );
    return true;
  }
}

export class SubjectHead {
  readonly element: HTMLElement;
  readonly #title = h('h1');
  readonly #detail = h('span', { class: 'faint' });
  readonly #live = h('span', { class: 'live', title: text('liveHint') }, text('live'));
  readonly #trained = h('span', { class: 'faint' });
  readonly #runs: RunPicker;
  #weights: string | undefined;

  constructor(showRun: (run: string) => void, actions: readonly Button[]) {
    this.#runs = new RunPicker(showRun);
    this.element = h(
      'header',
      { class: 'subject' },
      h(
        'div',
        { class: 'line' },
        this.#title,
        this.#runs.element,
        h('span', { class: 'actions' }, ...actions.map(({ element }) => element)),
      ),
      h('div', { class: 'line' }, this.#detail, h('span', { class: 'state' }, this.#live, this.#trained)),
    );
  }

  subject({ run, runs, model, live, weights }: InspectorSubject): void {
    this.#weights = weights;
    setText(this.#title, run?.title ?? model.source);
    setText(this.#detail, text('headline', model.headline, formatCount(model.parameters)));
    setAttributes(this.#detail, { title: `${model.source}:${model.line}` });
    show(this.#live, live);
    this.#title.classList.toggle('spoken', this.#runs.set(run, runs));
  }

  /** How far the weights are trained that the page shows. */
  trained(epoch: number, step: number): void {
    const untrained = this.#weights === undefined ? text('untrained') : text('weightsFrom', this.#weights);
    setText(this.#trained, step === 0 ? untrained : text('epochAndStep', epoch, formatCount(step)));
    setAttributes(this.#trained, { 'data-step': step, 'data-epoch': epoch });
  }
}
