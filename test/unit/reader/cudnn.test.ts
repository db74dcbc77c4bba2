import assert from 'node:assert/strict';
import { modelParameters } from '../../../engine/model/parameters.ts';
import { unsupported } from '../../../engine/model/support.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { hover } from './reading.ts';

/** A program that gives `outputs` and `last` to a loss. */
const program = (lines: string, shape = '[7, None, 3]'): string => `import tensorflow as tf
X = tf.placeholder(tf.float32, ${shape})
y = tf.placeholder(tf.int32, [None])
${lines}
logits = tf.layers.dense(last, 4)
loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=y, logits=logits))
training_op = tf.train.AdamOptimizer(0.01).minimize(loss)
`;

function read(lines: string, shape?: string) {
  const reading = readSource(program(lines, shape), 'python');
  const { spec, open } = reading.models[0]!;
  assert.deepEqual([reading.models.length, open, reading.diagnostics, unsupported(spec)], [1, [], [], []]);
  return { reading, spec, weights: modelParameters(spec).map(({ name, shape }) => `${name} ${shape.join('×')}`) };
}

describe("reader of TensorFlow 1's layers for whole sequences", () => {
  it('knows CudnnLSTM: time-major, h before c, a bias of x and one of h, no forget bias', () => {
    const lstm = 'lstm = tf.contrib.cudnn_rnn.CudnnLSTM(num_layers=2, num_units=5)\noutputs, (h, c) = lstm(X)\nlast = h[-1]';
    const { reading, spec, weights } = read(lstm);
    assert.equal(hover(reading, 'outputs'), 'outputs: float32 [7 steps, batch, 5] · h of the top layer at every step');
    assert.equal(hover(reading, 'h'), 'h: float32 [2 layers, batch, 5] · h of every layer at the last step');
    assert.equal(hover(reading, 'c'), 'c: float32 [2 layers, batch, 5] · c of every layer at the last step');
    assert.equal(hover(reading, 'last'), 'last: float32 [batch, 5] · h of layer 2 at the last step');
    const [node] = spec.nodes;
    assert.ok(node?.op === 'recurrent');
    assert.deepEqual([node.timeMajor, node.driver, node.cells.map(({ className }) => className)], [true, 'layer', ['CudnnLSTM', 'CudnnLSTM']]);
    // 8 biases a layer, of which four belong to h.
    assert.deepEqual(weights.slice(0, 3), [
      'cudnn_lstm/rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell/kernel 8×20',
      'cudnn_lstm/rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell/bias 20',
      'cudnn_lstm/rnn/multi_rnn_cell/cell_0/cudnn_compatible_lstm_cell/recurrent_bias 20',
    ]);
  }); // prettier-ignore

  it('knows the other layers, both directions, dropout between layers and batch-major input', () => {
    const gru = "gru = tf.contrib.cudnn_rnn.CudnnGRU(1, 5, direction='bidirectional', dropout=0.25)\noutputs, states = gru(X, time_major=False)\nlast = outputs[:, -1]";
    const { reading, spec } = readSourceOf(gru);
    assert.equal(hover(reading, 'outputs'), 'outputs: float32 [batch, 7 steps, 10] · h of both directions at every step, side by side');
    const [node] = spec.nodes;
    assert.ok(node?.op === 'recurrent');
    assert.deepEqual([node.direction, node.layerDropout, node.timeMajor], ['bidirectional', 0.25, undefined]);
    const relu = 'net = tf.contrib.cudnn_rnn.CudnnRNNRelu(1, 5)\noutputs, (h,) = net(X)\nlast = h[0]';
    assert.equal(hover(read(relu).reading, 'last'), 'last: float32 [batch, 5] · h of layer 1 at the last step');
  }); // prettier-ignore

  it('knows LSTMBlockFusedCell: time-major, c before h, with its own forget bias', () => {
    const fused = 'cell = tf.contrib.rnn.LSTMBlockFusedCell(5, forget_bias=0.5, use_peephole=True)\noutputs, state = cell(X, dtype=tf.float32)\nlast = state.h';
    const { reading, spec, weights } = read(fused);
    assert.equal(hover(reading, 'state'), 'state: (c [batch, 5], h [batch, 5])');
    assert.equal(hover(reading, 'outputs'), 'outputs: float32 [7 steps, batch, 5] · h at every step');
    const [node] = spec.nodes;
    assert.ok(node?.op === 'recurrent');
    assert.deepEqual([node.cells[0]!.forgetBias, node.cells[0]!.peepholes], [0.5, true]);
    assert.equal(weights[0], 'lstm_fused_cell/kernel 8×20');
  }); // prettier-ignore

  it('knows the compatible cells and the block cells in a driver', () => {
    const cells = [
      ['tf.contrib.cudnn_rnn.CudnnCompatibleLSTMCell(5)', 'rnn/cudnn_compatible_lstm_cell/kernel 8×20', 'state.h'],
      ['tf.contrib.cudnn_rnn.CudnnCompatibleGRUCell(5)', 'rnn/cudnn_compatible_gru_cell/gates/kernel 8×10', 'state'],
      ['tf.contrib.rnn.LSTMBlockCell(5)', 'rnn/lstm_cell/kernel 8×20', 'state.h'],
      ['tf.contrib.rnn.GRUBlockCell(5)', 'rnn/gru_cell/w_ru 8×10', 'state'],
      ['tf.contrib.rnn.GRUBlockCellV2(5)', 'rnn/gru_cell/gates/kernel 8×10', 'state'],
    ];
    for (const [cell, weight, last] of cells) {
      const lines = `outputs, state = tf.nn.dynamic_rnn(${cell!}, X, dtype=tf.float32)\nlast = ${last!}`;
      assert.equal(read(lines, '[None, 7, 3]').weights[0], weight);
    }
  });
});

describe("first states of TensorFlow 1's layers for whole sequences", () => {
  const firstOf = (lines: string) => {
    const { spec } = read(lines);
    const node = spec.nodes.find(one => one.op === 'recurrent');
    return { initial: node?.initialState, spec };
  };

  it('are fed as [layers, batch, units], h before c', () => {
    const given = 'h0 = tf.placeholder(tf.float32, [2, None, 5])\nc0 = tf.placeholder(tf.float32, [2, None, 5])\nlstm = tf.contrib.cudnn_rnn.CudnnLSTM(2, 5)\noutputs, (h, c) = lstm(X, initial_state=(h0, c0))\nlast = h[-1]';
    const { initial, spec } = firstOf(given);
    assert.deepEqual(initial, { kind: 'given', tensors: [{ from: 'c0' }, { from: 'h0' }] });
    const [input] = spec.inputs.filter(({ id }) => id === 'h0');
    assert.deepEqual([input!.role, input!.axes, input!.timeMajor], ['state', [{ name: 'layers', size: 2 }, { name: 'units', size: 5 }], undefined]);
  });

  it('come from another layer, or are learned', () => {
    const another = 'first = tf.contrib.cudnn_rnn.CudnnGRU(1, 5)\n_, state = first(X)\ngru = tf.contrib.cudnn_rnn.CudnnGRU(1, 5)\noutputs, (h,) = gru(X, initial_state=state)\nlast = h[-1]';
    const { spec } = firstOf(another);
    const second = spec.nodes.filter(one => one.op === 'recurrent')[1];
    assert.deepEqual(second?.initialState, { kind: 'given', tensors: [{ from: 'cudnn_gru', part: { take: 'state', layer: 0, state: 'h' } }] });
    const learned = "h0 = tf.get_variable('h0', [2, 1, 5])\ngru = tf.contrib.cudnn_rnn.CudnnGRU(2, 5)\noutputs, (h,) = gru(X, initial_state=(tf.tile(h0, [1, tf.shape(X)[1], 1]),))\nlast = h[-1]";
    assert.deepEqual(firstOf(learned).initial, { kind: 'learned', names: ['h0'] });
  });

  it('of a fused block are c and h', () => {
    const fused = 'c0 = tf.placeholder(tf.float32, [None, 5])\nh0 = tf.placeholder(tf.float32, [None, 5])\ncell = tf.contrib.rnn.LSTMBlockFusedCell(5)\noutputs, state = cell(X, initial_state=(c0, h0), dtype=tf.float32)\nlast = state.h';
    assert.deepEqual(firstOf(fused).initial, { kind: 'given', tensors: [{ from: 'c0' }, { from: 'h0' }] });
  });
}); // prettier-ignore

function readSourceOf(lines: string) {
  const reading = readSource(program(lines, '[None, 7, 3]'), 'python');
  return { reading, spec: reading.models[0]!.spec };
}
