import assert from 'node:assert/strict';
import { formatPhrase } from '../../../engine/model/phrase.ts';
import { readSource } from '../../../engine/reader/read.ts';

const program = (made: string, training: string): string => `import torch
import torch.nn as nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(12, 4)
        self.rnn = nn.GRU(4, 6, batch_first=True)
        self.fc = nn.Linear(6, 3)

    def forward(self, x):
        out, _ = self.rnn(self.embedding(x))
        return self.fc(out[:, -1])

model = Net()
criterion = nn.CrossEntropyLoss()
${made}
for epoch in range(10):
    for i, (x, y) in enumerate(loader):
${training.replaceAll(/^/gm, '        ')}
`;
const STEP = 'optimizer.zero_grad()\nloss = criterion(model(x), y)\nloss.backward()\noptimizer.step()';
const SGD = 'optimizer = torch.optim.SGD(model.parameters(), lr=0.1)';
const NOT_ALL = 'which weights are not trained cannot be followed';

function read(made: string, training = STEP) {
  const [model] = readSource(program(made, training), 'python').models;
  const { groups, frozen, accumulation } = model!.spec.training;
  return { groups, frozen, accumulation, open: model!.open.map(({ text }) => text) };
}

const OF_RNN = ['rnn.weight_ih_l0', 'rnn.weight_hh_l0', 'rnn.bias_ih_l0', 'rnn.bias_hh_l0'];

describe('which weights a PyTorch program trains', () => {
  it('is all of them, also through a filter or a list', () => {
    for (const all of ['model.parameters()', 'filter(lambda p: p.requires_grad, model.parameters())', 'list(model.parameters())', '[p for p in model.parameters() if p.requires_grad]', '[{"params": model.parameters()}]'])
      assert.deepEqual(read(`optimizer = torch.optim.SGD(${all}, lr=0.1)`), { groups: undefined, frozen: undefined, accumulation: undefined, open: [] }, all);
  }); // prettier-ignore

  it('is those that are not frozen: by a loop, a method, an attribute', () => {
    for (const freeze of ['for p in model.rnn.parameters():\n    p.requires_grad = False', 'model.rnn.requires_grad_(False)', 'for p in model.rnn.parameters():\n    p.requires_grad_(False)'])
      assert.deepEqual(read(`${freeze}\n${SGD}`).frozen, OF_RNN, freeze);
    assert.deepEqual(read(`model.fc.weight.requires_grad = False\n${SGD}`).frozen, ['fc.weight']);
    assert.deepEqual(read(`model.requires_grad_(False)\nmodel.fc.requires_grad_(True)\n${SGD}`).frozen, ['embedding.weight', ...OF_RNN]);
  }); // prettier-ignore

  it('is refused where names decide', () => {
    const loop = 'for name, p in model.named_parameters():\n    if "fc" not in name:\n        p.requires_grad = False';
    assert.deepEqual(read(`${loop}\n${SGD}`).open, [NOT_ALL]);
  });

  it('is each optimizer with its part, where several train one loss', () => {
    const made =
      'a = torch.optim.SGD(model.rnn.parameters(), lr=0.1)\nb = torch.optim.SGD(model.fc.parameters(), lr=0.5)';
    const found = read(made, 'a.zero_grad()\nb.zero_grad()\nloss = criterion(model(x), y)\nloss.backward()\na.step()\nb.step()'); // prettier-ignore
    assert.deepEqual(found.groups, [{ weights: ['fc.weight', 'fc.bias'], options: { learningRate: 0.5 } }]);
    assert.deepEqual(found.frozen, ['embedding.weight']);
    const mixed = made.replace('b = torch.optim.SGD', 'b = torch.optim.Adam');
    assert.deepEqual(read(mixed, 'loss = criterion(model(x), y)\nloss.backward()\na.step()\nb.step()').open, ['several optimizers of different kinds train this model']); // prettier-ignore
  });

  it('must be those whose gradients are clipped', () => {
    const clipped = (of: string) => read(SGD, `${STEP.replace('optimizer.step()', '')}torch.nn.utils.clip_grad_norm_(${of}, 1.0)\noptimizer.step()`).open; // prettier-ignore
    assert.deepEqual(clipped('model.parameters()'), []);
    assert.deepEqual(clipped('model.rnn.parameters()'), ['the gradients that are clipped are not those of the weights that are trained']); // prettier-ignore
  });
});

describe('how many batches make a step of a PyTorch program', () => {
  const every = (condition: string, before = '') =>
    read(SGD, `${before}loss = criterion(model(x), y)\nloss.backward()\nif ${condition}:\n    optimizer.step()\n    optimizer.zero_grad()`); // prettier-ignore

  it('is one, where the gradients are cleared for each, or never', () => {
    assert.equal(read(SGD).accumulation, undefined);
    assert.equal(read(SGD, 'criterion(model(x), y).backward()\noptimizer.step()').accumulation, undefined);
  });

  it('is as many as the condition around the step says', () => {
    assert.deepEqual(every('(i + 1) % 4 == 0').accumulation, { batches: 4, by: 'sum' });
    assert.deepEqual(every('(i + 1) % 4 == 0 or i + 1 == len(loader)').accumulation, { batches: 4, by: 'sum' });
  });

  it('is refused where that is not known', () => {
    assert.deepEqual(every('(i + 1) % args.steps == 0').open, ['how many batches make a step is not known']);
  });
});

describe('several outermost modules of one PyTorch model', () => {
  const text = `import torch
import torch.nn as nn
class Enc(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 4, batch_first=True)
    def forward(self, x):
        out, h = self.rnn(x)
        return out, h
class Dec(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 4, batch_first=True)
        self.fc = nn.Linear(4, 3)
    def forward(self, x, h):
        out, h = self.rnn(x, h)
        return self.fc(out[:, -1])
encoder = Enc()
decoder = Dec()
a = torch.optim.SGD(encoder.parameters(), lr=0.1)
b = torch.optim.SGD(decoder.parameters(), lr=0.2)
for x, z, y in loader:
    out, h = encoder(x)
    loss = nn.functional.cross_entropy(decoder(z, h), y)
    a.zero_grad(); b.zero_grad()
    loss.backward()
    a.step(); b.step()
`;
  const { spec, open } = readSource(text, 'python').models[0]!;

  it('give their weights their names, so that none is taken for another', () => {
    assert.deepEqual(open, []);
    const scopes = spec.nodes.flatMap(node => ('scope' in node ? [node.scope] : []));
    assert.deepEqual(scopes, ['encoder.rnn', 'decoder.rnn', 'decoder.fc']);
  });

  it('are trained by an optimizer each', () => {
    const { optimizer, groups, frozen } = spec.training;
    assert.deepEqual([optimizer?.learningRate, groups?.[0]?.options, frozen], [0.1, { learningRate: 0.2 }, undefined]);
    assert.ok(groups?.[0]?.weights.every(name => name.startsWith('decoder.')));
  });
});

describe('an optimizer that is told to go up the loss', () => {
  const openOf = (optimizer: string): string[] => {
    const text = program(`optimizer = ${optimizer}`, 'optimizer.zero_grad()\nloss = criterion(model(x), y)\nloss.backward()\noptimizer.step()');
    return readSource(text, 'python').models[0]!.open.map(formatPhrase);
  }; // prettier-ignore

  it('is refused by name, for all weights or for some', () => {
    assert.deepEqual(openOf('torch.optim.Adam(model.parameters(), lr=0.01, maximize=True)'), ['maximize cannot be run yet: True']);
    assert.deepEqual(openOf("torch.optim.SGD([{'params': model.rnn.parameters()}, {'params': model.fc.parameters(), 'maximize': True}], lr=0.01)"), ['maximize cannot be run yet: True']);
    assert.deepEqual(openOf('torch.optim.Adam(model.parameters(), lr=0.01, maximize=False)'), []);
  }); // prettier-ignore
});

describe('what a PyTorch program adds to its loss for the size of weights', () => {
  const penalized = (penalty: string) =>
    read(SGD, `optimizer.zero_grad()\nloss = criterion(model(x), y)\n${penalty}\nloss.backward()\noptimizer.step()`); // prettier-ignore
  const of = (penalty: string) =>
    readSource(program(SGD, `loss = criterion(model(x), y)\n${penalty}\nloss.backward()\noptimizer.step()`), 'python').models[0]!.spec.loss?.penalties; // prettier-ignore

  it('is a penalty of all weights of a module', () => {
    const fc = ['fc.weight', 'fc.bias'];
    assert.deepEqual(of('loss = loss + 0.01 * sum(p.pow(2).sum() for p in model.fc.parameters())'), fc.map(weight => ({ weight, l2: 0.01 }))); // prettier-ignore
    assert.deepEqual(of('l1 = 0\nfor p in model.fc.parameters():\n    l1 += p.abs().sum()\nloss += 0.5 * l1'), fc.map(weight => ({ weight, l1: 0.5 }))); // prettier-ignore
  });

  it('is refused where names decide', () => {
    const { open } = penalized('loss = loss + 0.01 * sum(p.pow(2).sum() for n, p in model.named_parameters() if "bias" not in n)'); // prettier-ignore
    assert.deepEqual(open, ['which weights are penalized cannot be followed']);
  });
});
