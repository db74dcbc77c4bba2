/**
 * The equations of every cell, one step at a time, written by named gates. `x` is `[B, D]`, `h` is `[B, H]`, `c` is
 * `[B, U]`; `σ` below is the recurrent activation, `act` the activation, `*` is element by element.
 */
import type { CellId } from '../../cells/table.ts';
import type { CellSpec } from '../../model/spec.ts';
import { activate } from './activations.ts';
import type { CellDefaults, CellWeights, GateWeights } from './dialects.ts';
import {
  add,
  clip,
  divide,
  matmul,
  multiply,
  oneMinus,
  rowSum,
  scale,
  spread,
  squareRoot,
  subtract,
} from './operations.ts';
import { unitsOf } from './sizes.ts';
import { type Tensor, tensor } from './tensor.ts';

/** Tensors by name: the states `h` and `c`, and at the end of a step also its gates. */
export type Named = Readonly<Record<string, Tensor>>;

/**
 * One step: from the input and the states before it to everything it computes, the new states among it. `z_i` is what
 * the activation of i is applied to.
 */
export type CellStep = (x: Tensor, before: Named, t: number) => Named;

export interface CellMaker {
  /** Names of the states, in the order of TF1's state tuple. */
  readonly states: readonly string[];
  readonly step: (cell: CellSpec, weights: CellWeights, defaults: CellDefaults) => CellStep;
}

/** Slope of a leaky rectifier below 0. */
const slopeOf = (cell: CellSpec, defaults: CellDefaults): number => cell.negativeSlope ?? defaults.leakySlope;

/** `x @ W + b` of one gate. */
const fromInput = (gate: GateWeights, x: Tensor): Tensor =>
  add(matmul(gate.seenOfInput?.(x) ?? x, gate.input), gate.inputBias);
/** `h @ R + d` of one gate. */
const fromState = (gate: GateWeights, h: Tensor): Tensor =>
  add(matmul(gate.seenOfState?.(h) ?? h, gate.recurrent), gate.recurrentBias);
/** What a gate's activation is applied to. */
const preActivation = (gate: GateWeights, x: Tensor, h: Tensor): Tensor => add(fromInput(gate, x), fromState(gate, h));

/**
 * The simple (Elman) RNN: TF1 `BasicRNNCell`, Keras `SimpleRNN`, PyTorch `nn.RNN`.
 *
 *     h(t) = act(x(t) @ W + h(t-1) @ R + b)
 *
 * Source: TensorFlow 1.15 `rnn_cell_impl.py:467`.
 */
const rnn: CellMaker = {
  states: ['h'],
  step:
    (cell, { gates }, defaults) =>
    (x, before) => {
      const z_h = preActivation(gates['h']!, x, before['h']!);
      return { z_h, h: activate(cell.activation ?? 'tanh', z_h, slopeOf(cell, defaults)) };
    },
};

/**
 * The LSTM: TF1 `BasicLSTMCell` and `LSTMCell`, Keras `LSTM`, PyTorch `nn.LSTM`.
 *
 *     i = σ(x @ W_i + h(t-1) @ R_i + b_i              + w_i * c(t-1))     input gate
 *     j = act(x @ W_j + h(t-1) @ R_j + b_j)                               candidate
 *     f = σ(x @ W_f + h(t-1) @ R_f + b_f + forget_bias + w_f * c(t-1))    forget gate
 *     c(t) = clip(f * c(t-1) + i * j)
 *     o = σ(x @ W_o + h(t-1) @ R_o + b_o              + w_o * c(t))       output gate
 *     h(t) = clip((o * act(c(t))) @ P)
 *
 * The terms with `w` (peepholes), the clips and the projection P are there only where the cell has them. The peephole of
 * o sees the new, clipped c. A coupled cell has i = 1 - f. Source: `rnn_cell_impl.py:1027-1062`; for the coupled cell
 * TensorFlow 1.15 `contrib/rnn/python/ops/rnn_cell.py:271-322`.
 */
const lstm: CellMaker = {
  states: ['c', 'h'],
  step: (cell, { gates, peepholes, projection, norms, seenOfCandidate }, defaults) => {
    const act = (z: Tensor): Tensor => activate(cell.activation ?? 'tanh', z, slopeOf(cell, defaults));
    const σ = (z: Tensor): Tensor => activate(cell.recurrentActivation ?? defaults.recurrentActivation, z);
    const clipped = (z: Tensor, limit: number | undefined): Tensor =>
      limit === undefined ? z : clip(z, -limit, limit);
    const peek = (gate: string, z: Tensor, c: Tensor): Tensor => {
      const w = peepholes[gate];
      return w ? add(z, multiply(w, c)) : z;
    };
    /** LayerNorm cells normalize each pre-activation and the new c. */
    const norm = (scope: string, z: Tensor): Tensor => {
      const one = norms[scope];
      return one ? layerNorm(z, one.gain, one.shift) : z;
    };
    const forgetBias = constant(cell.forgetBias ?? defaults.forgetBias, unitsOf(cell));
    return (x, before, t) => {
      const c0 = before['c']!;
      const z = (gate: string): Tensor => preActivation(gates[gate]!, x, before['h']!);
      const z_j = norm('transform', z('j'));
      const candidate = act(z_j);
      const j = seenOfCandidate?.(candidate, t) ?? candidate;
      const z_f = peek('f', add(norm('forget', z('f')), forgetBias), c0);
      const f = σ(z_f);
      const z_i = cell.coupledInputForget ? undefined : peek('i', norm('input', z('i')), c0);
      const i = z_i ? σ(z_i) : oneMinus(f);
      const c = clipped(norm('state', add(multiply(f, c0), multiply(i, j))), cell.cellClip);
      const z_o = peek('o', norm('output', z('o')), c);
      const o = σ(z_o);
      const tanh_c = act(c);
      const m = multiply(o, tanh_c);
      const h = projection ? clipped(matmul(m, projection), cell.projection?.clip) : m;
      return { ...(z_i && { z_i }), z_j, z_f, z_o, i, j, f, o, c, tanh_c, h };
    };
  },
};

/**
 * The GRU: TF1 `GRUCell`, Keras `GRU`, PyTorch `nn.GRU`.
 *
 *     r = σ(x @ W_r + h(t-1) @ R_r + b_r)                       reset gate
 *     u = σ(x @ W_u + h(t-1) @ R_u + b_u)                       update gate: 1 keeps the old state
 *     n = act(x @ W_n + (r * h(t-1)) @ R_n + b_n)               candidate, reset before the product (TF1, Keras 1)
 *     n = act(x @ W_n + b_n + r * (h(t-1) @ R_n + d_n))         candidate, reset after it (Keras, PyTorch, cuDNN)
 *     h(t) = u * h(t-1) + (1 - u) * n
 *
 * Sources: `rnn_cell_impl.py:588-597`, Keras 3 `gru.py:266-298`, PyTorch `RNN.cpp` `GRUCell`.
 */
const gru: CellMaker = {
  states: ['h'],
  step: (cell, { gates }, defaults) => {
    const act = (z: Tensor): Tensor => activate(cell.activation ?? 'tanh', z, slopeOf(cell, defaults));
    const σ = (z: Tensor): Tensor => activate(cell.recurrentActivation ?? defaults.recurrentActivation, z);
    const resetAfter = cell.resetAfter ?? defaults.resetAfter;
    return (x, before) => {
      const h0 = before['h']!;
      const z_r = preActivation(gates['r']!, x, h0);
      const z_u = preActivation(gates['u']!, x, h0);
      const [r, u] = [σ(z_r), σ(z_u)];
      const recurrent = resetAfter ? multiply(r, fromState(gates['n']!, h0)) : fromState(gates['n']!, multiply(r, h0));
      const z_n = add(fromInput(gates['n']!, x), recurrent);
      const n = act(z_n);
      const h = add(multiply(u, h0), multiply(oneMinus(u), n));
      return { z_r, z_u, z_n, r, u, n, h };
    };
  },
};

export const CELL_EQUATIONS: Readonly<Record<CellId, CellMaker>> = { rnn, lstm, gru };

/** A number as `[U]`, to be added to every unit. */
function constant(value: number, U: number): Tensor {
  return tensor([U], new Float64Array(U).fill(value));
}

/**
 * Each row to mean 0 and variance 1, then gain and shift: `(z - mean) / √(variance + epsilon) * gain + shift`.
 * Source: TensorFlow 1.15 `rnn_cell.py:1407-1416` by `contrib.layers.layer_norm`, whose variance epsilon is 1e-12.
 */
export function layerNorm(z: Tensor, gain: Tensor, shift: Tensor, epsilon = 1e-12): Tensor {
  const U = z.shape.at(-1)!;
  const mean = spread(scale(rowSum(z), 1 / U), U);
  const centred = subtract(z, mean);
  const variance = spread(scale(rowSum(multiply(centred, centred)), 1 / U), U);
  const deviation = squareRoot(add(variance, constant(epsilon, U)));
  return add(multiply(divide(centred, deviation), gain), shift);
}
