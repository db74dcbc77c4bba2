import assert from 'node:assert/strict';
import * as tf from '@tensorflow/tfjs';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { programTensors } from '../../../engine/inspection/programTensors.ts';
import { feedProgram, type NamedInputs } from '../../../engine/inspection/namedInputs.ts';
import { modelParameters, parameterCount } from '../../../engine/model/parameters.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';
import { errorOf } from '../reference/cases.ts';
import { PROGRAMS } from './programs.ts';

const backend = createWasmBackend(KERNEL_BYTES, { tile: 0 });
const ROWS = 3;
const STEPS = 10;

/** Runs a program of this test in TensorFlow.js. Its layers are numbered as in a page that has made no other. */
function run(text: string): tf.LayersModel {
  // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the programs are this test's own
  const model = (new Function('tf', `${text}\nreturn model;`) as (library: typeof tf) => tf.LayersModel)(tf);
  model.setWeights(model.getWeights().map((weight, at) => tf.randomUniform(weight.shape, -0.6, 0.6, 'float32', at + 1)));
  return model;
} // prettier-ignore

/** `lstm_LSTM7` is `lstm_LSTM1` where six were made before. */
function renumbered(before: ReadonlyMap<string, number>): (name: string) => string {
  return name => name.replace(/_([A-Z]\w*?)(\d+)(?=\/|$)/g, (_, kind: string, count: string) => `_${kind}${Number(count) - (before.get(kind) ?? 0)}`);
} // prettier-ignore

/** How many layers of each kind have been made. */
function counters(): Map<string, number> {
  const one = { units: 1 };
  const layers = [
    tf.layers.lstm(one), tf.layers.gru(one), tf.layers.simpleRNN(one), tf.layers.dense(one), tf.layers.rnn({ cell: tf.layers.gruCell(one) }),
    tf.layers.embedding({ inputDim: 1, outputDim: 1 }), tf.layers.bidirectional({ layer: tf.layers.gru(one), mergeMode: 'sum' }), tf.layers.timeDistributed({ layer: tf.layers.dense(one) }),
    tf.layers.masking(), tf.layers.flatten(), tf.layers.activation({ activation: 'relu' }), tf.layers.repeatVector({ n: 1 }), tf.layers.concatenate(),
    // Those that the probe itself has made since are counted by making one more.
    tf.layers.gru(one), tf.layers.dense(one),
  ]; // prettier-ignore
  return new Map(
    layers.map(({ name }) => [/_([A-Z]\w*?)\d+$/.exec(name)![1]!, Number(/(\d+)$/.exec(name)![1])] as const),
  );
}

const numbers = (tensor: tf.Tensor) => ({ shape: tensor.shape, values: tensor.dataSync() });

/** Random inputs and targets; tokens for an embedding, zeros at the end of some rows, where they may be masked. */
function feeds({ inputs, nodes, loss }: ModelSpec): NamedInputs & { readonly x: tf.Tensor; readonly y: tf.Tensor } {
  const [sequence, target] = [inputs.find(({ role }) => role === 'sequence')!, inputs.find(({ role }) => role === 'target')!];
  const sizes = (axes: typeof sequence.axes): number[] => axes.map(({ size }) => Number(size));
  const tokens = nodes.find(({ op }) => op === 'embedding');
  const shape = [ROWS, ...sizes(sequence.axes)];
  const drawn = tokens?.op === 'embedding' ? tf.randomUniformInt(shape, 0, Number(tokens.vocabulary), 3) : tf.randomUniform(shape, -1, 1, 'float32', 3);
  const kept = tf.tensor1d([0, 1, 2]).expandDims(1).add(tf.range(0, shape[1]!).expandDims(0)).less(shape[1]!);
  const x = nodes.some(({ op }) => op === 'masking') ? drawn.mul(kept.cast('float32').expandDims(2)) : drawn;
  const wanted = tf.randomUniform([ROWS, ...sizes(target.axes)], 0, 1, 'float32', 5);
  const y = loss!.kind === 'softmax_cross_entropy' ? tf.oneHot(wanted.argMax(-1).cast('int32'), wanted.shape.at(-1)!).cast('float32') : wanted;
  return { x, y, inputs: new Map([[sequence.id, numbers(x)], [target.id, numbers(y)]]) };
} // prettier-ignore

describe('programs of TensorFlow.js, run by TensorFlow.js 4.22 itself', () => {
  before(async () => {
    await tf.setBackend('cpu');
  });

  for (const { name, text } of PROGRAMS) {
    const read = () => {
      const { models, diagnostics } = readSource(text, 'javascript');
      assert.equal(models.length, 1);
      assert.deepEqual(diagnostics, []);
      const { spec, open } = models[0]!;
      assert.deepEqual(open, []);
      return checkModelSpec(spec);
    };

    it(`${name}: shapes and names of all weights, number of parameters`, () => {
      const before = counters();
      const model = run(text);
      const named = renumbered(before);
      const spec = read();
      assert.deepEqual(
        modelParameters(spec).map(({ name, shape }) => [name, shape]),
        model.weights.map(({ originalName, shape }) => [named(originalName), shape]),
      );
      assert.equal(parameterCount(spec), model.countParams());
    });

    const spec = readSource(text, 'javascript').models[0]?.spec;
    const [reason] = spec ? unsupported(spec) : [];
    it(`${name}: ${reason ? `refused, ${formatPhrase(reason)}` : `values and gradients to 2e-6, losses of ${STEPS} steps to 1e-5`}`, async () => {
      if (reason) return;
      const before = counters();
      const model = run(text);
      const named = renumbered(before);
      const spec = read();
      const { x, y, inputs } = feeds(spec);
      const network = backend.createNetwork(spec, { seed: 1, batchSize: ROWS });
      const weights = model.weights.map(weight => ({ name: named(weight.originalName), ...numbers(weight.read()) }));
      network.setParameters(weights.map(({ name, shape, values }) => ({ name, shape, values: Float32Array.from(values) })));

      const found = programTensors(spec, network, { inputs });
      const errors: Record<string, number> = {};
      const check = (group: 'values' | 'gradients', key: string, expected: tf.Tensor): void => {
        const own = found.find(one => one.group === group && one.name === key);
        assert.ok(own, `${group} of ${key} among ${found.map(one => `${one.group} ${one.name}`).join(', ')}`);
        assert.deepEqual(own.shape, expected.shape, key);
        errors[`${group} ${key}`] = errorOf(own.values, Array.from(expected.dataSync()));
      };
      for (const layer of model.layers) {
        const output = Array.isArray(layer.output) ? layer.output[0]! : layer.output;
        if (layer.name.startsWith('input') || !spec.nodes.some(({ id, op }) => id === named(layer.name) && op !== 'masking')) continue;
        const part = tf.model({ inputs: model.inputs, outputs: output });
        const key = found.find(one => one.group === 'values' && [`${named(layer.name)}[0]`, named(layer.name)].includes(one.name))?.name;
        check('values', key ?? named(layer.name), part.predict(x) as tf.Tensor);
      }
      const { lossFunctions } = ('model' in model ? model.model : model) as { lossFunctions: ((y: tf.Tensor, p: tf.Tensor) => tf.Tensor)[] };
      const variables = model.trainableWeights.map(weight => weight.read() as unknown as tf.Variable);
      const { grads } = tf.variableGrads(() => lossFunctions[0]!(y, model.apply(x, { training: true }) as tf.Tensor).mean().asScalar(), variables);
      for (const [at, weight] of model.trainableWeights.entries()) check('gradients', named(weight.originalName), grads[variables[at]!.name]!);
      for (const [key, error] of Object.entries(errors)) assert.ok(error <= 2e-6, `${key}: error ${error}`);

      const { batch } = feedProgram(spec, { inputs });
      for (let step = 0; step < STEPS; step++) {
        const answer = await model.trainOnBatch(x, y);
        const expected = Array.isArray(answer) ? answer[0]! : answer;
        const { loss } = network.trainStep(batch);
        assert.ok(errorOf([loss], [expected]) <= 1e-5, `loss of step ${step}: ${loss} and ${expected}`);
      }
    });
  }
}); // prettier-ignore
