/** TensorFlow 1 as one table of calls. */
import type { FrameworkTable } from '../calls.ts';
import { CELL_CALLS, CELL_METHODS } from './cells.ts';
import { CONTROL_CALLS, CONTROL_METHODS } from './control.ts';
import { CUDNN_CALLS } from './cudnn.ts';
import { DATA_CALLS, DATA_METHODS } from './data.ts';
import { DRIVER_CALLS, DRIVER_METHODS } from './drivers.ts';
import { ESTIMATOR_CALLS, ESTIMATOR_METHODS } from './estimators.ts';
import { FILE_CALLS } from './files.ts';
import { INITIALIZER_CALLS } from './initializers.ts';
import { LENGTH_CALLS } from './lengths.ts';
import { LOSS_CALLS } from './losses.ts';
import { OPERATION_CALLS, OPERATION_METHODS } from './operations.ts';
import { PIPELINE_CALLS, PIPELINE_METHODS } from './pipelines.ts';
import { SCOPE_CALLS } from './scopes.ts';
import { SEQ2SEQ_CALLS, SEQ2SEQ_METHODS } from './seq2seq.ts';
import { SHAPE_CALLS } from './shapes.ts';
import { schedulesOf } from '../schedules.ts';
import { TRAINING_CALLS, TRAINING_METHODS } from './training.ts';

/** Names under which releases and private modules also had what the table has, in the order in which they are tried. */
const RENAMES: readonly (readonly [RegExp, string])[] = [
  [/^tensorflow\.compat\.v1\b/, 'tf'],
  [/^tensorflow\b/, 'tf'],
  [/^tf\.compat\.v1\b/, 'tf'],
  [/^tf\.python\.ops\.(rnn_cell|rnn_cell_impl)\./, 'tf.nn.rnn_cell.'],
  [/^tf\.contrib\.rnn\.python\.ops\.\w+\./, 'tf.contrib.rnn.'],
  [/^tf\.contrib\.cudnn_rnn\.python\.(?:layers|ops)\.\w+\./, 'tf.contrib.cudnn_rnn.'],
  [/^tf\.python\.ops\.rnn\./, 'tf.nn.'],
  [/^tf\.models\.rnn\.rnn_cell\./, 'tf.nn.rnn_cell.'],
  [/^tf\.models\.rnn\.rnn\./, 'tf.nn.'],
  [/^tf\.(?:models\.rnn\.seq2seq|nn\.seq2seq|python\.ops\.seq2seq)\./, 'tf.contrib.legacy_seq2seq.'],
  [/^tf\.contrib\.rnn\.(static_rnn|static_bidirectional_rnn)$/, 'tf.nn.$1'],
  [/^tf\.nn\.(rnn|bidirectional_rnn)$/, 'tf.nn.static_$1'],
  [/^tf\.python\.layers\.core\./, 'tf.layers.'],
  [/^tf\.pack$/, 'tf.stack'],
  [/^tf\.(?:unpack)$/, 'tf.unstack'],
  [/^tf\.mul$/, 'tf.multiply'],
  [/^tf\.sub$/, 'tf.subtract'],
  [/^tf\.(?:random\.normal)$/, 'tf.random_normal'],
  [/^tf\.batch_matmul$/, 'tf.matmul'],
  [/^tf\.contrib\.rnn\.(\w*(?:Cell|CellV2|Wrapper|StateTuple))$/, 'tf.nn.rnn_cell.$1'],
  [/^tf\.math\.(\w+)$/, 'tf.$1'],
  [/^tf\.linalg\.(matmul|tensordot|einsum|transpose|norm|band_part|diag|eye|matvec|l2_normalize)$/, 'tf.$1'],
  [/^tf\.(?:compat\.v2|contrib\.eager)\./, 'tf.'],
];

export const TENSORFLOW1: FrameworkTable = {
  canonical: path => {
    if (!/^(?:tensorflow|tf)\b/.test(path)) return null;
    const name = RENAMES.reduce((renamed, [from, to]) => renamed.replace(from, to), path);
    return { name, framework: 'tensorflow1' };
  },
  calls: {
    ...SHAPE_CALLS,
    ...LENGTH_CALLS,
    ...CELL_CALLS,
    ...CUDNN_CALLS,
    ...DRIVER_CALLS,
    ...INITIALIZER_CALLS,
    ...OPERATION_CALLS,
    ...SCOPE_CALLS,
    ...SEQ2SEQ_CALLS,
    ...LOSS_CALLS,
    ...TRAINING_CALLS,
    ...schedulesOf('tf.'),
    ...DATA_CALLS,
    ...PIPELINE_CALLS,
    ...FILE_CALLS,
    ...ESTIMATOR_CALLS,
    ...CONTROL_CALLS,
  },
  methods: {
    ...CELL_METHODS,
    ...DRIVER_METHODS,
    ...OPERATION_METHODS,
    ...TRAINING_METHODS,
    ...DATA_METHODS,
    ...SEQ2SEQ_METHODS,
    ...PIPELINE_METHODS,
    ...CONTROL_METHODS,
    ...ESTIMATOR_METHODS,
  },
};
