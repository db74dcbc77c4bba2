/** Keras as one table of calls. `keras` is read as Keras 3, `tensorflow.keras` as Keras 2. */
import type { FrameworkTable } from '../calls.ts';
import { KERAS_APPLICATION_METHODS, KERAS_APPLICATIONS } from './applications.ts';
import { KERAS_LAYER_METHODS, KERAS_LAYERS } from './layers.ts';
import { KERAS_CALLS, KERAS_METHODS } from './network.ts';
import { KERAS_PREPROCESSING, KERAS_PREPROCESSING_METHODS } from './preprocessing.ts';
import { KERAS_CONSTRAINTS, KERAS_REGULARIZERS } from './weightRules.ts';
import { inOne, KERAS_BACKEND, KERAS_SHAPE_METHODS, KERAS_SHAPES } from './shapes.ts';

const PATH =
  /^(?:(tensorflow(?:\.compat\.v[12])?|tf)\.)?(?:contrib\.)?(?:python\.)?(?:(tf_)?keras)(?:\.python\.keras|\.api\.keras|\.api(?:\._v2)?|\.src)?\.(.*)$/;

/** Modules in which older releases had what the table has. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^(?:models|layers)\.(Sequential|Model|Input)$/, '$1'],
  [/^engine(?:\.\w+)?\.(Sequential|Model|Input)$/, '$1'],
  [/^layers\.(?:[a-z_0-9]+\.)+(\w+)$/, 'layers.$1'],
  [/^(?:ops|backend\.tensorflow_backend)\./, 'backend.'],
  [/^layers\.(\w+?)V[12]$/, 'layers.$1'],
  [/^utils\.np_utils\./, 'utils.'],
  [
    /^(utils|preprocessing)\.(?:sequence|data|timeseries|data_utils|text_dataset|image_dataset)\.(pad_sequences|\w+_dataset_from_\w+)$/,
    '$1.$2',
  ],
  [/^layers\.(?:experimental\.)?preprocessing\.(\w+)$/, 'layers.$1'],
  [/^applications\.\w+\.([A-Z]\w*)$/, 'applications.$1'],
  [/^optimizers\.legacy\.(\w+)$/, 'optimizers.$1'],
];

const LAYERS = { ...KERAS_SHAPES, ...KERAS_LAYERS, ...KERAS_PREPROCESSING };

export const KERAS: FrameworkTable = {
  canonical: path => {
    const [, tensorflow, legacy, rest] = PATH.exec(path) ?? [];
    if (rest === undefined) return null;
    const name = RENAMES.reduce((renamed, [from, to]) => renamed.replace(from, to), rest);
    return { name: `keras.${name}`, framework: tensorflow === undefined && legacy === undefined ? 'keras3' : 'keras2' };
  },
  calls: {
    ...KERAS_BACKEND,
    ...LAYERS,
    ...inOne(LAYERS),
    ...KERAS_CALLS,
    ...KERAS_REGULARIZERS,
    ...KERAS_CONSTRAINTS,
    ...KERAS_APPLICATIONS,
  },
  methods: {
    ...KERAS_SHAPE_METHODS,
    ...KERAS_LAYER_METHODS,
    ...KERAS_PREPROCESSING_METHODS,
    ...KERAS_APPLICATION_METHODS,
    ...KERAS_METHODS,
  },
};
