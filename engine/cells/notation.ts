/**
 * The equations of a cell as its framework writes them: its names of the gates, their order in the packed weights, its
 * biases. Sources: TensorFlow 1.15 `rnn_cell_impl.py` and contrib's `rnn_cell.py`, Keras 3 `layers/rnn`, PyTorch 2
 * `nn/modules/rnn.py`. `[a; b]` is concatenation, `*` is elementwise, LN normalises over
 * the units; products with matrices are written side by side.
 */
import type { CellSpec, Framework } from '../model/spec.ts';
import { type CellId, CELLS } from './table.ts';

export interface CellNotation {
  /** One line an equation. */
  readonly equations: readonly string[];
  /** The blocks of the packed weights, in the framework's order; empty where they are not packed. */
  readonly gates: readonly string[];
}

/** Letters of the cell table's tensors where the framework has others. */
export function lettersOf(cell: CellId, framework: Framework): Readonly<Record<string, string>> {
  return framework === 'tensorflow1' ? {} : LETTERS[cell];
}

/** Keras, TensorFlow.js and PyTorch agree. */
const LETTERS: Readonly<Record<CellId, Readonly<Record<string, string>>>> = {
  rnn: {},
  lstm: { j: 'g' },
  gru: { u: 'z' },
};

type Notation = (cell: CellSpec, framework: Framework) => CellNotation;

const plus = (condition: boolean | undefined, text: string): string => (condition ? ` + ${text}` : '');
const applied = (activation: string, of: string): string =>
  activation === 'linear' ? of : `${activation === 'sigmoid' ? 'σ' : activation}(${of})`;
const own = (cell: CellSpec, of: string): string => applied(cell.activation ?? 'tanh', of);
const normed = (of: string): string => `LN(${of})`;
const bias = (cell: CellSpec, text: string): string => plus(cell.useBias !== false, text);

/** Gates of Keras: their activation can be chosen; TensorFlow.js takes hard sigmoid where nothing is said. */
function gate(cell: CellSpec, framework: Framework, of: string): string {
  const standard = framework === 'tensorflowjs' ? 'hard_sigmoid' : 'sigmoid';
  const chosen = cell.recurrentActivation ?? standard;
  return applied(chosen === 'hard_sigmoid_keras3' ? 'hard_sigmoid' : chosen, of);
}

const clipped = (of: string, limit: number | undefined): string =>
  limit === undefined ? of : `clip(${of}, ±${limit})`;

/** How h comes out of a projected LSTM. */
function projected({ projection }: CellSpec, product: string): string[] {
  return projection === undefined ? [] : [`h(t) = ${clipped(product, projection.clip)}`];
}

const TENSORFLOW1: Readonly<Partial<Record<CellId, Notation>>> = {
  rnn: cell => ({ equations: [`h(t) = ${own(cell, '[x(t); h(t-1)] W + b')}`], gates: [] }),
  lstm: cell => {
    const { peepholes, coupledInputForget, layerNorm, forgetBias = 1 } = cell;
    const gates = coupledInputForget ? ['j', 'f', 'o'] : ['i', 'j', 'f', 'o'];
    const product = `split([x(t); h(t-1)] W${plus(layerNorm === undefined, 'b')})`;
    const forget = `σ(f${plus(forgetBias !== 0, String(forgetBias))}${plus(peepholes, 'w_f * c(t-1)')})`;
    const input = coupledInputForget ? `(1 - ${forget})` : `σ(i${plus(peepholes, 'w_i * c(t-1)')})`;
    const sum = `${forget} * c(t-1) + ${input} * ${own(cell, 'j')}`;
    const out = `σ(o${plus(peepholes, 'w_o * c(t)')}) * ${own(cell, 'c(t)')}`;
    return {
      equations: [
        `${gates.join(', ')} = ${product}`,
        ...(layerNorm === undefined ? [] : [`${gates.join(', ')} = ${gates.map(normed).join(', ')}`]),
        `c(t) = ${layerNorm === undefined ? clipped(sum, cell.cellClip) : normed(sum)}`,
        `${cell.projection === undefined ? 'h(t)' : 'm(t)'} = ${out}`,
        ...projected(cell, 'm(t) P'),
      ],
      gates,
    };
  },
  gru: cell => ({
    equations: [
      'r, u = split(σ([x(t); h(t-1)] W + b))',
      cell.resetAfter
        ? `n(t) = ${own(cell, 'x(t) V + d + r * (h(t-1) U + e)')}`
        : `n(t) = ${own(cell, '[x(t); r * h(t-1)] V + d')}`,
      'h(t) = u * h(t-1) + (1 - u) * n(t)',
    ],
    gates: ['r', 'u'],
  }),
};

const KERAS: Readonly<Partial<Record<CellId, Notation>>> = {
  rnn: cell => ({ equations: [`h(t) = ${own(cell, `x(t) W + h(t-1) U${bias(cell, 'b')}`)}`], gates: [] }),
  lstm: (cell, framework) => ({
    equations: [
      `i, f, g, o = split(x(t) W + h(t-1) U${bias(cell, 'b')})`,
      `c(t) = ${gate(cell, framework, 'f')} * c(t-1) + ${gate(cell, framework, 'i')} * ${own(cell, 'g')}`,
      `h(t) = ${gate(cell, framework, 'o')} * ${own(cell, 'c(t)')}`,
    ],
    gates: ['i', 'f', 'g', 'o'],
  }),
  gru: (cell, framework) => ({
    equations:
      (cell.resetAfter ?? framework !== 'tensorflowjs')
        ? [
            `x_z, x_r, x_h = split(x(t) W${bias(cell, 'b')})`,
            `u_z, u_r, u_h = split(h(t-1) U${bias(cell, 'd')})`,
            `z = ${gate(cell, framework, 'x_z + u_z')}, r = ${gate(cell, framework, 'x_r + u_r')}`,
            `n(t) = ${own(cell, 'x_h + r * u_h')}`,
            'h(t) = z * h(t-1) + (1 - z) * n(t)',
          ]
        : [
            `x_z, x_r, x_h = split(x(t) W${bias(cell, 'b')})`,
            `z = ${gate(cell, framework, 'x_z + h(t-1) U_z')}, r = ${gate(cell, framework, 'x_r + h(t-1) U_r')}`,
            `n(t) = ${own(cell, 'x_h + (r * h(t-1)) U_h')}`,
            'h(t) = z * h(t-1) + (1 - z) * n(t)',
          ],
    gates: ['z', 'r', 'h'],
  }),
};

const PYTORCH: Readonly<Partial<Record<CellId, Notation>>> = {
  rnn: cell => {
    const sum = `W_ih x(t)${bias(cell, 'b_ih')} + W_hh h(t-1)${bias(cell, 'b_hh')}`;
    return { equations: [`h(t) = ${own(cell, sum)}`], gates: [] };
  },
  lstm: cell => ({
    equations: [
      `i, f, g, o = split(W_ih x(t)${bias(cell, 'b_ih')} + W_hh h(t-1)${bias(cell, 'b_hh')})`,
      'c(t) = σ(f) * c(t-1) + σ(i) * tanh(g)',
      `${cell.projection === undefined ? 'h(t)' : 'm(t)'} = σ(o) * tanh(c(t))`,
      ...projected(cell, 'W_hr m(t)'),
    ],
    gates: ['i', 'f', 'g', 'o'],
  }),
  gru: cell => ({
    equations: [
      `x_r, x_z, x_n = split(W_ih x(t)${bias(cell, 'b_ih')})`,
      `u_r, u_z, u_n = split(W_hh h(t-1)${bias(cell, 'b_hh')})`,
      'r = σ(x_r + u_r), z = σ(x_z + u_z)',
      'n(t) = tanh(x_n + r * u_n)',
      'h(t) = z * h(t-1) + (1 - z) * n(t)',
    ],
    gates: ['r', 'z', 'n'],
  }),
};

const NOTATIONS: Readonly<Record<Framework, Readonly<Partial<Record<CellId, Notation>>>>> = {
  tensorflow1: TENSORFLOW1,
  keras2: KERAS,
  keras3: KERAS,
  tensorflowjs: KERAS,
  pytorch: PYTORCH,
};

/** How the framework writes a cell down; as the cell table has it where the framework has no such cell. */
export function notationOf(cell: CellSpec, framework: Framework): CellNotation {
  const { equations, blocks } = CELLS[cell.cell];
  return NOTATIONS[framework][cell.cell]?.(cell, framework) ?? { equations, gates: blocks };
}
