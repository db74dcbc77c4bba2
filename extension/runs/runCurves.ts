/** The metrics of a run as its page shows them: curves that grow, the newest values, and the lines of its epochs. */
import type { MeasureId } from '../../engine/model/measures.ts';
import { epochLine } from '../../engine/runs/epochLine.ts';
import type { MetricRow } from '../../engine/runs/format.ts';
import type { Curve, LatestMetrics } from '../../engine/protocol/pages.ts';

type CurveId = Curve['id'];
const CURVE_IDS: readonly CurveId[] = ['loss', 'train', 'test', 'testSlice'];

/** How much of the curves and lines somebody has already got. */
export interface CurvePosition {
  readonly points: Readonly<Record<CurveId, number>>;
  readonly lines: number;
}

export class RunCurves {
  readonly #curves: Readonly<Record<CurveId, GrowingPoints>> = {
    loss: new GrowingPoints(),
    train: new GrowingPoints(),
    test: new GrowingPoints(),
    testSlice: new GrowingPoints(),
  };
  readonly #measure: MeasureId;
  readonly #lines: string[] = [];
  /** The rows behind the lines. */
  readonly #epochs: { readonly step: number; readonly epoch: number }[] = [];
  /** Rows of the slice, where the newest test is of one. */
  #sliceRows: number | undefined;
  #lastStep = 0;

  /** @param measure what the run is measured by */
  constructor(measure: MeasureId) {
    this.#measure = measure;
  }

  /**
   * Adds rows in the order in which they were written. A run that went on from a checkpoint repeats steps: what stood
   * there before is dropped.
   */
  add(rows: readonly MetricRow[]): void {
    const { loss, train, test, testSlice } = this.#curves;
    for (const row of rows) {
      if (row.step < this.#lastStep) this.rewind(row.step - 1);
      this.#lastStep = row.step;
      switch (row.kind) {
        case 'step':
          loss.push(row.step, row.loss);
          train.push(row.step, row.value);
          break;
        case 'test':
          this.#sliceRows = row.slice;
          (row.slice === undefined ? test : testSlice).push(row.step, row.value);
          break;
        case 'epoch':
          this.#lines.push(epochLine(row, this.#measure));
          this.#epochs.push(row);
          if (test.lastX === row.step) break;
          this.#sliceRows = undefined;
          test.push(row.step, row.test);
          break;
      }
    }
  }

  /** Drops everything after a training step. */
  rewind(step: number): void {
    for (const id of CURVE_IDS) this.#curves[id].truncate(step);
    while ((this.#epochs.at(-1)?.step ?? 0) > step) {
      this.#epochs.pop();
      this.#lines.pop();
    }
    this.#sliceRows = undefined;
    this.#lastStep = Math.min(this.#lastStep, step);
  }

  get latest(): LatestMetrics {
    const { loss, train, test, testSlice } = this.#curves;
    return {
      loss: loss.lastY,
      train: train.lastY,
      test: this.#sliceRows === undefined ? test.lastY : testSlice.lastY,
      sliceRows: this.#sliceRows,
    };
  }

  /** The measure over the whole test split, as the last epoch ended with. */
  get tested(): number | undefined {
    return this.#curves.test.lastY;
  }

  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Training steps in an epoch; undefined before the first epoch has ended. */
  get stepsPerEpoch(): number | undefined {
    const [first] = this.#epochs;
    return first && Math.round(first.step / (first.epoch + 1));
  }

  get position(): CurvePosition {
    const points = Object.fromEntries(CURVE_IDS.map(id => [id, this.#curves[id].count])) as Record<CurveId, number>;
    return { points, lines: this.#lines.length };
  }

  /** All curves, or what came after a position; curves without a new point are left out then. */
  since(position?: CurvePosition): Curve[] {
    return CURVE_IDS.map(id => ({ id, from: position?.points[id] ?? 0 }))
      .filter(({ id, from }) => !position || this.#curves[id].count > from)
      .map(({ id, from }) => ({ id, points: this.#curves[id].slice(from) }));
  }

  linesSince(position: CurvePosition): readonly string[] {
    return this.#lines.slice(position.lines);
  }
}

/** Points x, y one after the other in memory that doubles when it is full. */
class GrowingPoints {
  #values = new Float64Array(256);
  #length = 0;

  get count(): number {
    return this.#length / 2;
  }

  get lastX(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[this.#length - 2];
  }

  get lastY(): number | undefined {
    return this.#length === 0 ? undefined : this.#values[this.#length - 1];
  }

  push(x: number, y: number): void {
    if (this.#length === this.#values.length) {
      const larger = new Float64Array(this.#length * 2);
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values[this.#length++] = x;
    this.#values[this.#length++] = y;
  }

  /** Drops the points right of x. */
  truncate(x: number): void {
    while (this.#length > 0 && this.#values[this.#length - 2]! > x) this.#length -= 2;
  }

  /** A copy of the points from an index on. */
  slice(from: number): ArrayBuffer {
    return this.#values.slice(from * 2, this.#length).buffer;
  }
}
