// Handwritten digits, read row by row by two layers of LSTM, in TensorFlow.js.
//
// Press "Train Model" above the layers: the explorer trains the network in its own engine; nothing of this file is run.
// TensorFlow.js has defaults of its own: its gates are hard sigmoids, and no forget bias is set. In the gate inspector
// they stand at exactly 0 or 1 wherever their input is beyond ± 2.5. Give the layers `recurrentActivation: 'sigmoid'`
// and compare.
import * as tf from '@tensorflow/tfjs';

const STEPS = 28; // rows of a digit
const FEATURES = 28; // pixels of a row
const CLASSES = 10;

function buildModel({ units = 64, layers = 2, learningRate = 0.001 } = {}) {
  const model = tf.sequential();
  for (let layer = 0; layer < layers; layer++) {
    model.add(
      tf.layers.lstm({
        units,
        returnSequences: layer < layers - 1,
        ...(layer === 0 ? { inputShape: [STEPS, FEATURES] } : {}),
      }),
    );
  }
  model.add(tf.layers.dense({ units: CLASSES, activation: 'softmax' }));
  model.compile({
    optimizer: tf.train.adam(learningRate),
    loss: 'categoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

export async function train(images, labels) {
  const model = buildModel();
  const xs = tf.tensor3d(images, [labels.length, STEPS, FEATURES]);
  const ys = tf.oneHot(tf.tensor1d(labels, 'int32'), CLASSES);
  // The arrays come from elsewhere; what they hold, a comment says.
  // rnn: data=mnist
  await model.fit(xs, ys, { epochs: 5, batchSize: 100 });
  return model;
}
