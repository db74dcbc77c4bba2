import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parser } from '@lezer/python';
import { ParseMemory } from '../../../engine/reader/parseMemory.ts';
import { readSource } from '../../../engine/reader/read.ts';

const root = join(import.meta.dirname, '../../..');
const samples = join(root, 'extension/samples');

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

/** Every program of the fixtures and samples, by the folder that it stands in. */
function programs(): string[][] {
  const folders = [
    'extension/samples',
    ...['tf1', 'torch', 'keras2', 'keras3'].flatMap(each => [`test/fixtures/dumps/${each}`, `test/fixtures/programs/${each}`]),
  ];
  return folders.map(folder =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
      .filter(name => name.endsWith('.py'))
      .sort()
      .map(name => readFileSync(join(root, folder, name), 'utf8')),
  );
} // prettier-ignore

/** Programs in one text: each in a function of its own, or one of them as the module, with functions and a class beside them. */
function together(texts: readonly string[], at: number): string {
  const parts = texts.map((text, number) =>
    number === 0 && at % 2 === 0 ? text : `def part_${number}(size=${number + 2}):\n${text.replace(/^(?=.)/gm, '    ')}`,
  );
  const plain = `def plain_${at}(rows):\n    return [row * SIZE for row in rows]`;
  const module = `class Net_${at}(nn.Module):\n    def __init__(self, cell='gru', bidirectional=None):\n        super().__init__()\n        self.rnn = (nn.GRU if cell == 'gru' else nn.LSTM)(SIZE, 2 * SIZE, batch_first=True, bidirectional=bidirectional)\n\n    def forward(self, x):\n        return self.rnn(x)[0][:, -1]`;
  const user = `def train_${at}(rows):\n    net = Net_${at}(cell=rows.kind)\n    return net(rows), net.rnn`;
  return ['import torch.nn as nn', 'SIZE = 6\nbatch_size = 12', ...parts, plain, module, user].join('\n\n\n') + '\n';
} // prettier-ignore

/** Whether a program has no fault of syntax. */
function isWhole(text: string): boolean {
  let whole = true;
  parser.parse(text).iterate({ enter: ({ type }) => (whole &&= !type.isError) });
  return whole;
}

describe('reading a program again of which a part has changed', () => {
  const EDITS = 16;
  for (const [at, texts] of programs().entries()) {
    it(`gives for random edits of ${texts.length} programs what reading them afresh gives (folder ${at})`, function () {
      this.timeout(180_000);
      const next = random(at + 1);
      const below = (count: number): number => Math.floor(next() * count);
      let compared = 0;
      for (let first = 0; first < texts.length; first += 3) {
        const memory = new ParseMemory();
        const original = together(texts.slice(first, first + 3), first);
        const words = [...new Set(original.match(/[A-Za-z_]\w*/g))];
        /** Each takes the text to another one, as a person might. */
        const edits: readonly ((text: string, place: number) => string)[] = [
          (text, place) => text.slice(0, place) + String.fromCharCode(97 + below(26)) + text.slice(place),
          (text, place) => text.slice(0, place) + words[below(words.length)]! + text.slice(place + below(8)),
          (text, place) => text.slice(0, place) + text.slice(place + 1 + below(3)),
          (text, place) => text.slice(0, place) + ['\n', ' ', '(', ')', '"', '    ', '# note\n', '\nSIZE = 7\n', '1.'][below(9)]! + text.slice(place),
          // A whole line goes, comes twice, or is a comment.
          (text, place) => text.slice(0, text.lastIndexOf('\n', place) + 1) + text.slice((text.indexOf('\n', place) + 1 || text.length)),
          (text, place) => text.slice(0, text.lastIndexOf('\n', place) + 1) + text.slice(text.lastIndexOf('\n', place) + 1, text.indexOf('\n', place) + 1) + text.slice(text.lastIndexOf('\n', place) + 1),
          (text, place) => `${text.slice(0, text.lastIndexOf('\n', place) + 1)}# ${text.slice(text.lastIndexOf('\n', place) + 1)}`,
          // What one part has another one has then, too.
          text => text.replaceAll(`part_${1 + below(2)}`, `part_${1 + below(2)}`),
          text => text.split(/\n\n\n(?=\S)/).toReversed().join('\n\n\n'),
          text => text.replace(words[below(words.length)]!, words[below(words.length)]!),
        ]; // prettier-ignore
        let text = original;
        for (let edit = 0; edit < EDITS; edit++) {
          text = edit % 8 === 7 ? original : edits[below(edits.length)]!(text, below(text.length));
          // Behind a fault the parser keeps more of a text that it knows.
          const comparable = isWhole(text);
          if (comparable) compared++;
          const [again, afresh] = [readSource(text, 'python', { memory }), readSource(text, 'python')];
          // Texts are compared faster than objects.
          if (comparable && JSON.stringify(again) !== JSON.stringify(afresh)) assert.deepEqual(again, afresh, `${first}, edit ${edit}:\n${text}`);
        }
      }
      assert.ok(compared > texts.length, `${compared} comparisons`);
    }); // prettier-ignore
  }
});
