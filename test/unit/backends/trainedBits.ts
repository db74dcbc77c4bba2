/** What the weights of small networks are after 100 steps, to the bit; runs in Node and in a browser. */
import type { Backend } from '../../../engine/backends/backend.ts';
import type { CellSpec, ModelSpec } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { basicLstm, classifier } from './specs.ts';

const [ROWS, STEPS, FEATURES, CLASSES] = [11, 6, 4, 3];
const dropout = { wrapper: 'dropout', inputKeep: 0.8, outputKeep: 0.7 } as const;

const CELLS: Readonly<Record<string, CellSpec>> = {
  'LSTM with dropout': { ...basicLstm(7), wrappers: [dropout] },
  'peephole LSTM with projection': { cell: 'lstm', className: 'LSTMCell', units: 7, peepholes: true, projection: { units: 5 } },
  GRU: { cell: 'gru', className: 'GRUCell', units: 7 },
  RNN: { cell: 'rnn', className: 'BasicRNNCell', units: 7, activation: 'relu' },
}; // prettier-ignore

/** Two layers of a cell over rows of different lengths. */
function spec(cell: CellSpec): ModelSpec {
  const model = classifier([cell, cell], STEPS, FEATURES, CLASSES, { kind: 'adam', learningRate: 0.01 });
  const [recurrent, ...others] = model.nodes;
  return {
    ...model,
    inputs: [...model.inputs, { id: 'seq_length', role: 'lengths', dtype: 'int32', axes: [] }],
    nodes: [{ ...recurrent!, sequenceLength: { from: 'seq_length' } } as typeof recurrent & object, ...others],
  };
}

/** A hash of all bits of all weights, by network. @param threads that share the batch */
export function trainedBits(backend: Backend, threads: number): Record<string, string> {
  const random = new Random(3);
  const batch = {
    size: ROWS,
    steps: STEPS,
    inputs: Float32Array.from({ length: ROWS * STEPS * FEATURES }, () => random.normal()),
    lengths: Int32Array.from({ length: ROWS }, (_, row) => (row * 5) % (STEPS + 1)),
    targets: Int32Array.from({ length: ROWS }, () => random.below(CLASSES)),
  };
  return Object.fromEntries(
    Object.entries(CELLS).map(([name, cell]) => {
      const network = backend.createNetwork(spec(cell), { seed: 5, batchSize: ROWS, threads });
      for (let step = 0; step < 100; step++) network.trainStep(batch);
      const bits = hash(network.getParameters().map(({ values }) => values));
      network.dispose();
      return [name, bits];
    }),
  );
}

/** FNV-1a over the bytes, 64 bits. */
export function hash(arrays: readonly (Float32Array | Int32Array)[]): string {
  let value = 0xcbf29ce484222325n;
  for (const array of arrays)
    for (const byte of new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
      value = BigInt.asUintN(64, (value ^ BigInt(byte)) * 0x100000001b3n);
  return value.toString(16);
}
