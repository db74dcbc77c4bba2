import assert from 'node:assert/strict';
import type { Batch } from '../../../engine/backends/backend.ts';
import { runReference } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import { truncationOf } from '../../../engine/model/truncation.ts';
import type { CellSpec, ModelSpec } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { BEYOND, readBeyond } from '../reference/beyond.ts';
import { type Case, caseNames, readCase } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';
import { hash } from './trainedBits.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0, slices: 2 });

type Program = Pick<Case, 'spec' | 'given'>;

const [ROWS, STEPS, FEATURES, CLASSES, UNITS] = [20, 40, 3, 4, 24];

/** A cell of every layer of kernels, and after how many steps its gradients are cut. */
const CUT: Readonly<Record<string, readonly [cell: CellSpec, truncateSteps: number]>> = {
  BasicRNNCell: [{ cell: 'rnn', className: 'BasicRNNCell', units: UNITS }, 2],
  BasicLSTMCell: [basicLstm(UNITS), 3],
  'peephole LSTMCell with a projection': [
    { cell: 'lstm', className: 'LSTMCell', units: UNITS, peepholes: true, projection: { units: UNITS - 1 } },
    2,
  ],
  LayerNormBasicLSTMCell: [
    { cell: 'lstm', className: 'LayerNormBasicLSTMCell', units: UNITS, layerNorm: { gain: 1, shift: 0 } },
    3,
  ],
  GRUCell: [{ cell: 'gru', className: 'GRUCell', units: UNITS }, 2],
  'GRUCell that resets after the product': [{ cell: 'gru', className: 'GRUCell', units: UNITS, resetAfter: true }, 3],
};

function specOf(cell: CellSpec): ModelSpec {
  return classifier([cell, cell], STEPS, FEATURES, CLASSES, { kind: 'sgd', learningRate: 0.1 });
}

function batchOf(): Batch {
  const random = new Random(3, 'step gradients');
  return {
    size: ROWS,
    steps: STEPS,
    inputs: Float32Array.from({ length: ROWS * STEPS * FEATURES }, () => random.normal()),
    targets: Int32Array.from({ length: ROWS }, () => random.below(CLASSES)),
  };
}

/** A cell whose gradients are cut, with weights as it begins. */
function cutProgram([cell, truncateSteps]: readonly [CellSpec, number]): Program {
  const whole = specOf(cell);
  const spec = { ...whole, training: { ...whole.training, truncateSteps } };
  const { inputs, targets } = batchOf();
  const weights = backend.createNetwork(spec, { seed: 1, batchSize: ROWS }).getParameters();
  return {
    spec,
    given: {
      inputs: new Map([
        ['X', { shape: [ROWS, STEPS, FEATURES], values: inputs }],
        ['y', { shape: [ROWS], values: targets! }],
      ]),
      weights: new Map(weights.map(one => [one.name, one])),
    },
  };
}

/** Gradients by every pre-activation, gate and state at every step, as the kernels keep them. */
function stepGradients({ spec, given }: Program) {
  const trained = { ...spec, training: { ...spec.training, optimizer: { kind: 'sgd' as const } } };
  const size = given.inputs.get(spec.inputs[0]!.id)!.shape[spec.inputs[0]!.timeMajor ? 1 : 0]!;
  const network = backend.createNetwork(trained, { seed: 1, batchSize: size });
  network.setParameters(
    [...given.weights].map(([name, { shape, values }]) => ({ name, shape, values: Float32Array.from(values) })),
  );
  const tensors = programTensors(trained, network, given, { stepGradients: true });
  return new Map(tensors.filter(({ group }) => group === 'gradients').map(one => [one.name, one]));
}

function agree(program: Program): void {
  const found = stepGradients(program);
  const expected = runReference(program.spec, program.given).stepGradients();
  assert.ok(expected.size > 0);
  for (const [name, { shape, values }] of expected) {
    const own = found.get(name);
    assert.ok(own, `${name} is missing among ${[...found.keys()].join(', ')}`);
    assert.deepEqual(own.shape, shape, `shape of ${name}`);
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-6);
    const error = values.reduce((most, value, k) => Math.max(most, Math.abs(value - own.values[k]!)), 0) / largest;
    assert.ok(error <= 1e-5, `${name}: error ${error} of ${largest}`);
  }
}

describe('gradients by every pre-activation, gate and state, from the kernels and from the float64 reference, to 1e-5 of the largest', () => {
  for (const folder of ['tf1', 'torch', 'keras3', 'keras2'] as const)
    for (const name of caseNames(folder))
      it(`${folder}/${name}`, () => {
        const program = readCase(folder, name);
        if (program.spec.nodes.some(({ op }) => op === 'recurrent')) agree(program);
      });
  for (const { title, file } of BEYOND)
    for (const program of readBeyond(file))
      it(`${title}: ${program.name}`, () => {
        if (program.spec.nodes.some(({ op }) => op === 'recurrent')) agree(program);
      });
  for (const [name, cut] of Object.entries(CUT))
    it(`${name} whose gradients go back ${cut[1]} steps at most`, () => {
      const program = cutProgram(cut);
      assert.equal(truncationOf(program.spec)?.windows, false);
      agree(program);
    });
});

describe('gradients of every step', () => {
  const batch = batchOf();
  const trained = (cell: CellSpec, asked: boolean): { bytes: number; bits: string } => {
    const network = backend.createNetwork(specOf(cell), { seed: 1, batchSize: ROWS });
    for (let step = 0; step < 5; step++) {
      network.trainStep(batch);
      if (asked) network.stepGradients(batch);
    }
    return { bytes: network.bytes, bits: hash(network.getParameters().map(({ values }) => values)) };
  };

  for (const [name, [cell]] of Object.entries(CUT)) {
    it(`of ${name} take memory only where they are asked for, and change no bit of what is trained`, () => {
      const [without, asked] = [trained(cell, false), trained(cell, true)];
      assert.equal(asked.bits, without.bits);
      // Of every layer, row, step and unit at least that of h, in four bytes.
      const least = 2 * ROWS * STEPS * (UNITS - 1) * 4;
      assert.ok(asked.bytes - without.bytes >= least - 65_536, `${asked.bytes} bytes instead of ${without.bytes}`);
    });

    it(`of ${name} have the same bits whatever the tile and however the batch is cut`, () => {
      const bits = ([[0, 1], [1, 3], [2, 4]] as const).map(([tile, slices]) => {
        const network = createWasmBackend(KERNEL_BYTES, { tile, slices }).createNetwork(specOf(cell), { seed: 1, batchSize: ROWS });
        const layers = network.stepGradients(batch).get('rnn')!;
        return hash(layers.flatMap(({ steps }) => [...steps.values()].map(({ values }) => values)));
      });
      assert.deepEqual(bits, bits.map(() => bits[0]));
    }); // prettier-ignore
  }
});
