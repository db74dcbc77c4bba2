import assert from 'node:assert/strict';
import { readSource } from '../../../engine/reader/read.ts';
import { hover, lastHover } from './reading.ts';

const NET = `import torch
import torch.nn as nn
import numpy as np
from torch.utils.data import DataLoader, Dataset, TensorDataset, random_split

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 8, batch_first=True)
        self.fc = nn.Linear(8, 2)

    def forward(self, x, h=None):
        out, h = self.rnn(x, h)
        scores = self.fc(out[:, -1])
        return scores, h

net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = torch.optim.Adam(net.parameters(), lr=0.01)
`;
const models = (text: string) => readSource(text, 'python').models;
const shape = (text: string, name: string) => /\[.*?\]|scalar/.exec(lastHover(NET + text, name))?.[0];

describe('programs of PyTorch around their network', () => {
  const batches = `for epoch in range(3):
    for x, y in loader:
        scores, _ = net(x)
        loss = criterion(scores, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
`;

  it('take batches from tensors side by side, and from parts of them', () => {
    const set = `data = TensorDataset(torch.randn(90, 5, 3), torch.zeros(90, dtype=torch.long))\n`;
    for (const loader of ['DataLoader(data, batch_size=6)', 'DataLoader(random_split(data, [60, 30])[0], batch_size=6)']) {
      const program = `${set}loader = ${loader}\n${batches}`;
      assert.equal(shape(program, 'x'), '[batch 6, 5, 3]');
      assert.equal(shape(program, 'y'), '[batch 6]');
      assert.equal(shape(program, 'scores'), '[batch 6, 2]');
      const [model] = models(NET + program);
      assert.deepEqual(model?.spec.inputs.find(({ role }) => role === 'sequence')?.axes.map(({ size }) => size), [5, 3]);
    }
  }); // prettier-ignore

  it('ask a data set of their own for its items, and a function of theirs for its batches', () => {
    const own = `class Rows(Dataset):
    def __init__(self, rows):
        self.rows = rows
    def __len__(self):
        return len(self.rows)
    def __getitem__(self, index):
        return self.rows[index, :4], int(self.rows[index, 4, 0])
`;
    const loader = `rows = Rows(torch.randn(90, 5, 3))\nloader = DataLoader(rows, batch_size=6)\n`;
    assert.equal(shape(own + loader + batches, 'x'), '[batch 6, 4, 3]');
    assert.equal(shape(own + loader + batches, 'y'), '[batch 6]');
    const collate = `def collate(items):
    xs, ys = zip(*items)
    return nn.utils.rnn.pad_sequence(xs, batch_first=True), torch.tensor(ys)
`;
    const program = own + collate + loader.replace('size=6', 'size=6, collate_fn=collate') + batches;
    assert.match(shape(program, 'x')!, /^\[.*, steps, 3\]$/);
    assert.match(shape(program, 'y')!, /^\[[^,]+\]$/);
  });

  it('make batches by a generator', () => {
    const program = `def batches(rows, size):
    for at in range(0, len(rows), size):
        x = np.zeros((size, 5, 3), dtype=np.float32)
        yield x, rows[at]
for x, y in batches(rows, 7):
    scores, h = net(torch.from_numpy(x))
`;
    assert.equal(shape(program, 'x'), '[7, 5, 3]');
    assert.equal(shape(program, 'h'), '[1 layers, batch 7, 8]');
  });

  it('call their network with other shapes: one network, and one shape with a name for what differs', () => {
    const program = `${NET}loader = DataLoader(TensorDataset(torch.randn(90, 5, 3), torch.zeros(90, dtype=torch.long)), 6)
${batches}
single, state = net(torch.randn(1, 9, 3))
more, state = net(torch.randn(1, 1, 3), state)
`;
    assert.equal(models(program).length, 1);
    assert.deepEqual(models(program)[0]?.spec.training.optimizer, { kind: 'adam', learningRate: 0.01 });
    assert.match(lastHover(program, 'single'), /^single: float32 \[(?:batch )?1, 2\]/);
    assert.match(lastHover(program, 'more'), /^more: float32 \[(?:batch )?1, 2\]/);
    assert.match(hover(readSource(program, 'python'), 'out'), /^out: float32 \[batch, steps, 8\]/);
  });

  it('carry a state from call to call: one network', () => {
    const carried = `h = None
for step in range(40):
    scores, h = net(torch.randn(2, 5, 3), h)
    h = h.detach()
    loss = criterion(scores, torch.zeros(2, dtype=torch.long))
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
`;
    assert.equal(models(NET + carried).length, 1);
    assert.equal(shape(carried, 'h'), '[1 layers, batch 2, 8]');
  });

  it('do now and then what they count rounds for', () => {
    const seldom = `count = 0
for x in loader:
    count += 1
    if count % 100 == 0:
        shown, _ = net(torch.randn(4, 5, 3))
`;
    assert.equal(shape(seldom, 'shown'), '[batch 4, 2]');
  });

  it('number letters and words', () => {
    assert.equal(shape('import string\nletters = string.ascii_letters + " .,;\'"\nx = torch.zeros(1, len(letters))\n', 'x'), '[1, 57]'); // prettier-ignore
    const table = 'word_to_ix = {}\nfor w in words:\n    word_to_ix[w] = len(word_to_ix)\n';
    assert.match(shape(`${table}x = torch.tensor([word_to_ix[w] for w in sentence])\n`, 'x')!, /^\[[^,0-9]+\]$/);
    assert.match(shape('x = torch.LongTensor([[1, len(s)] for s in texts])\n', 'x')!, /^\[[^,0-9]+, 2\]$/);
    assert.equal(shape('x = torch.tensor([names.index(name)])\n', 'x'), '[1]');
    // What may be a list has no shape.
    assert.equal(shape('xs = torch.tensor([encode(s) for s in texts])\n', 'xs'), undefined);
  });

  it('fill lists inside lists in loops of which nobody counts the rounds', () => {
    const program = `rows = []
for i, text in enumerate(texts):
    rows.append([])
    for c in text:
        if c == ' ':
            rows[i].append(0)
        else:
            rows[i].append(1)
xs = torch.tensor(rows)
`;
    assert.match(shape(program, 'xs') ?? '[]', /^\[(?:\D+, \D+)?\]$/);
  });

  it('hand what one network gives to another in each round: two networks, not two for each', () => {
    const program = `class Decoder(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(8, 4, batch_first=True)
        self.fc = nn.Linear(4, 2)
    def forward(self, h):
        out, _ = self.rnn(h.transpose(0, 1))
        return self.fc(out[:, -1])
decoder = Decoder()
def step(x, y):
    _, h = net(x)
    loss = criterion(decoder(h), y)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
for epoch in range(30):
    step(torch.randn(6, 5, 3), torch.zeros(6, dtype=torch.long))
`;
    assert.ok(models(NET + program).length <= 2);
  });

  it('add modules to a Sequential one by one, and put rows in another order', () => {
    const program = `import torch.nn as nn
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        front = nn.Sequential()
        front.add_module('one', nn.Linear(12, 6))
        front.append(nn.ReLU())
        self.front = front
        self.embed = nn.Embedding(50, 12)
        self.rnn = nn.LSTM(6, 7, batch_first=True)
    def forward(self, tokens, order):
        tokens = tokens[order.sort()[1]]
        words = self.embed(tokens)
        narrow = self.front(words)
        out, _ = self.rnn(narrow)
        return out
`;
    assert.match(lastHover(program, 'words'), /\[batch, steps, 12[^,]*\]/);
    assert.match(lastHover(program, 'narrow'), /\[batch, steps, 6[^,]*\]/);
  });

  it('see what they do not know as rows of so many, and draw of it', () => {
    assert.equal(shape('rows = text.view(20, -1).t()\n', 'rows'), '[?, 20]');
    assert.equal(shape("words = set(' '.join(['a b', 'b c']).split())\nx = torch.zeros(len(words))\n", 'x'), '[3]');
    assert.equal(shape('x = torch.rand(5, 9).softmax(-1).multinomial(num_samples=2)\n', 'x'), '[5, 2]');
  });

  it('say that the lengths of packed rows are not followed, where they come from nowhere that is known', () => {
    const packed = (lengths: string): string => `import torch
import torch.nn as nn
from torch.nn.utils.rnn import pack_padded_sequence

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(3, 8, batch_first=True)

    def forward(self, x, lengths):
        return self.rnn(pack_padded_sequence(x, ${lengths}, batch_first=True, enforce_sorted=False))[1][-1]
`;
    const open = (lengths: string): unknown => models(packed(lengths))[0]!.open.map(({ text }) => text);
    assert.deepEqual(open('lengths'), []);
    assert.deepEqual(open('measured(x)'), ['how long the packed rows are is not followed']);
  });

  it('make tensors of a type: of so many numbers, or from data', () => {
    const text = `a = torch.FloatTensor(2, 7, 3).zero_()
b = torch.cuda.LongTensor(9).fill_(0)
c = torch.FloatTensor([[1.0, 2.0, 3.0]])
d = torch.ByteTensor(5, 1)
`;
    assert.equal(shape(text, 'a'), '[2, 7, 3]');
    assert.equal(shape(text, 'b'), '[9]');
    assert.equal(shape(text, 'c'), '[1, 3]');
    assert.equal(shape(text, 'd'), '[5, 1]');
  });

  it('choose rows by places of which nobody knows how many they are: the axis stays', () => {
    const text = `outputs = torch.zeros(7, 5, 8)
places = np.argsort(lengths)
chosen = outputs.index_select(1, torch.from_numpy(places))
`;
    assert.equal(shape(text, 'chosen'), '[7, ?, 8]');
  });
});
