import assert from 'node:assert/strict';
import { createWasmBackend } from '../../../engine/backends/wasm.ts';
import { trainReference } from '../../../engine/backends/reference/reference.ts';
import { phrase } from '../../../engine/model/phrase.ts';
import type { ModelSpec } from '../../../engine/model/spec.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { KERNEL_BYTES } from '../backends/kernelBytes.ts';

const program = (layers: string, more = '', optimizer = 'keras.optimizers.SGD(0.3)'): string => `import keras
from keras import layers
inputs = keras.Input((5, 3))
gru = layers.GRU(4${layers})
outputs = layers.Dense(2)(gru(inputs))
model = keras.Model(inputs, outputs)
${more}
model.compile(optimizer=${optimizer}, loss="mse")
`;
const GRU = ['kernel', 'recurrent_kernel', 'bias'].map(name => `gru/gru_cell/${name}`);

function modelOf(text: string) {
  return readSource(text, 'python').models[0]!;
}

describe('what Keras programs ask of weights', () => {
  it('a layer is not trained that is made so, or of which that is said later; the last word holds', () => {
    assert.deepEqual(modelOf(program(', trainable=False')).spec.training.frozen, GRU);
    assert.deepEqual(modelOf(program('', 'gru.trainable = False')).spec.training.frozen, GRU);
    assert.equal(modelOf(program(', trainable=False', 'gru.trainable = True')).spec.training.frozen, undefined);
  });

  it('constraints, by their names and with options', () => {
    const weight = GRU[0];
    assert.deepEqual(modelOf(program(', kernel_constraint="non_neg"')).spec.training.constraints, [{ weight, kind: 'non_negative' }]);
    assert.deepEqual(modelOf(program(', kernel_constraint=keras.constraints.MinMaxNorm(0.1, 0.9, axis=1)')).spec.training.constraints, [{ weight, kind: 'norm', least: 0.1, most: 0.9, rate: 1, axis: 1 }]);
  }); // prettier-ignore

  it('refuses a schedule, averages and a constraint that it cannot follow', () => {
    const openOf = (text: string) => modelOf(text).open.map(({ args = [] }) => args[0]);
    assert.deepEqual(openOf(program('', '', 'keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, n))')), ['learning_rate']);
    assert.deepEqual(openOf(program('', '', 'keras.optimizers.SGD(0.1, use_ema=True, ema_overwrite_frequency=n)')), ['ema_overwrite_frequency']);
    assert.deepEqual(openOf(program(', kernel_constraint=mine')), ['kernel_constraint']);
  }); // prettier-ignore
});

describe('what Keras programs do that cannot be trained here is refused by name', () => {
  const openOf = (text: string) => readSource(text, 'python').models.flatMap(({ open }) => open);
  const through = (layer: string): string => program('').replace('gru(inputs))', `${layer}(gru(inputs)))`);

  it('a layer behind the recurrent one, several outputs, an unknown loss', () => {
    assert.deepEqual(openOf(through('layers.BatchNormalization()')), [phrase('{0} cannot be run yet', 'BatchNormalization')]);
    assert.deepEqual(openOf(program('').replace('inputs, outputs)', 'inputs, [outputs, layers.Dense(1)(outputs)])')), [phrase('A model with {0} outputs cannot be trained yet', 2)]);
    assert.deepEqual(openOf(program('').replace('"mse"', 'mine')), [phrase('{0} cannot be run yet: {1}', 'loss', 'mine')]);
    assert.deepEqual(openOf(through('layers.LayerNormalization()')), []);
  });

  it('rows and classes that weigh more than others', () => {
    assert.deepEqual(openOf(`${program('')}model.fit(x, y, sample_weight=w)`), [phrase('{0} cannot be run yet: {1}', 'sample_weight', 'w')]);
    assert.deepEqual(openOf(`${program('')}model.fit(x, y, shuffle=False)`), []);
  });
}); // prettier-ignore

describe('steps around the optimizer: the engine against the reference, losses of 12 steps to 1e-5', () => {
  const cases: Readonly<Record<string, string>> = {
    'weights that stay': program(', trainable=False'),
    'norms within bounds': program(', kernel_constraint=keras.constraints.MinMaxNorm(0.2, 0.6, rate=0.5)'),
    'gradients of three batches': program('', '', 'keras.optimizers.Adam(0.1, gradient_accumulation_steps=3)'),
    'averages every four steps': program('', '', 'keras.optimizers.Adam(0.1, use_ema=True, ema_overwrite_frequency=4)'),
    'one layer twice': program('').replace('gru(inputs))', 'layers.Add()([gru(inputs), gru(layers.Dense(3)(inputs))]))'),
  }; // prettier-ignore
  for (const [name, text] of Object.entries(cases))
    it(name, () => {
      const { spec } = modelOf(text);
      const [size, steps] = [3, 5];
      const inputs = Float32Array.from({ length: size * steps * 3 }, (_, k) => Math.sin(k * 7));
      const targets = Float32Array.from({ length: size * 2 }, (_, k) => Math.cos(k * 5));
      const network = createWasmBackend(KERNEL_BYTES, { tile: 0 }).createNetwork(spec, { seed: 3, batchSize: size });
      const losses = expected(spec, network.getParameters(), inputs, targets);
      for (const loss of losses) assert.ok(Math.abs(network.trainStep({ size, steps, inputs, targets }).loss - loss) < 1e-5);
    }); // prettier-ignore
});

function expected(
  spec: ModelSpec,
  weights: readonly { readonly name: string; readonly shape: readonly number[]; readonly values: Float32Array }[],
  inputs: Float32Array,
  targets: Float32Array,
): number[] {
  const fed = new Map([
    ['inputs[0]', { shape: [3, 5, 3], values: inputs }],
    ['y', { shape: [3, 2], values: targets }],
  ]);
  const given = new Map(weights.map(({ name, shape, values }) => [name, { shape, values }]));
  return trainReference(spec, { inputs: fed, weights: given }, 12);
}
