/**
 * The operations in which cells, graph and losses are written. Tensors that TensorFlow holds bring its arithmetic with
 * them (`Tensor.arithmetic`); all others are computed in plain float64.
 */
import type { Activation } from '../../model/spec.ts';
import type { CellWeights } from './dialects.ts';
import * as float64 from './float64.ts';
import { Tensor } from './tensor.ts';

type Operations = Omit<typeof float64, 'pointwise'>;

/** What computes the operations on tensors of its own, or on these together with plain ones. */
export interface Arithmetic extends Operations {
  /** @param negativeSlope of `leaky_relu` below 0 */
  readonly activate: (activation: Activation, x: Tensor, negativeSlope: number) => Tensor;
  /** A whole layer of LSTM over all steps of `[B, T, D]`, where there is such a thing. */
  readonly lstm?: (x: Tensor, layer: LstmLayer) => LstmRun;
}

/** A layer of plain LSTM: tanh and sigmoid, nothing clipped, projected or dropped. */
export interface LstmLayer {
  readonly weights: CellWeights;
  readonly forgetBias: number;
  /** First states, `[B, U]`. */
  readonly c: Tensor;
  readonly h: Tensor;
}

/** What a layer of LSTM computed: c and h, `[B, T, U]`, and the gates `i`, `j`, `f`, `o` and `tanh_c` when it is only looked at. */
export type LstmRun = Readonly<Record<'c' | 'h', Tensor>> &
  Readonly<Partial<Record<'i' | 'j' | 'f' | 'o' | 'tanh_c', Tensor>>>;

function operation<N extends keyof Operations>(name: N): Operations[N] {
  const run = (...args: readonly unknown[]): unknown => {
    const operations: Operations = arithmeticOf(args) ?? float64;
    return (operations[name] as (...all: readonly unknown[]) => unknown)(...args);
  };
  return run as Operations[N];
}

function arithmeticOf(args: readonly unknown[]): Arithmetic | undefined {
  for (const one of args.flat()) if (one instanceof Tensor && one.arithmetic) return one.arithmetic;
  return undefined;
}

export const add = operation('add');
export const subtract = operation('subtract');
export const multiply = operation('multiply');
export const divide = operation('divide');
export const maximum = operation('maximum');
export const scale = operation('scale');
export const oneMinus = operation('oneMinus');
export const log = operation('log');
export const clip = operation('clip');
export const matmul = operation('matmul');
export const transpose = operation('transpose');
export const exchange = operation('exchange');
export const reshape = operation('reshape');
export const columns = operation('columns');
export const rows = operation('rows');
export const repeatRows = operation('repeatRows');
export const stepOf = operation('stepOf');
export const stepsOf = operation('stepsOf');
export const embed = operation('embed');
export const pick = operation('pick');
export const concatenate = operation('concatenate');
export const sequence = operation('sequence');
export const select = operation('select');
export const sum = operation('sum');
export const rowSum = operation('rowSum');
export const spread = operation('spread');
export const logSoftmax = operation('logSoftmax');
export const exponential = operation('exponential');
export const squareRoot = operation('squareRoot');
export const absolute = operation('absolute');
