/** TensorFlow.js' layers. Signatures and defaults: TensorFlow.js 4.22 `tfjs-layers/src/exports_layers.ts`. */
import type { CallTable } from '../calls.ts';
import { KERAS_LAYERS } from '../keras/layers.ts';
import { optioned } from './options.ts';

/** Keras' class by the name of the function that makes the layer. */
const CLASSES: Readonly<Record<string, string>> = {
  lstm: 'LSTM',
  gru: 'GRU',
  simpleRNN: 'SimpleRNN',
  lstmCell: 'LSTMCell',
  gruCell: 'GRUCell',
  simpleRNNCell: 'SimpleRNNCell',
  stackedRNNCells: 'StackedRNNCells',
  rnn: 'RNN',
  bidirectional: 'Bidirectional',
  timeDistributed: 'TimeDistributed',
  dense: 'Dense',
  embedding: 'Embedding',
  masking: 'Masking',
  dropout: 'Dropout',
  activation: 'Activation',
  flatten: 'Flatten',
  reshape: 'Reshape',
  repeatVector: 'RepeatVector',
  globalAveragePooling1d: 'GlobalAveragePooling1D',
  globalMaxPooling1d: 'GlobalMaxPooling1D',
  concatenate: 'Concatenate',
  add: 'Add',
  average: 'Average',
  multiply: 'Multiply',
};

export const TENSORFLOWJS_LAYERS: CallTable = Object.fromEntries(
  Object.entries(CLASSES).map(([name, className]) => [
    `tf.layers.${name}`,
    optioned(KERAS_LAYERS[`keras.layers.${className}`]!),
  ]),
);
