import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { classifier } from './specs.ts';

/** The arrays that the notes print for `dynamic_rnn` with one `BasicRNNCell` of 5 (ageron/handson-ml, commit 784923247e). */
const INPUTS = [[0, 1, 2, 9, 8, 7], [3, 4, 5, 0, 0, 0], [6, 7, 8, 6, 5, 4], [9, 0, 1, 3, 2, 1]]; // prettier-ignore
/** Note: the notes leave out that the run had lengths; the zeros of the second row come from there. */
const LENGTHS = [2, 1, 2, 2];
const OUTPUTS = [
  [-0.9123188, 0.16516446, 0.5548655, -0.39159346, 0.20846416, -1, 0.956726, 0.99831694, 0.99970174, 0.96518576],
  [-0.9998612, 0.6702289, 0.9723653, 0.6631046, 0.74457586, 0, 0, 0, 0, 0],
  [-0.99999976, 0.8967997, 0.9986295, 0.9647514, 0.93662, -0.9999526, 0.9681953, 0.96002865, 0.98706263, 0.85459226],
  [-0.96435434, 0.99501586, -0.36150697, 0.9983378, 0.999497, -0.9613586, 0.9568762, 0.7132288, 0.97729224, -0.0958299],
];
/** Weights that give these arrays, found from them: rows of x, then rows of h. */
const KERNEL = [
  -0.1545662, 0.3044204, -0.0501144, 0.436365, 0.4182044,
  -0.3140819, -0.3458874, 0.4805611, 0.3489599, -0.5485707,
  -0.6135501, 0.2562894, 0.0724114, -0.3813201, 0.380068,
  1.0756462, -0.3405254, 0.1562406, -0.5944135, 0.2347166,
  -0.026282, 0.3412615, -0.0087081, 0.0971078, -0.1316059,
  -0.0400467, -0.3208082, -0.3310455, -0.6966351, 0.4468849,
  0.8592085, 0.3079216, 0.0723879, -0.4155332, 0.0120606,
  -0.0669578, 0.3385774, -0.022083, 0.1008997, -0.1269171,
]; // prettier-ignore

function withLengths(spec: ModelSpec): ModelSpec {
  const lengths: ModelSpec['inputs'][number] = { id: 'seq_length', role: 'lengths', dtype: 'int32', axes: [] };
  const nodes = spec.nodes.map(node =>
    node.op === 'recurrent' ? { ...node, sequenceLength: { from: lengths.id } } : node,
  );
  return { ...spec, inputs: [...spec.inputs, lengths], nodes };
}

describe("the notes' printed arrays", () => {
  it('come out of dynamic_rnn with lengths 2, 1, 2, 2 to 1e-6, and states are the last outputs that count', () => {
    const spec = withLengths(
      classifier([{ cell: 'rnn', className: 'BasicRNNCell', units: 5 }], 2, 3, 2, { kind: 'sgd' }),
    );
    const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 1, batchSize: 4 });
    network.setParameters(
      network
        .getParameters()
        .map(parameter =>
          parameter.name === 'rnn/basic_rnn_cell/kernel'
            ? { ...parameter, values: Float32Array.from(KERNEL) }
            : parameter,
        ),
    );
    INPUTS.forEach((row, index) => {
      const trace = network.trace({
        size: 1,
        steps: 2,
        inputs: Float32Array.from(row),
        lengths: Int32Array.of(LENGTHS[index]!),
      });
      OUTPUTS[index]!.forEach((expected, k) => {
        assert.ok(Math.abs(trace.outputs[k]! - expected) <= 1e-6, `outputs[${index}][${k}]: ${trace.outputs[k]!}`);
      });
      const states = trace.layers[0]!.tensors.get('h')!.slice(-5);
      const last = (LENGTHS[index]! - 1) * 5;
      assert.deepEqual(states, trace.outputs.slice(last, last + 5));
    });
  });
});
