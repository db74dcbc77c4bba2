/**
 * Where each framework keeps the weights of each gate, as data. The equations in `cells.ts` speak of the gates by TF1's
 * letters (`i, j, f, o` and `r, u, n`) and know nothing of packing; this table takes a framework's packed matrices apart.
 *
 * | letter here | Keras | PyTorch |
 * |---|---|---|
 * | j, candidate of the LSTM | c | g |
 * | u, update gate of the GRU | z | z |
 * | n, candidate of the GRU | h | n |
 *
 * Sources: TensorFlow 1.15 `rnn_cell_impl.py` (lines 467, 588, 771, 1027), Keras 3 `layers/rnn/{simple_rnn,lstm,gru}.py`,
 * PyTorch `nn/modules/rnn.py` and `RNN.cpp`.
 */
import type { CellId } from '../../cells/table.ts';
import { EngineError } from '../../errors.ts';
import { leakySlope } from '../../model/activations.ts';
import { cudnnScope } from '../../model/cudnn.ts';
import { phrase } from '../../model/phrase.ts';
import type { CellSpec, Framework } from '../../model/spec.ts';
import { columns, reshape, rows, transpose } from './operations.ts';
import { unitsOf, widthOfState } from './sizes.ts';
import { type Tensor, zeros } from './tensor.ts';

/** The terms of one gate's pre-activation `x @ input + h @ recurrent + inputBias + recurrentBias`. */
export interface GateWeights {
  /** `[D, U]` */
  readonly input: Tensor;
  /** `[H, U]` */
  readonly recurrent: Tensor;
  /** `[U]`; the only bias where the framework has one. */
  readonly inputBias: Tensor;
  /** `[U]`; inside the reset gate's product in a GRU with `reset_after`. Zeros where the framework has one bias. */
  readonly recurrentBias: Tensor;
  /** Keras `dropout` and `recurrent_dropout`: what the gate sees of x and h, the same at every step. */
  readonly seenOfInput?: (x: Tensor) => Tensor;
  readonly seenOfState?: (h: Tensor) => Tensor;
}

/** The weights of one cell as its equations name them. */
export interface CellWeights {
  readonly gates: Readonly<Record<string, GateWeights>>;
  /** `w_i`, `w_f`, `w_o`, `[U]` each. */
  readonly peepholes: Readonly<Record<string, Tensor>>;
  /** `[U, P]` */
  readonly projection: Tensor | undefined;
  /** By scope of the LayerNorm cell: `input`, `transform`, `forget`, `output`, `state`; gain and shift `[U]`. */
  readonly norms: Readonly<Record<string, { readonly gain: Tensor; readonly shift: Tensor }>>;
  /** `LayerNormBasicLSTMCell`: what its recurrent dropout leaves of the candidate at step t. */
  readonly seenOfCandidate?: (j: Tensor, t: number) => Tensor;
}

/** Some gates whose weights lie side by side in one matrix. */
export interface Packing {
  /** In the order of the blocks, each U wide. */
  readonly gates: readonly string[];
  /** TF1: one matrix with the rows of x above the rows of h. */
  readonly joint?: string;
  /** One matrix for x and one for h. */
  readonly split?: readonly [input: string, recurrent: string];
  /** PyTorch keeps matrices as `[outputs, inputs]`. */
  readonly transposed?: true;
  /** Names of the bias, or of the input bias and the recurrent bias. */
  readonly biases: readonly string[];
}

const TENSORFLOW1 = (gates: readonly string[], scope = ''): Packing => ({ gates, joint: `${scope}kernel`, biases: [`${scope}bias`] }); // prettier-ignore
const KERAS = (gates: readonly string[]): Packing => ({ gates, split: ['kernel', 'recurrent_kernel'], biases: ['bias'] }); // prettier-ignore
const PYTORCH = (gates: readonly string[]): Packing => ({ gates, split: ['weight_ih', 'weight_hh'], transposed: true, biases: ['bias_ih', 'bias_hh'] }); // prettier-ignore

const KERAS_CELLS: Readonly<Record<CellId, readonly Packing[]>> = {
  rnn: [KERAS(['h'])],
  lstm: [KERAS(['i', 'f', 'j', 'o'])],
  gru: [KERAS(['u', 'r', 'n'])],
};

const PACKINGS: Readonly<Record<Framework, Readonly<Record<CellId, readonly Packing[]>>>> = {
  tensorflow1: {
    rnn: [TENSORFLOW1(['h'])],
    lstm: [TENSORFLOW1(['i', 'j', 'f', 'o'])],
    gru: [TENSORFLOW1(['r', 'u'], 'gates/'), TENSORFLOW1(['n'], 'candidate/')],
  },
  keras2: KERAS_CELLS,
  keras3: KERAS_CELLS,
  tensorflowjs: KERAS_CELLS,
  pytorch: {
    rnn: [PYTORCH(['h'])],
    lstm: [PYTORCH(['i', 'f', 'j', 'o'])],
    gru: [PYTORCH(['r', 'u', 'n'])],
  },
};

/** `CudnnCompatibleGRUCell`: the products of the candidate apart, each with a bias. */
const CUDNN_GRU: readonly Packing[] = [
  TENSORFLOW1(['r', 'u'], 'gates/'),
  {
    gates: ['n'],
    split: ['candidate/input_projection/kernel', 'candidate/hidden_projection/kernel'],
    biases: ['candidate/input_projection/bias', 'candidate/hidden_projection/bias'],
  },
];
/** `GRUBlockCell`, the first of the two: `GRUCell` by other names. Source: TensorFlow 1.15 contrib `gru_ops.py:97`. */
const BLOCK_GRU: readonly Packing[] = [
  { gates: ['r', 'u'], joint: 'w_ru', biases: ['b_ru'] },
  { gates: ['n'], joint: 'w_c', biases: ['b_c'] },
];
/** `CoupledInputForgetGateLSTMCell` has no input gate of its own. */
const COUPLED_LSTM: readonly Packing[] = [{ gates: ['j', 'f', 'o'], joint: 'W_0', biases: ['B'] }];

/** What a cell does where its options say nothing. */
export interface CellDefaults {
  readonly recurrentActivation: 'sigmoid' | 'hard_sigmoid';
  /** Added to the forget gate at every step. Keras puts its 1 into the initial bias instead. */
  readonly forgetBias: number;
  readonly resetAfter: boolean;
  /** Slope of `leaky_relu` below 0. */
  readonly leakySlope: number;
}

export const CELL_DEFAULTS: Readonly<Record<Framework, CellDefaults>> = {
  tensorflow1: {
    recurrentActivation: 'sigmoid',
    forgetBias: 1,
    resetAfter: false,
    leakySlope: leakySlope('tensorflow1'),
  },
  keras2: { recurrentActivation: 'sigmoid', forgetBias: 0, resetAfter: true, leakySlope: leakySlope('keras2') },
  keras3: { recurrentActivation: 'sigmoid', forgetBias: 0, resetAfter: true, leakySlope: leakySlope('keras3') },
  pytorch: { recurrentActivation: 'sigmoid', forgetBias: 0, resetAfter: true, leakySlope: leakySlope('pytorch') },
  tensorflowjs: {
    recurrentActivation: 'hard_sigmoid',
    forgetBias: 0,
    resetAfter: false,
    leakySlope: leakySlope('tensorflowjs'),
  },
};

export function packingsOf(framework: Framework, cell: CellSpec): readonly Packing[] {
  const packings = packingsOfCell(framework, cell);
  if (cudnnScope(cell) === undefined) return packings;
  // cuDNN's layers have a bias of x and one of h.
  const second = (bias: string): string => bias.replace(/bias$/, 'recurrent_bias');
  return packings.map(one => (one.biases.length === 1 ? { ...one, biases: [one.biases[0]!, second(one.biases[0]!)] } : one)); // prettier-ignore
}

function packingsOfCell(framework: Framework, cell: CellSpec): readonly Packing[] {
  if (framework === 'tensorflow1' && cell.cell === 'gru' && cell.resetAfter) return CUDNN_GRU;
  if (framework === 'tensorflow1' && cell.coupledInputForget) return COUPLED_LSTM;
  if (cell.className === 'GRUBlockCell') return BLOCK_GRU;
  return PACKINGS[framework][cell.cell];
}

/**
 * Takes the weights of a cell apart.
 * @param weight the cell's weights by their names inside the cell (`gates/kernel`, `weight_ih`).
 * @throws EngineError `invalid-shape` when a matrix does not hold U columns for each of its gates.
 */
export function cellWeights(framework: Framework, cell: CellSpec, weight: ReadonlyMap<string, Tensor>): CellWeights {
  const U = unitsOf(cell);
  const gates: Record<string, GateWeights> = {};
  for (const packing of packingsOf(framework, cell)) {
    const [input, recurrent] = matrices(packing, cell, weight);
    // Where gates are normalized, a bias stands unused.
    const [inputBias, recurrentBias] = cell.layerNorm ? [] : biases(packing, weight);
    for (const [block, gate] of packing.gates.entries()) {
      const begin = block * U;
      const cut = (packed: Tensor | undefined): Tensor => (packed ? columns(packed, begin, begin + U) : zeros([U]));
      gates[gate] = {
        input: cut(input),
        recurrent: cut(recurrent),
        inputBias: cut(inputBias),
        recurrentBias: cut(recurrentBias),
      };
    }
  }
  const peepholes = Object.fromEntries(
    ['i', 'f', 'o'].flatMap(gate => {
      const diagonal = weight.get(`w_${gate}_diag`) ?? weight.get(`W_${gate.toUpperCase()}_diag`);
      return diagonal ? [[gate, diagonal]] : [];
    }),
  );
  const norms = Object.fromEntries(
    ['input', 'transform', 'forget', 'output', 'state'].flatMap(scope => {
      const gain = weight.get(`${scope}/gamma`);
      const shift = weight.get(`${scope}/beta`);
      return gain && shift ? [[scope, { gain, shift }]] : [];
    }),
  );
  const hr = weight.get('weight_hr');
  return {
    gates,
    peepholes,
    norms,
    projection: hr ? transpose(hr) : (weight.get('projection/kernel') ?? weight.get('W_P_0')),
  };
}

/** The packed matrices of x, `[D, k·U]`, and of h, `[H, k·U]`. */
function matrices(packing: Packing, cell: CellSpec, weight: ReadonlyMap<string, Tensor>): readonly [Tensor, Tensor] {
  const named = (name: string): Tensor => {
    const found = weight.get(name)!;
    const matrix = packing.transposed ? transpose(found) : found;
    const expected = packing.gates.length * unitsOf(cell);
    if (matrix.shape[1] !== expected)
      throw new EngineError(
        'invalid-shape',
        phrase('{0} of {1}: {2} columns expected, found {3}', name, cell.className, expected, matrix.shape[1] ?? 0),
      );
    return matrix;
  };
  if (packing.split) return [named(packing.split[0]), named(packing.split[1])];
  const kernel = named(packing.joint!);
  const height = kernel.shape[0]!;
  const D = height - widthOfState(cell, 'h');
  return [rows(kernel, 0, D), rows(kernel, D, height)];
}

/** The packed biases of x and of h, `[k·U]` each; Keras keeps both in one `[2, k·U]` for a GRU with `reset_after`. */
function biases(packing: Packing, weight: ReadonlyMap<string, Tensor>): readonly (Tensor | undefined)[] {
  const found = packing.biases.map(name => weight.get(name));
  const [only] = found;
  if (only?.shape.length !== 2) return found;
  const width = only.shape[1]!;
  return [0, 1].map(row => reshape(rows(only, row, row + 1), [width]));
}
