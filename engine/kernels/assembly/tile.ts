// C[m, n] (+)= A[m, k] · B[k, n] over packed panels.
//
// A lies in panels of `rows` rows, [panel][k][rows]; B in panels of `columns` columns, [panel][k][columns], the last
// one as wide as its columns rounded up to four. Every element of C is one running sum over k in ascending order, in
// every tile shape and at every edge, so all shapes give the same bits. k is not unrolled: V8 has 15 registers.

import { madd } from './math';

/** Room for one tile whose last columns do not fill a vector: 5 rows of 12 floats. */
/** Threads that may share one memory, and the room of each for a tile that hangs over the edge. */
const MOST_THREADS: usize = 64;
const EDGE_BYTES: usize = 5 * 12 * 4 + 16;
const EDGES = (__heap_base + 15) & ~15;
let EDGE: usize = EDGES;
const EDGE_STRIDE: usize = 48;

/** The first address that the kernels do not use themselves (constants, tables, edges). */
export function reservedBytes(): usize {
  return EDGES + MOST_THREADS * EDGE_BYTES;
}

/** Tells this instance which of the threads on its memory it serves. */
export function beThread(index: usize): void {
  EDGE = EDGES + index * EDGE_BYTES;
}

/** One tile; all arguments up to `aStep` are constants, so what they switch off vanishes. */
@inline
function tile(rows: i32, vectors: i32, aStep: usize, a: usize, b: usize, c: usize, stride: usize, k: i32, add: i32): void {
  let c00 = f32x4.splat(0), c01 = c00, c02 = c00;
  let c10 = c00, c11 = c00, c12 = c00;
  let c20 = c00, c21 = c00, c22 = c00;
  let c30 = c00, c31 = c00;
  let c40 = c00, c41 = c00;
  const r1 = c + stride, r2 = r1 + stride, r3 = r2 + stride, r4 = r3 + stride;
  if (add) {
    c00 = v128.load(c);
    if (vectors > 1) c01 = v128.load(c, 16);
    if (vectors > 2) c02 = v128.load(c, 32);
    if (rows > 1) {
      c10 = v128.load(r1);
      if (vectors > 1) c11 = v128.load(r1, 16);
      if (vectors > 2) c12 = v128.load(r1, 32);
    }
    if (rows > 2) {
      c20 = v128.load(r2);
      if (vectors > 1) c21 = v128.load(r2, 16);
      if (vectors > 2) c22 = v128.load(r2, 32);
    }
    if (rows > 3) {
      c30 = v128.load(r3);
      if (vectors > 1) c31 = v128.load(r3, 16);
    }
    if (rows > 4) {
      c40 = v128.load(r4);
      if (vectors > 1) c41 = v128.load(r4, 16);
    }
  }
  for (; k > 0; --k) {
    const b0 = v128.load(b);
    let b1 = b0, b2 = b0;
    if (vectors > 1) b1 = v128.load(b, 16);
    if (vectors > 2) b2 = v128.load(b, 32);
    let x = v128.load32_splat(a);
    c00 = madd(x, b0, c00);
    if (vectors > 1) c01 = madd(x, b1, c01);
    if (vectors > 2) c02 = madd(x, b2, c02);
    if (rows > 1) {
      x = v128.load32_splat(a, 4);
      c10 = madd(x, b0, c10);
      if (vectors > 1) c11 = madd(x, b1, c11);
      if (vectors > 2) c12 = madd(x, b2, c12);
    }
    if (rows > 2) {
      x = v128.load32_splat(a, 8);
      c20 = madd(x, b0, c20);
      if (vectors > 1) c21 = madd(x, b1, c21);
      if (vectors > 2) c22 = madd(x, b2, c22);
    }
    if (rows > 3) {
      x = v128.load32_splat(a, 12);
      c30 = madd(x, b0, c30);
      if (vectors > 1) c31 = madd(x, b1, c31);
    }
    if (rows > 4) {
      x = v128.load32_splat(a, 16);
      c40 = madd(x, b0, c40);
      if (vectors > 1) c41 = madd(x, b1, c41);
    }
    a += aStep;
    b += <usize>vectors << 4;
  }
  v128.store(c, c00);
  if (vectors > 1) v128.store(c, c01, 16);
  if (vectors > 2) v128.store(c, c02, 32);
  if (rows > 1) {
    v128.store(r1, c10);
    if (vectors > 1) v128.store(r1, c11, 16);
    if (vectors > 2) v128.store(r1, c12, 32);
  }
  if (rows > 2) {
    v128.store(r2, c20);
    if (vectors > 1) v128.store(r2, c21, 16);
    if (vectors > 2) v128.store(r2, c22, 32);
  }
  if (rows > 3) {
    v128.store(r3, c30);
    if (vectors > 1) v128.store(r3, c31, 16);
  }
  if (rows > 4) {
    v128.store(r4, c40);
    if (vectors > 1) v128.store(r4, c41, 16);
  }
}

// One function per full tile, so that each gets a register allocation of its own.
function tile4x8(a: usize, b: usize, c: usize, stride: usize, k: i32, add: i32): void {
  tile(4, 2, 16, a, b, c, stride, k, add);
}
function tile3x12(a: usize, b: usize, c: usize, stride: usize, k: i32, add: i32): void {
  tile(3, 3, 12, a, b, c, stride, k, add);
}
function tile5x8(a: usize, b: usize, c: usize, stride: usize, k: i32, add: i32): void {
  tile(5, 2, 20, a, b, c, stride, k, add);
}

/** What is left at the right and lower edge; `step` is the byte width of one k of A's panel. */
function edgeTile(rows: i32, vectors: i32, step: usize, a: usize, b: usize, c: usize, stride: usize, k: i32, add: i32): void {
  switch (rows * 4 + vectors) {
    case 5: tile(1, 1, step, a, b, c, stride, k, add); break;
    case 6: tile(1, 2, step, a, b, c, stride, k, add); break;
    case 7: tile(1, 3, step, a, b, c, stride, k, add); break;
    case 9: tile(2, 1, step, a, b, c, stride, k, add); break;
    case 10: tile(2, 2, step, a, b, c, stride, k, add); break;
    case 11: tile(2, 3, step, a, b, c, stride, k, add); break;
    case 13: tile(3, 1, step, a, b, c, stride, k, add); break;
    case 14: tile(3, 2, step, a, b, c, stride, k, add); break;
    case 15: tile(3, 3, step, a, b, c, stride, k, add); break;
    case 17: tile(4, 1, step, a, b, c, stride, k, add); break;
    case 18: tile(4, 2, step, a, b, c, stride, k, add); break;
    case 21: tile(5, 1, step, a, b, c, stride, k, add); break;
    case 22: tile(5, 2, step, a, b, c, stride, k, add); break;
    default: unreachable();
  }
}

@inline
function columnPanel(shape: i32, a: usize, aPanel: usize, b: usize, c: usize, stride: usize, m: i32, k: i32, add: i32): void {
  const rows = shape == 0 ? 4 : shape == 1 ? 3 : 5;
  const vectors = shape == 1 ? 3 : 2;
  const rowStep = stride * rows;
  for (; m >= rows; m -= rows) {
    if (shape == 0) tile4x8(a, b, c, stride, k, add);
    else if (shape == 1) tile3x12(a, b, c, stride, k, add);
    else tile5x8(a, b, c, stride, k, add);
    a += aPanel;
    c += rowStep;
  }
  if (m) edgeTile(m, vectors, rows << 2, a, b, c, stride, k, add);
}

/** A column panel narrower than the tile. */
function narrowPanel(rows: i32, width: i32, a: usize, aPanel: usize, b: usize, c: usize, stride: usize, m: i32, k: i32, add: i32): void {
  const vectors = (width + 3) >> 2;
  const inPlace = (width & 3) == 0;
  const bytes = <usize>width << 2;
  for (; m > 0; m -= rows) {
    const height = min(m, rows);
    if (inPlace) {
      edgeTile(height, vectors, <usize>rows << 2, a, b, c, stride, k, add);
    } else {
      if (add) for (let r: usize = 0; r < <usize>height; ++r) memory.copy(EDGE + r * EDGE_STRIDE, c + r * stride, bytes);
      edgeTile(height, vectors, <usize>rows << 2, a, b, EDGE, EDGE_STRIDE, k, add);
      for (let r: usize = 0; r < <usize>height; ++r) memory.copy(c + r * stride, EDGE + r * EDGE_STRIDE, bytes);
    }
    a += aPanel;
    c += stride * rows;
  }
}

/**
 * C[m, n] = A · B, or C += A · B when `add`. `shape` 0 is 4×8, 1 is 3×12, 2 is 5×8. `aPanel` and `bDepth` say how far
 * panels lie apart (bytes; k of B's panels as packed), so that a product may run over the first k of longer panels.
 */
export function multiply(shape: i32, a: usize, aPanel: usize, b: usize, bDepth: i32, c: usize, stride: usize, m: i32, n: i32, k: i32, add: i32): void {
  const rows = shape == 0 ? 4 : shape == 1 ? 3 : 5;
  const columns = shape == 1 ? 12 : 8;
  const bPanel = <usize>(bDepth * columns) << 2;
  for (; n >= columns; n -= columns) {
    if (shape == 0) columnPanel(0, a, aPanel, b, c, stride, m, k, add);
    else if (shape == 1) columnPanel(1, a, aPanel, b, c, stride, m, k, add);
    else columnPanel(2, a, aPanel, b, c, stride, m, k, add);
    b += bPanel;
    c += <usize>columns << 2;
  }
  if (n) narrowPanel(rows, n, a, aPanel, b, c, stride, m, k, add);
}

/** The bare tile, over and over on the same panels: what a product can reach at best. */
export function bareTile(shape: i32, a: usize, b: usize, c: usize, k: i32, times: i32): void {
  for (; times > 0; --times) {
    if (shape == 0) tile4x8(a, b, c, 32, k, 0);
    else if (shape == 1) tile3x12(a, b, c, 48, k, 0);
    else tile5x8(a, b, c, 32, k, 0);
  }
}
