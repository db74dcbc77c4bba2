/** Parts without weights that join, choose and mask tensors. */
import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import { type ConvolveNode, windowsOf } from '../../model/convolution.ts';
import type { Activator } from './activator.ts';
import type { Marks } from './marks.ts';
import { eachRun, type Part, type Shape, type Slice, Tensor } from './part.ts';

/** What all of them have in common: a result of their own, and nothing to learn. */
export abstract class Joint implements Part {
  readonly packed = [];
  readonly axis: number;
  readonly output: Tensor;
  protected readonly kernels: Kernels;
  #at = 0;

  /** @param axis time axis of what it makes and reads; that of its inputs when absent. */
  constructor(kernels: Kernels, width: number, sequence: boolean, inputs: readonly Tensor[], axis = inputs[0]!.axis) {
    this.kernels = kernels;
    this.axis = axis;
    this.output = new Tensor(
      width,
      sequence,
      axis,
      () => this.#at,
      () => inputs.some(input => input.needsSlopes()),
    );
  }

  get made(): readonly Tensor[] {
    return [this.output];
  }

  scratch(): number {
    return 0;
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    this.#at = plan.floats(this.output.rows(shape) * this.output.width);
  }

  sumGradients(): void {
    // Nothing learns here.
  }

  abstract forward(shape: Shape, slice: Slice): void;
  abstract backward(shape: Shape, slice: Slice): void;

  /** Sends a gradient of rows that lie `stride` bytes apart back into an input. */
  protected send(input: Tensor, first: number, from: number, stride: number, rows: number): void {
    if (input.slopes === 0) return;
    const to = input.slopes + first * input.slopeStride;
    if (input.shared) this.kernels.addRows(to, input.slopeStride, from, stride, rows, input.width);
    else this.kernels.copyRows(to, input.slopeStride, from, stride, rows, input.width);
  }
}

/** Tensors side by side on the last axis. */
export class Concatenation extends Joint {
  readonly #inputs: readonly Tensor[];

  constructor(kernels: Kernels, inputs: readonly Tensor[]) {
    super(kernels, inputs.reduce((sum, { width }) => sum + width, 0), inputs[0]!.sequence, inputs); // prettier-ignore
    this.#inputs = inputs;
    for (const input of inputs) input.readBy('whole', this.output);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width, sequence } = this.output;
    eachRun(sequence, shape, slice, (first, rows) => {
      let to = at(shape) + first * width * 4;
      for (const input of this.#inputs) {
        this.kernels.copyRows(
          to,
          width * 4,
          input.at(shape) + first * input.width * 4,
          input.width * 4,
          rows,
          input.width,
        );
        to += input.width * 4;
      }
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, sequence } = this.output;
    if (slopes === 0) return;
    eachRun(sequence, shape, slice, (first, rows) => {
      let from = slopes + first * slopeStride;
      for (const input of this.#inputs) {
        this.send(input, first, from, slopeStride, rows);
        from += input.width * 4;
      }
    });
  }
}

/** The sum of tensors of one width, times a factor: 1 over their number makes it their average. */
export class Sum extends Joint {
  readonly #inputs: readonly Tensor[];
  readonly #factor: number;

  constructor(kernels: Kernels, inputs: readonly Tensor[], factor = 1) {
    super(kernels, inputs[0]!.width, inputs[0]!.sequence, inputs);
    this.#inputs = inputs;
    this.#factor = factor;
    for (const input of inputs) input.readBy('whole', this.output);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width, sequence } = this.output;
    const stride = width * 4;
    eachRun(sequence, shape, slice, (first, rows) => {
      const to = at(shape) + first * stride;
      this.#inputs.forEach((input, k) => {
        const from = input.at(shape) + first * stride;
        if (k === 0) this.kernels.copyRows(to, stride, from, stride, rows, width);
        else this.kernels.addRows(to, stride, from, stride, rows, width);
      });
      if (this.#factor !== 1) this.kernels.scale(to, rows * width, this.#factor);
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, sequence, width } = this.output;
    if (slopes === 0) return;
    eachRun(sequence, shape, slice, (first, rows) => {
      // The rows of a gradient may lie apart.
      if (this.#factor !== 1)
        for (let row = first; row < first + rows; row++)
          this.kernels.scale(slopes + row * slopeStride, width, this.#factor);
      for (const input of this.#inputs) this.send(input, first, slopes + first * slopeStride, slopeStride, rows);
    });
  }
}

/** The product of two tensors of one width, value by value. */
export class Product extends Joint {
  readonly #factors: readonly [Tensor, Tensor];
  /** Gradient of one factor, on its way there. */
  #sent = 0;

  constructor(kernels: Kernels, a: Tensor, b: Tensor) {
    super(kernels, a.width, a.sequence, [a, b]);
    this.#factors = [a, b];
    for (const factor of this.#factors) factor.readBy('whole', this.output);
  }

  override plan(plan: MemoryPlan, shape: Shape): void {
    super.plan(plan, shape);
    this.#sent = plan.floats(this.output.rows(shape) * this.output.width);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width, sequence } = this.output;
    const stride = width * 4;
    const [a, b] = this.#factors;
    eachRun(sequence, shape, slice, (first, rows) => {
      const from = first * stride;
      this.kernels.multiplyRows(at(shape) + from, stride, a.at(shape) + from, stride, b.at(shape) + from, stride, rows, width); // prettier-ignore
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, width, sequence } = this.output;
    if (slopes === 0) return;
    const stride = width * 4;
    const [a, b] = this.#factors;
    eachRun(sequence, shape, slice, (first, rows) => {
      const sent = this.#sent + first * stride;
      for (const [to, other] of [[a, b], [b, a]] as const) {
        this.kernels.multiplyRows(sent, stride, slopes + first * slopeStride, slopeStride, other.at(shape) + first * stride, stride, rows, width); // prettier-ignore
        this.send(to, first, sent, stride, rows);
      }
    });
  } // prettier-ignore
}

/** A sequence from its last step to its first; where not all steps count, those of each row that do. */
export class ReversedSteps extends Joint {
  readonly #input: Tensor;
  readonly #counts: Marks | undefined;

  constructor(kernels: Kernels, input: Tensor, counts?: Marks) {
    super(kernels, input.width, true, [input]);
    this.#input = input;
    this.#counts = counts;
    input.readBy('whole', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { at, width } = this.output;
    const stride = width * 4;
    const [to, from] = [at(shape) + first * stride, this.#input.at(shape) + first * stride];
    if (this.#counts) {
      this.kernels.reverseMarked(to, stride, from, stride, this.#counts.at + first, shape.batch, shape.steps, rows, width, 0); // prettier-ignore
      return;
    }
    for (let t = 0; t < shape.steps; t++)
      this.kernels.copyRows(to + t * shape.batch * stride, stride, from + (shape.steps - 1 - t) * shape.batch * stride, stride, rows, width); // prettier-ignore
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    const { slopes: sent, slopeStride: stride, shared } = this.#input;
    if (slopes === 0 || sent === 0) return;
    if (this.#counts) {
      this.kernels.reverseMarked(sent + first * stride, stride, slopes + first * slopeStride, slopeStride, this.#counts.at + first, shape.batch, shape.steps, rows, width, shared ? 1 : 0); // prettier-ignore
      return;
    }
    for (let t = 0; t < shape.steps; t++) {
      const from = slopes + (t * shape.batch + first) * slopeStride;
      this.send(this.#input, (shape.steps - 1 - t) * shape.batch + first, from, slopeStride, rows);
    }
  }
}

/** Some columns of a tensor `[B, W]`: the state of one layer, where those of all are fed together. */
export class Columns extends Joint {
  readonly #input: Tensor;
  readonly #begin: number;

  constructor(kernels: Kernels, input: Tensor, begin: number, width: number) {
    super(kernels, width, false, [input]);
    this.#input = input;
    this.#begin = begin;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { at, width } = this.output;
    const stride = this.#input.width * 4;
    const from = this.#input.at(shape) + first * stride + this.#begin * 4;
    this.kernels.copyRows(at(shape) + first * width * 4, width * 4, from, stride, rows, width);
  }

  backward(_shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    const input = this.#input;
    if (slopes === 0 || input.slopes === 0) return;
    const to = input.slopes + first * input.slopeStride + this.#begin * 4;
    this.kernels.addRows(to, input.slopeStride, slopes + first * slopeStride, slopeStride, rows, width);
  }
}

/** One step of a sequence; negative counts from the end. */
export class SelectedStep extends Joint {
  readonly #input: Tensor;
  readonly #step: number;

  constructor(kernels: Kernels, input: Tensor, step: number) {
    super(kernels, input.width, false, [input]);
    this.#input = input;
    this.#step = step;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { at, width } = this.output;
    const from = this.#input.at(shape) + (this.#rowsBefore(shape) + first) * width * 4;
    this.kernels.copyRows(at(shape) + first * width * 4, width * 4, from, width * 4, rows, width);
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride } = this.output;
    if (slopes === 0) return;
    this.send(this.#input, this.#rowsBefore(shape) + first, slopes + first * slopeStride, slopeStride, rows);
  }

  #rowsBefore({ batch, steps }: Shape): number {
    return (this.#step < 0 ? steps + this.#step : this.#step) * batch;
  }
}

/** Zeros where a step does not count, as TensorFlow's `sequence_length` and PyTorch's packed sequences hand out `outputs`. */
export class MaskedSteps extends Joint {
  readonly #input: Tensor;
  readonly #alive: Marks;

  constructor(kernels: Kernels, input: Tensor, alive: Marks) {
    super(kernels, input.width, true, [input]);
    this.#input = input;
    this.#alive = alive;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width } = this.output;
    eachRun(true, shape, slice, (first, rows) => {
      this.kernels.maskRows(
        at(shape) + first * width * 4,
        this.#input.at(shape) + first * width * 4,
        this.#alive.at + first,
        rows,
        width,
      );
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    const input = this.#input;
    if (slopes === 0 || input.slopes === 0) return;
    eachRun(true, shape, slice, (first, rows) => {
      const from = slopes + first * slopeStride;
      this.kernels.maskSlopes(
        input.slopes + first * input.slopeStride,
        input.slopeStride,
        from,
        slopeStride,
        this.#alive.at + first,
        rows,
        width,
      );
    });
  }
}

/** An activation of every value. */
export class Activated extends Joint {
  readonly #input: Tensor;
  readonly #activator: Activator;

  constructor(kernels: Kernels, input: Tensor, activator: Activator) {
    super(kernels, input.width, input.sequence, [input]);
    this.#input = input;
    this.#activator = activator;
    input.readBy('whole', this.output);
  }

  forward(shape: Shape, slice: Slice): void {
    const { at, width, sequence } = this.output;
    eachRun(sequence, shape, slice, (first, rows) => {
      const from = first * width * 4;
      this.#activator.forward(this.#input.at(shape) + from, at(shape) + from, rows, width);
    });
  }

  backward(shape: Shape, slice: Slice): void {
    const { at, slopes, slopeStride, width, sequence } = this.output;
    if (slopes === 0) return;
    eachRun(sequence, shape, slice, (first, rows) => {
      const from = slopes + first * slopeStride;
      const place = first * width * 4;
      this.#activator.backward(this.#input.at(shape) + place, at(shape) + place, from, from, slopeStride, rows, width, false); // prettier-ignore
      this.send(this.#input, first, from, slopeStride, rows);
    });
  }
}

/** The sum over all steps, or their mean. */
export class SumOfSteps extends Joint {
  readonly #input: Tensor;
  readonly #mean: boolean;

  constructor(kernels: Kernels, input: Tensor, mean: boolean) {
    super(kernels, input.width, false, [input]);
    this.#input = input;
    this.#mean = mean;
    // It adds the same gradient at every step.
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { at, width } = this.output;
    const to = at(shape) + first * width * 4;
    this.kernels.fill(to, 0, rows * width);
    for (let t = 0; t < shape.steps; t++) {
      const from = this.#input.at(shape) + (t * shape.batch + first) * width * 4;
      this.kernels.addRows(to, width * 4, from, width * 4, rows, width);
    }
    if (this.#mean) this.kernels.scale(to, rows * width, 1 / shape.steps);
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    if (slopes === 0) return;
    const from = slopes + first * slopeStride;
    if (this.#mean) this.kernels.scale(from, rows * width, 1 / shape.steps);
    for (let t = 0; t < shape.steps; t++) this.send(this.#input, t * shape.batch + first, from, slopeStride, rows);
  }
}

/** The mean over the steps of each row that count. Note: not a number for a row of which none does, as in Keras. */
export class MeanOfCounted extends Joint {
  readonly #input: Tensor;
  readonly #counts: Marks;

  constructor(kernels: Kernels, input: Tensor, counts: Marks) {
    super(kernels, input.width, false, [input]);
    this.#input = input;
    this.#counts = counts;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const stride = this.output.width * 4;
    const to = this.output.at(shape) + first * stride;
    this.kernels.fill(to, 0, rows * this.output.width);
    for (let t = 0; t < shape.steps; t++) {
      const row = t * shape.batch + first;
      this.kernels.maskSlopes(to, stride, this.#input.at(shape) + row * stride, stride, this.#counts.at + row, rows, this.output.width); // prettier-ignore
    }
    this.#divide(to, stride, shape, first, rows);
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    const input = this.#input;
    if (slopes === 0 || input.slopes === 0) return;
    const from = slopes + first * slopeStride;
    this.#divide(from, slopeStride, shape, first, rows);
    for (let t = 0; t < shape.steps; t++) {
      const row = t * shape.batch + first;
      this.kernels.maskSlopes(input.slopes + row * input.slopeStride, input.slopeStride, from, slopeStride, this.#counts.at + row, rows, width); // prettier-ignore
    }
  }

  #divide(x: number, stride: number, { batch, steps }: Shape, first: number, rows: number): void {
    this.kernels.divideByMarked(x, stride, this.#counts.at + first, batch, steps, rows, this.output.width);
  }
}

/** The greatest value of all steps. Note: of equal ones the first gets the gradient; TensorFlow shares it among them. */
export class GreatestStep extends Joint {
  readonly #input: Tensor;
  /** The step that each value came from, as integers. */
  #chosen = 0;

  constructor(kernels: Kernels, input: Tensor) {
    super(kernels, input.width, false, [input]);
    this.#input = input;
    input.readBy('part', this.output);
  }

  override plan(plan: MemoryPlan, shape: Shape): void {
    super.plan(plan, shape);
    this.#chosen = plan.floats(shape.batch * this.output.width);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { width } = this.output;
    const from = first * width * 4;
    const to = this.output.at(shape) + from;
    for (let t = 0; t < shape.steps; t++) {
      const source = this.#input.at(shape) + (t * shape.batch + first) * width * 4;
      this.kernels.greaterOf(source, to, this.#chosen + from, rows * width, t);
    }
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride, width } = this.output;
    const input = this.#input;
    if (slopes === 0 || input.slopes === 0) return;
    for (let t = 0; t < shape.steps; t++) {
      const to = input.slopes + (t * shape.batch + first) * input.slopeStride;
      this.kernels.slopesOfChosen(slopes + first * slopeStride, slopeStride, this.#chosen + first * width * 4, t, to, input.slopeStride, rows, width); // prettier-ignore
    }
  }
}

/** The same vector at every step of a time axis of its own. */
export class Repeated extends Joint {
  readonly #input: Tensor;

  constructor(kernels: Kernels, input: Tensor, axis: number) {
    super(kernels, input.width, true, [input], axis);
    this.#input = input;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const stride = this.output.width * 4;
    const from = this.#input.at(shape) + first * stride;
    for (let t = 0; t < shape.steps; t++) {
      const to = this.output.at(shape) + (t * shape.batch + first) * stride;
      this.kernels.copyRows(to, stride, from, stride, rows, this.output.width);
    }
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride } = this.output;
    if (slopes === 0) return;
    for (let t = 0; t < shape.steps; t++)
      this.send(this.#input, first, slopes + (t * shape.batch + first) * slopeStride, slopeStride, rows);
  }
}

/** All steps of a row side by side: `[B, T, W]` becomes `[B, T · W]`. */
export class Flattened extends Joint {
  readonly #input: Tensor;

  /** @param steps the number of steps that every batch must have. */
  constructor(kernels: Kernels, input: Tensor, steps: number) {
    super(kernels, steps * input.width, false, [input]);
    this.#input = input;
    input.readBy('whole', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { width } = this.#input;
    const stride = this.output.width * 4;
    const to = this.output.at(shape) + first * stride;
    for (let t = 0; t < shape.steps; t++) {
      const from = this.#input.at(shape) + (t * shape.batch + first) * width * 4;
      this.kernels.copyRows(to + t * width * 4, stride, from, width * 4, rows, width);
    }
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride } = this.output;
    if (slopes === 0) return;
    for (let t = 0; t < shape.steps; t++) {
      const from = slopes + first * slopeStride + t * this.#input.width * 4;
      this.send(this.#input, t * shape.batch + first, from, slopeStride, rows);
    }
  }
}

/** Windows over the steps, what each of them sees side by side: `[B, T, W]` becomes `[B, T', size · W]`, zeros beyond the ends. */
export class Windowed extends Joint {
  readonly #input: Tensor;
  readonly #node: ConvolveNode;

  /** @param axis time axis of the windows. */
  constructor(kernels: Kernels, input: Tensor, node: ConvolveNode, axis: number) {
    super(kernels, node.size * input.width, true, [input], axis);
    this.#input = input;
    this.#node = node;
    input.readBy('part', this.output);
  }

  forward(shape: Shape, { first, rows }: Slice): void {
    const { width } = this.#input;
    const stride = this.output.width * 4;
    this.#eachStep(shape, (window, place, step) => {
      const to = this.output.at(shape) + (window * shape.batch + first) * stride + place * width * 4;
      if (step !== undefined)
        this.kernels.copyRows(to, stride, this.#input.at(shape) + (step * shape.batch + first) * width * 4, width * 4, rows, width); // prettier-ignore
      else for (let row = 0; row < rows; row++) this.kernels.fill(to + row * stride, 0, width);
    });
  }

  backward(shape: Shape, { first, rows }: Slice): void {
    const { slopes, slopeStride } = this.output;
    if (slopes === 0) return;
    this.#eachStep(shape, (window, place, step) => {
      if (step === undefined) return;
      const from = slopes + (window * shape.batch + first) * slopeStride + place * this.#input.width * 4;
      this.send(this.#input, step * shape.batch + first, from, slopeStride, rows);
    });
  }

  /** @param see is told the window, the place in it, and the step that stands there, if it is one. */
  #eachStep(shape: Shape, see: (window: number, place: number, step: number | undefined) => void): void {
    const { steps } = shape.along(this.#input.axis);
    const { count, stride, dilation, first } = windowsOf(this.#node, steps);
    for (let window = 0; window < count; window++)
      for (let place = 0; place < this.#node.size; place++) {
        const step = first + window * stride + place * dilation;
        see(window, place, step >= 0 && step < steps ? step : undefined);
      }
  }
}
