/**
 * Matrix products of a network: packing, blocking and the tile. Blocks only cut loops; every element of a result remains
 * one running sum over k in ascending order, so neither tile shape nor blocking nor threads change a bit.
 */
import { type Kernels, TILES } from './kernels.ts';
import type { MemoryPlan } from './memory.ts';

/** Deepest panel: 12 columns of it fill less than half of a first-level cache of 32 KB. */
const DEPTH_LIMIT = 320;
/** Rows of a packed block of A, a multiple of all tile heights; with the deepest panels a third of a second-level cache. */
const ROW_LIMIT = 240;
/** Rows of the batch that a block of a weight gradient sums. */
const SUM_LIMIT = 256;

/** Equal blocks of at most `limit`. */
function blockSize(total: number, limit: number): number {
  return Math.ceil(total / Math.ceil(total / limit));
}

/** A weight matrix [rows, columns] in memory, rows `stride` bytes apart. */
export interface MatrixPlace {
  readonly at: number;
  readonly stride: number;
  readonly rows: number;
  readonly columns: number;
}

/** The ways through a network; each needs the weights in another order. */
export type Way = 'forward' | 'backward';

/** A weight matrix as the tile wants it, made anew before it is used: as it is on the way forward, transposed on the way back. */
export class PackedMatrix {
  readonly way: Way;
  at = 0;
  depth = 0;
  columns = 0;
  block = 0;
  readonly #products: Products;
  readonly #where: () => MatrixPlace;
  #source = 0;
  #stride = 0;

  /** @param where the weights; asked when memory is planned. */
  constructor(products: Products, way: Way, where: () => MatrixPlace) {
    this.#products = products;
    this.way = way;
    this.#where = where;
  }

  plan(plan: MemoryPlan): void {
    const { at, stride, rows, columns } = this.#where();
    [this.depth, this.columns] = this.way === 'forward' ? [rows, columns] : [columns, rows];
    this.block = blockSize(this.depth, DEPTH_LIMIT);
    this.at = plan.floats(this.depth * (this.columns + 3));
    this.#source = at;
    this.#stride = stride;
  }

  pack(): void {
    if (this.way === 'forward') this.#products.packWeights(this, this.#source, this.#stride);
    else this.#products.packTransposed(this, this.#source, this.#stride);
  }
}

export class Products {
  readonly kernels: Kernels;
  readonly #shape: number;
  readonly #rows: number;
  readonly #columns: number;
  /** Floating-point operations of all products so far, for the bench. */
  operations = 0;

  constructor(kernels: Kernels, shape: number) {
    this.kernels = kernels;
    this.#shape = shape;
    this.#rows = TILES[shape]!.rows;
    this.#columns = TILES[shape]!.columns;
  }

  /** Packs W[depth, columns]. */
  packWeights(packed: PackedMatrix, source: number, stride: number): void {
    const width = this.#columns;
    const padded = roundToVector(packed.columns, width);
    for (let k = 0; k < packed.depth; k += packed.block) {
      const depth = Math.min(packed.block, packed.depth - k);
      this.kernels.packColumns(
        packed.at + k * padded * 4,
        depth * width * 4,
        source + k * stride,
        stride,
        packed.columns,
        depth,
        width,
        1,
      );
    }
  }

  /** Packs the transpose of W[columns, depth]. */
  packTransposed(packed: PackedMatrix, source: number, stride: number): void {
    const width = this.#columns;
    const padded = roundToVector(packed.columns, width);
    for (let k = 0; k < packed.depth; k += packed.block) {
      const depth = Math.min(packed.block, packed.depth - k);
      this.kernels.packRows(
        packed.at + k * padded * 4,
        depth * width * 4,
        source + k * 4,
        stride,
        packed.columns,
        depth,
        width,
        1,
      );
    }
  }

  /** Floats of scratch that `rowsTimesWeights` needs for so many rows. */
  static rowScratch(rows: number, depth: number): number {
    return (Math.min(rows, ROW_LIMIT) + 8) * Math.min(depth, DEPTH_LIMIT);
  }

  /**
   * C[m, columns] (+)= [X | H] · W: each row of A is a row of X and, behind it, one of H (`hDepth` 0: no H). When the two
   * are shorter than W is deep, the rest of A is taken as zeros.
   */
  rowsTimesWeights(
    x: number,
    xStride: number,
    xDepth: number,
    h: number,
    hStride: number,
    hDepth: number,
    weights: PackedMatrix,
    c: number,
    cStride: number,
    m: number,
    add: boolean,
    scratch: number,
  ): void {
    const { kernels } = this;
    const height = this.#rows;
    const total = xDepth + hDepth;
    const padded = roundToVector(weights.columns, this.#columns);
    this.operations += 2 * m * weights.columns * total;
    for (let row = 0; row < m; row += ROW_LIMIT) {
      const rows = Math.min(ROW_LIMIT, m - row);
      for (let k = 0; k < total; k += weights.block) {
        const stored = Math.min(weights.block, weights.depth - k);
        const depth = Math.min(stored, total - k);
        const panel = depth * height * 4;
        const fromX = Math.max(0, Math.min(xDepth - k, depth));
        if (fromX > 0) kernels.packRows(scratch, panel, x + row * xStride + k * 4, xStride, rows, fromX, height, 0);
        if (fromX < depth) {
          const first = k + fromX - xDepth;
          kernels.packRows(
            scratch + fromX * height * 4,
            panel,
            h + row * hStride + first * 4,
            hStride,
            rows,
            depth - fromX,
            height,
            0,
          );
        }
        kernels.multiply(
          this.#shape,
          scratch,
          panel,
          weights.at + k * padded * 4,
          stored,
          c + row * cStride,
          cStride,
          rows,
          weights.columns,
          depth,
          add || k > 0 ? 1 : 0,
        );
      }
    }
  }

  /** Floats of scratch that `sumOfOuterProducts` needs for so many rows. */
  static sumScratch(rows: number, features: number, columns: number): number {
    return Math.min(rows, SUM_LIMIT) * (features + 8 + columns + 8);
  }

  /**
   * The gradient of a weight matrix and of its bias: G[xDepth + hDepth, columns] = sum over rows of [X | H]ᵀ · D, and the
   * sum of the rows of D. The first `hSkip` rows of H are known to be zero and left out. Only the columns from `first`
   * up to `end` are made, so that threads can share the work; with `add` onto what is there. `beside` is called for each
   * block of rows while its part of D is near: for what else is summed over it.
   */
  sumOfOuterProducts(
    x: number,
    xStride: number,
    xDepth: number,
    h: number,
    hStride: number,
    hDepth: number,
    hSkip: number,
    d: number,
    dStride: number,
    rows: number,
    g: number,
    gStride: number,
    bias: number,
    first: number,
    end: number,
    add: boolean,
    scratch: number,
    beside?: (row: number, rows: number, onto: 0 | 1) => void,
  ): void {
    const { kernels } = this;
    const height = this.#rows;
    const width = this.#columns;
    const columns = end - first;
    const a = scratch + Math.min(rows, SUM_LIMIT) * (columns + 8) * 4;
    let done = 0;
    while (done < rows) {
      const part = done < hSkip ? hSkip - done : rows - done;
      const depth = blockSize(part, SUM_LIMIT);
      const from = d + done * dStride + first * 4;
      const onto = add || done > 0 ? 1 : 0;
      kernels.packColumns(scratch, depth * width * 4, from, dStride, columns, depth, width, 1);
      if (bias !== 0) kernels.panelSums(scratch, depth * width * 4, columns, depth, width, bias + first * 4, onto);
      beside?.(done, depth, onto);
      if (xDepth > 0) {
        kernels.packColumns(a, depth * height * 4, x + done * xStride, xStride, xDepth, depth, height, 0);
        kernels.multiply(
          this.#shape,
          a,
          depth * height * 4,
          scratch,
          depth,
          g + first * 4,
          gStride,
          xDepth,
          columns,
          depth,
          onto,
        );
      }
      if (hDepth > 0 && done >= hSkip) {
        kernels.packColumns(a, depth * height * 4, h + done * hStride, hStride, hDepth, depth, height, 0);
        kernels.multiply(
          this.#shape,
          a,
          depth * height * 4,
          scratch,
          depth,
          g + xDepth * gStride + first * 4,
          gStride,
          hDepth,
          columns,
          depth,
          add || done > hSkip ? 1 : 0,
        );
      }
      this.operations += 2 * depth * columns * (xDepth + (done >= hSkip ? hDepth : 0));
      done += depth;
    }
    // A sequence of one step: nothing has been written to the part of H.
    if (hDepth > 0 && hSkip >= rows && !add) {
      for (let row = 0; row < hDepth; row++) kernels.fill(g + (xDepth + row) * gStride + first * 4, 0, columns);
    }
  }
}

/** Columns that a packed matrix takes: the last panel is rounded up to a vector. */
function roundToVector(columns: number, width: number): number {
  const left = columns % width;
  return columns - left + Math.ceil(left / 4) * 4;
}
