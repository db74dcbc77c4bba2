import { EngineError } from '../../errors.ts';
import type { Kernels } from '../../kernels/kernels.ts';
import type { EngineMemory, MemoryPlan } from '../../kernels/memory.ts';
import { phrase } from '../../model/phrase.ts';
import { Random } from '../../random.ts';
import { Joint } from './joints.ts';
import { eachRun, type Shape, type Slice, type Tensor } from './part.ts';

/** Which places of a tensor are dropped together: each by itself, a unit of a row at all steps, or a unit of all rows. */
export type DroppedTogether = 'nothing' | 'steps' | 'steps and rows';

/** How a mask is called where it is given: one of all steps, or each step's own. */
export type MaskName = string | ((step: number) => string);

/**
 * What a tensor is multiplied with while training: 0 where it is dropped, 1 / keep elsewhere; ones when nothing is
 * dropped. It is drawn anew for every step of training from the seed and the step's number.
 */
export class DropoutMask {
  readonly width: number;
  readonly #axis: number;
  readonly #sequence: boolean;
  readonly #keep: number;
  readonly #together: DroppedTogether;
  readonly #name: MaskName;
  #at = 0;

  /**
   * @param of the tensor that is dropped.
   * @param name as in `engine/backends/reference/dropout.ts`. */
  constructor(
    { width, sequence, axis }: Pick<Tensor, 'width' | 'sequence' | 'axis'>,
    keep: number,
    together: DroppedTogether,
    name: MaskName,
  ) {
    this.width = width;
    this.#axis = axis;
    this.#sequence = sequence;
    this.#keep = keep;
    this.#together = together;
    this.#name = name;
  }

  /** Address of the mask `[T, B, W]` or `[B, W]`. */
  get at(): number {
    return this.#at;
  }

  /** Address of the mask for some rows of one step: `row` counts them over all steps, `first` in the batch. */
  rowsAt({ row, first }: { readonly row: number; readonly first: number }): number {
    return this.#at + (this.#sequence ? row : first) * this.width * 4;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.#at = plan.floats(this.#steps(shape) * shape.batch * this.width);
  }

  /** Drops nothing. */
  clear(memory: EngineMemory, shape: Shape): void {
    this.#values(memory, shape).fill(1);
  }

  draw(memory: EngineMemory, shape: Shape, seed: number): void {
    const random = new Random(seed, this.#nameAt(0));
    const values = this.#values(memory, shape);
    const kept = 1 / this.#keep;
    const drawn = { nothing: values.length, steps: shape.batch * this.width, 'steps and rows': this.width }[
      this.#together
    ];
    for (let k = 0; k < drawn; k++) values[k] = random.uniform() < this.#keep ? kept : 0;
    for (let k = drawn; k < values.length; k++) values[k] = values[k - drawn]!;
  }

  /**
   * @param masks 1 keeps, 0 drops; `[B, W]` a step, `[B, T, W]` where one name stands for steps that are not dropped
   * together, or `[1, W]`. @throws EngineError `invalid-shape`
   */
  set(memory: EngineMemory, shape: Shape, masks: Readonly<Record<string, Float32Array>>): void {
    const values = this.#values(memory, shape);
    const { width } = this;
    const steps = this.#steps(shape);
    const rows = shape.batch * width;
    const whole = typeof this.#name === 'string' && this.#together === 'nothing';
    const size = whole ? steps * rows : rows;
    for (let t = 0; t < steps; t++) {
      const name = this.#nameAt(t);
      const mask = masks[name];
      if (mask?.length !== size && mask?.length !== width)
        throw new EngineError(
          'invalid-shape',
          phrase(
            'The dropout mask {0} must have {1} or {2} values, but has {3}.',
            name,
            size,
            width,
            mask?.length ?? 0,
          ),
        );
      for (let b = 0; b < shape.batch; b++) {
        const from = mask.length === width ? 0 : (whole ? b * steps + t : b) * width;
        for (let k = 0; k < width; k++) values[t * rows + b * width + k] = mask[from + k]! / this.#keep;
      }
    }
  }

  #nameAt(step: number): string {
    return typeof this.#name === 'string' ? this.#name : this.#name(step);
  }

  #values(memory: EngineMemory, shape: Shape): Float32Array {
    return memory.floats(this.#at, this.#steps(shape) * shape.batch * this.width);
  }

  #steps(shape: Shape): number {
    return this.#sequence ? shape.along(this.#axis).steps : 1;
  }
}

/** x times its mask. */
export class Dropout extends Joint {
  readonly #input: Tensor;
  readonly #mask: DropoutMask;

  constructor(kernels: Kernels, input: Tensor, mask: DropoutMask) {
    super(kernels, input.width, input.sequence, [input]);
    this.#input = input;
    this.#mask = mask;
    input.readBy('whole', this.output);
  }

  override plan(plan: MemoryPlan, shape: Shape): void {
    super.plan(plan, shape);
    this.#mask.plan(plan, shape);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width, sequence } = this.output;
    const stride = width * 4;
    eachRun(sequence, shape, slice, (first, rows) => {
      this.kernels.multiplyRows(
        at(shape) + first * stride,
        stride,
        this.#input.at(shape) + first * stride,
        stride,
        this.#mask.at + first * stride,
        stride,
        rows,
        width,
      );
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, width, sequence } = this.output;
    if (slopes === 0) return;
    eachRun(sequence, shape, slice, (first, rows) => {
      const from = slopes + first * slopeStride;
      this.kernels.multiplyRows(
        from,
        slopeStride,
        from,
        slopeStride,
        this.#mask.at + first * width * 4,
        width * 4,
        rows,
        width,
      );
      this.send(this.#input, first, from, slopeStride, rows);
    });
  }
}
