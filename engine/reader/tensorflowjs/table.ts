/** TensorFlow.js as one table of calls: Keras' layers and models under its own names, with options in objects. */
import type { FrameworkTable } from '../calls.ts';
import { TENSORFLOWJS_DATA } from './data.ts';
import { TENSORFLOWJS_LAYERS } from './layers.ts';
import { TENSORFLOWJS_MODELS, TENSORFLOWJS_METHODS } from './models.ts';
import { TENSORFLOWJS_PIPELINE_METHODS, TENSORFLOWJS_PIPELINES } from './pipelines.ts';
import { TENSORFLOWJS_OPERATIONS, TENSORFLOWJS_TENSOR_METHODS } from './operations.ts';

/** A module of TensorFlow.js, also `tfjs-node`, `tfjs-layers` and the address of a copy on the web. */
const PATH = /(?:^|\/)@tensorflow\/tfjs.*?\.(?:default\.)?([a-zA-Z]\w*(?:\.\w+)*)$/;

export const TENSORFLOWJS: FrameworkTable = {
  canonical: path => {
    const name = PATH.exec(path)?.[1];
    return name === undefined ? null : { name: `tf.${name}`, framework: 'tensorflowjs' };
  },
  calls: {
    ...TENSORFLOWJS_OPERATIONS,
    ...TENSORFLOWJS_LAYERS,
    ...TENSORFLOWJS_MODELS,
    ...TENSORFLOWJS_DATA,
    ...TENSORFLOWJS_PIPELINES,
  },
  methods: { ...TENSORFLOWJS_TENSOR_METHODS, ...TENSORFLOWJS_METHODS, ...TENSORFLOWJS_PIPELINE_METHODS },
};
