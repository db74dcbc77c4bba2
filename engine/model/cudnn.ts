/**
 * What TF1's contrib `cudnn_rnn` does otherwise than its other cells. Source: TensorFlow 1.15
 * `contrib/cudnn_rnn/python/{layers/cudnn_rnn,ops/cudnn_rnn_ops}.py`.
 */
import type { CellSpec, Framework, RecurrentNode } from './spec.ts';

/** Options that a class has fixed. */
const FIXED: Readonly<Record<string, Partial<CellSpec>>> = {
  CudnnCompatibleLSTMCell: { forgetBias: 0 },
  CudnnCompatibleGRUCell: { resetAfter: true },
  CudnnLSTM: { forgetBias: 0 },
  CudnnGRU: { resetAfter: true },
  CudnnRNNRelu: { activation: 'relu' },
};

/** Whole layers, by the scope in which a checkpoint keeps the weights of their cells. */
const LAYERS: Readonly<Record<string, string>> = {
  CudnnLSTM: 'cudnn_compatible_lstm_cell',
  CudnnGRU: 'cudnn_compatible_gru_cell',
  CudnnRNNTanh: 'basic_rnn_cell',
  CudnnRNNRelu: 'basic_rnn_cell',
};

/** A cell with what its class has fixed. */
export function completeCell(cell: CellSpec): CellSpec {
  const fixed = FIXED[cell.className];
  return fixed ? { ...fixed, ...cell } : cell;
}

/** The scope of the cells of a cuDNN layer; undefined for all other classes. */
export function cudnnScope({ className }: CellSpec): string | undefined {
  return LAYERS[className];
}

/** Whether each layer reads both directions of the one below (PyTorch, cuDNN) and not the stack of its own direction. */
export function readsBothDirections(framework: Framework, { cells }: RecurrentNode): boolean {
  return framework === 'pytorch' || cudnnScope(cells[0]!) !== undefined;
}
