/** Programs as TensorFlow.js' users write them; the test runs each in TensorFlow.js itself and reads it. */

export interface Program {
  readonly name: string;
  /** Leaves its model in `model`; `tf` is TensorFlow.js. */
  readonly text: string;
}

export const PROGRAMS: readonly Program[] = [
  {
    name: 'LSTM classifier, Sequential by add',
    text: `const units = 5, steps = 4;
const model = tf.sequential();
model.add(tf.layers.lstm({units, inputShape: [steps, 3]}));
model.add(tf.layers.dense({units: 3, activation: 'softmax'}));
model.compile({optimizer: tf.train.adam(0.01), loss: 'categoricalCrossentropy', metrics: ['accuracy']});`,
  },
  {
    name: 'LSTM with sigmoid gates and a unit forget bias, Sequential by list',
    text: `const model = tf.sequential({layers: [
  tf.layers.lstm({units: 4, recurrentActivation: 'sigmoid', unitForgetBias: true, returnSequences: true, inputShape: [5, 2]}),
  tf.layers.lstm({units: 3}),
  tf.layers.dense({units: 2}),
]});
model.compile({optimizer: 'sgd', loss: 'meanSquaredError'});`,
  },
  {
    name: 'GRU stack in a loop, relu and linear gates',
    text: `const config = {layers: 3, units: 4, shape: [6, 2]};
const model = tf.sequential();
for (let layer = 0; layer < config.layers; layer++) {
  const options = {units: config.units + layer, returnSequences: layer < config.layers - 1};
  if (layer === 0) options.inputShape = config.shape;
  model.add(tf.layers.gru({...options, activation: 'tanh'}));
}
model.add(tf.layers.dense({units: 1, activation: 'sigmoid'}));
model.compile({optimizer: tf.train.rmsprop(0.01, 0.8), loss: 'binaryCrossentropy'});`,
  },
  {
    name: 'simple RNN over all steps, TimeDistributed',
    text: `function build({units = 6, steps = 5, features = 2} = {}) {
  const net = tf.sequential();
  net.add(tf.layers.simpleRNN({units, activation: 'relu', returnSequences: true, inputShape: [steps, features]}));
  net.add(tf.layers.timeDistributed({layer: tf.layers.dense({units: 2})}));
  return net;
}
const model = build({steps: 4});
model.compile({optimizer: tf.train.momentum(0.02, 0.9), loss: tf.losses.meanSquaredError});`,
  },
  {
    name: 'embedding with mask, bidirectional LSTM',
    text: `const vocabulary = 11;
const model = tf.sequential();
model.add(tf.layers.embedding({inputDim: vocabulary, outputDim: 4, inputLength: 6}));
model.add(tf.layers.bidirectional({layer: tf.layers.lstm({units: 3}), mergeMode: 'concat'}));
model.add(tf.layers.dense({units: 4, activation: 'softmax'}));
model.compile({optimizer: tf.train.adamax(0.005), loss: 'categoricalCrossentropy'});`,
  },
  {
    name: 'bidirectional GRU summed over all steps',
    text: `const model = tf.sequential();
model.add(tf.layers.bidirectional({
  layer: tf.layers.gru({units: 3, returnSequences: true}), mergeMode: 'sum', inputShape: [4, 3],
}));
model.add(tf.layers.dense({units: 2, activation: 'tanh'}));
model.compile({optimizer: tf.train.sgd(0.05), loss: 'meanAbsoluteError'});`,
  },
  {
    name: 'masked sequences',
    text: `const model = tf.sequential();
model.add(tf.layers.masking({maskValue: 0, inputShape: [5, 2]}));
model.add(tf.layers.lstm({units: 4, returnSequences: true}));
model.add(tf.layers.gru({units: 3}));
model.add(tf.layers.dense({units: 2}));
model.compile({optimizer: tf.train.adagrad(0.05), loss: 'meanSquaredError'});`,
  },
  {
    name: 'tokens of which 0 is masked, RMSProp with momentum',
    text: `const model = tf.sequential();
model.add(tf.layers.embedding({inputDim: 4, outputDim: 3, maskZero: true, inputLength: 5}));
model.add(tf.layers.gru({units: 3, returnSequences: true}));
model.add(tf.layers.dense({units: 2}));
model.compile({optimizer: tf.train.rmsprop(0.002, 0.9, 0.5, 1e-3), loss: 'meanSquaredError'});`,
  },
  {
    name: 'backwards over masked steps, Nesterov momentum',
    text: `const model = tf.sequential();
model.add(tf.layers.masking({maskValue: 0, inputShape: [5, 2]}));
model.add(tf.layers.bidirectional({layer: tf.layers.lstm({units: 4, returnSequences: true}), mergeMode: 'concat'}));
model.add(tf.layers.dense({units: 2}));
model.compile({optimizer: tf.train.momentum(0.02, 0.8, true), loss: 'meanSquaredError'});`,
  },
  {
    name: 'RNN over a stack of cells',
    text: `const cells = [4, 3].map(units => tf.layers.lstmCell({units}));
const model = tf.sequential();
model.add(tf.layers.rnn({cell: cells, inputShape: [4, 2]}));
model.add(tf.layers.dense({units: 3, activation: 'softmax'}));
model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});`,
  },
  {
    name: 'RNN over one cell, backwards, without bias',
    text: `const model = tf.sequential();
model.add(tf.layers.rnn({cell: tf.layers.gruCell({units: 4, useBias: false}), goBackwards: true, inputShape: [4, 2]}));
model.add(tf.layers.dense({units: 1, useBias: false}));
model.compile({optimizer: 'rmsprop', loss: 'meanSquaredError'});`,
  },
  {
    name: 'functional model with two branches',
    text: `const input = tf.input({shape: [5, 3]});
const [left, right] = ['relu', 'tanh'].map(activation =>
  tf.layers.simpleRNN({units: 4, activation}).apply(input));
const joined = tf.layers.concatenate().apply([left, right]);
const output = tf.layers.dense({units: 2, activation: 'softmax'}).apply(joined);
const model = tf.model({inputs: input, outputs: output});
model.compile({optimizer: tf.train.adadelta(0.5), loss: 'categoricalCrossentropy'});`,
  },
  {
    name: 'functional model whose second LSTM starts from the states of the first',
    text: `const x = tf.input({shape: [4, 2]});
const [sequence, h, c] = tf.layers.lstm({units: 3, returnSequences: true, returnState: true}).apply(x);
const out = tf.layers.lstm({units: 3}).apply(sequence, {initialState: [h, c]});
const model = tf.model({inputs: x, outputs: tf.layers.dense({units: 2}).apply(out)});
model.compile({optimizer: 'adam', loss: 'meanSquaredError'});`,
  },
  {
    name: 'a class that builds its network from constructor arguments',
    text: `class Forecaster {
  window = 4;
  constructor(units, {features = 1, rate = 0.01} = {}) {
    this.units = units;
    this.features = features;
    this.rate = rate;
    this.net = this.build();
  }
  build() {
    const {units, features} = this;
    const net = tf.sequential({layers: [tf.layers.gru({units, inputShape: [this.window, features]})]});
    net.add(tf.layers.dense({units: features}));
    net.compile({optimizer: tf.train.adam(this.rate), loss: 'meanSquaredError'});
    return net;
  }
}
const model = new Forecaster(2 ** 2, {features: 2}).net;`,
  },
  {
    name: 'activation and flatten as layers of their own',
    text: `const model = tf.sequential({layers: [
  tf.layers.lstm({units: 3, returnSequences: true, inputShape: [4, 2]}),
  tf.layers.flatten(),
  tf.layers.dense({units: 3}),
  tf.layers.activation({activation: 'softmax'}),
]});
model.compile({optimizer: 'adam', loss: 'categoricalCrossentropy'});`,
  },
  {
    name: 'encoder and decoder with repeatVector',
    text: `const [steps, features, units] = [4, 2, Math.floor(7 / 2)];
const model = tf.sequential();
model.add(tf.layers.lstm({units, inputShape: [steps, features]}));
model.add(tf.layers.repeatVector({n: steps}));
model.add(tf.layers.lstm({units, returnSequences: true}));
model.add(tf.layers.timeDistributed({layer: tf.layers.dense({units: features})}));
model.compile({optimizer: 'adam', loss: 'meanSquaredError'});`,
  },
];
