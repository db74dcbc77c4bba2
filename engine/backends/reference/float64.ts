/**
 * The differentiable operations in plain float64. A `[B, T, H]` tensor counts as B·T rows of width H wherever rows are
 * spoken of.
 */
import { EngineError } from '../../errors.ts';
import { phrase } from '../../model/phrase.ts';
import { sizeOf, Tensor } from './tensor.ts';

const widthOf = (of: Tensor): number => of.shape.at(-1) ?? 1;

function mustFit(condition: boolean, operation: string, a: Tensor, b: Tensor): void {
  if (condition) return;
  throw new EngineError(
    'invalid-shape',
    phrase('{0}: [{1}] and [{2}] do not fit', operation, a.shape.join(', '), b.shape.join(', ')),
  );
}

/** f of every value; `slope` is its derivative, given the value and f of it. */
export function pointwise(x: Tensor, f: (x: number) => number, slope: (x: number, y: number) => number): Tensor {
  const values = x.values.map(f);
  return new Tensor(x.shape, values, [x], gradient => [gradient.map((g, k) => g * slope(x.values[k]!, values[k]!))]);
}

/**
 * f of every pair of values. The shorter tensor repeats along the leading axes of the longer one: a bias `[U]` or a mask
 * `[1, U]` against `[B, U]`. `toA` and `toB` are the derivatives with respect to a and b.
 */
function pairwise(
  name: string,
  a: Tensor,
  b: Tensor,
  f: (a: number, b: number) => number,
  toA: (a: number, b: number) => number,
  toB: (a: number, b: number) => number,
): Tensor {
  const lengthA = a.values.length;
  const lengthB = b.values.length;
  const longer = lengthA >= lengthB ? a : b;
  const size = longer.values.length;
  mustFit(widthOf(a) === widthOf(b) && size % lengthA === 0 && size % lengthB === 0, name, a, b);
  const values = longer.values.map((_, k) => f(a.values[k % lengthA]!, b.values[k % lengthB]!));
  return new Tensor(longer.shape, values, [a, b], gradient => {
    const slopesA = new Float64Array(lengthA);
    const slopesB = new Float64Array(lengthB);
    for (let k = 0; k < size; k++) {
      const one = a.values[k % lengthA]!;
      const other = b.values[k % lengthB]!;
      slopesA[k % lengthA]! += gradient[k]! * toA(one, other);
      slopesB[k % lengthB]! += gradient[k]! * toB(one, other);
    }
    return [slopesA, slopesB];
  });
}

const plusOne = (): number => 1;
const minusOne = (): number => -1;

export function add(a: Tensor, b: Tensor): Tensor {
  return pairwise('add', a, b, (x, y) => x + y, plusOne, plusOne);
}

export function subtract(a: Tensor, b: Tensor): Tensor {
  return pairwise('subtract', a, b, (x, y) => x - y, plusOne, minusOne);
}

/** Element by element. */
export function multiply(a: Tensor, b: Tensor): Tensor {
  return pairwise('multiply', a, b, (x, y) => x * y, (_x, y) => y, x => x); // prettier-ignore
}

export function divide(a: Tensor, b: Tensor): Tensor {
  return pairwise('divide', a, b, (x, y) => x / y, (_x, y) => 1 / y, (x, y) => -x / (y * y)); // prettier-ignore
}

/** The greater of two values; the gradient goes to it (to the first where they are equal). */
export function maximum(a: Tensor, b: Tensor): Tensor {
  return pairwise('maximum', a, b, Math.max, (x, y) => (x >= y ? 1 : 0), (x, y) => (x >= y ? 0 : 1)); // prettier-ignore
}

export function scale(x: Tensor, factor: number): Tensor {
  return pointwise(x, one => one * factor, () => factor); // prettier-ignore
}

export function oneMinus(x: Tensor): Tensor {
  return pointwise(x, one => 1 - one, minusOne);
}

export function log(x: Tensor): Tensor {
  return pointwise(x, Math.log, one => 1 / one);
}

/** Cuts values off at the bounds; no gradient passes beyond them. */
export function clip(x: Tensor, low: number, high: number): Tensor {
  return pointwise(
    x,
    one => Math.min(Math.max(one, low), high),
    one => (one >= low && one <= high ? 1 : 0),
  );
}

/** `x @ W` on the last axis: `[..., D]` and `[D, U]` give `[..., U]`. */
export function matmul(x: Tensor, w: Tensor): Tensor {
  const [D = 0, U = 0] = w.shape;
  mustFit(w.shape.length === 2 && widthOf(x) === D, 'matmul', x, w);
  const rows = x.values.length / D;
  const values = new Float64Array(rows * U);
  for (let r = 0; r < rows; r++)
    for (let d = 0; d < D; d++)
      for (let u = 0; u < U; u++) values[r * U + u]! += x.values[r * D + d]! * w.values[d * U + u]!;
  return new Tensor([...x.shape.slice(0, -1), U], values, [x, w], gradient => {
    const toX = new Float64Array(x.values.length);
    const toW = new Float64Array(w.values.length);
    for (let r = 0; r < rows; r++)
      for (let d = 0; d < D; d++)
        for (let u = 0; u < U; u++) {
          toX[r * D + d]! += gradient[r * U + u]! * w.values[d * U + u]!;
          toW[d * U + u]! += gradient[r * U + u]! * x.values[r * D + d]!;
        }
    return [toX, toW];
  });
}

/** A tensor whose value number k is number `from(k)` of x: the one form of all cutting, turning and repeating. */
function rearrange(x: Tensor, shape: readonly number[], from: (k: number) => number): Tensor {
  const values = new Float64Array(sizeOf(shape));
  for (let k = 0; k < values.length; k++) values[k] = x.values[from(k)]!;
  return new Tensor(shape, values, [x], gradient => {
    const toX = new Float64Array(x.values.length);
    for (let k = 0; k < values.length; k++) toX[from(k)]! += gradient[k]!;
    return [toX];
  });
}

/** `[M, N]` to `[N, M]`. */
export function transpose(x: Tensor): Tensor {
  const [M = 0, N = 0] = x.shape;
  return rearrange(x, [N, M], k => (k % M) * N + Math.floor(k / M));
}

/** Exchanges two neighbouring axes: `exchange(x, 0)` makes `[T, B, H]` of `[B, T, H]`. */
export function exchange(x: Tensor, axis: number): Tensor {
  const [P = 1, Q = 1] = x.shape.slice(axis);
  const inner = sizeOf(x.shape.slice(axis + 2));
  return rearrange(x, [...x.shape.slice(0, axis), Q, P, ...x.shape.slice(axis + 2)], k => {
    const outer = Math.floor(k / (P * Q * inner));
    const q = Math.floor(k / (P * inner)) % Q;
    const p = Math.floor(k / inner) % P;
    return ((outer * P + p) * Q + q) * inner + (k % inner);
  });
}

export function reshape(x: Tensor, shape: readonly number[]): Tensor {
  return rearrange(x, shape, k => k);
}

/** Columns from `begin` up to `end` of the last axis. */
export function columns(x: Tensor, begin: number, end: number): Tensor {
  const width = end - begin;
  return rearrange(x, [...x.shape.slice(0, -1), width], k => Math.floor(k / width) * widthOf(x) + begin + (k % width));
}

/** Entries from `begin` up to `end` of the first axis. */
export function rows(x: Tensor, begin: number, end: number): Tensor {
  const size = sizeOf(x.shape.slice(1));
  return rearrange(x, [end - begin, ...x.shape.slice(1)], k => begin * size + k);
}

/** x once more for each of `count` rows: `[U]` or `[1, U]` to `[B, U]`. */
export function repeatRows(x: Tensor, count: number): Tensor {
  return rearrange(x, [count, widthOf(x)], k => k % x.values.length);
}

/** One step of a sequence: `[B, T, ...]` to `[B, ...]`. */
export function stepOf(x: Tensor, t: number): Tensor {
  const [B = 0, T = 0, ...rest] = x.shape;
  const size = sizeOf(rest);
  return rearrange(x, [B, ...rest], k => (Math.floor(k / size) * T + t) * size + (k % size));
}

/** All steps of a sequence: `[B, T, ...]` to T tensors `[B, ...]`. */
export function stepsOf(x: Tensor): Tensor[] {
  return Array.from({ length: x.shape[1]! }, (_, t) => stepOf(x, t));
}

/** Rows of a table by number: `[V, E]` and numbers of shape `[B, T]` give `[B, T, E]`. */
export function embed(table: Tensor, numbers: Tensor): Tensor {
  const E = widthOf(table);
  return rearrange(table, [...numbers.shape, E], k => numbers.values[Math.floor(k / E)]! * E + (k % E));
}

/** One column of each row, as numbered: `[N, C]` to `[N]`. */
export function pick(x: Tensor, column: ArrayLike<number>): Tensor {
  return rearrange(x, [column.length], k => k * widthOf(x) + column[k]!);
}

/** Joins tensors on the last axis. */
export function concatenate(parts: readonly Tensor[]): Tensor {
  const width = parts.reduce((sum, part) => sum + widthOf(part), 0);
  const [first] = parts;
  const count = first!.values.length / widthOf(first!);
  const values = new Float64Array(count * width);
  const begins: number[] = [];
  let begin = 0;
  for (const part of parts) {
    mustFit(part.values.length / widthOf(part) === count, 'concatenate', first!, part);
    begins.push(begin);
    part.values.forEach((v, k) => (values[placeIn(k, widthOf(part), width, begins.at(-1)!)] = v));
    begin += widthOf(part);
  }
  return new Tensor([...first!.shape.slice(0, -1), width], values, parts, gradient =>
    parts.map((part, p) =>
      Float64Array.from(part.values, (_, k) => gradient[placeIn(k, widthOf(part), width, begins[p]!)]!),
    ),
  );
}

const placeIn = (k: number, own: number, width: number, begin: number): number =>
  Math.floor(k / own) * width + begin + (k % own);

/** Puts T tensors `[B, ...]` side by side as a sequence `[B, T, ...]`. */
export function sequence(steps: readonly Tensor[]): Tensor {
  const [B = 0, ...rest] = steps[0]!.shape;
  const flat = concatenate(steps.map(step => reshape(step, [B, sizeOf(rest)])));
  return reshape(flat, [B, steps.length, ...rest]);
}

/** Row by row: of a where the condition holds, of b elsewhere. */
export function select(condition: readonly boolean[], a: Tensor, b: Tensor): Tensor {
  mustFit(a.values.length === b.values.length && a.shape[0] === condition.length, 'select', a, b);
  const size = a.values.length / condition.length;
  const holds = (k: number): boolean => condition[Math.floor(k / size)]!;
  const values = a.values.map((v, k) => (holds(k) ? v : b.values[k]!));
  return new Tensor(a.shape, values, [a, b], gradient => [
    gradient.map((g, k) => (holds(k) ? g : 0)),
    gradient.map((g, k) => (holds(k) ? 0 : g)),
  ]);
}

/** Sum of all values, a scalar `[]`. */
export function sum(x: Tensor): Tensor {
  const total = x.values.reduce((before, v) => before + v, 0);
  return new Tensor([], Float64Array.of(total), [x], ([g = 0]) => [new Float64Array(x.values.length).fill(g)]);
}

/** `[..., U]` to `[..., 1]`: the sum of each row. */
export function rowSum(x: Tensor): Tensor {
  const ones = new Tensor([widthOf(x), 1], new Float64Array(widthOf(x)).fill(1));
  return matmul(x, ones);
}

/** `[..., 1]` to `[..., U]`: the value of each row in every column. */
export function spread(x: Tensor, width: number): Tensor {
  return rearrange(x, [...x.shape.slice(0, -1), width], k => Math.floor(k / width));
}

/** Of each row, without overflow: subtracts its greatest value first. */
export function logSoftmax(x: Tensor): Tensor {
  const width = widthOf(x);
  const values = new Float64Array(x.values.length);
  for (let begin = 0; begin < values.length; begin += width) {
    const row = x.values.subarray(begin, begin + width);
    const greatest = row.reduce((a, b) => Math.max(a, b));
    const logSum = Math.log(row.reduce((total, v) => total + Math.exp(v - greatest), 0)) + greatest;
    row.forEach((v, k) => (values[begin + k] = v - logSum));
  }
  return new Tensor(x.shape, values, [x], gradient => {
    const toX = new Float64Array(gradient.length);
    for (let begin = 0; begin < toX.length; begin += width) {
      const total = gradient.subarray(begin, begin + width).reduce((a, b) => a + b, 0);
      for (let k = begin; k < begin + width; k++) toX[k] = gradient[k]! - Math.exp(values[k]!) * total;
    }
    return [toX];
  });
}

export function exponential(x: Tensor): Tensor {
  return pointwise(x, Math.exp, (_x, y) => y);
}

export function squareRoot(x: Tensor): Tensor {
  return pointwise(x, Math.sqrt, (_x, y) => 1 / (2 * y));
}

export function absolute(x: Tensor): Tensor {
  return pointwise(x, Math.abs, Math.sign);
}
