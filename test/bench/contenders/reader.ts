/**
 * How long the reader takes over files of 2,000 lines: the first time, again as a whole, after a keystroke, and for a
 * hover. Prints one JSON object. Files are made of programs that ran in their frameworks: one among plain functions, and
 * as many as fit, one in every function.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { ParseMemory } from '../../../engine/reader/parseMemory.ts';
import { readSource } from '../../../engine/reader/read.ts';
import { hoverText, symbolAt } from '../../../extension/language/hoverText.ts';

const LINES = 2000;
const ROUNDS = 60;
const [root = '.'] = process.argv.slice(2);

const PROGRAMS = {
  'TensorFlow 1': 'tf1/lstm_stack',
  Keras: 'keras3/lstm_stack_sequences',
  PyTorch: 'torch/lstm_bidirectional_layers',
};

const program = (path: string): string => readFileSync(join(root, 'test/fixtures/dumps', path, 'model.py'), 'utf8');
const linesOf = (text: string): number => text.split('\n').length;
const indented = (text: string): string => text.replace(/^(?=.)/gm, '    ');

/** Plain functions, no two of them the same. */
function plain(count: number): string {
  return `\n\ndef select_${count}(rows, bound=${count}):\n    """Rows above a bound."""\n    found = []\n    for row in rows:\n        if row["value"] > bound:\n            found.append({"name": row["name"], "values": [value * 2 for value in row["all"]]})\n        else:\n            print("row %s is too small" % row["name"])\n    return found\n`;
}

/** The same in JavaScript. */
function plainScript(count: number): string {
  return `\n\nfunction select${count}(rows, bound = ${count}) {\n  const found = [];\n  for (const row of rows) {\n    if (row.value > bound) found.push({name: row.name, values: row.all.map(value => value * 2)});\n    else console.log(\`row \${row.name} is too small\`);\n  }\n  return found;\n}\n`;
}

function filled(start: string, more: (count: number) => string): string {
  let text = start;
  for (let count = 0; linesOf(text) < LINES; count++) text += more(count);
  return text;
}

/** A program that does not say which of three cells it has. */
const OPEN_CELL = `import torch.nn as nn

class Net(nn.Module):
    def __init__(self, cell, bidirectional, hidden=64):
        super().__init__()
        make = {'lstm': nn.LSTM, 'gru': nn.GRU, 'rnn': nn.RNN}[cell]
        self.rnn = make(10, hidden, batch_first=True, bidirectional=bidirectional)
        self.bidirectional = bidirectional
        self.out = nn.Linear(2 * hidden if bidirectional else hidden, 2)

    def forward(self, x):
        outputs, state = self.rnn(x)
        last = outputs[:, -1] if self.bidirectional else outputs[:, -1, :]
        return self.out(last)
`;

const fence = (text: string): string => `\n\`\`\`python\n${text}\`\`\`\n`;
const prose = (count: number): string =>
  `\n## Part ${count}\n\nWhat the *outputs* and \`states\` of part ${count} are is told in [the last part](#part).\n\n- one\n- two\n`;
const FILES: readonly { readonly name: string; readonly language: string; readonly text: string }[] = [
  ...Object.entries(PROGRAMS).flatMap(([name, path]) => [
    { name: `${name}, one model among functions`, language: 'python', text: filled(program(path), plain) },
    { name: `${name}, a model in every function`, language: 'python', text: filled('', count => `\n\ndef part_${count}():\n${indented(program(path))}`) },
  ]),
  { name: 'PyTorch, one model of three cells among functions', language: 'python', text: filled(OPEN_CELL, plain) },
  { name: 'TensorFlow.js, one model among functions', language: 'javascript', text: filled(readFileSync(join(root, 'extension/samples/mnist_lstm.js'), 'utf8'), plainScript) },
  { name: 'a note with one program', language: 'markdown', text: filled(fence(program(PROGRAMS['TensorFlow 1'])), prose) },
  { name: 'Python that mentions no recurrent layer', language: 'python', text: filled('', plain) },
]; // prettier-ignore

/** Milliseconds of processor time, with those of the collector and the compiler: other work on the machine changes them little. */
function times(rounds: number, work: (round: number) => void): { readonly median: number; readonly p95: number } {
  const taken = Array.from({ length: rounds }, (_, round) => {
    const before = process.cpuUsage();
    work(round);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1000;
  }).toSorted((a, b) => a - b);
  return { median: taken[Math.floor(rounds / 2)]!, p95: taken[Math.floor(rounds * 0.95)]! };
}

const results = FILES.map(({ name, language, text }) => {
  const start = performance.now();
  const reading = readSource(text, language);
  const first = performance.now() - start;
  // As much again as is needed until the code is compiled: an editor reads on every keystroke.
  for (let round = 0; round < 20; round++) readSource(`${text}\n${' '.repeat(round)}`, language);
  const whole = times(ROUNDS, round => readSource(`${text}\n${' '.repeat(round)}`, language));
  const memory = new ParseMemory();
  const middle = text.indexOf('\n', Math.floor(text.length / 2));
  const typed = (round: number): string => `${text.slice(0, middle)}${'x'.repeat(round % 9)}${text.slice(middle)}`;
  for (let round = 0; round < 9; round++) readSource(typed(round), language, { memory });
  const keystroke = times(ROUNDS, round => readSource(typed(round), language, { memory }));
  const { symbols } = reading;
  const hover = times(ROUNDS, round => {
    const symbol = symbols[(round * 37) % Math.max(1, symbols.length)];
    if (symbol) hoverText(symbolAt(symbols, symbol.range.start) ?? symbol, formatPhrase);
  });
  return { name, lines: linesOf(text), models: reading.models.length, first, whole, keystroke, hover };
});
console.log(JSON.stringify(results));
