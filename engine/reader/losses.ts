/**
 * Losses as a program writes them: of every value or row first, then scaled, masked and brought to one number, each by an
 * operation of its framework. Null where the description has no word for what is meant; then only the shape goes on.
 */
import { type Phrase, phrase } from '../model/phrase.ts';
import { type Graph, isBatch } from './graph.ts';
import { shaped } from './shapeRules.ts';
import type { Dimension } from './sizes.ts';
import { type Abstract, type Derivation, NONE, shortText, type Tensor } from './values.ts';

export type LossDerivation = Extract<Derivation, { readonly op: 'loss' }>;

/** The options that a program gives to a loss, by the framework's names. */
export class LossArguments {
  /** What of them the description cannot say. */
  readonly open: Phrase[] = [];
  readonly #given: (name: string) => Abstract | undefined;

  /** @param given an option; undefined or none where the program gives none. */
  constructor(given: (name: string) => Abstract | undefined) {
    this.#given = given;
  }

  /** An option that the program gives. */
  get(name: string): Abstract | undefined {
    const value = this.#given(name);
    return value?.kind === 'none' ? undefined : value;
  }

  /** A number; what is given and is none stays open. */
  number(name: string): number | undefined {
    const value = this.get(name);
    if (value?.kind === 'number') return value.value;
    if (value !== undefined) this.leaveOpen(name);
    return undefined;
  }

  leaveOpen(name: string): void {
    this.open.push(phrase('{0} cannot be run yet: {1}', name, shortText(this.get(name) ?? NONE)));
  }
}

/** An axis over which the losses have been added up or averaged. */
export interface ReducedAxis {
  readonly size: Dimension | null;
  readonly by: 'mean' | 'sum';
  /** The values of one row, where a loss has several. */
  readonly values: boolean;
}

/** The loss that a tensor is, if it is one. */
export function lossOf(of: Tensor | null): LossDerivation | null {
  return of?.derivation?.op === 'loss' ? of.derivation : null;
}

/** Squares or magnitudes of a difference: a loss of every value. Whichever of the two is fed is the target. */
export function distance(
  graph: Graph,
  of: Tensor,
  kind: 'mean_squared_error' | 'mean_absolute_error',
): LossDerivation | null {
  if (of.derivation?.op !== 'difference') return null;
  const { left, right, factor } = of.derivation;
  const [prediction, target] =
    graph.inputOf(right) !== null || right.ref === undefined ? [left, right] : [right, left];
  graph.use(target, 'target');
  const scale = factor === undefined ? undefined : kind === 'mean_squared_error' ? factor ** 2 : Math.abs(factor);
  return { op: 'loss', kind, prediction, target, fromLogits: false, reduction: 'none', ...(scale && { factor: scale }) };
} // prettier-ignore

/** A loss times a number. */
export function scaledLoss(of: Tensor, by: number): Tensor | null {
  const loss = lossOf(of);
  // What is added for the size of weights would have to be scaled, too.
  return loss === null || loss.penalties !== undefined ? null : { ...of, derivation: { ...loss, factor: (loss.factor ?? 1) * by } }; // prettier-ignore
}

/** A loss and what a program adds to it for the size of weights. */
export function penalizedLoss(of: Tensor, by: Abstract | undefined): Tensor | null {
  const loss = lossOf(of);
  if (loss === null || loss.reduction === 'none' || by?.kind !== 'penalty') return null;
  return { ...of, derivation: { ...loss, penalties: [...(loss.penalties ?? []), by.penalty] } };
}

/** A loss of every step times the mask of the steps, `[B, T]` or `[B, T, 1]`. */
export function maskedLoss(of: Tensor, mask: Tensor): Tensor | null {
  const loss = lossOf(of);
  if (loss === null || of.axes === null || mask.axes === null || mask.derivation?.op !== 'mask') return null;
  const fits = of.axes.length === 2 ? mask.axes.length === 2 : mask.axes.length === 3 && mask.axes[2]!.size === 1;
  const whole = isBatch(of.axes[0]) && loss.reduction === 'none' && (loss.reduced ?? []).every(({ values }) => values);
  return fits && whole && loss.mask === undefined ? { ...of, derivation: { ...loss, mask: mask.derivation.of } } : null;
}

/** The losses of the steps that count alone, one after the other (`tf.boolean_mask`). */
export function selectedLoss(of: Tensor, mask: Tensor): Tensor | null {
  const [first, second, ...values] = of.axes ?? [];
  if (first === undefined || second === undefined || mask.axes?.length !== 2) return null;
  // A mask in front of the values of each row.
  const wide = { ...mask, axes: [...mask.axes, ...values.map(() => ({ name: '', size: 1 }))] };
  const masked = maskedLoss(of, wide);
  const loss = lossOf(masked);
  if (loss === null) return null;
  return { ...of, axes: [{ name: '', size: null }, ...values], derivation: { ...loss, selected: true } };
}

/**
 * The mean or sum over some axes of a loss.
 * @param places of the axes, from the front.
 */
export function reducedLoss(of: Tensor, places: readonly number[], by: 'mean' | 'sum'): Tensor | null {
  const loss = lossOf(of);
  const { axes } = of;
  if (loss === null || axes === null) return null;
  // One number is its own mean and sum.
  if (loss.reduction !== 'none') return of;
  let { factor = 1 } = loss;
  const { classes, ...rest } = loss;
  const last = axes.length - 1;
  const gone = places.filter(place => !(classes === true && place === last));
  if (gone.length < places.length) {
    // The sum over the classes is the loss of a row; their mean is that, divided by their number.
    const count = axes[last]!.size;
    if (by === 'mean' && typeof count !== 'number') return null;
    if (by === 'mean') factor /= count as number;
  }
  const before = loss.reduced ?? [];
  const valued = !loss.kind.includes('softmax') && before.every(({ values }) => !values);
  const width = valued && loss.prediction.axes?.length === axes.length + before.length + (loss.selected === true ? 1 : 0); // prettier-ignore
  const reduced: readonly ReducedAxis[] = [
    ...before,
    ...gone.map(place => ({ size: axes[place]!.size, by, values: width && place === last && last > 0 })),
  ];
  const left = axes.filter((_, place) => !places.includes(place));
  const open = classes === true && gone.length === places.length;
  const next = { ...rest, ...(open ? { classes } : {}), reduced, factor };
  const derivation = left.length > 0 ? next : wholeLoss(next);
  return derivation === null ? null : { ...shaped(of, left), derivation };
}

function product(axes: readonly ReducedAxis[]): number | null {
  return axes.reduce<number | null>(
    (all, { size }) => (all === null || typeof size !== 'number' ? null : all * size),
    1,
  );
}

/** A loss of which no axis is left, by what has been done to each: the mean or the sum over all rows, times a number. */
function wholeLoss(loss: LossDerivation): LossDerivation | null {
  const { reduced = [], factor = 1 } = loss;
  const values = reduced.filter(axis => axis.values);
  const rows = reduced.filter(axis => !axis.values);
  const [summed, averaged] = (['sum', 'mean'] as const).map(by => rows.filter(axis => axis.by === by));
  const made = (reduction: LossDerivation['reduction'], by: number | null): LossDerivation | null =>
    by === null ? null : { ...loss, reduction, factor: factor * by };
  const times = (a: number | null, b: number | null): number | null => (a === null || b === null ? null : a * b);
  // A mean over rows takes the mean of each row's values, a sum all values.
  const inMean = product(values.filter(({ by }) => by === 'sum'));
  const width = product(values.filter(({ by }) => by === 'mean'));
  const inSum = width === null ? null : 1 / width;
  if (averaged!.length === 0) return made('sum', inSum);
  if (summed!.length === 0) return made(loss.selected === true ? 'mean_over_mask' : 'mean', inMean);
  if (loss.selected === true) return null;
  const [total, parts] = [product(summed!), product(averaged!)];
  return made('mean', times(total, inMean)) ?? (parts === null ? null : made('sum', times(1 / parts, inSum)));
}

/** The sum of a masked loss, divided by the number of steps that count: their mean. */
export function perCountedStep(of: Tensor, by: Tensor): Tensor | null {
  const loss = lossOf(of);
  if (loss?.reduction !== 'sum' || loss.mask === undefined || by.derivation?.op !== 'counted') return null;
  const { reduced = [], factor = 1 } = loss;
  const same = JSON.stringify(by.derivation.of) === JSON.stringify(loss.mask);
  const width = product(reduced.filter(({ values }) => values));
  if (!same || width === null || reduced.some(axis => !axis.values && axis.by === 'mean')) return null;
  return { ...of, derivation: { ...loss, reduction: 'mean_over_mask', factor: factor * width } };
}
