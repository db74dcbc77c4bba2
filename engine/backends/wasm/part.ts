/** The pieces a network is made of, and the tensors that flow between them. */
import type { MemoryPlan } from '../../kernels/memory.ts';

/** Size of what goes through the network at the moment; memory is planned for the largest. */
export interface Shape {
  readonly batch: number;
  readonly steps: number;
}

/** The rows of the batch that one thread follows from end to end, and floats of its own to work in. */
export interface Slice {
  readonly first: number;
  readonly rows: number;
  readonly scratch: number;
}

/** The share of the weight gradients that one thread sums over the whole batch. */
export interface Share {
  readonly index: number;
  readonly of: number;
  readonly scratch: number;
}

/** A value `[T, B, W]` (time-major, rows of a step side by side) or `[B, W]`, and the gradient of the loss by it. */
export class Tensor {
  readonly width: number;
  readonly sequence: boolean;
  /** Address of the value; it depends on the size of the batch where it lies behind another step's. */
  readonly at: (shape: Shape) => number;
  /** Whether the gradient by it is needed: something that learns, or something that was asked for, lies before it. */
  needsSlopes = true;
  /** Address of the gradient `[T, B]` rows that lie `slopeStride` bytes apart; 0 until memory is planned. */
  slopes = 0;
  slopeStride: number;

  constructor(width: number, sequence: boolean, at: (shape: Shape) => number) {
    this.width = width;
    this.sequence = sequence;
    this.at = at;
    this.slopeStride = width * 4;
  }

  /** Rows of the value. */
  rows({ batch, steps }: Shape): number {
    return this.sequence ? batch * steps : batch;
  }

  /** Reserves a plain gradient, where its reader does not bring one of its own. */
  planSlopes(plan: MemoryPlan, shape: Shape): void {
    if (!this.needsSlopes) return;
    this.slopeStride = this.width * 4;
    this.slopes = plan.floats(this.rows(shape) * this.width);
  }
}

export interface Part {
  /** Floats of scratch that a thread needs. */
  readonly scratch: number;
  /** Reserves the memory of a forward and backward pass over at most `shape`. */
  plan(plan: MemoryPlan, shape: Shape): void;
  /** Repacks the weights after they have changed. */
  pack(): void;
  /** Computes the rows of the slice. */
  forward(shape: Shape, slice: Slice): void;
  /** Turns the gradient of what it made into the gradient of what it read, for the rows of the slice. */
  backward(shape: Shape, slice: Slice): void;
  /** Sums the gradient of its weights over the batch, when all rows have gone back. */
  sumGradients(shape: Shape, share: Share): void;
}
