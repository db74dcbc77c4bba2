import type { Kernels } from '../../kernels/kernels.ts';
import type { MemoryPlan } from '../../kernels/memory.ts';
import { PackedMatrix, type Products } from '../../kernels/products.ts';
import type { DropoutMask } from './dropout.ts';
import type { Marks } from './marks.ts';
import type { Matrix } from './parameters.ts';
import { type Packed, type Part, type Shape, type Share, type Slice, Tensor } from './part.ts';

/** What a recurrent layer reads and how it runs over the steps. */
export interface RecurrentOptions {
  readonly products: Products;
  readonly input: Tensor;
  /** From the last step to the first. */
  readonly reversed: boolean;
  /** Steps that count; absent: all. */
  readonly alive: Marks | undefined;
  /** States before the first step, by name; absent: zeros. */
  readonly initial: ReadonlyMap<string, Tensor>;
  /** No gradient goes back past a multiple of so many steps; absent: it goes all the way. */
  readonly truncateSteps: number | undefined;
  /** Drop h, one after the other, on its way to the next step (TF1 `state_keep_prob`; c is never dropped); outputs keep what was there. */
  readonly stateDropout: readonly DropoutMask[];
  /** Whether the gradient of all that is made at every step is wanted; decided when memory is planned. */
  readonly keepsStepSlopes: () => boolean;
}

/** Rows `[T, B, width]`, `stride` bytes apart, of what a layer makes at every step. */
export interface StepPlace {
  /** As in the cell table; `tanh_c` of an LSTM, and `z_i` for what the activation of i is applied to. */
  readonly id: string;
  readonly at: number;
  readonly stride: number;
  readonly width: number;
}

/** One step of the way forward, for a slice. */
export interface StepForward {
  /** First row of the slice in the batch, and in what is kept of all steps: `t * batch + first`. */
  readonly first: number;
  readonly row: number;
  readonly rows: number;
  /** Address of x(t). */
  readonly x: number;
  /** Rows into a state's memory: before and after the step. */
  readonly before: number;
  readonly after: number;
  /** Where the new h is written, and on the way back stands. */
  readonly made: number;
  /** h before the step is known to be zero. */
  readonly fromZero: boolean;
  readonly scratch: number;
}

/** One step of the way back. Addresses are 0 where nothing flows. */
export interface StepBackward extends StepForward {
  readonly dh: number;
  readonly dhStride: number;
  readonly dhTime: number;
  readonly dhTimeStride: number;
  /** Where the gradient of [x, h before] (or of h before alone) goes, by rows of `slopeWidth` floats; 0: nobody needs it. */
  readonly target: number;
  readonly alive: number;
  /** Where the whole gradient of the new h `[rows, H]` stands, zero in rows that are not alive; 0: it is not kept. */
  readonly wholeSlopes: number;
}

/**
 * A recurrent layer in one direction. h lies in memory as `[T+1, B, H]`: every step, with the state before the first
 * step in front (or behind, when it runs from the last step to the first). Where a step does not count for a row, its
 * states are carried over.
 */
export abstract class RecurrentLayer implements Part {
  abstract readonly packed: readonly Packed[];
  readonly axis: number;
  /** Width of h. */
  readonly width: number;
  /** h at every step. */
  readonly outputs: Tensor;
  /** States after the last step, by name. */
  readonly finals: ReadonlyMap<string, Tensor>;
  readonly reversed: boolean;
  protected readonly kernels: Kernels;
  protected readonly products: Products;
  protected readonly input: Tensor;
  /** Whether a gradient goes back into the input, too; decided when memory is planned. */
  protected inputSlopes = false;
  /** Gradient of h as each step made it, `[T, B, H]`, where it is kept. */
  #stepSlopes = 0;
  readonly #keepsStepSlopes: () => boolean;
  readonly #initial: ReadonlyMap<string, Tensor>;
  readonly #alive: Marks | undefined;
  readonly #truncateSteps: number | undefined;
  readonly #stateDropout: readonly DropoutMask[];
  /** h at every step before it was dropped, `[T, B, H]`. */
  #whole = 0;
  /** Widths and addresses of the states `[T+1, B, width]`, h first. */
  readonly #states: readonly { readonly name: string; readonly width: number }[];
  readonly #stateAt = new Map<string, number>();
  /** Gradient of [x, h before] at every step, or of h before alone, of which the last two steps are enough. */
  #slopes = 0;

  constructor(
    { products, input, reversed, alive, initial, truncateSteps, stateDropout, keepsStepSlopes }: RecurrentOptions,
    states: readonly { readonly name: string; readonly width: number }[],
  ) {
    this.kernels = products.kernels;
    this.products = products;
    this.input = input;
    this.reversed = reversed;
    this.#alive = alive;
    this.#initial = initial;
    this.#truncateSteps = truncateSteps;
    this.#stateDropout = stateDropout;
    this.#keepsStepSlopes = keepsStepSlopes;
    this.#states = states;
    this.width = states[0]!.width;
    this.axis = input.axis;
    this.outputs = new Tensor(this.width, true, input.axis, shape =>
      stateDropout.length > 0 ? this.#whole : this.stateOverTime('h', this.width, shape),
    );
    this.finals = new Map(
      states.map(({ name, width }) => [
        name,
        new Tensor(
          width,
          false,
          input.axis,
          ({ batch, steps }) => this.stateAt(name) + (reversed ? 0 : steps * batch * width * 4),
        ),
      ]),
    );
    input.readBy('own');
    for (const tensor of initial.values()) tensor.readBy('whole');
  }

  get made(): readonly Tensor[] {
    return [this.outputs, ...this.finals.values()];
  }

  plan(plan: MemoryPlan, shape: Shape): void {
    const { batch, steps } = shape;
    const { input } = this;
    for (const { name, width } of this.#states) this.#stateAt.set(name, plan.floats((steps + 1) * batch * width));
    this.inputSlopes = input.needsSlopes();
    this.#slopes = plan.floats((this.inputSlopes ? steps : 2) * batch * this.slopeWidth);
    if (this.inputSlopes && input.broughtByReader) {
      input.slopes = this.#slopes;
      input.slopeStride = this.slopeWidth * 4;
    }
    if (this.#stateDropout.length > 0) {
      this.#whole = plan.floats(steps * batch * this.width);
      for (const mask of this.#stateDropout) mask.plan(plan, shape);
    }
    this.#stepSlopes = this.keepsStepSlopes ? plan.floats(steps * batch * this.width) : 0;
    this.planCell(plan, shape);
  }

  abstract scratch(rows: number): number;

  forward(shape: Shape, { first, rows, scratch }: Slice): void {
    const { batch, steps } = shape;
    const x = this.input.at(shape);
    for (const { name, width } of this.#states) {
      const start = this.stateAt(name) + ((this.reversed ? steps * batch : 0) + first) * width * 4;
      const initial = this.#initial.get(name);
      if (initial)
        this.kernels.copyRows(start, width * 4, initial.at(shape) + first * width * 4, width * 4, rows, width);
      else this.kernels.fill(start, 0, rows * width);
    }
    for (let k = 0; k < steps; k++) {
      const t = this.reversed ? steps - 1 - k : k;
      const row = t * batch + first;
      const [before, after] = this.reversed ? [row + batch, row] : [row, row + batch];
      this.stepForward({
        first,
        row,
        rows,
        x: x + row * this.input.width * 4,
        before,
        after,
        made: this.#madeAt(row, after),
        fromZero: k === 0 && !this.#initial.has('h'),
        scratch,
      });
      for (const [index, mask] of this.#stateDropout.entries()) {
        const stride = this.width * 4;
        const state = this.stateAt('h') + after * stride;
        const from = index === 0 ? this.#whole + row * stride : state;
        this.kernels.multiplyRows(state, stride, from, stride, mask.at + row * stride, stride, rows, this.width);
      }
      if (this.#alive) {
        for (const { name, width } of this.#states) {
          const at = this.stateAt(name);
          this.kernels.carryRows(at + after * width * 4, at + before * width * 4, this.#alive.at + row, rows, width);
        }
      }
    }
  }

  backward(shape: Shape, { first, rows, scratch }: Slice): void {
    const { batch, steps } = shape;
    const { outputs, slopeWidth } = this;
    const x = this.input.at(shape);
    const final = this.finals.get('h')!;
    const hPart = (slopeWidth - this.width) * 4;
    this.startBackward(first, rows);
    for (let k = steps - 1; k >= 0; k--) {
      const t = this.reversed ? steps - 1 - k : k;
      const row = t * batch + first;
      const [before, after] = this.reversed ? [row + batch, row] : [row, row + batch];
      const last = k === steps - 1;
      const dh = outputs.slopes === 0 ? 0 : outputs.slopes + row * outputs.slopeStride;
      const fromFinal = final.slopes === 0 ? 0 : final.slopes + first * final.slopeStride;
      const cut = !last && this.#truncateSteps !== undefined && (k + 1) % this.#truncateSteps === 0;
      if (cut) this.cutBackward(first, rows);
      const dhTime = cut ? 0 : last ? fromFinal : this.#slopesAt(k + 1, steps, shape) + first * slopeWidth * 4 + hPart;
      const dhTimeStride = last ? final.slopeStride : slopeWidth * 4;
      // Before the first step there is nothing that learns, unless the state there was given.
      const needed = k > 0 || this.inputSlopes || this.#learnsInitial();
      const target = needed ? this.#slopesAt(k, steps, shape) + first * slopeWidth * 4 : 0;
      const alive = this.#alive ? this.#alive.at + row : 0;
      // A state that was carried over was not dropped.
      if (dhTime !== 0)
        for (const mask of this.#stateDropout)
          this.kernels.dropRows(dhTime, dhTimeStride, mask.at + row * this.width * 4, alive, rows, this.width);
      const wholeSlopes = this.#stepSlopes === 0 ? 0 : this.#stepSlopes + row * this.width * 4;
      const made = this.#madeAt(row, after);
      if (wholeSlopes !== 0)
        this.kernels.activationSlopes(0, made, dh, outputs.slopeStride, dhTime, dhTimeStride, wholeSlopes, this.width * 4, rows, this.width, alive); // prettier-ignore
      this.stepBackward({
        first, row, rows, x: x + row * this.input.width * 4, before, after, made, fromZero: k === 0 && !this.#initial.has('h'), scratch,
        dh, dhStride: outputs.slopeStride, dhTime, dhTimeStride, target, alive, wholeSlopes,
      }); // prettier-ignore
      if (alive !== 0 && target !== 0) {
        this.kernels.carrySlopes(
          target + hPart,
          slopeWidth * 4,
          dhTime,
          dhTimeStride,
          dh,
          outputs.slopeStride,
          alive,
          rows,
          this.width,
        );
      }
    }
    const { input } = this;
    if (this.inputSlopes && !input.broughtByReader) {
      for (let t = 0; t < steps; t++) {
        const row = t * batch + first;
        this.kernels.addRows(
          input.slopes + row * input.slopeStride,
          input.slopeStride,
          this.#slopes + row * slopeWidth * 4,
          slopeWidth * 4,
          rows,
          input.width,
        );
      }
    }
    const initial = this.#initial.get('h');
    if (initial && initial.slopes !== 0) {
      const from = this.#slopesAt(0, steps, shape) + first * slopeWidth * 4 + hPart;
      this.sendBack(initial, from, slopeWidth * 4, first, rows);
    }
    this.endBackward(first, rows);
  }

  abstract sumGradients(shape: Shape, share: Share): void;

  /** Copies what the last forward pass computed at every step, `[T, B, U]` each, in the order and by the ids of the cell table. */
  abstract places(shape: Shape): Iterable<StepPlace>;

  /** What else a cell keeps of every step and the cell table does not name, `[T, B, U]` each. */
  hiddenPlaces(): readonly StepPlace[] {
    return [];
  }

  /**
   * Where the last backward pass left the gradient of the loss by everything that each step made, pre-activations among
   * it; zeros where a step does not count. Only where they were kept.
   */
  *slopePlaces(): Iterable<StepPlace> {
    yield* this.cellSlopePlaces();
    yield { id: 'h', at: this.#stepSlopes, stride: this.width * 4, width: this.width };
  }

  /** As `slopePlaces`, without h. */
  protected abstract cellSlopePlaces(): Iterable<StepPlace>;

  /** Reserves what the cell keeps besides its states. */
  protected abstract planCell(plan: MemoryPlan, shape: Shape): void;
  protected abstract stepForward(step: StepForward): void;
  protected abstract stepBackward(step: StepBackward): void;

  /** Prepares the gradients of states other than h. */
  protected startBackward(_first: number, _rows: number): void {
    // h alone needs nothing.
  }

  /** Forgets the gradients of states other than h: none goes back to the step before. */
  protected cutBackward(_first: number, _rows: number): void {
    // h alone needs nothing.
  }

  /** Hands the gradients of states other than h to where they came from. */
  protected endBackward(_first: number, _rows: number): void {
    // h alone needs nothing.
  }

  /** Columns of a matrix whose rows are those of x above those of h. */
  protected packedForward({ weight, stride }: Matrix, columns: number): PackedMatrix {
    const rows = this.input.width + this.width;
    return new PackedMatrix(this.products, 'forward', () => ({ at: weight, stride, rows, columns }));
  }

  /** The same for the way back, which leaves x out where nobody wants its gradient. */
  protected packedBackward({ weight, stride }: Matrix, columns: number): PackedMatrix {
    return new PackedMatrix(this.products, 'backward', () => {
      const skipped = this.inputSlopes ? 0 : this.input.width;
      return { at: weight + skipped * stride, stride, rows: this.slopeWidth, columns };
    });
  }

  /** State before the first step, where it was given. */
  protected initialOf(name: string): Tensor | undefined {
    return this.#initial.get(name);
  }

  /** Writes or adds a gradient of rows into a tensor. */
  protected sendBack(tensor: Tensor, from: number, stride: number, first: number, rows: number): void {
    const to = tensor.slopes + first * tensor.slopeStride;
    if (tensor.shared) this.kernels.addRows(to, tensor.slopeStride, from, stride, rows, tensor.width);
    else this.kernels.copyRows(to, tensor.slopeStride, from, stride, rows, tensor.width);
  }

  /** Floats in a row of the gradient that goes back: x and h, or h alone. */
  protected get slopeWidth(): number {
    return this.inputSlopes ? this.input.width + this.width : this.width;
  }

  protected get keepsStepSlopes(): boolean {
    return this.#keepsStepSlopes();
  }

  protected stateAt(name: string): number {
    return this.#stateAt.get(name)!;
  }

  /** h before every step as rows `[T * B, H]`, and how many of the first are known to be zero. */
  protected hBefore({ batch }: Shape): { at: number; skip: number } {
    const at = this.stateAt('h');
    if (this.reversed) return { at: at + batch * this.width * 4, skip: 0 };
    return { at, skip: this.#initial.has('h') ? 0 : batch };
  }

  /** A state at every step, `[T, B, width]`. */
  protected stateOverTime(name: string, width: number, { batch }: Shape): number {
    return this.stateAt(name) + (this.reversed ? 0 : batch * width * 4);
  }

  #learnsInitial(): boolean {
    for (const tensor of this.#initial.values()) if (tensor.needsSlopes()) return true;
    return false;
  }

  /** Where the h of a step is made: in its place among the states, or apart where it is dropped on its way there. */
  #madeAt(row: number, after: number): number {
    return this.#stateDropout.length > 0
      ? this.#whole + row * this.width * 4
      : this.stateAt('h') + after * this.width * 4;
  }

  /** Gradient of the k-th step that was run. */
  #slopesAt(k: number, steps: number, { batch }: Shape): number {
    const t = this.reversed ? steps - 1 - k : k;
    return this.#slopes + (this.inputSlopes ? t : k % 2) * batch * this.slopeWidth * 4;
  }
}
