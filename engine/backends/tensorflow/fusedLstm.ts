/**
 * TensorFlow's own LSTM over all steps of a layer, `BlockLSTM` and its gradient: one call for a layer, and the only
 * operation of TensorFlow that hands out every gate. It computes TF1's LSTM; the weights of the other frameworks are put
 * into its order (i, candidate, f, o). Source: TensorFlow 2.15 `core/kernels/rnn/lstm_ops.cc`, `core/ops/rnn_ops.cc`.
 */
import type { LstmLayer, LstmRun } from '../reference/operations.ts';
import type { Tensor } from '../reference/tensor.ts';
import type { Device, Native } from './arithmetic.ts';
import type { Handle, Tf } from './deviceTensor.ts';

/** An attribute of an operation, as TensorFlow's C interface has it. */
interface Attribute {
  readonly name: string;
  readonly type: unknown;
  readonly value: unknown;
}

/** What tfjs-node has beyond TensorFlow.js. */
export interface NativeBackend {
  /** Constants of TensorFlow's C interface. */
  readonly binding: {
    readonly TF_ATTR_TYPE: unknown;
    readonly TF_ATTR_FLOAT: unknown;
    readonly TF_ATTR_BOOL: unknown;
    readonly TF_FLOAT: unknown;
  };
  executeMultipleOutputs(
    name: string,
    attributes: readonly Attribute[],
    inputs: readonly unknown[],
    outputs: number,
  ): Handle[];
}

/** Makes an int64 scalar, which TensorFlow.js has no tensor for. */
export type Int64 = (value: number) => unknown;

const GATES = ['i', 'j', 'f', 'o'] as const;

/**
 * @param lookedAt whether gates are handed out, too, and nothing is differentiated.
 */
export function fusedLstm(
  { tf, handleOf, wrap }: Pick<Device, 'tf' | 'handleOf' | 'wrap'>,
  { backend: native, int64 }: Native,
  lookedAt: () => boolean,
): (x: Tensor, layer: LstmLayer) => LstmRun {
  const { binding } = native;
  const attribute = (name: string, type: unknown, value: unknown): Attribute => ({ name, type, value });
  const float = attribute('T', binding.TF_ATTR_TYPE, binding.TF_FLOAT);
  const peephole = (use: boolean) => attribute('use_peephole', binding.TF_ATTR_BOOL, use);

  return (x, { weights: { gates, peepholes }, forgetBias, c: c0, h: h0 }) => {
    const [, T = 0] = x.shape;
    const usesPeepholes = Object.keys(peepholes).length > 0;
    const [U = 0] = gates['i']!.inputBias.shape;
    const joined = (part: 'input' | 'recurrent'): Handle => tf.concat(GATES.map(gate => handleOf(gates[gate]![part])), 1); // prettier-ignore
    const kernel = tf.concat([joined('input'), joined('recurrent')], 0);
    const bias = tf.concat(GATES.map(gate => tf.add(handleOf(gates[gate]!.inputBias), handleOf(gates[gate]!.recurrentBias)))); // prettier-ignore
    const [wi, wf, wo] = ['i', 'f', 'o'].map(gate => (peepholes[gate] ? handleOf(peepholes[gate]) : tf.zeros([U])));
    const steps = int64(T);
    const forward = (given: readonly Handle[]): Handle[] =>
      native.executeMultipleOutputs(
        'BlockLSTM',
        [
          float,
          attribute('forget_bias', binding.TF_ATTR_FLOAT, forgetBias),
          attribute('cell_clip', binding.TF_ATTR_FLOAT, -1),
          peephole(usesPeepholes),
        ],
        [steps, ...given],
        7,
      );
    // Inputs in the operation's order: x [T, B, D], c, h, kernel, peepholes of i, f, o, bias.
    const inputs = [handleOf(x).transpose([1, 0, 2]), handleOf(c0), handleOf(h0), kernel, wi!, wf!, wo!, bias];
    const batchMajor = (handle: Handle): Tensor => wrap(handle.transpose([1, 0, 2]));
    if (lookedAt()) {
      const [i, c, f, o, j, tanh_c, h] = forward(inputs).map(batchMajor);
      return { i: i!, j: j!, f: f!, o: o!, c: c!, tanh_c: tanh_c!, h: h! };
    }
    const states = tf.customGrad((...args: unknown[]) => {
      const given = args.slice(0, inputs.length) as Handle[];
      const save = args[inputs.length] as (kept: Handle[]) => void;
      const outputs = forward(given);
      save([...given, ...outputs]);
      return {
        value: tf.stack([outputs[1]!, outputs[6]!]),
        // dy [2, T, B, U]: what flows back into c and into h of every step.
        gradFunc: (dy: Handle, kept: Handle[]) => {
          const [ofC, ofH] = dy.unstack();
          return native.executeMultipleOutputs('BlockLSTMGrad', [float, peephole(usesPeepholes)], [steps, ...kept, ofC!, ofH!], 8); // prettier-ignore
        },
      };
    })(...inputs);
    const [c, h] = states.unstack().map(batchMajor);
    return { c: c!, h: h! };
  };
}

/** The native backend, where TensorFlow's library computes. */
export function nativeBackend(tf: Tf): NativeBackend | undefined {
  const backend = tf.backend();
  return 'executeMultipleOutputs' in backend ? (backend as unknown as NativeBackend) : undefined;
}
