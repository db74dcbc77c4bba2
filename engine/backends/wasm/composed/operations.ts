/** The operations of composed cells, each with its way back and the sums over the batch of what it learns. */
import type { MemoryPlan } from '../../../kernels/memory.ts';
import { PackedMatrix, Products } from '../../../kernels/products.ts';
import type { Activator } from '../activator.ts';
import type { DropoutMask } from '../dropout.ts';
import type { Matrix, Weight } from '../parameters.ts';
import { columnsOf, type Packed, type Shape, type Share } from '../part.ts';
import { type Rows, Value } from './value.ts';

/** A bias, and what is to be done when columns of its gradient are summed. */
export interface BiasPlace extends Weight {
  readonly spread?: ((first: number, end: number) => void) | undefined;
}

export abstract class Operation {
  /** What it reads, in the order in which `backward` sends gradients. */
  readonly reads: readonly Value[];
  readonly made: Value;
  readonly packed: readonly Packed[] = [];
  protected readonly products: Products;
  /** Whether a gradient is added to what others have sent, for each of `reads`. Set when the cell is whole. */
  protected adds: readonly boolean[] = [];
  /** Nothing is made of the result that anyone reads: no gradient arrives. */
  #unread = false;

  constructor(products: Products, reads: readonly Value[], made: Value) {
    this.products = products;
    this.reads = reads;
    this.made = made;
  }

  /** @param written values that have got a gradient already, on the way back; grows. */
  connect(written: Set<Value>): void {
    this.#unread = !written.has(this.made);
    if (this.#unread) return;
    this.adds = this.reads.map(value => {
      const before = written.has(value);
      written.add(value);
      return before;
    });
  }

  get unread(): boolean {
    return this.#unread;
  }

  plan(_plan: MemoryPlan, _shape: Shape): void {
    // Most need only their result.
  }

  /** Floats of scratch that a thread needs for at most so many rows of all steps. */
  scratch(_rows: number): number {
    return 0;
  }

  abstract forward(rows: Rows): void;
  /** Sends the gradient of what it made to what it read. */
  abstract backward(rows: Rows): void;

  sumGradients(_shape: Shape, _share: Share): void {
    // Most learn nothing.
  }

  /** 1 where the gradient of the k-th value that it reads is added. */
  protected add(k: number): number {
    return this.adds[k] ? 1 : 0;
  }
}

/** z = a · A + b · B + bias: the rows of A stand above those of B. */
export class MatrixProduct extends Operation {
  override readonly packed: readonly Packed[];
  readonly #matrix: Matrix;
  readonly #bias: BiasPlace | undefined;
  readonly #forward: PackedMatrix;
  readonly #backward: readonly PackedMatrix[];

  constructor(products: Products, factors: readonly [Value] | readonly [Value, Value], matrix: Matrix, units: number, bias: BiasPlace | undefined) {
    super(products, factors, new Value(units));
    this.#matrix = matrix;
    this.#bias = bias;
    const depths = factors.map(({ width }) => width);
    const depth = depths.reduce((sum, one) => sum + one, 0);
    const { weight, stride } = matrix;
    const place = { at: weight, stride, rows: depth, columns: units };
    this.#forward = new PackedMatrix(products, 'forward', () => place);
    let row = 0;
    this.#backward = depths.map(rows => {
      const own = { at: weight + row * stride, stride, rows, columns: units };
      row += rows;
      return new PackedMatrix(products, 'backward', () => own);
    });
    this.packed = [this.#forward, ...this.#backward];
    this.made.keepSlopes();
  } // prettier-ignore

  override scratch(rows: number): number {
    const widths = this.reads.map(({ width }) => width);
    const { width } = this.made;
    return Math.max(
      Products.rowScratch(
        rows,
        widths.reduce((sum, one) => sum + one, 0),
      ),
      Products.rowScratch(rows, width),
      Products.sumScratch(rows, Math.max(...widths), width),
    );
  }

  forward(rows: Rows): void {
    const [a, b] = this.reads;
    const { width } = this.made;
    const z = this.made.at(rows);
    this.products.rowsTimesWeights(
      a!.at(rows), a!.width * 4, a!.width, b?.at(rows) ?? 0, (b?.width ?? 0) * 4, b?.width ?? 0,
      this.#forward, z, width * 4, rows.rows, false, rows.scratch,
    ); // prettier-ignore
    if (this.#bias) this.products.kernels.biasActivate(0, z, this.#bias.weight, rows.rows, width);
  }

  backward(rows: Rows): void {
    const { width } = this.made;
    this.reads.forEach((value, k) => {
      if (!value.needsSlopes()) return;
      this.products.rowsTimesWeights(
        this.made.slopes(rows), width * 4, width, 0, 0, 0,
        this.#backward[k]!, value.slopes(rows), value.width * 4, rows.rows, this.adds[k]!, rows.scratch,
      ); // prettier-ignore
    });
  }

  override sumGradients(shape: Shape, share: Share): void {
    const [a, b] = this.reads;
    const { width } = this.made;
    const [first, end] = columnsOf(share, width);
    if (first === end) return;
    this.products.sumOfOuterProducts(
      a!.over(shape), a!.width * 4, a!.width, b?.over(shape) ?? 0, (b?.width ?? 0) * 4, b?.width ?? 0, 0,
      this.made.slopesOver(), width * 4, shape.steps * shape.batch,
      this.#matrix.gradient, this.#matrix.stride, this.#bias?.gradient ?? 0, first, end, false, share.scratch,
    ); // prettier-ignore
    this.#bias?.spread?.(first, end);
  }
}

/** y = f(x). */
export class Activation extends Operation {
  readonly #activator: Activator;

  constructor(products: Products, x: Value, activator: Activator) {
    super(products, [x], new Value(x.width));
    this.#activator = activator;
  }

  forward(rows: Rows): void {
    this.#activator.forward(this.reads[0]!.at(rows), this.made.at(rows), rows.rows, this.made.width);
  }

  backward(rows: Rows): void {
    const x = this.reads[0]!;
    this.#activator.backward(
      x.at(rows),
      this.made.at(rows),
      this.made.slopes(rows),
      x.slopes(rows),
      x.width * 4,
      rows.rows,
      x.width,
      this.adds[0]!,
    );
  }
}

/** a * b, value by value. */
export class Multiplication extends Operation {
  constructor(products: Products, a: Value, b: Value) {
    super(products, [a, b], new Value(a.width));
  }

  forward(rows: Rows): void {
    const [a, b] = this.reads;
    this.products.kernels.productOnto(this.made.at(rows), a!.at(rows), b!.at(rows), rows.rows * this.made.width, 0);
  }

  backward(rows: Rows): void {
    const [a, b] = this.reads;
    const n = rows.rows * this.made.width;
    for (const [k, [to, other]] of [[a!, b!] as const, [b!, a!] as const].entries())
      this.products.kernels.productOnto(to.slopes(rows), this.made.slopes(rows), other.at(rows), n, this.add(k));
  }
}

/** a + b. */
export class Addition extends Operation {
  constructor(products: Products, a: Value, b: Value) {
    super(products, [a, b], new Value(a.width));
  }

  forward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    this.reads.forEach((value, k) => {
      this.products.kernels.affineOnto(this.made.at(rows), value.at(rows), 1, 0, n, k);
    });
  }

  backward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    this.reads.forEach((value, k) => {
      this.products.kernels.affineOnto(value.slopes(rows), this.made.slopes(rows), 1, 0, n, this.add(k));
    });
  }
}

/** factor * x + constant. */
export class Affine extends Operation {
  readonly #factor: number;
  readonly #constant: number;

  constructor(products: Products, x: Value, factor: number, constant: number) {
    super(products, [x], new Value(x.width));
    this.#factor = factor;
    this.#constant = constant;
  }

  forward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    this.products.kernels.affineOnto(this.made.at(rows), this.reads[0]!.at(rows), this.#factor, this.#constant, n, 0);
  }

  backward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    const to = this.reads[0]!.slopes(rows);
    this.products.kernels.affineOnto(to, this.made.slopes(rows), this.#factor, 0, n, this.add(0));
  }
}

/** z + c * w: a peephole, whose w `[U]` is the same for every row. */
export class Peephole extends Operation {
  readonly #weight: Weight;

  constructor(products: Products, z: Value, c: Value, weight: Weight) {
    super(products, [z, c], new Value(z.width));
    this.#weight = weight;
    this.made.keepSlopes();
  }

  forward(rows: Rows): void {
    const [z, c] = this.reads;
    const { kernels } = this.products;
    const { width } = this.made;
    kernels.affineOnto(this.made.at(rows), z!.at(rows), 1, 0, rows.rows * width, 0);
    kernels.columnsOnto(this.made.at(rows), c!.at(rows), this.#weight.weight, rows.rows, width, 1);
  }

  backward(rows: Rows): void {
    const [z, c] = this.reads;
    const { kernels } = this.products;
    const { width } = this.made;
    const from = this.made.slopes(rows);
    kernels.affineOnto(z!.slopes(rows), from, 1, 0, rows.rows * width, this.add(0));
    kernels.columnsOnto(c!.slopes(rows), from, this.#weight.weight, rows.rows, width, this.add(1));
  }

  override sumGradients(shape: Shape, share: Share): void {
    const { width } = this.made;
    const [first, end] = columnsOf(share, width);
    const [dz, c, to] = [this.made.slopesOver(), this.reads[1]!.over(shape), this.#weight.gradient];
    const rows = shape.steps * shape.batch;
    this.products.kernels.productSums(dz + first * 4, width * 4, c + first * 4, width * 4, rows, end - first, to + first * 4, 0); // prettier-ignore
  }
}

/** Source: `contrib.layers.layer_norm` of TensorFlow 1.15, by which the LayerNorm cells normalize. */
const NORM_EPSILON = 1e-12;

/** Each row to mean 0 and variance 1, times a gain `[U]`, plus a shift `[U]`. */
export class LayerNorm extends Operation {
  readonly #gain: Weight;
  readonly #shift: Weight;
  #normed = 0;
  #inverse = 0;

  constructor(products: Products, x: Value, gain: Weight, shift: Weight) {
    super(products, [x], new Value(x.width));
    this.#gain = gain;
    this.#shift = shift;
    this.made.keepSlopes();
  }

  override plan(plan: MemoryPlan, { batch, steps }: Shape): void {
    this.#normed = plan.floats(steps * batch * this.made.width);
    this.#inverse = plan.floats(steps * batch);
  }

  forward(rows: Rows): void {
    const { width } = this.made;
    this.products.kernels.normRows(
      this.reads[0]!.at(rows), this.#gain.weight, this.#shift.weight, NORM_EPSILON,
      this.#normed + rows.row * width * 4, this.#inverse + rows.row * 4, this.made.at(rows), rows.rows, width,
    ); // prettier-ignore
  }

  backward(rows: Rows): void {
    const { width } = this.made;
    this.products.kernels.normSlopes(
      this.made.slopes(rows), this.#gain.weight, this.#normed + rows.row * width * 4, this.#inverse + rows.row * 4,
      this.reads[0]!.slopes(rows), rows.rows, width, this.add(0),
    ); // prettier-ignore
  }

  override sumGradients({ batch, steps }: Shape, share: Share): void {
    const { width } = this.made;
    const [first, end] = columnsOf(share, width);
    const from = this.made.slopesOver() + first * 4;
    const { kernels } = this.products;
    kernels.productSums(from, width * 4, this.#normed + first * 4, width * 4, batch * steps, end - first, this.#gain.gradient + first * 4, 0); // prettier-ignore
    kernels.columnSums(from, width * 4, batch * steps, end - first, this.#shift.gradient + first * 4, 0);
  }
}

/** min(max(x, -limit), limit). */
export class Clip extends Operation {
  readonly #limit: number;

  constructor(products: Products, x: Value, limit: number) {
    super(products, [x], new Value(x.width));
    this.#limit = limit;
  }

  forward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    this.products.kernels.affineOnto(this.made.at(rows), this.reads[0]!.at(rows), 1, 0, n, 0);
    this.products.kernels.clip(this.made.at(rows), n, this.#limit);
  }

  backward(rows: Rows): void {
    const x = this.reads[0]!;
    const n = rows.rows * x.width;
    this.products.kernels.clippedOnto(x.slopes(rows), this.made.slopes(rows), x.at(rows), this.#limit, n, this.add(0));
  }
}

/** x times a dropout mask. */
export class Masked extends Operation {
  readonly #mask: DropoutMask;

  constructor(products: Products, x: Value, mask: DropoutMask) {
    super(products, [x], new Value(x.width, undefined, x.needsSlopes));
    this.#mask = mask;
  }

  override plan(plan: MemoryPlan, shape: Shape): void {
    this.#mask.plan(plan, shape);
  }

  forward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    this.products.kernels.productOnto(this.made.at(rows), this.reads[0]!.at(rows), this.#mask.rowsAt(rows), n, 0);
  }

  backward(rows: Rows): void {
    const n = rows.rows * this.made.width;
    const x = this.reads[0]!;
    if (!x.needsSlopes()) return;
    this.products.kernels.productOnto(x.slopes(rows), this.made.slopes(rows), this.#mask.rowsAt(rows), n, this.add(0));
  }
}
