/** What the training panel knows: a snapshot of the host's and the changes after it, in order. No DOM in here. */
import type { Curve, TrainingChange, TrainingSnapshot } from '../engine/protocol/pages.ts';
import { Points } from './points.ts';

/** The last lines that are kept to be shown. */
const MOST_LINES = 500;

export class TrainingState {
  readonly #curves = new Map<Curve['id'], Points>();
  #snapshot: TrainingSnapshot;
  #lines: string[];
  #sequence: number;

  constructor(snapshot: TrainingSnapshot) {
    this.#snapshot = snapshot;
    this.#sequence = snapshot.sequence;
    this.#lines = snapshot.lines.slice(-MOST_LINES);
    this.#append(snapshot.curves);
  }

  /** The snapshot with the changes since. */
  get now(): TrainingSnapshot {
    return this.#snapshot;
  }
  get lines(): readonly string[] {
    return this.#lines;
  }
  curve(id: Curve['id']): Points {
    return this.#curves.get(id) ?? new Points();
  }

  /** @returns false where changes have been missed: then only a new snapshot helps. A change known already is left out. */
  apply(change: TrainingChange): boolean {
    if (change.sequence <= this.#sequence) return true;
    if (change.sequence !== this.#sequence + 1 || change.run.id !== this.#snapshot.run?.id) return false;
    this.#sequence = change.sequence;
    const { run, progress, latest } = change;
    this.#snapshot = { ...this.#snapshot, run, progress, latest };
    this.#lines = [...this.#lines, ...change.newLines].slice(-MOST_LINES);
    this.#append(change.append);
    return true;
  }

  #append(curves: readonly Curve[]): void {
    for (const { id, points } of curves) {
      const known = this.#curves.get(id) ?? new Points();
      this.#curves.set(id, known);
      known.append(new Float64Array(points));
    }
  }
}
