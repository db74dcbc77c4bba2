import assert from 'node:assert/strict';
import { headline } from '../../../engine/model/headline.ts';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import type { Reading } from '../../../engine/reader/reading.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { lastHover } from './reading.ts';

/** `LSTM 64 where cell == 'lstm'` */
function models({ models: found }: Reading): string[] {
  return found.map(({ spec, variant }) => (variant === undefined ? headline(spec) : `${headline(spec)} ${formatPhrase(variant)}`)); // prettier-ignore
}

const python = (program: string): string[] => models(readSource(program, 'python'));

/** A PyTorch module that makes its recurrent layer so, and is told `cell`. */
const module = (made: string, forward: string): string => `
import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self, cell, bidirectional, hidden=64):
        super().__init__()
        self.cell = cell
${made.replace(/^/gm, '        ')}

    def forward(self, x):
${forward.replace(/^/gm, '        ')}
`;

/** A function of TensorFlow 1 that builds a network. */
const graph = (body: string): string => `
import tensorflow as tf

def build(kind, dropout, is_training):
    x = tf.placeholder(tf.float32, [None, 28, 28])
${body.replace(/^/gm, '    ')}
`;

const CHAIN = `if cell == 'lstm':
    self.rnn = nn.LSTM(10, hidden, batch_first=True)
elif cell == 'gru':
    self.rnn = nn.GRU(10, hidden, batch_first=True)
else:
    raise ValueError(cell)`;

describe('conditions that the text leaves open', () => {
  const chain = module(
    CHAIN,
    "out, state = self.rnn(x)\nif self.cell == 'lstm':\n    state = state[0]\nreturn out, state",
  );

  it('read a model for each branch, none for the one that raises', () => {
    assert.deepEqual(python(chain), ["LSTM 64 where cell == 'lstm'", "GRU 64 where cell == 'gru'"]);
  });

  it('say what all branches agree in, and each of what they do not', () => {
    assert.equal(lastHover(chain, 'out'), 'out: float32 [batch, steps, 64] · h at every step');
    const { symbols } = readSource(chain, 'python');
    const told = symbols.find(({ text }) => text === 'state')!.value;
    assert.deepEqual(
      told.kind === 'alternatives' && told.items.map(({ value, when }) => [value.kind, formatPhrase(when)]),
      [
        ['tuple', "where cell == 'lstm'"],
        ['tensor', "where cell == 'gru'"],
      ],
    );
  });

  it('are answered alike in the whole program', () => {
    // `state[0]` is h of the LSTM; of the GRU it is not taken apart.
    assert.equal(lastHover(chain, 'state'), 'state: float32 [1 layers, batch, 64] · h of every layer at the last step');
    assert.deepEqual(readSource(chain, 'python').diagnostics, []);
  });

  it('are decided by a default, by the call, and by the default of a command line', () => {
    assert.deepEqual(python(chain.replace('cell, bidirectional', "cell='gru', bidirectional=False")), ['GRU 64']);
    assert.deepEqual(python(`${chain}\nnet = Net('lstm', False)\n`), ['LSTM 64']);
    const parsed = `import argparse\nparser = argparse.ArgumentParser()\nparser.add_argument('--cell', default='gru')\nargs = parser.parse_args()\n`;
    assert.deepEqual(python(`${parsed}${chain}\nnet = Net(args.cell, False)\n`), ['GRU 64']);
    assert.deepEqual(python(`${parsed.replace(", default='gru'", '')}${chain}\nnet = Net(args.cell, False)\n`), [
      "LSTM 64 where cell == 'lstm'",
      "GRU 64 where cell == 'gru'",
    ]);
  });

  it('choose one of two cells in an expression', () => {
    const program = graph(
      'cell = tf.nn.rnn_cell.LSTMCell(150) if kind else tf.nn.rnn_cell.GRUCell(150)\noutputs, state = tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)',
    );
    assert.deepEqual(python(program), ['LSTM 150 where kind', 'GRU 150 where not kind']);
    assert.equal(lastHover(program, 'outputs'), 'outputs: float32 [batch, 28 steps, 150] · h at every step');
    assert.equal(
      lastHover(program, 'state'),
      'state: (c [batch, 150], h [batch, 150]) (where kind) | float32 [batch, 150] · h at the last step (where not kind)',
    );
  });

  it('choose a class, a function that makes cells, or what it returns', () => {
    const classes = graph(
      "if kind == 'rnn':\n    make = tf.contrib.rnn.BasicRNNCell\nelif kind == 'gru':\n    make = tf.contrib.rnn.GRUCell\nelse:\n    raise Exception(kind)\ntf.nn.dynamic_rnn(tf.contrib.rnn.MultiRNNCell([make(8) for _ in range(2)]), x, dtype=tf.float32)",
    );
    assert.deepEqual(python(classes), ["RNN 2×8 where kind == 'rnn'", "GRU 2×8 where kind == 'gru'"]);
    const returned = `${graph('tf.nn.dynamic_rnn(cell_of(kind), x, dtype=tf.float32)')}
def cell_of(kind):
    if kind == 'lstm':
        return tf.contrib.rnn.BasicLSTMCell(8)
    if kind == 'gru':
        return tf.contrib.rnn.GRUCell(8)
    return tf.contrib.rnn.BasicRNNCell(8)
`;
    assert.deepEqual(python(returned), [
      "LSTM 8 where kind == 'lstm'",
      "GRU 8 where kind == 'gru'",
      "RNN 8 where kind not in ('lstm', 'gru')",
    ]);
  });

  it('wrap a cell or not', () => {
    const program = graph(
      'cell = tf.nn.rnn_cell.LSTMCell(8)\nif dropout:\n    cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=0.5)\ntf.nn.dynamic_rnn(cell, x, dtype=tf.float32)',
    );
    const reading = readSource(program, 'python');
    assert.deepEqual(models(reading), ['LSTM 8 where dropout', 'LSTM 8 where not dropout']);
    const kept = reading.models.map(({ spec: { nodes } }) => nodes.map(node => node.op === 'recurrent' && node.cells[0]!.wrappers)); // prettier-ignore
    assert.deepEqual(kept, [[[{ wrapper: 'dropout', outputKeep: 0.5 }]], [undefined]]);
  });

  it('give both directions or one, with the shapes of each', () => {
    const program = module(
      'self.bidirectional = bidirectional\nself.rnn = nn.LSTM(10, hidden, bidirectional=bidirectional)\nself.out = nn.Linear(hidden * (2 if bidirectional else 1), 2)',
      'out, (h, c) = self.rnn(x)\nif self.bidirectional:\n    last = torch.cat((h[-2], h[-1]), 1)\nelse:\n    last = h[-1]\nreturn self.out(last)',
    );
    const reading = readSource(program, 'python');
    assert.deepEqual(models(reading), ['BiLSTM 64 where bidirectional', 'LSTM 64 where not bidirectional']);
    assert.deepEqual(reading.models.map(({ open }) => open), [[], []]);
    assert.deepEqual(reading.diagnostics, []);
  }); // prettier-ignore

  it('stay a symbol where only a size depends on them', () => {
    const program = module('self.rnn = nn.GRU(10, 32 if cell else 64)', 'return self.rnn(x)');
    assert.deepEqual(python(program).length, 1);
    const sides = module('self.rnn = nn.GRU(10, 32, bidirectional=bidirectional)', 'out, h = self.rnn(x)\nreturn out');
    assert.equal(lastHover(sides, 'out'), 'out: float32 [steps, batch, 32·num_directions] · h at every step');
  });

  it('change the order of the axes where it is an option', () => {
    const program = module(
      'self.rnn = nn.GRU(10, 32, batch_first=cell)',
      'out, h = self.rnn(x)\nlast = out[:, -1]\nreturn last',
    );
    assert.deepEqual(python(program), ['GRU 32 where cell', 'GRU 32 where not cell']);
    assert.equal(
      lastHover(program, 'out'),
      'out: float32 [steps, batch, 32] · h at every step (where not cell)'.replace(
        'float32',
        'float32 [batch, steps, 32] · h at every step (where cell) | float32',
      ),
    );
  });

  it('look a class up in a table or in a module', () => {
    const forward = 'out, h = self.rnn(x)\nreturn out';
    const table = module("self.rnn = {'LSTM': nn.LSTM, 'GRU': nn.GRU}[cell](10, 20)", forward);
    assert.deepEqual(python(table), ["LSTM 20 where cell == 'LSTM'", "GRU 20 where cell == 'GRU'"]);
    assert.deepEqual(python(`${table}\nNet('GRU', False)\n`), ['GRU 20']);
    const named = module('self.rnn = getattr(nn, cell)(10, 20)', forward);
    const each = ['LSTM', 'GRU', 'RNN'].map(name => `${name} 20 where cell == '${name}'`);
    assert.deepEqual(python(named), each);
    assert.deepEqual(python(`${named}\nNet('GRU', False)\n`), ['GRU 20']);
    const membership = module(
      "if cell in ['LSTM', 'GRU']:\n    self.rnn = getattr(nn, cell)(10, 20)\nelse:\n    self.rnn = nn.RNN(10, 20, nonlinearity={'RNN_TANH': 'tanh', 'RNN_RELU': 'relu'}[cell])",
      forward,
    );
    assert.deepEqual(python(membership), [
      "LSTM 20 where cell == 'LSTM'",
      "GRU 20 where cell == 'GRU'",
      "RNN 20 where cell == 'RNN_TANH'",
      "RNN 20 where cell == 'RNN_RELU'",
    ]);
  });

  it('add one layer of a model or another', () => {
    const program = `
from tensorflow.keras.models import Sequential
from tensorflow.keras.layers import LSTM, Bidirectional, Dense
def make(both):
    model = Sequential()
    if both:
        model.add(Bidirectional(LSTM(32), input_shape=(10, 3)))
    else:
        model.add(LSTM(32, input_shape=(10, 3)))
    model.add(Dense(1))
    model.compile('adam', 'mse')
    return model
`;
    assert.deepEqual(python(program), ['BiLSTM 32 where both', 'LSTM 32 where not both']);
  });

  it('take the way that is trained where they ask whether the program trains', () => {
    for (const test of ['is_training', 'not is_training']) {
      const [wrapped, plain] = ['    cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=0.5)\n', '    pass\n'];
      const [body, otherwise] = test.startsWith('not') ? [plain, wrapped] : [wrapped, plain];
      const program = graph(
        `cell = tf.nn.rnn_cell.LSTMCell(8)\nif ${test}:\n${body}else:\n${otherwise}tf.nn.dynamic_rnn(cell, x, dtype=tf.float32)`,
      );
      const { models: found } = readSource(program, 'python');
      assert.equal(found.length, 1);
      const [node] = found[0]!.spec.nodes;
      assert.ok(node?.op === 'recurrent' && node.cells[0]!.wrappers?.length === 1, test);
    }
  });

  it('are no question where they decide nothing of the network', () => {
    const program = graph(
      'if kind:\n    print(x)\nif dropout == 3:\n    path = "a"\nelse:\n    path = "b"\ntf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(8), x, dtype=tf.float32)',
    );
    assert.deepEqual(python(program), ['GRU 8']);
  });

  it('read JavaScript alike', () => {
    const program = `
import * as tf from '@tensorflow/tfjs';
export function make(cell) {
  const model = tf.sequential();
  const layer = cell === 'lstm' ? tf.layers.lstm : tf.layers.gru;
  if (cell === 'lstm') model.add(tf.layers.lstm({units: 8, inputShape: [5, 3]}));
  else model.add(tf.layers.gru({units: 8, inputShape: [5, 3]}));
  return model;
}
`;
    assert.deepEqual(models(readSource(program, 'javascript')), ["LSTM 8 where cell == 'lstm'", "GRU 8 where cell != 'lstm'"]); // prettier-ignore
  });

  it('read a note alike', () => {
    const note = `Text\n\n\`\`\`python\n${graph("cell = tf.contrib.rnn.GRUCell(8) if kind == 'gru' else tf.contrib.rnn.BasicLSTMCell(8)\ntf.nn.dynamic_rnn(cell, x, dtype=tf.float32)")}\`\`\`\n`;
    assert.deepEqual(models(readSource(note, 'markdown')), ["GRU 8 where kind == 'gru'", "LSTM 8 where kind != 'gru'"]);
  });

  it('say that not all is read where too many of them meet', () => {
    const switches = Array.from({ length: 6 }, (_, at) => `if kind.a${at}:\n    cell = tf.nn.rnn_cell.DropoutWrapper(cell, output_keep_prob=0.${at + 1})`); // prettier-ignore
    const program = graph(
      `cell = tf.nn.rnn_cell.LSTMCell(8)\n${switches.join('\n')}\ntf.nn.dynamic_rnn(cell, x, dtype=tf.float32)`,
    );
    const { models: found } = readSource(program, 'python');
    assert.equal(found.length, 8);
    for (const { variant } of found) assert.match(formatPhrase(variant!), /; not all alternatives are read$/);
  });
});

describe('functions and classes that are called with several sizes', () => {
  const program = `
import tensorflow as tf
def layer(x, n):
    outputs, state = tf.nn.dynamic_rnn(tf.nn.rnn_cell.GRUCell(n), x, dtype=tf.float32)
    return outputs
a = tf.placeholder(tf.float32, [None, 7, 3])
with tf.variable_scope('one'):
    one = layer(a, 5)
with tf.variable_scope('two'):
    two = layer(a, 9)
`;

  it('have a model for each and say each of their shapes', () => {
    assert.deepEqual(python(program), ['GRU 5', 'GRU 9']);
    assert.equal(
      lastHover(program, 'state'),
      'state: float32 [batch, 5] · h at the last step (as called in line 8) | float32 [batch, 9] · h at the last step (as called in line 10)',
    );
    assert.equal(lastHover(program, 'two'), 'two: float32 [batch, 7 steps, 9] · h at every step');
  });

  it('say one shape where all calls have the same', () => {
    assert.equal(lastHover(program.replace('(a, 9)', '(a, 5)'), 'state'), 'state: float32 [batch, 5] · h at the last step'); // prettier-ignore
  });

  it('are told apart by the outer call where the inner one is the same', () => {
    const nested = program
      .replace('one = layer(a, 5)', 'one = twice(a, 5)')
      .replace('two = layer(a, 9)', 'two = twice(a, 9)')
      .replace('a = tf', 'def twice(x, n):\n    return layer(x, n)\na = tf');
    assert.match(lastHover(nested, 'state'), /\(as called in line 10\).*\(as called in line 12\)$/);
  });

  it('of PyTorch: a module made twice', () => {
    const made = `${module('self.rnn = nn.GRU(10, hidden)', 'out, h = self.rnn(x)\nreturn h')}\nsmall = Net(1, False, 5)\nlarge = Net(1, False, 9)\nsmall(torch.zeros(3, 2, 10))\nlarge(torch.zeros(3, 2, 10))\n`;
    assert.deepEqual(python(made), ['GRU 5', 'GRU 9']);
    assert.match(
      lastHover(made, 'h'),
      /\[1 layers, batch 2, 5\].*as called in line.*\[1 layers, batch 2, 9\].*as called in line/,
    );
  });
});
