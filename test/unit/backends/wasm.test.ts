import assert from 'node:assert/strict';
import type { Batch, Network } from '../../../engine/backends/backend.ts';
import { runReference } from '../../../engine/backends/reference/reference.ts';
import { createWasmBackend, type WasmOptions } from '../../../engine/backends/wasm.ts';
import { EngineError, type ErrorCode } from '../../../engine/errors.ts';
import { DropoutMask } from '../../../engine/backends/wasm/dropout.ts';
import { shapeOf } from '../../../engine/backends/wasm/part.ts';
import { EngineMemory, MemoryPlan } from '../../../engine/kernels/memory.ts';
import type { CellSpec, DenseNode, ModelSpec, RecurrentNode } from '../../../engine/model/spec.ts';
import { Random } from '../../../engine/random.ts';
import { errorOf } from '../reference/cases.ts';
import { KERNEL_BYTES } from './kernelBytes.ts';
import { basicLstm, classifier } from './specs.ts';

const CLASSES = 3;

function randomBatch(size: number, steps: number, features: number): Batch {
  const random = new Random(3);
  return {
    size,
    steps,
    inputs: Float32Array.from({ length: size * steps * features }, () => random.normal()),
    targets: Int32Array.from({ length: size }, () => random.below(CLASSES)),
  };
}

function open(spec: ModelSpec, batchSize: number, options: WasmOptions = { tile: 0 }): Network {
  return createWasmBackend(KERNEL_BYTES, options).createNetwork(spec, { seed: 5, batchSize });
}

const CELLS: readonly ((units: number) => CellSpec)[] = [
  basicLstm,
  units => ({ cell: 'lstm', className: 'LSTMCell', units, peepholes: true, cellClip: 0.5, projection: { units: Math.ceil(units / 2), clip: 0.3 } }),
  units => ({ cell: 'gru', className: 'GRUCell', units }),
  units => ({ cell: 'rnn', className: 'BasicRNNCell', units, activation: 'relu' }),
  units => ({ cell: 'gru', className: 'GRUCell in three wrappers', name: 'gru_cell', units, wrappers: [{ wrapper: 'input_projection', units: 4 }, { wrapper: 'output_projection', units: 3, activation: 'tanh' }] }),
]; // prettier-ignore

describe('the WebAssembly engine against the float64 reference at odd sizes: gradients to 1e-5 of the largest', () => {
  for (const cell of CELLS) {
    for (const [batch, steps, units] of [[1, 1, 1], [1, 28, 5], [3, 1, 150], [3, 28, 5], [150, 2, 5], [3, 3, 150], [150, 28, 1]] as const) {
      it(`2 × ${cell(units).className}, ${units} units, batch ${batch}, ${steps} steps`, () => {
        const spec = classifier([cell(units), cell(units)], steps, 3, CLASSES, { kind: 'adam' });
        const network = open(spec, batch);
        const given = randomBatch(batch, steps, 3);
        const run = runReference(spec, {
          inputs: new Map([
            ['X', { shape: [batch, steps, 3], values: given.inputs }],
            ['y', { shape: [batch], values: given.targets! }],
          ]),
          weights: new Map(network.getParameters().map(({ name, shape, values }) => [name, { shape, values }])),
        });
        const expected = run.gradients();
        for (const { name, values } of [...network.gradients(given), ...network.inputGradients(given)]) {
          const error = errorOf(values, expected.get(name)!.values);
          assert.ok(error <= 1e-5, `${name}: error ${error}`);
        }
        assert.ok(Math.abs(network.evaluate(given).loss - run.loss!) <= 1e-5 * Math.max(1, run.loss!));
      });
    }
  } // prettier-ignore
});

describe('the same bits', () => {
  for (const cell of CELLS) {
    it(`of all weights after 10 steps of 2 × ${cell(7).className}, whatever the tile and however the batch is cut`, () => {
      const spec = classifier([cell(7), cell(7)], 6, 4, CLASSES, { kind: 'adam', learningRate: 0.01 });
      const batch = randomBatch(11, 6, 4);
      const trained = (options: WasmOptions): string => {
        const network = open(spec, 11, options);
        for (let step = 0; step < 10; step++) network.trainStep(batch);
        return network.getParameters().map(({ name, values }) => `${name} ${values.join()}`).join('\n'); // prettier-ignore
      };
      const expected = trained({ tile: 0 });
      for (const options of [
        { tile: 1 },
        { tile: 2 },
        { tile: 0, slices: 2 },
        { tile: 1, slices: 3 },
        { tile: 2, slices: 4 },
        { tile: 0, slices: 20 },
      ]) {
        assert.equal(trained(options), expected, JSON.stringify(options));
      }
    });
  }

  it('of the forward pass for a row alone and in a batch', () => {
    const network = open(classifier([basicLstm(9)], 5, 4, CLASSES, { kind: 'adam' }), 6);
    const batch = randomBatch(6, 5, 4);
    const together = network.hiddenStates(batch, 0);
    for (let row = 0; row < 6; row++) {
      const alone = network.hiddenStates(
        { size: 1, steps: 5, inputs: batch.inputs.subarray(row * 20, (row + 1) * 20) },
        0,
      );
      assert.deepEqual(alone, together.slice(row * 45, (row + 1) * 45));
    }
  });

  it('after taking weights and optimizer out and putting them into another network', () => {
    const spec = classifier([basicLstm(4)], 5, 4, CLASSES, { kind: 'rmsprop', momentum: 0.5 });
    const batch = randomBatch(6, 5, 4);
    const [one, other] = [open(spec, 6), open(spec, 6)];
    for (let step = 0; step < 3; step++) one.trainStep(batch);
    other.setParameters(one.getParameters());
    other.setOptimizerState(one.getOptimizerState());
    one.trainStep(batch);
    other.trainStep(batch);
    assert.deepEqual(other.getParameters(), one.getParameters());
  });

  it('after looking on: traces, gradients, evaluations change nothing', () => {
    const spec = classifier([basicLstm(4), basicLstm(4)], 5, 4, CLASSES, { kind: 'adam' });
    const batch = randomBatch(6, 5, 4);
    const [one, other] = [open(spec, 6), open(spec, 6)];
    for (let step = 0; step < 3; step++) {
      one.trainStep(batch);
      one.trace(batch);
      one.inputGradients(batch);
      one.contributions(batch, 1);
      one.evaluate(randomBatch(9, 7, 4));
      other.trainStep(batch);
    }
    assert.deepEqual(one.getParameters(), other.getParameters());
  });
});

describe('a loss that is not finite', () => {
  it('comes with the first layer whose outputs are not finite', () => {
    const relu: CellSpec = { cell: 'rnn', className: 'BasicRNNCell', units: 5, activation: 'relu' };
    const spec = classifier([relu, relu], 6, 4, CLASSES, { kind: 'sgd', learningRate: 1e30 });
    const network = open(spec, 11);
    const batch = randomBatch(11, 6, 4);
    let result = network.trainStep(batch);
    for (let step = 0; step < 10 && Number.isFinite(result.loss); step++) {
      assert.equal(result.nonFiniteLayer, undefined);
      result = network.trainStep(batch);
    }
    assert.ok(!Number.isFinite(result.loss));
    assert.equal(result.nonFiniteLayer, 1);
  });
});

describe('dropout', () => {
  const dropping = (keep: object): ModelSpec =>
    classifier([{ ...basicLstm(6), wrappers: [{ wrapper: 'dropout', ...keep }] }], 5, 4, CLASSES, {
      kind: 'sgd',
      learningRate: 0.1,
    });
  const batch = randomBatch(40, 5, 4);

  it('drops while training and not while evaluating', () => {
    const [plain, dropped] = [
      open(classifier([basicLstm(6)], 5, 4, CLASSES, { kind: 'sgd', learningRate: 0.1 }), 40),
      open(dropping({ inputKeep: 0.5, stateKeep: 0.5, outputKeep: 0.5 }), 40),
    ];
    dropped.setParameters(plain.getParameters());
    assert.equal(dropped.evaluate(batch).loss, plain.evaluate(batch).loss);
    const losses = [dropped.trainStep(batch).loss, plain.trainStep(batch).loss];
    assert.notEqual(losses[0], losses[1]);
    assert.ok(Math.abs(losses[0]! - losses[1]!) < 0.3);
  });

  it('draws other masks at every step, and the same ones again from the same seed and step', () => {
    const spec = dropping({ inputKeep: 0.5, variational: true });
    const losses = (network: Network) => Array.from({ length: 4 }, () => network.trainStep(batch).loss);
    const first = losses(open(spec, 40));
    assert.deepEqual(losses(open(spec, 40)), first);
    const still = open(spec, 40);
    still.setLearningRate(0);
    assert.equal(new Set(losses(still)).size, 4);
  });
});

describe("Keras' dropout of a layer's input", () => {
  const keras = (cell: CellSpec): ModelSpec => {
    const spec = classifier([cell], 5, 4, CLASSES, { kind: 'sgd', learningRate: 0.1 });
    const [rnn, head] = spec.nodes as [RecurrentNode, DenseNode];
    const nodes = [{ ...rnn, driver: 'layer' as const, direction: 'bidirectional' as const }, { ...head, input: { from: 'rnn' } }];
    return { ...spec, framework: 'keras3', nodes };
  }; // prettier-ignore
  const batch = randomBatch(40, 5, 4);
  const KINDS = {
    LSTM: { cell: 'lstm', className: 'LSTM', units: 6 },
    GRU: { cell: 'gru', className: 'GRU', units: 6 },
    SimpleRNN: { cell: 'rnn', className: 'SimpleRNN', units: 6 },
  } as const;

  for (const [className, cell] of Object.entries(KINDS)) {
    it(`${className}: gradients with given masks against the float64 reference to 1e-5 of the largest`, () => {
      const spec = keras({ ...cell, inputDropout: 0.5 });
      const network = open(spec, 40);
      const random = new Random(9);
      const given = { ...batch, masks: Object.fromEntries(['', 'bw.'].map(place => [`rnn.${place}input`, Float32Array.from({ length: 160 }, () => random.below(2))])) };
      const masks = ['', 'bw.'].map(place => [`rnn.${place}input`, { shape: [40, 4], values: given.masks[`rnn.${place}input`]! }] as const);
      const run = runReference(spec, {
        inputs: new Map([
          ['X', { shape: [40, 5, 4], values: batch.inputs }],
          ['y', { shape: [40], values: batch.targets! }],
        ]),
        weights: new Map(network.getParameters().map(({ name, shape, values }) => [name, { shape, values }])),
        masks: new Map(masks),
      });
      const expected = run.gradients();
      for (const { name, values } of network.gradients(given)) {
        const error = errorOf(values, expected.get(name)!.values);
        assert.ok(error <= 1e-5, `${name}: error ${error}`);
      }
      const without = network.gradients(batch)[0]!.values;
      assert.notDeepEqual(without, network.gradients(given)[0]!.values);
    }); // prettier-ignore
  }

  it('drops while training and not while evaluating, and draws other masks at every step', () => {
    const [plain, dropped] = [open(keras(KINDS.LSTM), 40), open(keras({ ...KINDS.LSTM, inputDropout: 0.5 }), 40)];
    dropped.setParameters(plain.getParameters());
    dropped.setLearningRate(0);
    assert.equal(dropped.evaluate(batch).loss, plain.evaluate(batch).loss);
    const losses = Array.from({ length: 4 }, () => dropped.trainStep(batch).loss);
    assert.equal(new Set([...losses, plain.evaluate(batch).loss]).size, 5);
  }); // prettier-ignore

  it('drops the same values of a row at all its steps, and others of another row', () => {
    const mask = new DropoutMask({ width: 3, sequence: true, axis: 0 }, 0.5, 'steps', () => 'rnn.input');
    const shape = shapeOf(20, [4]);
    const memory = new EngineMemory();
    const plan = new MemoryPlan(0);
    mask.plan(plan, shape);
    memory.growTo(plan.end);
    mask.draw(memory, shape, 3);
    const values = memory.floats(mask.at, 240);
    for (let k = 0; k < 240; k++) assert.equal(values[k], values[k % 60]);
    assert.ok(new Set(Array.from({ length: 20 }, (_, b) => values.subarray(3 * b, 3 * b + 3).join())).size > 2);
    assert.deepEqual([...new Set(values)].sort(), [0, 2]);
  });
});

describe('memory', () => {
  const spec = classifier([basicLstm(8)], 5, 4, CLASSES, { kind: 'adam' });

  it('does not grow from step to step, and once for a larger batch', () => {
    const network = open(spec, 6);
    const before = network.bytes;
    for (let step = 0; step < 5; step++) network.trainStep(randomBatch(6, 5, 4));
    assert.equal(network.bytes, before);
    network.evaluate(randomBatch(600, 5, 4));
    assert.ok(network.bytes > before);
  });

  it('is refused with the bytes and how many rows would fit, before anything is allocated', () => {
    const { message } = refusal(() => open(spec, 2 ** 26), 'no-memory');
    const [, bytes, rows] = /needs (\d+) bytes .* a batch of (\d+) rows fits/.exec(message)!;
    assert.ok(Number(bytes) > 2 ** 32);
    assert.ok(Number(rows) > 1e5 && Number(rows) < 2 ** 26);
  });

  it('that a larger batch cannot have leaves the network as it was', () => {
    const network = open(spec, 6);
    const batch = randomBatch(6, 5, 4);
    const expected = network.evaluate(batch).loss;
    const size = 2 ** 22;
    const large = { size, steps: 5, inputs: new Float32Array(size * 20), targets: new Int32Array(size) };
    assert.match(refusal(() => network.evaluate(large), 'no-memory').message, /a batch of \d+ rows fits/);
    assert.equal(network.evaluate(batch).loss, expected);
  });
});

function refusal(work: () => unknown, code: ErrorCode): EngineError {
  try {
    work();
  } catch (error) {
    assert.ok(error instanceof EngineError, String(error));
    assert.equal(error.code, code);
    return error;
  }
  assert.fail('nothing was refused');
}

describe('bad input is refused with what was expected and what was found', () => {
  const network = open(classifier([basicLstm(4)], 5, 4, CLASSES, { kind: 'adam' }), 6);
  const good = randomBatch(6, 5, 4);
  const cases: readonly (readonly [string, Batch, RegExp])[] = [
    ['an empty batch', { ...good, size: 0 }, /0 rows of 5 steps/],
    ['inputs of another size', { ...good, inputs: good.inputs.subarray(1) }, /\[6, 5, 4\] \(120 values\), but have 119/],
    ['inputs that are not finite', { ...good, inputs: good.inputs.map((x, k) => (k === 7 ? NaN : x)) }, /X must be finite, but value 7 is NaN/],
    ['labels out of range', { ...good, targets: Int32Array.of(0, 1, 2, 3, 0, 0) }, /from 0 to 2, but value 3 is 3/],
    ['too few labels', { ...good, targets: Int32Array.of(1) }, /must have 6 values, but has 1/],
    ['lengths beyond the steps', { ...good, lengths: Int32Array.of(1, 2, 3, 4, 5, 6) }, /from 0 to 5, but value 5 is 6/],
  ]; // prettier-ignore
  for (const [what, batch, message] of cases) {
    it(what, () => {
      assert.match(refusal(() => network.trainStep(batch), 'invalid-shape').message, message);
    });
  }

  it('weights with a wrong name or shape, and then none has changed', () => {
    const before = network.getParameters();
    const wrongShape = before.map(parameter => ({
      ...parameter,
      shape: [...parameter.shape].reverse(),
      values: parameter.values.map(() => 0),
    }));
    assert.match(refusal(() => { network.setParameters(wrongShape); }, 'invalid-shape').message, /kernel must be \[8, 16\], but is \[16, 8\]/); // prettier-ignore
    const wrongName = before.map(parameter => ({ ...parameter, name: `${parameter.name}x` }));
    assert.match(refusal(() => { network.setParameters(wrongName); }, 'invalid-shape').message, /has no tensor .*kernelx/); // prettier-ignore
    assert.deepEqual(network.getParameters(), before);
  });

  it('a model that it cannot run', () => {
    const spec = classifier([{ ...basicLstm(4), units: 'n_neurons' }], 5, 4, CLASSES, { kind: 'adam' });
    assert.match(refusal(() => open(spec, 6), 'unsupported').message, /size n_neurons of BasicLSTMCell is not known/);
  });
});
