/** The tensors of a composed cell: a row of `width` floats for every row and step of the batch. */
import type { Kernels } from '../../../kernels/kernels.ts';
import type { MemoryPlan } from '../../../kernels/memory.ts';
import type { Shape } from '../part.ts';
import type { StepForward } from '../recurrent.ts';

/** Which rows an operation works on. */
export type Rows = Pick<StepForward, 'first' | 'row' | 'rows' | 'x' | 'before' | 'after' | 'made' | 'scratch'>;

/** Where a value lies. */
export interface Place {
  /** Address of the first of these rows. */
  readonly at: (rows: Rows) => number;
  /** Address of the rows of all steps, `[T * B, width]`. */
  readonly over: (shape: Shape) => number;
}

export class Value {
  readonly width: number;
  /** Whether a gradient by it is of any use. */
  readonly needsSlopes: () => boolean;
  #place: Place | undefined;
  #own = 0;
  /** Its gradient: of all steps where an operation sums over them, or else of one. */
  #slopes = 0;
  #keepsSlopes = false;
  #slopesOfSteps = false;

  /** @param place absent: memory of its own. */
  constructor(width: number, place?: Place, needsSlopes: () => boolean = () => true) {
    this.width = width;
    this.#place = place;
    this.needsSlopes = needsSlopes;
  }

  /** Lets it be made where a state of the layer lies. */
  standAt(place: Place): void {
    this.#place = place;
  }

  /** Keeps its gradient of every step. */
  keepSlopes(): void {
    this.#keepsSlopes = true;
  }

  /** @param keepsSlopes its gradient of every step is wanted in this pass. */
  plan(plan: MemoryPlan, { batch, steps }: Shape, keepsSlopes: boolean): void {
    if (!this.#place) this.#own = plan.floats(steps * batch * this.width);
    this.#slopesOfSteps = this.#keepsSlopes || keepsSlopes;
    this.#slopes = plan.floats((this.#slopesOfSteps ? steps : 1) * batch * this.width);
  }

  /** Address of the memory of its own, of all steps. */
  get own(): number {
    return this.#own;
  }

  at(rows: Rows): number {
    return this.#place ? this.#place.at(rows) : this.#own + rows.row * this.width * 4;
  }

  over(shape: Shape): number {
    return this.#place ? this.#place.over(shape) : this.#own;
  }

  slopes({ row, first }: Rows): number {
    return this.#slopes + (this.#slopesOfSteps ? row : first) * this.width * 4;
  }

  /** The gradient of all steps, `[T * B, width]`, where it is kept. */
  slopesOver(): number {
    return this.#slopes;
  }

  clearSlopes(kernels: Kernels, rows: Rows): void {
    kernels.fill(this.slopes(rows), 0, rows.rows * this.width);
  }
}
