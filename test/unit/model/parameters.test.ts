import assert from 'node:assert/strict';
import { modelParameters, parameterCount, snakeCase } from '../../../engine/model/parameters.ts';
import { tensorAxes } from '../../../engine/model/axes.ts';
import type { GraphNode, ModelSpec, Size, TensorRef } from '../../../engine/model/spec.ts';
import { checkModelSpec } from '../../../engine/model/validate.ts';
import { lstmClassifier, modelOf, recurrent } from './specs.ts';

/** `name[shape]` of every weight, sorted by name as the frameworks' dumps list them. */
function listed(spec: ModelSpec): string {
  return modelParameters(checkModelSpec(spec))
    .map(({ name, shape }) => `${name}[${shape.join(',')}]`)
    .sort()
    .join('  ');
}

const dense = (units: Size, from: TensorRef, scope = 'softmax'): GraphNode => ({
  op: 'dense', id: scope, input: from, units, activation: 'linear', useBias: true, scope,
}); // prettier-ignore
const state = (layer: number, direction?: 'backward'): TensorRef => ({
  from: 'rnn',
  part: { take: 'state', layer, state: 'h', ...(direction && { direction }) },
});
const outputs: TensorRef = { from: 'rnn', part: { take: 'outputs' } };

describe('weights by the names and shapes that TensorFlow 1 gives them', () => {
  it('counts 470,110 parameters in the network of the notes', () => {
    assert.equal(parameterCount(lstmClassifier()), 470_110);
  });

  it('names every cell of a stack', () => {
    const spec = lstmClassifier({ steps: 7, features: 4, units: [6, 5, 8], classes: 3 });
    assert.equal(
      listed(spec),
      'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias[24]  rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel[10,24]  ' +
        'rnn/multi_rnn_cell/cell_1/basic_lstm_cell/bias[20]  rnn/multi_rnn_cell/cell_1/basic_lstm_cell/kernel[11,20]  ' +
        'rnn/multi_rnn_cell/cell_2/basic_lstm_cell/bias[32]  rnn/multi_rnn_cell/cell_2/basic_lstm_cell/kernel[13,32]  ' +
        'softmax/bias[3]  softmax/kernel[8,3]',
    );
  });

  it('mixes cells in one stack', () => {
    const cells = recurrent(
      [
        { cell: 'lstm', className: 'BasicLSTMCell', units: 6 },
        { cell: 'gru', className: 'GRUCell', units: 5 },
        { cell: 'rnn', className: 'BasicRNNCell', units: 4 },
      ],
      { driver: 'dynamic_rnn', stacked: true },
    );
    assert.equal(
      listed(modelOf('tensorflow1', [cells, dense(3, state(2))])),
      'rnn/multi_rnn_cell/cell_0/basic_lstm_cell/bias[24]  rnn/multi_rnn_cell/cell_0/basic_lstm_cell/kernel[10,24]  ' +
        'rnn/multi_rnn_cell/cell_1/gru_cell/candidate/bias[5]  rnn/multi_rnn_cell/cell_1/gru_cell/candidate/kernel[11,5]  ' +
        'rnn/multi_rnn_cell/cell_1/gru_cell/gates/bias[10]  rnn/multi_rnn_cell/cell_1/gru_cell/gates/kernel[11,10]  ' +
        'rnn/multi_rnn_cell/cell_2/basic_rnn_cell/bias[4]  rnn/multi_rnn_cell/cell_2/basic_rnn_cell/kernel[9,4]  ' +
        'softmax/bias[3]  softmax/kernel[4,3]',
    );
  });

  it('adds peepholes and a projection, which narrows the recurrent rows', () => {
    const node = recurrent(
      [{ cell: 'lstm', className: 'LSTMCell', units: 8, peepholes: true, projection: { units: 5 } }],
      { driver: 'dynamic_rnn' },
    );
    assert.equal(
      listed(modelOf('tensorflow1', [node, dense(3, state(0))])),
      'rnn/lstm_cell/bias[32]  rnn/lstm_cell/kernel[9,32]  rnn/lstm_cell/projection/kernel[8,5]  ' +
        'rnn/lstm_cell/w_f_diag[8]  rnn/lstm_cell/w_i_diag[8]  rnn/lstm_cell/w_o_diag[8]  softmax/bias[3]  softmax/kernel[5,3]',
    );
  });

  it('names both directions and joins their states', () => {
    const node = recurrent([{ cell: 'lstm', className: 'BasicLSTMCell', units: 6 }], {
      driver: 'dynamic_rnn',
      direction: 'bidirectional',
      backwardCells: [{ cell: 'lstm', className: 'BasicLSTMCell', units: 5 }],
      scope: 'bidirectional_rnn',
    });
    const last: GraphNode = { op: 'concatenate', id: 'last', inputs: [state(0), state(0, 'backward')] };
    assert.equal(
      listed(modelOf('tensorflow1', [node, last, dense(3, { from: 'last' })])),
      'bidirectional_rnn/bw/basic_lstm_cell/bias[20]  bidirectional_rnn/bw/basic_lstm_cell/kernel[9,20]  ' +
        'bidirectional_rnn/fw/basic_lstm_cell/bias[24]  bidirectional_rnn/fw/basic_lstm_cell/kernel[10,24]  ' +
        'softmax/bias[3]  softmax/kernel[11,3]',
    );
  });

  it('makes the weights of a shared cell once, and those of an output projection', () => {
    const shared = recurrent(
      [
        { cell: 'rnn', className: 'BasicRNNCell', units: 4 },
        { cell: 'rnn', className: 'BasicRNNCell', units: 4, sharesWeightsWith: 0 },
      ],
      { driver: 'dynamic_rnn', stacked: true },
    );
    assert.equal(
      listed(modelOf('tensorflow1', [shared])),
      'rnn/multi_rnn_cell/cell_0/basic_rnn_cell/bias[4]  rnn/multi_rnn_cell/cell_0/basic_rnn_cell/kernel[8,4]',
    );
    const projected = recurrent(
      [
        {
          cell: 'rnn',
          className: 'BasicRNNCell',
          units: 100,
          wrappers: [{ wrapper: 'output_projection', units: 1 }],
        },
      ],
      { driver: 'dynamic_rnn' },
    );
    const spec = modelOf('tensorflow1', [projected]);
    assert.equal(
      listed(spec),
      'rnn/output_projection_wrapper/basic_rnn_cell/bias[100]  rnn/output_projection_wrapper/basic_rnn_cell/kernel[104,100]  ' +
        'rnn/output_projection_wrapper/bias[1]  rnn/output_projection_wrapper/kernel[100,1]',
    );
    assert.deepEqual(tensorAxes(spec, outputs), [7, 1]);
  });
});

describe('weights by the names and shapes that Keras gives them', () => {
  it('gives the GRU two rows of biases unless the reset gate comes first', () => {
    const gru = (resetAfter?: boolean): ModelSpec =>
      modelOf('keras3', [
        recurrent([{ cell: 'gru', className: 'GRU', units: 6, ...(resetAfter !== undefined && { resetAfter }) }], {
          scope: 'sequential/gru',
        }),
        dense(3, { from: 'rnn' }, 'sequential/dense'),
      ]);
    const rest = 'sequential/gru/gru_cell/kernel[4,18]  sequential/gru/gru_cell/recurrent_kernel[6,18]';
    const head = 'sequential/dense/bias[3]  sequential/dense/kernel[6,3]';
    assert.equal(listed(gru()), `${head}  sequential/gru/gru_cell/bias[2,18]  ${rest}`);
    assert.equal(listed(gru(false)), `${head}  sequential/gru/gru_cell/bias[18]  ${rest}`);
  });

  it('names the cells inside RNN([...])', () => {
    const node = recurrent(
      [
        { cell: 'lstm', className: 'LSTMCell', units: 6 },
        { cell: 'gru', className: 'GRUCell', units: 5 },
      ],
      { scope: 'sequential/rnn', stacked: true },
    );
    assert.equal(
      listed(modelOf('keras3', [node])),
      'sequential/rnn/stacked_rnn_cells/gru_cell/bias[2,15]  sequential/rnn/stacked_rnn_cells/gru_cell/kernel[6,15]  ' +
        'sequential/rnn/stacked_rnn_cells/gru_cell/recurrent_kernel[5,15]  sequential/rnn/stacked_rnn_cells/lstm_cell/bias[24]  ' +
        'sequential/rnn/stacked_rnn_cells/lstm_cell/kernel[4,24]  sequential/rnn/stacked_rnn_cells/lstm_cell/recurrent_kernel[6,24]',
    );
  });

  it('puts forward_ and backward_ before the wrapped layer, and merges as told', () => {
    const node = recurrent([{ cell: 'rnn', className: 'SimpleRNN', units: 6 }], {
      scope: 'sequential/bidirectional',
      direction: 'bidirectional',
      merge: 'average',
      returnSequences: true,
    });
    const spec = modelOf('keras3', [node]);
    assert.equal(
      listed(spec),
      'sequential/bidirectional/backward_simple_rnn/simple_rnn_cell/bias[6]  ' +
        'sequential/bidirectional/backward_simple_rnn/simple_rnn_cell/kernel[4,6]  ' +
        'sequential/bidirectional/backward_simple_rnn/simple_rnn_cell/recurrent_kernel[6,6]  ' +
        'sequential/bidirectional/forward_simple_rnn/simple_rnn_cell/bias[6]  ' +
        'sequential/bidirectional/forward_simple_rnn/simple_rnn_cell/kernel[4,6]  ' +
        'sequential/bidirectional/forward_simple_rnn/simple_rnn_cell/recurrent_kernel[6,6]',
    );
    assert.deepEqual(tensorAxes(spec, { from: 'rnn' }), [7, 6]);
  });

  it('takes the width of an embedding', () => {
    const spec = modelOf('keras2', [
      { op: 'embedding', id: 'embedded', input: { from: 'X' }, vocabulary: 12, units: 4, scope: 'embedding' },
      recurrent([{ cell: 'lstm', className: 'LSTM', units: 6 }], { input: { from: 'embedded' }, scope: 'lstm' }),
      dense(1, { from: 'rnn' }, 'dense'),
    ]);
    assert.equal(
      listed(spec),
      'dense/bias[1]  dense/kernel[6,1]  embedding/embeddings[12,4]  lstm/lstm_cell/bias[24]  lstm/lstm_cell/kernel[4,24]  ' +
        'lstm/lstm_cell/recurrent_kernel[6,24]',
    );
  });
});

describe('weights by the names and shapes that PyTorch gives them', () => {
  it('joins the directions between layers', () => {
    const node = recurrent(
      [
        { cell: 'gru', className: 'GRU', units: 6 },
        { cell: 'gru', className: 'GRU', units: 6 },
      ],
      { direction: 'bidirectional' },
    );
    assert.equal(
      listed(modelOf('pytorch', [node, dense(3, outputs, 'fc')])),
      'fc.bias[3]  fc.weight[3,12]  rnn.bias_hh_l0[18]  rnn.bias_hh_l0_reverse[18]  rnn.bias_hh_l1[18]  rnn.bias_hh_l1_reverse[18]  ' +
        'rnn.bias_ih_l0[18]  rnn.bias_ih_l0_reverse[18]  rnn.bias_ih_l1[18]  rnn.bias_ih_l1_reverse[18]  rnn.weight_hh_l0[18,6]  ' +
        'rnn.weight_hh_l0_reverse[18,6]  rnn.weight_hh_l1[18,6]  rnn.weight_hh_l1_reverse[18,6]  rnn.weight_ih_l0[18,4]  ' +
        'rnn.weight_ih_l0_reverse[18,4]  rnn.weight_ih_l1[18,12]  rnn.weight_ih_l1_reverse[18,12]',
    );
  });

  it('adds the projection', () => {
    const node = recurrent([{ cell: 'lstm', className: 'LSTM', units: 8, projection: { units: 3 } }], {
      direction: 'bidirectional',
    });
    assert.equal(
      listed(modelOf('pytorch', [node, dense(3, outputs, 'fc')])),
      'fc.bias[3]  fc.weight[3,6]  rnn.bias_hh_l0[32]  rnn.bias_hh_l0_reverse[32]  rnn.bias_ih_l0[32]  rnn.bias_ih_l0_reverse[32]  ' +
        'rnn.weight_hh_l0[32,3]  rnn.weight_hh_l0_reverse[32,3]  rnn.weight_hr_l0[3,8]  rnn.weight_hr_l0_reverse[3,8]  ' +
        'rnn.weight_ih_l0[32,4]  rnn.weight_ih_l0_reverse[32,4]',
    );
  });

  it('names a cell that is called in a loop, and a learned first state', () => {
    const loop = recurrent([{ cell: 'gru', className: 'GRUCell', units: 6 }], { driver: 'loop', scope: 'cell' });
    assert.equal(
      listed(modelOf('pytorch', [loop])),
      'cell.bias_hh[18]  cell.bias_ih[18]  cell.weight_hh[18,6]  cell.weight_ih[18,4]',
    );
    const learned = recurrent([{ cell: 'gru', className: 'GRU', units: 6 }], {
      initialState: { kind: 'learned', names: ['h_0'] },
    });
    assert.match(listed(modelOf('pytorch', [learned])), /^h_0\[1,1,6\] /);
  });

  it('leaves out biases that the source switches off', () => {
    const node = recurrent([{ cell: 'lstm', className: 'LSTM', units: 6, useBias: false }]);
    assert.equal(listed(modelOf('pytorch', [node])), 'rnn.weight_hh_l0[24,6]  rnn.weight_ih_l0[24,4]');
  });
});

describe('weights of a model with open sizes', () => {
  it('carries the symbols into the shapes and counts nothing', () => {
    const spec = modelOf('tensorflow1', [
      recurrent([{ cell: 'lstm', className: 'BasicLSTMCell', units: 'n_neurons' }], { driver: 'dynamic_rnn' }),
    ]);
    assert.equal(
      listed(spec),
      'rnn/basic_lstm_cell/bias[4 · n_neurons]  rnn/basic_lstm_cell/kernel[4 + n_neurons,4 · n_neurons]',
    );
    assert.equal(parameterCount(spec), undefined);
  });
});

describe('snakeCase', () => {
  it('names scopes as the frameworks do', () => {
    assert.deepEqual(['BasicLSTMCell', 'GRUCell', 'SimpleRNN', 'LayerNormBasicLSTMCell'].map(snakeCase), [
      'basic_lstm_cell',
      'gru_cell',
      'simple_rnn',
      'layer_norm_basic_lstm_cell',
    ]);
  });
});
