/**
 * The cell table: every recurrent cell as named gates and states, with its equations. Kernels, traces, views, hovers and
 * diagrams read it, so that a new cell is one entry here (and its arithmetic in the kernels).
 */

/** How the values of a tensor are to be read, and so drawn. */
export type ValueScale =
  | 'unit' // in [0, 1]: a gate
  | 'signed-unit' // in [-1, 1]: tanh of something
  | 'signed' // unbounded, symmetric about 0: c, pre-activations
  | 'positive'; // unbounded and never below 0: what a relu leaves

export type CellId = 'rnn' | 'lstm' | 'gru';

/** A tensor that a cell computes at every step, `[B, T, U]` over a sequence. */
export interface CellTensor {
  /** Letter in the equations, and the key in traces: `i`, `c`. */
  readonly id: string;
  /** Name in the field's terms: `input gate`. */
  readonly title: string;
  readonly role: 'gate' | 'candidate' | 'state';
  readonly scale: ValueScale;
  /** What it does, in one sentence. */
  readonly meaning: string;
}

/** A factor of a pointwise equation: a tensor of the cell at this step or the one before, possibly as tanh of it or 1 minus it. */
export interface PointwiseFactor {
  readonly tensor: string;
  readonly previous?: true;
  readonly as?: 'tanh' | 'one-minus';
}

/**
 * How a state follows, unit by unit, from tensors of the cell table: a sum of products. What pages put the numbers of
 * one unit and step into: `c(t) = f(t) * c(t-1) + i(t) * j(t)`.
 */
export interface PointwiseEquation {
  readonly result: string;
  readonly terms: readonly (readonly PointwiseFactor[])[];
}

export interface CellDefinition {
  readonly id: CellId;
  /** As in the headline of a model: `LSTM`. */
  readonly title: string;
  /** In the order in which they are shown; gates first, then states. */
  readonly tensors: readonly CellTensor[];
  /** States carried from step to step, in the order of TF1's state tuple. */
  readonly states: readonly string[];
  /** Blocks of the packed kernel, in TF1's order. */
  readonly blocks: readonly string[];
  /** One line an equation; `[x; h]` is concatenation, `*` is elementwise. Source: TensorFlow 1.15 `rnn_cell_impl.py`. */
  readonly equations: readonly string[];
  /** The part of the equations that holds unit by unit between the cell's tensors; empty where there is none. */
  readonly pointwise: readonly PointwiseEquation[];
}

export const CELLS: Readonly<Record<CellId, CellDefinition>> = {
  rnn: {
    id: 'rnn',
    title: 'RNN',
    tensors: [
      { id: 'h', title: 'hidden state', role: 'state', scale: 'signed-unit', meaning: 'What the cell remembers and passes on: its output and its only state.' },
    ],
    states: ['h'],
    blocks: ['h'],
    equations: ['h(t) = tanh([x(t); h(t-1)] W + b)'],
    pointwise: [],
  },
  lstm: {
    id: 'lstm',
    title: 'LSTM',
    tensors: [
      { id: 'i', title: 'input gate', role: 'gate', scale: 'unit', meaning: 'How much of the candidate is written into the cell state.' },
      { id: 'j', title: 'candidate', role: 'candidate', scale: 'signed-unit', meaning: 'What could be written into the cell state.' },
      { id: 'f', title: 'forget gate', role: 'gate', scale: 'unit', meaning: 'How much of the cell state is kept: 1 keeps, 0 forgets.' },
      { id: 'o', title: 'output gate', role: 'gate', scale: 'unit', meaning: 'How much of the cell state is shown as hidden state.' },
      { id: 'c', title: 'cell state', role: 'state', scale: 'signed', meaning: 'The long-term state; it has a scale of its own.' },
      { id: 'h', title: 'hidden state', role: 'state', scale: 'signed-unit', meaning: 'The short-term state, which is also the output of the step.' },
    ],
    states: ['c', 'h'],
    blocks: ['i', 'j', 'f', 'o'],
    equations: [
      'i, j, f, o = split([x(t); h(t-1)] W + b)',
      'c(t) = σ(f + forget_bias) * c(t-1) + σ(i) * tanh(j)',
      'h(t) = σ(o) * tanh(c(t))',
    ],
    pointwise: [
      { result: 'c', terms: [[{ tensor: 'f' }, { tensor: 'c', previous: true }], [{ tensor: 'i' }, { tensor: 'j' }]] },
      { result: 'h', terms: [[{ tensor: 'o' }, { tensor: 'c', as: 'tanh' }]] },
    ],
  },
  gru: {
    id: 'gru',
    title: 'GRU',
    tensors: [
      { id: 'r', title: 'reset gate', role: 'gate', scale: 'unit', meaning: 'How much of the old state the candidate sees.' },
      { id: 'u', title: 'update gate', role: 'gate', scale: 'unit', meaning: 'How much of the old state is kept: 1 keeps, 0 replaces.' },
      { id: 'n', title: 'candidate', role: 'candidate', scale: 'signed-unit', meaning: 'What could replace the old state.' },
      { id: 'h', title: 'hidden state', role: 'state', scale: 'signed-unit', meaning: 'The only state, which is also the output of the step.' },
    ],
    states: ['h'],
    blocks: ['r', 'u', 'n'],
    equations: [
      'r, u = split(σ([x(t); h(t-1)] W + b))',
      'n(t) = tanh([x(t); r * h(t-1)] V + d)',
      'h(t) = u * h(t-1) + (1 - u) * n(t)',
    ],
    pointwise: [
      { result: 'h', terms: [[{ tensor: 'u' }, { tensor: 'h', previous: true }], [{ tensor: 'u', as: 'one-minus' }, { tensor: 'n' }]] },
    ],
  },
}; // prettier-ignore
