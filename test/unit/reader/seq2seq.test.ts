import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';
import { lastHover } from './reading.ts';

const START = `import tensorflow as tf
from tensorflow.contrib import seq2seq
from tensorflow.python.layers.core import Dense
source = tf.placeholder(tf.float32, [None, 9, 12])
target = tf.placeholder(tf.float32, [None, 7, 12])
lengths = tf.placeholder(tf.int32, [None])
memory, start = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(16), source, dtype=tf.float32)
cell = tf.nn.rnn_cell.GRUCell(16)
helper = seq2seq.TrainingHelper(target, lengths)
`;
const LISTS = `import tensorflow as tf
from tensorflow.contrib import legacy_seq2seq
words = [tf.placeholder(tf.int32, [32]) for _ in range(5)]
steps = [tf.placeholder(tf.float32, [32, 4]) for _ in range(3)]
cell = tf.nn.rnn_cell.BasicLSTMCell(6)
`;

/** What a value of the program is, without its name and meaning. */
const value = (program: string): string =>
  lastHover(program, 'found')
    .replace(/^found: /, '')
    .replace(/ · .*/, '');

describe('reader of decoders of TensorFlow 1', () => {
  it('gives the outputs, the tokens, the state and the lengths that dynamic_decode gives', () => {
    const decode = `${START}out, state, rows = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, start, Dense(50)))\n`;
    assert.equal(value(`${decode}found = out.rnn_output\n`), 'float32 [batch, steps, 50]');
    assert.equal(value(`${decode}found = out.sample_id\n`), 'int32 [batch, steps]');
    assert.equal(value(`${decode}found = state\n`), 'float32 [batch, 16]');
    assert.equal(value(`${decode}found = rows\n`), 'int32 [batch]');
    const plain = `${START}found, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, start), output_time_major=True)\n`;
    assert.match(value(plain), /rnn_output \[steps, batch, 16\], sample_id \[steps, batch\]/);
  });

  it('takes what attention puts out: its own layer, else the memory, else the cell', () => {
    for (const [options, width] of [
      ['attention_layer_size=11', 11],
      ['', 16],
      ['attention_layer_size=11, output_attention=False', 5],
    ] as const) {
      const text = `${START}wide = seq2seq.AttentionWrapper(tf.nn.rnn_cell.GRUCell(5), seq2seq.BahdanauAttention(8, memory), ${options})\nout, state, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(wide, helper, None))\n`;
      assert.equal(value(`${text}found = out.rnn_output\n`), `float32 [batch, steps, ${width}]`, options);
      assert.equal(value(`${text}found = state.cell_state\n`), 'float32 [batch, 5]', options);
    }
  });

  it('gives a token for every beam', () => {
    const text = `${START}beam = seq2seq.BeamSearchDecoder(cell, None, tf.fill([20], 1), 2, start, beam_width=4)\nout, _, _ = seq2seq.dynamic_decode(beam)\nfound = out.predicted_ids\n`;
    assert.equal(value(text), 'int32 [batch 20, steps, 4 beams]');
  });

  it('averages losses over what the call says', () => {
    const loss = (options: string): string =>
      value(`${START}found = seq2seq.sequence_loss(memory, lengths, lengths${options})\n`);
    assert.equal(loss(''), 'float32 scalar');
    assert.equal(loss(', average_across_timesteps=False'), 'float32 [9 steps]');
    assert.equal(loss(', average_across_batch=False'), 'float32 [batch]');
    assert.equal(value(`${LISTS}found = legacy_seq2seq.sequence_loss(steps, words, words)\n`), 'float32 scalar');
    assert.equal(value(`${LISTS}found = legacy_seq2seq.sequence_loss_by_example(steps, words, words)\n`), 'float32 [batch 32]'); // prettier-ignore
  });

  it('gives one output for every input of the decoder in the first releases', () => {
    const run = (call: string): string => value(`${LISTS}found, state = legacy_seq2seq.${call}\n`);
    assert.equal(run('basic_rnn_seq2seq(steps, steps, cell)'), '3 × [batch 32, 6]');
    assert.equal(run('embedding_rnn_seq2seq(words, words, cell, 30, 40, 8)'), '5 × [batch 32, 40]');
    assert.equal(run('embedding_rnn_seq2seq(words, words, cell, 30, 40, 8, output_projection=(w, b))'), '5 × [batch 32, 6]'); // prettier-ignore
    assert.equal(run('attention_decoder(steps, cell.zero_state(32, tf.float32), memory, cell, output_size=9)'), '3 × [batch 32, 9]'); // prettier-ignore
  });

  it('says that the engine runs none of them', () => {
    const text = `${START}found, _, _ = seq2seq.dynamic_decode(seq2seq.BasicDecoder(cell, helper, start))\nlogits = found.rnn_output\n`;
    const symbol = readSource(text, 'python').symbols.findLast(each => each.text === 'logits');
    assert.match(JSON.stringify(symbol), /The engine cannot run this decoder/);
  });
});
