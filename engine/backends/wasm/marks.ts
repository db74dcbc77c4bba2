/** Which steps of which rows count: a byte for every row of every step, `[T, B]`, 0 where the step does not. */
import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import { phrase } from '../../model/phrase.ts';
import { checkLengths } from '../batches.ts';
import type { Part, Shape, Slice, Tensor } from './part.ts';

export interface Marks {
  /** Address of the bytes; it is decided when memory is planned. */
  readonly at: number;
  /** Time axis of the steps. */
  readonly axis: number;
  /** Known only when the forward pass has run. */
  readonly late: boolean;
}

/** How what is fed tells which steps count. */
export type MarkRule =
  /** The first steps of a row, as many as are given. */
  | { readonly by: 'lengths' }
  /** Those that are not 0. */
  | { readonly by: 'mask' }
  /** Those in which any value is not this one. */
  | { readonly by: 'values'; readonly besides: number }
  /** As many of the first steps as have a value that is not this one. */
  | { readonly by: 'count'; readonly besides: number };

/** Told by an input: by lengths, by a mask, or by the values of a sequence. */
export class FedMarks implements Marks {
  readonly late = false;
  readonly axis: number;
  /** Id of the input. */
  readonly from: string;
  readonly rule: MarkRule;
  at = 0;

  constructor(from: string, rule: MarkRule, axis: number) {
    this.from = from;
    this.rule = rule;
    this.axis = axis;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.at = plan.reserve(shape.batch * shape.along(this.axis).steps);
  }

  /**
   * @param values lengths `[B]`, a mask `[B, T]` or a sequence `[B, T, D]`; absent: every step counts.
   * @throws EngineError `invalid-shape` when lengths or mask do not fit.
   */
  check(values: ArrayLike<number> | undefined, shape: Shape): void {
    const { batch, steps } = shape.along(this.axis);
    if (values === undefined) return;
    if (this.rule.by === 'mask' && values.length !== batch * steps)
      throw new EngineError('invalid-shape', phrase('The mask {0} must be [{1}, {2}], but has {3} values.', this.from, batch, steps, values.length)); // prettier-ignore
    const part = this.rule.by === 'mask' ? Array.prototype.findIndex.call(values, one => one !== 0 && one !== 1) : -1;
    if (part >= 0)
      throw new EngineError('invalid-shape', phrase('The mask {0} must hold 0 and 1 alone, but holds {1}.', this.from, values[part]!)); // prettier-ignore
    if (this.rule.by === 'lengths') checkLengths(this.from, values, batch, steps);
  }

  feed(memory: EngineMemory, shape: Shape, values: ArrayLike<number> | undefined): void {
    const { batch, steps } = shape.along(this.axis);
    const marks = memory.bytesAt(this.at, steps * batch);
    if (values === undefined) marks.fill(1);
    else for (let row = 0; row < batch; row++) this.#feedRow(marks, row, batch, steps, values);
  }

  #feedRow(marks: Uint8Array, row: number, batch: number, steps: number, values: ArrayLike<number>): void {
    const { rule } = this;
    const width = values.length / (batch * steps);
    const differs = (t: number, besides: number): boolean => {
      const from = (row * steps + t) * width;
      for (let k = from; k < from + width; k++) if (values[k] !== besides) return true;
      return false;
    };
    let length = rule.by === 'lengths' ? values[row]! : 0;
    if (rule.by === 'count') for (let t = 0; t < steps; t++) if (differs(t, rule.besides)) length++;
    for (let t = 0; t < steps; t++) {
      const counts = rule.by === 'mask' ? values[row * steps + t] !== 0 : rule.by === 'values' ? differs(t, rule.besides) : t < length;
      marks[t * batch + row] = counts ? 1 : 0;
    }
  } // prettier-ignore
}

/** Found out from what the network has computed: the steps in which any value is another than `besides`, or as many of the first. */
export class MadeMarks implements Marks, Part {
  readonly late = true;
  readonly made = [];
  readonly packed = [];
  readonly axis: number;
  at = 0;
  readonly #kernels: Kernels;
  readonly #input: Tensor;
  readonly #besides: number;
  readonly #counted: boolean;

  constructor(kernels: Kernels, input: Tensor, besides: number, counted: boolean) {
    this.#kernels = kernels;
    this.#input = input;
    this.#besides = besides;
    this.#counted = counted;
    this.axis = input.axis;
  }

  scratch(): number {
    return 0;
  }

  plan(plan: MemoryPlan, { batch, steps }: Shape): void {
    this.at = plan.reserve(batch * steps);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { batch, steps } = shape;
    const { width } = this.#input;
    const x = this.#input.at(shape);
    for (let t = 0; t < steps; t++) {
      const row = t * batch + first;
      this.#kernels.markRows(x + row * width * 4, this.#besides, this.at + row, rows, width);
    }
    if (this.#counted) this.#kernels.countMarks(this.at + first, batch, steps, rows);
  }

  backward(): void {
    // Which steps count has no gradient.
  }

  sumGradients(): void {
    // Nothing learns here.
  }
}
