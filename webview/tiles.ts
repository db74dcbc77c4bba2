/** The row of figures on top of the training panel. */
import { MEASURES } from '../engine/model/measures.ts';
import type { MeasureHead, TrainingSnapshot } from '../engine/protocol/pages.ts';
import { h, setAttributes, setText, show } from './dom.ts';
import { formatCount, formatDuration, formatLoss, formatMeasure } from './numbers.ts';
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
  /** With the name of the run's measure, where it has one. */
  readonly label: (measure: MeasureHead) => string;
  /** @param step of the last point, 0 before any. */
  readonly figure: (snapshot: TrainingSnapshot, step: number) => Figure | undefined;
  /** Whether it says something about the run; always where left out. */
  readonly shown?: (snapshot: TrainingSnapshot) => boolean;
}

const isGoing = ({ progress }: TrainingSnapshot): boolean => progress !== undefined;

const TILES: readonly Tile[] = [
  {
    id: 'epoch',
    label: () => text('tileEpoch'),
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
    label: () => text('tileStep'),
    figure: ({ progress, settings: { epochs }, stepsPerEpoch }, step) => {
      const steps = progress?.steps ?? epochs * (stepsPerEpoch ?? 0);
      return step > 0
        ? { value: formatCount(progress?.step ?? step), unit: text('ofCount', formatCount(steps)) }
        : undefined;
    },
  },
  {
    id: 'loss',
    label: () => text('tileLoss'),
    figure: ({ latest: { loss } }) => (loss === undefined ? undefined : { value: formatLoss(loss) }),
  },
  {
    id: 'train',
    label: ({ short }) => text('tileTrain', short),
    shown: ({ measure }) => !MEASURES[measure.id].isLoss,
    figure: ({ measure, latest: { train } }) =>
      train === undefined ? undefined : { value: formatMeasure(measure.id, train) },
  },
  {
    id: 'test',
    label: ({ short }) => text('tileTest', short),
    figure: ({ measure, latest: { test, sliceRows } }) =>
      test === undefined
        ? undefined
        : {
            value: formatMeasure(measure.id, test),
            ...(sliceRows === undefined
              ? {}
              : { note: text('onSlice', formatCount(sliceRows)), hint: text('onSliceHint', formatCount(sliceRows)) }),
          },
  },
  {
    id: 'speed',
    label: () => text('tileSpeed'),
    shown: isGoing,
    figure: ({ progress }) =>
      progress && { value: formatCount(progress.samplesPerSecond), unit: text('samplesPerSecond') },
  },
  {
    id: 'timeLeft',
    label: () => text('tileTimeLeft'),
    shown: isGoing,
    figure: ({ progress }) => progress && { value: formatDuration(progress.secondsLeft) },
  },
];

export class Tiles {
  readonly element = h('div', { class: 'tiles' });
  readonly #tiles = TILES.map(tile => {
    const parts = {
      name: h('div', { class: 'faint' }),
      value: h('span', { class: 'figure' }),
      unit: h('span', { class: 'faint' }),
      note: h('div', { class: 'slice' }),
    };
    const element = h(
      'div',
      { class: 'tile', 'data-tile': tile.id },
      parts.name,
      h('div', { class: 'line' }, parts.value, parts.unit),
      parts.note,
    );
    this.element.append(element);
    return { ...tile, ...parts, element };
  });

  show(snapshot: TrainingSnapshot, step: number): void {
    for (const { label, figure, shown: isShown, name, value, unit, note, element } of this.#tiles) {
      const shown = figure(snapshot, step);
      show(element, isShown?.(snapshot) ?? true);
      setText(name, label(snapshot.measure));
      setText(value, shown?.value ?? '–');
      setText(unit, shown?.unit ?? '');
      setText(note, shown?.note ?? '');
      show(note, shown?.note !== undefined);
      element.classList.toggle('none', shown === undefined);
      setAttributes(element, { title: shown?.hint, 'data-value': shown?.value });
    }
  }
}
