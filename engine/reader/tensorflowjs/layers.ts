/** TensorFlow.js' layers. Signatures and defaults: TensorFlow.js 4.22 `tfjs-layers/src/exports_layers.ts`. */
import type { CallTable } from '../calls.ts';
import { KERAS_LAYERS } from '../keras/layers.ts';
import { KERAS_PREPROCESSING } from '../keras/preprocessing.ts';
import { KERAS_SHAPES } from '../keras/shapes.ts';
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
  maximum: 'Maximum',
  minimum: 'Minimum',
  dot: 'Dot',
  permute: 'Permute',
  softmax: 'Softmax',
  elu: 'ELU',
  reLU: 'ReLU',
  leakyReLU: 'LeakyReLU',
  prelu: 'PReLU',
  thresholdedReLU: 'ThresholdedReLU',
  spatialDropout1d: 'SpatialDropout1D',
  gaussianNoise: 'GaussianNoise',
  gaussianDropout: 'GaussianDropout',
  alphaDropout: 'AlphaDropout',
  batchNormalization: 'BatchNormalization',
  layerNormalization: 'LayerNormalization',
  conv1d: 'Conv1D',
  conv2d: 'Conv2D',
  separableConv2d: 'SeparableConv2D',
  maxPooling1d: 'MaxPooling1D',
  maxPool1d: 'MaxPooling1D',
  averagePooling1d: 'AveragePooling1D',
  avgPool1d: 'AveragePooling1D',
  avgPooling1d: 'AveragePooling1D',
  maxPooling2d: 'MaxPooling2D',
  maxPool2d: 'MaxPooling2D',
  averagePooling2d: 'AveragePooling2D',
  avgPool2d: 'AveragePooling2D',
  globalMaxPool1d: 'GlobalMaxPooling1D',
  globalAveragePooling2d: 'GlobalAveragePooling2D',
  globalMaxPooling2d: 'GlobalMaxPooling2D',
  conv2dTranspose: 'Conv2DTranspose',
  depthwiseConv2d: 'DepthwiseConv2D',
  conv3d: 'Conv3D',
  upSampling2d: 'UpSampling2D',
  zeroPadding2d: 'ZeroPadding2D',
  cropping2D: 'Cropping2D',
  convLstm2d: 'ConvLSTM2D',
  rescaling: 'Rescaling',
  resizing: 'Resizing',
  centerCrop: 'CenterCrop',
  categoryEncoding: 'CategoryEncoding',
};

export const TENSORFLOWJS_LAYERS: CallTable = Object.fromEntries(
  Object.entries(CLASSES).map(([name, className]) => [
    `tf.layers.${name}`,
    optioned(
      (KERAS_LAYERS[`keras.layers.${className}`] ??
        KERAS_SHAPES[`keras.layers.${className}`] ??
        KERAS_PREPROCESSING[`keras.layers.${className}`])!,
    ),
  ]),
);
