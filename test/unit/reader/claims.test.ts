import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readSource } from '../../../engine/reader/read.ts';

const PROGRAM =
  '```python\nimport tensorflow as tf\nX = tf.placeholder(tf.float32, [None, 7, 4])\ncell = tf.nn.rnn_cell.MultiRNNCell([tf.nn.rnn_cell.GRUCell(6) for _ in range(2)])\noutputs, states = tf.nn.dynamic_rnn(cell, X, dtype=tf.float32)\n```\n';

/** What is told of a sentence in a note, and at which part of it. */
function told(sentence: string): string[] {
  const text = `${sentence}\n\n${PROGRAM}`;
  return readSource(text, 'markdown').diagnostics.map(({ code, range, message, link, severity }) => {
    assert.equal(severity, 'information');
    assert.ok(link?.startsWith('https://'));
    return `${code}: ${message.text.slice(0, 10)}: ${text.slice(range.start, range.end)}`;
  });
}

describe('what notes say of outputs and states', () => {
  const wrong: Readonly<Record<string, string>> = {
    '**<u>outputs则是对于每层的输出，这里不是tensor而是tuple。[batch_size, multiple layers, max_time, cell_state_size]</u>**':
      'note-on-states: One tensor: outputs则是对于每层的输出，这里不是tensor而是tuple。[batch_size, multiple layers, max_time, cell_state_size]',
    '而**state则是只记录最后时间步，这里不是tensor而是tuple，[batch_size, multiple layers, cell_state_size]**。':
      'note-on-states: The layers: state则是只记录最后时间步，这里不是tensor而是tuple，[batch_size, multiple layers, cell_state_size]',
    '**outputs则是对于最后一层的输出。这里不是tensor而是tuple。[batch_size, max_time, (cell_state_size, hidden state size)]**':
      'note-on-states: One tensor: outputs则是对于最后一层的输出。这里不是tensor而是tuple。[batch_size, max_time, (cell_state_size, hidden state size)]',
    'For a stack `outputs` is a tuple over layers.': 'note-on-states: One tensor: outputs` is a tuple over layers',
    'The outputs have the shape [batch_size, n_layers, max_time, size].':
      'note-on-states: One tensor: outputs have the shape [batch_size, n_layers, max_time, size]',
  };
  for (const [sentence, expected] of Object.entries(wrong))
    it(`is corrected in ${JSON.stringify(sentence)}`, () => {
      assert.deepEqual(told(sentence), [expected]);
    });

  const right = [
    '`outputs` is one tensor [batch, 28, 150], not one per layer.',
    'dynamic_rnn returns a tuple: outputs and states.',
    'states is a tuple over layers of (c [batch, units], h [batch, units]).',
    '单层时 outputs 是 tensor，[batch_size, max_time, cell_state_size]，而 states 是 tuple。',
    'In PyTorch h_n is [num_layers, batch, hidden_size].',
  ];
  for (const sentence of right)
    it(`is left alone in ${JSON.stringify(sentence)}`, () => {
      assert.deepEqual(told(sentence), []);
    });

  it('is not looked for in code, in the sample, or in a note without a recurrent network', () => {
    const claim = 'outputs is a tuple over layers';
    assert.deepEqual(told(`\`\`\`python\n# ${claim}\n\`\`\``), []);
    assert.deepEqual(readSource(`LSTM: ${claim}\n`, 'markdown').diagnostics, []);
    const sample = readFileSync(join(import.meta.dirname, '../../../extension/samples/lstm_notes.md'), 'utf8');
    assert.deepEqual(readSource(sample, 'markdown').diagnostics, []);
  });
});
