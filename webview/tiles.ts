/** The row of figures on top of the training panel. */
import type { TrainingSnapshot } from '../engine/protocol/pages.ts';
import type { PageString } from '../engine/protocol/pageStrings.ts';
import { h, setAttributes, setText, show } from './dom.ts';
import { formatCount, formatDuration, formatLoss, formatPercent } from './numbers.ts';
import { text } from './text.ts';

interface Figure {
  readonly value: string;
  readonly unit?: string;
  /** A line of its own below. */
  readonly note?: string;
  readonly hint?: string;
}

interface Tile {
  readonly id: string;
  readonly label: PageString;
  /** @param step of the last point, 0 before any. */
  readonly figure: (snapshot: TrainingSnapshot, step: number) => Figure | undefined;
  /** Says nothing about a run that does not go on. */
  readonly whileRunning?: true;
}

const TILES: readonly Tile[] = [
  {
    id: 'epoch',
    label: 'tileEpoch',
    figure: ({ progress, settings: { epochs }, stepsPerEpoch }, step) => {
      if (progress)
        return { value: String(Math.min(progress.epoch + 1, progress.epochs)), unit: text('ofCount', progress.epochs) };
      return stepsPerEpoch && step > 0
        ? { value: String(Math.ceil(step / stepsPerEpoch)), unit: text('ofCount', epochs) }
        : undefined;
    },
  },
  {
    id: 'step',
    label: 'tileStep',
    figure: ({ progress, settings: { epochs }, stepsPerEpoch }, step) => {
      const steps = progress?.steps ?? epochs * (stepsPerEpoch ?? 0);
      return step > 0
        ? { value: formatCount(progress?.step ?? step), unit: text('ofCount', formatCount(steps)) }
        : undefined;
    },
  },
  {
    id: 'loss',
    label: 'tileLoss',
    figure: ({ latest: { loss } }) => (loss === undefined ? undefined : { value: formatLoss(loss) }),
  },
  {
    id: 'trainAccuracy',
    label: 'tileTrainAccuracy',
    figure: ({ latest: { trainAccuracy } }) =>
      trainAccuracy === undefined ? undefined : { value: formatPercent(trainAccuracy) },
  },
  {
    id: 'testAccuracy',
    label: 'tileTestAccuracy',
    figure: ({ latest: { testAccuracy, testSlice } }) =>
      testAccuracy === undefined
        ? undefined
        : {
            value: formatPercent(testAccuracy),
            ...(testSlice === undefined
              ? {}
              : { note: text('onSlice', formatCount(testSlice)), hint: text('onSliceHint', formatCount(testSlice)) }),
          },
  },
  {
    id: 'speed',
    label: 'tileSpeed',
    whileRunning: true,
    figure: ({ progress }) =>
      progress && { value: formatCount(progress.samplesPerSecond), unit: text('samplesPerSecond') },
  },
  {
    id: 'timeLeft',
    label: 'tileTimeLeft',
    whileRunning: true,
    figure: ({ progress }) => progress && { value: formatDuration(progress.secondsLeft) },
  },
];

export class Tiles {
  readonly element = h('div', { class: 'tiles' });
  readonly #tiles = TILES.map(tile => {
    const parts = {
      value: h('span', { class: 'figure' }),
      unit: h('span', { class: 'faint' }),
      note: h('div', { class: 'slice' }),
    };
    const element = h(
      'div',
      { class: 'tile', 'data-tile': tile.id },
      h('div', { class: 'faint' }, text(tile.label)),
      h('div', { class: 'line' }, parts.value, parts.unit),
      parts.note,
    );
    this.element.append(element);
    return { ...tile, ...parts, element };
  });

  show(snapshot: TrainingSnapshot, step: number): void {
    for (const { figure, whileRunning, value, unit, note, element } of this.#tiles) {
      const shown = figure(snapshot, step);
      show(element, !whileRunning || snapshot.progress !== undefined);
      setText(value, shown?.value ?? '–');
      setText(unit, shown?.unit ?? '');
      setText(note, shown?.note ?? '');
      show(note, shown?.note !== undefined);
      element.classList.toggle('none', shown === undefined);
      setAttributes(element, { title: shown?.hint, 'data-value': shown?.value });
    }
  }
}
