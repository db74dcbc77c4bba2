/** The pieces a network is made of, and the tensors that flow between them. */
import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import type { Way } from '../../kernels/products.ts';

/**
 * Size of what goes through the network at the moment, as one time axis sees it; memory is planned for the largest.
 * Sequences that are fed apart (those of an encoder and a decoder) have a time axis each.
 */
export interface Shape {
  readonly batch: number;
  /** Steps of this time axis. */
  readonly steps: number;
  /** Steps of every time axis. */
  readonly axes: readonly number[];
  /** The same batch along another time axis. */
  along(axis: number): Shape;
}

/** @param axes steps of every time axis. @returns the shape along the first of them. */
export function shapeOf(batch: number, axes: readonly number[]): Shape {
  const shapes: Shape[] = [];
  const along = (axis: number): Shape => shapes[axis]!;
  shapes.push(...axes.map(steps => ({ batch, steps, axes, along })));
  return along(0);
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

/** Columns of a gradient that belong to a share. */
export function columnsOf({ index, of }: Share, columns: number): [first: number, end: number] {
  return [Math.floor((columns * index) / of), Math.floor((columns * (index + 1)) / of)];
}

/** A value `[T, B, W]` (time-major, rows of a step side by side) or `[B, W]`, and the gradient of the loss by it. */
export class Tensor {
  readonly width: number;
  readonly sequence: boolean;
  /** Time axis of its steps, or of the sequence that it was made of. */
  readonly axis: number;
  /** Address of the value; it depends on the size of the batch where it lies behind another step's. */
  readonly at: (shape: Shape) => number;
  /** Whether something that learns, or whose gradient was asked for, lies before it. */
  readonly needsSlopes: () => boolean;
  /**
   * Address of the gradient, whose rows lie `slopeStride` bytes apart; 0 when nobody sends one. A single reader writes it;
   * several (`shared`) add to it, after it has been cleared.
   */
  slopes = 0;
  slopeStride: number;
  #readers = 0;
  readonly #through: (Tensor | undefined)[] = [];
  #partial = false;
  #bringsOwn = false;

  constructor(
    width: number,
    sequence: boolean,
    axis: number,
    at: (shape: Shape) => number,
    needsSlopes: () => boolean = () => true,
  ) {
    this.width = width;
    this.sequence = sequence;
    this.axis = axis;
    this.at = shape => at(shape.along(axis));
    this.needsSlopes = needsSlopes;
    this.slopeStride = width * 4;
  }

  /**
   * Registers a part that sends a gradient back.
   * @param how `whole`: it writes all of it; `part`: only some steps; `own`: all of it, into memory that it brings if it
   * is the only one.
   * @param through what the part makes, where its gradient comes from that alone.
   */
  readBy(how: 'whole' | 'part' | 'own', through?: Tensor): void {
    this.#readers++;
    this.#through.push(through);
    this.#partial ||= how === 'part';
    this.#bringsOwn = how === 'own';
  }

  /** Whether any gradient arrives: not where all that is made of it stays unread (an output, where the head reads the state). */
  get receives(): boolean {
    return this.#through.some(made => made === undefined || made.receives);
  }

  /** Whether readers add their gradients instead of writing them. */
  get shared(): boolean {
    return this.#readers > 1 || this.#partial;
  }

  /** Whether its one reader brings the memory of the gradient. */
  get broughtByReader(): boolean {
    return this.#bringsOwn && !this.shared;
  }

  /** Rows of the value. */
  rows(shape: Shape): number {
    return this.sequence ? shape.batch * shape.along(this.axis).steps : shape.batch;
  }

  /** Reserves the gradient, where one is needed and its reader does not bring it. */
  planSlopes(plan: MemoryPlan, shape: Shape): void {
    this.slopes = 0;
    this.slopeStride = this.width * 4;
    if (!this.receives || !this.needsSlopes() || this.broughtByReader) return;
    this.slopes = plan.floats(this.rows(shape) * this.width);
  }

  /** Clears the gradient of a slice, so that readers can add to it. */
  clearSlopes(kernels: Kernels, shape: Shape, slice: Slice): void {
    if (this.slopes === 0 || !this.shared) return;
    eachRun(this.sequence, shape.along(this.axis), slice, (first, rows) => {
      kernels.fill(this.slopes + first * this.slopeStride, 0, rows * this.width);
    });
  }
}

/** Runs of neighbouring rows that belong to a slice: one, or one a step when it has only some of the batch's rows. */
export function eachRun(
  sequence: boolean,
  { batch, steps }: Shape,
  { first, rows }: Slice,
  run: (first: number, rows: number) => void,
): void {
  if (!sequence) run(first, rows);
  else if (rows === batch) run(0, batch * steps);
  else for (let t = 0; t < steps; t++) run(t * batch + first, rows);
}

/** Weights in the order in which one way through the network reads them. Those of the other way, and gradients, take their place. */
export interface Packed {
  readonly way: Way;
  plan(plan: MemoryPlan): void;
  /** Makes them of the weights as they are. */
  pack(): void;
}

export interface Part {
  /** Floats of scratch that a thread needs for at most so many rows of all steps. */
  scratch(rows: number): number;
  /** Time axis along which it works: shapes that it is given see that one. */
  readonly axis: number;
  /** What it makes. */
  readonly made: readonly Tensor[];
  /** The weights that it reads in another order than they are kept in. */
  readonly packed: readonly Packed[];
  /** Reserves the memory of a forward and backward pass over at most `shape`; gradients of tensors are reserved before. */
  plan(plan: MemoryPlan, shape: Shape): void;
  /** Computes the rows of the slice. */
  forward(shape: Shape, slice: Slice): void;
  /** Turns the gradient of what it made into the gradient of what it read, for the rows of the slice. */
  backward(shape: Shape, slice: Slice): void;
  /** Sums the gradient of its weights over the batch, when all rows have gone back. */
  sumGradients(shape: Shape, share: Share): void;
}
