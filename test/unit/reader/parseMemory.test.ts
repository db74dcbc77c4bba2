import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParseMemory } from '../../../engine/reader/parseMemory.ts';
import { readSource } from '../../../engine/reader/read.ts';

const samples = join(import.meta.dirname, '../../../extension/samples');

/** Numbers in [0, 1), the same every time. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

describe('reading a text again as it is typed', () => {
  for (const [name, id] of [
    ['mnist_lstm.py', 'python'],
    ['reber_gru.py', 'python'],
    ['lstm_notes.md', 'markdown'],
  ] as const) {
    it(`gives for each of 60 edits of ${name} what reading it afresh gives`, () => {
      const original = readFileSync(join(samples, name), 'utf8');
      const next = random(7);
      const memory = new ParseMemory();
      let text = original;
      for (let edit = 0; edit < 60; edit++) {
        const at = Math.floor(next() * text.length);
        const typed = ['', '\n', '(', ')', '"', '```', 'x', '    ', '# note\n', 'n_steps = 5\n'][
          Math.floor(next() * 10)
        ]!;
        text = text.slice(0, at) + typed + text.slice(at + Math.floor(next() * 4));
        // Now and then all is undone.
        if (edit % 20 === 19) text = original;
        assert.deepEqual(readSource(text, id, { memory }), readSource(text, id), `edit ${edit} at ${at}`);
      }
    });
  }

  it('does not mix up two texts, or a text with what it was long ago', () => {
    const memory = new ParseMemory();
    const long = readFileSync(join(samples, 'mnist_lstm.py'), 'utf8');
    const short = 'import tensorflow as tf\ncell = tf.nn.rnn_cell.LSTMCell(3)\n';
    for (const text of [long, short, '', long, `${short}${long}`, short])
      assert.deepEqual(readSource(text, 'python', { memory }), readSource(text, 'python'));
  });
});
